/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <string.h>

#include "json.h"
#include "recording.h"
#include "sink/textfile.h"

#define NEXT(s) g_string_append(s, ",\n  ")
#define MORE(s) g_string_append(s, ", ")

static void add_track_numbers(GString *s, const tsr_track_stats *t)
{
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{"packets", (int64_t)t->packets},
		{"bytes", (int64_t)t->bytes},
		{"malformed", (int64_t)t->malformed},
		{"reordered", (int64_t)t->reordered},
		{"duplicate", (int64_t)t->duplicate},
		{"late", (int64_t)t->late},
		{"lost", (int64_t)t->lost},
		{"restarts", (int64_t)t->restarts},
		{"other_ssrc", (int64_t)t->other_ssrc},
		{"other_payload", (int64_t)t->other_payload},
		{"bad_padding", (int64_t)t->bad_padding},
		{"frames", (int64_t)t->frames},
		{"frames_written", (int64_t)t->frames_written},
		{"frames_damaged", (int64_t)t->frames_damaged},
		{"frames_skipped", (int64_t)t->frames_skipped},
		{"frames_unwanted", (int64_t)t->frames_unwanted},
		{"frames_dropped", (int64_t)t->frames_dropped},
		{"keyframes", (int64_t)t->keyframes},
		{"keyframe_requests", (int64_t)t->keyframe_requests},
		{"decode_errors", (int64_t)t->decode_errors},
		{"concealed", (int64_t)t->concealed},
		{"sender_reports", (int64_t)t->sender_reports},
		{"clock_jumps", (int64_t)t->clock_jumps},
		{"clock_offset_us", t->clock_offset_us},
		{"clock_corrected_us", t->clock_corrected_us},
		{"first_ms", ms_of_90k(t->first_pts_90k)},
		{"last_ms", ms_of_90k(t->last_pts_90k)},
	};
	for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
		MORE(s);
		json_int(s, numbers[i].key, numbers[i].value);
	}
}

static void add_track(GString *s, const tsr_track_stats *t)
{
	g_string_append(s, "{");
	json_string(s, "type", tsr_codec_is_video(t->codec_in) ? "video" : "audio");
	MORE(s);
	json_string(s, "label", t->label);
	MORE(s);
	json_string(s, "codec", tsr_codec_name(t->codec_in));
	MORE(s);
	json_string(s, "recorded_as", tsr_codec_name(t->codec_out));
	MORE(s);
	json_string(s, "mode", t->transcode ? "transcode" : "copy");
	MORE(s);
	if (tsr_codec_is_video(t->codec_in)) {
		json_int(s, "width", t->width);
		MORE(s);
		json_int(s, "height", t->height);
		MORE(s);
		json_int(s, "resolution_changes", (int64_t)t->resolution_changes);
		MORE(s);
		json_int(s, "rotation", t->rotation);
		MORE(s);
		json_int(s, "reorder_frames", t->reorder_frames);
	} else {
		json_int(s, "sample_rate", t->sample_rate);
		MORE(s);
		json_int(s, "channels", t->channels);
	}
	add_track_numbers(s, t);
	g_string_append(s, "}");
}

static void add_gap(GString *s, const tsr_gap *gap)
{
	g_string_append(s, "{");
	json_int(s, "track", gap->track);
	MORE(s);
	json_string(s, "cause", gap->cause);
	MORE(s);
	json_int(s, "start_ms", gap->start_ms);
	MORE(s);
	json_int(s, "end_ms", gap->end_ms);
	MORE(s);
	json_int(s, "frames", (int64_t)gap->frames);
	MORE(s);
	json_int(s, "bytes", (int64_t)gap->bytes);
	g_string_append(s, "}");
}

/* What is known from the begin on: a note holds this alone. */
static void add_identity(GString *s, const tsr_recording *r, const struct report *report)
{
	g_string_append(s, "{\n  ");
	json_string(s, "id", r->config.id);
	NEXT(s);
	json_string(s, "name", report->title);
	NEXT(s);
	g_string_append_printf(s, "\"metadata\": %s", report->metadata != NULL ? report->metadata : "{}");
	NEXT(s);
	g_string_append_printf(s, "\"host\": %s", r->config.host != NULL ? r->config.host : "{}");
	NEXT(s);
	json_time(s, "started", report->started_utc_us);
}

static void add_outcome(GString *s, const tsr_recording *r, const struct report *report)
{
	const tsr_stats *stats = report->stats;
	const struct sink_result *result = report->result;
	char *file = g_path_get_basename(result->path);
	json_string(s, "file", file);
	NEXT(s);
	if (stats->playlist[0] != '\0') {
		char *playlist = g_path_get_basename(stats->playlist);
		json_string(s, "playlist", playlist);
		NEXT(s);
		g_free(playlist);
	}
	json_time(s, "ended", report->ended_utc_us);
	NEXT(s);
	json_int(s, "duration_ms", stats->duration_ms);
	NEXT(s);
	json_int(s, "bytes", (int64_t)result->bytes);
	NEXT(s);
	json_string(s, "sha256", result->sha256);
	NEXT(s);
	json_string(s, "reason", atomic_load(&r->reason));
	NEXT(s);
	json_string(s, "error", result->error != TSR_OK ? tsr_strerror(result->error) : NULL);
	NEXT(s);
	json_bool(s, "recovered", false);
	NEXT(s);
	json_int(s, "segment", stats->segment);
	NEXT(s);
	json_int(s, "writes", (int64_t)result->stats->writes);
	NEXT(s);
	json_int(s, "flushes", (int64_t)result->stats->flushes);
	NEXT(s);
	json_int(s, "flush_latency_max_us", result->stats->flush_latency.max_us);
	g_free(file);
}

static char *report_text(const tsr_recording *r, const struct report *report)
{
	const tsr_stats *stats = report->stats;
	GString *s = g_string_new(NULL);
	add_identity(s, r, report);
	NEXT(s);
	add_outcome(s, r, report);
	NEXT(s);
	g_string_append(s, "\"tracks\": [");
	for (unsigned i = 0; i < stats->tracks; i++) {
		g_string_append(s, i == 0 ? "\n    " : ",\n    ");
		add_track(s, &stats->track[i]);
	}
	g_string_append(s, "],\n  ");
	json_int(s, "gap_count", stats->gaps);
	NEXT(s);
	g_string_append(s, "\"gaps\": [");
	for (unsigned i = 0; i < stats->gaps && i < TSR_MAX_GAPS; i++) {
		g_string_append(s, i == 0 ? "\n    " : ",\n    ");
		add_gap(s, &stats->gap[i]);
	}
	g_string_append(s, "]\n}\n");
	return g_string_free(s, FALSE);
}

char *report_note(const tsr_recording *r, int64_t started_utc_us)
{
	GString *s = g_string_new(NULL);
	add_identity(s, r,
		     &(struct report){.title = r->config.name,
				      .metadata = r->config.metadata,
				      .started_utc_us = started_utc_us});
	g_string_append(s, "\n}\n");
	return g_string_free(s, FALSE);
}

void report_write(const tsr_recording *r, const struct report *report)
{
	char *text = report_text(r, report);
	char *file = g_strconcat(report->name, SUFFIX_REPORT, NULL);
	char *note = g_strconcat(report->name, SUFFIX_NOTE, NULL);
	tsr_error err = textfile_write(r->config.folder, file, text, strlen(text), r->config.file_mode);
	if (err != TSR_OK)
		log_line(TSR_LOG_ERROR, r->config.id, "the report %s could not be written: %s", file,
			 tsr_strerror(err));
	else
		textfile_remove(r->config.folder, note);
	g_free(note);
	g_free(file);
	g_free(text);
}
