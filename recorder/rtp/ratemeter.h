/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How fast a sender's RTP clock really runs. Some count otherwise than they say: L16 of 48000 Hz that was announced as 16000, video in
 * milliseconds. What counts is arrival time; a network and a sender that catch up look alike for a while, hence the patience. */
#ifndef TSR_RTP_RATEMETER_H
#define TSR_RTP_RATEMETER_H

#include "packet.h"

/* Zero-initialise, then set rate_hz. Plain data. */
struct rate_meter {
	uint32_t rate_hz; /* that is believed */
	uint32_t ssrc;
	bool running;
	uint32_t begin_ts, last_ts; /* of the stretch that is measured */
	int64_t begin_us;           /* its arrival time */
	unsigned timestamps;        /* in it */
	unsigned agreeing;          /* stretches before that all came to about ... */
	double measured_hz;
	double ticks, seconds; /* of those */
};

/* Takes a packet in order of arrival. True when the clock runs at another rate than was believed: rate_hz is that now. */
bool rate_meter_take(struct rate_meter *m, const struct rtp_packet *pkt);

/* The next packet has nothing to do with those before. */
void rate_meter_reset(struct rate_meter *m);

#endif
