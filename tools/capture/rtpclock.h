/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arrival times of captures that have none: whoever wrote them left them out (all are 0) or numbered the packets instead. Then the
 * senders' RTP clocks are all there is. */
#ifndef TSREC_RTPCLOCK_H
#define TSREC_RTPCLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* The RTP time of one stream, going on over wraps, reordering and clocks that start anew. Zero-initialise. */
struct rtp_clock {
	bool started;
	uint32_t last_ts;
	int64_t ticks; /* since its first packet */
};

/* Takes a packet's timestamp; the stream's time since its first packet, which never falls. */
int64_t rtp_clock_take(struct rtp_clock *c, uint32_t ts, uint32_t rate_hz);

/* Whether arrival times are worth anything: watched over the beginning of a capture. Zero-initialise. */
struct arrival_check {
	unsigned packets;
	int64_t first_us, last_us;
	int64_t step_us; /* from packet to packet */
	bool uneven;     /* it was not always the same */
	int64_t rtp_us;  /* the longest that a stream's RTP clock went on */
};

/* Takes the time of the next packet, as the file has it, whatever the packet is. */
void arrival_check_packet(struct arrival_check *a, int64_t time_us);

/* Takes how far the RTP clock of one of its streams has come. */
void arrival_check_rtp(struct arrival_check *a, int64_t rtp_us);

/* Known when enough was seen: the times are all the same, or count packets, or the media take many times as long as their packets. */
bool arrival_check_void(const struct arrival_check *a);

#endif
