# What its tests preload into Janus.
if HAVE_JANUS
check_LTLIBRARIES += tests/plugin/late_threads.la
tests_plugin_late_threads_la_SOURCES = tests/plugin/late_threads.c
# A path to install it at, which it never is, makes libtool build a shared object.
tests_plugin_late_threads_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
tests_plugin_late_threads_la_LIBADD = -ldl
endif
EXTRA_DIST += tests/plugin
