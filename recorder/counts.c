/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counts.h"

#include <glib.h>
#include <string.h>

#include "recording.h"
#include "track.h"

void counts_collect(const tsr_recording *r, tsr_stats *out)
{
	*out = (tsr_stats){
		.started_utc_us = r->started_utc_us,
		.zero_us = r->timeline.started ? r->timeline.origin_us : 0,
		.tracks = r->tracks,
		.gaps = r->gaps.count,
	};
	for (unsigned i = 0; i < out->tracks; i++)
		track_get_stats(r->track[i], &out->track[i]);
	memcpy(out->gap, r->gaps.gap, MIN(r->gaps.count, TSR_MAX_GAPS) * sizeof(out->gap[0]));
}

static void subtract_track(tsr_track_stats *t, const tsr_track_stats *b)
{
	const struct {
		uint64_t *count;
		uint64_t before;
	} counts[] = {
		{&t->packets, b->packets},
		{&t->bytes, b->bytes},
		{&t->malformed, b->malformed},
		{&t->reordered, b->reordered},
		{&t->duplicate, b->duplicate},
		{&t->late, b->late},
		{&t->lost, b->lost},
		{&t->restarts, b->restarts},
		{&t->other_ssrc, b->other_ssrc},
		{&t->other_payload, b->other_payload},
		{&t->bad_padding, b->bad_padding},
		{&t->frames, b->frames},
		{&t->frames_damaged, b->frames_damaged},
		{&t->frames_skipped, b->frames_skipped},
		{&t->frames_unwanted, b->frames_unwanted},
		{&t->frames_dropped, b->frames_dropped},
		{&t->frames_written, b->frames_written},
		{&t->keyframes, b->keyframes},
		{&t->decode_errors, b->decode_errors},
		{&t->concealed, b->concealed},
		{&t->keyframe_requests, b->keyframe_requests},
		{&t->resolution_changes, b->resolution_changes},
		{&t->sender_reports, b->sender_reports},
		{&t->clock_jumps, b->clock_jumps},
	};
	for (unsigned i = 0; i < G_N_ELEMENTS(counts); i++)
		*counts[i].count -= counts[i].before;
	t->transcode_cpu_us -= b->transcode_cpu_us;
}

void counts_subtract(tsr_stats *s, const tsr_stats *before)
{
	for (unsigned i = 0; i < before->tracks; i++)
		subtract_track(&s->track[i], &before->track[i]);
	unsigned kept = MIN(s->gaps, TSR_MAX_GAPS), old = MIN(before->gaps, TSR_MAX_GAPS);
	memmove(s->gap, s->gap + old, (kept - old) * sizeof(s->gap[0]));
	s->gaps -= before->gaps;
}
