/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "route.h"

#include <stddef.h>

#include "ops.h"

static const struct route routes[] = {
	{TSR_CODEC_H264, TSR_CODEC_H264, false, &copy_ops},     {TSR_CODEC_H265, TSR_CODEC_H265, false, &copy_ops},
	{TSR_CODEC_VP8, TSR_CODEC_VP8, false, &copy_ops},       {TSR_CODEC_VP9, TSR_CODEC_VP9, false, &copy_ops},
	{TSR_CODEC_AV1, TSR_CODEC_AV1, false, &copy_ops},       {TSR_CODEC_PCMU, TSR_CODEC_PCMU, false, &copy_ops},
	{TSR_CODEC_PCMA, TSR_CODEC_PCMA, false, &copy_ops},     {TSR_CODEC_G722, TSR_CODEC_G722, false, &copy_ops},
	{TSR_CODEC_L16, TSR_CODEC_L16, false, &copy_ops},       {TSR_CODEC_VP8, TSR_CODEC_H264, true, &video_ops},
	{TSR_CODEC_VP9, TSR_CODEC_H264, true, &video_ops},      {TSR_CODEC_AV1, TSR_CODEC_H264, true, &video_ops},
	{TSR_CODEC_OPUS, TSR_CODEC_AAC, true, &audio_ops},      {TSR_CODEC_OPUS, TSR_CODEC_OPUS, false, &copy_ops},
	{TSR_CODEC_MULTIOPUS, TSR_CODEC_AAC, true, &audio_ops}, {TSR_CODEC_MULTIOPUS, TSR_CODEC_OPUS, false, &copy_ops},
	{TSR_CODEC_PCMU, TSR_CODEC_AAC, true, &audio_ops},      {TSR_CODEC_PCMA, TSR_CODEC_AAC, true, &audio_ops},
	{TSR_CODEC_G722, TSR_CODEC_AAC, true, &audio_ops},      {TSR_CODEC_L16, TSR_CODEC_AAC, true, &audio_ops},
};

const struct route *route_find(tsr_codec in, tsr_container container, tsr_audio_mode audio_mode)
{
	const struct route *found = NULL;
	bool transcode = !tsr_codec_is_video(in) && audio_mode == TSR_AUDIO_TRANSCODE;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (routes[i].in != in || !tsr_container_carries(container, routes[i].out))
			continue;
		if (found == NULL || (routes[i].transcode == transcode && found->transcode != transcode))
			found = &routes[i];
	}
	return found;
}
