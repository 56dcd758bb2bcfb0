/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "route.h"

#include <stddef.h>

#include "ops.h"

/* MPEG-TS has stream types for H.264, H.265, AAC and Opus. VP8, VP9 and AV1 in it are private data that no player reads. */
static const struct route routes[] = {
	{TSR_CODEC_H264, TSR_CODEC_H264, false, &copy_ops},      {TSR_CODEC_H265, TSR_CODEC_H265, false, &copy_ops},
	{TSR_CODEC_VP8, TSR_CODEC_H264, true, &video_ops},       {TSR_CODEC_VP9, TSR_CODEC_H264, true, &video_ops},
	{TSR_CODEC_AV1, TSR_CODEC_H264, true, &video_ops},       {TSR_CODEC_OPUS, TSR_CODEC_AAC, true, &audio_ops},
	{TSR_CODEC_OPUS, TSR_CODEC_OPUS, false, &copy_ops},      {TSR_CODEC_MULTIOPUS, TSR_CODEC_AAC, true, &audio_ops},
	{TSR_CODEC_MULTIOPUS, TSR_CODEC_OPUS, false, &copy_ops}, {TSR_CODEC_PCMU, TSR_CODEC_AAC, true, &audio_ops},
	{TSR_CODEC_PCMA, TSR_CODEC_AAC, true, &audio_ops},       {TSR_CODEC_G722, TSR_CODEC_AAC, true, &audio_ops},
	{TSR_CODEC_L16, TSR_CODEC_AAC, true, &audio_ops},
};

const struct route *route_find(tsr_codec in, tsr_audio_mode audio_mode)
{
	const struct route *found = NULL;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (routes[i].in != in)
			continue;
		if (found == NULL || routes[i].transcode == (audio_mode == TSR_AUDIO_TRANSCODE))
			found = &routes[i];
	}
	return found;
}
