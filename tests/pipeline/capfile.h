/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes captures: pcap and pcapng of any link layer, and .mjr. */
#ifndef TEST_CAPFILE_H
#define TEST_CAPFILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum framing { PCAP_US, PCAP_NS, PCAPNG };

/* Set all but `bytes`; zeroes are a pcap with microseconds, little-endian. */
struct capfile {
	GByteArray *bytes; /* what was written so far; may be emptied between packets */
	enum framing framing;
	bool big_endian;
	uint16_t link_type;
	unsigned vlan_tags;
	bool ipv6;
	unsigned ipv6_extensions;
};

struct capfile_datagram {
	int64_t us;
	unsigned from, to; /* ports */
	unsigned fragment; /* IPv4 flags and offset */
	unsigned cut;      /* bytes the capture left out */
};

/* Allocates bytes and writes the file's head. */
void capfile_begin(struct capfile *w);

/* One UDP datagram. */
void capfile_udp(struct capfile *w, const struct capfile_datagram *spec, const uint8_t *data, size_t size);

/* One frame of the link layer, whatever is in it. */
void capfile_record(struct capfile *w, int64_t us, const GByteArray *frame, uint32_t original);

/* A .mjr file: "MEETECHO" or "MJR0000…", its info, then frames; `times` as MJR00002 has them. */
void mjr_begin(GByteArray *file, const char *magic, const char *info);
void mjr_frame(GByteArray *file, bool times, uint32_t ms, const uint8_t *data, size_t size);

void put8(GByteArray *a, unsigned v);
void put_be16(GByteArray *a, unsigned v);
void put_be32(GByteArray *a, uint32_t v);
void put_zeros(GByteArray *a, unsigned n);

#endif
