/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audio.h"

#include "../common/limits.h"

void audio_emit(struct depay *d, const struct rtp_packet *pkt, uint32_t samples)
{
	struct frame frame = {
		.data = pkt->payload,
		.size = pkt->payload_size,
		.rtp_ts = pkt->timestamp,
		.ssrc = pkt->ssrc,
		.arrival_us = pkt->arrival_us,
		.samples = samples,
		.keyframe = true,
	};
	if (pkt->payload_size > LIMIT_AUDIO_FRAME_BYTES)
		depay_too_large(d);
	else
		depay_emit(d, &frame);
}
