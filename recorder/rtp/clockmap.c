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
 * the packet that was held up least. What is put right then, and by the first reports, is quick: no more than a quarter of the time
 * between two frames. */
#define START_US           1000000
#define START_SLEW_DIVISOR 4
/* What is less is jitter, the rounding of a capture's times, or what clocks drift in LAG_WINDOW_US. */
#define JITTER_US 2000
/* A clock that has run off from arrival time by so much, with no report that could tell, is followed at up to an eighth of media time. */
#define RUN_OFF_US      200000
#define RUN_OFF_DIVISOR 8
#define LAG_WINDOW_US   10000000
/* Packets that tell where no report may go behind. */
#define BOUND_WINDOW_US 5000000
/* A busy machine stamps late by so much at most. */
#define LATE_MAX_US 100000
/* Without a report for so long, arrival time is the reference. */
#define SR_TIMEOUT_US 30000000
/* A report whose NTP clock moved against arrival time by so much since the last one: the peer's clock was set. */
#define NTP_STEP_US 500000

void clockmap_init(struct clockmap *cm, struct timeline *timeline, uint32_t rate_hz)
{
	*cm = (struct clockmap){.timeline = timeline, .rate = rate_hz};
}

void clockmap_restart(struct clockmap *cm)
{
	cm->tie_anew = cm->started;
}

void clockmap_set_rate(struct clockmap *cm, uint32_t rate_hz)
{
	cm->rate = rate_hz;
	cm->switched = cm->started;
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
	cm->least_lag.any = false;
	cm->sr_seen = false;
	cm->hurries = false;
	cm->reports = 0;
}

static bool starts(const struct clockmap *cm, int64_t media_us)
{
	return !cm->alone && cm->reports == 0 && media_us - cm->base_us < START_US;
}

/* Slews towards the target as media time passes; at once while nothing was handed out yet. */
static void slew(struct clockmap *cm, int64_t media_us, bool reports)
{
	int64_t want = cm->slew_target_us - cm->slew_us;
	bool ran_off = !reports && (want > RUN_OFF_US || want < -RUN_OFF_US);
	bool quick = starts(cm, media_us) || cm->hurries;
	int64_t divisor = quick ? START_SLEW_DIVISOR : ran_off ? RUN_OFF_DIVISOR : SLEW_DIVISOR;
	int64_t may = cm->emitted ? (media_us - cm->slewed_at_us) / divisor : INT64_MAX;
	if (may <= 0)
		return; /* too short a step to count: wait until it amounts to a microsecond */
	cm->hurries = cm->hurries && (want > may || want < -may);
	if (want > may)
		want = may;
	else if (want < -may)
		want = -may;
	cm->slew_us += want;
	cm->slewed_at_us = media_us;
	cm->stats.corrected_us = cm->slew_us;
}

/* Whether reports say where the track lies. */
static bool has_reports(const struct clockmap *cm, int64_t arrival_us)
{
	return cm->reports > 0 && arrival_us - cm->report_arrival_us < SR_TIMEOUT_US;
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

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Where the track lies at the latest: nothing is captured after its arrival. */
static int64_t bound_us(const struct clockmap *cm)
{
	int64_t least = lately_least(&cm->least_lag);
	return least == INT64_MAX ? least : least - cm->timeline->origin_us;
}

/* Where the latest reports put the track: libwebrtc takes the time at which a packet of sound was made for that of its first sample, and
 * on a busy machine that is late. What goes beyond is no such lateness: a clock that runs at another rate, or stood still. */
static int64_t reported_us(const struct clockmap *cm)
{
	unsigned kept = cm->reports < CLOCKMAP_REPORTS ? cm->reports : CLOCKMAP_REPORTS;
	int64_t newest = cm->report_us[(cm->reports - 1) % CLOCKMAP_REPORTS], least = newest;
	for (unsigned i = 0; i < kept; i++)
		least = min64(least, cm->report_us[i]);
	int64_t by_reports = timeline_of_ntp(cm->timeline, newest - least > LATE_MAX_US ? newest : least);
	int64_t by_arrival = bound_us(cm);
	bool drifts = kept == CLOCKMAP_REPORTS && by_reports - by_arrival > LATE_MAX_US;
	return drifts || by_arrival == INT64_MAX ? by_reports : min64(by_reports, by_arrival + JITTER_US);
}

/* Nothing arrives from the future: a packet that would, tells where the track lies, at its start, or when its clock runs fast. */
static void aim(struct clockmap *cm, int64_t media_us, int64_t lag_us, bool reports)
{
	int64_t tolerance_us = starts(cm, media_us) ? JITTER_US : RUN_OFF_US;
	if (reports)
		cm->slew_target_us = reported_us(cm);
	else if (lag_us < cm->slew_target_us - tolerance_us)
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

static const struct ssrc_report *find_report(const struct clockmap *cm, uint32_t ssrc)
{
	for (int i = 0; i < CLOCKMAP_SSRCS; i++)
		if (cm->heard[i].arrival_us != 0 && cm->heard[i].ssrc == ssrc)
			return &cm->heard[i];
	return NULL;
}

/* Where a recent report of an SSRC puts a timestamp that is recording time latest_us at the latest; INT64_MAX when there is none that
 * makes sense. */
static int64_t place_by_report(const struct clockmap *cm, const struct ssrc_report *sr, uint32_t rtp_ts,
			       int64_t latest_us)
{
	const struct timeline *tl = cm->timeline;
	if (sr == NULL || !tl->ntp_known || sr->epoch != tl->ntp_epoch ||
	    latest_us + tl->origin_us - sr->arrival_us > SR_TIMEOUT_US)
		return INT64_MAX;
	int64_t at_us = timeline_of_ntp(tl, sr->ntp_us) + ticks_to_us(cm, (int32_t)(rtp_ts - sr->rtp_ts));
	bool sensible = at_us - latest_us < SR_STEP_US && latest_us - at_us < SR_STEP_US;
	return sensible ? at_us : INT64_MAX;
}

bool clockmap_carries(const struct clockmap *cm, uint32_t ssrc)
{
	return cm->started ? cm->ssrc == ssrc : cm->early.any && cm->early.ssrc == ssrc;
}

void clockmap_listen(struct clockmap *cm, uint32_t ssrc, uint32_t rtp_ts, int64_t captured_us)
{
	struct early_packets *e = &cm->early;
	if (!e->any)
		*e = (struct early_packets){.any = true, .ssrc = ssrc, .rtp_ts = rtp_ts, .captured_us = captured_us};
	int64_t by_this = captured_us - ticks_to_us(cm, (int32_t)(rtp_ts - e->rtp_ts));
	/* What is further off belongs to another sequence. */
	if (ssrc == e->ssrc && e->captured_us - by_this < SR_STEP_US)
		e->captured_us = min64(e->captured_us, by_this);
}

int64_t clockmap_begin_us(const struct clockmap *cm)
{
	const struct early_packets *e = &cm->early;
	if (!e->any)
		return INT64_MAX;
	int64_t latest_us = timeline_of_arrival(cm->timeline, e->captured_us);
	int64_t at_us = min64(latest_us, place_by_report(cm, find_report(cm, e->ssrc), e->rtp_ts, latest_us));
	return at_us + cm->timeline->origin_us;
}

/* Keeps what a report says; the track is tied already. */
static void keep_report(struct clockmap *cm, const struct ssrc_report *sr, int64_t media_us)
{
	cm->report_us[cm->reports++ % CLOCKMAP_REPORTS] = sr->ntp_us - media_us;
	cm->report_arrival_us = sr->arrival_us;
	cm->stats.sender_reports++;
}

/* The first packet of the track, or of another SSRC, goes where a report of it puts it, else where the packet that was held up least does. */
static void begin(struct clockmap *cm, uint32_t rtp_ts, int64_t captured_us)
{
	const struct early_packets *e = &cm->early;
	int64_t latest_us = timeline_of_arrival(cm->timeline, captured_us);
	if (!cm->started && e->any && e->ssrc == cm->ssrc) {
		int64_t first_us = timeline_of_arrival(cm->timeline, e->captured_us);
		int64_t least_us = first_us + ticks_to_us(cm, (int32_t)(rtp_ts - e->rtp_ts));
		if (latest_us - least_us < SR_STEP_US)
			latest_us = min64(latest_us, least_us);
	}
	const struct ssrc_report *sr = find_report(cm, cm->ssrc);
	int64_t at_us = place_by_report(cm, sr, rtp_ts, latest_us);
	tie(cm, rtp_ts, min64(at_us, latest_us));
	lately_add(&cm->least_lag, latest_us + cm->timeline->origin_us - cm->base_us, captured_us, BOUND_WINDOW_US);
	if (at_us != INT64_MAX)
		keep_report(cm, sr, raw_us(cm, ts_extend(cm->last_ts, sr->rtp_ts)));
	cm->started = true;
	cm->switched = false;
}

int64_t clockmap_map(struct clockmap *cm, uint32_t rtp_ts, int64_t captured_us, bool *jumped)
{
	if (!cm->timeline->started)
		timeline_start(cm->timeline, cm->early.any ? clockmap_begin_us(cm) : captured_us);
	if (!cm->started || cm->switched)
		begin(cm, rtp_ts, captured_us);
	int64_t now_us = timeline_of_arrival(cm->timeline, captured_us);
	int64_t ts = ts_extend(cm->last_ts, rtp_ts);
	int64_t lag = now_us - raw_us(cm, ts);
	*jumped = has_left(cm, lag, captured_us);
	if (*jumped) {
		tie(cm, rtp_ts, now_us);
		ts = rtp_ts;
		cm->stats.jumps++;
	} else {
		cm->tie_anew = false;
		watch_lag(cm, lag, captured_us);
	}
	if (ts > cm->last_ts)
		cm->last_ts = ts;
	int64_t media_us = raw_us(cm, ts);
	bool reports = has_reports(cm, captured_us);
	lately_add(&cm->least_lag, captured_us - media_us, captured_us, BOUND_WINDOW_US);
	aim(cm, media_us, now_us - media_us, reports);
	slew(cm, media_us, reports);
	cm->emitted = true;
	int64_t out_us = media_us + cm->slew_us;
	return out_us > 0 ? (out_us * 9 + 50) / 100 : 0;
}

static int64_t ntp_to_us(uint64_t ntp)
{
	return (int64_t)(ntp >> 32) * 1000000 + (int64_t)(((ntp & 0xffffffff) * 1000000) >> 32);
}

/* A peer that sets its NTP clock does so for all its tracks: its origin is found anew from the first report that shows it, by where that
 * track lies and will lie. */
static void watch_ntp(struct clockmap *cm, const struct ssrc_report *sr, int64_t media_us)
{
	int64_t delay_us = sr->arrival_us - sr->ntp_us, moved = delay_us - cm->sr_delay_us;
	bool comparable = cm->sr_seen && cm->sr_epoch == cm->timeline->ntp_epoch;
	if (comparable && (moved > NTP_STEP_US || moved < -NTP_STEP_US))
		timeline_step(cm->timeline, sr->ntp_us, media_us + cm->slew_target_us, sr->arrival_us);
	if (cm->sr_epoch != cm->timeline->ntp_epoch)
		cm->reports = 0;
	cm->sr_seen = true;
	cm->sr_delay_us = delay_us;
}

/* In the place of the one before of that SSRC, else of the oldest. */
static void remember(struct clockmap *cm, const struct ssrc_report *sr)
{
	struct ssrc_report *place = &cm->heard[0];
	for (int i = 1; i < CLOCKMAP_SSRCS && place->ssrc != sr->ssrc; i++)
		if (cm->heard[i].ssrc == sr->ssrc || cm->heard[i].arrival_us < place->arrival_us)
			place = &cm->heard[i];
	*place = *sr;
}

/* When a report came. The peer's first one tells how its clock lies to ours: one that comes far behind the packets it tells of came on
 * another way than they, and is taken as if it had come on theirs. */
static int64_t heard_at_us(const struct clockmap *cm, const struct rtcp_sr *sr, int64_t arrival_us)
{
	int64_t packets_us = INT64_MAX;
	if (cm->timeline->ntp_known)
		return arrival_us;
	if (cm->started && sr->ssrc == cm->ssrc)
		packets_us = lately_least(&cm->least_lag) + raw_us(cm, ts_extend(cm->last_ts, sr->rtp_ts));
	else if (!cm->started && cm->early.any && sr->ssrc == cm->early.ssrc)
		packets_us = cm->early.captured_us + ticks_to_us(cm, (int32_t)(sr->rtp_ts - cm->early.rtp_ts));
	int64_t late_us = packets_us == INT64_MAX ? 0 : arrival_us - packets_us;
	return late_us > LATE_MAX_US && late_us < BEHIND_MAX_US ? packets_us : arrival_us;
}

/* A report of the packets that are mapped. */
static void follow(struct clockmap *cm, const struct ssrc_report *sr, int64_t media_us, int64_t behind_us)
{
	int64_t offset = timeline_of_ntp(cm->timeline, sr->ntp_us) - media_us;
	int64_t step = offset - cm->slew_us;
	if (step > SR_STEP_US || step < -SR_STEP_US) {
		/* If arrival time agrees, the next packet is tied to it; if not, the report lies. */
		cm->tie_anew = behind_us > SR_STEP_US / 2 || behind_us < -SR_STEP_US / 2;
		cm->stats.reports_refused++;
		return;
	}
	cm->hurries = cm->reports == 0 || sr->arrival_us < cm->timeline->settled_us;
	keep_report(cm, sr, media_us);
	cm->stats.offset_us = offset;
	cm->slew_target_us = reported_us(cm);
	cm->anchored = false;
}

void clockmap_sr(struct clockmap *cm, const struct rtcp_sr *sr, int64_t arrival_us)
{
	struct timeline *tl = cm->timeline;
	if (sr->ntp == 0)
		return; /* RFC 3550: a sender without a clock */
	struct ssrc_report report = {
		.ssrc = sr->ssrc, .rtp_ts = sr->rtp_ts, .ntp_us = ntp_to_us(sr->ntp), .arrival_us = arrival_us};
	bool ours = cm->started && !cm->switched && sr->ssrc == cm->ssrc;
	int64_t media_us = 0, behind_us = 0;
	if (ours) {
		media_us = raw_us(cm, ts_extend(cm->last_ts, sr->rtp_ts));
		behind_us = timeline_of_arrival(tl, arrival_us) - media_us - (cm->lag_known ? cm->lag_us : 0);
		if (behind_us > BEHIND_MAX_US || behind_us < -AHEAD_MAX_US) {
			cm->stats.reports_refused++; /* its RTP time is not that of the packets */
			return;
		}
		watch_ntp(cm, &report, media_us);
	}
	timeline_hear(tl, report.ntp_us, heard_at_us(cm, sr, arrival_us));
	report.epoch = tl->ntp_epoch;
	remember(cm, &report);
	if (ours) {
		cm->sr_epoch = tl->ntp_epoch;
		follow(cm, &report, media_us, behind_us);
	}
}
