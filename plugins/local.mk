# The plugin: the engine's recorder.h, the catalogue, Janus, GLib, jansson. Of its symbols Janus sees `create` alone.
janus_plugin_LTLIBRARIES = libjanus_tsrecorder.la
libjanus_tsrecorder_la_SOURCES = \
	plugins/janus_tsrecorder.c \
	plugins/gate.c plugins/gate.h \
	plugins/api/admin.c \
	plugins/api/api.c plugins/api/api.h \
	plugins/api/browse.c \
	plugins/api/control.c \
	plugins/api/handlers.h \
	plugins/api/list.c \
	plugins/api/parts.h \
	plugins/api/record.c \
	plugins/api/room.c \
	plugins/api/wanted.c plugins/api/wanted.h \
	plugins/api/request.c plugins/api/request.h \
	plugins/api/target.c plugins/api/target.h \
	plugins/config/config.h \
	plugins/config/errors.c plugins/config/errors.h \
	plugins/config/fields.c plugins/config/fields.h \
	plugins/config/naming.c plugins/config/naming.h \
	plugins/config/settings.c plugins/config/settings.h plugins/config/settings_table.c \
	plugins/keeper/keeper.c plugins/keeper/keeper.h \
	plugins/library/clerk.c \
	plugins/library/inside.h \
	plugins/library/item.c \
	plugins/library/library.h \
	plugins/library/life.c \
	plugins/library/scanner.c \
	plugins/peer/peer.h \
	plugins/peer/sdp.c plugins/peer/sdp.h \
	plugins/peer/session.c plugins/peer/session.h \
	plugins/runtime/runtime.c plugins/runtime/runtime.h \
	plugins/tap/automatic.c \
	plugins/tap/check.c \
	plugins/tap/chronicle.c \
	plugins/tap/foreign.c plugins/tap/foreign.h \
	plugins/tap/hook.h \
	plugins/tap/hooks.c plugins/tap/hooks.h \
	plugins/tap/inside.h \
	plugins/tap/known.c plugins/tap/known.h \
	plugins/tap/life.c \
	plugins/tap/manifest.c plugins/tap/manifest.h \
	plugins/tap/messages.c plugins/tap/messages.h \
	plugins/tap/muted.c plugins/tap/muted.h \
	plugins/tap/payloads.c plugins/tap/payloads.h \
	plugins/tap/peers.c \
	plugins/tap/tap.h \
	plugins/tap/watch.c \
	plugins/take/container.c \
	plugins/take/events.c \
	plugins/take/inside.h \
	plugins/take/latency.c plugins/take/latency.h \
	plugins/take/life.c \
	plugins/take/layers.c plugins/take/layers.h \
	plugins/take/simulcast.c plugins/take/simulcast.h \
	plugins/take/status.c \
	plugins/take/take.h \
	plugins/take/takes.c \
	plugins/take/totals.c plugins/take/totals.h \
	plugins/take/tracks.c
libjanus_tsrecorder_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANUS_CFLAGS)
libjanus_tsrecorder_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libjanus_tsrecorder_la_LDFLAGS = -module -avoid-version -shared -export-symbols-regex '^create$$'
libjanus_tsrecorder_la_LIBADD = libcatalogue.la librecorder.la $(JANSSON_LIBS)
