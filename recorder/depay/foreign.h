/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Payloads of formats that are not ours to depacketize, but are met under the name of one that is. */
#ifndef TSR_DEPAY_FOREIGN_H
#define TSR_DEPAY_FOREIGN_H

#include "../common/codec.h"
#include "../rtp/packet.h"

/* What a payload that should be of this codec plainly is instead, for people (constant); NULL when nothing speaks against it. */
const char *foreign_format(tsr_codec codec, const struct rtp_packet *pkt);

#endif
