/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An H.264 encoder of libavcodec's, set up for MPEG-TS: Annex B with an access unit delimiter on every frame and parameter
 * sets on every keyframe, no B-frames (so that dts is pts), a keyframe at a fixed interval of time. */
#ifndef TSR_CODEC_VIDEO_ENCODER_H
#define TSR_CODEC_VIDEO_ENCODER_H

#include <libavcodec/avcodec.h>

#include "../common/buf.h"
#include "../common/error.h"
#include "../common/frame.h"
#include "settings.h"

struct video_encoder {
	const struct codec_settings *settings;
	AVCodecContext *ctx; /* NULL while closed */
	AVPacket *packet;
	struct buf delimited; /* a frame of an encoder that writes no access unit delimiters, with one */
	int64_t last_keyframe_90k;
	bool draining;
};

/* Checks the encoder's name and options without opening it. The settings are borrowed until finish. TSR_OK; TSR_E_UNSUPPORTED
 * (no such encoder of H.264), TSR_E_CODEC (an option is refused; logged), TSR_E_NOMEM. */
TSR_MUST_USE tsr_error video_encoder_init(struct video_encoder *e, const struct codec_settings *settings);
void video_encoder_finish(struct video_encoder *e);

/* `like` tells the colours; its own size does not matter. TSR_OK, TSR_E_CODEC (logged) or TSR_E_NOMEM. */
TSR_MUST_USE tsr_error video_encoder_open(struct video_encoder *e, int width, int height, const AVFrame *like);
void video_encoder_close(struct video_encoder *e);

/* Hands over a picture of the size and pixel format opened with; NULL drains. Then receive until it says TSR_E_EOF. The
 * picture's type is set. TSR_OK, TSR_E_CODEC or TSR_E_NOMEM. */
TSR_MUST_USE tsr_error video_encoder_send(struct video_encoder *e, AVFrame *picture);

/* The next coded frame: data (borrowed until the next call), pts_90k, keyframe, width and height on keyframes. TSR_OK,
 * TSR_E_EOF (nothing more now), TSR_E_CODEC or TSR_E_NOMEM. */
TSR_MUST_USE tsr_error video_encoder_receive(struct video_encoder *e, struct frame *out);

#endif
