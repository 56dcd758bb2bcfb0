/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All recordings that run. */
#include <glib.h>

#include "../library/library.h"
#include "inside.h"

struct takes *takes_create(const struct settings *s, struct library *library)
{
	const tsr_engine_config config = {
		.copy_workers = (unsigned)s->copy_workers,
		.transcode_workers = (unsigned)s->transcode_workers,
		.writers = (unsigned)s->writers,
	};
	tsr_engine *engine = tsr_engine_create(&config);
	if (!engine)
		return NULL;
	struct takes *takes = g_new0(struct takes, 1);
	takes->engine = engine;
	takes->library = library;
	takes->running = g_hash_table_new(g_str_hash, g_str_equal);
	pthread_mutex_init(&takes->mutex, NULL);
	return takes;
}

void takes_destroy(struct takes *takes)
{
	if (!takes)
		return;
	tsr_engine_destroy(takes->engine);
	library_flush(takes->library); /* the last events come from there */
	g_hash_table_destroy(takes->running);
	pthread_mutex_destroy(&takes->mutex);
	g_free(takes);
}

struct take *takes_find(struct takes *takes, const char *id)
{
	pthread_mutex_lock(&takes->mutex);
	struct take *take = g_hash_table_lookup(takes->running, id);
	/* One that is still being created has no recording yet. */
	if (take && !take->recording)
		take = NULL;
	if (take)
		take_ref(take);
	pthread_mutex_unlock(&takes->mutex);
	return take;
}

static json_t *sums(const struct totals *ended, GPtrArray *running)
{
	GPtrArray *stats = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < running->len; i++) {
		tsr_stats *s = g_new(tsr_stats, 1);
		tsr_recording_get_stats(((struct take *)g_ptr_array_index(running, i))->recording, s);
		g_ptr_array_add(stats, s);
	}
	json_t *totals = totals_json(ended, (tsr_stats *const *)stats->pdata, stats->len);
	g_ptr_array_unref(stats);
	return totals;
}

GPtrArray *takes_running(struct takes *takes, json_t **totals)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)take_unref);
	struct totals *ended = g_new(struct totals, 1);
	pthread_mutex_lock(&takes->mutex);
	GHashTableIter iter;
	gpointer value;
	g_hash_table_iter_init(&iter, takes->running);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct take *take = value;
		if (take->recording)
			g_ptr_array_add(list, take_ref(take));
	}
	*ended = takes->ended;
	pthread_mutex_unlock(&takes->mutex);
	if (totals)
		*totals = sums(ended, list);
	g_free(ended);
	return list;
}

static const struct settings *settings_of(const struct config *config, const struct take *take)
{
	const struct settings *s = config_profile(config, take->facts.profile);
	return s ? s : config_general(config);
}

void takes_apply(struct takes *takes, const struct config *old, const struct config *config)
{
	GPtrArray *running = takes_running(takes, NULL);
	for (guint i = 0; i < running->len; i++) {
		struct take *take = g_ptr_array_index(running, i);
		take_apply(take, settings_of(old, take), settings_of(config, take));
	}
	g_ptr_array_unref(running);
}
