/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The thread of all taps: it asks the plugins who their handles are, and begins and ends what is recorded of them. */
#include <glib.h>
#include <string.h>

#include "inside.h"

/* What is not told by a callback (who a handle is now, what it sends, whether it is muted) is asked for this often. */
#define ASK_PERIOD_US 500000
/* A room without anybody in it tells by no handle that it is gone. */
#define ROOM_PERIOD_US 1000000

/* ---- whose it is ------------------------------------------------------------------------------------------------------- */

/* Whether `value` has all that `pattern` has. */
static bool contains(json_t *value, json_t *pattern)
{
	const char *key;
	json_t *wanted;
	if (!json_is_object(pattern))
		return json_equal(value, pattern);
	json_object_foreach(pattern, key, wanted)
	{
		if (!contains(json_object_get(value, key), wanted))
			return false;
	}
	return true;
}

static bool lists(json_t *ids, const char *peer)
{
	size_t i;
	json_t *id;
	bool found = false;
	json_array_foreach(ids, i, id)
	{
		char *text = known_id(id);
		found = found || !g_strcmp0(text, peer);
		g_free(text);
	}
	return found;
}

static bool wants(struct tap *tap, struct foreign *f, const struct who *who, json_t *info)
{
	if (f->hook != tap->hook || (tap->room_id && g_strcmp0(tap->room_id, who->room)))
		return false;
	if (tap->publishers && !lists(tap->publishers, who->peer))
		return false;
	return !tap->match || contains(info, tap->match);
}

static const char *stopping(struct tap *tap)
{
	pthread_mutex_lock(&tap->mutex);
	const char *reason = tap->stopping;
	pthread_mutex_unlock(&tap->mutex);
	return reason;
}

/* ---- a handle ---------------------------------------------------------------------------------------------------------- */

static bool is_same(const struct tap_peer *peer, const struct who *who)
{
	return !g_strcmp0(peer->peer, who->peer) && !g_strcmp0(peer->room, who->room);
}

static void look(struct taps *taps, GPtrArray *running, struct foreign *f)
{
	struct foreign_line seen[FOREIGN_LINES];
	struct who who = {0};
	struct tap *tap = NULL;
	f->asked_us = tsr_now_us();
	g_atomic_int_set(&f->stale, 0);
	foreign_lines(f, seen);
	json_t *info = f->hook->plugin->query_session(f->handle);
	bool somebody = known_read(f->hook->known, info, seen, &who);
	for (guint i = 0; somebody && !tap && i < running->len; i++) {
		struct tap *candidate = g_ptr_array_index(running, i);
		if (!stopping(candidate) && wants(candidate, f, &who, info))
			tap = candidate;
	}
	if (f->peer && (f->peer->tap != tap || !is_same(f->peer, &who))) {
		peer_leave(f->peer, "left");
		f->peer = NULL;
	}
	if (f->peer)
		peer_renew(taps, f->peer, &who);
	else if (tap && !g_atomic_int_get(&f->gone))
		peer_join(taps, tap, f, &who);
	if (somebody)
		who_clear(&who);
	json_decref(info);
}

static void look_at_all(struct taps *taps, GPtrArray *running)
{
	GPtrArray *all = foreign_all();
	int64_t now_us = tsr_now_us();
	for (guint i = 0; i < all->len; i++) {
		struct foreign *f = g_ptr_array_index(all, i);
		if (g_atomic_int_get(&f->stale) || now_us - f->asked_us >= ASK_PERIOD_US)
			look(taps, running, f);
	}
	g_ptr_array_unref(all);
}

/* ---- a tap ------------------------------------------------------------------------------------------------------------- */

static GPtrArray *peers_of(struct tap *tap)
{
	GPtrArray *peers = g_ptr_array_new(); /* without references: only this thread takes any away */
	pthread_mutex_lock(&tap->mutex);
	for (guint i = 0; i < tap->peers->len; i++)
		g_ptr_array_add(peers, g_ptr_array_index(tap->peers, i));
	pthread_mutex_unlock(&tap->mutex);
	return peers;
}

/* True: nothing of it runs any more. */
static bool settle(struct tap *tap, const char *reason)
{
	GPtrArray *peers = peers_of(tap);
	bool over = reason != NULL;
	for (guint i = 0; i < peers->len; i++) {
		struct tap_peer *peer = g_ptr_array_index(peers, i);
		if (peer->foreign && (reason || g_atomic_int_get(&peer->foreign->gone))) {
			peer->foreign->peer = NULL;
			peer_leave(peer, reason ? reason : "left");
		}
		pthread_mutex_lock(&tap->mutex);
		struct take *ended = peer->ended ? g_steal_pointer(&peer->take) : NULL;
		over = over && !peer->take;
		pthread_mutex_unlock(&tap->mutex);
		take_unref(ended);
	}
	g_ptr_array_unref(peers);
	return over;
}

static void finish(struct taps *taps, struct tap *tap, const char *reason)
{
	pthread_mutex_lock(&taps->mutex);
	tap_ref(tap);
	g_ptr_array_remove(taps->running, tap);
	pthread_mutex_unlock(&taps->mutex);
	if (g_atomic_int_dec_and_test(&tap->hook->watching))
		foreign_forget(tap->hook);
	tap_tell(tap, json_pack("{s:s, s:s, s:s}", "status", "tap_ended", "tap", tap->facts.id, "reason", reason));
	pthread_mutex_lock(&tap->mutex);
	GPtrArray *peers = tap->peers;
	tap->peers = g_ptr_array_new_with_free_func((GDestroyNotify)peer_unref);
	pthread_mutex_unlock(&tap->mutex);
	g_ptr_array_unref(peers);
	tap_unref(tap);
}

static void look_for_room(struct tap *tap)
{
	int64_t now_us = tsr_now_us();
	if (!tap->room || now_us - tap->checked_us < ROOM_PERIOD_US)
		return;
	tap->checked_us = now_us;
	if (check_exists(tap->hook, tap->room))
		return;
	pthread_mutex_lock(&tap->mutex);
	if (!tap->stopping)
		tap->stopping = "room_destroyed";
	pthread_mutex_unlock(&tap->mutex);
}

void *watch_thread(void *data)
{
	struct taps *taps = data;
	for (;;) {
		bool ending = g_atomic_int_get(&taps->ending);
		GPtrArray *running = taps_running(taps);
		if (!ending) /* Janus's plugins end in any order: they are not asked any more */
			look_at_all(taps, running);
		for (guint i = 0; i < running->len; i++) {
			struct tap *tap = g_ptr_array_index(running, i);
			if (!ending)
				look_for_room(tap);
			const char *reason = ending ? "shutdown" : stopping(tap);
			if (settle(tap, reason))
				finish(taps, tap, reason);
		}
		bool idle = ending && running->len == 0;
		g_ptr_array_unref(running);
		if (idle)
			return NULL;
		foreign_wait(ASK_PERIOD_US);
	}
}
