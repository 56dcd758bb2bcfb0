/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clockmap.h"

#include "seq.h"

/* Media time may run ahead of arrival time by so much (clocks differ, the first packet may have been late) before it counts
 * as a jump: nothing arrives from the future. */
#define AHEAD_MAX_US 1000000
/* ... and fall behind by so much at once: no network holds packets longer and then delivers them. */
#define BEHIND_MAX_US 10000000
/* ... or, where no sender report can tell a full queue from a clock that stood still, by so much for so long. */
#define BEHIND_STEADY_US   2000000
#define BEHIND_PATIENCE_US 3000000
/* A report that wants more than this is not drift: the sender's RTP clock stood still or ran off. */
#define SR_STEP_US 500000
/* After a restarted sequence a timestamp this near to arrival time goes on as before. */
#define RESTART_TOLERANCE_US 200000
/* 5 ms per second of media. */
#define SLEW_DIVISOR 200
/* The first packet of a track is often late: an encoder begins, a keyframe is paced. As long as no report has come, the first second finds
 * the packet that was held up least, and what is put right then is quick: no more than a quarter of the time between two frames. */
#define START_US           1000000
#define START_SLEW_DIVISOR 4
/* What is less is jitter, or the rounding of a capture's times. */
#define START_JITTER_US 2000
/* A clock that has run off from arrival time by so much, with no report that could tell, is followed at up to an eighth of media time. */
#define RUN_OFF_US      200000
#define RUN_OFF_DIVISOR 8
#define LAG_WINDOW_US   10000000
/* Without a report for so long, arrival time is the reference. */
#define SR_TIMEOUT_US 30000000
/* A report whose NTP clock moved against arrival time by so much since the last one: the peer's clock was set. */
#define NTP_STEP_US 500000

void timeline_begin(struct timeline *tl, int64_t arrival_us)
{
	if (tl->started)
		return;
	tl->started = true;
	tl->origin_us = arrival_us;
}

void clockmap_init(struct clockmap *cm, struct timeline *timeline, uint32_t rate_hz)
{
	*cm = (struct clockmap){.timeline = timeline, .rate = rate_hz};
}

void clockmap_restart(struct clockmap *cm)
{
	cm->tie_anew = cm->started;
}

void clockmap_doubt(struct clockmap *cm, int64_t wait_us)
{
	cm->doubted = cm->started;
	cm->doubt_wait_us = wait_us;
	cm->doubt_us = 0;
}

void clockmap_set_ssrc(struct clockmap *cm, uint32_t ssrc)
{
	cm->switched = cm->started && (cm->switched || ssrc != cm->ssrc);
	cm->ssrc = ssrc;
}

static int64_t ticks_to_us(const struct clockmap *cm, int64_t ticks)
{
	/* Split, so that 30 hours and a 32.32 NTP fraction do not overflow. */
	return ticks / cm->rate * 1000000 + ticks % cm->rate * 1000000 / cm->rate;
}

/* Recording time of an extended timestamp before slewing. */
static int64_t raw_us(const struct clockmap *cm, int64_t ts)
{
	return cm->base_us + ticks_to_us(cm, ts - cm->base_ts);
}

/* From now on timestamp ts is recording time now_us; what was learnt of the old timestamps is void. */
static void tie(struct clockmap *cm, uint32_t ts, int64_t now_us)
{
	cm->base_ts = cm->last_ts = ts;
	cm->base_us = now_us - cm->slew_us;
	cm->slew_target_us = cm->slew_us;
	cm->behind_since_us = 0;
	cm->tie_anew = false;
	cm->doubted = false;
	cm->behind_us = 0;
	cm->lag_known = false;
	cm->anchored = false;
	cm->window.any = false;
	cm->sr_seen = false;
}

static bool starts(const struct clockmap *cm, int64_t media_us)
{
	return !cm->sr_seen && media_us - cm->base_us < START_US;
}

/* Slews towards the target as media time passes; at once while nothing was handed out yet. */
static void slew(struct clockmap *cm, int64_t media_us, bool reports)
{
	int64_t want = cm->slew_target_us - cm->slew_us;
	bool ran_off = !reports && (want > RUN_OFF_US || want < -RUN_OFF_US);
	int64_t divisor = starts(cm, media_us) ? START_SLEW_DIVISOR : ran_off ? RUN_OFF_DIVISOR : SLEW_DIVISOR;
	int64_t may = cm->emitted ? (media_us - cm->slewed_at_us) / divisor : INT64_MAX;
	if (may <= 0)
		return; /* too short a step to count: wait until it amounts to a microsecond */
	if (want > may)
		want = may;
	else if (want < -may)
		want = -may;
	cm->slew_us += want;
	cm->slewed_at_us = media_us;
	cm->stats.corrected_us = cm->slew_us;
}

static bool has_reports(const struct clockmap *cm, int64_t arrival_us)
{
	return cm->sr_seen && arrival_us - cm->sr_arrival_us < SR_TIMEOUT_US;
}

/* Without sender reports the drift of the smallest lag is what has to be corrected. */
static void follow_lag(struct clockmap *cm)
{
	if (!cm->anchored) {
		cm->anchored = true;
		cm->anchor_lag_us = cm->lag_us;
		cm->anchor_slew_us = cm->slew_us;
	}
	cm->slew_target_us = cm->anchor_slew_us + cm->lag_us - cm->anchor_lag_us;
	cm->stats.offset_us = cm->slew_target_us;
}

/* Keeps the smallest lag of each window. */
static void watch_lag(struct clockmap *cm, int64_t lag_us, int64_t arrival_us)
{
	struct lag_window *w = &cm->window;
	if (!w->any || lag_us < w->min_us)
		w->min_us = lag_us;
	if (!w->any)
		w->start_us = arrival_us;
	w->any = true;
	if (arrival_us - w->start_us < LAG_WINDOW_US)
		return;
	cm->lag_us = w->min_us;
	cm->lag_known = true;
	w->any = false;
	if (!has_reports(cm, arrival_us))
		follow_lag(cm);
}

/* Nothing arrives from the future: a packet that would, tells where the track lies, at its start, or when its clock runs fast. */
static void aim_by_lag(struct clockmap *cm, int64_t media_us, int64_t lag_us, bool reports)
{
	int64_t tolerance_us = starts(cm, media_us) ? START_JITTER_US : RUN_OFF_US;
	if (!reports && lag_us < cm->slew_target_us - tolerance_us)
		cm->slew_target_us = lag_us;
}

/* After a pause: whether RTP time is behind because it stood still. Where it went on while nothing was sent (DTX), it did not fall behind
 * in the pause; what a sender or a network held up comes faster than its time until it has caught up. */
static bool stood_still(struct clockmap *cm, int64_t behind_us, int64_t arrival_us)
{
	bool first = cm->doubt_us == 0;
	cm->doubted = behind_us - (first ? cm->behind_us : 0) > RESTART_TOLERANCE_US;
	if (!cm->doubted || (!first && arrival_us - cm->doubt_us < cm->doubt_wait_us))
		return false;
	bool may_catch_up = first ? cm->doubt_wait_us > 0 : cm->doubt_behind_us - behind_us >= cm->doubt_wait_us / 2;
	cm->doubt_us = arrival_us;
	cm->doubt_behind_us = behind_us;
	return !may_catch_up;
}

/* Whether RTP time has left arrival time for good. */
static bool has_left(struct clockmap *cm, int64_t lag_us, int64_t arrival_us)
{
	int64_t behind = lag_us - (cm->lag_known ? cm->lag_us : 0);
	if (cm->tie_anew)
		return behind > RESTART_TOLERANCE_US || behind < -RESTART_TOLERANCE_US;
	if (behind > BEHIND_MAX_US || behind < -AHEAD_MAX_US)
		return true;
	if (cm->doubted && stood_still(cm, behind, arrival_us))
		return true;
	cm->behind_us = behind;
	if (behind < BEHIND_STEADY_US || has_reports(cm, arrival_us)) {
		cm->behind_since_us = 0;
		return false;
	}
	if (cm->behind_since_us == 0)
		cm->behind_since_us = arrival_us;
	return arrival_us - cm->behind_since_us > BEHIND_PATIENCE_US;
}

static struct ssrc_report *find_report(struct clockmap *cm, uint32_t ssrc)
{
	for (int i = 0; i < CLOCKMAP_SSRCS; i++)
		if (cm->heard[i].arrival_us != 0 && cm->heard[i].ssrc == ssrc)
			return &cm->heard[i];
	return NULL;
}

/* Where a report puts the first timestamp of another SSRC; arrival time when there is none that makes sense. */
static int64_t place_of_switch(struct clockmap *cm, uint32_t rtp_ts, int64_t now_us, int64_t arrival_us)
{
	const struct timeline *tl = cm->timeline;
	const struct ssrc_report *sr = find_report(cm, cm->ssrc);
	if (sr == NULL || !tl->ntp_known || sr->epoch != tl->ntp_epoch || arrival_us - sr->arrival_us > SR_TIMEOUT_US)
		return now_us;
	int64_t at_us = sr->ntp_us - tl->ntp_origin_us + ticks_to_us(cm, (int32_t)(rtp_ts - sr->rtp_ts));
	bool sensible = at_us - now_us < SR_STEP_US && now_us - at_us < SR_STEP_US;
	return sensible ? at_us : now_us;
}

int64_t clockmap_map(struct clockmap *cm, uint32_t rtp_ts, int64_t arrival_us, bool *jumped)
{
	struct timeline *tl = cm->timeline;
	timeline_begin(tl, arrival_us);
	int64_t now_us = arrival_us - tl->origin_us;
	*jumped = false;
	if (!cm->started) {
		tie(cm, rtp_ts, now_us);
		cm->started = true;
	} else if (cm->switched) {
		tie(cm, rtp_ts, place_of_switch(cm, rtp_ts, now_us, arrival_us));
	}
	cm->switched = false;
	int64_t ts = ts_extend(cm->last_ts, rtp_ts);
	int64_t lag = now_us - raw_us(cm, ts);
	if (has_left(cm, lag, arrival_us)) {
		tie(cm, rtp_ts, now_us);
		ts = rtp_ts;
		cm->stats.jumps++;
		*jumped = true;
	} else {
		cm->tie_anew = false;
		watch_lag(cm, lag, arrival_us);
	}
	if (ts > cm->last_ts)
		cm->last_ts = ts;
	int64_t media_us = raw_us(cm, ts);
	bool reports = has_reports(cm, arrival_us);
	aim_by_lag(cm, media_us, now_us - media_us, reports);
	slew(cm, media_us, reports);
	cm->emitted = true;
	int64_t out_us = media_us + cm->slew_us;
	return out_us > 0 ? (out_us * 9 + 50) / 100 : 0;
}

static int64_t ntp_to_us(uint64_t ntp)
{
	return (int64_t)(ntp >> 32) * 1000000 + (int64_t)(((ntp & 0xffffffff) * 1000000) >> 32);
}

/* A peer that sets its NTP clock does so for all its tracks: the origin is found anew from the first report that shows it. */
static void watch_ntp(struct clockmap *cm, int64_t delay_us, int64_t arrival_us)
{
	int64_t moved = delay_us - cm->sr_delay_us;
	bool comparable = cm->sr_seen && cm->sr_epoch == cm->timeline->ntp_epoch;
	if (comparable && (moved > NTP_STEP_US || moved < -NTP_STEP_US))
		cm->timeline->ntp_known = false;
	cm->sr_seen = true;
	cm->sr_delay_us = delay_us;
	cm->sr_arrival_us = arrival_us;
}

/* How far this track's media lies off the common NTP clock, its corrections left aside. The first report of any track sets
 * that clock's origin. */
static int64_t offset_from_ntp(struct clockmap *cm, int64_t ntp_us, int64_t media_us)
{
	struct timeline *tl = cm->timeline;
	if (!tl->ntp_known) {
		tl->ntp_known = true;
		tl->ntp_epoch++;
		tl->ntp_origin_us =
			ntp_us - media_us - cm->slew_target_us; /* where it will be, when its start is put right */
	}
	cm->sr_epoch = tl->ntp_epoch;
	return ntp_us - tl->ntp_origin_us - media_us;
}

/* In the place of the one before of that SSRC, else of the oldest. */
static void remember(struct clockmap *cm, const struct rtcp_sr *sr, int64_t arrival_us)
{
	struct ssrc_report *place = find_report(cm, sr->ssrc);
	if (place == NULL) {
		place = &cm->heard[0];
		for (int i = 1; i < CLOCKMAP_SSRCS; i++)
			if (cm->heard[i].arrival_us < place->arrival_us)
				place = &cm->heard[i];
	}
	const struct timeline *tl = cm->timeline;
	*place = (struct ssrc_report){
		.ssrc = sr->ssrc,
		.rtp_ts = sr->rtp_ts,
		.ntp_us = ntp_to_us(sr->ntp),
		.arrival_us = arrival_us,
		/* Where no origin is known yet, the one that comes is of the same clock. */
		.epoch = tl->ntp_known ? tl->ntp_epoch : tl->ntp_epoch + 1,
	};
}

void clockmap_sr(struct clockmap *cm, const struct rtcp_sr *sr, int64_t arrival_us)
{
	if (sr->ntp == 0)
		return; /* RFC 3550: a sender without a clock */
	remember(cm, sr, arrival_us);
	if (!cm->started || cm->switched || sr->ssrc != cm->ssrc)
		return; /* no packet yet to tie it to */
	int64_t media_us = raw_us(cm, ts_extend(cm->last_ts, sr->rtp_ts));
	int64_t behind = arrival_us - cm->timeline->origin_us - media_us - (cm->lag_known ? cm->lag_us : 0);
	if (behind > BEHIND_MAX_US || behind < -AHEAD_MAX_US) {
		cm->stats.reports_refused++; /* its RTP time is not that of the packets */
		return;
	}
	int64_t ntp_us = ntp_to_us(sr->ntp);
	watch_ntp(cm, arrival_us - ntp_us, arrival_us);
	int64_t offset = offset_from_ntp(cm, ntp_us, media_us);
	int64_t step = offset - cm->slew_us;
	if (step > SR_STEP_US || step < -SR_STEP_US) {
		/* If arrival time agrees, the next packet is tied to it; if not, the report lies. */
		cm->tie_anew = behind > SR_STEP_US / 2 || behind < -SR_STEP_US / 2;
		cm->stats.reports_refused++;
		return;
	}
	cm->stats.sender_reports++;
	cm->stats.offset_us = offset;
	cm->slew_target_us = offset;
	cm->anchored = false;
}
