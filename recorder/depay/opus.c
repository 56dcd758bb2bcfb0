/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opus: RFC 7587, and the multistream Opus of browsers. One packet is one frame, those of one or two bytes (DTX) too. */
#include "../bitstream/opus.h"

#include "audio.h"
#include "codecs.h"

static void opus_push(struct depay *d, void *state, const struct rtp_packet *pkt, bool lost)
{
	(void)state;
	(void)lost;
	uint32_t samples;
	if (opus_packet_samples(pkt->payload, pkt->payload_size, &samples) != TSR_OK)
		depay_malformed(d);
	else
		audio_emit(d, pkt, samples);
}

const struct depay_ops depay_opus = {.codec = TSR_CODEC_OPUS, .push = opus_push};
const struct depay_ops depay_multiopus = {.codec = TSR_CODEC_MULTIOPUS, .push = opus_push};
