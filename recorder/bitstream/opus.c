/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opus.h"

#include "../common/reader.h"

#define MAX_PACKET_SAMPLES 5760 /* 120 ms, requirement R5 of RFC 6716 section 3.4 */

/* RFC 6716 section 3.1, table 2 */
static uint32_t frame_samples(unsigned config)
{
	static const uint16_t silk[] = {480, 960, 1920, 2880};
	static const uint16_t celt[] = {120, 240, 480, 960};
	if (config < 12)
		return silk[config & 3];
	return config < 16 ? silk[config & 1] : celt[config & 3];
}

tsr_error opus_packet_samples(const uint8_t *data, size_t size, uint32_t *out)
{
	struct reader r = reader_of(data, size);
	uint8_t toc = reader_u8(&r);
	uint32_t frames = 1;
	if ((toc & 3) == 3)
		frames = reader_u8(&r) & 0x3f;
	else if ((toc & 3) != 0)
		frames = 2;
	uint32_t samples = frames * frame_samples(toc >> 3);
	if (!reader_ok(&r) || samples == 0 || samples > MAX_PACKET_SAMPLES)
		return TSR_E_MALFORMED;
	*out = samples;
	return TSR_OK;
}
