/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How an Opus stream's channels are laid out: the identification header "OpusHead" of RFC 7845 section 5.1, which containers
 * use to say it, and the layouts of its section 5.1.1.2 for streams that come without one. */
#ifndef TSR_CODEC_OPUS_HEAD_H
#define TSR_CODEC_OPUS_HEAD_H

#include "../common/error.h"
#include "../common/frame.h"

#define OPUS_RATE         48000
#define OPUS_MAX_CHANNELS 8

struct opus_layout {
	uint8_t channels; /* 1 to 8 */
	uint8_t streams;
	uint8_t coupled;
	uint8_t mapping
		[OPUS_MAX_CHANNELS]; /* per channel in Vorbis order: index of the decoded channel, 255 = silent */
};

/* The layout of a track: its OpusHead (extradata) when it has one, else the common one for its number of channels, 0 meaning
 * stereo. TSR_OK, TSR_E_MALFORMED or TSR_E_UNSUPPORTED (more than 8 channels, or not one loudspeaker each). */
TSR_MUST_USE tsr_error opus_layout_of(const struct track_format *format, struct opus_layout *out);

/* Writes the OpusHead of a layout; `out` has OPUS_HEAD_MAX bytes. Returns the bytes written. No samples are to be skipped: an
 * RTP stream is joined in the middle. */
#define OPUS_HEAD_MAX (21 + OPUS_MAX_CHANNELS)
size_t opus_head_write(const struct opus_layout *layout, uint8_t *out);

#endif
