/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The codecs the recorder knows by name. Public: recorder.h re-exports it. */
#ifndef TSR_COMMON_CODEC_H
#define TSR_COMMON_CODEC_H

#include <stdbool.h>
#include <stdint.h>

typedef enum tsr_codec {
	TSR_CODEC_NONE = 0,
	TSR_CODEC_H264,
	TSR_CODEC_H265,
	TSR_CODEC_VP8,
	TSR_CODEC_VP9,
	TSR_CODEC_AV1,
	TSR_CODEC_OPUS,
	TSR_CODEC_MULTIOPUS,
	TSR_CODEC_PCMU,
	TSR_CODEC_PCMA,
	TSR_CODEC_G722,
	TSR_CODEC_L16,
	TSR_CODEC_AAC, /* only ever an output */
	TSR_CODEC_COUNT
} tsr_codec;

/* What becomes of Opus, which MPEG-TS can carry but few players outside FFmpeg read: AAC, or as it is. */
typedef enum tsr_audio_mode { TSR_AUDIO_TRANSCODE, TSR_AUDIO_COPY } tsr_audio_mode;

/* The lower-case name Janus uses in its API and in SDP rtpmaps ("h264", "vp8", "opus", "pcmu" …); "none" for NONE. */
const char *tsr_codec_name(tsr_codec codec);

/* The codec of a name, case-insensitive; TSR_CODEC_NONE when it is unknown or NULL. */
tsr_codec tsr_codec_from_name(const char *name);

bool tsr_codec_is_video(tsr_codec codec);

/* RTP clock rate in Hz: 90000 for video, 48000 for Opus, 8000 for G.711 and G.722 (RFC 3551 section 4.5.2), 48000 for
 * L16 unless SDP says otherwise. */
uint32_t tsr_codec_clock_rate(tsr_codec codec);

#endif
