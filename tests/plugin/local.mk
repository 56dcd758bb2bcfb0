# What its tests preload into Janus.
if HAVE_JANUS
check_LTLIBRARIES += tests/plugin/late_threads.la
tests_plugin_late_threads_la_SOURCES = tests/plugin/late_threads.c
tests_plugin_late_threads_la_LDFLAGS = $(test_module_ldflags)
tests_plugin_late_threads_la_LIBADD = -ldl
check_PROGRAMS += tests/plugin/crowd
tests_plugin_crowd_SOURCES = tests/plugin/crowd.c
tests_plugin_crowd_CPPFLAGS = $(AM_CPPFLAGS) $(JANUS_CFLAGS)
tests_plugin_crowd_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_plugin_crowd_LDFLAGS = -export-dynamic
tests_plugin_crowd_LDADD = $(JANSSON_LIBS) $(ENGINE_LIBS) -ldl
endif
EXTRA_DIST += tests/plugin/run tests/plugin/access.test.mjs tests/plugin/admin.test.mjs tests/plugin/catalogue.test.mjs tests/plugin/crowd.test.mjs tests/plugin/effects.test.mjs \
	tests/plugin/events.test.mjs tests/plugin/hls.test.mjs tests/plugin/load.test.mjs tests/plugin/main.mjs tests/plugin/offers.test.mjs \
	tests/plugin/docs.test.mjs tests/plugin/parameters.test.mjs tests/plugin/readme.test.mjs tests/plugin/restart.test.mjs tests/plugin/rooms.test.mjs tests/plugin/unnoticed.test.mjs tests/plugin/settings.test.mjs \
	tests/plugin/stage.mjs tests/plugin/stalled.test.mjs tests/plugin/states.test.mjs
# What holds playlists of theirs, and of the page's tests, against the RFC.
check_PROGRAMS += tests/plugin/check_playlist
tests_plugin_check_playlist_LDADD = libpipeline.la
