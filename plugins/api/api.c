/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <pthread.h>
#include <string.h>

#include "../runtime/runtime.h"
#include "api.h"
#include "handlers.h"
#include "target.h"

enum request_flags {
	REQUEST_ASYNC = 1, /* acknowledged at once, answered by an event */
	REQUEST_PEER = 2,  /* from a handle */
	REQUEST_ADMIN = 4, /* from the Admin API */
	REQUEST_READ = 8,  /* changes nothing of the handle: waits for no other request of it */
};

/* Asynchronous requests of one handle that may wait for the one before them, which waits for a disk perhaps. */
#define MAX_WAITING 16

struct request_type {
	const char *name;
	unsigned flags;
	request_handler handler;
};

static const struct request_type types[] = {
	{"record", REQUEST_PEER | REQUEST_ASYNC, record_start},
	{"configure", REQUEST_PEER | REQUEST_ASYNC, record_configure},
	{"pause", REQUEST_PEER, control_pause},
	{"resume", REQUEST_PEER, control_resume},
	{"split", REQUEST_PEER, control_split},
	{"stop", REQUEST_PEER | REQUEST_ADMIN, control_stop},
	{"status", REQUEST_PEER | REQUEST_ADMIN | REQUEST_READ, control_status},
	{"list", REQUEST_PEER | REQUEST_READ, list_recordings},
	{"list_recordings", REQUEST_ADMIN | REQUEST_READ, list_recordings},
	{"info", REQUEST_PEER | REQUEST_ADMIN | REQUEST_READ, browse_info},
	{"delete", REQUEST_PEER | REQUEST_ADMIN, browse_delete},
	{"profiles", REQUEST_PEER | REQUEST_ADMIN | REQUEST_READ, browse_profiles},
	{"record_room", REQUEST_PEER | REQUEST_ADMIN | REQUEST_READ, room_record},
	{"record_peers", REQUEST_PEER | REQUEST_ADMIN | REQUEST_READ, room_record_peers},
	{"stop_tap", REQUEST_PEER | REQUEST_ADMIN, room_stop},
	{"taps", REQUEST_PEER | REQUEST_ADMIN | REQUEST_READ, room_taps},
	{"stats", REQUEST_ADMIN | REQUEST_READ, admin_stats},
	{"configure", REQUEST_ADMIN, admin_configure},
	{"recover", REQUEST_ADMIN, admin_recover},
	{"rescan", REQUEST_ADMIN, admin_rescan},
};

/* An asynchronous request on its way to a thread. */
struct job {
	struct api *api;
	const struct request_type *type;
	struct session *session;
	char *transaction;
	json_t *body, *jsep;
	unsigned hangups;
};

/* A thread for each job: one that waits for a stalled disk must not keep those of other handles waiting. All are joined before
 * Janus ends, which a GThreadPool does not do: libcrypto, that Janus's random numbers come from, frees what it keeps for each
 * thread when that ends and again when the process does, if both happen at once. */
struct api {
	struct api_parts parts;
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t job_over;
	unsigned jobs_running;
	GThread *jobs_ended; /* the latest; it joins the one that ended before it */
};

struct api *api_create(const struct api_parts *parts)
{
	struct api *api = g_new0(struct api, 1);
	api->parts = *parts;
	pthread_mutex_init(&api->mutex, NULL);
	pthread_cond_init(&api->job_over, NULL);
	return api;
}

void api_destroy(struct api *api)
{
	if (!api)
		return;
	pthread_mutex_lock(&api->mutex);
	while (api->jobs_running > 0)
		pthread_cond_wait(&api->job_over, &api->mutex);
	GThread *last = g_steal_pointer(&api->jobs_ended);
	pthread_mutex_unlock(&api->mutex);
	if (last)
		g_thread_join(last);
	pthread_cond_destroy(&api->job_over);
	pthread_mutex_destroy(&api->mutex);
	g_free(api);
}

/* ---- dispatch ------------------------------------------------------------------------------------------------------ */

static const struct request_type *find_type(struct request *r, unsigned from)
{
	if (!r->body) {
		request_fail(r, API_NO_MESSAGE, "the message has no body");
		return NULL;
	}
	if (!json_is_object(r->body)) {
		request_fail(r, API_INVALID_JSON, "the body is not an object");
		return NULL;
	}
	json_t *name = json_object_get(r->body, "request");
	if (!name) {
		request_fail(r, API_MISSING_ELEMENT, "request is missing");
		return NULL;
	}
	if (!json_is_string(name)) {
		request_fail(r, API_INVALID_ELEMENT, "request must be the name of one");
		return NULL;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(types); i++) {
		if (types[i].flags & from && !strcmp(types[i].name, json_string_value(name)))
			return &types[i];
	}
	request_fail(r, API_INVALID_REQUEST, "there is no such request");
	return NULL;
}

/* The error as an answer. The core prepared a PeerConnection for an offer before anybody saw the request. */
static json_t *refusal(struct request *r)
{
	if (r->session && r->jsep && !json_is_true(json_object_get(r->jsep, "update")))
		session_refuse_offer(r->session);
	return api_error_json(r->code, r->error);
}

/* The answer, or the error as one. */
static json_t *run(struct request *r, const struct request_type *type)
{
	bool alone = r->session && !(type->flags & REQUEST_READ);
	if (alone)
		session_begin_request(r->session);
	json_t *answer = type->handler(r);
	if (alone)
		session_end_request(r->session);
	return r->code == API_OK ? answer : refusal(r);
}

static void *run_job(void *data)
{
	struct job *job = data;
	struct api *api = job->api;
	struct request r = {
		.parts = &api->parts,
		.session = job->session,
		.hangups = job->hangups,
		.transaction = job->transaction,
		.body = job->body,
		.jsep = job->jsep,
	};
	json_t *failure = run(&r, job->type);
	session_leave_queue(job->session);
	if (failure)
		session_push(job->session, job->transaction, failure, NULL);
	json_decref(failure);
	session_unref(job->session);
	g_free(job->transaction);
	json_decref(job->body);
	json_decref(job->jsep);
	g_free(job);
	pthread_mutex_lock(&api->mutex);
	GThread *before = api->jobs_ended;
	api->jobs_ended = g_thread_self();
	api->jobs_running--;
	pthread_cond_signal(&api->job_over);
	pthread_mutex_unlock(&api->mutex);
	if (before)
		g_thread_join(before);
	return NULL;
}

/* Takes over all that is given, unless it fails with the error noted. */
static bool start_job(struct api *api, struct request *r, const struct request_type *type, char *transaction)
{
	if (!session_enter_queue(r->session, MAX_WAITING)) {
		request_fail(r, API_LIMIT, "%d requests of this handle are waiting already", MAX_WAITING);
		return false;
	}
	struct job *job = g_new(struct job, 1);
	*job = (struct job){
		.api = api,
		.type = type,
		.session = r->session,
		.hangups = session_hangups(r->session),
		.transaction = transaction,
		.body = r->body,
		.jsep = r->jsep,
	};
	pthread_mutex_lock(&api->mutex);
	bool started = g_thread_try_new("tsr-request", run_job, job, NULL) != NULL;
	api->jobs_running += started;
	pthread_mutex_unlock(&api->mutex);
	if (!started) {
		g_free(job);
		session_leave_queue(r->session);
		request_fail(r, API_LIMIT, "the system has no thread for it");
	}
	return started;
}

janus_plugin_result *api_handle_message(struct api *api, janus_plugin_session *handle, char *transaction,
					json_t *message, json_t *jsep)
{
	struct session *session = sessions_find(api->parts.sessions, handle);
	struct request r = {
		.parts = &api->parts, .session = session, .transaction = transaction, .body = message, .jsep = jsep};
	const struct request_type *type = session ? find_type(&r, REQUEST_PEER) : NULL;
	bool async = type && type->flags & REQUEST_ASYNC;
	json_t *answer;
	if (!session)
		answer = api_error_json(API_UNKNOWN, "this handle is gone");
	else if (async && start_job(api, &r, type, transaction))
		return janus_plugin_result_new(JANUS_PLUGIN_OK_WAIT, NULL, NULL);
	else if (type && !async)
		answer = run(&r, type);
	else
		answer = refusal(&r);
	session_unref(session);
	g_free(transaction);
	json_decref(message);
	json_decref(jsep);
	return janus_plugin_result_new(JANUS_PLUGIN_OK, NULL, answer);
}

/* The core has checked the Admin API's own secret. */
static bool may_administrate(struct request *r)
{
	struct config *config = runtime_config(r->parts->runtime);
	bool needed = *config_general(config)->admin_key;
	config_unref(config);
	const char *key = json_string_value(json_object_get(r->body, "admin_key"));
	r->admin = !needed || target_is_admin(r, key);
	if (!r->admin)
		request_fail(r, API_UNAUTHORIZED, "the admin_key is wrong or missing");
	return r->admin;
}

json_t *api_handle_admin_message(struct api *api, json_t *message)
{
	/* The key is for here, not for the handlers. */
	json_t *body = json_copy(message);
	struct request r = {.parts = &api->parts, .body = message};
	const struct request_type *type = find_type(&r, REQUEST_ADMIN);
	json_t *answer;
	if (type && may_administrate(&r)) {
		r.body = body;
		json_object_del(body, "admin_key");
		answer = run(&r, type);
	} else {
		answer = refusal(&r);
	}
	json_decref(body);
	return answer;
}
