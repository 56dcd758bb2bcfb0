librecorder_la_SOURCES += \
	recorder/codec/audio.c recorder/codec/audio_decoder.h \
	recorder/codec/audio_encoder.c recorder/codec/audio_encoder.h \
	recorder/codec/audio_layout.c recorder/codec/audio_layout.h \
	recorder/codec/codec.c recorder/codec/codec.h \
	recorder/codec/copy.c \
	recorder/codec/lavc.c recorder/codec/lavc.h \
	recorder/codec/ops.h \
	recorder/codec/opus_decoder.c \
	recorder/codec/opus_head.c recorder/codec/opus_head.h \
	recorder/codec/pcm_decoder.c \
	recorder/codec/rotate.c recorder/codec/rotate.h \
	recorder/codec/route.c recorder/codec/route.h \
	recorder/codec/scale.c recorder/codec/scale.h \
	recorder/codec/settings.h \
	recorder/codec/stretch.c recorder/codec/stretch.h \
	recorder/codec/video.c \
	recorder/codec/video_encoder.c recorder/codec/video_encoder.h
