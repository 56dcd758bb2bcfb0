/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pcap: draft-ietf-opsawg-pcap; pcapng: draft-ietf-opsawg-pcapng. Numbers are in the byte order of the machine that wrote them. */
#include "records.h"

#include <string.h>

#define PCAP_MAGIC_US    0xa1b2c3d4u
#define PCAP_MAGIC_NS    0xa1b23c4du
#define PCAP_FILE_HEAD   24
#define PCAP_RECORD_HEAD 16

#define BLOCK_SECTION       0x0a0d0d0au
#define BLOCK_INTERFACE     1u
#define BLOCK_OLD_PACKET    2u
#define BLOCK_SIMPLE_PACKET 3u
#define BLOCK_PACKET        6u
#define BYTE_ORDER_MAGIC    0x1a2b3c4du
#define BLOCK_HEAD          8 /* type, length */
#define BLOCK_TAIL          4 /* length again */
#define OPTION_TSRESOL      9
#define OPTION_TSOFFSET     14

/* No link layer carries more in one record; tcpdump's own bound. A longer one is damage. */
#define MAX_RECORD_BYTES (256 * 1024)

static uint32_t get32(const struct records *r, const uint8_t *p)
{
	uint32_t v = get_be32(p);
	return r->big_endian ? v : __builtin_bswap32(v);
}

static uint16_t get16(const struct records *r, const uint8_t *p)
{
	uint16_t v = get_be16(p);
	return r->big_endian ? v : __builtin_bswap16(v);
}

/* Which byte order makes `magic` of these bytes; false when none does. */
static bool find_order(struct records *r, const uint8_t *p, uint32_t magic)
{
	r->big_endian = get_be32(p) == magic;
	return r->big_endian || __builtin_bswap32(get_be32(p)) == magic;
}

static tsr_error malformed(struct records *r, const char *problem)
{
	r->problem = problem;
	return TSR_E_MALFORMED;
}

bool records_probe(const uint8_t *head, size_t size)
{
	struct records r = {0};
	return size >= 12 && (find_order(&r, head, PCAP_MAGIC_US) || find_order(&r, head, PCAP_MAGIC_NS) ||
			      (get_be32(head) == BLOCK_SECTION && find_order(&r, head + 8, BYTE_ORDER_MAGIC)));
}

/* ---- pcap -------------------------------------------------------------------------------------------------------- */

static tsr_error open_pcap(struct records *r, const uint8_t *head)
{
	bool nanoseconds = !find_order(r, head, PCAP_MAGIC_US);
	if (nanoseconds && !find_order(r, head, PCAP_MAGIC_NS))
		return malformed(r, "no pcap magic");
	r->interface_count = 1;
	/* The upper bits of the link type tell of a frame check sequence, which nobody reads here. */
	r->interfaces[0] = (struct record_interface){.link_type = (uint16_t)get32(r, head + 20),
						     .ticks_per_second = nanoseconds ? 1000000000 : 1000000};
	source_skip(r->source, PCAP_FILE_HEAD);
	return TSR_OK;
}

static tsr_error next_pcap(struct records *r, struct record *out)
{
	const uint8_t *head = source_peek(r->source, PCAP_RECORD_HEAD);
	if (head == NULL)
		return source_available(r->source, 1) == 0 ? TSR_E_EOF : malformed(r, "cut off within a record");
	uint32_t size = get32(r, head + 8);
	if (size > MAX_RECORD_BYTES)
		return malformed(r, "a damaged record");
	const uint8_t *record = source_peek(r->source, PCAP_RECORD_HEAD + size);
	if (record == NULL)
		return malformed(r, "cut off within a record");
	const struct record_interface *i = &r->interfaces[0];
	int64_t fraction = (int64_t)get32(r, record + 4) * 1000000 / (int64_t)i->ticks_per_second;
	*out = (struct record){.data = record + PCAP_RECORD_HEAD,
			       .size = size,
			       .truncated = get32(r, record + 12) > size,
			       .link_type = i->link_type,
			       .time_us = (int64_t)get32(r, record) * 1000000 + fraction};
	r->pending = PCAP_RECORD_HEAD + size;
	return TSR_OK;
}

/* ---- pcapng ------------------------------------------------------------------------------------------------------ */

static tsr_error read_section(struct records *r, const uint8_t *block)
{
	if (!find_order(r, block + 8, BYTE_ORDER_MAGIC))
		return malformed(r, "a section without a byte order");
	r->interface_count = 0;
	return TSR_OK;
}

/* if_tsresol: a power of ten, or of two when the top bit is set. What is finer than 1/2^63 or 10^-18 is damage. */
static uint64_t ticks_of_resolution(uint8_t resolution)
{
	unsigned exponent = resolution & 0x7f;
	if (resolution & 0x80)
		return exponent < 63 ? (uint64_t)1 << exponent : 0;
	uint64_t ticks = 1;
	for (unsigned i = 0; i < exponent; i++)
		ticks = exponent <= 18 ? ticks * 10 : 0;
	return ticks;
}

static void read_interface_options(const struct records *r, struct record_interface *i, const uint8_t *p, size_t left)
{
	while (left >= 4) {
		uint16_t code = get16(r, p), size = get16(r, p + 2);
		size_t padded = ((size_t)size + 3) & ~(size_t)3;
		if (code == 0 || padded > left - 4)
			return;
		if (code == OPTION_TSRESOL && size >= 1 && ticks_of_resolution(p[4]) != 0)
			i->ticks_per_second = ticks_of_resolution(p[4]);
		if (code == OPTION_TSOFFSET && size >= 8) /* seconds; what 32 bits cannot hold is no date */
			i->offset_seconds = (int32_t)get32(r, p + (r->big_endian ? 8 : 4));
		p += 4 + padded;
		left -= 4 + padded;
	}
}

static tsr_error read_interface(struct records *r, const uint8_t *body, size_t size)
{
	if (size < 8 || r->interface_count == RECORDS_MAX_INTERFACES)
		return malformed(r, size < 8 ? "a damaged interface block" : "too many interfaces");
	struct record_interface *i = &r->interfaces[r->interface_count++];
	*i = (struct record_interface){.link_type = get16(r, body), .ticks_per_second = 1000000};
	read_interface_options(r, i, body + 8, size - 8);
	return TSR_OK;
}

static int64_t time_of(const struct record_interface *i, uint64_t ticks)
{
	uint64_t seconds = ticks / i->ticks_per_second, rest = ticks % i->ticks_per_second;
	if (seconds > UINT32_MAX)
		seconds = UINT32_MAX;
	/* long double: rest times a million can pass 64 bits at resolutions finer than a nanosecond. */
	int64_t fraction = (int64_t)((long double)rest * 1000000 / (long double)i->ticks_per_second);
	return ((int64_t)seconds + i->offset_seconds) * 1000000 + fraction;
}

/* The packet blocks differ in their heads: `head` bytes, the interface's number, captured and original length at `lengths`. */
static tsr_error read_packet(struct records *r, uint32_t type, const uint8_t *body, size_t size, struct record *out)
{
	size_t head = type == BLOCK_SIMPLE_PACKET ? 4 : 20;
	if (size < head)
		return malformed(r, "a damaged packet block");
	uint32_t number = type == BLOCK_PACKET ? get32(r, body) : type == BLOCK_OLD_PACKET ? get16(r, body) : 0;
	if (number >= r->interface_count)
		return malformed(r, "a packet of an interface that was not described");
	const struct record_interface *i = &r->interfaces[number];
	uint32_t original = get32(r, body + (head - 4));
	uint32_t captured = type == BLOCK_SIMPLE_PACKET ? original : get32(r, body + 12);
	if (type == BLOCK_SIMPLE_PACKET && captured > size - head)
		captured = (uint32_t)(size - head); /* the snap length cut it */
	if (captured > size - head)
		return malformed(r, "a damaged packet block");
	if (type != BLOCK_SIMPLE_PACKET)
		r->last_time_us = time_of(i, (uint64_t)get32(r, body + 4) << 32 | get32(r, body + 8));
	*out = (struct record){.data = body + head,
			       .size = captured,
			       .truncated = original > captured,
			       .link_type = i->link_type,
			       .time_us = r->last_time_us};
	return TSR_OK;
}

/* Others (names, statistics, secrets …) are stepped over, however long they are. */
static bool is_known_block(uint32_t type)
{
	return type == BLOCK_SECTION || type == BLOCK_INTERFACE || type == BLOCK_OLD_PACKET ||
	       type == BLOCK_SIMPLE_PACKET || type == BLOCK_PACKET;
}

static tsr_error next_pcapng(struct records *r, struct record *out)
{
	for (;;) {
		source_skip(r->source, r->pending);
		r->pending = 0;
		const uint8_t *block = source_peek(r->source, BLOCK_HEAD + 4);
		if (block == NULL && source_available(r->source, 1) == 0)
			return TSR_E_EOF;
		if (block == NULL)
			return malformed(r, "cut off within a block");
		uint32_t type = get32(r, block);
		if (type == BLOCK_SECTION && read_section(r, block) != TSR_OK)
			return TSR_E_MALFORMED;
		uint32_t size = get32(r, block + 4);
		if (size < BLOCK_HEAD + BLOCK_TAIL || size % 4 != 0)
			return malformed(r, "a damaged block");
		r->pending = size;
		if (!is_known_block(type))
			continue;
		block = size <= MAX_RECORD_BYTES + 4096 ? source_peek(r->source, size) : NULL;
		if (block == NULL)
			return malformed(r, "cut off within a block, or a damaged one");
		const uint8_t *body = block + BLOCK_HEAD;
		size_t body_size = size - BLOCK_HEAD - BLOCK_TAIL;
		if (type == BLOCK_INTERFACE && read_interface(r, body, body_size) != TSR_OK)
			return TSR_E_MALFORMED;
		if (type != BLOCK_INTERFACE && type != BLOCK_SECTION)
			return read_packet(r, type, body, body_size, out);
	}
}

tsr_error records_open(struct records *r, struct source *source)
{
	*r = (struct records){.source = source};
	const uint8_t *head = source_peek(source, PCAP_FILE_HEAD);
	if (head == NULL)
		return malformed(r, "cut off within the header");
	r->next_generation = get_be32(head) == BLOCK_SECTION;
	return r->next_generation ? TSR_OK : open_pcap(r, head);
}

tsr_error records_next(struct records *r, struct record *out)
{
	if (r->next_generation)
		return next_pcapng(r, out);
	source_skip(r->source, r->pending);
	r->pending = 0;
	return next_pcap(r, out);
}
