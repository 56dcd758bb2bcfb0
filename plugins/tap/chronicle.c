/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the manifest of a tap says of its peers, and when it is written. */
#include <glib.h>

#include "inside.h"
#include "manifest.h"

/* What happens within so long is written at once, that of a crowd too. */
#define WRITE_PERIOD_US 1000000
/* So long the first moment of a recording becomes more exact, by the peer's sender reports; then it stays. */
#define ZERO_SETTLES_US 10000000

/* A moment of tsr_now_us() as UTC, to the millisecond: by one clock for all of the tap, whatever the system's is set to meanwhile. */
static json_t *moment(const struct tap *tap, int64_t us)
{
	int64_t ms = (us + tap->utc_us) / 1000;
	GDateTime *time = g_date_time_new_from_unix_utc(ms / 1000);
	char *text = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
	json_t *json = json_sprintf("%s.%03dZ", text, (int)(ms % 1000));
	g_free(text);
	g_date_time_unref(time);
	return json;
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, json_string(text));
}

/* The mutex of the tap held. */
static json_t *peer_entry(const struct tap_peer *peer)
{
	const struct tap *tap = peer->tap;
	json_t *out = json_object();
	if (!tap->room)
		set_text(out, "room", peer->room);
	set_text(out, "peer", peer->peer);
	set_text(out, "display", peer->display);
	json_object_set_new(out, "joined", moment(tap, peer->joined_us));
	if (peer->left_us)
		json_object_set_new(out, "left", moment(tap, peer->left_us));
	set_text(out, "id", peer->id);
	set_text(out, "error", peer->error);
	set_text(out, "reason", peer->reason);
	if (peer->zero_us)
		json_object_set_new(out, "zero", moment(tap, peer->zero_us));
	if (peer->id && !peer->ended)
		set_text(out, "writing", peer->filename);
	if (peer->files)
		json_object_set_new(out, "files", json_deep_copy(peer->files));
	return out;
}

/* The mutex of the tap held. */
static bool is_over(const struct tap_peer *peer)
{
	return peer->left_us && !peer->take && (peer->ended || !peer->id);
}

/* Those that went long ago are in the manifest alone. The mutex of the tap held. */
static void forget_old(struct tap *tap)
{
	unsigned over = 0;
	for (guint i = tap->peers->len; i-- > 0;) {
		const struct tap_peer *peer = g_ptr_array_index(tap->peers, i);
		if (peer->over && ++over > PEERS_KEPT)
			g_ptr_array_remove_index(tap->peers, i);
	}
}

void chronicle_learn(struct tap_peer *peer)
{
	if (!peer->take || (peer->zero_us && tsr_now_us() - peer->zero_us > ZERO_SETTLES_US))
		return;
	int64_t zero_us = take_zero_us(peer->take);
	if (zero_us == peer->zero_us)
		return;
	peer->zero_us = zero_us;
	g_atomic_int_set(&peer->tap->news, 1);
}

struct manifest *chronicle_create(const struct tap *tap, const char *folder, unsigned mode)
{
	json_t *head = json_pack("{s:s, s:s, s:o}", "tap", tap->facts.id, "plugin", tap->hook->known->package,
				 "started", moment(tap, tap->facts.started_us - tap->utc_us));
	if (tap->room)
		json_object_set(head, "room", tap->room);
	if (tap->match)
		json_object_set(head, "match", tap->match);
	struct manifest *manifest = manifest_create(folder, mode, tap->facts.id, head);
	json_decref(head);
	return manifest;
}

void chronicle_write(struct tap *tap, const char *reason)
{
	int64_t now_us = tsr_now_us();
	bool early = tap->written_us && now_us - tap->written_us < WRITE_PERIOD_US;
	if (!reason && (early || !g_atomic_int_get(&tap->news)))
		return;
	g_atomic_int_set(&tap->news, 0);
	json_t *present = json_array();
	pthread_mutex_lock(&tap->mutex);
	for (guint i = 0; i < tap->peers->len; i++) {
		struct tap_peer *peer = g_ptr_array_index(tap->peers, i);
		if (peer->over)
			continue;
		json_t *entry = peer_entry(peer);
		peer->over = is_over(peer);
		if (peer->over)
			manifest_add(tap->manifest, entry);
		else
			json_array_append(present, entry);
		json_decref(entry);
	}
	forget_old(tap);
	pthread_mutex_unlock(&tap->mutex);
	json_t *tail =
		reason ? json_pack("{s:s, s:o, s:s}", "state", "ended", "ended", moment(tap, now_us), "reason", reason)
		       : json_pack("{s:s}", "state", "tapping");
	if (!manifest_write(tap->manifest, present, tail))
		g_atomic_int_set(&tap->news, 1);
	tap->written_us = now_us;
	json_decref(tail);
	json_decref(present);
}
