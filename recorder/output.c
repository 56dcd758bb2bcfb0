/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"
#include "sink/space.h"

#define POLL_INTERVAL_US 200000

struct early_frame {
	struct frame frame; /* data behind this struct */
	struct track *track;
};

/* ---- gaps ---- */

/* The gap of t that is open, or NULL: none is, or it is one of those that are only counted. */
static tsr_gap *open_gap(const struct track *t)
{
	return t->gap >= 0 && t->gap < LIMIT_GAPS ? &t->r->gap[t->gap] : NULL;
}

void gap_add(struct track *t, const char *cause, int64_t pts_90k, size_t bytes)
{
	bool opens = t->gap < 0;
	if (opens)
		t->gap = (int)t->r->gaps++;
	tsr_gap *gap = open_gap(t);
	if (gap == NULL)
		return;
	if (opens)
		*gap = (tsr_gap){.track = (int)t->index, .cause = cause, .start_ms = ms_of_90k(pts_90k)};
	gap->end_ms = ms_of_90k(pts_90k);
	gap->frames++;
	gap->bytes += bytes;
}

static void gap_close(struct track *t, int64_t pts_90k)
{
	tsr_gap *gap = open_gap(t);
	if (gap != NULL)
		gap->end_ms = ms_of_90k(pts_90k);
	t->gap = -1;
}

/* ---- the file ---- */

static char *segment_name(const tsr_recording *r)
{
	bool numbered = r->config.segment_duration_us > 0 || r->config.segment_size > 0 || r->out.segment > 0;
	return numbered ? g_strdup_printf("%s-%05u", r->config.filename, r->out.segment + 1)
			: g_strdup(r->config.filename);
}

/* Whether the file system has what min_free_space asks for; a file system that does not tell is not in the way. */
static bool has_free_space(const tsr_recording *r)
{
	uint64_t bytes;
	return r->config.min_free_space == 0 || space_free(r->config.folder, &bytes) != TSR_OK ||
	       bytes >= r->config.min_free_space;
}

static struct file_sink_flush flush_of(const tsr_flush *f)
{
	return (struct file_sink_flush){
		.threshold = f->threshold,
		.interval_us = f->interval_us,
		.sync = !f->no_sync,
		.adaptive = f->adaptive,
		.threshold_min = f->threshold_min,
		.threshold_max = f->threshold_max,
	};
}

void output_set_flush(tsr_recording *r)
{
	const struct file_sink_flush flush = flush_of(&r->config.flush);
	if (r->out.sink != NULL)
		file_sink_set_flush(r->out.sink, &flush);
}

void output_note(tsr_recording *r)
{
	if (!r->config.report || r->out.sink == NULL)
		return;
	char *note = report_note(r);
	file_sink_set_note(r->out.sink, note);
	g_free(note);
}

tsr_error output_open(tsr_recording *r)
{
	const tsr_recording_config *c = &r->config;
	bool first = r->out.segment == 0;
	if (first && !has_free_space(r))
		return TSR_E_NOSPACE;
	g_free(r->out.name);
	r->out.name = segment_name(r);
	r->out.started_utc_us = clock_utc_us();
	char *note = c->report ? report_note(r) : NULL;
	struct file_sink_config config = {
		.log_id = c->id,
		.folder = c->folder,
		.name = r->out.name,
		.flush = flush_of(&c->flush),
		.memory_cap = c->memory_cap,
		.mode = c->file_mode,
		.checksum = c->report,
		.note = note,
		/* The worker must not wait for a disk that stalls; only the first file's errors are the caller's. */
		.deferred = !first,
		.device = r->out.device,
	};
	tsr_error err = file_sink_create(&config, engine_writers(r->engine), &r->out.sink);
	g_free(note);
	if (err != TSR_OK)
		return err;
	r->out.device = file_sink_device(r->out.sink);
	g_free(r->out.path);
	r->out.path = g_strdup_printf("%s/%s.recording.ts", c->folder, r->out.name);
	ending_expect_file(r);
	return TSR_OK;
}

static uint64_t segment_bytes(const tsr_recording *r)
{
	struct sink_stats sink = {0};
	if (r->out.sink != NULL)
		sink_get_stats(r->out.sink, &sink);
	return sink.bytes_accepted;
}

/* ---- the muxer ---- */

static tsr_error start_mux(tsr_recording *r)
{
	struct output *out = &r->out;
	struct mux_track tracks[LIMIT_TRACKS];
	unsigned count = 0;
	out->in_mux = 0;
	for (unsigned i = 0; i < r->tracks; i++) {
		if (!r->track[i]->started || r->track[i]->gone)
			continue;
		tracks[count++] = (struct mux_track){.format = r->track[i]->format, .id = i};
		out->in_mux |= 1u << i;
	}
	struct mux_config config = {
		.tracks = tracks,
		.count = count,
		.version = out->version,
		.discontinuity = out->version > 0,
		.title = r->config.name,
	};
	mux_destroy(out->mux);
	out->mux = NULL;
	out->version++;
	out->discontinuity = out->renew = false;
	return mux_create(&config, out->sink, &out->mux);
}

/* ---- segments ---- */

static bool segment_is_full(const tsr_recording *r, int64_t pts_90k)
{
	const tsr_recording_config *c = &r->config;
	const struct output *out = &r->out;
	return out->split ||
	       (c->segment_duration_us > 0 && (pts_90k - out->segment_start_90k) * 100 / 9 >= c->segment_duration_us) ||
	       (c->segment_size > 0 && segment_bytes(r) >= c->segment_size);
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
	if (r->out.mux == NULL || !segment_is_full(r, frame->pts_90k) || !ending_has_room(r))
		return TSR_OK;
	if (t->video && !frame->keyframe)
		track_ask_for_keyframe(t);
	if (t->video ? !frame->keyframe : has_started_video(r))
		return TSR_OK;
	ending_begin(r, false);
	r->out.split = false;
	r->out.segment++;
	r->out.segment_start_90k = frame->pts_90k;
	tsr_error err = output_open(r);
	return err == TSR_OK ? start_mux(r) : err;
}

/* ---- frames ---- */

static void tell_recording(tsr_recording *r)
{
	r->out.told_recording = true;
	atomic_store(&r->state, TSR_STATE_RECORDING);
	events_queue(r, &(tsr_event){.type = TSR_EVENT_RECORDING, .track = -1});
}

static void note_begin(struct track *t)
{
	tsr_recording *r = t->r;
	struct output *out = &r->out;
	bool video_expected = false;
	for (unsigned i = 0; i < r->tracks; i++)
		video_expected |= r->track[i]->video && !r->track[i]->ended && !r->track[i]->told_missing;
	if (out->begun_bytes != 0 || (video_expected && !t->video))
		return;
	out->begun_bytes = r->bytes_before + segment_bytes(r);
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
		r->first_90k = r->out.segment_start_90k = frame->pts_90k;
	}
	t->last_written_90k = frame->pts_90k;
	if (frame->pts_90k > r->last_90k)
		r->last_90k = frame->pts_90k;
	gap_close(t, frame->pts_90k);
	note_begin(t);
}

/* The disk does not keep up: video is left out up to a keyframe that fits, audio only when its reserve is used up too. */
static bool drop_for_room(struct track *t, const struct frame *frame)
{
	tsr_recording *r = t->r;
	bool room = sink_has_room(r->out.sink, mux_packetized_size(frame->size), !t->video);
	if (room && (!t->overflowed || !t->video || frame->keyframe)) {
		r->out.discontinuity |=
			t->overflowed; /* once, where the track goes on: not at each frame that others write meanwhile */
		t->overflowed = false;
		return false;
	}
	if (!t->overflowed)
		events_warn_often(r, (int)t->index, &t->slow_told_us, "disk_slow",
				  "the disk does not keep up; frames are left out");
	t->overflowed = true;
	t->stats.frames_dropped++;
	gap_add(t, "disk_slow", frame->pts_90k, frame->size);
	if (t->video && room)
		track_ask_for_keyframe(t);
	return true;
}

static tsr_error write_frame(struct track *t, const struct frame *frame)
{
	struct output *out = &t->r->out;
	tsr_error err = split_if_due(t, frame);
	if (err != TSR_OK)
		return err;
	if (drop_for_room(t, frame))
		return TSR_OK;
	if (out->mux == NULL || out->discontinuity || out->renew || (out->in_mux & 1u << t->index) == 0)
		err = start_mux(t->r);
	if (err == TSR_OK)
		err = mux_write(out->mux, t->index, frame);
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

/* The first track's frames wait for the other tracks', so that the first tables name them all. A track that comes later gets new tables. */
static bool may_start(const tsr_recording *r)
{
	const struct output *out = &r->out;
	return all_tracks_started(r) || r->now_us - out->first_frame_us >= r->config.start_wait_us ||
	       out->early.length >= LIMIT_START_FRAMES || out->early_bytes >= LIMIT_START_BYTES;
}

static tsr_error write_early_frames(tsr_recording *r)
{
	tsr_error err = TSR_OK;
	r->out.early_bytes = 0;
	for (struct early_frame *early; (early = g_queue_pop_head(&r->out.early)) != NULL; g_free(early))
		if (err == TSR_OK)
			err = write_frame(early->track, &early->frame);
	return err;
}

static void hold_early(struct track *t, const struct frame *frame)
{
	struct output *out = &t->r->out;
	struct early_frame *early = g_malloc(sizeof(*early) + frame->size);
	early->track = t;
	early->frame = *frame;
	early->frame.data = memcpy(early + 1, frame->data, frame->size);
	g_queue_push_tail(&out->early, early);
	out->early_bytes += frame->size;
	if (out->first_frame_us == 0)
		out->first_frame_us = t->r->now_us;
}

/* A codec's format may change (sound that becomes stereo): from this frame on the file has new tables. */
static tsr_error note_format(struct track *t)
{
	struct output *out = &t->r->out;
	const struct track_format *now = codec_format(t->codec);
	tsr_error err = TSR_OK;
	if (t->started && t->format.channels != now->channels) {
		if (out->mux == NULL) /* what is held is as it was */
			err = write_early_frames(t->r);
		out->in_mux &= ~(1u << t->index);
	}
	t->started = true;
	t->format = *now;
	return err;
}

tsr_error output_frame(struct track *t, const struct frame *frame)
{
	tsr_recording *r = t->r;
	struct output *out = &r->out;
	if (out->error != TSR_OK)
		return out->error;
	out->error = note_format(t);
	if (out->error != TSR_OK)
		return out->error;
	if (out->mux != NULL) {
		out->error = write_frame(t, frame);
	} else {
		hold_early(t, frame);
		if (may_start(r))
			out->error = write_early_frames(r);
	}
	return out->error;
}

/* ---- time, limits, end ---- */

static void stop_at_limits(tsr_recording *r)
{
	const tsr_recording_config *c = &r->config;
	if (c->max_duration_us > 0 && (r->last_90k - r->first_90k) * 100 / 9 >= c->max_duration_us)
		tsr_recording_stop(r, "max_duration");
	else if (c->max_size > 0 && r->bytes_before + segment_bytes(r) >= c->max_size)
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
	tsr_error err = r->out.error;
	if (err == TSR_OK || atomic_load(&r->stopping))
		return;
	bool full = err == TSR_E_NOSPACE;
	events_warn(r, -1, full ? "disk_full" : "write_failed", tsr_strerror(err));
	tsr_recording_stop(r, full ? "disk_full" : "error");
}

/* Takes note of how much of the media is written by now. */
static void watch_progress(tsr_recording *r, const struct sink_stats *sink)
{
	struct progress *p = &r->out.progress;
	uint64_t accepted = r->bytes_before + sink->bytes_accepted;
	uint64_t written = atomic_load(&r->bytes_finished) + sink->bytes_written;
	for (; p->count > 0 && p->mark[p->first].bytes <= written; p->count--) {
		p->written_90k = p->mark[p->first].last_90k;
		p->first = (p->first + 1) % PROGRESS_MARKS;
	}
	if (p->count <
	    PROGRESS_MARKS) /* else the disk has stood still for long: older ones are what it has to get through */
		p->mark[(p->first + p->count++) % PROGRESS_MARKS] = (struct progress_mark){accepted, r->last_90k};
	if (!r->out.told_recording && r->out.begun_bytes != 0 && written >= r->out.begun_bytes)
		tell_recording(r);
}

void output_poll(tsr_recording *r)
{
	struct output *out = &r->out;
	if (out->mux == NULL && out->early.length > 0 && out->error == TSR_OK && may_start(r))
		out->error = write_early_frames(r);
	if (r->now_us - r->polled_us >= POLL_INTERVAL_US) {
		r->polled_us = r->now_us;
		if (out->error == TSR_OK && out->sink != NULL) {
			struct sink_stats sink;
			sink_get_stats(out->sink, &sink);
			out->error = sink.error;
			watch_progress(r, &sink);
			stop_before_disk_is_full(r, &sink);
		}
		stop_at_limits(r);
	}
	stop_on_error(r);
}

void output_finish(tsr_recording *r)
{
	tsr_error err = r->out.error == TSR_OK ? write_early_frames(r) : r->out.error;
	g_queue_clear_full(&r->out.early, g_free);
	r->out.error = err;
	if (r->out.begun_bytes != 0 && !r->out.told_recording) /* it was over before that was written */
		tell_recording(r);
	ending_begin(r, true);
}
