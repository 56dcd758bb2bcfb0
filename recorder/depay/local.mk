librecorder_la_SOURCES += \
	recorder/depay/audio.c recorder/depay/audio.h \
	recorder/depay/av1.c \
	recorder/depay/begin.c \
	recorder/depay/codecs.h \
	recorder/depay/depay.c recorder/depay/depay.h \
	recorder/depay/foreign.c recorder/depay/foreign.h \
	recorder/depay/g711.c \
	recorder/depay/g722.c \
	recorder/depay/gather.c recorder/depay/gather.h \
	recorder/depay/h264.c \
	recorder/depay/h265.c \
	recorder/depay/l16.c \
	recorder/depay/nals.c recorder/depay/nals.h \
	recorder/depay/opus.c \
	recorder/depay/picture.c recorder/depay/picture.h \
	recorder/depay/red.c recorder/depay/red.h \
	recorder/depay/vp8.c \
	recorder/depay/vp9.c
