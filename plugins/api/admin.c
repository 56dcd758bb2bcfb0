/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What only the Admin API can ask: statistics, run-time settings, recovery. */
#include <glib.h>

#include "../library/keeper.h"
#include "../library/library.h"
#include "../runtime/runtime.h"
#include "../take/status.h"
#include "../take/totals.h"
#include "handlers.h"
#include "target.h"
#include "tsrecorder-config.h"

static const struct field no_fields[] = {{0}};

static json_t *all_statuses(GPtrArray *takes)
{
	json_t *list = json_array();
	for (guint i = 0; i < takes->len; i++)
		json_array_append_new(list, status_of(g_ptr_array_index(takes, i)));
	return list;
}

static json_t *sums(GPtrArray *takes, const struct totals *ended)
{
	GPtrArray *stats = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < takes->len; i++) {
		tsr_stats *s = g_new(tsr_stats, 1);
		tsr_recording_get_stats(((struct take *)g_ptr_array_index(takes, i))->recording, s);
		g_ptr_array_add(stats, s);
	}
	json_t *totals = totals_json(ended, (tsr_stats *const *)stats->pdata, stats->len);
	g_ptr_array_unref(stats);
	return totals;
}

json_t *admin_stats(struct request *r)
{
	char none;
	if (!request_read(r, no_fields, &none))
		return NULL;
	struct config *config = runtime_config();
	const char *folder = config_general(config)->recordings_path;
	struct totals *ended;
	GPtrArray *takes = takes_running(&ended);
	uint64_t free_bytes = 0;
	tsr_error space = tsr_free_space(folder, &free_bytes);
	json_t *answer = json_pack("{s:s, s:s, s:I, s:i, s:i, s:s, s:o, s:o, s:o}", "tsrecorder", "stats", "version",
				   TSR_VERSION_STRING, "uptime_s",
				   (json_int_t)((tsr_now_us() - runtime_started_us()) / G_USEC_PER_SEC), "handles",
				   (int)sessions_count(), "running", (int)takes->len, "recordings_path", folder,
				   "free_bytes", space == TSR_OK ? json_integer((json_int_t)free_bytes) : json_null(),
				   "totals", sums(takes, ended), "recordings", all_statuses(takes));
	g_ptr_array_unref(takes);
	g_free(ended);
	config_unref(config);
	return answer;
}

struct configure_params {
	json_t *settings;
};

static const struct field configure_fields[] = {
	{"settings", FIELD_OBJECT, offsetof(struct configure_params, settings), 0, 65536, NULL, 0, NULL},
	{0},
};

static const struct settings *settings_of(const struct config *config, const struct take *take)
{
	const struct settings *s = config_profile(config, take->profile);
	return s ? s : config_general(config);
}

static void apply_to_running(const struct config *old, const struct config *config)
{
	GPtrArray *takes = takes_running(NULL);
	for (guint i = 0; i < takes->len; i++) {
		struct take *take = g_ptr_array_index(takes, i);
		take_apply(take, settings_of(old, take), settings_of(config, take));
	}
	g_ptr_array_unref(takes);
}

/* The running configuration is replaced as a whole, or not at all. */
static bool apply(struct request *r, json_t *settings)
{
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&one_at_a_time);
	struct config *config = runtime_config();
	struct config *changed = config_change(config, settings, &r->code, r->error, sizeof(r->error));
	if (changed) {
		char *text = json_dumps(settings, JSON_COMPACT | JSON_ENSURE_ASCII);
		log_line(TSR_LOG_INFO, NULL, "settings changed by the Admin API: %s", text);
		free(text);
		config_ref(changed);
		runtime_set_config(changed);
		apply_to_running(config, changed);
		config_unref(changed);
	}
	config_unref(config);
	pthread_mutex_unlock(&one_at_a_time);
	return changed != NULL;
}

json_t *admin_configure(struct request *r)
{
	struct configure_params p = {0};
	json_t *answer = NULL;
	if (request_read(r, configure_fields, &p) && (!p.settings || apply(r, p.settings))) {
		struct config *config = runtime_config();
		answer = json_pack("{s:s, s:o}", "tsrecorder", "configured", "settings", config_general_json(config));
		config_unref(config);
	}
	fields_clear(configure_fields, &p);
	return answer;
}

json_t *admin_recover(struct request *r)
{
	char none;
	if (!request_read(r, no_fields, &none))
		return NULL;
	library_changed();
	GPtrArray *items = library_items();
	int files = 0;
	for (guint i = 0; i < items->len; i++) {
		const struct library_item *item = g_ptr_array_index(items, i);
		files += item->interrupted ? (int)item->files->len : 0;
	}
	g_ptr_array_unref(items);
	keeper_recover();
	return json_pack("{s:s, s:i}", "tsrecorder", "recovering", "files", files);
}
