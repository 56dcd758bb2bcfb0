/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TSR_CODEC_AUDIO_LAYOUT_H
#define TSR_CODEC_AUDIO_LAYOUT_H

#include <libavutil/channel_layout.h>

#define AUDIO_MAX_CHANNELS 8

/* How 1 to AUDIO_MAX_CHANNELS channels are placed, in the order in which libavcodec's encoders want them. */
AVChannelLayout audio_layout(int channels);

#endif
