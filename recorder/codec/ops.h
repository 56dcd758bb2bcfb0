/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The inside of the codec stage: the three ways through it, which the route table names, and what they give back to it. */
#ifndef TSR_CODEC_OPS_H
#define TSR_CODEC_OPS_H

#include <stddef.h>

#include "../common/error.h"
#include "../common/frame.h"
#include "settings.h"

struct codec;
struct codec_stats;

/* `settings` stay valid, with every default filled in, as long as the codec lives. `finish` is called after a failed init too. */
struct codec_ops {
	size_t state_size; /* zeroed before init */
	tsr_error (*available)(tsr_codec in, const struct codec_settings *settings,
			       const char **missing); /* NULL = always */
	tsr_error (*init)(struct codec *c, void *state, const struct track_format *in,
			  const struct codec_settings *settings);
	void (*finish)(void *state);
	tsr_error (*push)(struct codec *c, void *state, const struct frame *frame);
	tsr_error (*flush)(struct codec *c, void *state);
	tsr_error (*idle)(struct codec *c, void *state, int64_t pts_90k); /* NULL = nothing to do */
};

extern const struct codec_ops copy_ops;  /* as they are */
extern const struct codec_ops video_ops; /* VP8, VP9, AV1 -> H.264 */
extern const struct codec_ops audio_ops; /* Opus, G.711, G.722, L16 -> AAC */

/* Hands a frame on (sets its codec and, of one that was encoded, dts_90k; counts it). */
TSR_MUST_USE tsr_error codec_emit(struct codec *c, struct frame *frame);
/* What codec_format, codec_stats and codec_wants_keyframe show. */
struct track_format *codec_edit_format(struct codec *c);
struct codec_stats *codec_edit_stats(struct codec *c);
void codec_want_keyframe(struct codec *c, bool wanted);
/* Whether codec_make_keyframe was called since this was. */
bool codec_take_make_keyframe(struct codec *c);
int codec_load_shedding(const struct codec *c);

#endif
