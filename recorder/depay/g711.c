/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * G.711, u-law and A-law: RFC 3551 section 4.5.14. One byte is one sample. */
#include "audio.h"
#include "codecs.h"

static void g711_push(struct depay *d, void *state, const struct rtp_packet *pkt, bool lost)
{
	(void)state;
	(void)lost;
	audio_emit(d, pkt, (uint32_t)pkt->payload_size);
}

const struct depay_ops depay_pcmu = {.codec = TSR_CODEC_PCMU, .push = g711_push};
const struct depay_ops depay_pcma = {.codec = TSR_CODEC_PCMA, .push = g711_push};
