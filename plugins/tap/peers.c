/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A peer of a tap: what is recorded of it, under what name, and what is told of it. */
#include <glib.h>
#include <string.h>

#include "inside.h"

/* A peer that could not be recorded (a full disk, too many recordings) is tried again after so long. */
#define RETRY_US 10000000
/* So many recordings of one peer may one tap make, when it comes and goes. */
#define MAX_NAMES 10000
/* How much of a peer's id is in that of its recording. */
#define PEER_ID_BYTES 23

/* ---- what is told ------------------------------------------------------------------------------------------------------ */

void tap_tell(struct tap *tap, json_t *result)
{
	if (tap->listener.ops) {
		tap->listener.ops->tell(tap->listener.self, result);
		json_decref(result);
		return;
	}
	/* Nobody asked by a handle: the event handlers get it as they would otherwise. */
	json_object_set(result, "event", json_object_get(result, "status"));
	json_object_del(result, "status");
	runtime_notify(tap->runtime, NULL, result);
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, json_string(text));
}

static void set_who(json_t *object, const struct tap_peer *peer)
{
	set_text(object, "tap", peer->tap->facts.id);
	set_text(object, "room", peer->room);
	set_text(object, "peer", peer->peer);
	set_text(object, "display", peer->display);
}

/* A peer came, went, or cannot be recorded. */
static void tell_of_peer(struct tap_peer *peer, const char *state, const char *error)
{
	json_t *result = json_pack("{s:s, s:s}", "status", "tap_peer", "state", state);
	set_who(result, peer);
	set_text(result, "id", peer->id);
	set_text(result, "error", error);
	tap_tell(peer->tap, result);
}

/* The mutex of the tap held. */
json_t *peer_json(const struct tap_peer *peer)
{
	json_t *out = json_object();
	set_text(out, "room", peer->room);
	set_text(out, "peer", peer->peer);
	set_text(out, "display", peer->display);
	set_text(out, "id", peer->id);
	json_object_set_new(out, "joined", fields_moment(peer->joined_us + peer->tap->utc_us));
	if (peer->left_us)
		json_object_set_new(out, "left", fields_moment(peer->left_us + peer->tap->utc_us));
	set_text(out, "error", peer->error);
	return out;
}

/* ---- as a take's owner --------------------------------------------------------------------------------------------------- */

static void *owner_ref(void *self)
{
	struct tap_peer *peer = self;
	g_atomic_int_inc(&peer->refs);
	return peer;
}

static void owner_unref(void *self)
{
	peer_unref(self);
}

/* A file is complete, the last one perhaps a second time. The mutex of the tap held. */
static void add_file(struct tap_peer *peer, json_t *result)
{
	static const char *const keys[] = {"file", "bytes", "duration_ms", "sha256"};
	json_t *file = json_object_get(result, "file"), *entry;
	size_t i;
	if (!file)
		return;
	if (!peer->files)
		peer->files = json_array();
	json_array_foreach(peer->files, i, entry)
	{
		if (json_equal(json_object_get(entry, "file"), file))
			return;
	}
	entry = json_object();
	for (i = 0; i < G_N_ELEMENTS(keys); i++) {
		if (json_object_get(result, keys[i]))
			json_object_set_new(entry, keys[i], json_deep_copy(json_object_get(result, keys[i])));
	}
	json_array_append_new(peer->files, entry);
}

static void owner_tell(void *self, json_t *result)
{
	struct tap_peer *peer = self;
	const char *status = json_string_value(json_object_get(result, "status"));
	json_t *told = json_copy(result);
	set_who(told, peer);
	tap_tell(peer->tap, told);
	bool last = !g_strcmp0(status, "finished") || !g_strcmp0(status, "failed");
	if (!last && g_strcmp0(status, "segment"))
		return;
	pthread_mutex_lock(&peer->tap->mutex);
	add_file(peer, result);
	peer->ended = last;
	if (last)
		peer->reason = g_intern_string(json_string_value(json_object_get(result, "reason")));
	pthread_mutex_unlock(&peer->tap->mutex);
	g_atomic_int_set(&peer->tap->news, 1);
	foreign_wake();
}

static void owner_ask_keyframe(void *self, int mindex)
{
	struct tap_peer *peer = self;
	pthread_mutex_lock(&peer->tap->mutex);
	struct foreign *f = peer->foreign ? foreign_ref(peer->foreign) : NULL;
	pthread_mutex_unlock(&peer->tap->mutex);
	if (f && !foreign_is_gone(f) && !runtime_is_ending(peer->tap->runtime))
		f->hook->gateway->send_pli_stream(f->handle, mindex);
	foreign_unref(f);
}

static const struct take_owner_ops owner_ops = {
	.tell = owner_tell,
	.ask_keyframe = owner_ask_keyframe,
	.ref = owner_ref,
	.unref = owner_unref,
};

/* ---- what is recorded ---------------------------------------------------------------------------------------------------- */

static bool has_codec(const struct codec_list *list, tsr_codec codec)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (list->codec[i] == codec)
			return true;
	}
	return false;
}

static int container_choice(const struct tap *tap, const struct settings *s)
{
	return take_container_for_hls(tap->container_given ? tap->container : s->container, tap->wish.hls, s);
}

static bool is_wanted(const struct tap *tap, const struct settings *s, tsr_codec codec)
{
	bool video = tsr_codec_is_video(codec);
	tsr_codec only = video ? tap->wish.videocodec : tap->wish.audiocodec;
	if (video ? !tap->wish.video : !tap->wish.audio)
		return false;
	if (only != TSR_CODEC_NONE && only != codec)
		return false;
	return has_codec(video ? &s->video_codecs : &s->audio_codecs, codec) &&
	       take_container_takes(container_choice(tap, s), codec);
}

static unsigned wanted_lines(const struct tap *tap, const struct settings *s, const struct who *who,
			     struct take_line out[TSR_MAX_TRACKS])
{
	unsigned count = 0;
	for (unsigned i = 0; i < who->lines; i++) {
		if (!is_wanted(tap, s, who->line[i].codec))
			continue;
		out[count] = who->line[i];
		out[count].active = out[count].active && !(who->muted >> out[count].mindex & 1);
		count++;
	}
	return count;
}

static bool same_line(const struct take_line *a, const struct take_line *b)
{
	return a->mindex == b->mindex && !strcmp(a->mid, b->mid) && a->codec == b->codec &&
	       a->clock_rate == b->clock_rate && a->active == b->active &&
	       !memcmp(a->layers.ssrc, b->layers.ssrc, sizeof(a->layers.ssrc));
}

static bool same_lines(const struct tap_peer *peer, const struct take_line *lines, unsigned count)
{
	bool same = peer->lines == count;
	for (unsigned i = 0; same && i < count; i++)
		same = same_line(&peer->line[i], &lines[i]);
	return same;
}

static void keep_lines(struct tap_peer *peer, const struct take_line *lines, unsigned count)
{
	peer->lines = count;
	memcpy(peer->line, lines, count * sizeof(*lines));
}

/* ---- its start ----------------------------------------------------------------------------------------------------------- */

/* TAP-PEER, and from the second on -2, -3, … (g_free). */
static char *new_id(const struct tap_peer *peer, unsigned n)
{
	GString *id = g_string_new(peer->tap->facts.id);
	g_string_append_c(id, '-');
	const char *who = peer->peer ? peer->peer : "peer";
	for (unsigned i = 0; who[i] && i < PEER_ID_BYTES; i++)
		g_string_append_c(id, g_ascii_isalnum(who[i]) || who[i] == '-' ? who[i] : '_');
	if (n > 1)
		g_string_append_printf(id, "-%u", n);
	return g_string_free(id, FALSE);
}

/* What its recording is called: as the tap, or as who is recorded. NULL = neither is known; borrowed. */
static const char *title(const struct tap_peer *peer)
{
	return peer->tap->name ? peer->tap->name : peer->display;
}

/* Below the recordings folder (g_free); NULL with one sentence in `error`. */
static char *new_filename(const struct tap_peer *peer, const struct settings *s, const char *id, unsigned n,
			  char *error, size_t error_size)
{
	const struct tap *tap = peer->tap;
	const char *template = tap->filename ? tap->filename : s->filename;
	const struct naming naming = {
		.id = id,
		.name = title(peer),
		.profile = tap->profile,
		.room = peer->room,
		.peer = peer->peer,
		.display = peer->display,
		.utc_us = g_get_real_time(),
	};
	char *name = naming_expand(template, &naming, error, error_size);
	if (!name || n == 1 || strstr(template, "{id}"))
		return name;
	char *numbered = g_strdup_printf("%s-%u", name, n);
	g_free(name);
	return numbered;
}

/* Under the first name that is free. */
static enum api_error start_take(struct taps *taps, struct tap_peer *peer, const struct config *config,
				 const struct settings *s, char **filename, struct take **out, char *error,
				 size_t error_size)
{
	const struct tap *tap = peer->tap;
	enum api_error err = API_EXISTS;
	bool copy = tap->audio_mode_given ? tap->audio_mode == TSR_AUDIO_COPY : s->audio_mode;
	tsr_audio_mode audio_mode = copy ? TSR_AUDIO_COPY : TSR_AUDIO_TRANSCODE;
	tsr_container container;
	take_choose_container(container_choice(tap, s), &s->auto_containers, peer->line, peer->lines, &container,
			      &audio_mode);
	for (unsigned n = 1; err == API_EXISTS && n <= MAX_NAMES; n++) {
		char *id = new_id(peer, n);
		g_free(*filename);
		*filename = new_filename(peer, s, id, n, error, error_size);
		const struct take_order order = {
			.settings = s,
			.id = id,
			.filename = *filename,
			.name = title(peer),
			.profile = tap->profile,
			.secret = tap->facts.secret,
			.stamp = tap->facts.stamp,
			.metadata = tap->metadata,
			.private = tap->private_given ? tap->private : s->private,
			.container = container,
			.audio_mode = audio_mode,
			.hls = tap->wish.hls,
			.asked = tap->wish.asked,
			.substream = tap->wish.substream,
			.temporal = tap->wish.temporal,
			.owner = {&owner_ops, peer},
		};
		if (*filename)
			err = take_start(taps->takes, &order, (unsigned)config_general(config)->max_recordings, out,
					 error, error_size);
		else
			err = API_INVALID_ELEMENT;
		g_free(id);
	}
	return err;
}

/* The take runs: its media may come. */
static void begin(struct tap_peer *peer, struct take *take, const char *filename)
{
	struct tap *tap = peer->tap;
	pthread_mutex_lock(&tap->mutex);
	peer->take = take_ref(take);
	g_free(peer->id);
	peer->id = g_strdup(take_facts(take)->id);
	g_free(peer->filename);
	peer->filename = g_strdup(filename);
	g_clear_pointer(&peer->error, g_free);
	pthread_mutex_unlock(&tap->mutex);
	g_atomic_int_set(&tap->news, 1);
	foreign_set_take(peer->foreign, take);
	tap->hook->gateway->send_pli(peer->foreign->handle);
	tell_of_peer(peer, "joined", NULL);
	json_t *result = json_pack("{s:s, s:s, s:o, s:o}", "status", "starting", "id", peer->id, "file",
				   json_sprintf("%s%s", filename, tsr_container_running(take_container(take))),
				   "tracks", take_tracks_json(take));
	set_text(result, "name", title(peer));
	set_who(result, peer);
	tap_tell(tap, result);
	take_announced(take);
}

static void refuse(struct tap_peer *peer, const char *error)
{
	peer->retry_us = tsr_now_us() + RETRY_US;
	if (!g_strcmp0(peer->error, error))
		return;
	log_line(TSR_LOG_WARNING, peer->tap->facts.id, "peer %s is not recorded: %s", peer->peer ? peer->peer : "?",
		 error);
	pthread_mutex_lock(&peer->tap->mutex);
	g_free(peer->error);
	peer->error = g_strdup(error);
	pthread_mutex_unlock(&peer->tap->mutex);
	g_atomic_int_set(&peer->tap->news, 1);
	tell_of_peer(peer, "refused", error);
}

static void try_start(struct taps *taps, struct tap_peer *peer, const struct who *who)
{
	char error[1024] = "";
	struct config *config = runtime_config(taps->runtime);
	const struct settings *s = config_profile(config, peer->tap->profile);
	struct take_line lines[TSR_MAX_TRACKS];
	unsigned count = s ? wanted_lines(peer->tap, s, who, lines) : 0;
	struct take *take = NULL;
	char *filename = NULL;
	enum api_error err = API_NO_USABLE_CODEC;
	keep_lines(peer, lines, count);
	if (!s)
		g_snprintf(error, sizeof(error), "the profile is not there any more");
	else if (who->encrypted)
		g_snprintf(error, sizeof(error), "the media is encrypted end to end, and cannot be recorded");
	else if (count == 0)
		g_snprintf(error, sizeof(error), "it sends nothing that can be recorded%s%s%s",
			   container_choice(peer->tap, s) == TSR_CONTAINER_WEBM ? " in webm (mkv would do)" : "",
			   who->unknown ? ", but " : "", who->unknown ? who->unknown : "");
	else
		err = start_take(taps, peer, config, s, &filename, &take, error, sizeof(error));
	if (err == API_OK) {
		err = take_negotiated(take, lines, count, error, sizeof(error));
		if (err == API_OK)
			begin(peer, take, filename);
		else
			take_stop(take, "error"); /* nothing came, so nothing is left; and nobody was told of it */
		take_unref(take);
	}
	if (err != API_OK)
		refuse(peer, error);
	g_free(filename);
	config_unref(config);
}

/* ---- it comes, changes, goes --------------------------------------------------------------------------------------------- */

void peer_join(struct taps *taps, struct tap *tap, struct foreign *f, const struct who *who)
{
	struct tap_peer *peer = g_new0(struct tap_peer, 1);
	peer->refs = 1;
	peer->tap = tap_ref(tap);
	peer->foreign = foreign_ref(f);
	peer->room = g_strdup(who->room);
	peer->peer = g_strdup(who->peer);
	peer->display = g_strdup(who->display);
	peer->joined_us = tsr_now_us();
	f->peer = peer;
	pthread_mutex_lock(&tap->mutex);
	g_ptr_array_add(tap->peers, peer);
	pthread_mutex_unlock(&tap->mutex);
	foreign_close_lines(f, who->muted);
	try_start(taps, peer, who);
}

void peer_renew(struct taps *taps, struct tap_peer *peer, const struct who *who)
{
	struct take_line lines[TSR_MAX_TRACKS];
	char error[1024];
	struct config *config = runtime_config(taps->runtime);
	const struct settings *s = config_profile(config, peer->tap->profile);
	unsigned count = s ? wanted_lines(peer->tap, s, who, lines) : 0;
	bool changed = s && !same_lines(peer, lines, count);
	config_unref(config);
	foreign_close_lines(peer->foreign, who->muted);
	if (peer->error && (changed || tsr_now_us() >= peer->retry_us)) {
		try_start(taps, peer, who);
	} else if (changed && peer->take && !take_ended(peer->take)) {
		if (take_negotiated(peer->take, lines, count, error, sizeof(error)) != API_OK)
			log_line(TSR_LOG_WARNING, peer->id, "%s", error);
		keep_lines(peer, lines, count);
	}
}

void peer_leave(struct tap_peer *peer, const char *reason)
{
	struct foreign *f = peer->foreign;
	foreign_set_take(f, NULL);
	pthread_mutex_lock(&peer->tap->mutex);
	peer->foreign = NULL;
	peer->left_us = tsr_now_us();
	pthread_mutex_unlock(&peer->tap->mutex);
	g_atomic_int_set(&peer->tap->news, 1);
	foreign_unref(f);
	if (peer->take)
		take_stop(peer->take, reason);
	tell_of_peer(peer, "left", NULL);
}

void peer_unref(struct tap_peer *peer)
{
	if (!g_atomic_int_dec_and_test(&peer->refs))
		return;
	foreign_unref(peer->foreign);
	take_unref(peer->take);
	g_free(peer->room);
	g_free(peer->peer);
	g_free(peer->display);
	g_free(peer->id);
	g_free(peer->error);
	g_free(peer->filename);
	json_decref(peer->files);
	tap_unref(peer->tap);
	g_free(peer);
}
