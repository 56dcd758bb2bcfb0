/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vpx.h"

#include "../common/reader.h"

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
