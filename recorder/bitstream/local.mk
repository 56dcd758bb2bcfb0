librecorder_la_SOURCES += \
	recorder/bitstream/config_record.c recorder/bitstream/config_record.h \
	recorder/bitstream/annexb.c recorder/bitstream/annexb.h \
	recorder/bitstream/av1.c recorder/bitstream/av1.h \
	recorder/bitstream/bits.h \
	recorder/bitstream/codecs_attribute.c recorder/bitstream/codecs_attribute.h \
	recorder/bitstream/h264.c recorder/bitstream/h264.h \
	recorder/bitstream/h265.c recorder/bitstream/h265.h \
	recorder/bitstream/opus.c recorder/bitstream/opus.h \
	recorder/bitstream/paramset.c recorder/bitstream/paramset.h \
	recorder/bitstream/sei.c recorder/bitstream/sei.h \
	recorder/bitstream/vpx.c recorder/bitstream/vpx.h
