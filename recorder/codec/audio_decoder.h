/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Coded audio to samples, whatever the codec: planar float at 48 kHz with the output's number of channels. And samples for
 * what is missing. */
#ifndef TSR_CODEC_AUDIO_DECODER_H
#define TSR_CODEC_AUDIO_DECODER_H

#include "../common/error.h"
#include "../common/frame.h"

#define AUDIO_RATE 48000
/* Most samples per channel in one block: the longest Opus packet, 120 ms. */
#define AUDIO_BLOCK (AUDIO_RATE * 120 / 1000)

struct audio_decoder;

struct audio_decoder_ops {
	void (*destroy)(struct audio_decoder *d);
	/* Takes a packet. TSR_OK; TSR_E_CODEC (not decodable; the next one may be) or TSR_E_NOMEM. */
	tsr_error (*decode)(struct audio_decoder *d, const struct frame *frame);
	/* Samples of the packet taken, up to AUDIO_BLOCK per channel; 0 = all have been read. */
	int (*read)(struct audio_decoder *d, float *const *planes);
	/* Samples for the beginning of a gap of `missing` samples before `next`, which has not been decoded yet. Returns how
	 * many, at least 1 and not above AUDIO_BLOCK; may be a few more than are missing. */
	int (*conceal)(struct audio_decoder *d, const struct frame *next, int64_t missing, float *const *planes);
	/* Samples that were taken and come out only with the next packet's. */
	int (*delay)(struct audio_decoder *d);
};

struct audio_decoder {
	const struct audio_decoder_ops *ops;
	int channels; /* of the output */
};

/* Makes the decoder of in->codec. `channels` 0 = as the source. TSR_OK and *out; TSR_E_UNSUPPORTED, TSR_E_CODEC,
 * TSR_E_NOMEM. */
TSR_MUST_USE tsr_error opus_decoder_new(const struct track_format *in, int channels, struct audio_decoder **out);
TSR_MUST_USE tsr_error pcm_decoder_new(const struct track_format *in, int channels, struct audio_decoder **out);

#endif
