/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures of a camera that is not held upright, turned by quarters. */
#ifndef TSR_CODEC_ROTATE_H
#define TSR_CODEC_ROTATE_H

#include <libavutil/frame.h>
#include <stdint.h>

#include "../common/error.h"

/* Zero-initialise. */
struct rotator {
	AVFrame *turned;
};

void rotator_finish(struct rotator *r);

/* `src` (8-bit 4:2:0, even sides) turned clockwise by 1 to 3 quarters, with its pts and colours; borrowed until the next call. TSR_OK,
 * TSR_E_UNSUPPORTED (another pixel format) or TSR_E_NOMEM. */
TSR_MUST_USE tsr_error rotator_run(struct rotator *r, const AVFrame *src, unsigned quarter_turns, AVFrame **out);

#endif
