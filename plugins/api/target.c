/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>
#include <utils.h> /* Janus's */

#include "../runtime/runtime.h"
#include "target.h"

struct target_params {
	char *id, *secret, *admin_key;
};

#define AT(member) offsetof(struct target_params, member)
/* clang-format off */
static const struct field target_fields[] = {
	{ "id",        FIELD_ID,   AT(id),        1, 64,  NULL, 0,            NULL },
	{ "secret",    FIELD_TEXT, AT(secret),    0, 256, NULL, FIELD_SECRET, NULL },
	{ "admin_key", FIELD_TEXT, AT(admin_key), 0, 256, NULL, FIELD_SECRET, NULL },
	{ 0 }
};
/* clang-format on */
#undef AT

bool target_is_admin(const struct request *r, const char *admin_key)
{
	struct config *config = runtime_config(r->parts->runtime);
	const char *key = config_general(config)->admin_key;
	bool admin = *key && admin_key && janus_strcmp_const_time(key, admin_key);
	config_unref(config);
	return admin;
}

void target_clear(struct target *target)
{
	take_unref(target->take);
	catalogue_recording_free(target->item);
	*target = (struct target){0};
}

static bool secret_fits(const struct target *t, const char *secret)
{
	if (t->item)
		return library_secret_fits(t->item, secret);
	const char *own = t->take ? take_facts(t->take)->secret : NULL;
	return own && secret && janus_strcmp_const_time(own, secret);
}

static bool is_public(const struct target *t)
{
	return t->item ? !t->item->is_private : t->take && !take_facts(t->take)->private;
}

/* The Admin API has its own secret, which the core has checked, and this key on top when there is one. */
static bool owns_all(const struct request *r, const struct target_params *p)
{
	return r->admin || target_is_admin(r, p->admin_key);
}

static bool find_by_id(struct request *r, const struct target_params *p, enum target_right right, struct target *out)
{
	out->take = takes_find(r->parts->takes, p->id);
	if (!out->take)
		out->item = catalogue_find(library_catalogue(r->parts->library), p->id);
	bool found = out->take || out->item;
	const char *stamp = out->take ? take_facts(out->take)->stamp : out->item ? out->item->stamp : NULL;
	bool all = owns_all(r, p) || (r->session && session_made(r->session, stamp));
	if (!all && !secret_fits(out, p->secret) && !(right == TARGET_SEE && is_public(out)))
		request_fail(r, API_UNAUTHORIZED, "this needs the recording's secret, or the admin_key");
	else if (!found)
		request_fail(r, API_NOT_FOUND, "there is no such recording");
	if (r->code != API_OK)
		target_clear(out);
	return r->code == API_OK;
}

bool target_find(struct request *r, enum target_right right, struct target *out)
{
	struct target_params p = {0};
	*out = (struct target){0};
	if (request_read(r, target_fields, &p)) {
		struct take *own = r->session ? session_take(r->session) : NULL;
		if (own && (!p.id || !strcmp(take_facts(own)->id, p.id))) {
			out->take = take_ref(own);
		} else if (p.id) {
			find_by_id(r, &p, right, out);
		} else if (r->session) {
			request_fail(r, API_WRONG_STATE, "this handle has not recorded anything");
		} else {
			request_fail(r, API_MISSING_ELEMENT, "id is missing");
		}
		take_unref(own);
	}
	fields_clear(target_fields, &p);
	return r->code == API_OK;
}
