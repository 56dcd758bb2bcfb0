/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collect.h"

#include "../library/library.h"
#include "../runtime/runtime.h"
#include "../take/take.h"
#include "exposition.h"
#include "tsrecorder-config.h"

/* Data that waits so long for the disk, and turns that are so late, are not well. */
#define WAITING_MS 10000
#define LAG_US     (2 * G_USEC_PER_SEC)

/* ---- /metrics ---- */

struct counter {
	const char *name, *help;
	uint64_t value;
};

static void tell_counters(struct exposition *e, const struct counter *counters, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		exposition_family(e, counters[i].name, "counter", counters[i].help);
		exposition_integer(e, NULL, NULL, counters[i].value);
	}
}

static void tell_gauge(struct exposition *e, const char *name, const char *help, double value)
{
	exposition_family(e, name, "gauge", help);
	exposition_real(e, NULL, NULL, value);
}

static void tell_process(struct exposition *e, const struct metrics_of *of)
{
	exposition_family(e, "tsrecorder_build_info", "gauge", "The version of the plugin, as a label; always 1.");
	exposition_integer(e, "version", TSR_VERSION_STRING, 1);
	int64_t age_us = tsr_now_us() - runtime_started_us(of->runtime);
	tell_gauge(e, "tsrecorder_start_time_seconds", "When the plugin was started, in seconds since 1970.",
		   (double)((g_get_real_time() - age_us) / 1000) / 1e3);
	tell_gauge(e, "tsrecorder_handles", "Handles that are attached to the plugin.", of->handles(of->user));
}

static void tell_recordings(struct exposition *e, const struct takes_sums *s)
{
	exposition_family(e, "tsrecorder_recordings", "gauge", "Recordings that run, by state.");
	for (int state = TSR_STATE_STARTING; state <= TSR_STATE_STOPPING; state++) {
		unsigned over =
			state == TSR_STATE_STOPPING ? s->running[TSR_STATE_FINISHED] + s->running[TSR_STATE_FAILED] : 0;
		exposition_integer(e, "state", tsr_state_name(state), s->running[state] + over);
	}
	tell_counters(e,
		      &(struct counter){"tsrecorder_recordings_started_total", "Recordings that were begun.",
					s->totals.started},
		      1);
	exposition_family(e, "tsrecorder_recordings_ended_total", "counter", "Recordings that have ended, by result.");
	exposition_integer(e, "result", "finished", s->totals.finished);
	exposition_integer(e, "result", "failed", s->totals.failed);
}

static void tell_packets(struct exposition *e, const struct totals *t)
{
	const struct counter counters[] = {
		{"tsrecorder_received_packets_total", "RTP packets that came.", t->packets},
		{"tsrecorder_received_bytes_total", "Bytes of RTP payload that came.", t->bytes},
		{"tsrecorder_lost_packets_total", "Packets that never came.", t->lost},
		{"tsrecorder_reordered_packets_total", "Packets that came behind later ones, in time.", t->reordered},
	};
	tell_counters(e, counters, G_N_ELEMENTS(counters));
	exposition_family(e, "tsrecorder_dropped_packets_total", "counter",
			  "Packets that came and were not used, by cause.");
	exposition_integer(e, "cause", "late", t->late);
	exposition_integer(e, "cause", "duplicate", t->duplicate);
	exposition_integer(e, "cause", "malformed", t->malformed);
	exposition_integer(e, "cause", "other_ssrc", t->other_ssrc);
	exposition_integer(e, "cause", "other_payload", t->other_payload);
	exposition_integer(e, "cause", "inbox_full", t->inbox_dropped_packets);
}

static void tell_frames(struct exposition *e, const struct totals *t)
{
	exposition_family(e, "tsrecorder_dropped_frames_total", "counter", "Frames that are in no file, by cause.");
	exposition_integer(e, "cause", "damaged", t->frames_damaged);
	exposition_integer(e, "cause", "waiting_for_keyframe", t->frames_skipped);
	exposition_integer(e, "cause", "temporal_layer", t->frames_unwanted);
	exposition_integer(e, "cause", "overload", t->frames_dropped);
	const struct counter counters[] = {
		{"tsrecorder_written_frames_total", "Frames that went into files.", t->frames_written},
		{"tsrecorder_gaps_total", "Stretches that are missing in files.", t->gaps},
		{"tsrecorder_keyframe_requests_total", "Keyframes that senders were asked for.", t->keyframe_requests},
		{"tsrecorder_clock_jumps_total", "Times that a sender's clock jumped.", t->clock_jumps},
		{"tsrecorder_decode_errors_total", "Frames that could not be decoded for transcoding.",
		 t->decode_errors},
	};
	tell_counters(e, counters, G_N_ELEMENTS(counters));
	exposition_family(e, "tsrecorder_transcode_cpu_seconds_total", "counter",
			  "Time of processors that transcoding took.");
	exposition_real(e, NULL, NULL, (double)t->transcode_cpu_us / 1e6);
}

static void tell_disk(struct exposition *e, const struct takes_sums *s)
{
	const struct totals *t = &s->totals;
	const struct counter counters[] = {
		{"tsrecorder_written_bytes_total", "Bytes that were written into files.", t->bytes_written},
		{"tsrecorder_durable_bytes_total", "Bytes of these that a power failure cannot take any more.",
		 t->bytes_durable},
	};
	tell_counters(e, counters, G_N_ELEMENTS(counters));
	tell_gauge(e, "tsrecorder_exposed_bytes", "Bytes that were recorded and that a power failure would take.",
		   (double)t->bytes_exposed);
	tell_gauge(e, "tsrecorder_exposed_seconds", "The age of the oldest of these.", (double)t->exposed_ms / 1e3);
	tell_gauge(e, "tsrecorder_buffered_bytes", "Bytes in memory that wait to be written.",
		   (double)t->buffered_bytes);
	tell_gauge(e, "tsrecorder_inbox_bytes", "Bytes of packets that wait for the recordings' threads.",
		   (double)t->inbox_bytes);
	tell_gauge(e, "tsrecorder_last_write_age_seconds",
		   "Since the last write into a file, of the recording where that is longest; 0 when none runs.",
		   (double)s->last_write_age_ms / 1e3);
	exposition_family(e, "tsrecorder_write_duration_seconds", "histogram", "How long writes into files took.");
	exposition_latency(e, &t->write_latency);
	exposition_family(e, "tsrecorder_flush_duration_seconds", "histogram",
			  "How long it took to make files durable.");
	exposition_latency(e, &t->flush_latency);
}

static void tell_lanes(struct exposition *e, const tsr_engine_stats *s)
{
	exposition_family(e, "tsrecorder_lane_recordings", "gauge", "Recordings that a kind of threads serves.");
	exposition_integer(e, "lane", "copy", s->copy.recordings);
	exposition_integer(e, "lane", "transcode", s->transcode.recordings);
	exposition_family(e, "tsrecorder_lane_lag_seconds", "gauge",
			  "How late a recording was served, at most in the last 10 to 20 s, by kind of threads.");
	exposition_real(e, "lane", "copy", (double)s->copy.lag_us / 1e6);
	exposition_real(e, "lane", "transcode", (double)s->transcode.lag_us / 1e6);
}

static void tell_folder(struct exposition *e, const struct metrics_of *of)
{
	struct catalogue_status status;
	catalogue_get_status(library_catalogue(of->library), &status);
	exposition_family(e, "tsrecorder_catalogue_recordings", "gauge", "Recordings in the folder, by state.");
	for (unsigned i = 0; i < CATALOGUE_STATES; i++)
		exposition_integer(e, "state", catalogue_state_name((enum catalogue_state)i), status.recordings[i]);
	tell_gauge(e, "tsrecorder_catalogue_bytes", "Bytes of the finished files in the folder, with their reports.",
		   (double)status.bytes);
	tell_gauge(e, "tsrecorder_catalogue_temporary",
		   "1 while the catalogue's database cannot be used, and another one stands in.", status.temporary);
	struct config *config = runtime_config(of->runtime);
	uint64_t free_bytes;
	if (tsr_free_space(config_general(config)->recordings_path, &free_bytes) == TSR_OK)
		tell_gauge(e, "tsrecorder_free_bytes", "Bytes that may still be written in the folder's file system.",
			   (double)free_bytes);
	config_unref(config);
}

GString *collect_metrics(const struct metrics_of *of)
{
	struct exposition e = {.text = g_string_sized_new(16384)};
	struct takes_sums *sums = g_new(struct takes_sums, 1);
	takes_get_sums(of->takes, sums);
	tell_process(&e, of);
	tell_recordings(&e, sums);
	tell_packets(&e, &sums->totals);
	tell_frames(&e, &sums->totals);
	tell_disk(&e, sums);
	tell_lanes(&e, &sums->engine);
	tell_folder(&e, of);
	g_free(sums);
	return e.text;
}

/* ---- /healthz ---- */

static json_t *check_space(const struct metrics_of *of)
{
	struct config *config = runtime_config(of->runtime);
	const struct settings *s = config_general(config);
	uint64_t free_bytes;
	tsr_error err = tsr_free_space(s->recordings_path, &free_bytes);
	json_t *trouble = NULL;
	if (err != TSR_OK)
		trouble = json_sprintf("the recordings folder: %s", tsr_strerror(err));
	else if (free_bytes < (uint64_t)s->min_free_space)
		trouble = json_sprintf("%" G_GUINT64_FORMAT " bytes are free, less than min_free_space", free_bytes);
	config_unref(config);
	return trouble;
}

static json_t *check_lane(const char *lane, const tsr_lane_stats *s)
{
	return s->lag_us < LAG_US
		       ? NULL
		       : json_sprintf("recordings that %s were served %d ms late", lane, (int)(s->lag_us / 1000));
}

/* `trouble` is a sentence, taken, or NULL. */
static void add_check(json_t *checks, const char *name, json_t *trouble, bool *well)
{
	if (trouble)
		*well = false;
	json_object_set_new(checks, name, trouble ? trouble : json_string("ok"));
}

json_t *collect_health(const struct metrics_of *of, bool *well)
{
	struct takes_sums *sums = g_new(struct takes_sums, 1);
	takes_get_sums(of->takes, sums);
	json_t *checks = json_object();
	*well = true;
	add_check(checks, "space", check_space(of), well);
	add_check(checks, "writing",
		  sums->waiting_ms < WAITING_MS
			  ? NULL
			  : json_sprintf("a recording has waited for the disk for %d ms", (int)sums->waiting_ms),
		  well);
	add_check(checks, "copying", check_lane("copy", &sums->engine.copy), well);
	add_check(checks, "transcoding", check_lane("transcode", &sums->engine.transcode), well);
	g_free(sums);
	return json_pack("{s:s, s:o}", "status", *well ? "ok" : "failing", "checks", checks);
}
