/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The thread of all taps: it asks the plugins who their handles are, and begins and ends what is recorded of them. */
#include <glib.h>
#include <string.h>

#include "inside.h"
#include "manifest.h"
#include "muted.h"

/* A plugin is asked about a handle when something happens to it: at once when media comes, for a request that it got a little later, when
 * that has taken effect, and some times more. Each is so long after what happened; what no callback tells is found with the last one,
 * which is repeated. */
static const int64_t look_after_us[] = {50000, 500000, 2000000, 10000000};
/* What is no handle's news: retries, rooms, ends. */
#define TURN_US 500000
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
	if (tap->automatic && !automatic_wants(f, info))
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

/* What the plugin does not tell of it. */
static void close_muted(struct foreign *f, struct who *who)
{
	for (unsigned i = 0; i < who->lines && who->room && who->peer; i++) {
		const struct take_line *line = &who->line[i];
		if (muted_is(f->hook, who->room, who->peer, line->mid, f->since_us))
			who->muted |= UINT32_C(1) << line->mindex;
	}
}

static void look(struct taps *taps, GPtrArray *running, struct foreign *f)
{
	struct foreign_line seen[FOREIGN_LINES];
	struct who who = {0};
	struct tap *tap = NULL;
	if (!foreign_lines(f, seen))
		return;
	json_t *info = foreign_ask(f);
	if (!info)
		return;
	bool somebody = known_read(f->hook->known, info, seen, &who);
	if (somebody)
		close_muted(f, &who);
	for (guint i = 0; somebody && !tap && i < running->len; i++) {
		struct tap *candidate = g_ptr_array_index(running, i);
		if (!stopping(candidate) && wants(candidate, f, &who, info))
			tap = candidate;
	}
	if (f->peer && (f->peer->tap != tap || !is_same(f->peer, &who))) {
		peer_leave(f->peer, "left");
		f->peer = NULL;
	}
	if (somebody && !tap)
		automatic_begin(taps, f, &who, info);
	if (f->peer)
		peer_renew(taps, f->peer, &who);
	else if (tap && !foreign_is_gone(f))
		peer_join(taps, tap, f, &who);
	if (somebody)
		who_clear(&who);
	json_decref(info);
}

/* When it is to be looked at, after all that happened to it. */
static bool is_due(struct foreign *f, int64_t now_us)
{
	bool stale = g_atomic_int_compare_and_exchange(&f->stale, 1, 0);
	bool news = g_atomic_int_compare_and_exchange(&f->news, 1, 0);
	if (stale || news) {
		f->looks = 0;
		f->look_us = now_us + look_after_us[0];
	}
	if (!stale && now_us < f->look_us)
		return false;
	if (!stale) {
		f->looks = MIN(f->looks + 1, G_N_ELEMENTS(look_after_us) - 1);
		f->look_us = now_us + look_after_us[f->looks];
	}
	return true;
}

/* How long nothing is to be looked at, if nothing happens. */
static int64_t look_at_all(struct taps *taps, GPtrArray *running)
{
	GPtrArray *all = foreign_all();
	int64_t now_us = tsr_now_us(), next_us = now_us + TURN_US;
	for (guint i = 0; i < all->len; i++) {
		struct foreign *f = g_ptr_array_index(all, i);
		if (is_due(f, now_us))
			look(taps, running, f);
		if (f->look_us)
			next_us = MIN(next_us, f->look_us);
	}
	g_ptr_array_unref(all);
	return MAX(next_us - tsr_now_us(), 1000);
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
		if (peer->foreign && (reason || foreign_is_gone(peer->foreign))) {
			peer->foreign->peer = NULL;
			peer->foreign->declined = tap->automatic && !g_strcmp0(reason, "stop");
			peer_leave(peer, reason ? reason : runtime_reason("left"));
		}
		chronicle_learn(peer);
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
	g_atomic_int_add(&tap->hook->watching, -1);
	chronicle_write(tap, reason);
	tap_tell(tap, json_pack("{s:s, s:s, s:s, s:s+}", "status", "tap_ended", "tap", tap->facts.id, "reason", reason,
				"manifest", manifest_name(tap->manifest), ".json"));
	pthread_mutex_lock(&tap->mutex);
	GPtrArray *peers = tap->peers;
	tap->peers = g_ptr_array_new_with_free_func((GDestroyNotify)peer_unref);
	pthread_mutex_unlock(&tap->mutex);
	g_ptr_array_unref(peers);
	tap_unref(tap);
}

/* What ends a tap without anybody's request. */
static void look_for_end(struct tap *tap)
{
	int64_t now_us = tsr_now_us();
	const char *reason = automatic_is_over(tap) ? "empty" : NULL;
	if (tap->room && now_us - tap->checked_us >= ROOM_PERIOD_US) {
		tap->checked_us = now_us;
		if (!check_exists(tap->hook, tap->room))
			reason = "room_destroyed";
	}
	pthread_mutex_lock(&tap->mutex);
	if (!tap->stopping)
		tap->stopping = reason;
	pthread_mutex_unlock(&tap->mutex);
}

void *watch_thread(void *data)
{
	struct taps *taps = data;
	for (;;) {
		bool ending = g_atomic_int_get(&taps->ending);
		GPtrArray *running = taps_running(taps);
		int64_t wait_us = TURN_US;
		if (!ending) /* Janus's plugins end in any order: they are not asked any more */
			wait_us = look_at_all(taps, running);
		for (guint i = 0; i < running->len; i++) {
			struct tap *tap = g_ptr_array_index(running, i);
			if (!ending)
				look_for_end(tap);
			const char *reason = ending ? "shutdown" : stopping(tap);
			if (settle(tap, reason))
				finish(taps, tap, reason);
			else
				chronicle_write(tap, NULL);
		}
		bool idle = ending && running->len == 0;
		g_ptr_array_unref(running);
		if (idle)
			return NULL;
		foreign_wait(wait_us);
	}
}
