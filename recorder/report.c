/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "recording.h"
#include "sink/textfile.h"

/* ---- a little JSON: objects and arrays of what we know to be there ---- */

static void add_string(GString *s, const char *key, const char *value)
{
	g_string_append_printf(s, "\"%s\": ", key);
	if (value == NULL) {
		g_string_append(s, "null");
		return;
	}
	g_string_append_c(s, '"');
	for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			g_string_append_printf(s, "\\%c", *c);
		else if (*c < 0x20)
			g_string_append_printf(s, "\\u%04x", *c);
		else
			g_string_append_c(s, (char)*c);
	}
	g_string_append_c(s, '"');
}

static void add_int(GString *s, const char *key, int64_t value)
{
	g_string_append_printf(s, "\"%s\": %" G_GINT64_FORMAT, key, value);
}

static void add_bool(GString *s, const char *key, bool value)
{
	g_string_append_printf(s, "\"%s\": %s", key, value ? "true" : "false");
}

static void add_time(GString *s, const char *key, int64_t utc_us)
{
	GDateTime *seconds = g_date_time_new_from_unix_utc(utc_us / US_PER_S);
	char *date = g_date_time_format(seconds, "%Y-%m-%dT%H:%M:%S");
	g_string_append_printf(s, "\"%s\": \"%s.%03dZ\"", key, date, (int)(utc_us % US_PER_S / 1000));
	g_free(date);
	g_date_time_unref(seconds);
}

#define NEXT(s) g_string_append(s, ",\n  ")
#define MORE(s) g_string_append(s, ", ")

/* ---- the parts ---- */

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
		{"frames", (int64_t)t->frames},
		{"frames_written", (int64_t)t->frames_written},
		{"frames_damaged", (int64_t)t->frames_damaged},
		{"frames_skipped", (int64_t)t->frames_skipped},
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
		add_int(s, numbers[i].key, numbers[i].value);
	}
}

static void add_track(GString *s, const tsr_track_stats *t)
{
	g_string_append(s, "{");
	add_string(s, "type", tsr_codec_is_video(t->codec_in) ? "video" : "audio");
	MORE(s);
	add_string(s, "label", t->label);
	MORE(s);
	add_string(s, "codec", tsr_codec_name(t->codec_in));
	MORE(s);
	add_string(s, "recorded_as", tsr_codec_name(t->codec_out));
	MORE(s);
	add_string(s, "mode", t->transcode ? "transcode" : "copy");
	MORE(s);
	if (tsr_codec_is_video(t->codec_in)) {
		add_int(s, "width", t->width);
		MORE(s);
		add_int(s, "height", t->height);
		MORE(s);
		add_int(s, "resolution_changes", (int64_t)t->resolution_changes);
	} else {
		add_int(s, "sample_rate", t->sample_rate);
		MORE(s);
		add_int(s, "channels", t->channels);
	}
	add_track_numbers(s, t);
	g_string_append(s, "}");
}

static void add_gap(GString *s, const tsr_gap *gap)
{
	g_string_append(s, "{");
	add_int(s, "track", gap->track);
	MORE(s);
	add_string(s, "cause", gap->cause);
	MORE(s);
	add_int(s, "start_ms", gap->start_ms);
	MORE(s);
	add_int(s, "end_ms", gap->end_ms);
	MORE(s);
	add_int(s, "frames", (int64_t)gap->frames);
	MORE(s);
	add_int(s, "bytes", (int64_t)gap->bytes);
	g_string_append(s, "}");
}

static void add_head(GString *s, const tsr_recording *r, const tsr_stats *stats, const struct sink_result *result)
{
	char *file = g_path_get_basename(result->path);
	add_string(s, "id", r->config.id);
	NEXT(s);
	add_string(s, "name", r->config.name);
	NEXT(s);
	g_string_append_printf(s, "\"metadata\": %s", r->config.metadata != NULL ? r->config.metadata : "{}");
	NEXT(s);
	add_string(s, "file", file);
	NEXT(s);
	add_time(s, "started", stats->started_utc_us);
	NEXT(s);
	add_time(s, "ended", clock_utc_us());
	NEXT(s);
	add_int(s, "duration_ms", stats->duration_ms);
	NEXT(s);
	add_int(s, "bytes", (int64_t)result->bytes);
	NEXT(s);
	add_string(s, "sha256", result->sha256);
	NEXT(s);
	add_string(s, "reason", atomic_load(&r->reason));
	NEXT(s);
	add_string(s, "error", result->error != TSR_OK ? tsr_strerror(result->error) : NULL);
	NEXT(s);
	add_bool(s, "recovered", false);
	NEXT(s);
	add_int(s, "segment", stats->segment);
	NEXT(s);
	add_int(s, "writes", (int64_t)stats->writes);
	NEXT(s);
	add_int(s, "flushes", (int64_t)stats->flushes);
	NEXT(s);
	add_int(s, "flush_latency_max_us", stats->flush_latency_max_us);
	g_free(file);
}

static char *report_text(const tsr_recording *r, const tsr_stats *stats, const struct sink_result *result)
{
	GString *s = g_string_new("{\n  ");
	add_head(s, r, stats, result);
	NEXT(s);
	g_string_append(s, "\"tracks\": [");
	for (unsigned i = 0; i < stats->tracks; i++) {
		g_string_append(s, i == 0 ? "\n    " : ",\n    ");
		add_track(s, &stats->track[i]);
	}
	g_string_append(s, "],\n  ");
	add_int(s, "gap_count", stats->gaps);
	NEXT(s);
	g_string_append(s, "\"gaps\": [");
	for (unsigned i = 0; i < stats->gaps && i < TSR_MAX_GAPS; i++) {
		g_string_append(s, i == 0 ? "\n    " : ",\n    ");
		add_gap(s, &stats->gap[i]);
	}
	g_string_append(s, "]\n}\n");
	return g_string_free(s, FALSE);
}

void report_write(const tsr_recording *r, const char *name, const tsr_stats *stats, const struct sink_result *result)
{
	char *text = report_text(r, stats, result);
	char *file = g_strconcat(name, ".json", NULL);
	tsr_error err = textfile_write(r->config.folder, file, text, strlen(text), r->config.file_mode);
	if (err != TSR_OK)
		log_line(TSR_LOG_ERROR, r->config.id, "the report %s could not be written: %s", file,
			 tsr_strerror(err));
	g_free(file);
	g_free(text);
}
