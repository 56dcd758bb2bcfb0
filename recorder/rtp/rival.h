/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Packets that do not fit the sequence that a jitter buffer delivers. They may be strays, or a second sender on the same track, or
 * the beginning of what the sender goes on with. Until that is known they are kept, as copies, so that nothing of it is lost. */
#ifndef TSR_RTP_RIVAL_H
#define TSR_RTP_RIVAL_H

#include "packet.h"

enum rival_kind {
	RIVAL_NONE,
	RIVAL_FAR,      /* numbers far from where the sequence stands */
	RIVAL_CONFLICT, /* numbers that were used, or given up, with timestamps that say they are other packets */
	RIVAL_SSRC,     /* another SSRC */
};

/* A packet that had to be copied. */
struct held {
	struct rtp_packet pkt; /* payload points behind this struct */
	int64_t seq;           /* extended */
};

/* NULL when memory is out; free(). */
struct held *held_copy(const struct rtp_packet *pkt, int64_t seq);

struct rival {
	enum rival_kind kind;
	struct held **packets; /* in order of arrival; owned */
	size_t count, room, bytes;
	bool rose; /* their timestamps */
};

/* Whether a packet of this kind belongs to what is kept. */
bool rival_goes_on(const struct rival *r, enum rival_kind kind, const struct rtp_packet *pkt);

/* Whether a packet that fits the sequence follows what is kept of a restart just before it. */
bool rival_reaches(const struct rival *r, const struct rtp_packet *pkt);

/* Whether the kept packets prove a new sequence of the same SSRC. A rival of another SSRC proves nothing: that the one before has
 * stopped does. */
bool rival_is_restart(const struct rival *r);

/* Keeps a copy. False when memory is out: the packet is lost. */
bool rival_add(struct rival *r, enum rival_kind kind, const struct rtp_packet *pkt);

/* Forgets the packets that came before `us`; says how many. */
size_t rival_forget_before(struct rival *r, int64_t us);

/* Forgets all; says how many. Zeroes it. */
size_t rival_clear(struct rival *r);

#endif
