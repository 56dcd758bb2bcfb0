/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which packets of a track's sequence are its medium. A sender may put others among them, with payload types of their own: FEC
 * (RFC 5109, RFC 8627), retransmissions (RFC 4588), telephone events (RFC 4733), comfort noise (RFC 3389). Their numbers are used up,
 * but they are never decoded. */
#ifndef TSR_RTP_MEDIATYPES_H
#define TSR_RTP_MEDIATYPES_H

#include <stddef.h>

#include "../common/payloadtypes.h"

/* Zero-initialise, then set what is announced. Plain data. */
struct media_types {
	tsr_payload_types announced; /* empty = nothing is known: the first type that comes is the medium's */
	uint8_t red;                 /* RFC 2198: may come as well; 0 = none */
	tsr_payload_types taken;     /* without having been announced */
	bool seen;                   /* one of the medium's types has come */
	unsigned strangers;          /* packets of others since the last one */
};

/* Whether packets of this type are the medium, as far as is known. */
bool media_types_has(const struct media_types *m, uint8_t type);

/* The same of a packet that has come, from which is learnt. *anew: its type is taken for the medium's from now on, although others were
 * announced, or came before, for none of those comes. */
bool media_types_take(struct media_types *m, uint8_t type, size_t payload_size, bool *anew);

#endif
