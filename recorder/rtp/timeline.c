/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "timeline.h"

/* So long the first few reports are waited for: one a second for video, one in five of audio alone. */
#define SETTLE_US 10000000
/* Long enough for some reports of a peer that sends sound alone; short enough that clocks 100 ppm apart move by 3 ms. */
#define WINDOW_US 30000000
/* A report cannot have come by so much quicker than all others. */
#define OTHER_CLOCK_US 500000

void lately_add(struct lately *l, int64_t value, int64_t now_us, int64_t window_us)
{
	bool next = l->any && now_us - l->start_us >= window_us;
	if (next)
		l->least_before = l->least;
	if (!l->any)
		l->least_before = INT64_MAX;
	if (!l->any || next)
		l->start_us = now_us;
	if (!l->any || next || value < l->least)
		l->least = value;
	l->any = true;
}

int64_t lately_least(const struct lately *l)
{
	if (!l->any)
		return INT64_MAX;
	return l->least < l->least_before ? l->least : l->least_before;
}

void timeline_start(struct timeline *tl, int64_t origin_us)
{
	tl->started = true;
	tl->origin_us = origin_us;
	tl->ntp_origin_us += origin_us; /* reports that came before put it to our clock's 0 */
}

/* The two origins are as far apart as the least report says; one of them is moved. */
static void align(struct timeline *tl, int64_t arrival_us)
{
	int64_t lag_us = lately_least(&tl->ntp_lag_us);
	if (arrival_us < tl->settled_us)
		tl->ntp_origin_us = tl->origin_us - lag_us;
	else
		tl->origin_us = tl->ntp_origin_us + lag_us;
}

void timeline_hear(struct timeline *tl, int64_t ntp_us, int64_t arrival_us)
{
	int64_t lag_us = arrival_us - ntp_us;
	if (!tl->ntp_known) {
		tl->ntp_known = true;
		tl->ntp_epoch++;
		tl->settled_us = arrival_us + SETTLE_US;
		tl->ntp_lag_us = (struct lately){0};
	} else if (lag_us < lately_least(&tl->ntp_lag_us) - OTHER_CLOCK_US) {
		return;
	}
	lately_add(&tl->ntp_lag_us, lag_us, arrival_us, WINDOW_US);
	align(tl, arrival_us);
}

void timeline_step(struct timeline *tl, int64_t ntp_us, int64_t at_us, int64_t arrival_us)
{
	tl->ntp_epoch++;
	tl->ntp_origin_us = ntp_us - at_us;
	tl->settled_us = arrival_us;
	tl->ntp_lag_us = (struct lately){0};
	lately_add(&tl->ntp_lag_us, tl->origin_us - tl->ntp_origin_us, arrival_us, WINDOW_US);
}
