/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "recording.h"

static int64_t age_ms(int64_t since_us, int64_t now_us)
{
	return since_us == 0 ? -1 : (now_us - since_us) / 1000;
}

static void add_ended_files(tsr_recording *r, tsr_stats *out)
{
	pthread_mutex_lock(&r->events_lock);
	out->writes += r->files_ended.writes;
	out->flushes += r->files_ended.flushes;
	tsr_latency_add(&out->write_latency, &r->files_ended.write_latency);
	tsr_latency_add(&out->flush_latency, &r->files_ended.flush_latency);
	pthread_mutex_unlock(&r->events_lock);
}

static void collect_sink(tsr_recording *r, tsr_stats *out, int64_t now_us)
{
	g_strlcpy(out->path, r->out.path, sizeof(out->path));
	if (r->out.sink == NULL)
		return;
	struct sink_stats s;
	sink_get_stats(r->out.sink, &s);
	/* An earlier segment counts once its file is complete: until then its last sync may still fail. */
	uint64_t finished = atomic_load(&r->bytes_finished);
	out->bytes_written = finished + s.bytes_written;
	out->bytes_durable = finished + s.bytes_durable;
	out->bytes_exposed = r->bytes_before + s.bytes_accepted - out->bytes_durable;
	size_t ending_buffered;
	int64_t ending_us =
		ending_exposure(r, &ending_buffered); /* begun before this file: older than any byte of it */
	int64_t oldest_us = ending_us != 0 ? ending_us : s.oldest_unsafe_us;
	out->exposed_ms = oldest_us == 0 ? 0 : (now_us - oldest_us) / 1000;
	out->last_write_age_ms = age_ms(s.last_write_us, now_us);
	out->last_flush_age_ms = age_ms(s.last_flush_us, now_us);
	out->writes = s.writes;
	out->flushes = s.flushes;
	out->write_latency = s.write_latency;
	out->flush_latency = s.flush_latency;
	add_ended_files(r, out);
	out->flush_threshold = s.flush_threshold;
	out->flush_threshold_moves = s.threshold_moves;
	out->buffered_bytes = s.buffered + ending_buffered;
}

static void collect_inbox(const tsr_recording *r, tsr_stats *out)
{
	struct inbox_stats in;
	inbox_get_stats(r->inbox, &in);
	out->inbox_bytes = in.depth_bytes;
	out->inbox_max_bytes = in.depth_max_bytes;
	out->inbox_dropped_packets = in.dropped_packets;
}

static int64_t duration_ms(const tsr_recording *r, int64_t end_90k)
{
	return r->any_written && end_90k > r->first_90k ? ms_of_90k(end_90k - r->first_90k) : 0;
}

void stats_collect(tsr_recording *r, tsr_stats *out)
{
	int64_t now_us = clock_now_us();
	*out = (tsr_stats){
		.state = (tsr_state)atomic_load(&r->state),
		.started_utc_us = r->started_utc_us,
		.duration_ms = duration_ms(r, r->offline ? r->last_90k : r->out.progress.written_90k),
		.last_write_age_ms = -1,
		.last_flush_age_ms = -1,
		.last_packet_age_ms = age_ms(atomic_load(&r->packet_us), now_us),
		.segment = r->out.segment,
		.tracks = r->tracks,
		.gaps = r->gaps,
	};
	collect_sink(r, out, now_us);
	collect_inbox(r, out);
	for (unsigned i = 0; i < out->tracks; i++)
		track_get_stats(r->track[i], &out->track[i]);
	unsigned kept = r->gaps < TSR_MAX_GAPS ? r->gaps : TSR_MAX_GAPS;
	memcpy(out->gap, r->gap, kept * sizeof(out->gap[0]));
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

void stats_subtract(tsr_stats *s, const tsr_stats *before)
{
	for (unsigned i = 0; i < before->tracks; i++)
		subtract_track(&s->track[i], &before->track[i]);
	unsigned kept = MIN(s->gaps, TSR_MAX_GAPS), old = MIN(before->gaps, TSR_MAX_GAPS);
	memmove(s->gap, s->gap + old, (kept - old) * sizeof(s->gap[0]));
	s->gaps -= before->gaps;
}

void stats_finish(const tsr_recording *r, tsr_stats *final, const tsr_event *last)
{
	final->duration_ms = duration_ms(r, r->last_90k);
	final->writes = r->files_ended.writes;
	final->flushes = r->files_ended.flushes;
	final->write_latency = r->files_ended.write_latency;
	final->flush_latency = r->files_ended.flush_latency;
	bool failed = last->type == TSR_EVENT_FAILED;
	final->state = failed ? TSR_STATE_FAILED : TSR_STATE_FINISHED;
	g_strlcpy(final->path, last->path != NULL ? last->path : "", sizeof(final->path));
	if (failed || last->error != TSR_OK)
		return; /* what is exposed stays exposed */
	final->bytes_written = final->bytes_durable += final->bytes_exposed;
	final->bytes_exposed = final->buffered_bytes = 0;
	final->exposed_ms = 0;
}

const char *tsr_state_name(tsr_state state)
{
	static const char *const names[] = {
		[TSR_STATE_STARTING] = "starting", [TSR_STATE_RECORDING] = "recording", [TSR_STATE_PAUSED] = "paused",
		[TSR_STATE_STOPPING] = "stopping", [TSR_STATE_FINISHED] = "finished",   [TSR_STATE_FAILED] = "failed",
	};
	return (unsigned)state < G_N_ELEMENTS(names) ? names[state] : "unknown";
}
