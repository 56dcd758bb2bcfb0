/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audio_layout.h"

AVChannelLayout audio_layout(int channels)
{
	static const AVChannelLayout layouts[AUDIO_MAX_CHANNELS] = {
		AV_CHANNEL_LAYOUT_MONO,    AV_CHANNEL_LAYOUT_STEREO,       AV_CHANNEL_LAYOUT_SURROUND,
		AV_CHANNEL_LAYOUT_QUAD,    AV_CHANNEL_LAYOUT_5POINT0_BACK, AV_CHANNEL_LAYOUT_5POINT1_BACK,
		AV_CHANNEL_LAYOUT_6POINT1, AV_CHANNEL_LAYOUT_7POINT1,
	};
	return layouts[channels - 1];
}
