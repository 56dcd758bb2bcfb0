/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Requests about all recordings there are: list, info, delete, profiles. */
#include <glib.h>
#include <string.h>

#include "../runtime/runtime.h"
#include "handlers.h"
#include "target.h"

static const char *const states[] = {"starting", "recording", "paused", "stopping", "finished", "interrupted", NULL};

struct list_params {
	int state;
	int64_t since, until;
	int64_t offset, limit;
	char *admin_key;
};

#define AT(member) offsetof(struct list_params, member)
/* clang-format off */
static const struct field list_fields[] = {
	{ "state",     FIELD_CHOICE, AT(state),     0, 0,          states, 0, NULL },
	{ "since",     FIELD_MOMENT, AT(since),     0, 0,          NULL, 0, NULL },
	{ "until",     FIELD_MOMENT, AT(until),     0, 0,          NULL, 0, NULL },
	{ "offset",    FIELD_INT,    AT(offset),    0, 1000000000, NULL, 0, NULL },
	{ "limit",     FIELD_INT,    AT(limit),     1, 1000,       NULL, 0, NULL },
	{ "admin_key", FIELD_TEXT,   AT(admin_key), 0, 256,        NULL, FIELD_SECRET, NULL },
	{ 0 }
};
/* clang-format on */
#undef AT

static const struct field no_fields[] = {{0}};

/* ---- list ---- */

/* What may be in a list: a take that runs, or an item of the library. */
struct candidate {
	int64_t started_us;
	struct take *take; /* borrowed from the lists below */
	struct library_item *item;
};

static bool in_time(const struct list_params *p, int64_t started_us)
{
	return started_us >= p->since && started_us < p->until;
}

static bool has_state(const struct list_params *p, const struct candidate *c)
{
	if (p->state < 0)
		return true;
	const char *state = c->item ? library_item_state(c->item) : take_state(c->take);
	return !strcmp(state, states[p->state]);
}

static bool is_own(const struct request *r, const char *stamp)
{
	return r->session && session_made(r->session, stamp);
}

/* The finished segments of one that runs are no recording of their own. */
static bool runs(const GPtrArray *takes, const char *id)
{
	for (guint i = 0; i < takes->len; i++) {
		if (!strcmp(take_facts(g_ptr_array_index(takes, i))->id, id))
			return true;
	}
	return false;
}

static GArray *candidates(const struct request *r, const struct list_params *p, bool all, GPtrArray *takes,
			  GPtrArray *items)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(struct candidate));
	for (guint i = 0; i < takes->len; i++) {
		struct take *take = g_ptr_array_index(takes, i);
		const struct take_facts *facts = take_facts(take);
		struct candidate c = {.started_us = facts->started_us, .take = take};
		if ((all || !facts->private || is_own(r, facts->stamp)) && in_time(p, c.started_us) && has_state(p, &c))
			g_array_append_val(list, c);
	}
	for (guint i = 0; i < items->len; i++) {
		struct library_item *item = g_ptr_array_index(items, i);
		struct candidate c = {.started_us = item->started_us, .item = item};
		if ((all || !item->private || is_own(r, item->stamp)) && in_time(p, c.started_us) && has_state(p, &c) &&
		    !runs(takes, item->id))
			g_array_append_val(list, c);
	}
	return list;
}

static gint newest_first(gconstpointer a, gconstpointer b)
{
	const struct candidate *x = a, *y = b;
	return x->started_us < y->started_us ? 1 : x->started_us > y->started_us ? -1 : 0;
}

static json_t *candidate_json(const struct request *r, const struct candidate *c)
{
	json_t *entry = c->item    ? library_item_json(c->item)
			: r->admin ? take_status(c->take)
				   : take_status_short(c->take);
	json_object_set_new(entry, "own",
			    json_boolean(is_own(r, c->item ? c->item->stamp : take_facts(c->take)->stamp)));
	return entry;
}

static json_t *list(struct request *r, const struct list_params *p)
{
	bool all = r->admin || target_is_admin(r, p->admin_key);
	GPtrArray *takes = takes_running(r->parts->takes, NULL), *items = library_items(r->parts->library);
	GArray *found = candidates(r, p, all, takes, items);
	g_array_sort(found, newest_first);
	json_t *recordings = json_array();
	for (guint i = (guint)p->offset; i < found->len && i < p->offset + p->limit; i++)
		json_array_append_new(recordings, candidate_json(r, &g_array_index(found, struct candidate, i)));
	json_t *answer = json_pack("{s:s, s:i, s:I, s:o}", "tsrecorder", "list", "total", (int)found->len, "offset",
				   (json_int_t)p->offset, "recordings", recordings);
	g_array_unref(found);
	g_ptr_array_unref(items);
	g_ptr_array_unref(takes);
	return answer;
}

json_t *browse_list(struct request *r)
{
	struct list_params p = {.state = -1, .until = INT64_MAX, .limit = 100};
	json_t *answer = NULL;
	if (request_read(r, list_fields, &p)) {
		if (p.admin_key && !r->admin && !target_is_admin(r, p.admin_key))
			request_fail(r, API_UNAUTHORIZED, "the admin_key is wrong");
		else
			answer = list(r, &p);
	}
	fields_clear(list_fields, &p);
	return answer;
}

/* ---- info, delete, profiles ---- */

json_t *browse_info(struct request *r)
{
	struct target target;
	if (!target_find(r, TARGET_SEE, &target))
		return NULL;
	json_t *recording = NULL;
	/* The latest one of the handle, ended: by now the library knows more of it. */
	if (target.take && take_ended(target.take))
		target.item = library_find(r->parts->library, take_facts(target.take)->id);
	if (target.item) {
		recording = library_item_json(target.item);
		json_object_set_new(recording, "reports", library_reports(r->parts->library, target.item));
	} else {
		recording = take_status(target.take);
	}
	target_clear(&target);
	return json_pack("{s:s, s:o}", "tsrecorder", "info", "recording", recording);
}

static void tell_deleted(const struct request *r, const char *id, const char *name)
{
	json_t *event = json_pack("{s:s, s:s, s:s+, s:s}", "event", "deleted", "id", id, "file", name, ".ts", "reason",
				  "request");
	if (r->session)
		session_notify(r->session, event);
	else
		runtime_notify(r->parts->runtime, NULL, event);
}

static json_t *remove_files(struct request *r, const struct library_item *item)
{
	struct config *config = runtime_config(r->parts->runtime);
	const char *folder = config_general(config)->recordings_path;
	tsr_error err = TSR_OK;
	int removed = 0;
	for (guint i = 0; i < item->files->len && err == TSR_OK; i++) {
		const char *name = g_ptr_array_index(item->files, i);
		err = tsr_remove(folder, name);
		if (err == TSR_OK) {
			removed++;
			tell_deleted(r, item->id, name);
		}
	}
	config_unref(config);
	library_changed(r->parts->library);
	if (err != TSR_OK)
		return request_fail(r, api_error_of(err), "%d of %u files were removed: %s", removed, item->files->len,
				    tsr_strerror(err));
	return json_pack("{s:s, s:s, s:i}", "tsrecorder", "deleted", "id", item->id, "files", removed);
}

json_t *browse_delete(struct request *r)
{
	struct target target;
	if (!target_find(r, TARGET_CONTROL, &target))
		return NULL;
	if (target.take && take_ended(target.take))
		target.item = library_find(r->parts->library, take_facts(target.take)->id);
	json_t *answer = NULL;
	if (target.take && !take_ended(target.take))
		request_fail(r, API_WRONG_STATE, "it is still running");
	else if (!target.item)
		request_fail(r, API_NOT_FOUND, "it left no file, or is deleted already");
	else if (target.item->interrupted)
		request_fail(r, API_WRONG_STATE, "it is not finished: it waits for recovery");
	else
		answer = remove_files(r, target.item);
	target_clear(&target);
	return answer;
}

json_t *browse_profiles(struct request *r)
{
	char none;
	if (!request_read(r, no_fields, &none))
		return NULL;
	struct config *config = runtime_config(r->parts->runtime);
	json_t *answer = json_pack("{s:s, s:o}", "tsrecorder", "profiles", "profiles", config_profiles_json(config));
	config_unref(config);
	return answer;
}
