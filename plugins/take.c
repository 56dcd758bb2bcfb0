/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>

#include "events.h"
#include "library.h"
#include "runtime.h"
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

GPtrArray *takes_running(void)
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
		event_send(take->session, NULL, result, NULL);
}

static void end(struct take *take, bool finished, json_t *result)
{
	tsr_stats *stats = g_new(tsr_stats, 1);
	pthread_mutex_lock(&take->mutex); /* take_start may not have got it yet */
	tsr_recording *recording = take->recording;
	pthread_mutex_unlock(&take->mutex);
	tsr_recording_get_stats(recording, stats);
	totals_ended(finished, stats);
	g_free(stats);
	pthread_mutex_lock(&take->mutex);
	take->ended = true;
	take->last = json_incref(result);
	pthread_mutex_unlock(&take->mutex);
	release(take);
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
		event_send(take->session, NULL, result, NULL);
		json_decref(result);
	}
	pthread_mutex_unlock(&take->mutex);
}

void take_set_name(struct take *take, const char *name)
{
	pthread_mutex_lock(&take->mutex);
	g_free(take->name);
	take->name = g_strdup(name);
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
	take->max_duration_us = model->max_duration_us;
	take->max_size = model->max_size;
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

static enum api_error add_track(struct take *take, const struct sdp_track *sdp, json_t *simulcast, char *error,
				size_t error_size)
{
	struct take_track track = {.mindex = sdp->mindex, .codec = sdp->codec};
	g_strlcpy(track.mid, sdp->mid, sizeof(track.mid));
	if (simulcast && tsr_codec_is_video(sdp->codec))
		simulcast_init(&track.simulcast, simulcast, sdp->codec, take->substream);
	tsr_track_config config = {
		.codec = sdp->codec,
		.clock_rate = sdp->clock_rate,
		.channels = sdp->channels,
		.red_payload_type = sdp->red_payload_type,
		.parameter_sets = sdp->parameter_sets ? sdp->parameter_sets->data : NULL,
		.parameter_sets_size = sdp->parameter_sets ? sdp->parameter_sets->len : 0,
		.label = sdp->mid,
	};
	tsr_error err = take->tracks < TSR_MAX_TRACKS ? tsr_recording_add_track(take->recording, &config, &track.index)
						      : TSR_E_LIMIT;
	if (err != TSR_OK) {
		g_snprintf(error, error_size, "media line %d cannot be recorded as %s: %s", sdp->mindex,
			   tsr_codec_name(sdp->codec), tsr_strerror(err));
		return api_error_of(err);
	}
	tsr_recording_set_temporal_layer(take->recording, track.index, (uint8_t)take->temporal);
	pthread_mutex_lock(&take->mutex);
	take->track[take->tracks++] = track;
	pthread_mutex_unlock(&take->mutex);
	return API_OK;
}

enum api_error take_negotiated(struct take *take, const struct sdp_session *sdp, json_t *simulcast, char *error,
			       size_t error_size)
{
	bool keep[TSR_MAX_TRACKS] = {false};
	for (unsigned i = 0; i < sdp->tracks; i++) {
		struct take_track *track = live_track(take, sdp->track[i].mindex);
		if (track && track->codec == sdp->track[i].codec && sdp->track[i].active)
			keep[track - take->track] = true;
	}
	for (unsigned i = 0; i < take->tracks; i++) {
		if (!keep[i] && !take->track[i].ended)
			end_track(take, &take->track[i]);
	}
	enum api_error err = API_OK;
	for (unsigned i = 0; i < sdp->tracks && err == API_OK; i++) {
		const struct sdp_track *wanted = &sdp->track[i];
		if (wanted->active && !live_track(take, wanted->mindex))
			err = add_track(take, wanted, simulcast_of(simulcast, wanted->mindex), error, error_size);
	}
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
