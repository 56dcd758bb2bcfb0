# The engine: no Janus, no jansson.
noinst_LTLIBRARIES += librecorder.la
librecorder_la_SOURCES = \
	recorder/recorder.h recorder/recording.h \
	recorder/counts.c recorder/counts.h \
	recorder/ending.c recorder/ending.h \
	recorder/engine.c recorder/engine.h \
	recorder/events.c recorder/events.h \
	recorder/gap.c recorder/gap.h \
	recorder/hls.c recorder/hls.h \
	recorder/json.h recorder/leftovers.c \
	recorder/lifecycle.c \
	recorder/output.c recorder/output.h \
	recorder/overload.c recorder/overload.h \
	recorder/playlist.c recorder/playlist.h \
	recorder/progress.c recorder/progress.h \
	recorder/report.c recorder/report.h \
	recorder/segment.c recorder/segment.h \
	recorder/start.c recorder/start.h \
	recorder/stats.c recorder/stats.h \
	recorder/reorder.c recorder/reorder.h \
	recorder/track.c recorder/track.h recorder/track_rtcp.c recorder/track_settings.c \
	recorder/trouble.c recorder/trouble.h \
	recorder/turn.c recorder/turn.h \
	recorder/common/buf.c recorder/common/buf.h \
	recorder/common/clock.c recorder/common/clock.h \
	recorder/common/codec.c recorder/common/codec.h \
	recorder/common/container.c recorder/common/container.h \
	recorder/common/ebml.c recorder/common/ebml.h \
	recorder/common/isobmff.c recorder/common/isobmff.h \
	recorder/common/matroska.c recorder/common/matroska.h \
	recorder/common/mp4.c recorder/common/mp4.h \
	recorder/common/mp4_entry.c recorder/common/mp4_moov.c \
	recorder/common/error.c recorder/common/error.h \
	recorder/common/frame.h \
	recorder/common/latency.c recorder/common/latency.h \
	recorder/common/limits.h \
	recorder/common/log.c recorder/common/log.h \
	recorder/common/payloadtypes.h \
	recorder/common/reader.h \
	recorder/common/service.c recorder/common/service.h
librecorder_la_LIBADD = $(ENGINE_LIBS) -lpthread -lm

include recorder/rtp/local.mk
include recorder/bitstream/local.mk
include recorder/depay/local.mk
include recorder/codec/local.mk
include recorder/mux/local.mk
include recorder/sink/local.mk
