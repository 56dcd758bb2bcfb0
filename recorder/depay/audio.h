/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the audio depacketizers share: one packet is one frame. */
#ifndef TSR_DEPAY_AUDIO_H
#define TSR_DEPAY_AUDIO_H

#include "depay.h"

/* Hands the packet's payload on as a frame of `samples`, with no copy. */
void audio_emit(struct depay *d, const struct rtp_packet *pkt, uint32_t samples);

#endif
