/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Taps: how they begin, and what can be asked of them. */
#include <glib.h>
#include <string.h>
#include <utils.h> /* Janus's */

#include "inside.h"
#include "manifest.h"
#include "muted.h"

/* ---- all that run ------------------------------------------------------------------------------------------------------ */

static bool is_allowed(struct runtime *runtime, const char *package)
{
	struct config *config = runtime_config(runtime);
	char **names = g_strsplit(config_general(config)->tap, ",", -1);
	bool allowed = false;
	for (char **name = names; *name; name++)
		allowed = allowed || !strcmp(g_strstrip(*name), package);
	g_strfreev(names);
	config_unref(config);
	return allowed;
}

static bool start_thread(struct taps *taps)
{
	if (!taps->thread)
		taps->thread = g_thread_try_new("tsr-tap", watch_thread, taps, NULL);
	return taps->thread != NULL;
}

/* What is to be heard from the begin on; with auto_record, everything. `starting` held. */
static void listen(struct taps *taps, unsigned slot, const struct known *known)
{
	enum api_error code;
	char error[300];
	janus_plugin *plugin = hooks_find(known->package, &code, error, sizeof(error));
	if (!plugin) /* not loaded: that is told to whoever asks for it */
		return;
	struct config *config = runtime_config(taps->runtime);
	enum auto_record automatic =
		known->room ? settings_auto_record(config_general(config), known->package) : AUTO_RECORD_OFF;
	config_unref(config);
	struct hook *(*wrap)(unsigned, janus_plugin *, janus_callbacks *, const struct known *, char *, size_t) =
		automatic == AUTO_RECORD_OFF ? hooks_listen : hooks_wrap;
	struct hook *hook = wrap(slot, plugin, runtime_gateway(taps->runtime), known, error, sizeof(error));
	if (!hook) {
		log_line(TSR_LOG_WARNING, NULL, "%s", error);
	} else if (automatic != AUTO_RECORD_OFF && start_thread(taps)) {
		hook->automatic = (int)automatic;
		g_atomic_int_inc(&hook->watching);
	}
}

/* When Janus has loaded all plugins. */
static gboolean begin_to_listen(gpointer data)
{
	struct taps *taps = data;
	const struct known *known;
	taps->beginning = 0;
	pthread_mutex_lock(&taps->starting);
	for (unsigned slot = 0; (known = known_at(slot)); slot++) {
		if (is_allowed(taps->runtime, known->package))
			listen(taps, slot, known);
	}
	pthread_mutex_unlock(&taps->starting);
	return G_SOURCE_REMOVE;
}

struct taps *taps_create(struct runtime *runtime, struct takes *takes)
{
	struct taps *taps = g_new0(struct taps, 1);
	taps->runtime = runtime;
	taps->takes = takes;
	taps->running = g_ptr_array_new_with_free_func((GDestroyNotify)tap_unref);
	pthread_mutex_init(&taps->starting, NULL);
	pthread_mutex_init(&taps->mutex, NULL);
	/* Others are still being loaded; the core's main loop begins after that, on the thread that we are created and destroyed on. */
	taps->beginning = g_idle_add(begin_to_listen, taps);
	return taps;
}

void taps_destroy(struct taps *taps)
{
	if (!taps)
		return;
	if (taps->beginning)
		g_source_remove(taps->beginning);
	g_atomic_int_set(&taps->ending, 1);
	foreign_wake();
	if (taps->thread)
		g_thread_join(taps->thread);
	hooks_restore();
	foreign_forget();
	muted_forget_all();
	g_ptr_array_unref(taps->running);
	pthread_mutex_destroy(&taps->mutex);
	pthread_mutex_destroy(&taps->starting);
	g_free(taps);
}

void taps_recover(struct taps *taps)
{
	struct config *config = runtime_config(taps->runtime);
	const struct settings *s = config_general(config);
	manifest_recover(s->recordings_path, (unsigned)s->file_mode);
	config_unref(config);
}

GPtrArray *taps_running(struct taps *taps)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)tap_unref);
	pthread_mutex_lock(&taps->mutex);
	for (guint i = 0; i < taps->running->len; i++)
		g_ptr_array_add(list, tap_ref(g_ptr_array_index(taps->running, i)));
	pthread_mutex_unlock(&taps->mutex);
	return list;
}

struct tap *taps_find(struct taps *taps, const char *id)
{
	struct tap *found = NULL;
	pthread_mutex_lock(&taps->mutex);
	for (guint i = 0; i < taps->running->len && !found; i++) {
		struct tap *tap = g_ptr_array_index(taps->running, i);
		if (!strcmp(tap->facts.id, id))
			found = tap_ref(tap);
	}
	pthread_mutex_unlock(&taps->mutex);
	return found;
}

/* ---- one --------------------------------------------------------------------------------------------------------------- */

struct tap *tap_ref(struct tap *tap)
{
	g_atomic_int_inc(&tap->refs);
	return tap;
}

void tap_unref(struct tap *tap)
{
	if (!tap || !g_atomic_int_dec_and_test(&tap->refs))
		return;
	if (tap->listener.ops)
		tap->listener.ops->unref(tap->listener.self);
	manifest_destroy(tap->manifest);
	g_ptr_array_unref(tap->peers);
	pthread_mutex_destroy(&tap->mutex);
	json_decref(tap->room);
	json_decref(tap->match);
	json_decref(tap->publishers);
	g_free(tap->facts.id);
	g_free(tap->facts.stamp);
	g_free(tap->facts.secret);
	g_free(tap->room_id);
	g_free(tap->name);
	g_free(tap->profile);
	g_free(tap->filename);
	g_free(tap->metadata);
	g_free(tap);
}

const struct tap_facts *tap_facts(const struct tap *tap)
{
	return &tap->facts;
}

bool tap_stop(struct tap *tap)
{
	pthread_mutex_lock(&tap->mutex);
	bool first = !tap->stopping;
	if (first)
		tap->stopping = "stop";
	pthread_mutex_unlock(&tap->mutex);
	foreign_wake();
	return first;
}

/* ---- its start --------------------------------------------------------------------------------------------------------- */

static void copy_wish(struct tap *tap, const struct tap_wish *wish)
{
	tap->name = g_strdup(wish->name);
	tap->profile = g_strdup(wish->profile);
	tap->filename = g_strdup(wish->filename);
	tap->metadata = g_strdup(wish->metadata);
	tap->private_given = wish->private != NULL;
	tap->private = wish->private && *wish->private;
	tap->container_given = wish->container != NULL;
	tap->container = wish->container ? *wish->container : TSR_CONTAINER_TS;
	tap->audio_mode_given = wish->audio_mode != NULL;
	tap->audio_mode = wish->audio_mode ? *wish->audio_mode : TSR_AUDIO_TRANSCODE;
	tap->wish = (struct tap_wish){
		.hls = wish->hls,
		.audio = wish->audio,
		.video = wish->video,
		.audiocodec = wish->audiocodec,
		.videocodec = wish->videocodec,
		.asked = wish->asked,
		.substream = wish->substream,
		.temporal = wish->temporal,
	};
}

static struct tap *new_tap(struct taps *taps, struct hook *hook, const struct tap_order *order)
{
	struct tap *tap = g_new0(struct tap, 1);
	tap->refs = 1;
	tap->runtime = taps->runtime;
	tap->hook = hook;
	tap->facts = (struct tap_facts){
		.id = g_strdup(order->id),
		.stamp = naming_new_stamp(),
		.secret = g_strdup(order->secret),
		.started_us = g_get_real_time(),
	};
	/* Of its own: what it was read from may be shared with a thread that does not know of this one. */
	tap->room = json_deep_copy(order->room);
	tap->match = json_deep_copy(order->match);
	tap->publishers = json_deep_copy(order->publishers);
	tap->room_id = order->room ? known_id(order->room) : NULL;
	copy_wish(tap, order->wish);
	tap->automatic = order->automatic;
	tap->listener = order->listener;
	if (tap->listener.ops)
		tap->listener.self = tap->listener.ops->ref(tap->listener.self);
	tap->peers = g_ptr_array_new_with_free_func((GDestroyNotify)peer_unref);
	pthread_mutex_init(&tap->mutex, NULL);
	tap->utc_us = tap->facts.started_us - tsr_now_us();
	tap->news = 1;
	struct config *config = runtime_config(taps->runtime);
	const struct settings *s = config_profile(config, order->wish->profile);
	tap->manifest = chronicle_create(tap, config_general(config)->recordings_path,
					 (unsigned)(s ? s : config_general(config))->file_mode);
	config_unref(config);
	return tap;
}

static bool shares_publisher(json_t *a, json_t *b)
{
	size_t i, j;
	json_t *x, *y;
	if (!a || !b)
		return true;
	json_array_foreach(a, i, x)
	{
		json_array_foreach(b, j, y)
		{
			if (json_equal(x, y))
				return true;
		}
	}
	return false;
}

/* Each peer is recorded by one tap. */
static enum api_error check_free(struct taps *taps, const struct tap *tap, char *error, size_t error_size)
{
	GPtrArray *running = taps_running(taps);
	enum api_error err = API_OK;
	for (guint i = 0; i < running->len && err == API_OK; i++) {
		const struct tap *other = g_ptr_array_index(running, i);
		if (!strcmp(other->facts.id, tap->facts.id)) {
			g_snprintf(error, error_size, "a tap with the id %s is running", tap->facts.id);
			err = API_EXISTS;
		} else if (tap->room_id && other->hook == tap->hook && !g_strcmp0(other->room_id, tap->room_id) &&
			   shares_publisher(other->publishers, tap->publishers)) {
			g_snprintf(error, error_size, "this room is being recorded by the tap %s", other->facts.id);
			err = API_EXISTS;
		}
	}
	g_ptr_array_unref(running);
	return err;
}

/* The plugin with its callbacks wrapped; NULL with *code and `error`. `starting` held. */
static struct hook *find_hook(struct taps *taps, const char *package, enum api_error *code, char *error,
			      size_t error_size)
{
	unsigned slot;
	const struct known *known = known_find(package, &slot);
	if (!known) {
		char *packages = known_packages();
		g_snprintf(error, error_size, "%s cannot be listened to; those that can are %s", package, packages);
		g_free(packages);
		*code = API_UNSUPPORTED;
		return NULL;
	}
	if (!is_allowed(taps->runtime, package)) {
		g_snprintf(error, error_size, "the configuration (tap) does not allow to listen to %s", package);
		*code = API_UNAUTHORIZED;
		return NULL;
	}
	janus_plugin *plugin = hooks_find(package, code, error, error_size);
	if (!plugin)
		return NULL;
	struct hook *hook = hooks_wrap(slot, plugin, runtime_gateway(taps->runtime), known, error, error_size);
	if (!hook)
		*code = API_UNSUPPORTED;
	return hook;
}

/* Among those that run, unless one of them has its id or its peers. */
static enum api_error add(struct taps *taps, struct tap *tap, char *error, size_t error_size)
{
	pthread_mutex_lock(&taps->starting);
	enum api_error err = check_free(taps, tap, error, error_size);
	if (err == API_OK && !start_thread(taps)) {
		g_snprintf(error, error_size, "the system has no thread for it");
		err = API_LIMIT;
	}
	if (err == API_OK) {
		pthread_mutex_lock(&taps->mutex);
		g_ptr_array_add(taps->running, tap_ref(tap));
		pthread_mutex_unlock(&taps->mutex);
		g_atomic_int_inc(&tap->hook->watching);
	}
	pthread_mutex_unlock(&taps->starting);
	foreign_touch(tap->hook);
	return err;
}

enum api_error tap_start(struct taps *taps, const struct tap_order *order, struct tap **out, char *error,
			 size_t error_size)
{
	enum api_error err = API_OK;
	pthread_mutex_lock(&taps->starting);
	struct hook *hook = find_hook(taps, order->package, &err, error, error_size);
	pthread_mutex_unlock(&taps->starting);
	if (!hook)
		return err;
	if (order->room && !hook->known->check) {
		g_snprintf(error, error_size, "%s has no rooms", order->package);
		return API_UNSUPPORTED;
	}
	/* Without a lock, as all that is asked of a plugin. */
	if (order->room)
		err = check_room(hook, order->room, order->secret, order->admin, error, error_size);
	if (err != API_OK)
		return err;
	struct tap *tap = new_tap(taps, hook, order);
	err = add(taps, tap, error, error_size);
	if (err == API_OK)
		*out = tap;
	else
		tap_unref(tap);
	return err;
}

json_t *tap_missing(struct tap *tap)
{
	json_t *missing = tap->publishers ? check_missing(tap->hook, tap->room, tap->publishers) : NULL;
	if (json_array_size(missing) > 0)
		return missing;
	json_decref(missing);
	return NULL;
}

/* ---- what is told of it ------------------------------------------------------------------------------------------------ */

json_t *tap_json(struct tap *tap)
{
	unsigned recording = 0;
	json_t *out = json_pack("{s:s, s:s, s:o}", "tap", tap->facts.id, "plugin", tap->hook->known->package, "started",
				fields_moment(tap->facts.started_us));
	if (tap->room)
		json_object_set_new(out, "room", json_deep_copy(tap->room));
	if (tap->publishers)
		json_object_set_new(out, "publishers", json_deep_copy(tap->publishers));
	if (tap->match)
		json_object_set_new(out, "match", json_deep_copy(tap->match));
	pthread_mutex_lock(&tap->mutex);
	for (guint i = 0; i < tap->peers->len; i++)
		recording += ((struct tap_peer *)g_ptr_array_index(tap->peers, i))->take != NULL;
	json_object_set_new(out, "state", json_string(tap->stopping ? "stopping" : "tapping"));
	pthread_mutex_unlock(&tap->mutex);
	json_object_set_new(out, "recording", json_integer(recording));
	json_object_set_new(out, "manifest", json_sprintf("%s.json", manifest_name(tap->manifest)));
	return out;
}

json_t *tap_status(struct tap *tap)
{
	json_t *out = tap_json(tap), *peers = json_array();
	GPtrArray *takes = g_ptr_array_new_with_free_func((GDestroyNotify)take_unref);
	pthread_mutex_lock(&tap->mutex);
	for (guint i = 0; i < tap->peers->len; i++) {
		const struct tap_peer *peer = g_ptr_array_index(tap->peers, i);
		json_array_append_new(peers, peer_json(peer));
		g_ptr_array_add(takes, peer->take ? take_ref(peer->take) : NULL);
	}
	pthread_mutex_unlock(&tap->mutex);
	/* Without the lock: a take may have one of its own that is held while the tap is told something. */
	for (guint i = 0; i < takes->len; i++) {
		struct take *take = g_ptr_array_index(takes, i);
		if (take)
			json_object_set_new(json_array_get(peers, i), "recording", take_status_short(take));
	}
	g_ptr_array_unref(takes);
	json_object_set_new(out, "peers", peers);
	return out;
}
