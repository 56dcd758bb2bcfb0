/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a captured frame to the UDP datagram in it: Ethernet with VLAN tags, Linux "any" captures, loopback, bare IP. */
#ifndef TSREC_LINK_H
#define TSREC_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum link_result { LINK_UDP, LINK_OTHER, LINK_FRAGMENT, LINK_TRUNCATED };

struct link_address {
	uint8_t ip[16]; /* IPv4 in its first four bytes, the others 0 */
	uint16_t port;
};

struct datagram {
	bool ipv6;
	struct link_address from;
	struct link_address to;
	const uint8_t *data; /* borrowed from the frame */
	size_t size;
};

/* True when frames of this link type (LINKTYPE_…) can be read. */
bool link_supported(uint16_t link_type);

/* LINK_UDP and *out; or why there is no datagram to be had: no UDP or a broken header, a fragment, cut by the snap length. */
enum link_result link_find_udp(uint16_t link_type, const uint8_t *frame, size_t size, struct datagram *out);

/* "10.0.0.1:5004 > [fe80::1]:40000" */
void link_describe(const struct datagram *d, char *text, size_t size);

#endif
