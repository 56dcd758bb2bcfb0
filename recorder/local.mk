# The engine: no Janus, no jansson.
noinst_LTLIBRARIES += librecorder.la
librecorder_la_SOURCES = \
	recorder/recorder.c recorder/recorder.h \
	recorder/json.h recorder/leftovers.c recorder/recording.c recorder/recording.h \
	recorder/track.c recorder/output.c recorder/ending.c recorder/events.c recorder/overload.c recorder/stats.c recorder/report.c \
	recorder/common/buf.c recorder/common/buf.h \
	recorder/common/clock.c recorder/common/clock.h \
	recorder/common/codec.c recorder/common/codec.h \
	recorder/common/error.c recorder/common/error.h \
	recorder/common/frame.h \
	recorder/common/latency.c recorder/common/latency.h \
	recorder/common/limits.h \
	recorder/common/log.c recorder/common/log.h \
	recorder/common/reader.h \
	recorder/common/service.c recorder/common/service.h
librecorder_la_LIBADD = $(ENGINE_LIBS) -lpthread -lm

include recorder/rtp/local.mk
include recorder/bitstream/local.mk
include recorder/depay/local.mk
include recorder/codec/local.mk
include recorder/mux/local.mk
include recorder/sink/local.mk
