/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An AAC encoder of libavcodec's that is given any number of samples at a time. Positions count samples at 48 kHz from the
 * beginning of the recording. */
#ifndef TSR_CODEC_AUDIO_ENCODER_H
#define TSR_CODEC_AUDIO_ENCODER_H

#include <libavcodec/avcodec.h>

#include "../common/error.h"
#include "../common/frame.h"
#include "settings.h"

struct audio_encoder {
	AVCodecContext *ctx;
	AVPacket *packet;
	AVFrame *frame;   /* being filled */
	int filled;       /* samples in it */
	int64_t position; /* of the next sample */
	int64_t first;    /* position of the very first sample; INT64_MIN before it */
};

/* TSR_OK; TSR_E_UNSUPPORTED (no such encoder of AAC), TSR_E_CODEC (does not open; logged), TSR_E_NOMEM. */
TSR_MUST_USE tsr_error audio_encoder_init(struct audio_encoder *e, const struct codec_settings *settings, int channels);
void audio_encoder_finish(struct audio_encoder *e);

/* The next sample's position, when the frame being filled is empty. */
void audio_encoder_seek(struct audio_encoder *e, int64_t position);

/* Takes samples [from, from + count) of the planes, at most as many as the frame has room for, and returns how many. When it
 * is full (audio_encoder_full) it has to be sent before more are taken. */
int audio_encoder_take(struct audio_encoder *e, float *const *planes, int from, int count);
bool audio_encoder_full(const struct audio_encoder *e);
/* Fills what is left of a begun frame with silence. */
void audio_encoder_pad(struct audio_encoder *e);

/* Encodes the full frame; with `end`, whatever is still held, after which nothing may be taken. Then receive until TSR_E_EOF.
 * TSR_OK, TSR_E_CODEC or TSR_E_NOMEM. */
TSR_MUST_USE tsr_error audio_encoder_send(struct audio_encoder *e, bool end);

/* The next coded frame: data (borrowed until the next call), pts_90k, samples. TSR_OK, TSR_E_EOF (nothing more now),
 * TSR_E_CODEC or TSR_E_NOMEM. */
TSR_MUST_USE tsr_error audio_encoder_receive(struct audio_encoder *e, struct frame *out);

#endif
