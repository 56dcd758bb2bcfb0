librecorder_la_SOURCES += \
	recorder/depay/codecs.h \
	recorder/depay/depay.c recorder/depay/depay.h \
	recorder/depay/gather.c recorder/depay/gather.h \
	recorder/depay/h264.c \
	recorder/depay/opus.c \
	recorder/depay/vp8.c
