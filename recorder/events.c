/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recording.h"

/* What a peer or a disk may bring about at any rate is told once in so long. */
#define WARNING_INTERVAL_US (10 * US_PER_S)

/* A queued event owns its path, text and sha256; its other strings are constant or the recording's. */
static tsr_event *copy_event(const tsr_recording *r, const tsr_event *event)
{
	tsr_event *copy = g_new(tsr_event, 1);
	*copy = *event;
	copy->id = r->config.id;
	copy->path = g_strdup(event->path);
	copy->text = g_strdup(event->text);
	copy->sha256 = g_strdup(event->sha256);
	return copy;
}

static void free_event(gpointer data)
{
	tsr_event *event = data;
	if (event == NULL)
		return;
	g_free((char *)event->path);
	g_free((char *)event->text);
	g_free((char *)event->sha256);
	g_free(event);
}

void events_queue(tsr_recording *r, const tsr_event *event)
{
	if (r->config.on_event == NULL)
		return;
	tsr_event *copy = copy_event(r, event);
	pthread_mutex_lock(&r->events_lock);
	g_queue_push_tail(&r->events, copy);
	pthread_mutex_unlock(&r->events_lock);
}

void events_warn(tsr_recording *r, int track, const char *warning, const char *text)
{
	log_line(TSR_LOG_WARNING, r->config.id, "%s: %s", warning, text);
	events_queue(r, &(tsr_event){.type = TSR_EVENT_WARNING, .track = track, .warning = warning, .text = text});
}

void events_warn_often(tsr_recording *r, int track, int64_t *told_us, const char *warning, const char *text)
{
	if (*told_us != 0 && r->now_us - *told_us < WARNING_INTERVAL_US)
		return;
	*told_us = r->now_us;
	events_warn(r, track, warning, text);
}

static tsr_event *pop(tsr_recording *r)
{
	pthread_mutex_lock(&r->events_lock);
	tsr_event *event = g_queue_pop_head(&r->events);
	pthread_mutex_unlock(&r->events_lock);
	return event;
}

void events_deliver(tsr_recording *r)
{
	if (r->config.on_event == NULL)
		return;
	pthread_mutex_lock(&r->deliver_lock);
	for (tsr_event *event; (event = pop(r)) != NULL; free_event(event))
		r->config.on_event(r->config.user, event);
	pthread_mutex_unlock(&r->deliver_lock);
}

/* The last event is with its taker: whoever waits may go, and the engine lets go of the recording. */
static void end_recording(tsr_recording *r)
{
	pthread_mutex_lock(&r->events_lock);
	r->done = true;
	pthread_cond_broadcast(&r->ended);
	pthread_mutex_unlock(&r->events_lock);
	engine_forget(r);
}

/* events_lock held. A recording of which a segment failed is not complete, whatever became of its last one. */
static void tell_first_error(tsr_recording *r)
{
	if (r->first_error == TSR_OK || r->last->type == TSR_EVENT_FAILED)
		return;
	r->last->type = TSR_EVENT_FAILED;
	r->last->error = r->first_error;
	g_free((char *)r->last->text);
	r->last->text = g_strdup_printf("an earlier segment failed: %s", tsr_strerror(r->first_error));
}

void events_file_ended(tsr_recording *r, const tsr_event *event, bool last)
{
	tsr_event *copy = copy_event(r, event);
	pthread_mutex_lock(&r->events_lock);
	if (last)
		r->last = copy;
	else
		g_queue_push_tail(&r->events, copy);
	bool over = --r->files_open == 0 && r->last != NULL;
	if (over) {
		tell_first_error(r);
		atomic_store(&r->state, r->last->type == TSR_EVENT_FAILED ? TSR_STATE_FAILED : TSR_STATE_FINISHED);
		stats_finish(r, r->final, r->last);
		g_queue_push_tail(&r->events, r->last);
		r->last = NULL;
	}
	pthread_mutex_unlock(&r->events_lock);
	events_deliver(r);
	if (over)
		end_recording(r);
}

void events_clear(tsr_recording *r)
{
	g_queue_clear_full(&r->events, free_event);
}

const char *tsr_event_name(tsr_event_type type)
{
	static const char *const names[] = {
		[TSR_EVENT_RECORDING] = "recording", [TSR_EVENT_KEYFRAME_NEEDED] = "keyframe_needed",
		[TSR_EVENT_PAUSED] = "paused",       [TSR_EVENT_RESUMED] = "resumed",
		[TSR_EVENT_STALLED] = "stalled",     [TSR_EVENT_UNSTALLED] = "unstalled",
		[TSR_EVENT_SEGMENT] = "segment",     [TSR_EVENT_WARNING] = "warning",
		[TSR_EVENT_FINISHED] = "finished",   [TSR_EVENT_FAILED] = "failed",
	};
	return (unsigned)type < G_N_ELEMENTS(names) ? names[type] : "unknown";
}
