/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tsr_stats as JSON, field by field under its own name. */
#include <stdio.h>

#include "tsrec.h"

/* Adds a member of a struct under the member's name. */
#define INTEGER(object, from, member) json_object_set_new(object, #member, json_integer((json_int_t)(from)->member))
#define BOOLEAN(object, from, member) json_object_set_new(object, #member, json_boolean((from)->member))
#define STRING(object, from, member)  json_object_set_new(object, #member, json_string((from)->member))
#define CODEC(object, from, member)   json_object_set_new(object, #member, json_string(tsr_codec_name((from)->member)))

static json_t *track_to_json(const tsr_track_stats *t)
{
	json_t *o = json_object();
	STRING(o, t, label);
	CODEC(o, t, codec_in);
	CODEC(o, t, codec_out);
	BOOLEAN(o, t, transcode);
	BOOLEAN(o, t, started);
	INTEGER(o, t, packets);
	INTEGER(o, t, bytes);
	INTEGER(o, t, malformed);
	INTEGER(o, t, reordered);
	INTEGER(o, t, duplicate);
	INTEGER(o, t, late);
	INTEGER(o, t, lost);
	INTEGER(o, t, restarts);
	INTEGER(o, t, other_ssrc);
	INTEGER(o, t, other_payload);
	INTEGER(o, t, bad_padding);
	INTEGER(o, t, frames);
	INTEGER(o, t, frames_damaged);
	INTEGER(o, t, frames_skipped);
	INTEGER(o, t, frames_dropped);
	INTEGER(o, t, frames_written);
	INTEGER(o, t, decode_errors);
	INTEGER(o, t, sender_reports);
	INTEGER(o, t, clock_jumps);
	INTEGER(o, t, clock_offset_us);
	INTEGER(o, t, clock_corrected_us);
	INTEGER(o, t, first_pts_90k);
	INTEGER(o, t, last_pts_90k);
	INTEGER(o, t, transcode_cpu_us);
	if (tsr_codec_is_video(t->codec_in)) {
		INTEGER(o, t, keyframes);
		INTEGER(o, t, keyframe_requests);
		INTEGER(o, t, resolution_changes);
		INTEGER(o, t, rotation);
		INTEGER(o, t, reorder_frames);
		INTEGER(o, t, width);
		INTEGER(o, t, height);
	} else {
		INTEGER(o, t, concealed);
		INTEGER(o, t, sample_rate);
		INTEGER(o, t, channels);
	}
	return o;
}

static json_t *gap_to_json(const tsr_gap *gap)
{
	json_t *o = json_object();
	INTEGER(o, gap, track);
	STRING(o, gap, cause);
	INTEGER(o, gap, start_ms);
	INTEGER(o, gap, end_ms);
	INTEGER(o, gap, frames);
	INTEGER(o, gap, bytes);
	return o;
}

json_t *stats_to_json(const tsr_stats *s)
{
	json_t *o = json_object(), *tracks = json_array(), *gaps = json_array();
	json_object_set_new(o, "state", json_string(tsr_state_name(s->state)));
	STRING(o, s, path);
	INTEGER(o, s, duration_ms);
	INTEGER(o, s, bytes_written);
	INTEGER(o, s, bytes_durable);
	INTEGER(o, s, writes);
	INTEGER(o, s, flushes);
	json_object_set_new(o, "flush_latency_max_us", json_integer(s->flush_latency.max_us));
	json_object_set_new(o, "write_latency_max_us", json_integer(s->write_latency.max_us));
	for (unsigned i = 0; i < s->tracks && i < TSR_MAX_TRACKS; i++)
		json_array_append_new(tracks, track_to_json(&s->track[i]));
	json_object_set_new(o, "tracks", tracks);
	INTEGER(o, s, gaps);
	for (unsigned i = 0; i < s->gaps && i < TSR_MAX_GAPS; i++)
		json_array_append_new(gaps, gap_to_json(&s->gap[i]));
	json_object_set_new(o, "gap", gaps);
	return o;
}

void print_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(value);
}
