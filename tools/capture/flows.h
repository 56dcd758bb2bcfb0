/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which datagrams of a capture belong to which RTP stream. A flow is one SSRC between two UDP ports (RFC 3550 section 8); nothing
 * marks RTP as such, so a flow counts as RTP once its sequence numbers run on. */
#ifndef TSREC_FLOWS_H
#define TSREC_FLOWS_H

#include "link.h"
#include "recorder/recorder.h"

#define FLOWS_MAX        256
#define FLOWS_CANDIDATES 64
/* Packets of one SSRC in plausible order after its first one that make it RTP. */
#define FLOWS_PROOF 3

struct flow {
	bool ipv6;
	struct link_address from;
	struct link_address to;
	uint32_t ssrc;
	tsr_codec codec;
	unsigned stream;   /* of a flow that is known */
	uint16_t last_seq; /* of a candidate */
	unsigned proof;
};

struct flows {
	struct flow known[FLOWS_MAX];
	unsigned count;
	unsigned latest; /* index of the flow found last */
	struct flow candidates[FLOWS_CANDIDATES];
	unsigned next_candidate;
};

/* Version 2 and long enough: can be RTP or RTCP. */
bool flows_is_rtp(const struct datagram *d);
bool flows_is_rtcp(const struct datagram *d);

/* The flow a datagram would belong to. */
struct flow flows_key(const struct datagram *d, tsr_codec codec);

/* The known flow of an RTP datagram, or NULL. */
struct flow *flows_find(struct flows *f, const struct flow *key);

/* The known flow of a medium with the SSRC of an RTP datagram whose payload type is none of it, or NULL. */
struct flow *flows_find_carrier(struct flows *f, const struct datagram *d);

/* The known flow whose sender made this RTCP: same SSRC and hosts, same port or the one above (RFC 3550 section 11). A
 * compound packet may be of several. */
struct flow *flows_find_rtcp(struct flows *f, const struct datagram *d);

/* The latest known flow between the same ports with the same codec: one that a new SSRC may replace. NULL when there is none. */
struct flow *flows_predecessor(struct flows *f, const struct flow *key);

/* True when `seq` may follow the candidate's last one; takes it as the last one. */
bool flows_follows(struct flow *candidate, uint16_t seq);

/* The candidate of this key, or NULL; a new one overwrites the oldest. */
struct flow *flows_find_candidate(struct flows *f, const struct flow *key);
void flows_add_candidate(struct flows *f, const struct flow *key);

/* False when FLOWS_MAX is reached. */
bool flows_add(struct flows *f, const struct flow *key, unsigned stream);

#endif
