/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>

#include "../library/library.h"
#include "../runtime/runtime.h"
#include "events.h"
#include "take.h"
#include "totals.h"

static pthread_mutex_t map_mutex = PTHREAD_MUTEX_INITIALIZER;
static GHashTable *map; /* id -> struct take *, without a reference: whoever ends it removes it */

void takes_init(void)
{
	map = g_hash_table_new(g_str_hash, g_str_equal);
}

void takes_deinit(void)
{
	g_clear_pointer(&map, g_hash_table_destroy);
}

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
	session_unref(take->session);
	g_queue_clear_full(&take->early, free_json);
	json_decref(take->last);
	pthread_mutex_destroy(&take->mutex);
	g_free(take->id);
	g_free(take->stamp);
	g_free(take->name);
	g_free(take->profile);
	g_free(take->secret);
	g_free(take->folder);
	g_free(take);
}

/* ---- the running ones ---------------------------------------------------------------------------------------------- */

static enum api_error reserve(struct take *take, unsigned max_running)
{
	enum api_error err = API_OK;
	pthread_mutex_lock(&map_mutex);
	if (max_running && g_hash_table_size(map) >= max_running)
		err = API_LIMIT;
	else if (g_hash_table_contains(map, take->id))
		err = API_EXISTS;
	else
		g_hash_table_insert(map, take->id, take);
	pthread_mutex_unlock(&map_mutex);
	return err;
}

static void release(struct take *take)
{
	pthread_mutex_lock(&map_mutex);
	g_hash_table_remove(map, take->id);
	pthread_mutex_unlock(&map_mutex);
}

struct take *take_find(const char *id)
{
	pthread_mutex_lock(&map_mutex);
	struct take *take = g_hash_table_lookup(map, id);
	/* One that is still being created has no recording yet. */
	if (take && !take->recording)
		take = NULL;
	if (take)
		take_ref(take);
	pthread_mutex_unlock(&map_mutex);
	return take;
}

GPtrArray *takes_running(struct totals **ended)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)take_unref);
	pthread_mutex_lock(&map_mutex);
	GHashTableIter iter;
	gpointer value;
	g_hash_table_iter_init(&iter, map);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct take *take = value;
		if (take->recording)
			g_ptr_array_add(list, take_ref(take));
	}
	if (ended)
		*ended = totals_snapshot();
	pthread_mutex_unlock(&map_mutex);
	return list;
}

unsigned takes_count(void)
{
	pthread_mutex_lock(&map_mutex);
	unsigned count = g_hash_table_size(map);
	pthread_mutex_unlock(&map_mutex);
	return count;
}

/* ---- events of the engine ------------------------------------------------------------------------------------------ */

static void deliver(struct take *take, json_t *result)
{
	pthread_mutex_lock(&take->mutex);
	bool now = take->announced;
	if (!now)
		g_queue_push_tail(&take->early, json_incref(result));
	pthread_mutex_unlock(&take->mutex);
	if (now)
		session_tell(take->session, NULL, result, NULL);
}

static void end(struct take *take, bool finished, json_t *result)
{
	tsr_stats *stats = g_new(tsr_stats, 1);
	pthread_mutex_lock(&take->mutex); /* take_start may not have got it yet */
	tsr_recording *recording = take->recording;
	pthread_mutex_unlock(&take->mutex);
	tsr_recording_get_stats(recording, stats);
	pthread_mutex_lock(&take->mutex);
	take->ended = true;
	take->last = json_incref(result);
	pthread_mutex_unlock(&take->mutex);
	pthread_mutex_lock(&map_mutex); /* at once, see takes_running() */
	g_hash_table_remove(map, take->id);
	totals_ended(finished, stats);
	pthread_mutex_unlock(&map_mutex);
	g_free(stats);
}

static void on_event(void *user, const tsr_event *event)
{
	struct take *take = user;
	char mid[32];
	if (event->type == TSR_EVENT_KEYFRAME_NEEDED) {
		int mindex = take_mindex(take, event->track, mid);
		if (mindex >= 0)
			session_ask_keyframe(take->session, mindex);
		return;
	}
	json_t *result = event_result(take, event);
	bool last = event->type == TSR_EVENT_FINISHED || event->type == TSR_EVENT_FAILED;
	if (last)
		end(take, event->type == TSR_EVENT_FINISHED, result);
	if (last || event->type == TSR_EVENT_SEGMENT)
		library_changed();
	deliver(take, result);
	json_decref(result);
	if (last)
		take_unref(take);
}

void take_announced(struct take *take)
{
	pthread_mutex_lock(&take->mutex);
	take->announced = true;
	json_t *result;
	/* With the lock held, so that what happens meanwhile comes after it. */
	while ((result = g_queue_pop_head(&take->early))) {
		session_tell(take->session, NULL, result, NULL);
		json_decref(result);
	}
	pthread_mutex_unlock(&take->mutex);
}

char *take_dup_name(struct take *take)
{
	pthread_mutex_lock(&take->mutex);
	char *name = g_strdup(take->name);
	pthread_mutex_unlock(&take->mutex);
	return name;
}

bool take_ended(struct take *take, json_t **last)
{
	pthread_mutex_lock(&take->mutex);
	bool ended = take->ended;
	if (last)
		*last = json_incref(take->last);
	pthread_mutex_unlock(&take->mutex);
	return ended;
}

/* ---- start and stop ------------------------------------------------------------------------------------------------ */

static struct take *copy_model(const struct take *model)
{
	struct take *take = g_new0(struct take, 1);
	take->refs = 1;
	take->id = g_strdup(model->id);
	take->name = g_strdup(model->name);
	take->profile = g_strdup(model->profile);
	take->secret = g_strdup(model->secret);
	take->folder = g_strdup(model->folder);
	take->private = model->private;
	take->stamp = g_strdup(model->stamp);
	take->allowed = model->allowed;
	take->asked = model->asked;
	take->wish = model->wish;
	take->substream = model->substream;
	take->temporal = model->temporal;
	take->session = session_ref(model->session);
	take->started_us = g_get_real_time();
	g_queue_init(&take->early);
	pthread_mutex_init(&take->mutex, NULL);
	return take;
}

enum api_error take_start(const struct take *model, const tsr_recording_config *config, unsigned max_running,
			  struct take **out, char *error, size_t error_size)
{
	struct take *take = copy_model(model);
	enum api_error reserved = reserve(take, max_running);
	if (reserved != API_OK) {
		if (reserved == API_LIMIT)
			g_snprintf(error, error_size, "%u recordings are running, which is all that is allowed",
				   max_running);
		else
			g_snprintf(error, error_size, "a recording with the id %s is running", take->id);
		take_unref(take);
		return reserved;
	}
	tsr_recording_config own = *config;
	own.id = take->id;
	own.on_event = on_event;
	own.user = take_ref(take); /* dropped at the last event */
	tsr_recording *recording = NULL;
	pthread_mutex_lock(&take->mutex); /* against an end that comes at once */
	tsr_error err = tsr_recording_create(runtime_engine, &own, &recording);
	pthread_mutex_lock(&map_mutex);
	take->recording = recording;
	pthread_mutex_unlock(&map_mutex);
	pthread_mutex_unlock(&take->mutex);
	if (err != TSR_OK) {
		g_snprintf(error, error_size, "the recording cannot be started: %s", tsr_strerror(err));
		release(take);
		take_unref(take);
		take_unref(take);
		return api_error_of(err);
	}
	totals_started();
	*out = take;
	return API_OK;
}

bool take_stop(struct take *take, const char *reason)
{
	if (!g_atomic_int_compare_and_exchange(&take->stopped, 0, 1) || take_ended(take, NULL))
		return false;
	tsr_recording_stop(take->recording, reason);
	return true;
}

/* ---- change ---------------------------------------------------------------------------------------------------------- */

static int64_t tighter(int64_t a, int64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return MIN(a, b);
}

struct take_limits take_effective_limits(struct take_limits a, struct take_limits b)
{
	return (struct take_limits){tighter(a.duration_us, b.duration_us), tighter(a.size, b.size)};
}

bool take_change(struct take *take, const char *name, const char *metadata, struct take_limits asked)
{
	pthread_mutex_lock(&take->mutex);
	if (asked.duration_us >= 0)
		take->asked.duration_us = asked.duration_us;
	if (asked.size >= 0)
		take->asked.size = asked.size;
	struct take_limits limits = take_effective_limits(take->allowed, take->asked);
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
	take->allowed = (struct take_limits){s->max_duration, s->max_size};
	struct take_limits limits = take_effective_limits(take->allowed, take->asked);
	pthread_mutex_unlock(&take->mutex);
	const tsr_flush flush = settings_flush(s);
	const tsr_recording_changes changes = {
		.max_duration_us = limits.duration_us,
		.max_size = limits.size,
		.flush = flush_differs(old, s) ? &flush : NULL,
	};
	(void)!tsr_recording_change(take->recording, &changes); /* one that ends needs no change */
}

/* ---- tracks ----------------------------------------------------------------------------------------------------------
 * Only requests change the table, one at a time. The lock keeps the media thread out for the moment of a change, never for a
 * call of the engine, which may have to wait for a worker's turn to end. */

static struct take_track *live_track(struct take *take, int mindex)
{
	for (unsigned i = 0; i < take->tracks; i++) {
		if (take->track[i].mindex == mindex && !take->track[i].ended)
			return &take->track[i];
	}
	return NULL;
}

static void end_track(struct take *take, struct take_track *track)
{
	pthread_mutex_lock(&take->mutex);
	track->ended = true;
	pthread_mutex_unlock(&take->mutex);
	tsr_recording_end_track(take->recording, track->index);
}

static json_t *simulcast_of(json_t *descriptions, int mindex)
{
	size_t i;
	json_t *line;
	json_array_foreach(descriptions, i, line)
	{
		if (json_integer_value(json_object_get(line, "mindex")) == mindex)
			return line;
	}
	return NULL;
}

static tsr_track_config track_config(const struct sdp_track *sdp)
{
	return (tsr_track_config){
		.codec = sdp->codec,
		.clock_rate = sdp->clock_rate,
		.channels = sdp->channels,
		.red_payload_type = sdp->red_payload_type,
		.parameter_sets = sdp->parameter_sets ? sdp->parameter_sets->data : NULL,
		.parameter_sets_size = sdp->parameter_sets ? sdp->parameter_sets->len : 0,
		.label = sdp->mid,
	};
}

/* Whether the track can go on as it is. */
static bool fits(const struct take_track *track, const struct sdp_track *sdp)
{
	return track->codec == sdp->codec && track->clock_rate == sdp->clock_rate && track->channels == sdp->channels &&
	       track->red_payload_type == sdp->red_payload_type;
}

/* What becomes of each line of the offer. */
struct plan {
	const struct sdp_track *sdp;
	struct take_track *resumed; /* an ended track of this line and codec that goes on; NULL = a new one */
};

/* The lines that need a track, and the tracks that stay. False when there would be too many: then nothing has changed. */
static bool make_plan(struct take *take, const struct sdp_session *sdp, struct plan *plan, unsigned *count,
		      bool keep[TSR_MAX_TRACKS])
{
	unsigned fresh = 0;
	*count = 0;
	for (unsigned i = 0; i < sdp->tracks; i++) {
		const struct sdp_track *wanted = &sdp->track[i];
		struct take_track *live = live_track(take, wanted->mindex), *resumed = NULL;
		if (!wanted->active)
			continue;
		if (live && fits(live, wanted)) {
			keep[live - take->track] = true;
			continue;
		}
		for (unsigned j = 0; j < take->tracks; j++) {
			struct take_track *t = &take->track[j];
			if (t->mindex == wanted->mindex && t->codec == wanted->codec)
				resumed = t; /* ended, or to be ended: nothing else of this line stays */
		}
		fresh += resumed == NULL;
		plan[(*count)++] = (struct plan){wanted, resumed};
	}
	return take->tracks + fresh <= TSR_MAX_TRACKS;
}

static enum api_error carry_out(struct take *take, const struct plan *plan, json_t *descriptions, char *error,
				size_t error_size)
{
	const struct sdp_track *sdp = plan->sdp;
	struct take_track track = {
		.mindex = sdp->mindex,
		.codec = sdp->codec,
		.clock_rate = sdp->clock_rate,
		.channels = sdp->channels,
		.red_payload_type = sdp->red_payload_type,
	};
	json_t *simulcast = simulcast_of(descriptions, sdp->mindex);
	g_strlcpy(track.mid, sdp->mid, sizeof(track.mid));
	if (simulcast && tsr_codec_is_video(sdp->codec))
		simulcast_init(&track.simulcast, simulcast, sdp->codec, take->substream);
	const tsr_track_config config = track_config(sdp);
	tsr_error err;
	if (plan->resumed) {
		track.index = plan->resumed->index;
		err = tsr_recording_resume_track(take->recording, track.index, &config);
	} else {
		err = tsr_recording_add_track(take->recording, &config, &track.index);
	}
	if (err != TSR_OK) {
		g_snprintf(error, error_size, "media line %d cannot be recorded as %s: %s", sdp->mindex,
			   tsr_codec_name(sdp->codec), tsr_strerror(err));
		return api_error_of(err);
	}
	tsr_recording_set_temporal_layer(take->recording, track.index, (uint8_t)take->temporal);
	pthread_mutex_lock(&take->mutex);
	*(plan->resumed ? plan->resumed : &take->track[take->tracks++]) = track;
	pthread_mutex_unlock(&take->mutex);
	return API_OK;
}

/* The layers of a line that goes on may be others now. */
static void renew_simulcast(struct take *take, struct take_track *track, json_t *descriptions)
{
	json_t *description = simulcast_of(descriptions, track->mindex);
	struct simulcast renewed;
	if (!description || !tsr_codec_is_video(track->codec))
		return;
	simulcast_init(&renewed, description, track->codec, take->substream);
	pthread_mutex_lock(&take->mutex);
	if (!simulcast_same_layers(&track->simulcast, &renewed))
		track->simulcast = renewed;
	pthread_mutex_unlock(&take->mutex);
}

enum api_error take_negotiated(struct take *take, const struct sdp_session *sdp, json_t *simulcast, char *error,
			       size_t error_size)
{
	bool keep[TSR_MAX_TRACKS] = {false};
	struct plan plan[TSR_MAX_TRACKS];
	unsigned count;
	if (!make_plan(take, sdp, plan, &count, keep)) {
		g_snprintf(error, error_size, "a recording has %d tracks at most", TSR_MAX_TRACKS);
		return API_LIMIT;
	}
	for (unsigned i = 0; i < take->tracks; i++) {
		if (keep[i])
			renew_simulcast(take, &take->track[i], simulcast);
		else if (!take->track[i].ended)
			end_track(take, &take->track[i]);
	}
	enum api_error err = API_OK;
	for (unsigned i = 0; i < count && err == API_OK; i++)
		err = carry_out(take, &plan[i], simulcast, error, error_size);
	return err;
}

json_t *take_tracks_json(struct take *take)
{
	json_t *list = json_array();
	pthread_mutex_lock(&take->mutex);
	for (unsigned i = 0; i < take->tracks; i++) {
		const struct take_track *track = &take->track[i];
		tsr_codec written = TSR_CODEC_NONE;
		bool transcode = false;
		if (track->ended || tsr_route(track->codec, take->wish.audio_mode, &written, &transcode) != TSR_OK)
			continue;
		json_array_append_new(
			list, json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "mindex", track->mindex, "mid", track->mid,
					"type", tsr_codec_is_video(track->codec) ? "video" : "audio", "codec",
					tsr_codec_name(track->codec), "recorded_as", tsr_codec_name(written), "mode",
					transcode ? "transcode" : "copy"));
	}
	pthread_mutex_unlock(&take->mutex);
	return list;
}

int take_mindex(struct take *take, int index, char mid[32])
{
	int mindex = -1;
	mid[0] = '\0';
	pthread_mutex_lock(&take->mutex);
	for (unsigned i = 0; i < take->tracks && index >= 0; i++) {
		if (take->track[i].index == (unsigned)index) {
			mindex = take->track[i].mindex;
			g_strlcpy(mid, take->track[i].mid, 32);
		}
	}
	pthread_mutex_unlock(&take->mutex);
	return mindex;
}

void take_set_layers(struct take *take, int substream, int temporal)
{
	pthread_mutex_lock(&take->mutex);
	take->substream = substream >= 0 ? substream : take->substream;
	take->temporal = temporal >= 0 ? temporal : take->temporal;
	for (unsigned i = 0; i < take->tracks && substream >= 0; i++)
		take->track[i].simulcast.wanted = substream;
	pthread_mutex_unlock(&take->mutex);
	for (unsigned i = 0; i < take->tracks && temporal >= 0; i++)
		tsr_recording_set_temporal_layer(take->recording, take->track[i].index, (uint8_t)temporal);
}

/* ---- media --------------------------------------------------------------------------------------------------------- */

bool take_push_rtp(struct take *take, const janus_plugin_rtp *packet, int64_t now_us)
{
	bool ask = false;
	pthread_mutex_lock(&take->mutex);
	struct take_track *track = live_track(take, packet->mindex);
	if (track && (!track->simulcast.active ||
		      simulcast_select(&track->simulcast, packet->buffer, packet->length, now_us, &ask)))
		tsr_push_rtp(take->recording, track->index, (const uint8_t *)packet->buffer, packet->length, now_us);
	pthread_mutex_unlock(&take->mutex);
	return ask;
}

/* Reports of every layer of simulcast: they tell how the layers' timestamps lie to each other, before it is changed. */
void take_push_rtcp(struct take *take, const janus_plugin_rtcp *packet, int64_t now_us)
{
	pthread_mutex_lock(&take->mutex);
	struct take_track *track = live_track(take, packet->mindex);
	if (track)
		tsr_push_rtcp(take->recording, track->index, (const uint8_t *)packet->buffer, packet->length, now_us);
	pthread_mutex_unlock(&take->mutex);
}
