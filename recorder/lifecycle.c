/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The life of one recording as the host sees it: create, tracks, pause, stop, wait, statistics. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "depay/depay.h"
#include "ending.h"
#include "engine.h"
#include "events.h"
#include "hls.h"
#include "output.h"
#include "recording.h"
#include "rtp/inbox.h"
#include "stats.h"
#include "track.h"
#include "turn.h"

#define DEFAULT_REORDER_WAIT_US   (US_PER_S / 2)
#define DEFAULT_START_WAIT_US     (US_PER_S / 2)
#define OFFLINE_START_WAIT_US     (3 * US_PER_S)
#define DEFAULT_FLUSH_THRESHOLD   (4 * 1024 * 1024)
#define DEFAULT_FLUSH_INTERVAL_US US_PER_S
#define DEFAULT_HLS_SEGMENT_US    (2 * US_PER_S)
#define DEFAULT_TIMEOUT_US        (10 * US_PER_S)

/* ---- configuration ---- */

static bool id_is_valid(const char *id)
{
	size_t length = id != NULL ? strlen(id) : 0;
	return length > 0 && length <= LIMIT_ID_BYTES &&
	       strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

/* Folders below the recordings folder are fine, leaving it is not. The sink opens beneath the folder anyway; this gives the
 * clearer error. */
static bool filename_is_valid(const char *name)
{
	size_t length = strlen(name);
	if (length == 0 || length > LIMIT_FILENAME_BYTES - SEGMENT_NUMBER_BYTES || name[0] == '/' ||
	    name[length - 1] == '/')
		return false;
	for (const char *c = name; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	char **parts = g_strsplit(name, "/", -1);
	bool valid = true;
	for (char **part = parts; *part != NULL; part++)
		valid &= **part != '\0' && strcmp(*part, ".") != 0 && strcmp(*part, "..") != 0;
	g_strfreev(parts);
	return valid;
}

static void copy_strings(tsr_recording_config *c)
{
	c->folder = g_strdup(c->folder);
	c->id = g_strdup(c->id);
	c->filename = g_strdup(c->filename != NULL ? c->filename : c->id);
	c->name = g_strdup(c->name);
	c->metadata = g_strdup(c->metadata);
	c->host = g_strdup(c->host);
	c->encoding.video_encoder = g_strdup(c->encoding.video_encoder);
	c->encoding.video_preset = g_strdup(c->encoding.video_preset);
	c->encoding.video_encoder_options = g_strdup(c->encoding.video_encoder_options);
	c->encoding.audio_encoder = g_strdup(c->encoding.audio_encoder);
}

static void free_strings(tsr_recording_config *c)
{
	g_free((char *)c->folder);
	g_free((char *)c->id);
	g_free((char *)c->filename);
	g_free((char *)c->name);
	g_free((char *)c->metadata);
	g_free((char *)c->host);
	g_free((char *)c->encoding.video_encoder);
	g_free((char *)c->encoding.video_preset);
	g_free((char *)c->encoding.video_encoder_options);
	g_free((char *)c->encoding.audio_encoder);
}

static void set_flush_defaults(tsr_flush *f)
{
	if (f->threshold == 0)
		f->threshold = DEFAULT_FLUSH_THRESHOLD;
	if (f->interval_us == 0)
		f->interval_us = DEFAULT_FLUSH_INTERVAL_US;
	else if (f->interval_us < 0)
		f->interval_us = 0;
}

static void set_defaults(tsr_recording_config *c, bool offline)
{
	if (c->reorder_wait_us == 0)
		c->reorder_wait_us = DEFAULT_REORDER_WAIT_US;
	if (c->start_wait_us == 0)
		c->start_wait_us = offline ? OFFLINE_START_WAIT_US : DEFAULT_START_WAIT_US;
	set_flush_defaults(&c->flush);
	if (c->hls.segment_us == 0)
		c->hls.segment_us = DEFAULT_HLS_SEGMENT_US;
	if (c->stall_timeout_us == 0)
		c->stall_timeout_us = DEFAULT_TIMEOUT_US;
	if (c->track_timeout_us == 0)
		c->track_timeout_us = DEFAULT_TIMEOUT_US;
	if (c->keyframe_timeout_us == 0)
		c->keyframe_timeout_us = DEFAULT_TIMEOUT_US;
}

/* ---- create, free ---- */

static void free_recording(tsr_recording *r)
{
	for (unsigned i = 0; i < r->tracks; i++)
		track_destroy(r->track[i]);
	start_finish(&r->start);
	inbox_destroy(r->inbox);
	output_destroy(r->out);
	ending_destroy(r->endings);
	hls_destroy(r->hls);
	events_destroy(r->events);
	free_strings(&r->config);
	pthread_mutex_destroy(&r->turn);
	free(r);
}

static tsr_recording *alloc_recording(tsr_engine *engine, const tsr_recording_config *config)
{
	tsr_recording *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	atomic_init(&r->refs, 1);
	r->engine = engine;
	r->config = *config;
	copy_strings(&r->config);
	set_defaults(&r->config, engine_writers(engine) == NULL);
	pthread_mutex_init(&r->turn, NULL);
	start_init(&r->start, &r->timeline, r->config.start_wait_us);
	r->started_utc_us = clock_utc_us();
	r->inbox = inbox_create(LIMIT_INBOX_BYTES);
	r->out = output_create();
	r->endings = ending_create();
	r->events = events_create();
	if (r->inbox != NULL && r->out != NULL && r->endings != NULL && r->events != NULL)
		return r;
	free_recording(r);
	return NULL;
}

tsr_error tsr_recording_create(tsr_engine *engine, const tsr_recording_config *config, tsr_recording **out)
{
	if (!id_is_valid(config->id) || config->folder == NULL ||
	    (config->filename != NULL && !filename_is_valid(config->filename)))
		return TSR_E_INVAL;
	tsr_recording *r = alloc_recording(engine, config);
	if (r == NULL)
		return TSR_E_NOMEM;
	tsr_error err = hls_create(r, &r->hls);
	if (err == TSR_OK)
		err = output_open(r);
	if (err == TSR_OK) {
		err = engine_remember(engine, r);
		if (err != TSR_OK)
			output_discard(r);
	}
	if (err != TSR_OK) {
		free_recording(r);
		return err;
	}
	engine_serve(engine, r, turn_serve);
	*out = r;
	return TSR_OK;
}

tsr_recording *tsr_recording_ref(tsr_recording *r)
{
	if (r != NULL)
		atomic_fetch_add(&r->refs, 1);
	return r;
}

void tsr_recording_unref(tsr_recording *r)
{
	if (r != NULL && atomic_fetch_sub(&r->refs, 1) == 1)
		free_recording(r);
}

/* ---- tracks ---- */

tsr_error tsr_recording_add_track(tsr_recording *r, const tsr_track_config *config, unsigned *index)
{
	if (atomic_load(&r->stopping))
		return TSR_E_BUSY;
	tsr_error err = TSR_E_LIMIT;
	pthread_mutex_lock(&r->turn);
	unsigned next = atomic_load(&r->tracks);
	if (next < LIMIT_TRACKS)
		err = track_create(r, next, config, output_frame, &r->track[next]);
	if (err == TSR_OK) {
		*index = next;
		atomic_store(&r->tracks, next + 1);
	}
	pthread_mutex_unlock(&r->turn);
	return err;
}

void tsr_recording_end_track(tsr_recording *r, unsigned index)
{
	pthread_mutex_lock(&r->turn);
	if (index < atomic_load(&r->tracks) && !ending_has_stats(r) && !r->track[index]->ended) {
		if (r->track[index]->packet_us != 0) /* what it has must be in the file before it ends */
			recording_fail(r, start_now(&r->start));
		track_flush(r->track[index]);
		r->track[index]->ended = true;
		output_track_ended(r->track[index]);
	}
	pthread_mutex_unlock(&r->turn);
}

tsr_error tsr_recording_resume_track(tsr_recording *r, unsigned index, const tsr_track_config *config)
{
	tsr_error err = TSR_E_BUSY;
	pthread_mutex_lock(&r->turn);
	struct track *t = index < atomic_load(&r->tracks) ? r->track[index] : NULL;
	if (t == NULL || !t->ended || t->in != config->codec)
		err = TSR_E_INVAL;
	else if (!atomic_load(&r->stopping) && !ending_has_stats(r))
		err = track_resume(t, config);
	pthread_mutex_unlock(&r->turn);
	return err;
}

void tsr_recording_set_temporal_layer(tsr_recording *r, unsigned index, uint8_t layer)
{
	pthread_mutex_lock(&r->turn);
	if (index < atomic_load(&r->tracks) && !ending_has_stats(r) && r->track[index]->video)
		track_set_temporal_layer(r->track[index], layer);
	pthread_mutex_unlock(&r->turn);
}

tsr_error tsr_route(tsr_codec in, tsr_container container, tsr_audio_mode mode, tsr_codec *out, bool *transcode)
{
	const struct route *route = route_find(in, container, mode);
	if (route == NULL)
		return TSR_E_UNSUPPORTED;
	*out = route->out;
	*transcode = route->transcode;
	return TSR_OK;
}

tsr_error tsr_route_available(tsr_codec in, tsr_container container, tsr_audio_mode mode, const tsr_encoding *encoding,
			      const char **missing)
{
	const struct route *route = route_find(in, container, mode);
	if (route == NULL || !depay_supports(in)) {
		*missing = tsr_codec_name(in);
		return TSR_E_UNSUPPORTED;
	}
	struct codec_settings settings = track_codec_settings(encoding);
	return codec_available(route, &settings, missing);
}

/* ---- change, pause, split, stop ---- */

static void replace(const char **text, const char *with)
{
	if (with == NULL)
		return;
	g_free((char *)*text);
	*text = g_strdup(with);
}

tsr_error tsr_recording_change(tsr_recording *r, const tsr_recording_changes *changes)
{
	pthread_mutex_lock(&r->turn);
	bool may = !atomic_load(&r->stopping);
	if (may) {
		if (changes->max_duration_us >= 0)
			r->config.max_duration_us = changes->max_duration_us;
		if (changes->max_size >= 0)
			r->config.max_size = (uint64_t)changes->max_size;
		replace(&r->config.name, changes->name);
		replace(&r->config.metadata, changes->metadata);
		if (changes->name != NULL || changes->metadata != NULL)
			output_note(r);
		if (changes->flush != NULL) {
			r->config.flush = *changes->flush;
			set_flush_defaults(&r->config.flush);
			output_set_flush(r);
		}
	}
	pthread_mutex_unlock(&r->turn);
	return may ? TSR_OK : TSR_E_BUSY;
}

static void set_paused(tsr_recording *r, bool paused)
{
	int64_t now_us = r->offline ? r->now_us : clock_now_us(); /* offline, packets are the clock */
	if (paused && r->start.since_us != 0)                     /* what came so far is not paused */
		recording_fail(r, start_now(&r->start));
	r->paused = paused;
	if (paused) {
		r->paused_us = now_us;
	} else {
		/* Before its first packet a recording has no timeline that a pause could be cut out of. */
		int64_t since_us = MAX(r->paused_us, r->timeline.origin_us);
		if (r->timeline.started && now_us > since_us)
			r->paused_90k += (now_us - since_us) * 9 / 100;
		for (unsigned i = 0; i < r->tracks; i++) {
			struct track *t = r->track[i];
			if (t->video) {
				t->waiting_keyframe = true;
				track_ask_for_keyframe(t);
				if (!t->ended)
					codec_make_keyframe(t->codec);
			}
		}
	}
	tsr_state going = output_has_begun(r) ? TSR_STATE_RECORDING : TSR_STATE_STARTING;
	atomic_store(&r->state, paused ? TSR_STATE_PAUSED : going);
	events_queue(r, &(tsr_event){.type = paused ? TSR_EVENT_PAUSED : TSR_EVENT_RESUMED, .track = -1});
}

static tsr_error pause_or_resume(tsr_recording *r, bool paused)
{
	pthread_mutex_lock(&r->turn);
	bool may = !atomic_load(&r->stopping) && r->paused != paused;
	if (may)
		set_paused(r, paused);
	pthread_mutex_unlock(&r->turn);
	return may ? TSR_OK : TSR_E_BUSY;
}

tsr_error tsr_recording_pause(tsr_recording *r)
{
	return pause_or_resume(r, true);
}

tsr_error tsr_recording_resume(tsr_recording *r)
{
	return pause_or_resume(r, false);
}

tsr_error tsr_recording_split(tsr_recording *r)
{
	pthread_mutex_lock(&r->turn);
	bool may = !atomic_load(&r->stopping) && !r->paused && output_split(r);
	pthread_mutex_unlock(&r->turn);
	return may ? TSR_OK : TSR_E_BUSY;
}

void tsr_recording_stop(tsr_recording *r, const char *reason)
{
	const char *none = NULL;
	if (!atomic_compare_exchange_strong(&r->reason, &none, reason))
		return;
	atomic_store(&r->stopping, true);
	/* From within a turn (a limit, an error) it is the turn that ends it. */
	if (r->offline && !r->in_turn)
		turn_finish_offline(r);
}

void tsr_recording_wait(tsr_recording *r)
{
	ending_wait(r);
}

void tsr_recording_get_stats(tsr_recording *r, tsr_stats *out)
{
	pthread_mutex_lock(&r->turn);
	if (!ending_get_stats(r, out))
		stats_collect(r, out);
	pthread_mutex_unlock(&r->turn);
}
