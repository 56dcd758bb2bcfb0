/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "writers.h"

#include <pthread.h>
#include <stdlib.h>

#include "chunks.h"

#define MAX_THREADS 16

struct group {
	struct group *next;
	dev_t device;
	struct service *service;
};

struct writers {
	pthread_mutex_t lock;
	struct group *groups;
	unsigned threads;
	struct chunk_pool pool;
};

struct writers *writers_create(unsigned threads)
{
	struct writers *w = threads > 0 && threads <= MAX_THREADS ? calloc(1, sizeof(*w)) : NULL;
	if (w == NULL)
		return NULL;
	pthread_mutex_init(&w->lock, NULL);
	chunk_pool_init(&w->pool);
	w->threads = threads;
	return w;
}

void writers_destroy(struct writers *w)
{
	if (w == NULL)
		return;
	for (struct group *g = w->groups, *next; g != NULL; g = next) {
		next = g->next;
		service_destroy(g->service);
		free(g);
	}
	chunk_pool_finish(&w->pool);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

/* w->lock held. */
static struct group *group_of(struct writers *w, dev_t device)
{
	for (struct group *g = w->groups; g != NULL; g = g->next)
		if (g->device == device)
			return g;
	struct group *g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	g->service = service_create("tsr-writer", w->threads, WRITER_PERIOD_US);
	if (g->service == NULL) {
		free(g);
		return NULL;
	}
	g->device = device;
	g->next = w->groups;
	w->groups = g;
	return g;
}

tsr_error writers_add(struct writers *w, dev_t device, struct service_item *item)
{
	pthread_mutex_lock(&w->lock);
	struct group *g = group_of(w, device);
	pthread_mutex_unlock(&w->lock);
	if (g == NULL)
		return TSR_E_NOMEM;
	service_add(g->service, item);
	return TSR_OK;
}

struct chunk_pool *writers_pool(struct writers *w)
{
	return &w->pool;
}
