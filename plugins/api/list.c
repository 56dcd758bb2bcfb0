/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `list`: all recordings there are. Most come from the catalogue, in its order; a few are found one by one and put between them: those
 * that run, and those that only their own handle may see. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "../runtime/runtime.h"
#include "handlers.h"
#include "target.h"

static const char *const states[] = {"starting", "recording", "paused", "stopping", "finished", "interrupted", NULL};

/* More that run in other processes are not listed. */
#define MOST_FOREIGN 1000

struct list_params {
	int state;
	int64_t since, until;
	int64_t offset, limit;
	bool own;
	char *name, *before, *admin_key;
};

#define AT(member) offsetof(struct list_params, member)
/* clang-format off */
static const struct field list_fields[] = {
	{ "state",     FIELD_CHOICE, AT(state),     0, 0,          states, 0, NULL },
	{ "since",     FIELD_MOMENT, AT(since),     0, 0,          NULL, 0, NULL },
	{ "until",     FIELD_MOMENT, AT(until),     0, 0,          NULL, 0, NULL },
	{ "own",       FIELD_BOOL,   AT(own),       0, 0,          NULL, 0, NULL },
	{ "name",      FIELD_TEXT,   AT(name),      1, 256,        NULL, 0, NULL },
	{ "before",    FIELD_TEXT,   AT(before),    1, 300,        NULL, 0, NULL },
	{ "offset",    FIELD_INT,    AT(offset),    0, 1000000000, NULL, 0, NULL },
	{ "limit",     FIELD_INT,    AT(limit),     1, 1000,       NULL, 0, NULL },
	{ "admin_key", FIELD_TEXT,   AT(admin_key), 0, 256,        NULL, FIELD_SECRET, NULL },
	{ 0 }
};
/* clang-format on */
#undef AT

/* Of a list: who asks for what, and what there is. */
struct list {
	struct request *r;
	const struct list_params *params;
	bool all; /* the private ones of others, too */
	struct catalogue *catalogue;
	struct catalogue_filter filter; /* what the catalogue is asked for; states 0 = nothing */
	GPtrArray *takes;               /* that run here */
	GArray *few;                    /* struct candidate: found one by one, newest first; behind `before` */
	uint64_t few_matching;          /* with those before that */
};

/* What may be in a list: a take that runs, or a recording of the catalogue. One of both, owned. */
struct candidate {
	int64_t started_us;
	const char *id;
	struct take *take;
	struct catalogue_recording *item;
};

static void candidate_clear(void *data)
{
	struct candidate *c = data;
	take_unref(c->take);
	catalogue_recording_free(c->item);
}

static gint newest_first(gconstpointer a, gconstpointer b)
{
	const struct candidate *x = a, *y = b;
	if (x->started_us != y->started_us)
		return x->started_us < y->started_us ? 1 : -1;
	return strcmp(x->id, y->id);
}

static bool is_own(const struct request *r, const char *stamp)
{
	return r->session && session_made(r->session, stamp);
}

/* ---- the few ------------------------------------------------------------------------------------------------------- */

static bool has_state(const struct list_params *p, const char *state)
{
	return p->state < 0 || !strcmp(state, states[p->state]);
}

static bool may_see(const struct list *l, bool private, const char *stamp)
{
	if (is_own(l->r, stamp))
		return true;
	return !l->params->own && (l->all || !private);
}

/* Puts it among the few if it is asked for; false if not. Who may see it, and its state, is looked after. */
static bool add(struct list *l, const struct candidate *c, const char *name)
{
	const struct list_params *p = l->params;
	const struct candidate last = {.started_us = l->filter.after_us, .id = l->filter.after_id};
	if (c->started_us < p->since || c->started_us >= p->until || (p->name && g_strcmp0(p->name, name)))
		return false;
	l->few_matching++;
	if (l->filter.after_id && newest_first(&last, c) >= 0)
		return false;
	g_array_append_val(l->few, *c);
	return true;
}

/* Takes the item. */
static void add_item(struct list *l, struct catalogue_recording *item)
{
	struct candidate c = {item->started_us, item->id, NULL, item};
	if (!may_see(l, item->is_private, item->stamp) || !has_state(l->params, catalogue_state_name(item->state)) ||
	    !add(l, &c, item->title))
		catalogue_recording_free(item);
}

static void add_takes(struct list *l)
{
	for (guint i = 0; i < l->takes->len; i++) {
		struct take *take = g_ptr_array_index(l->takes, i);
		const struct take_facts *facts = take_facts(take);
		struct candidate c = {facts->started_us, facts->id, take, NULL};
		char *name = take_dup_name(take);
		if (may_see(l, facts->private, facts->stamp) && has_state(l->params, take_state(take)) &&
		    add(l, &c, name))
			take_ref(take);
		g_free(name);
	}
}

/* The finished segments of one that runs are no recording of their own. */
static bool runs_here(const struct list *l, const char *id)
{
	for (guint i = 0; i < l->takes->len; i++) {
		if (!strcmp(take_facts(g_ptr_array_index(l->takes, i))->id, id))
			return true;
	}
	return false;
}

/* Those that other processes record in this folder. */
static void add_foreign(struct list *l)
{
	const struct catalogue_filter running = {.states = CATALOGUE_BIT(CATALOGUE_RUNNING)};
	GPtrArray *items = catalogue_list(l->catalogue, &running, 0, MOST_FOREIGN);
	for (guint i = 0; i < items->len; i++) {
		struct catalogue_recording *item = g_ptr_array_index(items, i);
		if (runs_here(l, item->id))
			continue;
		g_ptr_array_index(items, i) = NULL; /* catalogue_recording_free takes it */
		add_item(l, item);
	}
	g_ptr_array_unref(items);
}

/* Those that this handle made and the catalogue is not asked for: the private ones, or all when it is asked for none. */
static void add_own(struct list *l)
{
	const bool own = l->params->own;
	if (!l->r->session || (l->all && !own))
		return;
	GPtrArray *ids = session_made_ids(l->r->session);
	for (guint i = 0; i < ids->len; i++) {
		const char *id = g_ptr_array_index(ids, i);
		struct catalogue_recording *item = runs_here(l, id) ? NULL : catalogue_find(l->catalogue, id);
		if (item && (own || item->is_private) && item->state != CATALOGUE_RUNNING)
			add_item(l, item);
		else
			catalogue_recording_free(item);
	}
	g_ptr_array_unref(ids);
}

/* ---- the list ------------------------------------------------------------------------------------------------------ */

static unsigned ended_states(const struct list_params *p)
{
	unsigned bits = 0;
	if (has_state(p, catalogue_state_name(CATALOGUE_FINISHED)))
		bits |= CATALOGUE_BIT(CATALOGUE_FINISHED);
	if (has_state(p, catalogue_state_name(CATALOGUE_INTERRUPTED)))
		bits |= CATALOGUE_BIT(CATALOGUE_INTERRUPTED);
	return bits;
}

static json_t *candidate_json(const struct request *r, const struct candidate *c)
{
	json_t *entry = c->item    ? library_item_json(r->parts->library, c->item)
			: r->admin ? take_status(c->take)
				   : take_status_short(c->take);
	json_object_set_new(entry, "own",
			    json_boolean(is_own(r, c->item ? c->item->stamp : take_facts(c->take)->stamp)));
	return entry;
}

/* Where a list goes on behind this recording: the request's `before`. */
static json_t *key_of(const struct candidate *c)
{
	return json_sprintf("%" G_GINT64_FORMAT "/%s", c->started_us, c->id);
}

/* False when it is no key. */
static bool read_key(const char *text, struct catalogue_filter *filter)
{
	char *end;
	filter->after_us = g_ascii_strtoll(text, &end, 10);
	filter->after_id = end + 1;
	return end != text && *end == '/';
}

/* The page of both, from `offset` on: the catalogue's part begins as much earlier as there are others. *last is the last one's key. */
static json_t *page(const struct list *l, json_t **last)
{
	json_t *recordings = json_array();
	const struct list_params *p = l->params;
	const guint few = l->few->len;
	const uint64_t offset = (uint64_t)p->offset, skip = offset > few ? offset - few : 0;
	GPtrArray *items = NULL;
	if (l->filter.states)
		items = catalogue_list(l->catalogue, &l->filter, skip,
				       (unsigned)p->limit + (unsigned)(offset - skip) + few);
	const guint many = items ? items->len : 0;
	uint64_t at = skip;
	for (guint i = 0, j = 0; (i < many || j < few) && json_array_size(recordings) < (size_t)p->limit;) {
		struct catalogue_recording *item = i < many ? g_ptr_array_index(items, i) : NULL;
		struct candidate c = {0};
		if (item)
			c = (struct candidate){item->started_us, item->id, NULL, item};
		if (!item || (j < few && newest_first(&g_array_index(l->few, struct candidate, j), &c) < 0))
			c = g_array_index(l->few, struct candidate, j++);
		else
			i++;
		if ((c.item && runs_here(l, c.id)) || at++ < offset)
			continue;
		json_array_append_new(recordings, candidate_json(l->r, &c));
		json_decref(*last);
		*last = key_of(&c);
	}
	if (items)
		g_ptr_array_unref(items);
	return recordings;
}

static json_t *answer_of(const struct list *l)
{
	const struct list_params *p = l->params;
	json_t *last = NULL, *recordings = page(l, &last);
	bool full = json_array_size(recordings) == (size_t)p->limit;
	uint64_t total = l->few_matching + (l->filter.states ? catalogue_count(l->catalogue, &l->filter) : 0);
	json_t *answer = json_pack("{s:s, s:I, s:I, s:o}", "tsrecorder", "list", "total", (json_int_t)total, "offset",
				   (json_int_t)p->offset, "recordings", recordings);
	if (full && last)
		json_object_set(answer, "next", last);
	json_decref(last);
	return answer;
}

static json_t *list(struct request *r, const struct list_params *p)
{
	struct list l = {
		.r = r,
		.params = p,
		.all = r->admin || target_is_admin(r, p->admin_key),
		.catalogue = library_catalogue(r->parts->library),
		.filter = {.states = p->own ? 0 : ended_states(p),
			   .since_us = p->since,
			   .until_us = MAX(p->until, 1),
			   .title = p->name},
	};
	l.filter.public_only = !l.all;
	if (p->before && !read_key(p->before, &l.filter))
		return request_fail(r, API_INVALID_ELEMENT, "before must be what an earlier list said as next");
	if (p->own && !r->session)
		return request_fail(r, API_INVALID_ELEMENT, "own is for handles: the Admin API has made none");
	l.takes = takes_running(r->parts->takes, NULL);
	l.few = g_array_new(FALSE, FALSE, sizeof(struct candidate));
	g_array_set_clear_func(l.few, candidate_clear);
	add_takes(&l);
	if (has_state(p, catalogue_state_name(CATALOGUE_RUNNING)))
		add_foreign(&l);
	add_own(&l);
	g_array_sort(l.few, newest_first);
	json_t *answer = answer_of(&l);
	g_array_unref(l.few);
	g_ptr_array_unref(l.takes);
	return answer;
}

json_t *list_recordings(struct request *r)
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
