/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The settings of a recording's encoders in the codec stage's words. */
#include "track.h"

struct codec_settings track_codec_settings(const tsr_encoding *e)
{
	return (struct codec_settings){
		.video_encoder = e->video_encoder,
		.video_encoder_options = e->video_encoder_options,
		.video_preset = e->video_preset,
		.video_bitrate = e->video_bitrate,
		.video_threads = e->video_threads,
		.keyframe_interval_ms = e->keyframe_interval_ms,
		.video_width = e->video_width,
		.video_height = e->video_height,
		.audio_encoder = e->audio_encoder,
		.audio_bitrate = e->audio_bitrate,
		.audio_channels = e->audio_channels,
	};
}
