/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jitbuf.h"

#include <stdlib.h>
#include <string.h>

#include "seq.h"

/* A packet that had to be copied because an earlier one is missing. */
struct held {
	struct rtp_packet pkt; /* payload points behind this struct */
	int64_t seq;           /* extended */
};

struct jitbuf {
	struct jitbuf_config config;
	jitbuf_deliver deliver;
	void *ctx;
	bool started;
	uint32_t ssrc;
	int64_t next; /* extended sequence number that is to be delivered next */
	size_t held, held_bytes;
	struct held **slots;    /* by sequence number modulo max_packets */
	uint8_t *given_up;      /* 1 where that sequence number was given up: tells late from duplicate */
	struct held *probation; /* a packet far outside the window: the first of a new sequence, or a stray one */
	struct jitbuf_stats stats;
};

struct jitbuf *jitbuf_create(const struct jitbuf_config *config, jitbuf_deliver deliver, void *ctx)
{
	struct jitbuf *jb = calloc(1, sizeof(*jb));
	if (jb == NULL)
		return NULL;
	jb->config = *config;
	jb->deliver = deliver;
	jb->ctx = ctx;
	jb->slots = calloc(config->max_packets, sizeof(*jb->slots));
	jb->given_up = calloc(config->max_packets, 1);
	if (jb->slots == NULL || jb->given_up == NULL) {
		jitbuf_destroy(jb);
		return NULL;
	}
	return jb;
}

static size_t slot_of(const struct jitbuf *jb, int64_t seq)
{
	return (size_t)seq & (jb->config.max_packets - 1);
}

void jitbuf_destroy(struct jitbuf *jb)
{
	if (jb == NULL)
		return;
	for (size_t i = 0; jb->slots != NULL && i < jb->config.max_packets; i++)
		free(jb->slots[i]);
	free(jb->slots);
	free(jb->given_up);
	free(jb->probation);
	free(jb);
}

static struct held *copy_packet(const struct rtp_packet *pkt, int64_t seq)
{
	struct held *h = malloc(sizeof(*h) + pkt->payload_size);
	if (h == NULL)
		return NULL;
	h->pkt = *pkt;
	h->pkt.payload = memcpy(h + 1, pkt->payload, pkt->payload_size);
	h->seq = seq;
	return h;
}

/* Hands on the packet that is due, or the one after `lost` missing ones. */
static void deliver(struct jitbuf *jb, const struct rtp_packet *pkt, uint32_t lost, bool restart)
{
	jb->given_up[slot_of(jb, jb->next)] = 0;
	jb->next++;
	jb->stats.delivered++;
	jb->deliver(jb->ctx, pkt, lost, restart);
}

static void deliver_held(struct jitbuf *jb, uint32_t lost)
{
	struct held **slot = &jb->slots[slot_of(jb, jb->next)];
	struct held *h = *slot;
	*slot = NULL;
	jb->held--;
	jb->held_bytes -= h->pkt.payload_size;
	deliver(jb, &h->pkt, lost, false);
	free(h);
}

static void deliver_run(struct jitbuf *jb)
{
	while (jb->held > 0 && jb->slots[slot_of(jb, jb->next)] != NULL)
		deliver_held(jb, 0);
}

/* The held packet that follows the oldest gap. jb->held > 0. */
static const struct held *first_held(const struct jitbuf *jb)
{
	int64_t seq = jb->next;
	while (jb->slots[slot_of(jb, seq)] == NULL)
		seq++;
	return jb->slots[slot_of(jb, seq)];
}

/* Stops waiting for what is missing before the first held packet. */
static void give_up_oldest_gap(struct jitbuf *jb)
{
	int64_t upto = first_held(jb)->seq;
	uint32_t lost = (uint32_t)(upto - jb->next);
	for (; jb->next < upto; jb->next++)
		jb->given_up[slot_of(jb, jb->next)] = 1;
	jb->stats.lost += lost;
	deliver_held(jb, lost);
	deliver_run(jb);
}

void jitbuf_flush(struct jitbuf *jb)
{
	while (jb->held > 0)
		give_up_oldest_gap(jb);
}

/* When the longest held packet came: another one that filled a part of the gap before it does not make it wait anew.
 * jb->held > 0. */
static int64_t oldest_arrival_us(const struct jitbuf *jb)
{
	int64_t oldest_us = INT64_MAX;
	size_t seen = 0;
	for (int64_t seq = jb->next; seen < jb->held; seq++) {
		const struct held *h = jb->slots[slot_of(jb, seq)];
		if (h == NULL)
			continue;
		seen++;
		if (h->pkt.arrival_us < oldest_us)
			oldest_us = h->pkt.arrival_us;
	}
	return oldest_us;
}

void jitbuf_poll(struct jitbuf *jb, int64_t now_us)
{
	while (jb->held > 0 && now_us - oldest_arrival_us(jb) >= jb->config.wait_us)
		give_up_oldest_gap(jb);
}

/* A new sequence begins with pkt (RFC 3550 appendix A.1). */
static void start_anew(struct jitbuf *jb, const struct rtp_packet *pkt)
{
	jitbuf_flush(jb);
	memset(jb->given_up, 0, jb->config.max_packets);
	bool restart = jb->started;
	jb->stats.restarts += restart;
	jb->started = true;
	jb->ssrc = pkt->ssrc;
	jb->next = pkt->seq;
	deliver(jb, pkt, 0, restart);
}

/* A packet too far from where the sequence stands. Two such in a row, in order, are a new sequence; a single one is a stray. */
static void consider_restart(struct jitbuf *jb, const struct rtp_packet *pkt)
{
	struct held *first = jb->probation;
	jb->probation = NULL;
	if (first != NULL && (uint16_t)(first->pkt.seq + 1) == pkt->seq) {
		start_anew(jb, &first->pkt);
		jitbuf_push(jb, pkt);
		jb->stats.received--; /* it was counted when it came in here */
	} else {
		jb->stats.late += first != NULL;
		jb->probation = copy_packet(pkt, pkt->seq);
	}
	free(first);
}

static void came_too_late(struct jitbuf *jb, int64_t seq)
{
	uint8_t *given_up = &jb->given_up[slot_of(jb, seq)];
	if (*given_up)
		jb->stats.late++;
	else
		jb->stats.duplicate++;
	*given_up = 0;
}

static void hold(struct jitbuf *jb, const struct rtp_packet *pkt, int64_t seq)
{
	struct held **slot = &jb->slots[slot_of(jb, seq)];
	if (*slot != NULL) {
		jb->stats.duplicate++;
		return;
	}
	*slot = copy_packet(pkt, seq);
	if (*slot == NULL)
		return; /* out of memory: it counts as lost when its turn comes */
	jb->held++;
	jb->held_bytes += pkt->payload_size;
	while (jb->held_bytes > jb->config.max_bytes)
		give_up_oldest_gap(jb);
}

void jitbuf_push(struct jitbuf *jb, const struct rtp_packet *pkt)
{
	jb->stats.received++;
	if (!jb->started || pkt->ssrc != jb->ssrc) {
		start_anew(jb, pkt);
		return;
	}
	int64_t window = (int64_t)jb->config.max_packets;
	int64_t seq = seq_extend(jb->next, pkt->seq);
	int64_t ahead = seq - jb->next;
	if (ahead >= window || ahead < -window) {
		consider_restart(jb, pkt);
		return;
	}
	if (ahead < 0) {
		came_too_late(jb, seq);
	} else if (ahead > 0) {
		hold(jb, pkt, seq);
	} else {
		jb->stats.reordered += jb->held > 0;
		deliver(jb, pkt, 0, false);
		deliver_run(jb);
	}
	if (jb->config.wait_us == 0)
		jitbuf_flush(jb);
}

const struct jitbuf_stats *jitbuf_stats(const struct jitbuf *jb)
{
	return &jb->stats;
}
