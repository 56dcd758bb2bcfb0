/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "codecs_attribute.h"

#include <stdbool.h>
#include <stdio.h>

#include "annexb.h"
#include "h264.h"
#include "h265.h"

/* Two bytes of header, one with the VPS, then profile_tier_level() up to general_level_idc (ITU-T H.265 section 7.3.3). */
#define H265_PROFILE_AT    3
#define H265_PROFILE_BYTES 12

static bool find_sps(tsr_codec codec, const uint8_t *frame, size_t size, const uint8_t **nal, size_t *nal_size)
{
	struct reader r = reader_of(frame, size);
	while (annexb_next(&r, nal, nal_size))
		if (*nal_size > 3 && (codec == TSR_CODEC_H264 ? h264_nal_type((*nal)[0]) == H264_NAL_SPS
							      : h265_nal_type((*nal)[0]) == H265_NAL_SPS))
			return true;
	return false;
}

/* Without emulation prevention (section 7.4.2). False = too short. */
static bool h265_profile(const uint8_t *nal, size_t size, uint8_t out[H265_PROFILE_BYTES])
{
	size_t zeroes = 0, filled = 0;
	for (size_t i = H265_PROFILE_AT; i < size && filled < H265_PROFILE_BYTES; i++) {
		bool prevention = zeroes >= 2 && nal[i] == 3;
		zeroes = nal[i] == 0 ? zeroes + 1 : 0;
		if (!prevention)
			out[filled++] = nal[i];
	}
	return filled == H265_PROFILE_BYTES;
}

static uint32_t reversed(const uint8_t bytes[4])
{
	uint32_t out = 0;
	for (unsigned i = 0; i < 32; i++)
		out |= (uint32_t)(bytes[i / 8] >> (7 - i % 8) & 1) << i;
	return out;
}

static void h265_name(const uint8_t *p, char *out, size_t size)
{
	static const char *const spaces[] = {"", "A", "B", "C"};
	int n = snprintf(out, size, "hvc1.%s%u.%x.%c%u", spaces[p[0] >> 6], p[0] & 0x1f, (unsigned)reversed(p + 1),
			 (p[0] & 0x20) != 0 ? 'H' : 'L', p[11]);
	unsigned last = 11;
	while (last > 5 && p[last - 1] == 0)
		last--;
	for (unsigned i = 5; i < last && n > 0 && (size_t)n < size; i++)
		n += snprintf(out + n, size - (size_t)n, ".%X", p[i]);
}

void codecs_attribute_video(tsr_codec codec, const uint8_t *frame, size_t size, char *out, size_t out_size)
{
	const uint8_t *nal;
	size_t nal_size;
	uint8_t profile[H265_PROFILE_BYTES];
	if ((codec != TSR_CODEC_H264 && codec != TSR_CODEC_H265) || !find_sps(codec, frame, size, &nal, &nal_size))
		return;
	if (codec == TSR_CODEC_H264)
		snprintf(out, out_size, "avc1.%02x%02x%02x", nal[1], nal[2], nal[3]);
	else if (h265_profile(nal, nal_size, profile))
		h265_name(profile, out, out_size);
}
