librecorder_la_SOURCES += \
	recorder/mux/matroska_writer.c \
	recorder/mux/mp4_writer.c \
	recorder/mux/mpegts.c \
	recorder/mux/mux.c recorder/mux/mux.h recorder/mux/ops.h \
	recorder/mux/tsclock.c recorder/mux/tsclock.h
