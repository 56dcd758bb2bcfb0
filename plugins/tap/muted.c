/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <pthread.h>

#include "../config/config.h"
#include "muted.h"

/* Nobody says when somebody who is muted has gone: notes are dropped with their room, and beyond so many the oldest. */
#define MAX_NOTES 16384

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static GHashTable *notes; /* guarded by the mutex; key -> int64_t: when it was muted */

/* Of all rooms and people, whatever their ids are made of (g_free). */
static char *new_key(const struct hook *hook, const char *room, const char *peer, const char *mid)
{
	char *parts[] = {g_strescape(room, NULL), g_strescape(peer ? peer : "", NULL),
			 g_strescape(mid ? mid : "", NULL)};
	char *key = g_strdup_printf("%p\n%s\n%s\n%s", (const void *)hook, parts[0], parts[1], parts[2]);
	for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++)
		g_free(parts[i]);
	return key;
}

/* The mutex held. */
static void drop_oldest(void)
{
	GHashTableIter iter;
	gpointer key, value, oldest = NULL;
	int64_t oldest_us = INT64_MAX;
	g_hash_table_iter_init(&iter, notes);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		if (*(int64_t *)value < oldest_us) {
			oldest_us = *(int64_t *)value;
			oldest = key;
		}
	}
	g_hash_table_remove(notes, oldest);
}

void muted_set(const struct hook *hook, const char *room, const char *peer, const char *mid, bool muted)
{
	char *key = new_key(hook, room, peer, mid);
	pthread_mutex_lock(&mutex);
	if (!notes)
		notes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (muted) {
		if (g_hash_table_size(notes) >= MAX_NOTES && !g_hash_table_contains(notes, key))
			drop_oldest();
		int64_t now_us = tsr_now_us();
		g_hash_table_replace(notes, g_strdup(key), g_memdup2(&now_us, sizeof(now_us)));
	} else {
		g_hash_table_remove(notes, key);
	}
	pthread_mutex_unlock(&mutex);
	g_free(key);
}

static gboolean begins_with(gpointer key, gpointer value, gpointer prefix)
{
	(void)value;
	return g_str_has_prefix(key, prefix);
}

void muted_forget_room(const struct hook *hook, const char *room)
{
	char *name = g_strescape(room, NULL), *prefix = g_strdup_printf("%p\n%s\n", (const void *)hook, name);
	pthread_mutex_lock(&mutex);
	if (notes)
		g_hash_table_foreach_remove(notes, begins_with, prefix);
	pthread_mutex_unlock(&mutex);
	g_free(prefix);
	g_free(name);
}

/* The mutex held. */
static bool is_noted(const char *key, int64_t since_us)
{
	const int64_t *at_us = g_hash_table_lookup(notes, key);
	return at_us && *at_us >= since_us;
}

bool muted_is(const struct hook *hook, const char *room, const char *peer, const char *mid, int64_t since_us)
{
	char *line = new_key(hook, room, peer, mid), *everybody = new_key(hook, room, NULL, NULL);
	pthread_mutex_lock(&mutex);
	bool muted = notes && (is_noted(line, since_us) || is_noted(everybody, 0));
	pthread_mutex_unlock(&mutex);
	g_free(everybody);
	g_free(line);
	return muted;
}

void muted_forget_all(void)
{
	pthread_mutex_lock(&mutex);
	g_clear_pointer(&notes, g_hash_table_unref);
	pthread_mutex_unlock(&mutex);
}
