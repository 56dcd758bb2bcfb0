/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All recordings that run. */
#include <glib.h>
#include <string.h>

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

/* All that run, and what the others did, which is `ended` unless that is NULL: one of both counts each. */
static GPtrArray *running(struct takes *takes, struct totals *ended)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)take_unref);
	pthread_mutex_lock(&takes->mutex);
	GHashTableIter iter;
	gpointer value;
	g_hash_table_iter_init(&iter, takes->running);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct take *take = value;
		if (take->recording)
			g_ptr_array_add(list, take_ref(take));
	}
	if (ended)
		*ended = takes->ended;
	pthread_mutex_unlock(&takes->mutex);
	return list;
}

static void sum(struct takes_sums *sums, GPtrArray *list)
{
	tsr_stats *s = g_new(tsr_stats, 1);
	for (guint i = 0; i < list->len; i++) {
		tsr_recording_get_stats(((struct take *)g_ptr_array_index(list, i))->recording, s);
		totals_add_running(&sums->totals, s);
		sums->running[s->state]++;
		if (s->state != TSR_STATE_RECORDING)
			continue;
		sums->last_write_age_ms = MAX(sums->last_write_age_ms, s->last_write_age_ms);
		if (s->buffered_bytes)
			sums->waiting_ms = MAX(sums->waiting_ms, s->last_write_age_ms);
	}
	g_free(s);
}

GPtrArray *takes_running(struct takes *takes, json_t **totals)
{
	struct takes_sums *sums = g_new0(struct takes_sums, 1);
	GPtrArray *list = running(takes, &sums->totals);
	if (totals) {
		sum(sums, list);
		*totals = totals_json(&sums->totals);
	}
	g_free(sums);
	return list;
}

void takes_get_sums(struct takes *takes, struct takes_sums *out)
{
	memset(out, 0, sizeof(*out));
	GPtrArray *list = running(takes, &out->totals);
	sum(out, list);
	g_ptr_array_unref(list);
	tsr_engine_get_stats(takes->engine, &out->engine);
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
