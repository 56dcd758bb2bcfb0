/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rival.h"

#include <stdlib.h>
#include <string.h>

/* Two packets of a sequence that begins far away are so near to each other (RFC 3550 appendix A.1 wants them to follow one another;
 * the network may have swapped them). */
#define NEAR_PACKETS 16
/* So many may be missing between two packets of a restart that goes over numbers that were used. */
#define MAX_DROPOUT 100
/* Packets that prove a restart: far away, and over numbers that were used. */
#define FAR_PROOF      2
#define CONFLICT_PROOF 3
#define ROOM           32

struct held *held_copy(const struct rtp_packet *pkt, int64_t seq)
{
	struct held *h = malloc(sizeof(*h) + pkt->payload_size);
	if (h == NULL)
		return NULL;
	h->pkt = *pkt;
	h->pkt.payload = memcpy(h + 1, pkt->payload, pkt->payload_size);
	h->seq = seq;
	return h;
}

static const struct rtp_packet *latest(const struct rival *r)
{
	return &r->packets[r->count - 1]->pkt;
}

bool rival_goes_on(const struct rival *r, enum rival_kind kind, const struct rtp_packet *pkt)
{
	if (r->count == 0 || r->kind != kind || latest(r)->ssrc != pkt->ssrc)
		return false;
	int16_t step = (int16_t)(uint16_t)(pkt->seq - latest(r)->seq);
	switch (kind) {
	case RIVAL_FAR: return step != 0 && step >= -NEAR_PACKETS && step <= NEAR_PACKETS;
	case RIVAL_CONFLICT: return step > 0 && step <= MAX_DROPOUT;
	default: return true;
	}
}

bool rival_reaches(const struct rival *r, const struct rtp_packet *pkt)
{
	return rival_goes_on(r, RIVAL_CONFLICT, pkt) && (uint16_t)(latest(r)->seq + 1) == pkt->seq &&
	       (int32_t)(pkt->timestamp - latest(r)->timestamp) > 0;
}

bool rival_is_restart(const struct rival *r)
{
	switch (r->kind) {
	case RIVAL_FAR: return r->count >= FAR_PROOF;
	/* The fragments of one late frame share a timestamp, those of two do not. */
	case RIVAL_CONFLICT: return r->count >= CONFLICT_PROOF && r->rose;
	default: return false;
	}
}

bool rival_add(struct rival *r, enum rival_kind kind, const struct rtp_packet *pkt)
{
	if (r->count == r->room) {
		size_t room = r->room > 0 ? r->room * 2 : ROOM;
		struct held **packets = realloc(r->packets, room * sizeof(struct held *));
		if (packets == NULL)
			return false;
		r->packets = packets;
		r->room = room;
	}
	struct held *h = held_copy(pkt, pkt->seq);
	if (h == NULL)
		return false;
	r->kind = kind;
	r->rose |= r->count > 0 && (int32_t)(pkt->timestamp - latest(r)->timestamp) > 0;
	r->packets[r->count++] = h;
	r->bytes += pkt->payload_size;
	return true;
}

size_t rival_forget_before(struct rival *r, int64_t us)
{
	size_t old = 0;
	while (old < r->count && r->packets[old]->pkt.arrival_us < us) {
		r->bytes -= r->packets[old]->pkt.payload_size;
		free(r->packets[old++]);
	}
	r->count -= old;
	if (old > 0 && r->count > 0)
		memmove(r->packets, r->packets + old, r->count * sizeof(struct held *));
	return old;
}

size_t rival_clear(struct rival *r)
{
	size_t count = rival_forget_before(r, INT64_MAX);
	free(r->packets);
	*r = (struct rival){0};
	return count;
}
