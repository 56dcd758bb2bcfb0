/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What only the Admin API can ask: statistics, run-time settings, recovery. */
#include <glib.h>

#include "../keeper/keeper.h"
#include "../library/library.h"
#include "../runtime/runtime.h"
#include "handlers.h"
#include "target.h"
#include "tsrecorder-config.h"

static const struct field no_fields[] = {{0}};

static json_t *all_statuses(GPtrArray *takes)
{
	json_t *list = json_array();
	for (guint i = 0; i < takes->len; i++)
		json_array_append_new(list, take_status(g_ptr_array_index(takes, i)));
	return list;
}

static json_t *catalogue_stats(const struct request *r)
{
	json_t *stats = library_stats(r->parts->library);
	int64_t retention_us = keeper_retention_us(r->parts->keeper);
	json_object_set_new(stats, "retention_us", retention_us < 0 ? json_null() : json_integer(retention_us));
	return stats;
}

json_t *admin_stats(struct request *r)
{
	char none;
	if (!request_read(r, no_fields, &none))
		return NULL;
	struct config *config = runtime_config(r->parts->runtime);
	const char *folder = config_general(config)->recordings_path;
	json_t *totals;
	GPtrArray *takes = takes_running(r->parts->takes, &totals);
	uint64_t free_bytes = 0;
	tsr_error space = tsr_free_space(folder, &free_bytes);
	json_t *answer = json_pack(
		"{s:s, s:s, s:I, s:i, s:i, s:s, s:o, s:o, s:o, s:o}", "tsrecorder", "stats", "version",
		TSR_VERSION_STRING, "uptime_s",
		(json_int_t)((tsr_now_us() - runtime_started_us(r->parts->runtime)) / G_USEC_PER_SEC), "handles",
		(int)sessions_count(r->parts->sessions), "running", (int)takes->len, "recordings_path", folder,
		"free_bytes", space == TSR_OK ? json_integer((json_int_t)free_bytes) : json_null(), "totals", totals,
		"catalogue", catalogue_stats(r), "recordings", all_statuses(takes));
	g_ptr_array_unref(takes);
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

/* The running configuration is replaced as a whole, or not at all. */
static bool apply(struct request *r, json_t *settings)
{
	struct config *config = runtime_begin_change(r->parts->runtime);
	struct config *changed = config_change(config, settings, &r->code, r->error, sizeof(r->error));
	if (changed) {
		char *text = json_dumps(settings, JSON_COMPACT | JSON_ENSURE_ASCII);
		log_line(TSR_LOG_INFO, NULL, "settings changed by the Admin API: %s", text);
		free(text);
		config_ref(changed);
		runtime_set_config(r->parts->runtime, changed);
		takes_apply(r->parts->takes, config, changed);
		config_unref(changed);
	}
	config_unref(config);
	runtime_end_change(r->parts->runtime);
	return changed != NULL;
}

json_t *admin_configure(struct request *r)
{
	struct configure_params p = {0};
	json_t *answer = NULL;
	if (request_read(r, configure_fields, &p) && (!p.settings || apply(r, p.settings))) {
		struct config *config = runtime_config(r->parts->runtime);
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
	uint64_t files = catalogue_interrupted_files(library_catalogue(r->parts->library));
	keeper_recover(r->parts->keeper);
	return json_pack("{s:s, s:I}", "tsrecorder", "recovering", "files", (json_int_t)files);
}

json_t *admin_rescan(struct request *r)
{
	char none;
	if (!request_read(r, no_fields, &none))
		return NULL;
	library_rescan(r->parts->library);
	return json_pack("{s:s}", "tsrecorder", "rescanning");
}
