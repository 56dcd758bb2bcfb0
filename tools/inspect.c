/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * janus-tsrec inspect: what is in a capture or in a recording. */
#include <stdio.h>
#include <string.h>

#include "capture/capture.h"
#include "tsfile.h"
#include "tsrec.h"

/* What a pass over a capture shows of a stream. Sequence numbers are counted as RFC 3550 appendix A.3 does it: expected minus
 * received. */
struct seen {
	uint64_t packets;
	uint64_t bytes;
	uint64_t rtcp;
	int64_t first_us, last_us;
	uint16_t seq; /* the newest */
	uint64_t expected;
};

static void note_rtp(struct seen *s, const struct capture_packet *packet)
{
	uint16_t seq = get_be16(packet->data + 2);
	if (s->packets == 0) {
		s->first_us = packet->arrival_us;
		s->seq = seq;
		s->expected = 1;
	}
	int16_t step = (int16_t)(seq - s->seq);
	if (step > 0) {
		s->expected += (uint64_t)step;
		s->seq = seq;
	}
	s->packets++;
	s->bytes += packet->size;
	s->last_us = packet->arrival_us;
}

static json_t *stream_to_json(const struct capture_stream *stream, const struct seen *s)
{
	const struct payload_format *format = &stream->format;
	char ssrc[16];
	g_snprintf(ssrc, sizeof(ssrc), "0x%08x", stream->ssrc);
	return json_pack("{s:s, s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "codec",
			 format->codec != TSR_CODEC_NONE ? tsr_codec_name(format->codec) : "unknown", "payload_type",
			 stream->payload_type, "ssrc", ssrc, "label", stream->label, "packets", (json_int_t)s->packets,
			 "bytes", (json_int_t)s->bytes, "lost",
			 (json_int_t)(s->expected > s->packets ? s->expected - s->packets : 0), "rtcp",
			 (json_int_t)s->rtcp, "first_us", (json_int_t)s->first_us, "duration_ms",
			 (json_int_t)((s->last_us - s->first_us) / 1000));
}

static json_t *counters_to_json(const struct capture_counters *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "not_rtp", (json_int_t)c->not_rtp, "ignored",
			 (json_int_t)c->ignored, "unexplained", (json_int_t)c->unexplained, "copies",
			 (json_int_t)c->copies, "fragments", (json_int_t)c->fragments, "truncated",
			 (json_int_t)c->truncated, "unknown_rtcp", (json_int_t)c->unknown_rtcp, "over_limit",
			 (json_int_t)c->over_limit, "skipped_bytes", (json_int_t)c->skipped_bytes);
}

static int inspect_capture(struct capture *c, json_t **out)
{
	struct seen *seen = g_new0(struct seen, CAPTURE_MAX_STREAMS);
	struct capture_packet packet;
	tsr_error err;
	while ((err = capture_next(c, &packet)) == TSR_OK) {
		if (packet.rtcp)
			seen[packet.stream].rtcp++;
		else
			note_rtp(&seen[packet.stream], &packet);
	}
	json_t *streams = json_array();
	for (unsigned i = 0; i < c->stream_count; i++)
		json_array_append_new(streams, stream_to_json(&c->streams[i], &seen[i]));
	*out = json_pack("{s:s, s:b, s:b, s:o, s:o}", "format", c->ops->name, "whole", err == TSR_E_EOF,
			 "arrival_times", !c->void_times, "streams", streams, "left_out",
			 counters_to_json(&c->counters));
	if (err != TSR_E_EOF)
		json_object_set_new(*out, "problem", json_string(c->problem));
	g_free(seen);
	return err == TSR_E_EOF ? EXIT_DONE : EXIT_PARTIAL;
}

static json_t *ts_stream_to_json(const struct ts_stream *s)
{
	int64_t duration_ms = s->has_pts ? (s->last_pts_90k - s->first_pts_90k) / 90 : 0;
	return json_pack("{s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "pid", s->pid, "codec", s->kind,
			 "frames", (json_int_t)s->frames, "bytes", (json_int_t)s->payload_bytes, "keyframes",
			 (json_int_t)(s->video ? s->random_access : s->frames), "first_pts_ms",
			 (json_int_t)(s->first_pts_90k / 90), "duration_ms", (json_int_t)duration_ms, "longest_gap_ms",
			 (json_int_t)(s->longest_gap_90k / 90), "lost_packets", (json_int_t)s->lost_packets,
			 "last_frame_cut", s->last_frame_cut);
}

static int inspect_ts(const char *path, json_t **out)
{
	struct ts_scan *scan = g_new(struct ts_scan, 1);
	tsr_error err = tsfile_scan(path, NULL, scan);
	int code = err == TSR_OK ? EXIT_DONE : EXIT_INPUT;
	if (err == TSR_OK) {
		json_t *streams = json_array();
		for (unsigned i = 0; i < scan->stream_count; i++)
			json_array_append_new(streams, ts_stream_to_json(&scan->stream[i]));
		*out = json_pack("{s:s, s:I, s:I, s:i, s:I, s:I, s:o}", "format", "mpegts", "bytes",
				 (json_int_t)scan->bytes, "duration_ms", (json_int_t)tsfile_duration_ms(scan),
				 "table_versions", (int)scan->pmt_versions, "bad_packets",
				 (json_int_t)(scan->bad_sync + scan->transport_errors + scan->bad_tables),
				 "trailing_bytes", (json_int_t)scan->trailing_bytes, "streams", streams);
	} else {
		complain("%s: %s", path, tsr_strerror(err));
	}
	g_free(scan);
	return code;
}

static int inspect_other(const char *path, json_t **out)
{
	tsr_contents found;
	tsr_error err = tsr_look_into(path, &found);
	if (err != TSR_OK || !found.ours) {
		complain("%s: %s", path, err != TSR_OK ? tsr_strerror(err) : "this is no file of this recorder");
		return EXIT_INPUT;
	}
	json_t *streams = json_array();
	for (unsigned i = 0; i < found.tracks; i++) {
		const tsr_recovered_track *t = &found.track[i];
		json_array_append_new(streams,
				      json_pack("{s:i, s:s, s:I, s:I, s:I}", "number", (int)t->id, "codec",
						tsr_codec_name(t->codec), "frames", (json_int_t)t->frames,
						"first_pts_ms", (json_int_t)(t->first_pts_90k / 90), "duration_ms",
						(json_int_t)((t->last_pts_90k - t->first_pts_90k) / 90)));
	}
	*out = json_pack("{s:s, s:I, s:I, s:b, s:I, s:o}", "format", tsr_container_name(found.container), "bytes",
			 (json_int_t)found.bytes, "duration_ms", (json_int_t)found.duration_ms, "finished",
			 found.complete, "trailing_bytes", (json_int_t)(found.bytes - found.whole), "streams", streams);
	return found.complete ? EXIT_DONE : EXIT_PARTIAL;
}

/* ---- for people ---------------------------------------------------------------------------------------------------- */

static int64_t integer(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static const char *string(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void print_capture_stream(const json_t *s)
{
	char duration[32];
	format_duration(integer(s, "duration_ms"), duration, sizeof(duration));
	printf("  %s, payload type %d, SSRC %s: %s, %" G_GINT64_FORMAT " packets, %" G_GINT64_FORMAT
	       " bytes, %" G_GINT64_FORMAT " lost, %" G_GINT64_FORMAT " RTCP  %s\n",
	       string(s, "codec"), (int)integer(s, "payload_type"), string(s, "ssrc"), duration, integer(s, "packets"),
	       integer(s, "bytes"), integer(s, "lost"), integer(s, "rtcp"), string(s, "label"));
}

static void print_ts_stream(const json_t *s)
{
	char duration[32];
	format_duration(integer(s, "duration_ms"), duration, sizeof(duration));
	printf("  %s, PID 0x%x: %s, %" G_GINT64_FORMAT " frames, %" G_GINT64_FORMAT " to start at, %" G_GINT64_FORMAT
	       " bytes, longest gap %" G_GINT64_FORMAT " ms, %" G_GINT64_FORMAT " losses%s\n",
	       string(s, "codec"), (unsigned)integer(s, "pid"), duration, integer(s, "frames"), integer(s, "keyframes"),
	       integer(s, "bytes"), integer(s, "longest_gap_ms"), integer(s, "lost_packets"),
	       json_is_true(json_object_get(s, "last_frame_cut")) ? ", the last frame is cut" : "");
}

static void print_other_stream(const json_t *s)
{
	char duration[32];
	format_duration(integer(s, "duration_ms"), duration, sizeof(duration));
	printf("  %s, track %d: %s, %" G_GINT64_FORMAT " frames\n", string(s, "codec"), (int)integer(s, "number"),
	       duration, integer(s, "frames"));
}

static void print_found(const char *path, const json_t *found)
{
	const json_t *streams = json_object_get(found, "streams");
	bool ts = strcmp(string(found, "format"), "mpegts") == 0;
	const char *problem = string(found, "problem");
	printf("%s: %s%s%s\n", path, string(found, "format"), problem != NULL ? ", " : "",
	       problem != NULL ? problem : "");
	if (json_is_false(json_object_get(found, "arrival_times")))
		printf("  the times of arrival tell nothing: these are by the senders' RTP clocks\n");
	for (size_t i = 0; i < json_array_size(streams); i++) {
		const json_t *s = json_array_get(streams, i);
		if (ts)
			print_ts_stream(s);
		else if (json_object_get(s, "number") != NULL)
			print_other_stream(s);
		else
			print_capture_stream(s);
	}
	const char *key;
	json_t *count;
	json_object_foreach(json_object_get(found, "left_out"), key, count) if (json_integer_value(count) != 0)
		printf("  left out: %" JSON_INTEGER_FORMAT " %s\n", json_integer_value(count), key);
}

/* ---- command --------------------------------------------------------------------------------------------------------- */

static int inspect(const char *path, const struct payloads *payloads, json_t **found)
{
	char why[200] = "";
	struct capture *c = NULL;
	tsr_container container;
	if (tsfile_probe(path))
		return inspect_ts(path, found);
	if (tsr_container_of_file(path, &container, NULL, NULL) && container != TSR_CONTAINER_TS)
		return inspect_other(path, found);
	if (capture_open(path, payloads, &c, why, sizeof(why)) != TSR_OK) {
		complain("%s: %s", path, why);
		return EXIT_INPUT;
	}
	int code = inspect_capture(c, found);
	capture_close(c);
	return code;
}

static bool read_maps(char **maps, struct payloads *payloads)
{
	char why[200];
	for (char **map = maps; map != NULL && *map != NULL; map++) {
		if (payloads_add_map(payloads, *map, why, sizeof(why)) != TSR_OK) {
			complain("--map: %s", why);
			return false;
		}
	}
	return true;
}

int inspect_main(int argc, char **argv)
{
	char **maps = NULL;
	gboolean json = FALSE;
	const GOptionEntry entries[] = {
		{"map", 'm', 0, G_OPTION_ARG_STRING_ARRAY, &maps,
		 "what a payload type of a pcap means; may be repeated", "[PORT:]PT=CODEC"},
		{"json", 'j', 0, G_OPTION_ARG_NONE, &json, "print JSON", NULL},
		{0},
	};
	struct payloads *payloads = payloads_create();
	int code = EXIT_USAGE;
	bool parsed = parse_options(
		&argc, &argv, entries, "FILE…",
		"Shows what is in captures (.mjr, pcap, pcapng) and recordings (.ts, .mkv, .webm, .mp4).",
		"Exit code: 0 well, 1 wrong usage, 2 a file is none of these, 3 a file is cut off or damaged.");
	if (parsed && argc < 2)
		complain("inspect needs a file");
	if (parsed && argc >= 2 && read_maps(maps, payloads)) {
		code = EXIT_DONE;
		for (int i = 1; i < argc; i++) {
			json_t *found = NULL;
			int one = inspect(argv[i], payloads, &found);
			code = MAX(code, one);
			if (found != NULL && json)
				print_json(json_incref(found));
			else if (found != NULL)
				print_found(argv[i], found);
			json_decref(found);
		}
	}
	g_strfreev(maps);
	payloads_destroy(payloads);
	return code;
}
