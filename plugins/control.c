/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Requests about a recording that runs: pause, resume, split, stop, status; and who may make them. */
#include <glib.h>
#include <string.h>
#include <utils.h> /* Janus's */

#include "api.h"
#include "runtime.h"
#include "status.h"
#include "take.h"

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

static const struct field no_fields[] = {{0}};

static bool is_admin(const char *given)
{
	struct config *config = runtime_config();
	const char *key = config_general(config)->admin_key;
	bool admin = *key && given && janus_strcmp_const_time(key, given);
	config_unref(config);
	return admin;
}

/* Another handle's recording, or the Admin API's choice. Whether it exists is told only to those who may know. */
static struct take *find_foreign(struct request *r, const struct target_params *p)
{
	struct take *take = take_find(p->id);
	bool allowed = is_admin(p->admin_key) ||
		       (take && take->secret && p->secret && janus_strcmp_const_time(take->secret, p->secret));
	if (!allowed)
		request_fail(r, API_UNAUTHORIZED, "this needs the recording's secret, or the admin_key");
	else if (!take)
		request_fail(r, API_NOT_FOUND, "there is no such recording");
	if (r->code != API_OK) {
		take_unref(take);
		return NULL;
	}
	return take;
}

/* The recording that a request is about, with a reference; or NULL with the error noted. */
static struct take *find_target(struct request *r)
{
	struct target_params p = {0};
	struct take *take = NULL;
	if (request_read(r, target_fields, &p)) {
		struct take *own = r->session ? session_take(r->session) : NULL;
		if (!p.id && !own)
			request_fail(r, API_WRONG_STATE, "this handle has not recorded anything");
		else if (own && (!p.id || !strcmp(own->id, p.id)))
			take = take_ref(own);
		else
			take = find_foreign(r, &p);
		take_unref(own);
	}
	fields_clear(target_fields, &p);
	return take;
}

static json_t *done(struct take *take, const char *what)
{
	json_t *answer = json_pack("{s:s, s:s}", "tsrecorder", what, "id", take->id);
	take_unref(take);
	return answer;
}

json_t *control_pause(struct request *r)
{
	struct take *take = find_target(r);
	if (!take)
		return NULL;
	if (tsr_recording_pause(take->recording) == TSR_OK)
		return done(take, "pausing");
	take_unref(take);
	return request_fail(r, API_WRONG_STATE, "it is paused already, or has ended");
}

json_t *control_resume(struct request *r)
{
	struct take *take = find_target(r);
	if (!take)
		return NULL;
	if (tsr_recording_resume(take->recording) == TSR_OK)
		return done(take, "resuming");
	take_unref(take);
	return request_fail(r, API_WRONG_STATE, "it is not paused");
}

json_t *control_split(struct request *r)
{
	struct take *take = find_target(r);
	if (!take)
		return NULL;
	if (tsr_recording_split(take->recording) == TSR_OK)
		return done(take, "splitting");
	take_unref(take);
	return request_fail(r, API_WRONG_STATE, "it is not running");
}

json_t *control_stop(struct request *r)
{
	struct take *take = find_target(r);
	if (!take)
		return NULL;
	if (take_stop(take, "stop"))
		return done(take, "stopping");
	take_unref(take);
	return request_fail(r, API_WRONG_STATE, "it is being stopped, or has ended");
}

json_t *control_status(struct request *r)
{
	struct take *own = session_take(r->session);
	if (!own && json_object_size(r->body) == 1)
		return json_pack("{s:s, s:s}", "tsrecorder", "status", "state", "idle");
	take_unref(own);
	struct take *take = find_target(r);
	if (!take)
		return NULL;
	json_t *answer = status_of(take);
	json_object_set_new(answer, "tsrecorder", json_string("status"));
	take_unref(take);
	return answer;
}

json_t *control_profiles(struct request *r)
{
	char none;
	if (!request_read(r, no_fields, &none))
		return NULL;
	struct config *config = runtime_config();
	json_t *answer = json_pack("{s:s, s:o}", "tsrecorder", "profiles", "profiles", config_profiles_json(config));
	config_unref(config);
	return answer;
}
