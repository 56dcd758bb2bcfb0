/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the host is told: queued during a turn, delivered after it, so that on_event may ask for statistics.
 *
 * From its recording it needs the configuration (id, on_event), and the turn's time where warnings are thinned out. */
#ifndef TSR_EVENTS_H
#define TSR_EVENTS_H

#include "recorder.h"

struct events;

struct events *events_create(void);
void events_destroy(struct events *e);

/* Queues a copy; it is delivered when the turn is over. Any thread. */
void events_queue(tsr_recording *r, const tsr_event *event);
void events_warn(tsr_recording *r, int track, const char *warning, const char *text);
/* The same once in ten seconds; *told_us (0 at first) is when it was. r->turn held. */
void events_warn_often(tsr_recording *r, int track, int64_t *told_us, const char *warning, const char *text);
/* Delivers what is queued, one event at a time whoever calls. r->turn not held. */
void events_deliver(tsr_recording *r);

/* A copy owns its path, text and sha256; its other strings are constant or the recording's. */
tsr_event *event_copy(const tsr_recording *r, const tsr_event *event);
/* Takes NULL. */
void event_free(tsr_event *event);

#endif
