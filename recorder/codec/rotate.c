/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rotate.h"

#include <stdbool.h>

void rotator_finish(struct rotator *r)
{
	av_frame_free(&r->turned);
}

static tsr_error make_room(struct rotator *r, int width, int height)
{
	if (r->turned != NULL && r->turned->width == width && r->turned->height == height)
		return av_frame_make_writable(r->turned) < 0 ? TSR_E_NOMEM : TSR_OK;
	av_frame_free(&r->turned);
	AVFrame *frame = av_frame_alloc();
	if (frame == NULL)
		return TSR_E_NOMEM;
	frame->width = width;
	frame->height = height;
	frame->format = AV_PIX_FMT_YUV420P;
	if (av_frame_get_buffer(frame, 0) < 0) {
		av_frame_free(&frame);
		return TSR_E_NOMEM;
	}
	r->turned = frame;
	return TSR_OK;
}

/* The sample at (x, y) of the turned plane lies at first + x * across + y * down of the other. */
static void turn_plane(const AVFrame *src, AVFrame *dst, int plane, unsigned quarter_turns)
{
	int width = dst->width >> (plane > 0), height = dst->height >> (plane > 0);
	ptrdiff_t line = src->linesize[plane], across, down;
	const uint8_t *from = src->data[plane];
	switch (quarter_turns) {
	case 1: across = -line, down = 1, from += (width - 1) * line; break;
	case 2: across = -1, down = -line, from += (height - 1) * line + width - 1; break;
	default: across = line, down = -1, from += height - 1; break;
	}
	for (int y = 0; y < height; y++, from += down) {
		uint8_t *to = dst->data[plane] + (ptrdiff_t)y * dst->linesize[plane];
		const uint8_t *at = from;
		for (int x = 0; x < width; x++, at += across)
			to[x] = *at;
	}
}

tsr_error rotator_run(struct rotator *r, const AVFrame *src, unsigned quarter_turns, AVFrame **out)
{
	if (src->format != AV_PIX_FMT_YUV420P)
		return TSR_E_UNSUPPORTED;
	bool lies = quarter_turns % 2 == 1;
	tsr_error err = make_room(r, lies ? src->height : src->width, lies ? src->width : src->height);
	if (err != TSR_OK)
		return err;
	for (int plane = 0; plane < 3; plane++)
		turn_plane(src, r->turned, plane, quarter_turns);
	r->turned->pts = src->pts;
	r->turned->color_range = src->color_range;
	r->turned->colorspace = src->colorspace;
	r->turned->color_primaries = src->color_primaries;
	r->turned->color_trc = src->color_trc;
	*out = r->turned;
	return TSR_OK;
}
