/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtpclock.h"

#include <glib.h>

/* A hole longer than this in RTP time is taken for a restarted clock. */
#define LONGEST_HOLE_S 10
/* So much tells: packets, and RTP time. */
#define ENOUGH_PACKETS 16
#define ENOUGH_US      (G_USEC_PER_SEC / 4)
/* Where the times go on evenly, they are those of packets of sound if RTP time goes on about as fast. */
#define EVEN_FACTOR 2
/* Where they do not: a server that sends its first seconds at once, or a network that held them up, comes nowhere near. */
#define UNEVEN_FACTOR 20
#define UNEVEN_US     (2 * G_USEC_PER_SEC)

int64_t rtp_clock_take(struct rtp_clock *c, uint32_t ts, uint32_t rate_hz)
{
	int64_t step = c->started ? (int32_t)(ts - c->last_ts) : 0, longest = LONGEST_HOLE_S * (int64_t)rate_hz;
	if (!c->started || step > 0) {
		c->ticks += step <= longest ? step : 0;
		c->last_ts = ts;
	} else if (step < -longest) {
		c->last_ts = ts; /* it started anew */
	}
	c->started = true;
	return c->ticks * G_USEC_PER_SEC / rate_hz;
}

void arrival_check_packet(struct arrival_check *a, int64_t time_us)
{
	if (a->packets == 0) {
		a->first_us = time_us;
	} else {
		int64_t step_us = time_us - a->last_us;
		a->uneven |= a->packets > 1 && step_us != a->step_us;
		a->step_us = step_us;
	}
	a->packets++;
	a->last_us = time_us;
}

void arrival_check_rtp(struct arrival_check *a, int64_t rtp_us)
{
	a->rtp_us = MAX(a->rtp_us, rtp_us);
}

bool arrival_check_void(const struct arrival_check *a)
{
	int64_t passed_us = a->last_us - a->first_us;
	if (a->packets < ENOUGH_PACKETS || a->rtp_us < ENOUGH_US || passed_us < 0)
		return false;
	if (!a->uneven)
		return a->rtp_us / EVEN_FACTOR > passed_us || passed_us / EVEN_FACTOR > a->rtp_us;
	return a->rtp_us >= UNEVEN_US && a->rtp_us / UNEVEN_FACTOR > passed_us;
}
