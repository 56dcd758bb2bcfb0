/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ending.h"

#include <glib.h>
#include <stdlib.h>

#include "common/clock.h"
#include "engine.h"
#include "events.h"
#include "hls.h"
#include "recording.h"
#include "report.h"
#include "sink/file.h"

struct endings {
	GQueue closed;                /* struct ending: files that end when the turn is over */
	atomic_ullong bytes_finished; /* of earlier segments, in files that are complete and durable */
	pthread_mutex_t lock;         /* all that follows */
	unsigned files_open;          /* that have not finished yet */
	GQueue begun; /* of those, what is known of each that is being finished: struct ending, not owned */
	struct sink_totals totals; /* what those did that have finished */
	tsr_error first_error;     /* of a file that failed */
	tsr_event *last;           /* the last file has ended, others are still at it; owned */
	tsr_stats *final;          /* what stays to be read when the stages are gone; NULL while they are there */
	bool done;                 /* the last event was delivered */
	pthread_cond_t ended;
};

struct endings *ending_create(void)
{
	struct endings *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	g_queue_init(&e->closed);
	g_queue_init(&e->begun);
	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->ended, NULL);
	return e;
}

void ending_destroy(struct endings *e)
{
	if (e == NULL)
		return;
	g_free(e->final);
	pthread_mutex_destroy(&e->lock);
	pthread_cond_destroy(&e->ended);
	free(e);
}

/* ---- what the recording asks ---- */

void ending_expect_file(tsr_recording *r)
{
	pthread_mutex_lock(&r->endings->lock);
	r->endings->files_open++;
	pthread_mutex_unlock(&r->endings->lock);
}

bool ending_has_room(tsr_recording *r)
{
	pthread_mutex_lock(&r->endings->lock);
	bool may = r->endings->files_open <= LIMIT_FILES_BEING_FINISHED;
	pthread_mutex_unlock(&r->endings->lock);
	return may;
}

void ending_get_totals(tsr_recording *r, struct sink_totals *out)
{
	pthread_mutex_lock(&r->endings->lock);
	*out = r->endings->totals;
	pthread_mutex_unlock(&r->endings->lock);
}

uint64_t ending_bytes(const tsr_recording *r)
{
	return atomic_load(&r->endings->bytes_finished);
}

void ending_keep_stats(tsr_recording *r, tsr_stats *final)
{
	pthread_mutex_lock(&r->endings->lock);
	r->endings->final = final;
	pthread_mutex_unlock(&r->endings->lock);
}

bool ending_has_stats(const tsr_recording *r)
{
	return r->endings->final != NULL;
}

bool ending_get_stats(tsr_recording *r, tsr_stats *out)
{
	pthread_mutex_lock(&r->endings->lock);
	bool kept = r->endings->final != NULL;
	if (kept)
		*out = *r->endings->final;
	pthread_mutex_unlock(&r->endings->lock);
	return kept;
}

void ending_wait(tsr_recording *r)
{
	pthread_mutex_lock(&r->endings->lock);
	while (!r->endings->done)
		pthread_cond_wait(&r->endings->ended, &r->endings->lock);
	pthread_mutex_unlock(&r->endings->lock);
}

/* ---- the end of the recording ---- */

/* The last event is with its taker: whoever waits may go, and the engine lets go of the recording. */
static void end_recording(tsr_recording *r)
{
	pthread_mutex_lock(&r->endings->lock);
	r->endings->done = true;
	pthread_cond_broadcast(&r->endings->ended);
	pthread_mutex_unlock(&r->endings->lock);
	engine_forget(r);
}

/* e->lock held. A recording of which a segment failed is not complete, whatever became of its last one. */
static void tell_first_error(struct endings *e)
{
	if (e->first_error == TSR_OK || e->last->type == TSR_EVENT_FAILED)
		return;
	e->last->type = TSR_EVENT_FAILED;
	e->last->error = e->first_error;
	g_free((char *)e->last->text);
	e->last->text = g_strdup_printf("an earlier segment failed: %s", tsr_strerror(e->first_error));
}

/* e->lock held. Brings the last snapshot up to date with how the recording ended. */
static void finish_stats(const tsr_recording *r, const struct endings *e)
{
	tsr_stats *final = e->final;
	final->duration_ms = recording_duration_ms(r, r->last_90k);
	final->writes = e->totals.writes;
	final->flushes = e->totals.flushes;
	final->write_latency = e->totals.write_latency;
	final->flush_latency = e->totals.flush_latency;
	bool failed = e->last->type == TSR_EVENT_FAILED;
	final->state = failed ? TSR_STATE_FAILED : TSR_STATE_FINISHED;
	hls_get_path(r->hls, r, final->playlist, sizeof(final->playlist));
	g_strlcpy(final->path, e->last->path != NULL ? e->last->path : "", sizeof(final->path));
	if (failed || e->last->error != TSR_OK)
		return; /* what is exposed stays exposed */
	final->bytes_written = final->bytes_durable += final->bytes_exposed;
	final->bytes_exposed = final->buffered_bytes = 0;
	final->exposed_ms = 0;
}

/* A file has ended and `event` tells of it; the last file's event waits for those of the others and ends the recording.
 * Any thread, r->turn not held. The recording may be gone afterwards, unless the caller has a reference. */
static void tell_ended(tsr_recording *r, const tsr_event *event, bool last)
{
	struct endings *e = r->endings;
	pthread_mutex_lock(&e->lock);
	if (last)
		e->last = event_copy(r, event);
	else
		events_queue(r, event);
	bool over = --e->files_open == 0 && e->last != NULL;
	if (over) {
		tell_first_error(e);
		atomic_store(&r->state, e->last->type == TSR_EVENT_FAILED ? TSR_STATE_FAILED : TSR_STATE_FINISHED);
		finish_stats(r, e);
		events_queue(r, e->last);
		event_free(e->last);
		e->last = NULL;
	}
	pthread_mutex_unlock(&e->lock);
	events_deliver(r);
	if (over)
		end_recording(r);
}

/* ---- the end of a file ---- */

/* How one file ended: tells it, and with the last one ends the recording. On a writer thread; nothing of the stages is
 * touched, for they may be at work on the next segment. */
struct ending {
	tsr_recording *r; /* a reference: the last file's event may end the recording before an earlier file's is out */
	struct playlist_file *listed; /* NULL = without a playlist, or the playlist knows that it has ended */
	struct sink *sink;            /* NULL = it could not be opened; the writers' once it is settled */
	bool discard;                 /* nothing came */
	char *name;                   /* of the file, without ending */
	char *title, *metadata;       /* as they were then: the next segment's may change */
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
	pthread_mutex_lock(&r->endings->lock);
	for (const GList *l = r->endings->begun.head; l != NULL; l = l->next) {
		const struct ending *end = l->data;
		if (end->oldest_unsafe_us != 0 && (oldest_us == 0 || end->oldest_unsafe_us < oldest_us))
			oldest_us = end->oldest_unsafe_us;
		*buffered += end->buffered;
	}
	pthread_mutex_unlock(&r->endings->lock);
	return oldest_us;
}

/* The file has finished: what it did counts from now on as the recording's. */
static void note_ended(struct ending *end, const struct sink_result *result, bool good)
{
	struct endings *e = end->r->endings;
	struct sink_totals *t = &e->totals;
	pthread_mutex_lock(&e->lock);
	g_queue_remove(&e->begun, end);
	if (!good && !end->last && e->first_error == TSR_OK)
		e->first_error = result->error;
	if (result->stats != NULL) {
		t->writes += result->stats->writes;
		t->flushes += result->stats->flushes;
		tsr_latency_add(&t->write_latency, &result->stats->write_latency);
		tsr_latency_add(&t->flush_latency, &result->stats->flush_latency);
	}
	pthread_mutex_unlock(&e->lock);
}

/* A full disk ends a file early, but under its final name: it plays. */
static bool has_final_name(const struct sink_result *result)
{
	bool running = false;
	return result->path == NULL || !tsr_container_of_file(result->path, NULL, &running, NULL) || !running;
}

static void on_sink_finished(void *ctx, const struct sink_result *result)
{
	struct ending *end = ctx;
	tsr_recording *r = end->r;
	if (result->path == NULL)
		log_line(TSR_LOG_WARNING, r->config.id, "nothing was recorded; no file is left");
	if (end->listed != NULL)
		playlist_file_ended(end->listed, result->bytes, has_final_name(result));
	hls_get_path(r->hls, r, end->stats.playlist, sizeof(end->stats.playlist));
	if (r->config.report && result->path != NULL && has_final_name(result))
		report_write(r, &(struct report){.name = end->name,
						 .title = end->title,
						 .metadata = end->metadata,
						 .started_utc_us = end->started_utc_us,
						 .ended_utc_us = end->ended_utc_us,
						 .stats = &end->stats,
						 .result = result});
	if (result->error == TSR_OK && !end->last)
		atomic_fetch_add(&r->endings->bytes_finished, result->bytes);
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
	tell_ended(r, &event, end->last);
	g_free(end->name);
	g_free(end->title);
	g_free(end->metadata);
	g_free(end);
	tsr_recording_unref(r);
}

void ending_settle(tsr_recording *r)
{
	for (struct ending *end; (end = g_queue_pop_head(&r->endings->closed)) != NULL;) {
		if (end->sink == NULL) /* it could not be opened: it ends as if it had been */
			on_sink_finished(end, &(struct sink_result){.error = r->error});
		else if (end->discard)
			file_sink_discard(end->sink, on_sink_finished, end);
		else
			sink_finish(end->sink, on_sink_finished, end);
	}
}

void ending_begin(tsr_recording *r, const struct ended_file *file)
{
	struct ending *end = g_new0(struct ending, 1);
	end->r = tsr_recording_ref(r);
	end->last = file->last;
	end->name = g_strdup(file->name);
	end->title = g_strdup(r->config.name);
	end->metadata = g_strdup(r->config.metadata);
	end->started_utc_us = file->started_utc_us;
	end->ended_utc_us = clock_utc_us();
	end->stats = *file->stats;
	end->sink = file->sink;
	end->listed = file->listed;
	end->discard = file->discard;
	if (end->sink != NULL) {
		struct sink_stats sink;
		sink_get_stats(end->sink, &sink);
		end->oldest_unsafe_us = sink.oldest_unsafe_us;
		end->buffered = sink.buffered;
	} else {
		ending_expect_file(r);
	}
	pthread_mutex_lock(&r->endings->lock);
	g_queue_push_tail(&r->endings->begun, end);
	pthread_mutex_unlock(&r->endings->lock);
	g_queue_push_tail(&r->endings->closed, end);
}
