/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * L16: RFC 3551 section 4.5.11. Interleaved samples of 16 bits in network byte order. */
#include "audio.h"
#include "codecs.h"

struct l16 {
	size_t sample_bytes; /* of all channels */
};

static tsr_error l16_init(void *state, const struct depay_config *config)
{
	struct l16 *s = state;
	s->sample_bytes = 2 * (config->channels ? config->channels : 1);
	return TSR_OK;
}

static void l16_push(struct depay *d, void *state, const struct rtp_packet *pkt, bool lost)
{
	(void)lost;
	const struct l16 *s = state;
	if (pkt->payload_size % s->sample_bytes != 0)
		depay_malformed(d);
	else
		audio_emit(d, pkt, (uint32_t)(pkt->payload_size / s->sample_bytes));
}

const struct depay_ops depay_l16 = {
	.codec = TSR_CODEC_L16, .state_size = sizeof(struct l16), .init = l16_init, .push = l16_push};
