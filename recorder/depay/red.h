/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Redundant audio data: RFC 2198. */
#ifndef TSR_DEPAY_RED_H
#define TSR_DEPAY_RED_H

#include "../common/limits.h"
#include "../rtp/packet.h"

/* Splits a packet into the blocks it carries, as packets of their own with their payload type and timestamp: the redundant
 * ones, oldest first as they come, then the primary one. Payloads are borrowed from `pkt` and may be empty. Returns their
 * number, or 0 when the packet is malformed or has more than LIMIT_RED_BLOCKS. */
unsigned red_split(const struct rtp_packet *pkt, struct rtp_packet out[LIMIT_RED_BLOCKS]);

#endif
