/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jitbuf.h"

#include <stdlib.h>
#include <string.h>

#include "rival.h"
#include "seq.h"

/* Sound: so many packets in a row, the lowest first, and it is plain that nothing comes before them. */
#define BEGIN_RUN 5
/* An SSRC has stopped when it is silent for twice the pause that it makes between two timestamps, and this on top ... */
#define STOPPED_EXTRA_US 40000
/* ... within these bounds. As long as it sends, packets of another SSRC are forgotten after the first: the last ones of the old may
 * come behind the first ones of the new. */
#define STOPPED_MIN_US 100000
#define STOPPED_MAX_US 1000000
/* Packets of another SSRC that can be a stream. */
#define SSRC_PROOF 2

/* What became of a sequence number behind the next one. */
enum past { PAST_UNKNOWN, PAST_DELIVERED, PAST_GIVEN_UP };

struct jitbuf {
	struct jitbuf_config config;
	jitbuf_deliver deliver;
	void *ctx;
	bool started;
	bool beginning; /* `next` is the lowest number so far: nothing was delivered of this sequence */
	bool restarted; /* the next packet delivered is the first of a sequence that replaced another */
	uint32_t ssrc;
	int64_t next; /* extended sequence number that is to be delivered next */
	int64_t last; /* ... the highest received */
	size_t held, held_bytes;
	struct held **slots; /* by sequence number modulo max_packets */
	uint8_t *past;       /* enum past, likewise */
	uint32_t *timestamp; /* of those delivered */
	uint32_t newest_ts;  /* of this sequence */
	int64_t newest_us;   /* arrival of the newest packet of this SSRC ... */
	int64_t frame_us;    /* ... and of the newest timestamp */
	int64_t pause_us;    /* that it makes between two timestamps: the longest of the latest; 0 = not known */
	struct rival rival;
	struct jitbuf_stats stats;
};

static void take(struct jitbuf *jb, const struct rtp_packet *pkt);

struct jitbuf *jitbuf_create(const struct jitbuf_config *config, jitbuf_deliver deliver, void *ctx)
{
	struct jitbuf *jb = calloc(1, sizeof(*jb));
	if (jb == NULL)
		return NULL;
	jb->config = *config;
	jb->deliver = deliver;
	jb->ctx = ctx;
	jb->slots = calloc(config->max_packets, sizeof(*jb->slots));
	jb->past = calloc(config->max_packets, sizeof(*jb->past));
	jb->timestamp = calloc(config->max_packets, sizeof(*jb->timestamp));
	if (jb->slots == NULL || jb->past == NULL || jb->timestamp == NULL) {
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
	free(jb->past);
	free(jb->timestamp);
	(void)rival_clear(&jb->rival);
	free(jb);
}

/* ---- delivering ---- */

/* Hands on the packet that is due, or the one after `lost` missing ones. */
static void deliver(struct jitbuf *jb, const struct rtp_packet *pkt, uint32_t lost)
{
	bool restart = jb->restarted;
	size_t slot = slot_of(jb, jb->next);
	jb->past[slot] = PAST_DELIVERED;
	jb->timestamp[slot] = pkt->timestamp;
	jb->restarted = false;
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
	deliver(jb, &h->pkt, lost);
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

/* Stops waiting for what is missing before the first held packet, or for one before the first of all. */
static void give_up_oldest_gap(struct jitbuf *jb)
{
	int64_t upto = first_held(jb)->seq;
	uint32_t lost = (uint32_t)(upto - jb->next);
	for (; jb->next < upto; jb->next++)
		jb->past[slot_of(jb, jb->next)] = PAST_GIVEN_UP;
	jb->stats.lost += lost;
	jb->beginning = false;
	deliver_held(jb, lost);
	deliver_run(jb);
}

static void give_up_all(struct jitbuf *jb)
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

/* ---- holding ---- */

static void hold(struct jitbuf *jb, const struct rtp_packet *pkt, int64_t seq)
{
	struct held **slot = &jb->slots[slot_of(jb, seq)];
	if (*slot != NULL) {
		jb->stats.duplicate++;
		return;
	}
	*slot = held_copy(pkt, seq);
	if (*slot == NULL)
		return; /* out of memory: it counts as lost when its turn comes */
	jb->held++;
	jb->held_bytes += pkt->payload_size;
	while (jb->held_bytes > jb->config.max_bytes)
		give_up_oldest_gap(jb);
}

/* Whether what is held from the lowest number on tells that nothing comes before it. */
static bool beginning_is_plain(const struct jitbuf *jb)
{
	const struct held *h = jb->slots[slot_of(jb, jb->next)];
	if (h != NULL && jb->config.begins != NULL && !jb->config.begins(jb->ctx, &h->pkt))
		return false;
	for (int64_t seq = jb->next; seq <= jb->last; seq++) {
		h = jb->slots[slot_of(jb, seq)];
		if (h == NULL)
			return false;
		if (jb->config.begins != NULL ? h->pkt.marker : seq - jb->next + 1 >= BEGIN_RUN)
			return true;
	}
	return false;
}

/* A packet of a sequence of which nothing was delivered yet. */
static void hold_beginning(struct jitbuf *jb, const struct rtp_packet *pkt, int64_t seq)
{
	if (jb->held > 0 && seq < jb->next)
		jb->stats.reordered++;
	if (jb->held == 0 || seq < jb->next)
		jb->next = seq;
	if (jb->held == 0 || seq > jb->last)
		jb->last = seq;
	hold(jb, pkt, seq);
	if (jb->held > 0 && jb->beginning && (jb->config.wait_us == 0 || beginning_is_plain(jb))) {
		jb->beginning = false;
		deliver_run(jb);
	}
}

/* ---- sequences ---- */

/* A new sequence begins with pkt (RFC 3550 appendix A.1), or with one shortly before it. */
static void start_anew(struct jitbuf *jb, const struct rtp_packet *pkt)
{
	give_up_all(jb);
	memset(jb->past, PAST_UNKNOWN, jb->config.max_packets * sizeof(*jb->past));
	jb->restarted = jb->started;
	jb->stats.restarts += jb->started;
	jb->started = jb->beginning = true;
	jb->ssrc = pkt->ssrc;
	jb->newest_ts = pkt->timestamp;
	jb->newest_us = jb->frame_us = pkt->arrival_us;
	jb->pause_us = 0;
	hold_beginning(jb, pkt, pkt->seq);
}

static void accept_rival(struct jitbuf *jb)
{
	struct rival rival = jb->rival;
	jb->rival = (struct rival){0};
	for (size_t i = 0; i < rival.count; i++) {
		if (i == 0)
			start_anew(jb, &rival.packets[i]->pkt);
		else
			take(jb, &rival.packets[i]->pkt);
	}
	(void)rival_clear(&rival);
}

static void forget_rival(struct jitbuf *jb)
{
	bool other = jb->rival.kind == RIVAL_SSRC;
	*(other ? &jb->stats.other_ssrc : &jb->stats.late) += rival_clear(&jb->rival);
}

static bool has_stopped(const struct jitbuf *jb, int64_t now_us)
{
	int64_t patience_us = 2 * jb->pause_us + STOPPED_EXTRA_US;
	if (patience_us < STOPPED_MIN_US)
		patience_us = STOPPED_MIN_US;
	if (patience_us > STOPPED_MAX_US)
		patience_us = STOPPED_MAX_US;
	return now_us - jb->newest_us >= patience_us;
}

/* The SSRC that carries the stream has made room for the one that is kept aside. */
static void consider_other_ssrc(struct jitbuf *jb, int64_t now_us)
{
	if (jb->rival.kind == RIVAL_SSRC && jb->rival.count >= SSRC_PROOF && has_stopped(jb, now_us))
		accept_rival(jb);
}

/* A packet that does not fit. */
static void challenge(struct jitbuf *jb, enum rival_kind kind, const struct rtp_packet *pkt)
{
	struct rival *r = &jb->rival;
	if (r->count > 0 && !rival_goes_on(r, kind, pkt))
		forget_rival(jb);
	if (!rival_add(r, kind, pkt)) {
		forget_rival(jb);
		return;
	}
	bool full = r->count >= jb->config.max_packets || jb->held_bytes + r->bytes > jb->config.max_bytes;
	if (rival_is_restart(r))
		accept_rival(jb);
	else if (full && r->count >= SSRC_PROOF && r->packets[0]->pkt.arrival_us > jb->newest_us)
		accept_rival(jb); /* so much, and nothing else meanwhile */
	else if (full)
		forget_rival(jb);
	else
		consider_other_ssrc(jb, pkt->arrival_us);
}

/* Behind where the sequence stands: late, or there before, or of a sequence that was restarted a little way back. */
static void came_too_late(struct jitbuf *jb, const struct rtp_packet *pkt, int64_t seq)
{
	size_t slot = slot_of(jb, seq);
	bool newer = (int32_t)(pkt->timestamp - jb->newest_ts) > 0;
	bool delivered = jb->past[slot] == PAST_DELIVERED;
	if (delivered ? jb->timestamp[slot] != pkt->timestamp : newer) {
		challenge(jb, RIVAL_CONFLICT, pkt);
		return;
	}
	if (delivered)
		jb->stats.duplicate++;
	else
		jb->stats.late++;
	jb->past[slot] = PAST_DELIVERED; /* when it comes again, it is a duplicate */
	jb->timestamp[slot] = pkt->timestamp;
}

/* When it came, for telling whether it has stopped. */
static void note_arrival(struct jitbuf *jb, const struct rtp_packet *pkt)
{
	jb->newest_us = pkt->arrival_us;
	if ((int32_t)(pkt->timestamp - jb->newest_ts) > 0) {
		int64_t pause_us = pkt->arrival_us - jb->frame_us, known_us = jb->pause_us - jb->pause_us / 8;
		jb->pause_us = pause_us > known_us ? pause_us : known_us;
		jb->frame_us = pkt->arrival_us;
		jb->newest_ts = pkt->timestamp;
	}
	if (jb->rival.kind != RIVAL_SSRC)
		return;
	jb->stats.other_ssrc += rival_forget_before(&jb->rival, pkt->arrival_us - STOPPED_EXTRA_US);
	if (jb->rival.count == 0)
		(void)rival_clear(&jb->rival);
}

/* A packet of the SSRC that carries the stream. */
static void take(struct jitbuf *jb, const struct rtp_packet *pkt)
{
	int64_t window = (int64_t)jb->config.max_packets;
	int64_t seq = seq_extend(jb->next, pkt->seq);
	int64_t ahead = seq - jb->next;
	if (jb->beginning && ahead >= window && jb->held > jb->config.max_packets / 2) {
		give_up_oldest_gap(jb); /* there is no room to wait any longer */
		take(jb, pkt);
		return;
	}
	if (ahead >= window || ahead < -window || (jb->beginning && jb->held > 0 && jb->last - seq >= window)) {
		challenge(jb, RIVAL_FAR, pkt);
		return;
	}
	if (ahead < 0 && !jb->beginning) {
		came_too_late(jb, pkt, seq);
		return;
	}
	if (rival_reaches(&jb->rival, pkt)) {
		challenge(jb, RIVAL_CONFLICT, pkt);
		return;
	}
	note_arrival(jb, pkt);
	if (jb->beginning) {
		hold_beginning(jb, pkt, seq);
		return;
	}
	jb->last = seq > jb->last ? seq : jb->last;
	if (ahead > 0) {
		hold(jb, pkt, seq);
	} else {
		jb->stats.reordered += jb->held > 0;
		deliver(jb, pkt, 0);
		deliver_run(jb);
	}
	if (jb->config.wait_us == 0)
		give_up_all(jb);
}

/* ---- public ---- */

void jitbuf_push(struct jitbuf *jb, const struct rtp_packet *pkt)
{
	jb->stats.received++;
	if (!jb->started)
		start_anew(jb, pkt);
	else if (pkt->ssrc != jb->ssrc)
		challenge(jb, RIVAL_SSRC, pkt);
	else
		take(jb, pkt);
}

void jitbuf_poll(struct jitbuf *jb, int64_t now_us)
{
	consider_other_ssrc(jb, now_us);
	while (jb->held > 0 && now_us - oldest_arrival_us(jb) >= jb->config.wait_us)
		give_up_oldest_gap(jb);
}

void jitbuf_flush(struct jitbuf *jb)
{
	give_up_all(jb);
	/* What came last may be the beginning of what would have gone on. */
	if (jb->rival.count >= SSRC_PROOF && jb->rival.packets[0]->pkt.arrival_us > jb->newest_us) {
		accept_rival(jb);
		give_up_all(jb);
	}
}

const struct jitbuf_stats *jitbuf_stats(const struct jitbuf *jb)
{
	return &jb->stats;
}
