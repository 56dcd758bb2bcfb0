/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events.h"

#include <glib.h>
#include <stdlib.h>

#include "recording.h"

/* What a peer or a disk may bring about at any rate is told once in so long. */
#define WARNING_INTERVAL_US (10 * US_PER_S)

struct events {
	pthread_mutex_t lock;
	pthread_mutex_t deliver_lock; /* one on_event at a time */
	GQueue queue;                 /* lock: tsr_event, owned */
};

struct events *events_create(void)
{
	struct events *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	pthread_mutex_init(&e->lock, NULL);
	pthread_mutex_init(&e->deliver_lock, NULL);
	g_queue_init(&e->queue);
	return e;
}

static void free_queued(gpointer event)
{
	event_free(event);
}

void events_destroy(struct events *e)
{
	if (e == NULL)
		return;
	g_queue_clear_full(&e->queue, free_queued);
	pthread_mutex_destroy(&e->lock);
	pthread_mutex_destroy(&e->deliver_lock);
	free(e);
}

tsr_event *event_copy(const tsr_recording *r, const tsr_event *event)
{
	tsr_event *copy = g_new(tsr_event, 1);
	*copy = *event;
	copy->id = r->config.id;
	copy->path = g_strdup(event->path);
	copy->text = g_strdup(event->text);
	copy->sha256 = g_strdup(event->sha256);
	return copy;
}

void event_free(tsr_event *event)
{
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
	tsr_event *copy = event_copy(r, event);
	pthread_mutex_lock(&r->events->lock);
	g_queue_push_tail(&r->events->queue, copy);
	pthread_mutex_unlock(&r->events->lock);
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

static tsr_event *pop(struct events *e)
{
	pthread_mutex_lock(&e->lock);
	tsr_event *event = g_queue_pop_head(&e->queue);
	pthread_mutex_unlock(&e->lock);
	return event;
}

void events_deliver(tsr_recording *r)
{
	if (r->config.on_event == NULL)
		return;
	pthread_mutex_lock(&r->events->deliver_lock);
	for (tsr_event *event; (event = pop(r->events)) != NULL; event_free(event))
		r->config.on_event(r->config.user, event);
	pthread_mutex_unlock(&r->events->deliver_lock);
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
