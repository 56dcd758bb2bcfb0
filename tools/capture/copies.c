/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "copies.h"

#include "source.h"

#define RTP_HEADER_BYTES 12
#define MARK_BYTES       64

/* FNV-1a */
static uint32_t mark_of(const struct datagram *d)
{
	size_t payload = d->size - RTP_HEADER_BYTES, count = payload < MARK_BYTES ? payload : MARK_BYTES;
	uint32_t hash = 2166136261u;
	for (const uint8_t *p = d->data + d->size - count; p < d->data + d->size; p++)
		hash = (hash ^ *p) * 16777619u;
	return hash;
}

static struct copies_packet packet_of(const struct datagram *d)
{
	return (struct copies_packet){
		.seq = get_be16(d->data + 2), .ts = get_be32(d->data + 4), .mark = mark_of(d), .known = true};
}

bool copies_has(const struct copies *c, const struct datagram *d)
{
	const struct copies_packet *known = &c->packets[get_be16(d->data + 2) % COPIES_KNOWN];
	if (!known->known || known->seq != get_be16(d->data + 2) || known->ts != get_be32(d->data + 4))
		return false;
	return known->mark == mark_of(d);
}

void copies_note(struct copies *c, const struct datagram *d)
{
	const struct copies_packet packet = packet_of(d);
	c->packets[packet.seq % COPIES_KNOWN] = packet;
}
