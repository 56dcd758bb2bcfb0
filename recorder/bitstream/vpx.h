/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the recorder must understand of VP8 and VP9 frames: what can be decoded alone, and how large it is. */
#ifndef TSR_BITSTREAM_VPX_H
#define TSR_BITSTREAM_VPX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/error.h"

struct vpx_frame {
	bool keyframe;
	uint16_t width; /* of keyframes; 0 otherwise */
	uint16_t height;
};

/* RFC 6386 section 9.1: the frame tag, and a key frame's start code and size. TSR_OK and *out, or TSR_E_MALFORMED. */
TSR_MUST_USE tsr_error vp8_parse_frame(const uint8_t *data, size_t size, struct vpx_frame *out);

#endif
