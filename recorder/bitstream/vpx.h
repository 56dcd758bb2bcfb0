/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the recorder must understand of VP8 and VP9 frames: what can be decoded alone, what nothing refers to, and how large
 * it is. */
#ifndef TSR_BITSTREAM_VPX_H
#define TSR_BITSTREAM_VPX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/error.h"

struct vpx_frame {
	bool keyframe;
	bool droppable; /* VP9: no later frame refers to it (VP8 tells that in its payload descriptor) */
	uint16_t width; /* of keyframes; 0 otherwise */
	uint16_t height;
};

/* RFC 6386 section 9.1: the frame tag, and a key frame's start code and size. TSR_OK and *out, or TSR_E_MALFORMED. */
TSR_MUST_USE tsr_error vp8_parse_frame(const uint8_t *data, size_t size, struct vpx_frame *out);

/* VP9 bitstream specification section 6.2, the uncompressed header up to refresh_frame_flags. TSR_OK and *out, or
 * TSR_E_MALFORMED. */
TSR_MUST_USE tsr_error vp9_parse_frame(const uint8_t *data, size_t size, struct vpx_frame *out);

struct vp9_color {
	unsigned profile, bits; /* bits: 8, 10 or 12 */
	bool rgb, full_range, subsampling_x, subsampling_y;
};

/* Of a keyframe: section 6.2.2. TSR_OK and *out, or TSR_E_MALFORMED. */
TSR_MUST_USE tsr_error vp9_parse_color(const uint8_t *data, size_t size, struct vp9_color *out);

/* Frames that one superframe can hold, and the most bytes its index takes (Annex B). */
#define VP9_MAX_FRAMES 8
#define VP9_MAX_INDEX  (2 + 4 * VP9_MAX_FRAMES)

/* Writes the index that stands behind `count` frames (2 to VP9_MAX_FRAMES) of these sizes and makes them a superframe.
 * Returns its size. */
size_t vp9_write_superframe_index(const uint32_t *sizes, unsigned count, uint8_t out[VP9_MAX_INDEX]);

#endif
