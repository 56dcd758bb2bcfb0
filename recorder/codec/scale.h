/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures of any size and pixel format onto a canvas of a given one: scaled with their aspect kept, centred on black. */
#ifndef TSR_CODEC_SCALE_H
#define TSR_CODEC_SCALE_H

#include <libavutil/frame.h>
#include <stdbool.h>

#include "../common/error.h"

struct SwsContext;

struct scale_rect {
	int x, y, width, height;
};

/* Zero-initialise. */
struct scaler {
	struct SwsContext *sws;
	AVFrame *canvas;
	struct scale_rect inner;
	int src_width, src_height, src_format; /* what sws was made for */
};

void scaler_finish(struct scaler *s);

/* Where a picture lies on the canvas. Even numbers, as chroma at half the resolution needs; at least 2x2. */
struct scale_rect scale_letterbox(int src_width, int src_height, int width, int height);

/* The canvas with the picture on it (and its pts and colours), borrowed until the next call. What depends on sizes is made
 * anew when they change. TSR_OK, TSR_E_UNSUPPORTED (libswscale cannot read the pixel format) or TSR_E_NOMEM. */
TSR_MUST_USE tsr_error scaler_run(struct scaler *s, const AVFrame *src, int width, int height,
				  enum AVPixelFormat format, AVFrame **out);

#endif
