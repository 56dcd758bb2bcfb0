/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vpx.h"

#include "bits.h"

#define VP9_SYNC_CODE 0x498342
#define VP9_CS_RGB    7

tsr_error vp8_parse_frame(const uint8_t *data, size_t size, struct vpx_frame *out)
{
	struct reader r = reader_of(data, size);
	struct vpx_frame frame = {.keyframe = !(reader_u8(&r) & 1)};
	reader_skip(&r, 2); /* the rest of the frame tag */
	if (frame.keyframe) {
		if (reader_be24(&r) != 0x9d012a)
			return TSR_E_MALFORMED;
		frame.width = reader_le16(&r) & 0x3fff; /* the upper two bits ask for scaling */
		frame.height = reader_le16(&r) & 0x3fff;
		if (frame.width == 0 || frame.height == 0)
			return TSR_E_MALFORMED;
	}
	if (!reader_ok(&r))
		return TSR_E_MALFORMED;
	*out = frame;
	return TSR_OK;
}

/* color_config, section 6.2.2 */
static void skip_color_config(struct bits *b, unsigned profile)
{
	if (profile >= 2)
		bits_skip(b, 1); /* ten_or_twelve_bit */
	if (bits_u(b, 3) != VP9_CS_RGB)
		bits_skip(b, profile & 1 ? 4 : 1); /* color_range; subsampling_x, subsampling_y, reserved_zero */
	else if (profile & 1)
		bits_skip(b, 1); /* reserved_zero */
}

tsr_error vp9_parse_frame(const uint8_t *data, size_t size, struct vpx_frame *out)
{
	struct bits b = bits_of(data, size);
	struct vpx_frame frame = {0};
	bool valid = bits_u(&b, 2) == 2; /* frame_marker */
	unsigned profile = bits_flag(&b);
	profile |= (unsigned)bits_flag(&b) << 1;
	if (profile == 3)
		bits_skip(&b, 1);
	if (bits_flag(&b)) { /* show_existing_frame */
		frame.droppable = true;
		goto out;
	}
	frame.keyframe = !bits_flag(&b); /* frame_type */
	bool show_frame = bits_flag(&b);
	bool error_resilient_mode = bits_flag(&b);
	if (frame.keyframe) {
		valid = bits_u(&b, 24) == VP9_SYNC_CODE && valid;
		skip_color_config(&b, profile);
		uint32_t width = bits_u(&b, 16) + 1, height = bits_u(&b, 16) + 1;
		valid = width <= UINT16_MAX && height <= UINT16_MAX && valid;
		frame.width = (uint16_t)width;
		frame.height = (uint16_t)height;
		goto out;
	}
	bool intra_only = !show_frame && bits_flag(&b);
	if (!error_resilient_mode)
		bits_skip(&b, 2); /* reset_frame_context */
	if (intra_only) {
		valid = bits_u(&b, 24) == VP9_SYNC_CODE && valid;
		if (profile > 0)
			skip_color_config(&b, profile);
	}
	frame.droppable = bits_u(&b, 8) == 0; /* refresh_frame_flags */
out:
	if (!valid || !bits_ok(&b))
		return TSR_E_MALFORMED;
	*out = frame;
	return TSR_OK;
}

tsr_error vp9_parse_color(const uint8_t *data, size_t size, struct vp9_color *out)
{
	struct bits b = bits_of(data, size);
	bits_skip(&b, 2);
	unsigned profile = bits_flag(&b);
	profile |= (unsigned)bits_flag(&b) << 1;
	bits_skip(&b, profile == 3 ? 1 : 0);
	bool repeats = bits_flag(&b), other = bits_flag(&b); /* show_existing_frame; frame_type */
	bits_skip(&b, 2 + 24);
	struct vp9_color c = {.profile = profile, .bits = 8, .subsampling_x = true, .subsampling_y = true};
	if (profile >= 2)
		c.bits = bits_flag(&b) ? 12 : 10;
	c.rgb = bits_u(&b, 3) == VP9_CS_RGB;
	c.full_range = c.rgb || bits_flag(&b);
	if (c.rgb) {
		c.subsampling_x = c.subsampling_y = false;
	} else if (profile & 1) {
		c.subsampling_x = bits_flag(&b);
		c.subsampling_y = bits_flag(&b);
	}
	if (repeats || other || !bits_ok(&b))
		return TSR_E_MALFORMED;
	*out = c;
	return TSR_OK;
}

size_t vp9_write_superframe_index(const uint32_t *sizes, unsigned count, uint8_t out[VP9_MAX_INDEX])
{
	uint32_t largest = 0;
	for (unsigned i = 0; i < count; i++)
		largest |= sizes[i];
	unsigned bytes_per_size = 1;
	while (bytes_per_size < 4 && largest >> 8 * bytes_per_size)
		bytes_per_size++;
	uint8_t *p = out;
	uint8_t marker = (uint8_t)(0xc0 | (bytes_per_size - 1) << 3 | (count - 1));
	*p++ = marker;
	for (unsigned i = 0; i < count; i++)
		for (unsigned byte = 0; byte < bytes_per_size; byte++)
			*p++ = (uint8_t)(sizes[i] >> 8 * byte);
	*p++ = marker;
	return (size_t)(p - out);
}
