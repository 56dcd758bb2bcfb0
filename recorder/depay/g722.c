/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * G.722: RFC 3551 section 4.5.2. One byte is two samples at 16 kHz, although the RTP clock runs at 8 kHz. */
#include "audio.h"
#include "codecs.h"

static void g722_push(struct depay *d, void *state, const struct rtp_packet *pkt, bool lost)
{
	(void)state;
	(void)lost;
	audio_emit(d, pkt, (uint32_t)pkt->payload_size * 2);
}

const struct depay_ops depay_g722 = {.codec = TSR_CODEC_G722, .push = g722_push};
