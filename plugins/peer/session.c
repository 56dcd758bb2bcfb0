/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <pthread.h>

#include "../runtime/runtime.h"
#include "session.h"

/* How often REMB is repeated: a lost one is made good, and browsers keep to the latest. */
#define REMB_PERIOD_US 5000000
/* What REMB says when there is no limit. */
#define REMB_UNLIMITED 1000000000u
/* Recordings that a handle is known to have made: enough for any list a peer would look at. */
#define MAX_MADE 1000

struct sessions {
	struct runtime *runtime;
	pthread_mutex_t mutex; /* guards the map */
	GHashTable *map;       /* janus_plugin_session * -> struct session *, a reference each */
};

struct made {
	char *id, *stamp;
};

struct session {
	gint refs;
	struct runtime *runtime;  /* borrowed */
	pthread_mutex_t requests; /* held while a request of this handle is worked on: one at a time */

	/* Guards what follows; held for a few instructions only, never over a call of the core. */
	pthread_mutex_t mutex;
	janus_plugin_session *handle; /* NULL once it was detached */
	struct take *take;            /* the latest recording, running or ended; a reference */
	struct sdp_wish wish;         /* what was negotiated for it */
	GQueue made;                  /* the takes that this handle made, the latest first: struct made *, owned */
	unsigned hangups;             /* so far */
	unsigned waiting;             /* asynchronous requests that are not answered yet */
	guint64 sdp_session_id, sdp_version;
	uint32_t bitrate;             /* to ask the sender for, bit/s; 0 = no limit */
	int64_t keyframe_interval_us; /* 0 = only when one is needed */
	int64_t remb_sent_us, keyframe_asked_us;
};

struct sessions *sessions_create(struct runtime *runtime)
{
	struct sessions *sessions = g_new0(struct sessions, 1);
	sessions->runtime = runtime;
	sessions->map = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)session_unref);
	pthread_mutex_init(&sessions->mutex, NULL);
	return sessions;
}

/* Its handle ends, or we do. The core made a reference of the handle for us, which is given back. The take with a reference, or NULL. */
static struct take *part(struct session *session)
{
	pthread_mutex_lock(&session->mutex);
	struct take *take = g_steal_pointer(&session->take);
	janus_plugin_session *handle = g_steal_pointer(&session->handle);
	pthread_mutex_unlock(&session->mutex);
	if (handle)
		janus_refcount_decrease(&handle->ref);
	return take;
}

void sessions_destroy(struct sessions *sessions)
{
	if (!sessions)
		return;
	GHashTableIter iter;
	gpointer value;
	g_hash_table_iter_init(&iter, sessions->map);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		take_unref(part(value));
	g_hash_table_destroy(sessions->map);
	pthread_mutex_destroy(&sessions->mutex);
	g_free(sessions);
}

struct session *session_ref(struct session *session)
{
	g_atomic_int_inc(&session->refs);
	return session;
}

static void made_free(void *data)
{
	struct made *made = data;
	g_free(made->id);
	g_free(made->stamp);
	g_free(made);
}

void session_unref(struct session *session)
{
	if (!session || !g_atomic_int_dec_and_test(&session->refs))
		return;
	take_unref(session->take);
	g_queue_clear_full(&session->made, made_free);
	pthread_mutex_destroy(&session->mutex);
	pthread_mutex_destroy(&session->requests);
	g_free(session);
}

struct session *sessions_find(struct sessions *sessions, janus_plugin_session *handle)
{
	pthread_mutex_lock(&sessions->mutex);
	struct session *session = g_hash_table_lookup(sessions->map, handle);
	if (session)
		session_ref(session);
	pthread_mutex_unlock(&sessions->mutex);
	return session;
}

unsigned sessions_count(struct sessions *sessions)
{
	pthread_mutex_lock(&sessions->mutex);
	unsigned count = g_hash_table_size(sessions->map);
	pthread_mutex_unlock(&sessions->mutex);
	return count;
}

void session_create(struct sessions *sessions, janus_plugin_session *handle)
{
	struct session *session = g_new0(struct session, 1);
	session->refs = 1;
	session->runtime = sessions->runtime;
	session->handle = handle; /* its own reference counter is not initialised yet */
	session->sdp_session_id = (guint64)g_get_real_time();
	g_queue_init(&session->made);
	pthread_mutex_init(&session->mutex, NULL);
	pthread_mutex_init(&session->requests, NULL);
	handle->plugin_handle = session;
	pthread_mutex_lock(&sessions->mutex);
	g_hash_table_insert(sessions->map, handle, session);
	pthread_mutex_unlock(&sessions->mutex);
}

void session_destroy(struct sessions *sessions, janus_plugin_session *handle, int *error)
{
	struct session *session = sessions_find(sessions, handle);
	if (!session) {
		*error = -2;
		return;
	}
	struct take *take = part(session);
	if (take)
		take_stop(take, runtime_reason("detach"));
	take_unref(take);

	pthread_mutex_lock(&sessions->mutex);
	g_hash_table_remove(sessions->map, handle);
	pthread_mutex_unlock(&sessions->mutex);
	session_unref(session);
}

json_t *session_query(struct sessions *sessions, janus_plugin_session *handle)
{
	struct session *session = sessions_find(sessions, handle);
	if (!session)
		return NULL;
	struct take *take = session_take(session);
	json_t *info = json_pack("{s:s}", "state", "idle");
	if (take) {
		json_t *recording = take_status(take);
		json_object_set(info, "state", json_object_get(recording, "state"));
		json_object_set_new(info, "recording", recording);
	}
	take_unref(take);
	session_unref(session);
	return info;
}

/* ---- its recording ----------------------------------------------------------------------------------------------------- */

struct take *session_take(struct session *session)
{
	pthread_mutex_lock(&session->mutex);
	struct take *take = session->take ? take_ref(session->take) : NULL;
	pthread_mutex_unlock(&session->mutex);
	return take;
}

struct sdp_wish session_wish(struct session *session)
{
	pthread_mutex_lock(&session->mutex);
	struct sdp_wish wish = session->wish;
	pthread_mutex_unlock(&session->mutex);
	return wish;
}

/* Its mutex held. */
static void add_made(struct session *session, const char *id, const char *stamp)
{
	struct made *made = g_new(struct made, 1);
	*made = (struct made){g_strdup(id), g_strdup(stamp)};
	g_queue_push_head(&session->made, made);
	if (session->made.length > MAX_MADE)
		made_free(g_queue_pop_tail(&session->made));
}

void session_add_made(struct session *session, const char *id, const char *stamp)
{
	pthread_mutex_lock(&session->mutex);
	add_made(session, id, stamp);
	pthread_mutex_unlock(&session->mutex);
}

const char *session_set_take(struct session *session, struct take *take, const struct sdp_wish *wish, unsigned hangups)
{
	pthread_mutex_lock(&session->mutex);
	const char *over = !session->handle ? "detach" : session->hangups != hangups ? "hangup" : NULL;
	struct take *old = NULL;
	if (session->handle) {
		old = session->take;
		session->take = take_ref(take);
		session->wish = *wish;
		add_made(session, take_facts(take)->id, take_facts(take)->stamp);
	}
	pthread_mutex_unlock(&session->mutex);
	take_unref(old);
	return over ? runtime_reason(over) : NULL;
}

unsigned session_hangups(struct session *session)
{
	pthread_mutex_lock(&session->mutex);
	unsigned hangups = session->hangups;
	pthread_mutex_unlock(&session->mutex);
	return hangups;
}

void session_begin_request(struct session *session)
{
	pthread_mutex_lock(&session->requests);
}

void session_end_request(struct session *session)
{
	pthread_mutex_unlock(&session->requests);
}

bool session_enter_queue(struct session *session, unsigned most)
{
	pthread_mutex_lock(&session->mutex);
	bool room = session->waiting < most;
	session->waiting += room;
	pthread_mutex_unlock(&session->mutex);
	return room;
}

void session_leave_queue(struct session *session)
{
	pthread_mutex_lock(&session->mutex);
	session->waiting--;
	pthread_mutex_unlock(&session->mutex);
}

static gint compare_stamp(gconstpointer made, gconstpointer stamp)
{
	return g_strcmp0(((const struct made *)made)->stamp, stamp);
}

bool session_made(struct session *session, const char *stamp)
{
	pthread_mutex_lock(&session->mutex);
	bool made = stamp && g_queue_find_custom(&session->made, stamp, compare_stamp) != NULL;
	pthread_mutex_unlock(&session->mutex);
	return made;
}

GPtrArray *session_made_ids(struct session *session)
{
	GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
	pthread_mutex_lock(&session->mutex);
	for (const GList *at = session->made.head; at; at = at->next)
		g_ptr_array_add(ids, g_strdup(((const struct made *)at->data)->id));
	pthread_mutex_unlock(&session->mutex);
	return ids;
}

enum api_error session_negotiate(struct session *session, const char *offer, json_t *simulcast,
				 const struct sdp_wish *wish, struct sdp_session *out, char *error, size_t error_size)
{
	pthread_mutex_lock(&session->mutex);
	guint64 id = session->sdp_session_id;
	guint64 version = ++session->sdp_version;
	pthread_mutex_unlock(&session->mutex);
	return sdp_negotiate(offer, simulcast, wish, id, version, out, error, error_size);
}

/* As a take's owner: */

static void owner_tell(void *session, json_t *result)
{
	session_tell(session, NULL, result, NULL);
}

static void owner_ask_keyframe(void *session, int mindex)
{
	session_ask_keyframe(session, mindex);
}

static void *owner_ref(void *session)
{
	return session_ref(session);
}

static void owner_unref(void *session)
{
	session_unref(session);
}

struct take_owner session_owner(struct session *session)
{
	static const struct take_owner_ops ops = {
		.tell = owner_tell,
		.ask_keyframe = owner_ask_keyframe,
		.ref = owner_ref,
		.unref = owner_unref,
	};
	return (struct take_owner){&ops, session};
}

/* ---- media: Janus's loop thread of the handle, which must never be held up ----------------------------------------------- */

void session_setup_media(struct sessions *sessions, janus_plugin_session *handle)
{
	struct session *session = sessions_find(sessions, handle);
	if (!session)
		return;
	pthread_mutex_lock(&session->mutex);
	uint32_t bitrate = session->bitrate;
	session->remb_sent_us = tsr_now_us();
	session->keyframe_asked_us = session->remb_sent_us;
	pthread_mutex_unlock(&session->mutex);
	if (bitrate)
		runtime_gateway(session->runtime)->send_remb(handle, bitrate);
	session_unref(session);
}

void session_incoming_rtp(janus_plugin_session *handle, janus_plugin_rtp *packet)
{
	/* The core ends the handle on this very thread, so the session is there as long as this runs. */
	struct session *session = handle->plugin_handle;
	int64_t now_us = tsr_now_us();
	pthread_mutex_lock(&session->mutex);
	struct take *take = session->take ? take_ref(session->take) : NULL;
	uint32_t remb = 0;
	bool keyframe = false;
	if (packet->video && session->bitrate && now_us - session->remb_sent_us >= REMB_PERIOD_US) {
		remb = session->bitrate;
		session->remb_sent_us = now_us;
	}
	if (packet->video && session->keyframe_interval_us &&
	    now_us - session->keyframe_asked_us >= session->keyframe_interval_us) {
		keyframe = true;
		session->keyframe_asked_us = now_us;
	}
	pthread_mutex_unlock(&session->mutex);
	if (!take)
		return;
	janus_callbacks *gateway = runtime_gateway(session->runtime);
	if (take_push_rtp(take, packet->mindex, packet->buffer, packet->length, now_us))
		gateway->send_pli_stream(handle, packet->mindex);
	take_unref(take);
	if (remb)
		gateway->send_remb(handle, remb);
	if (keyframe)
		gateway->send_pli(handle);
}

void session_incoming_rtcp(janus_plugin_session *handle, janus_plugin_rtcp *packet)
{
	struct session *session = handle->plugin_handle;
	struct take *take = session_take(session);
	if (take)
		take_push_rtcp(take, packet->mindex, packet->buffer, packet->length, tsr_now_us());
	take_unref(take);
}

/* A detach comes here first, too, 1 or 2 ms before session_destroy. */
void session_hangup_media(struct sessions *sessions, janus_plugin_session *handle)
{
	struct session *session = sessions_find(sessions, handle);
	if (!session)
		return;
	pthread_mutex_lock(&session->mutex);
	session->hangups++;
	struct take *take = session->take ? take_ref(session->take) : NULL;
	pthread_mutex_unlock(&session->mutex);
	if (take)
		take_stop(take, runtime_reason(g_atomic_int_get(&handle->stopped) ? "detach" : "hangup"));
	take_unref(take);
	session_unref(session);
}

/* ---- towards the peer ---------------------------------------------------------------------------------------------- */

/* The handle with a reference to be dropped, or NULL when it is gone. */
static janus_plugin_session *hold_handle(struct session *session)
{
	if (runtime_is_ending(session->runtime))
		return NULL;
	pthread_mutex_lock(&session->mutex);
	janus_plugin_session *handle = session->handle;
	if (handle)
		janus_refcount_increase(&handle->ref);
	pthread_mutex_unlock(&session->mutex);
	return handle;
}

void session_push(struct session *session, const char *transaction, json_t *message, json_t *jsep)
{
	janus_plugin_session *handle = hold_handle(session);
	if (!handle)
		return;
	int refused = runtime_gateway(session->runtime)
			      ->push_event(handle, runtime_plugin(session->runtime), transaction, message, jsep);
	if (refused && jsep) /* hung up meanwhile; who asked still waits to hear of it */
		runtime_gateway(session->runtime)
			->push_event(handle, runtime_plugin(session->runtime), transaction, message, NULL);
	janus_refcount_decrease(&handle->ref);
}

void session_notify(struct session *session, json_t *event)
{
	/* The core drops events about a handle that is gone, so those go without it. */
	janus_plugin_session *handle = hold_handle(session);
	bool alive = handle && !g_atomic_int_get(&handle->stopped);
	runtime_notify(session->runtime, alive ? handle : NULL, event);
	if (handle)
		janus_refcount_decrease(&handle->ref);
}

void session_tell(struct session *session, const char *transaction, json_t *result, json_t *jsep)
{
	json_t *message = json_pack("{s:s, s:O}", "tsrecorder", "event", "result", result);
	session_push(session, transaction, message, jsep);
	json_decref(message);
	/* Event handlers get all that happens, so the name of it is "event" there, as in Janus's own plugins. */
	json_t *event = json_copy(result);
	json_object_set(event, "event", json_object_get(result, "status"));
	json_object_del(event, "status");
	session_notify(session, event);
}

void session_refuse_offer(struct session *session)
{
	janus_plugin_session *handle = hold_handle(session);
	if (!handle)
		return;
	runtime_gateway(session->runtime)->close_pc(handle);
	janus_refcount_decrease(&handle->ref);
}

void session_ask_keyframe(struct session *session, int mindex)
{
	janus_plugin_session *handle = hold_handle(session);
	if (!handle)
		return;
	pthread_mutex_lock(&session->mutex);
	session->keyframe_asked_us = tsr_now_us();
	pthread_mutex_unlock(&session->mutex);
	if (mindex >= 0)
		runtime_gateway(session->runtime)->send_pli_stream(handle, mindex);
	else
		runtime_gateway(session->runtime)->send_pli(handle);
	janus_refcount_decrease(&handle->ref);
}

void session_set_bitrate(struct session *session, uint32_t bitrate)
{
	pthread_mutex_lock(&session->mutex);
	bool changed = session->bitrate != bitrate;
	session->bitrate = bitrate;
	session->remb_sent_us = tsr_now_us();
	pthread_mutex_unlock(&session->mutex);
	janus_plugin_session *handle = changed ? hold_handle(session) : NULL;
	if (!handle)
		return;
	runtime_gateway(session->runtime)->send_remb(handle, bitrate ? bitrate : REMB_UNLIMITED);
	janus_refcount_decrease(&handle->ref);
}

void session_set_keyframe_interval(struct session *session, int64_t interval_us)
{
	pthread_mutex_lock(&session->mutex);
	session->keyframe_interval_us = interval_us;
	pthread_mutex_unlock(&session->mutex);
}
