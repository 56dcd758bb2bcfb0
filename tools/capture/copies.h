/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Packets that a capture has twice: it was made on two interfaces, or on both sides of a relay. */
#ifndef TSREC_COPIES_H
#define TSREC_COPIES_H

#include "link.h"

/* Of each stream, how many of its latest packets are known. A relay takes milliseconds. */
#define COPIES_KNOWN 128

struct copies_packet {
	uint32_t ts;
	uint32_t mark; /* over its last bytes: a relay may change the header */
	uint16_t seq;
	bool known;
};

struct copies {
	struct copies_packet packets[COPIES_KNOWN]; /* by sequence number */
};

/* Whether this RTP datagram is one of the latest. */
bool copies_has(const struct copies *c, const struct datagram *d);
void copies_note(struct copies *c, const struct datagram *d);

#endif
