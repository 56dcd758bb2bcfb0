/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one timeline of a recording, and how two clocks lie to it: ours, by which packets arrive, and the peer's NTP clock, by which its
 * sender reports tie all of its tracks together (RFC 3550 section 6.4.1).
 *
 * A report is sent when its NTP time says, or a little later, and takes its way: the report that was held up least tells how the peer's
 * clock lies to ours. While the first few come, the timeline stays on our clock and that is found out; from then on it is the peer's
 * clock that it follows, and ours is known to run away from it. */
#ifndef TSR_RTP_TIMELINE_H
#define TSR_RTP_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

/* The smallest of the values that came lately: in the running window and the one before it. Zero-initialise. */
struct lately {
	bool any;
	int64_t start_us; /* of the running window */
	int64_t least, least_before;
};

/* Adds a value that came at now_us; windows last so long. */
void lately_add(struct lately *l, int64_t value, int64_t now_us, int64_t window_us);

/* INT64_MAX when none came. */
int64_t lately_least(const struct lately *l);

/* What the tracks of one recording share. Zero-initialise; plain data. */
struct timeline {
	bool started;
	int64_t origin_us; /* recording time 0 on our clock */
	bool ntp_known;
	int64_t ntp_origin_us; /* ... and on the peer's NTP clock */
	unsigned ntp_epoch;    /* counts how often that was set anew (the peer's NTP clock stepped) */
	int64_t settled_us; /* our clock: until then ntp_origin_us follows origin_us, afterwards the other way round */
	struct lately ntp_lag_us; /* of a report's arrival behind its NTP time */
};

/* Recording time 0 is at origin_us on our clock. Once, before anything is mapped. */
void timeline_start(struct timeline *tl, int64_t origin_us);

/* Recording time of a moment of our clock; before the start, that moment itself. */
static inline int64_t timeline_of_arrival(const struct timeline *tl, int64_t arrival_us)
{
	return arrival_us - tl->origin_us;
}

/* Recording time of a moment of the peer's clock. Only where that is known. */
static inline int64_t timeline_of_ntp(const struct timeline *tl, int64_t ntp_us)
{
	return ntp_us - tl->ntp_origin_us;
}

/* Takes the NTP time of a report of any of the peer's tracks. One of a clock that is not the others' is passed over. */
void timeline_hear(struct timeline *tl, int64_t ntp_us, int64_t arrival_us);

/* The peer's NTP clock was set: this report's moment is recording time at_us by what its track recorded before. */
void timeline_step(struct timeline *tl, int64_t ntp_us, int64_t at_us, int64_t arrival_us);

#endif
