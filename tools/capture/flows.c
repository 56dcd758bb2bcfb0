/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "flows.h"

#include <string.h>

#include "source.h"

#define RTP_HEADER_BYTES  12
#define RTCP_HEADER_BYTES 8
/* How far sequence numbers may lie apart, by loss or reordering, and still belong together (RFC 3550 appendix A.1). */
#define MAX_DISORDER 100
#define MAX_DROPOUT  3000

bool flows_is_rtcp(const struct datagram *d)
{
	return d->size >= RTCP_HEADER_BYTES && d->data[0] >> 6 == 2 && d->data[1] >= 192 && d->data[1] <= 223;
}

bool flows_is_rtp(const struct datagram *d)
{
	return d->size >= RTP_HEADER_BYTES && d->data[0] >> 6 == 2 && !flows_is_rtcp(d);
}

struct flow flows_key(const struct datagram *d, tsr_codec codec)
{
	return (struct flow){.ipv6 = d->ipv6,
			     .from = d->from,
			     .to = d->to,
			     .ssrc = get_be32(d->data + 8),
			     .codec = codec,
			     .last_seq = get_be16(d->data + 2)};
}

static bool same_address(const struct link_address *a, const struct link_address *b)
{
	return a->port == b->port && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

static bool same_transport(const struct flow *a, const struct flow *b)
{
	return a->ipv6 == b->ipv6 && same_address(&a->from, &b->from) && same_address(&a->to, &b->to);
}

static bool same_flow(const struct flow *a, const struct flow *b)
{
	return a->ssrc == b->ssrc && a->codec == b->codec && same_transport(a, b);
}

struct flow *flows_find(struct flows *f, const struct flow *key)
{
	if (f->latest < f->count && same_flow(&f->known[f->latest], key))
		return &f->known[f->latest];
	for (unsigned i = 0; i < f->count; i++) {
		if (same_flow(&f->known[i], key)) {
			f->latest = i;
			return &f->known[i];
		}
	}
	return NULL;
}

static bool same_host(const struct link_address *rtp, const struct link_address *rtcp)
{
	return memcmp(rtp->ip, rtcp->ip, sizeof(rtp->ip)) == 0 &&
	       (rtcp->port == rtp->port || rtcp->port == rtp->port + 1);
}

struct flow *flows_find_carrier(struct flows *f, const struct datagram *d)
{
	const struct flow key = flows_key(d, TSR_CODEC_NONE);
	for (unsigned i = f->count; i-- > 0;) {
		struct flow *flow = &f->known[i];
		if (flow->ssrc == key.ssrc && flow->codec != TSR_CODEC_NONE && same_transport(flow, &key))
			return flow;
	}
	return NULL;
}

static struct flow *find_sender(struct flows *f, const struct datagram *d, uint32_t ssrc)
{
	for (unsigned i = 0; i < f->count; i++) {
		struct flow *flow = &f->known[i];
		if (flow->ssrc == ssrc && flow->ipv6 == d->ipv6 && same_host(&flow->from, &d->from) &&
		    same_host(&flow->to, &d->to))
			return flow;
	}
	return NULL;
}

struct flow *flows_find_rtcp(struct flows *f, const struct datagram *d)
{
	size_t at = 0;
	while (d->size - at >= RTCP_HEADER_BYTES) {
		struct flow *flow = find_sender(f, d, get_be32(d->data + at + 4));
		size_t size = ((size_t)get_be16(d->data + at + 2) + 1) * 4;
		if (flow != NULL || size > d->size - at)
			return flow;
		at += size;
	}
	return NULL;
}

struct flow *flows_predecessor(struct flows *f, const struct flow *key)
{
	for (unsigned i = f->count; i-- > 0;)
		if (f->known[i].codec == key->codec && same_transport(&f->known[i], key))
			return &f->known[i];
	return NULL;
}

bool flows_follows(struct flow *candidate, uint16_t seq)
{
	uint16_t step = (uint16_t)(seq - candidate->last_seq);
	candidate->last_seq = seq;
	return step != 0 && (step < MAX_DROPOUT || step > UINT16_MAX - MAX_DISORDER);
}

struct flow *flows_find_candidate(struct flows *f, const struct flow *key)
{
	for (unsigned i = 0; i < FLOWS_CANDIDATES; i++)
		if (same_flow(&f->candidates[i], key))
			return &f->candidates[i];
	return NULL;
}

void flows_add_candidate(struct flows *f, const struct flow *key)
{
	f->candidates[f->next_candidate] = *key;
	f->next_candidate = (f->next_candidate + 1) % FLOWS_CANDIDATES;
}

bool flows_add(struct flows *f, const struct flow *key, unsigned stream)
{
	if (f->count == FLOWS_MAX)
		return false;
	f->latest = f->count;
	f->known[f->count] = *key;
	f->known[f->count++].stream = stream;
	return true;
}
