/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "codec.h"

#include <stddef.h>
#include <strings.h>

static const struct {
	const char *name;
	bool video;
	uint32_t clock_rate;
} codecs[TSR_CODEC_COUNT] = {
	[TSR_CODEC_NONE] = {"none", false, 90000}, [TSR_CODEC_H264] = {"h264", true, 90000},
	[TSR_CODEC_H265] = {"h265", true, 90000},  [TSR_CODEC_VP8] = {"vp8", true, 90000},
	[TSR_CODEC_VP9] = {"vp9", true, 90000},    [TSR_CODEC_AV1] = {"av1", true, 90000},
	[TSR_CODEC_OPUS] = {"opus", false, 48000}, [TSR_CODEC_MULTIOPUS] = {"multiopus", false, 48000},
	[TSR_CODEC_PCMU] = {"pcmu", false, 8000},  [TSR_CODEC_PCMA] = {"pcma", false, 8000},
	[TSR_CODEC_G722] = {"g722", false, 8000},  [TSR_CODEC_L16] = {"l16", false, 48000},
	[TSR_CODEC_AAC] = {"aac", false, 48000},
};

const char *tsr_codec_name(tsr_codec codec)
{
	return (unsigned)codec < TSR_CODEC_COUNT ? codecs[codec].name : codecs[TSR_CODEC_NONE].name;
}

tsr_codec tsr_codec_from_name(const char *name)
{
	for (int i = 1; name != NULL && i < TSR_CODEC_COUNT; i++)
		if (strcasecmp(name, codecs[i].name) == 0)
			return (tsr_codec)i;
	return TSR_CODEC_NONE;
}

bool tsr_codec_is_video(tsr_codec codec)
{
	return (unsigned)codec < TSR_CODEC_COUNT && codecs[codec].video;
}

uint32_t tsr_codec_clock_rate(tsr_codec codec)
{
	return (unsigned)codec < TSR_CODEC_COUNT ? codecs[codec].clock_rate : 90000;
}
