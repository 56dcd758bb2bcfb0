/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine.h"

#include <glib.h>
#include <stdlib.h>
#include <unistd.h>

#include "mux/mux.h"
#include "recording.h"

#define DEFAULT_WRITERS 4

struct tsr_engine {
	struct service *copy_lane, *transcode_lane; /* NULL offline */
	struct writers *writers;                    /* NULL offline */
	pthread_mutex_t lock;
	bool closing;         /* lock */
	tsr_recording *first; /* lock; each entry holds a reference */
};

/* ---- engine ---- */

static bool start_threads(tsr_engine *e, const tsr_engine_config *config)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned copy = config->copy_workers ? config->copy_workers : 1;
	unsigned transcode = config->transcode_workers ? config->transcode_workers
			     : processors > 0          ? (unsigned)processors
						       : 1;
	e->writers = writers_create(config->writers ? config->writers : DEFAULT_WRITERS);
	e->copy_lane = service_create("tsr-copy", copy, ENGINE_TURN_PERIOD_US);
	e->transcode_lane = service_create("tsr-transcode", transcode, ENGINE_TURN_PERIOD_US);
	return e->writers != NULL && e->copy_lane != NULL && e->transcode_lane != NULL;
}

tsr_engine *tsr_engine_create(const tsr_engine_config *config)
{
	static const tsr_engine_config defaults;
	tsr_engine *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	if (config == NULL)
		config = &defaults;
	mux_log_errors_alone();
	pthread_mutex_init(&e->lock, NULL);
	if (config->offline || start_threads(e, config))
		return e;
	tsr_engine_destroy(e);
	return NULL;
}

struct writers *engine_writers(const tsr_engine *engine)
{
	return engine->writers;
}

/* A referenced copy of the list: stopping and waiting happen without the lock. */
static GPtrArray *recordings_of(tsr_engine *e)
{
	GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)tsr_recording_unref);
	pthread_mutex_lock(&e->lock);
	e->closing = true;
	for (tsr_recording *r = e->first; r != NULL; r = r->next)
		g_ptr_array_add(all, tsr_recording_ref(r));
	pthread_mutex_unlock(&e->lock);
	return all;
}

void tsr_engine_destroy(tsr_engine *e)
{
	if (e == NULL)
		return;
	GPtrArray *all = recordings_of(e);
	for (guint i = 0; i < all->len; i++)
		tsr_recording_stop(all->pdata[i], "shutdown");
	for (guint i = 0; i < all->len; i++)
		tsr_recording_wait(all->pdata[i]);
	g_ptr_array_unref(all);
	service_destroy(e->copy_lane); /* first: it hands recordings over to the other lane */
	service_destroy(e->transcode_lane);
	writers_destroy(e->writers);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

tsr_error engine_remember(tsr_engine *e, tsr_recording *r)
{
	tsr_error err = TSR_E_BUSY;
	pthread_mutex_lock(&e->lock);
	if (!e->closing) {
		r->next = e->first;
		if (r->next != NULL)
			r->next->prev = r;
		e->first = tsr_recording_ref(r);
		err = TSR_OK;
	}
	pthread_mutex_unlock(&e->lock);
	return err;
}

void engine_forget(tsr_recording *r)
{
	tsr_engine *e = r->engine;
	pthread_mutex_lock(&e->lock);
	if (r->prev != NULL)
		r->prev->next = r->next;
	else
		e->first = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	pthread_mutex_unlock(&e->lock);
	tsr_recording_unref(r);
}

/* ---- lanes ---- */

void engine_serve(tsr_engine *e, tsr_recording *r, bool (*serve)(struct service_item *item, int64_t now_us))
{
	r->item.serve = serve;
	r->lane = e->copy_lane;
	r->offline = r->lane == NULL;
	tsr_recording_ref(r); /* the lane's */
	if (r->lane != NULL)
		service_add(r->lane, &r->item);
}

bool engine_change_lane(tsr_recording *r)
{
	if (r->lane != r->engine->copy_lane)
		return false;
	r->lane = r->engine->transcode_lane;
	return true;
}

void engine_hand_over(tsr_recording *r)
{
	service_add(r->engine->transcode_lane, &r->item);
}
