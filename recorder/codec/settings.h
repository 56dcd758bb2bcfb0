/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TSR_CODEC_SETTINGS_H
#define TSR_CODEC_SETTINGS_H

#include <stdint.h>

/* Encoder settings of a recording; plain data, strings are copied by codec_create. */
struct codec_settings {
	const char *video_encoder;         /* libavcodec name; NULL = "libx264" */
	const char *video_encoder_options; /* "key=value:key=value" for the encoder; NULL = none */
	const char *video_preset;          /* NULL = "veryfast" */
	int video_bitrate;                 /* bit/s; 0 = constant quality by the encoder's own default */
	int video_threads;                 /* 0 = 1 */
	int keyframe_interval_ms;          /* 0 = 2000 */
	uint16_t video_width;              /* constant output size, letterboxed; 0 = as the source */
	uint16_t video_height;
	const char *audio_encoder; /* libavcodec name; NULL = "aac" */
	int audio_bitrate;      /* bit/s that the quality is made for, less when less will do; 0 = 64000 per channel */
	uint8_t audio_channels; /* 0 = as the source */
};

#endif
