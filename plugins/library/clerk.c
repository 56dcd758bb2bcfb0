/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the engine's threads tell is written down on a thread of its own: they must not wait for the disk. In the order in which it
 * was told. */
#include <glib.h>
#include <string.h>

#include "inside.h"

/* Something to write down. */
struct notice {
	char *id; /* of a recording that has ended; NULL = of one that goes on */
	char *path, *next;
	void (*done)(void *user);
	void *user;
};

static void notice_free(struct notice *n)
{
	g_free(n->id);
	g_free(n->path);
	g_free(n->next);
	g_free(n);
}

static void work(struct library *l, const struct notice *n)
{
	if (n->path)
		library_look(l, n->path);
	if (n->next)
		library_look(l, n->next);
	if (n->id) {
		pthread_mutex_lock(&l->mutex);
		g_hash_table_remove(l->mine, n->id);
		pthread_mutex_unlock(&l->mutex);
		catalogue_release(l->catalogue, n->id);
	}
	if (n->done)
		n->done(n->user);
}

void *library_clerk(void *library)
{
	struct library *l = library;
	pthread_mutex_lock(&l->mutex);
	for (;;) {
		struct notice *n = g_queue_pop_head(&l->notices);
		if (!n && l->stopping)
			break;
		if (!n) {
			pthread_cond_wait(&l->changed, &l->mutex);
			continue;
		}
		l->busy = true;
		pthread_mutex_unlock(&l->mutex);
		work(l, n);
		notice_free(n);
		pthread_mutex_lock(&l->mutex);
		l->busy = false;
		pthread_cond_broadcast(&l->changed);
	}
	pthread_mutex_unlock(&l->mutex);
	return NULL;
}

static void leave(struct library *l, const struct notice *n)
{
	pthread_mutex_lock(&l->mutex);
	g_queue_push_tail(&l->notices, g_memdup2(n, sizeof(*n)));
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->mutex);
}

void library_segment(struct library *l, const char *path, const char *next)
{
	const struct notice n = {.path = g_strdup(path), .next = g_strdup(next)};
	leave(l, &n);
}

void library_end(struct library *l, const char *id, const char *path, void (*done)(void *user), void *user)
{
	const struct notice n = {.id = g_strdup(id), .path = g_strdup(path), .done = done, .user = user};
	leave(l, &n);
}

void library_flush(struct library *l)
{
	pthread_mutex_lock(&l->mutex);
	while (l->busy || !g_queue_is_empty(&l->notices))
		pthread_cond_wait(&l->changed, &l->mutex);
	pthread_mutex_unlock(&l->mutex);
}
