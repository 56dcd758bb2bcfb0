# The plugin: the engine's recorder.h, Janus, GLib, jansson. Of its symbols Janus sees `create` alone.
janus_plugin_LTLIBRARIES = libjanus_tsrecorder.la
libjanus_tsrecorder_la_SOURCES = \
	plugins/janus_tsrecorder.c \
	plugins/admin.c \
	plugins/api.c plugins/api.h \
	plugins/browse.c \
	plugins/control.c \
	plugins/errors.h \
	plugins/events.c plugins/events.h \
	plugins/fields.c plugins/fields.h \
	plugins/keeper.c plugins/keeper.h \
	plugins/library.c plugins/library.h \
	plugins/naming.c plugins/naming.h \
	plugins/record.c \
	plugins/runtime.c plugins/runtime.h \
	plugins/sdp.c plugins/sdp.h \
	plugins/session.c plugins/session.h \
	plugins/settings.c plugins/settings.h plugins/settings_table.c \
	plugins/simulcast.c plugins/simulcast.h \
	plugins/status.c plugins/status.h \
	plugins/take.c plugins/take.h \
	plugins/target.c plugins/target.h \
	plugins/totals.c plugins/totals.h
libjanus_tsrecorder_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANUS_CFLAGS)
libjanus_tsrecorder_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libjanus_tsrecorder_la_LDFLAGS = -module -avoid-version -shared -export-symbols-regex '^create$$'
libjanus_tsrecorder_la_LIBADD = librecorder.la $(JANSSON_LIBS)
