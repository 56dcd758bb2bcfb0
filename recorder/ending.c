/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The end of a file: its sink finishes it in the background, while the stages may be at work on the next segment already. */
#include "recording.h"

void ending_expect_file(tsr_recording *r)
{
	pthread_mutex_lock(&r->events_lock);
	r->files_open++;
	pthread_mutex_unlock(&r->events_lock);
}

bool ending_has_room(tsr_recording *r)
{
	pthread_mutex_lock(&r->events_lock);
	bool may = r->files_open <= LIMIT_FILES_BEING_FINISHED;
	pthread_mutex_unlock(&r->events_lock);
	return may;
}

/* How one file ended: tells it, and with the last one ends the recording. On a writer thread; nothing of the stages is
 * touched, for they may be at work on the next segment. */
struct ending {
	tsr_recording *r; /* a reference: the last file's event may end the recording before an earlier file's is out */
	struct sink *sink;      /* NULL = it could not be opened; the writers' once it is settled */
	bool discard;           /* nothing came */
	char *name;             /* of the file, without ending */
	char *title, *metadata; /* as they were then: the next segment's may change */
	int64_t started_utc_us, ended_utc_us;
	int64_t oldest_unsafe_us; /* in the sink then; 0 = none */
	size_t buffered;
	tsr_stats stats;
	bool last;
};

int64_t ending_exposure(tsr_recording *r, size_t *buffered)
{
	int64_t oldest_us = 0;
	*buffered = 0;
	pthread_mutex_lock(&r->events_lock);
	for (const GList *l = r->endings.head; l != NULL; l = l->next) {
		const struct ending *end = l->data;
		if (end->oldest_unsafe_us != 0 && (oldest_us == 0 || end->oldest_unsafe_us < oldest_us))
			oldest_us = end->oldest_unsafe_us;
		*buffered += end->buffered;
	}
	pthread_mutex_unlock(&r->events_lock);
	return oldest_us;
}

/* The file has finished: what it did counts from now on as the recording's. */
static void note_ended(struct ending *end, const struct sink_result *result, bool good)
{
	tsr_recording *r = end->r;
	struct sink_totals *t = &r->files_ended;
	pthread_mutex_lock(&r->events_lock);
	g_queue_remove(&r->endings, end);
	if (!good && !end->last && r->first_error == TSR_OK)
		r->first_error = result->error;
	if (result->stats != NULL) {
		t->writes += result->stats->writes;
		t->flushes += result->stats->flushes;
		tsr_latency_add(&t->write_latency, &result->stats->write_latency);
		tsr_latency_add(&t->flush_latency, &result->stats->flush_latency);
	}
	pthread_mutex_unlock(&r->events_lock);
}

/* A full disk ends a file early, but under its final name: it plays. */
static bool has_final_name(const struct sink_result *result)
{
	return result->path == NULL || !g_str_has_suffix(result->path, ".recording.ts");
}

static void on_sink_finished(void *ctx, const struct sink_result *result)
{
	struct ending *end = ctx;
	tsr_recording *r = end->r;
	if (result->path == NULL)
		log_line(TSR_LOG_WARNING, r->config.id, "nothing was recorded; no file is left");
	if (r->config.report && result->path != NULL && has_final_name(result))
		report_write(r, &(struct report){.name = end->name,
						 .title = end->title,
						 .metadata = end->metadata,
						 .started_utc_us = end->started_utc_us,
						 .ended_utc_us = end->ended_utc_us,
						 .stats = &end->stats,
						 .result = result});
	if (result->error == TSR_OK && !end->last)
		atomic_fetch_add(&r->bytes_finished, result->bytes);
	bool ended_early = result->error == TSR_E_NOSPACE && result->path != NULL && has_final_name(result);
	bool good = result->error == TSR_OK || ended_early;
	note_ended(end, result, good);
	tsr_event event = {
		.type = !end->last ? TSR_EVENT_SEGMENT
			: good     ? TSR_EVENT_FINISHED
				   : TSR_EVENT_FAILED,
		.track = -1,
		.path = result->path,
		.bytes = result->bytes,
		.duration_ms = end->stats.duration_ms,
		.reason = atomic_load(&r->reason),
		.error = result->error,
		.text = result->error != TSR_OK ? tsr_strerror(result->error) : NULL,
		.sha256 = result->sha256,
	};
	events_file_ended(r, &event, end->last);
	g_free(end->name);
	g_free(end->title);
	g_free(end->metadata);
	g_free(end);
	tsr_recording_unref(r);
}

void ending_settle(tsr_recording *r)
{
	for (struct ending *end; (end = g_queue_pop_head(&r->out.closed)) != NULL;) {
		if (end->sink == NULL) /* it could not be opened: it ends as if it had been */
			on_sink_finished(end, &(struct sink_result){.error = r->out.error});
		else if (end->discard)
			file_sink_discard(end->sink, on_sink_finished, end);
		else
			sink_finish(end->sink, on_sink_finished, end);
	}
}

/* Makes *stats those of this file alone, and remembers where the next one begins. */
static void count_from_here(tsr_recording *r, tsr_stats *stats, bool last)
{
	tsr_stats *all = last ? NULL : g_memdup2(stats, sizeof(*stats));
	if (r->out.before != NULL)
		stats_subtract(stats, r->out.before);
	g_free(r->out.before);
	r->out.before = all;
	for (unsigned i = 0; i < r->tracks; i++)
		r->track[i]->in_file = false;
}

void ending_begin(tsr_recording *r, bool last)
{
	struct output *out = &r->out;
	struct ending *end = g_new0(struct ending, 1);
	end->r = tsr_recording_ref(r);
	end->last = last;
	end->name = g_strdup(out->name);
	end->title = g_strdup(r->config.name);
	end->metadata = g_strdup(r->config.metadata);
	end->started_utc_us = out->started_utc_us;
	end->ended_utc_us = clock_utc_us();
	stats_collect(r, &end->stats);
	count_from_here(r, &end->stats, last);
	end->stats.duration_ms = r->any_written ? ms_of_90k(r->last_90k - out->segment_start_90k) : 0;
	mux_destroy(out->mux);
	out->mux = NULL;
	out->version = 0;
	struct sink_stats sink_stats = {0};
	if (out->sink != NULL)
		sink_get_stats(out->sink, &sink_stats);
	r->bytes_before += sink_stats.bytes_accepted;
	end->oldest_unsafe_us = sink_stats.oldest_unsafe_us;
	end->buffered = sink_stats.buffered;
	pthread_mutex_lock(&r->events_lock);
	g_queue_push_tail(&r->endings, end);
	pthread_mutex_unlock(&r->events_lock);
	if (out->sink == NULL)
		ending_expect_file(r);
	end->sink = out->sink;
	end->discard = !r->any_written;
	out->sink = NULL;
	g_queue_push_tail(&out->closed, end);
}
