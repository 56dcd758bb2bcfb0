/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment.h"

#include <glib.h>

#include "common/clock.h"
#include "counts.h"
#include "ending.h"
#include "engine.h"
#include "hls.h"
#include "recording.h"
#include "report.h"
#include "sink/file.h"
#include "sink/space.h"
#include "track.h"

void segment_finish(struct segment *s)
{
	g_free(s->path);
	g_free(s->name);
	g_free(s->before);
}

static char *make_name(const tsr_recording *r, const struct segment *s)
{
	bool numbered = r->config.segment_duration_us > 0 || r->config.segment_size > 0 || s->number > 0;
	return numbered ? g_strdup_printf("%s-%05u", r->config.filename, s->number + 1) : g_strdup(r->config.filename);
}

/* Whether the file system has what min_free_space asks for; a file system that does not tell is not in the way. */
static bool has_free_space(const tsr_recording *r)
{
	uint64_t bytes;
	return r->config.min_free_space == 0 || space_free(r->config.folder, &bytes) != TSR_OK ||
	       bytes >= r->config.min_free_space;
}

static struct file_sink_flush flush_of(const tsr_flush *f)
{
	return (struct file_sink_flush){
		.threshold = f->threshold,
		.interval_us = f->interval_us,
		.sync = !f->no_sync,
		.adaptive = f->adaptive,
		.threshold_min = f->threshold_min,
		.threshold_max = f->threshold_max,
	};
}

void segment_set_flush(const tsr_recording *r, struct segment *s)
{
	const struct file_sink_flush flush = flush_of(&r->config.flush);
	if (s->sink != NULL)
		file_sink_set_flush(s->sink, &flush);
}

void segment_note(const tsr_recording *r, struct segment *s)
{
	if (!r->config.report || s->sink == NULL)
		return;
	char *note = report_note(r, s->started_utc_us);
	file_sink_set_note(s->sink, note);
	g_free(note);
}

tsr_error segment_open(tsr_recording *r, struct segment *s)
{
	const tsr_recording_config *c = &r->config;
	bool first = s->number == 0;
	if (first && !has_free_space(r))
		return TSR_E_NOSPACE;
	g_free(s->name);
	s->name = make_name(r, s);
	s->listed = hls_new_file(r->hls, r, s->name);
	s->started_utc_us = clock_utc_us();
	char *note = c->report ? report_note(r, s->started_utc_us) : NULL;
	struct file_sink_config config = {
		.container = c->container,
		.log_id = c->id,
		.folder = c->folder,
		.name = s->name,
		.flush = flush_of(&c->flush),
		.memory_cap = c->memory_cap,
		.mode = c->file_mode,
		.checksum = c->report,
		.note = note,
		/* The worker must not wait for a disk that stalls; only the first file's errors are the caller's. */
		.deferred = !first,
		.device = s->device,
		.written = s->listed != NULL ? playlist_written : NULL,
		.written_ctx = s->listed,
	};
	tsr_error err = file_sink_create(&config, engine_writers(r->engine), &s->sink);
	g_free(note);
	if (err != TSR_OK)
		return err;
	s->device = file_sink_device(s->sink);
	g_free(s->path);
	s->path = g_strdup_printf("%s/%s%s", c->folder, s->name, tsr_container_running(c->container));
	ending_expect_file(r);
	return TSR_OK;
}

static void ignore_result(void *ctx, const struct sink_result *result)
{
	(void)ctx;
	(void)result;
}

void segment_discard(struct segment *s)
{
	file_sink_discard(s->sink, ignore_result, NULL);
	s->sink = NULL;
}

static uint64_t bytes_in(const struct segment *s)
{
	struct sink_stats sink = {0};
	if (s->sink != NULL)
		sink_get_stats(s->sink, &sink);
	return sink.bytes_accepted;
}

/* What was counted in the file that ends, and where the next one begins. */
static void count_file(tsr_recording *r, struct segment *s, tsr_stats *stats, bool last)
{
	counts_collect(r, stats);
	tsr_stats *all = last ? NULL : g_memdup2(stats, sizeof(*stats));
	if (s->before != NULL)
		counts_subtract(stats, s->before);
	g_free(s->before);
	s->before = all;
	for (unsigned i = 0; i < r->tracks; i++)
		r->track[i]->in_file = false;
	stats->segment = s->number;
	stats->duration_ms = r->any_written ? ms_of_90k(r->last_90k - s->start_90k) : 0;
}

void segment_close(tsr_recording *r, struct segment *s, bool last)
{
	tsr_stats *stats = g_new(tsr_stats, 1);
	count_file(r, s, stats, last);
	s->bytes_before += bytes_in(s);
	ending_begin(r, &(struct ended_file){
				.sink = s->sink,
				.listed = s->listed,
				.name = s->name,
				.started_utc_us = s->started_utc_us,
				.stats = stats,
				.discard = !r->any_written,
				.last = last,
			});
	s->sink = NULL;
	s->listed = NULL;
	g_free(stats);
}

bool segment_is_full(const tsr_recording *r, const struct segment *s, int64_t pts_90k)
{
	const tsr_recording_config *c = &r->config;
	return (c->segment_duration_us > 0 && (pts_90k - s->start_90k) * 100 / 9 >= c->segment_duration_us) ||
	       (c->segment_size > 0 && bytes_in(s) >= c->segment_size);
}

tsr_error segment_next(tsr_recording *r, struct segment *s, int64_t start_90k)
{
	s->number++;
	s->start_90k = start_90k;
	return segment_open(r, s);
}

uint64_t segment_total_bytes(const struct segment *s)
{
	return s->bytes_before + bytes_in(s);
}

static int64_t age_ms(int64_t since_us, int64_t now_us)
{
	return since_us == 0 ? -1 : (now_us - since_us) / 1000;
}

/* Of this file and of those that have finished. */
static void add_latencies(tsr_recording *r, tsr_stats *out, const struct sink_stats *sink)
{
	struct sink_totals before;
	ending_get_totals(r, &before);
	out->writes = before.writes + sink->writes;
	out->flushes = before.flushes + sink->flushes;
	out->write_latency = sink->write_latency;
	out->flush_latency = sink->flush_latency;
	tsr_latency_add(&out->write_latency, &before.write_latency);
	tsr_latency_add(&out->flush_latency, &before.flush_latency);
}

void segment_get_stats(tsr_recording *r, const struct segment *s, tsr_stats *out, int64_t now_us)
{
	g_strlcpy(out->path, s->path, sizeof(out->path));
	out->segment = s->number;
	out->last_write_age_ms = out->last_flush_age_ms = -1;
	if (s->sink == NULL)
		return;
	struct sink_stats sink;
	sink_get_stats(s->sink, &sink);
	/* An earlier segment counts once its file is complete: until then its last sync may still fail. */
	uint64_t finished = ending_bytes(r);
	out->bytes_written = finished + sink.bytes_written;
	out->bytes_durable = finished + sink.bytes_durable;
	out->bytes_exposed = s->bytes_before + sink.bytes_accepted - out->bytes_durable;
	size_t ending_buffered;
	int64_t ending_us =
		ending_exposure(r, &ending_buffered); /* begun before this file: older than any byte of it */
	int64_t oldest_us = ending_us != 0 ? ending_us : sink.oldest_unsafe_us;
	out->exposed_ms = oldest_us == 0 ? 0 : (now_us - oldest_us) / 1000;
	out->last_write_age_ms = age_ms(sink.last_write_us, now_us);
	out->last_flush_age_ms = age_ms(sink.last_flush_us, now_us);
	add_latencies(r, out, &sink);
	out->flush_threshold = sink.flush_threshold;
	out->flush_threshold_moves = sink.threshold_moves;
	out->buffered_bytes = sink.buffered + ending_buffered;
}
