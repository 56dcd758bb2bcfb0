/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A take's life: it is started, told of, changed, and ends. */
#include <glib.h>
#include <string.h>
#include <utils.h> /* Janus's */

#include "../library/library.h"
#include "inside.h"

struct take *take_ref(struct take *take)
{
	g_atomic_int_inc(&take->refs);
	return take;
}

static void free_json(void *json)
{
	json_decref(json);
}

void take_unref(struct take *take)
{
	if (!take || !g_atomic_int_dec_and_test(&take->refs))
		return;
	tsr_recording_unref(take->recording);
	take->owner.ops->unref(take->owner.self);
	g_queue_clear_full(&take->early, free_json);
	pthread_mutex_destroy(&take->mutex);
	g_free(take->facts.id);
	g_free(take->facts.stamp);
	g_free(take->facts.profile);
	g_free(take->facts.secret);
	g_free(take->name);
	g_free(take->folder);
	g_free(take);
}

tsr_container take_container(const struct take *take)
{
	return take->container;
}

const struct take_facts *take_facts(const struct take *take)
{
	return &take->facts;
}

bool take_ended(struct take *take)
{
	pthread_mutex_lock(&take->mutex);
	bool ended = take->ended;
	pthread_mutex_unlock(&take->mutex);
	return ended;
}

char *take_dup_name(struct take *take)
{
	pthread_mutex_lock(&take->mutex);
	char *name = g_strdup(take->name);
	pthread_mutex_unlock(&take->mutex);
	return name;
}

/* ---- events of the engine ------------------------------------------------------------------------------------------ */

static void tell(struct take *take, json_t *result)
{
	take->owner.ops->tell(take->owner.self, result);
}

static void deliver(struct take *take, json_t *result)
{
	pthread_mutex_lock(&take->mutex);
	bool now = take->announced;
	if (!now)
		g_queue_push_tail(&take->early, json_incref(result));
	pthread_mutex_unlock(&take->mutex);
	if (now)
		tell(take, result);
}

static void end(struct take *take, bool finished)
{
	struct takes *takes = take->takes;
	tsr_stats *stats = g_new(tsr_stats, 1);
	pthread_mutex_lock(&take->mutex); /* take_start may not have got it yet */
	tsr_recording *recording = take->recording;
	pthread_mutex_unlock(&take->mutex);
	tsr_recording_get_stats(recording, stats);
	pthread_mutex_lock(&take->mutex);
	take->ended = true;
	pthread_mutex_unlock(&take->mutex);
	pthread_mutex_lock(&takes->mutex); /* at once, see takes_running() */
	g_hash_table_remove(takes->running, take->facts.id);
	totals_add_ended(&takes->ended, finished, stats);
	pthread_mutex_unlock(&takes->mutex);
	g_free(stats);
}

/* What is left to do when the catalogue knows that it has ended. */
struct last {
	struct take *take;
	json_t *result;
	bool finished;
};

static void on_written_down(void *user)
{
	struct last *last = user;
	end(last->take, last->finished);
	deliver(last->take, last->result);
	json_decref(last->result);
	take_unref(last->take);
	g_free(last);
}

/* Whoever hears that it has finished finds it in the list. */
static void on_last(struct take *take, const tsr_event *event, json_t *result)
{
	struct last *last = g_new(struct last, 1);
	*last = (struct last){take, result, event->type == TSR_EVENT_FINISHED};
	library_end(take->takes->library, take->facts.id, event->path, on_written_down, last);
}

static void on_segment(struct take *take, const tsr_event *event)
{
	tsr_stats *stats = g_new(tsr_stats, 1);
	tsr_recording_get_stats(take->recording, stats);
	library_segment(take->takes->library, event->path, stats->path);
	g_free(stats);
}

static void on_event(void *user, const tsr_event *event)
{
	struct take *take = user;
	if (event->type == TSR_EVENT_KEYFRAME_NEEDED) {
		char mid[32];
		int mindex = take_mindex(take, event->track, mid);
		if (mindex >= 0)
			take->owner.ops->ask_keyframe(take->owner.self, mindex);
		return;
	}
	json_t *result = take_event_result(take, event);
	if (event->type == TSR_EVENT_FINISHED || event->type == TSR_EVENT_FAILED) {
		on_last(take, event, result);
		return;
	}
	if (event->type == TSR_EVENT_SEGMENT)
		on_segment(take, event);
	deliver(take, result);
	json_decref(result);
}

void take_announced(struct take *take)
{
	pthread_mutex_lock(&take->mutex);
	take->announced = true;
	json_t *result;
	/* With the lock held, so that what happens meanwhile comes after it. */
	while ((result = g_queue_pop_head(&take->early))) {
		tell(take, result);
		json_decref(result);
	}
	pthread_mutex_unlock(&take->mutex);
}

/* ---- start and stop ------------------------------------------------------------------------------------------------ */

static int64_t tighter(int64_t a, int64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return MIN(a, b);
}

static struct take_limits limits_by(const struct settings *s)
{
	return (struct take_limits){s->max_duration, s->max_size};
}

/* The mutex of the take held, when others know it. */
static struct take_limits effective_limits(const struct take *take)
{
	return (struct take_limits){tighter(take->allowed.duration_us, take->asked.duration_us),
				    tighter(take->allowed.size, take->asked.size)};
}

static struct take *new_take(struct takes *takes, const struct take_order *order)
{
	struct take *take = g_new0(struct take, 1);
	take->refs = 1;
	take->takes = takes;
	take->facts = (struct take_facts){
		.id = g_strdup(order->id),
		.stamp = order->stamp ? g_strdup(order->stamp) : naming_new_stamp(),
		.profile = g_strdup(order->profile),
		.secret = g_strdup(order->secret),
		.private = order->private,
		.started_us = g_get_real_time(),
	};
	take->owner = order->owner;
	take->owner.self = order->owner.ops->ref(order->owner.self);
	take->folder = g_strdup(order->settings->recordings_path);
	take->container = order->container;
	take->audio_mode = order->audio_mode;
	take->name = g_strdup(order->name);
	take->allowed = limits_by(order->settings);
	take->asked = order->asked;
	take->substream = order->substream;
	take->temporal = order->temporal;
	g_queue_init(&take->early);
	pthread_mutex_init(&take->mutex, NULL);
	return take;
}

/* Strings are borrowed from the order and the take. */
static tsr_recording_config recording_config(const struct take_order *order, struct take *take)
{
	const struct settings *s = order->settings;
	const struct take_limits limits = effective_limits(take);
	bool configured = order->hls == TAKE_HLS_AS_CONFIGURED;
	tsr_hls_mode hls = configured ? (tsr_hls_mode)s->hls : (tsr_hls_mode)order->hls;
	return (tsr_recording_config){
		.folder = take->folder,
		.filename = order->filename,
		.id = take->facts.id,
		.name = order->name,
		.metadata = order->metadata,
		.container = order->container,
		.audio_mode = order->audio_mode,
		.on_loss = s->on_loss ? TSR_ON_LOSS_CONCEAL : TSR_ON_LOSS_WAIT_KEYFRAME,
		.encoding = settings_encoding(s),
		.reorder_wait_us = s->reorder_wait,
		.start_wait_us = s->start_wait ? s->start_wait : -1,
		.flush = settings_flush(s),
		.memory_cap = (size_t)s->memory_cap,
		.file_mode = (unsigned)s->file_mode,
		.report = s->report,
		.segment_duration_us = s->segment_duration,
		.segment_size = (uint64_t)s->segment_size,
		.hls = settings_hls(s, configured && order->container != TSR_CONTAINER_TS ? TSR_HLS_OFF : hls),
		.max_duration_us = limits.duration_us,
		.max_size = (uint64_t)limits.size,
		.min_free_space = (uint64_t)s->min_free_space,
		.stall_timeout_us = s->stall_timeout ? s->stall_timeout : -1,
		.track_timeout_us = s->track_timeout,
		.keyframe_timeout_us = s->keyframe_timeout ? s->keyframe_timeout : -1,
		.on_event = on_event,
		.user = take,
	};
}

/* ---- the id, among those that run ---- */

static enum api_error reserve(struct take *take, unsigned max_running, char *error, size_t error_size)
{
	struct takes *takes = take->takes;
	enum api_error err = API_OK;
	pthread_mutex_lock(&takes->mutex);
	if (max_running && g_hash_table_size(takes->running) >= max_running)
		err = API_LIMIT;
	else if (g_hash_table_contains(takes->running, take->facts.id))
		err = API_EXISTS;
	else
		g_hash_table_insert(takes->running, take->facts.id, take);
	pthread_mutex_unlock(&takes->mutex);
	if (err == API_LIMIT)
		g_snprintf(error, error_size, "%u recordings are running, which is all that is allowed", max_running);
	else if (err == API_EXISTS)
		g_snprintf(error, error_size, "a recording with the id %s is running", take->facts.id);
	return err;
}

static void release(struct take *take)
{
	pthread_mutex_lock(&take->takes->mutex);
	g_hash_table_remove(take->takes->running, take->facts.id);
	pthread_mutex_unlock(&take->takes->mutex);
}

/* The engine's recording; it holds a reference of the take until the last event. */
static tsr_error create_recording(struct take *take, const tsr_recording_config *config)
{
	struct takes *takes = take->takes;
	tsr_recording *recording = NULL;
	take_ref(take);
	pthread_mutex_lock(&take->mutex); /* against an end that comes at once */
	tsr_error err = tsr_recording_create(takes->engine, config, &recording);
	pthread_mutex_lock(&takes->mutex);
	take->recording = recording;
	takes->ended.started += err == TSR_OK;
	pthread_mutex_unlock(&takes->mutex);
	pthread_mutex_unlock(&take->mutex);
	if (err != TSR_OK)
		take_unref(take);
	return err;
}

/* The id, among all processes that use the folder; then the file. */
static enum api_error begin(struct take *take, const struct take_order *order, char *error, size_t error_size)
{
	struct library *library = take->takes->library;
	char *hidden = library_hide_secret(order->secret);
	char *host = library_host_text(take->facts.stamp, order->profile, order->private, hidden);
	const struct catalogue_claim claim = {
		.ending = tsr_container_ending(take->container),
		.id = take->facts.id,
		.name = order->filename,
		.title = order->name,
		.profile = order->profile,
		.secret = hidden,
		.stamp = take->facts.stamp,
		.is_private = order->private,
		.started_us = take->facts.started_us,
	};
	enum api_error result = API_OK;
	if (!library_begin(library, &claim)) {
		g_snprintf(error, error_size, "there is a recording with the id %s, or with its file", take->facts.id);
		result = API_EXISTS;
	} else {
		tsr_recording_config config = recording_config(order, take);
		config.host = host;
		tsr_error err = create_recording(take, &config);
		if (err != TSR_OK) {
			g_snprintf(error, error_size, "the recording cannot be started: %s", tsr_strerror(err));
			result = api_error_of(err);
			library_cancel(library, take->facts.id);
		}
	}
	g_free(host);
	g_free(hidden);
	return result;
}

/* What is asked for by name must be had; what is configured holds where it can. */
static bool has_hls(const struct take_order *order, char *error, size_t error_size)
{
	if (order->hls == TAKE_HLS_AS_CONFIGURED || order->hls == TSR_HLS_OFF)
		return true;
	if (order->container != TSR_CONTAINER_TS)
		g_snprintf(error, error_size, "hls is for container ts, not for %s",
			   tsr_container_name(order->container));
	else if (order->hls == TSR_HLS_SEGMENTS && !order->settings->segment_duration)
		g_snprintf(error, error_size, "hls by segments needs a segment_duration in the configuration");
	else
		return true;
	return false;
}

enum api_error take_start(struct takes *takes, const struct take_order *order, unsigned max_running, struct take **out,
			  char *error, size_t error_size)
{
	if (!has_hls(order, error, error_size))
		return API_INVALID_ELEMENT;
	struct take *take = new_take(takes, order);
	enum api_error reserved = reserve(take, max_running, error, error_size);
	if (reserved != API_OK) {
		take_unref(take);
		return reserved;
	}
	enum api_error err = begin(take, order, error, error_size);
	if (err != API_OK) {
		release(take);
		take_unref(take);
		return err;
	}
	*out = take;
	return API_OK;
}

bool take_stop(struct take *take, const char *reason)
{
	if (!g_atomic_int_compare_and_exchange(&take->stopped, 0, 1) || take_ended(take))
		return false;
	tsr_recording_stop(take->recording, reason);
	return true;
}

bool take_pause(struct take *take)
{
	return tsr_recording_pause(take->recording) == TSR_OK;
}

bool take_resume(struct take *take)
{
	return tsr_recording_resume(take->recording) == TSR_OK;
}

bool take_split(struct take *take)
{
	return tsr_recording_split(take->recording) == TSR_OK;
}

/* ---- change ---------------------------------------------------------------------------------------------------------- */

bool take_change(struct take *take, const char *name, const char *metadata, struct take_limits asked)
{
	pthread_mutex_lock(&take->mutex);
	if (asked.duration_us >= 0)
		take->asked.duration_us = asked.duration_us;
	if (asked.size >= 0)
		take->asked.size = asked.size;
	struct take_limits limits = effective_limits(take);
	pthread_mutex_unlock(&take->mutex);
	const tsr_recording_changes changes = {
		.max_duration_us = limits.duration_us,
		.max_size = limits.size,
		.name = name,
		.metadata = metadata,
	};
	if (tsr_recording_change(take->recording, &changes) != TSR_OK)
		return false;
	pthread_mutex_lock(&take->mutex);
	if (name) {
		g_free(take->name);
		take->name = g_strdup(name);
	}
	pthread_mutex_unlock(&take->mutex);
	if (name)
		catalogue_retitle(library_catalogue(take->takes->library), take->facts.id, name);
	return true;
}

static bool flush_differs(const struct settings *a, const struct settings *b)
{
	return a->flush_threshold != b->flush_threshold || a->flush_interval != b->flush_interval ||
	       a->sync != b->sync || a->flush_adaptive != b->flush_adaptive ||
	       a->flush_threshold_min != b->flush_threshold_min || a->flush_threshold_max != b->flush_threshold_max;
}

void take_apply(struct take *take, const struct settings *old, const struct settings *s)
{
	pthread_mutex_lock(&take->mutex);
	take->allowed = limits_by(s);
	struct take_limits limits = effective_limits(take);
	pthread_mutex_unlock(&take->mutex);
	const tsr_flush flush = settings_flush(s);
	const tsr_recording_changes changes = {
		.max_duration_us = limits.duration_us,
		.max_size = limits.size,
		.flush = flush_differs(old, s) ? &flush : NULL,
	};
	(void)!tsr_recording_change(take->recording, &changes); /* one that ends needs no change */
}
