/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Payloads of formats that are not ours to depacketize, but are met under the name of one that is. */
#ifndef TSR_DEPAY_FOREIGN_H
#define TSR_DEPAY_FOREIGN_H

#include "../common/codec.h"
#include "../rtp/packet.h"

struct foreign {
	const char *name; /* for people; constant */
	bool picture;     /* the rest of the picture that it begins is of no use either, whatever it looks like */
};

/* What a payload that should be of this codec plainly is instead; NULL when nothing speaks against it. */
const struct foreign *foreign_find(tsr_codec codec, const struct rtp_packet *pkt);

#endif
