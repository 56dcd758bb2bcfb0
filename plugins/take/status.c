/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The status of a take. */
#include <glib.h>

#include "inside.h"
#include "latency.h"

static void set_int(json_t *object, const char *name, int64_t value)
{
	json_object_set_new(object, name, json_integer(value));
}

static void set_text(json_t *object, const char *name, const char *value)
{
	if (value)
		json_object_set_new(object, name, json_string(value));
}

/* An age of -1 says "never". */
static void set_age(json_t *object, const char *name, int64_t age_ms)
{
	json_object_set_new(object, name, age_ms < 0 ? json_null() : json_integer(age_ms));
}

static void set_media(json_t *out, const tsr_track_stats *t)
{
	if (tsr_codec_is_video(t->codec_in)) {
		set_int(out, "width", t->width);
		set_int(out, "height", t->height);
		set_int(out, "resolution_changes", (int64_t)t->resolution_changes);
		set_int(out, "rotation", t->rotation);
		set_int(out, "reorder_frames", t->reorder_frames);
	} else {
		set_int(out, "sample_rate", t->sample_rate);
		set_int(out, "channels", t->channels);
	}
}

static json_t *track_json(struct take *take, int index, const tsr_track_stats *t)
{
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = {
		{"packets", t->packets},
		{"bytes", t->bytes},
		{"lost", t->lost},
		{"late", t->late},
		{"duplicate", t->duplicate},
		{"reordered", t->reordered},
		{"malformed", t->malformed},
		{"restarts", t->restarts},
		{"other_ssrc", t->other_ssrc},
		{"other_payload", t->other_payload},
		{"bad_padding", t->bad_padding},
		{"frames", t->frames},
		{"frames_written", t->frames_written},
		{"frames_damaged", t->frames_damaged},
		{"frames_skipped", t->frames_skipped},
		{"frames_unwanted", t->frames_unwanted},
		{"frames_dropped", t->frames_dropped},
		{"keyframes", t->keyframes},
		{"keyframe_requests", t->keyframe_requests},
		{"decode_errors", t->decode_errors},
		{"concealed", t->concealed},
		{"sender_reports", t->sender_reports},
		{"clock_jumps", t->clock_jumps},
	};
	char mid[32];
	int mindex = take_mindex(take, index, mid);
	json_t *out = json_object();
	set_int(out, "mindex", mindex);
	set_text(out, "mid", mid);
	set_text(out, "type", tsr_codec_is_video(t->codec_in) ? "video" : "audio");
	set_text(out, "codec", tsr_codec_name(t->codec_in));
	set_text(out, "recorded_as", tsr_codec_name(t->codec_out));
	set_text(out, "mode", t->transcode ? "transcode" : "copy");
	json_object_set_new(out, "started", json_boolean(t->started));
	json_object_set_new(out, "ended", json_boolean(t->ended));
	for (unsigned i = 0; i < G_N_ELEMENTS(counters); i++)
		set_int(out, counters[i].name, (int64_t)counters[i].value);
	set_media(out, t);
	set_int(out, "clock_offset_us", t->clock_offset_us);
	set_int(out, "clock_corrected_us", t->clock_corrected_us);
	set_int(out, "transcode_cpu_us", t->transcode_cpu_us);
	return out;
}

static json_t *gap_json(struct take *take, const tsr_gap *gap)
{
	json_t *out = json_object();
	char mid[32];
	int mindex = take_mindex(take, gap->track, mid);
	if (mindex >= 0)
		set_int(out, "mindex", mindex);
	set_text(out, "cause", gap->cause);
	set_int(out, "start_ms", gap->start_ms);
	set_int(out, "end_ms", gap->end_ms);
	set_int(out, "frames", (int64_t)gap->frames);
	set_int(out, "bytes", (int64_t)gap->bytes);
	return out;
}

static void set_output(json_t *out, const tsr_stats *s)
{
	set_int(out, "duration_ms", s->duration_ms);
	set_int(out, "bytes_written", (int64_t)s->bytes_written);
	set_int(out, "bytes_durable", (int64_t)s->bytes_durable);
	set_int(out, "bytes_exposed", (int64_t)s->bytes_exposed);
	set_int(out, "exposed_ms", s->exposed_ms);
	set_age(out, "last_write_age_ms", s->last_write_age_ms);
	set_age(out, "last_flush_age_ms", s->last_flush_age_ms);
	set_age(out, "last_packet_age_ms", s->last_packet_age_ms);
	set_int(out, "writes", (int64_t)s->writes);
	set_int(out, "flushes", (int64_t)s->flushes);
	set_int(out, "flush_latency_us", s->flush_latency.latest_us);
	latency_tell(out, "flush", &s->flush_latency);
	latency_tell(out, "write", &s->write_latency);
	set_int(out, "flush_threshold", (int64_t)s->flush_threshold);
	set_int(out, "flush_threshold_moves", (int64_t)s->flush_threshold_moves);
	set_int(out, "buffered_bytes", (int64_t)s->buffered_bytes);
	set_int(out, "inbox_bytes", (int64_t)s->inbox_bytes);
	set_int(out, "inbox_max_bytes", (int64_t)s->inbox_max_bytes);
	set_int(out, "inbox_dropped_packets", (int64_t)s->inbox_dropped_packets);
	set_int(out, "segment", s->segment);
}

/* It has ended when the catalogue knows, so that whoever is told finds its report. */
static const char *state_name(struct take *take, tsr_state state)
{
	bool over = state == TSR_STATE_FINISHED || state == TSR_STATE_FAILED;
	return tsr_state_name(over && !take_ended(take) ? TSR_STATE_STOPPING : state);
}

json_t *take_status(struct take *take)
{
	tsr_stats *s = g_new(tsr_stats, 1); /* 10 KiB: too much for a stack of the core */
	tsr_recording_get_stats(take->recording, s);
	json_t *out = json_object();
	set_text(out, "state", state_name(take, s->state));
	set_text(out, "id", take->facts.id);
	pthread_mutex_lock(&take->mutex);
	set_text(out, "name", take->name);
	pthread_mutex_unlock(&take->mutex);
	set_text(out, "profile", take->facts.profile);
	set_text(out, "file", naming_below(take->folder, s->path));
	if (*s->playlist)
		set_text(out, "playlist", naming_below(take->folder, s->playlist));
	json_object_set_new(out, "started", fields_moment(take->facts.started_us));
	set_output(out, s);
	json_t *tracks = json_array();
	for (unsigned i = 0; i < s->tracks; i++)
		json_array_append_new(tracks, track_json(take, (int)i, &s->track[i]));
	json_object_set_new(out, "tracks", tracks);
	json_t *gaps = json_array();
	for (unsigned i = 0; i < MIN(s->gaps, TSR_MAX_GAPS); i++)
		json_array_append_new(gaps, gap_json(take, &s->gap[i]));
	json_object_set_new(out, "gaps", gaps);
	set_int(out, "gaps_total", s->gaps);
	g_free(s);
	return out;
}

/* ---- in a list ---- */

const char *take_state(struct take *take)
{
	tsr_stats *s = g_new(tsr_stats, 1);
	tsr_recording_get_stats(take->recording, s);
	const char *state = state_name(take, s->state);
	g_free(s);
	return state;
}

int64_t take_zero_us(struct take *take)
{
	tsr_stats *s = g_new(tsr_stats, 1);
	tsr_recording_get_stats(take->recording, s);
	int64_t zero_us = s->zero_us;
	g_free(s);
	return zero_us;
}

json_t *take_status_short(struct take *take)
{
	json_t *all = take_status(take), *out = json_object();
	static const char *const keys[] = {"id",   "name",     "profile", "state",
					   "file", "playlist", "started", "duration_ms"};
	for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
		if (json_object_get(all, keys[i]))
			json_object_set(out, keys[i], json_object_get(all, keys[i]));
	}
	json_object_set(out, "bytes", json_object_get(all, "bytes_written"));
	json_decref(all);
	return out;
}
