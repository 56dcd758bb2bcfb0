/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opus: RFC 7587. One packet is one frame, those of one or two bytes (DTX) too. */
#include "../bitstream/opus.h"

#include "codecs.h"

static tsr_error opus_init(void *state, const struct depay_config *config)
{
	(void)state;
	(void)config;
	return TSR_OK;
}

static void opus_finish(void *state)
{
	(void)state;
}

static void opus_push(struct depay *d, void *state, const struct rtp_packet *pkt, bool lost)
{
	(void)state;
	(void)lost;
	struct frame frame = {
		.data = pkt->payload,
		.size = pkt->payload_size,
		.rtp_ts = pkt->timestamp,
		.arrival_us = pkt->arrival_us,
		.keyframe = true,
	};
	if (opus_packet_samples(pkt->payload, pkt->payload_size, &frame.samples) != TSR_OK)
		depay_malformed(d);
	else
		depay_emit(d, &frame);
}

static void opus_flush(struct depay *d, void *state)
{
	(void)d;
	(void)state;
}

const struct depay_ops depay_opus = {TSR_CODEC_OPUS, 1, opus_init, opus_finish, opus_push, opus_flush};
