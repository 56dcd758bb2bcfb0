/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "ending.h"
#include "events.h"
#include "hls.h"
#include "mux/mux.h"
#include "progress.h"
#include "recording.h"
#include "segment.h"

#define POLL_INTERVAL_US 200000

struct early_frame {
	struct frame frame; /* data behind this struct */
	struct track *track;
};

struct output {
	struct segment file; /* the one being written */
	struct mux *mux;     /* NULL until the first frames are there */
	uint32_t in_mux;     /* bit per track index: named by its tables */
	uint32_t named;      /* the same, as they were last written */
	bool renew;          /* a track is gone: the next frame begins new tables without it */
	bool split;          /* wanted at the next keyframe */
	GQueue early;        /* frames held until the muxer starts: struct early_frame */
	size_t early_bytes;
	int64_t first_frame_us; /* arrival of the first frame; 0 = none yet */
	int64_t polled_us;
	/* What was accepted when the recording had begun: written, that is told. 0 = it has not begun. */
	uint64_t begun_bytes;
	bool told_recording;
	struct progress progress;
};

struct output *output_create(void)
{
	struct output *out = calloc(1, sizeof(*out));
	if (out != NULL)
		g_queue_init(&out->early);
	return out;
}

void output_destroy(struct output *out)
{
	if (out == NULL)
		return;
	segment_finish(&out->file);
	free(out);
}

/* ---- the file ---- */

tsr_error output_open(tsr_recording *r)
{
	return segment_open(r, &r->out->file);
}

void output_discard(tsr_recording *r)
{
	segment_discard(&r->out->file);
}

void output_note(tsr_recording *r)
{
	segment_note(r, &r->out->file);
}

void output_set_flush(tsr_recording *r)
{
	segment_set_flush(r, &r->out->file);
}

/* ---- the muxer ---- */

/* What the tables say of t from now on. */
static const struct track_format *format_of(const struct track *t)
{
	return t->started ? &t->format : codec_format(t->codec);
}

/* Names the tracks that there are, those that have not begun too: some players read the first tables and no others. */
static tsr_error set_tables(tsr_recording *r)
{
	struct output *out = r->out;
	struct mux_track tracks[LIMIT_TRACKS];
	unsigned count = 0;
	out->in_mux = 0;
	out->renew = false;
	for (unsigned i = 0; i < r->tracks; i++) {
		struct track *t = r->track[i];
		if (t->gone || (t->ended && !t->started))
			continue;
		t->format = *format_of(t);
		tracks[count++] = (struct mux_track){.format = t->format, .id = i};
		out->in_mux |= 1u << i;
	}
	if (out->named != 0 && out->named != out->in_mux)
		hls_note_tables(r->hls);
	out->named = out->in_mux;
	return mux_set_tracks(out->mux, tracks, count);
}

static tsr_error start_mux(tsr_recording *r)
{
	struct output *out = r->out;
	const struct mux_config config = {
		.container = r->config.container, .title = r->config.name, .wait_90k = recording_wait_us(r) * 9 / 100};
	tsr_error err = mux_create(&config, out->file.sink, &out->mux);
	return err == TSR_OK ? set_tables(r) : err;
}

/* ---- segments ---- */

static bool segment_is_due(const tsr_recording *r, int64_t pts_90k)
{
	return r->out->split || segment_is_full(r, &r->out->file, pts_90k);
}

/* Nothing more goes into the file; the next one goes on at next_90k. NO_NEXT: the recording ends. */
#define NO_NEXT INT64_MIN
static void close_file(tsr_recording *r, int64_t next_90k)
{
	struct output *out = r->out;
	if (out->file.sink != NULL)
		hls_end_file(r->hls, out->file.sink, next_90k);
	/* After an error, too: what is in the file is to be sought in, if the sink still takes it. */
	tsr_error err = out->mux != NULL ? mux_finish(out->mux) : TSR_OK;
	if (err != TSR_OK && r->error == TSR_OK)
		log_line(TSR_LOG_WARNING, r->config.id, "the file's index is not complete: %s", tsr_strerror(err));
	mux_destroy(out->mux);
	out->mux = NULL;
	segment_close(r, &out->file, next_90k == NO_NEXT);
}

static bool has_started_video(const tsr_recording *r)
{
	for (unsigned i = 0; i < r->tracks; i++)
		if (r->track[i]->video && r->track[i]->started && !r->track[i]->ended)
			return true;
	return false;
}

/* Begins a new file where that loses and repeats nothing: at a keyframe, without video at any frame. Browsers send a keyframe
 * only when they are asked. */
static tsr_error split_if_due(struct track *t, const struct frame *frame)
{
	tsr_recording *r = t->r;
	if (r->out->mux == NULL || !segment_is_due(r, frame->pts_90k) || !ending_has_room(r))
		return TSR_OK;
	if (t->video && !frame->keyframe)
		track_ask_for_keyframe(t);
	if (t->video ? !frame->keyframe : has_started_video(r))
		return TSR_OK;
	close_file(r, frame->pts_90k);
	r->out->split = false;
	tsr_error err = segment_next(r, &r->out->file, frame->pts_90k);
	return err == TSR_OK ? start_mux(r) : err;
}

/* ---- frames ---- */

static void tell_recording(tsr_recording *r)
{
	r->out->told_recording = true;
	atomic_store(&r->state, TSR_STATE_RECORDING);
	events_queue(r, &(tsr_event){.type = TSR_EVENT_RECORDING, .track = -1, .path = r->out->file.path});
}

static void note_begin(struct track *t)
{
	tsr_recording *r = t->r;
	struct output *out = r->out;
	bool video_expected = false;
	for (unsigned i = 0; i < r->tracks; i++)
		video_expected |= r->track[i]->video && !r->track[i]->ended && !r->track[i]->told_missing;
	if (out->begun_bytes != 0 || (video_expected && !t->video))
		return;
	out->begun_bytes = segment_total_bytes(&r->out->file);
	if (r->offline) /* nobody waits for a disk there */
		tell_recording(r);
}

static void count_written(struct track *t, const struct frame *frame)
{
	tsr_recording *r = t->r;
	t->stats.frames_written++;
	if (!t->in_file)
		t->first_written_90k = frame->pts_90k;
	t->in_file = true;
	if (!r->any_written) {
		r->any_written = true;
		r->first_90k = r->out->file.start_90k = frame->pts_90k;
	}
	t->last_written_90k = MAX(t->last_written_90k, frame->pts_90k);
	if (frame->pts_90k > r->last_90k)
		r->last_90k = frame->pts_90k;
	gap_close(&r->gaps, &t->gap, frame->pts_90k);
	note_begin(t);
}

/* The disk does not keep up: video is left out up to a keyframe that fits, audio only when its reserve is used up too. */
static bool drop_for_room(struct track *t, const struct frame *frame)
{
	tsr_recording *r = t->r;
	bool room = sink_has_room(r->out->file.sink, mux_packetized_size(r->out->mux, frame), !t->video);
	if (room && (!t->overflowed || !t->video || frame->keyframe)) {
		if (t->overflowed &&
		    r->out->mux !=
			    NULL) /* once, where the track goes on: not at each frame that others write meanwhile */
			mux_note_gap(r->out->mux);
		t->overflowed = false;
		return false;
	}
	if (!t->overflowed)
		events_warn_often(r, (int)t->index, &t->slow_told_us, "disk_slow",
				  "the disk does not keep up; frames are left out");
	t->overflowed = true;
	t->stats.frames_dropped++;
	gap_add(&r->gaps, &t->gap, t->index, "disk_slow", frame->pts_90k, frame->size);
	if (t->video && room)
		track_ask_for_keyframe(t);
	return true;
}

static tsr_error mux_frame(struct track *t, const struct frame *frame)
{
	struct mux *mux = t->r->out->mux;
	int64_t lead_90k = mux_lead_90k(mux);
	tsr_error err = mux_write(mux, t->index, frame);
	if (mux_lead_90k(mux) != lead_90k)
		log_line(
			TSR_LOG_INFO, t->r->config.id,
			"track %u is far behind another: the file's clock is set back, %lld ms behind its newest frame",
			t->index, (long long)(mux_lead_90k(mux) / 90));
	return err;
}

static tsr_error write_frame(struct track *t, const struct frame *frame)
{
	struct output *out = t->r->out;
	tsr_error err = split_if_due(t, frame);
	if (err != TSR_OK)
		return err;
	if (drop_for_room(t, frame))
		return TSR_OK;
	if (out->mux == NULL)
		err = start_mux(t->r);
	else if (out->renew || (out->in_mux & 1u << t->index) == 0)
		err = set_tables(t->r);
	if (err != TSR_OK)
		return err;
	hls_frame(t->r->hls, t, frame, out->file.sink, out->mux);
	err = mux_frame(t, frame);
	if (err == TSR_E_MALFORMED) {
		t->stats.malformed++;
		return TSR_OK;
	}
	if (err == TSR_OK)
		count_written(t, frame);
	return err;
}

/* ---- the start ---- */

static bool all_tracks_started(const tsr_recording *r)
{
	for (unsigned i = 0; i < r->tracks; i++)
		if (!r->track[i]->started && !r->track[i]->ended)
			return false;
	return true;
}

/* The first track's frames wait for the other tracks'. */
static bool may_start(const tsr_recording *r)
{
	const struct output *out = r->out;
	return all_tracks_started(r) || r->now_us - out->first_frame_us >= r->config.start_wait_us ||
	       out->early.length >= LIMIT_START_FRAMES || out->early_bytes >= LIMIT_START_BYTES;
}

static tsr_error write_early_frames(tsr_recording *r)
{
	tsr_error err = TSR_OK;
	r->out->early_bytes = 0;
	for (struct early_frame *early; (early = g_queue_pop_head(&r->out->early)) != NULL; g_free(early))
		if (err == TSR_OK)
			err = write_frame(early->track, &early->frame);
	return err;
}

static void hold_early(struct track *t, const struct frame *frame)
{
	struct output *out = t->r->out;
	struct early_frame *early = g_malloc(sizeof(*early) + frame->size);
	early->track = t;
	early->frame = *frame;
	early->frame.data = memcpy(early + 1, frame->data, frame->size);
	g_queue_push_tail(&out->early, early);
	out->early_bytes += frame->size;
	if (out->first_frame_us == 0)
		out->first_frame_us = t->r->start.since_us != 0 ? t->r->start.since_us : t->r->now_us;
}

/* A codec's format may not be what the tables say (sound whose first packet is in stereo, and nobody announced it): then there are new
 * ones from this frame on. */
static void note_format(struct track *t)
{
	struct output *out = t->r->out;
	const struct track_format *now = codec_format(t->codec);
	if (t->format.channels != now->channels)
		out->in_mux &= ~(1u << t->index);
	t->started = true;
	t->format = *now;
}

tsr_error output_frame(struct track *t, const struct frame *frame)
{
	tsr_recording *r = t->r;
	struct output *out = r->out;
	if (r->error != TSR_OK)
		return r->error;
	note_format(t);
	if (out->mux != NULL) {
		r->error = write_frame(t, frame);
	} else {
		hold_early(t, frame);
		if (may_start(r))
			r->error = write_early_frames(r);
	}
	return r->error;
}

/* ---- time, limits, end ---- */

static void stop_at_limits(tsr_recording *r)
{
	const tsr_recording_config *c = &r->config;
	if (c->max_duration_us > 0 && (r->last_90k - r->first_90k) * 100 / 9 >= c->max_duration_us)
		tsr_recording_stop(r, "max_duration");
	else if (c->max_size > 0 && segment_total_bytes(&r->out->file) >= c->max_size)
		tsr_recording_stop(r, "max_size");
}

/* Ends the recording while there is still room to end it well. The writers look: a disk may be slow to tell. */
static void stop_before_disk_is_full(tsr_recording *r, const struct sink_stats *sink)
{
	if (sink->free_bytes >= r->config.min_free_space || atomic_load(&r->stopping))
		return;
	events_warn(r, -1, "disk_full", "less than min_free_space is left; the recording ends");
	tsr_recording_stop(r, "disk_full");
}

static void stop_on_error(tsr_recording *r)
{
	tsr_error err = r->error;
	if (err == TSR_OK || atomic_load(&r->stopping))
		return;
	bool full = err == TSR_E_NOSPACE;
	events_warn(r, -1, full ? "disk_full" : "write_failed", tsr_strerror(err));
	tsr_recording_stop(r, full ? "disk_full" : "error");
}

/* Takes note of how much of the media is written by now. */
static void watch_progress(tsr_recording *r, const struct sink_stats *sink)
{
	uint64_t written = ending_bytes(r) + sink->bytes_written;
	progress_watch(&r->out->progress, r->out->file.bytes_before + sink->bytes_accepted, r->last_90k, written);
	if (!r->out->told_recording && r->out->begun_bytes != 0 && written >= r->out->begun_bytes)
		tell_recording(r);
}

void output_poll(tsr_recording *r)
{
	struct output *out = r->out;
	if (out->mux == NULL && out->early.length > 0 && r->error == TSR_OK && may_start(r))
		r->error = write_early_frames(r);
	if (r->now_us - r->out->polled_us >= POLL_INTERVAL_US) {
		r->out->polled_us = r->now_us;
		if (out->file.sink != NULL)
			hls_poll(r->hls, r, out->file.sink);
		if (r->error == TSR_OK && out->file.sink != NULL) {
			struct sink_stats sink;
			sink_get_stats(out->file.sink, &sink);
			r->error = sink.error;
			watch_progress(r, &sink);
			stop_before_disk_is_full(r, &sink);
		}
		stop_at_limits(r);
	}
	if (out->mux != NULL && r->error == TSR_OK)
		r->error = mux_tick(out->mux, r->now_us);
	stop_on_error(r);
}

void output_flush(tsr_recording *r)
{
	tsr_error err = r->error == TSR_OK ? write_early_frames(r) : r->error;
	g_queue_clear_full(&r->out->early, g_free);
	r->error = err;
}

void output_finish(tsr_recording *r)
{
	if (r->out->begun_bytes != 0 && !r->out->told_recording) /* it was over before that was written */
		tell_recording(r);
	hls_close(r->hls);
	close_file(r, NO_NEXT);
}

/* ---- what is told ---- */

void output_track_ended(struct track *t)
{
	struct output *out = t->r->out;
	t->gone = out->mux != NULL; /* once a muxer runs nothing waits to be written */
	out->renew |= t->gone && (out->in_mux & 1u << t->index) != 0;
}

bool output_split(tsr_recording *r)
{
	if (r->out->mux == NULL)
		return false;
	r->out->split = true;
	for (unsigned i = 0; i < r->tracks; i++)
		if (r->track[i]->video)
			track_ask_for_keyframe(r->track[i]);
	return true;
}

bool output_has_begun(const tsr_recording *r)
{
	return r->out->told_recording;
}

void output_get_stats(tsr_recording *r, tsr_stats *out, int64_t now_us)
{
	out->duration_ms = recording_duration_ms(r, r->offline ? r->last_90k : r->out->progress.written_90k);
	segment_get_stats(r, &r->out->file, out, now_us);
	hls_get_path(r->hls, r, out->playlist, sizeof(out->playlist));
}
