/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scale.h"

#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

void scaler_finish(struct scaler *s)
{
	sws_freeContext(s->sws);
	av_frame_free(&s->canvas);
	*s = (struct scaler){0};
}

/* The even number next to n / d, 2 or more. */
static int nearest_even(int64_t n, int64_t d)
{
	int64_t half = (n + d) / (2 * d);
	return half > 0 ? (int)half * 2 : 2;
}

struct scale_rect scale_letterbox(int src_width, int src_height, int width, int height)
{
	struct scale_rect r = {.width = width, .height = height};
	if ((int64_t)src_width * height > (int64_t)src_height * width)
		r.height = nearest_even((int64_t)width * src_height, src_width);
	else
		r.width = nearest_even((int64_t)height * src_width, src_height);
	r.x = (width - r.width) / 2 & ~1;
	r.y = (height - r.height) / 2 & ~1;
	return r;
}

static tsr_error make_canvas(struct scaler *s, int width, int height, enum AVPixelFormat format)
{
	av_frame_free(&s->canvas);
	AVFrame *canvas = av_frame_alloc();
	if (canvas == NULL)
		return TSR_E_NOMEM;
	canvas->width = width;
	canvas->height = height;
	canvas->format = format;
	if (av_frame_get_buffer(canvas, 0) < 0) {
		av_frame_free(&canvas);
		return TSR_E_NOMEM;
	}
	s->canvas = canvas;
	return TSR_OK;
}

/* Black everywhere: bars of an earlier picture's shape must not stay. */
static void blacken(AVFrame *canvas, enum AVColorRange range)
{
	ptrdiff_t linesizes[4];
	for (int i = 0; i < 4; i++)
		linesizes[i] = canvas->linesize[i];
	av_image_fill_black(canvas->data, linesizes, canvas->format, range, canvas->width, canvas->height);
}

/* Brightness keeps the range it has: the encoder is told which. libswscale would take grey for full range. */
static void keep_range(struct SwsContext *sws, const AVFrame *src)
{
	int *inverse, *table, src_range, dst_range, brightness, contrast, saturation;
	int range = src->color_range == AVCOL_RANGE_JPEG;
	if (sws_getColorspaceDetails(sws, &inverse, &src_range, &table, &dst_range, &brightness, &contrast,
				     &saturation) >= 0)
		sws_setColorspaceDetails(sws, inverse, range, table, range, brightness, contrast, saturation);
}

static tsr_error prepare(struct scaler *s, const AVFrame *src, int width, int height, enum AVPixelFormat format)
{
	bool same_canvas = s->canvas != NULL && s->canvas->width == width && s->canvas->height == height &&
			   s->canvas->format == format;
	if (same_canvas && s->sws != NULL && s->src_width == src->width && s->src_height == src->height &&
	    s->src_format == src->format)
		return av_frame_make_writable(s->canvas) < 0 ? TSR_E_NOMEM : TSR_OK;
	tsr_error err = make_canvas(s, width, height, format);
	if (err != TSR_OK)
		return err;
	sws_freeContext(s->sws);
	s->sws = NULL;
	if (!sws_isSupportedInput(src->format))
		return TSR_E_UNSUPPORTED;
	s->inner = scale_letterbox(src->width, src->height, width, height);
	s->sws = sws_getContext(src->width, src->height, src->format, s->inner.width, s->inner.height, format,
				SWS_BILINEAR, NULL, NULL, NULL);
	if (s->sws == NULL)
		return TSR_E_NOMEM;
	keep_range(s->sws, src);
	s->src_width = src->width;
	s->src_height = src->height;
	s->src_format = src->format;
	blacken(s->canvas, src->color_range);
	return TSR_OK;
}

tsr_error scaler_run(struct scaler *s, const AVFrame *src, int width, int height, enum AVPixelFormat format,
		     AVFrame **out)
{
	tsr_error err = prepare(s, src, width, height, format);
	if (err != TSR_OK)
		return err;
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);
	uint8_t *inner[4] = {NULL};
	for (int plane = 0; plane < 4 && s->canvas->data[plane] != NULL; plane++) {
		int y = plane == 1 || plane == 2 ? s->inner.y >> desc->log2_chroma_h : s->inner.y;
		inner[plane] = s->canvas->data[plane] + (ptrdiff_t)y * s->canvas->linesize[plane] +
			       av_image_get_linesize(format, s->inner.x, plane);
	}
	sws_scale(s->sws, (const uint8_t *const *)src->data, src->linesize, 0, src->height, inner, s->canvas->linesize);
	s->canvas->pts = src->pts;
	s->canvas->color_range = src->color_range;
	s->canvas->colorspace = src->colorspace;
	s->canvas->color_primaries = src->color_primaries;
	s->canvas->color_trc = src->color_trc;
	*out = s->canvas;
	return TSR_OK;
}
