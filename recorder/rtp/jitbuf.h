/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Puts packets of one track back in order. A packet that is next in sequence passes straight through, with no copy; only
 * what arrived early is copied and held, until the missing one comes (RTX) or its waiting time is over.
 *
 * Where a sequence begins nobody says. Its first packets are held until it is plain that none of them comes before the lowest: a
 * whole picture that can be decoded alone, or a run of sound, or the waiting time is over.
 *
 * Packets that do not fit (another SSRC, numbers far off or used before) are kept aside (rival.h). They become the sequence when they
 * prove to be one, and those of another SSRC when the one before has stopped: two SSRCs that take turns are one stream and strays. */
#ifndef TSR_RTP_JITBUF_H
#define TSR_RTP_JITBUF_H

#include "packet.h"

struct jitbuf;

struct jitbuf_config {
	int64_t wait_us;    /* how long a missing packet is waited for; 0 = not at all, nor for the first one */
	size_t max_packets; /* a power of two; see limits.h */
	size_t max_bytes;
	/* Whether a picture that can be decoded alone begins with this packet; NULL for sound, of which every packet stands alone. */
	bool (*begins)(void *ctx, const struct rtp_packet *pkt);
};

struct jitbuf_stats {
	uint64_t received; /* packets given to jitbuf_push */
	uint64_t delivered;
	uint64_t reordered; /* came after a later one, yet in time */
	uint64_t duplicate;
	uint64_t late;       /* came after they had been given up, or fit nowhere */
	uint64_t lost;       /* given up */
	uint64_t other_ssrc; /* left out: of another SSRC than the one that carries the stream */
	uint64_t restarts;   /* sequence or SSRC started anew */
};

/* Called in sequence order, on the thread that pushes or polls. `lost` packets before this one were given up (0 = none);
 * `restart`: sequence or SSRC began anew, so nothing is known of what lies between. `pkt` is borrowed for the call. */
typedef void (*jitbuf_deliver)(void *ctx, const struct rtp_packet *pkt, uint32_t lost, bool restart);

/* NULL when memory is out. The caller owns the result; `ctx` is that of both callbacks. Not thread-safe. */
struct jitbuf *jitbuf_create(const struct jitbuf_config *config, jitbuf_deliver deliver, void *ctx);
void jitbuf_destroy(struct jitbuf *jb);

/* Takes one packet; delivers it and what follows it where that is possible. Time is the packet's arrival_us. When a cap is
 * reached the oldest gap is given up at once. */
void jitbuf_push(struct jitbuf *jb, const struct rtp_packet *pkt);

/* Gives up on packets whose waiting time is over at now_us. */
void jitbuf_poll(struct jitbuf *jb, int64_t now_us);

/* Delivers everything held, giving up on all that is missing. */
void jitbuf_flush(struct jitbuf *jb);

const struct jitbuf_stats *jitbuf_stats(const struct jitbuf *jb);

#endif
