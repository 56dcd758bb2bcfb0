/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Frames that the container carries as they are. All there is to do is to say in the format what they are. */
#include "ops.h"
#include "opus_head.h"

static tsr_error copy_init(struct codec *c, void *state, const struct track_format *in,
			   const struct codec_settings *settings)
{
	(void)state;
	(void)settings;
	struct track_format *format = codec_edit_format(c);
	format->width = in->width;
	format->height = in->height;
	if (format->codec != TSR_CODEC_OPUS) {
		format->sample_rate = in->sample_rate;
		format->channels = in->channels;
		return TSR_OK;
	}
	struct opus_layout layout;
	tsr_error err = opus_layout_of(in, &layout);
	if (err != TSR_OK)
		return err;
	format->sample_rate = OPUS_RATE;
	format->channels = layout.channels;
	format->extradata_size = opus_head_write(&layout, format->extradata);
	return TSR_OK;
}

static void copy_finish(void *state)
{
	(void)state;
}

static tsr_error copy_push(struct codec *c, void *state, const struct frame *frame)
{
	(void)state;
	if (frame->width != 0 && frame->height != 0) {
		codec_edit_format(c)->width = frame->width;
		codec_edit_format(c)->height = frame->height;
	}
	struct frame out = *frame;
	return codec_emit(c, &out);
}

static tsr_error copy_flush(struct codec *c, void *state)
{
	(void)c;
	(void)state;
	return TSR_OK;
}

const struct codec_ops copy_ops = {
	.init = copy_init,
	.finish = copy_finish,
	.push = copy_push,
	.flush = copy_flush,
};
