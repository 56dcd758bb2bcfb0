/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The codec stage of one track: frames in, frames of a codec that the container carries out; copied when it carries them as
 * they are, transcoded through libavcodec when it cannot. */
#ifndef TSR_CODEC_CODEC_H
#define TSR_CODEC_CODEC_H

#include "../common/error.h"
#include "../common/frame.h"
#include "route.h"
#include "settings.h"

struct codec_stats {
	uint64_t frames_in;
	uint64_t frames_out;
	uint64_t decode_errors; /* frames libavcodec refused; the recording goes on */
	uint64_t encode_errors;
	uint64_t concealed;   /* audio frames made up by FEC, PLC or silence */
	uint64_t refused;     /* frames above LIMIT_PIXELS, never given to a decoder */
	uint64_t frames_shed; /* not decoded or not encoded because the machine could not keep up */
	int64_t cpu_us;       /* CPU time of this track's transcoding, on the thread that pushes */
};

struct codec;

/* Whether this libavcodec can do what the route and the settings ask for, tried out for real; for checks at start-up. TSR_OK;
 * TSR_E_UNSUPPORTED, TSR_E_CODEC or TSR_E_NOMEM with *missing = the name of the decoder or encoder that is not there, or of
 * the encoder that does not open with these options (constant or borrowed from the settings). Any thread. */
TSR_MUST_USE tsr_error codec_available(const struct route *route, const struct codec_settings *settings,
				       const char **missing);

/* Out frames go to `emit` during push and flush, with pts_90k and dts_90k set, and dts_90k rising. TSR_OK and *out (owned by the caller);
 * TSR_E_NOMEM, TSR_E_UNSUPPORTED (this libavcodec lacks the decoder or encoder), TSR_E_CODEC (it does not open) or
 * TSR_E_LIMIT (video_width, video_height). A codec is used by one thread at a time. */
TSR_MUST_USE tsr_error codec_create(const struct route *route, const struct track_format *in,
				    const struct codec_settings *settings, frame_cb emit, void *ctx,
				    struct codec **out);
void codec_destroy(struct codec *c);

/* A frame that cannot be decoded is counted, not an error; errors are emit's, TSR_E_NOMEM, or TSR_E_CODEC when the encoder
 * fails for good. Flush is the end: nothing is pushed after it. */
TSR_MUST_USE tsr_error codec_push(struct codec *c, const struct frame *frame);
TSR_MUST_USE tsr_error codec_flush(struct codec *c);
/* Nothing has come for so long that nothing will that belongs before pts_90k: transcoded audio is filled with silence up to there. */
TSR_MUST_USE tsr_error codec_idle(struct codec *c, int64_t pts_90k);

/* The output's format for the muxer. Complete once the first frame was emitted; width and height may change later. */
const struct track_format *codec_format(const struct codec *c);
const struct codec_stats *codec_stats(const struct codec *c);

/* How much work to leave out, 0 (none) to 3: 1 drops non-reference frames, 2 halves the frame rate, 3 encodes keyframes only.
 * Ignored by copies and audio. */
void codec_set_load_shedding(struct codec *c, int level);

/* The next picture that is encoded becomes a keyframe. Where pictures are copied, nothing. */
void codec_make_keyframe(struct codec *c);

/* Whether the picture needs a keyframe: after a decode error (what can be decoded goes on), and while frames are left out
 * because one was refused or shed. The caller decides whether to ask the sender for one. */
bool codec_wants_keyframe(const struct codec *c);

#endif
