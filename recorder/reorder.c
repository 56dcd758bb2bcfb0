/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reorder.h"

#include <string.h>

#define RATE_90K 90000
/* Between two frames, while nothing is known of it; and at most, for the times of a beginning. */
#define USUAL_STEP_90K   3000
#define LONGEST_STEP_90K 9000
/* More than between frames that are reordered. */
#define HOLE_90K 45000

void reorder_forget(struct reorder *o)
{
	o->count = o->next = 0;
	o->begun = false;
}

void reorder_start(struct reorder *o, uint32_t rate_hz)
{
	o->rate = rate_hz;
	o->depth = 0;
	o->learns = false;
	reorder_forget(o);
}

static int64_t usual_step(const struct reorder *o)
{
	int64_t lowest = INT64_MAX, highest = INT64_MIN;
	for (unsigned i = 0; i < o->count; i++) {
		lowest = o->seen[i].pts_90k < lowest ? o->seen[i].pts_90k : lowest;
		highest = o->seen[i].pts_90k > highest ? o->seen[i].pts_90k : highest;
	}
	return o->count > 1 ? (highest - lowest) / (o->count - 1) : USUAL_STEP_90K;
}

/* As if frames had gone before this one at equal distances, but not before what a DTS may be. */
static void begin(struct reorder *o, int64_t pts_90k)
{
	int64_t step = usual_step(o), room = pts_90k - FRAME_EARLIEST_DTS_90K;
	int64_t lead = (step < LONGEST_STEP_90K ? step : LONGEST_STEP_90K) * o->depth;
	if (lead > room)
		lead = room;
	for (unsigned i = 1; i <= o->depth; i++)
		o->waiting_90k[i] = pts_90k - lead * (o->depth + 1 - i) / o->depth;
	o->begun = true;
	o->count = o->next = 0;
}

/* Whether the frame is so far behind those before it that their times say nothing of when to decode it. */
static bool is_behind_hole(const struct reorder *o, int64_t pts_90k)
{
	return o->count > 1 && pts_90k - o->highest_pts_90k > HOLE_90K + usual_step(o) * (o->depth + 1);
}

/* More frames may wait than was thought. What is missing between the DTS handed out and the frames that wait is made up; times draw apart
 * as frames come. */
static void deepen(struct reorder *o, unsigned depth)
{
	unsigned more = depth - o->depth;
	memmove(&o->waiting_90k[1 + more], &o->waiting_90k[1], o->depth * sizeof(o->waiting_90k[0]));
	for (unsigned i = 1; i <= more; i++)
		o->waiting_90k[i] = o->last_dts_90k + i;
	o->depth = depth;
}

void reorder_set_depth(struct reorder *o, int8_t depth)
{
	if (depth == FRAME_REORDER_UNKNOWN) {
		o->learns = true;
		return;
	}
	o->learns = false;
	if (o->begun && (unsigned)depth > o->depth)
		deepen(o, (unsigned)depth);
	else if (o->begun) /* of those that wait the last ones stay */
		memmove(&o->waiting_90k[1], &o->waiting_90k[1 + o->depth - (unsigned)depth],
			(size_t)depth * sizeof(o->waiting_90k[0]));
	o->depth = (unsigned)depth;
}

/* By how much `ts` is after `reference`. */
static int32_t ticks(uint32_t ts, uint32_t reference)
{
	return (int32_t)(ts - reference);
}

/* The frames shown right before and right after this timestamp; NULL where there is none. Returns how many are shown after it. */
static unsigned find_neighbours(const struct reorder *o, uint32_t rtp_ts, const struct reorder_frame **before,
				const struct reorder_frame **after)
{
	unsigned later = 0;
	*before = *after = NULL;
	for (unsigned i = 0; i < o->count; i++) {
		const struct reorder_frame *f = &o->seen[i];
		bool is_later = ticks(f->rtp_ts, rtp_ts) > 0;
		const struct reorder_frame **nearest = is_later ? after : before;
		later += is_later;
		if (*nearest == NULL || (ticks(f->rtp_ts, (*nearest)->rtp_ts) > 0) != is_later)
			*nearest = f;
	}
	return later;
}

bool reorder_place(struct reorder *o, uint32_t rtp_ts, int64_t *pts_90k)
{
	const struct reorder_frame *before, *after;
	if (o->depth == 0 && !o->learns)
		return false;
	unsigned later = find_neighbours(o, rtp_ts, &before, &after);
	if (after == NULL)
		return false;
	if (before == NULL) { /* what belongs before the first keyframe; further back the clock was set */
		int32_t back = ticks(after->rtp_ts, rtp_ts);
		if (o->count == REORDER_SEEN || o->depth == 0 || back > (int32_t)o->rate)
			return false;
		*pts_90k = after->pts_90k - (int64_t)back * RATE_90K / o->rate;
		return true;
	}
	if (o->learns && later > o->depth && later <= FRAME_MAX_REORDER)
		deepen(o, later);
	*pts_90k = before->pts_90k + (after->pts_90k - before->pts_90k) * ticks(rtp_ts, before->rtp_ts) /
					     ticks(after->rtp_ts, before->rtp_ts);
	return true;
}

static int64_t next_dts(struct reorder *o, int64_t pts_90k)
{
	unsigned at = 0;
	for (; at < o->depth && o->waiting_90k[at + 1] < pts_90k; at++)
		o->waiting_90k[at] = o->waiting_90k[at + 1];
	o->waiting_90k[at] = pts_90k;
	return o->waiting_90k[0];
}

void reorder_note(struct reorder *o, struct frame *frame, bool placed)
{
	if (!placed && o->any && frame->pts_90k <= o->highest_pts_90k)
		frame->pts_90k = o->highest_pts_90k + 1;
	if (!o->begun || is_behind_hole(o, frame->pts_90k))
		begin(o, frame->pts_90k);
	frame->dts_90k = next_dts(o, frame->pts_90k);
	if (o->any && frame->dts_90k <= o->last_dts_90k)
		frame->dts_90k = o->last_dts_90k + 1;
	if (frame->pts_90k < frame->dts_90k)
		frame->pts_90k = frame->dts_90k;
	o->last_dts_90k = frame->dts_90k;
	if (!o->any || frame->pts_90k > o->highest_pts_90k)
		o->highest_pts_90k = frame->pts_90k;
	o->any = true;
	o->seen[o->next] = (struct reorder_frame){frame->rtp_ts, frame->pts_90k};
	o->next = (o->next + 1) % REORDER_SEEN;
	o->count += o->count < REORDER_SEEN;
}
