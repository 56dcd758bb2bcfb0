/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a host does to a recording while it runs: pause, split, limits, tracks that come late, go, or never send. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "call.h"
#include "tscheck.h"

#define S        G_USEC_PER_SEC
#define START_US 1700000000000000LL

static const tsr_recording_config copy_all = {.audio_mode = TSR_AUDIO_COPY};

static double seconds(int64_t ticks)
{
	return (double)ticks / 90000;
}

static void pause_leaves_no_hole(void **state)
{
	(void)state;
	struct call *c = call_start(&(tsr_recording_config){.audio_mode = TSR_AUDIO_TRANSCODE});
	call_add_tracks(c);
	call_run(c, 4 * S);
	assert_int_equal(tsr_recording_pause(c->h.recording), TSR_OK);
	assert_int_equal(tsr_recording_pause(c->h.recording), TSR_E_BUSY);
	call_run(c, 10 * S);
	assert_int_equal(tsr_recording_resume(c->h.recording), TSR_OK);
	assert_int_equal(tsr_recording_resume(c->h.recording), TSR_E_BUSY);
	call_run(c, 6 * S);
	harness_stop(&c->h, NULL);
	assert_int_equal(c->h.events[TSR_EVENT_PAUSED], 1);
	assert_int_equal(c->h.events[TSR_EVENT_RESUMED], 1);
	assert_int_equal(c->h.events[TSR_EVENT_FINISHED], 1);
	assert_in_range(c->h.duration_ms, 9800, 10200);
	struct tscheck check;
	tscheck_file(c->h.path, &check);
	const struct tscheck_stream *v = tscheck_find(&check, TSR_CODEC_H264), *a = tscheck_find(&check, TSR_CODEC_AAC);
	assert_int_equal(v->errors + v->backwards + a->errors + a->backwards, 0);
	/* Audio goes on at once; video with the next keyframe, of which the medium has one a second. */
	assert_true(seconds(a->longest_gap_90k) < 0.1);
	assert_true(seconds(v->longest_gap_90k) < 2.1);
	tscheck_finish(&check);
	call_end(c);
}

/* The files of a folder that end so, counted; with each checked to play. Video frames and their total. */
static unsigned check_segments(const struct call *c, unsigned *video_frames, unsigned *audio_frames, int64_t *last_90k)
{
	unsigned files = 0;
	*video_frames = *audio_frames = 0;
	*last_90k = -1;
	for (unsigned i = 1; i < 100; i++) {
		char *path = g_strdup_printf("%s/test-%05u.ts", c->h.folder, i);
		if (g_file_test(path, G_FILE_TEST_EXISTS)) {
			struct tscheck check;
			tscheck_file(path, &check);
			const struct tscheck_stream *v = tscheck_find(&check, TSR_CODEC_H264),
						    *a = tscheck_find(&check, TSR_CODEC_OPUS);
			assert_int_equal(v->errors + v->backwards, 0);
			assert_true(v->first_90k > *last_90k); /* timestamps go on from file to file */
			*last_90k = v->last_90k;
			*video_frames += v->packets;
			*audio_frames += a->packets;
			tscheck_finish(&check);
			files++;
		}
		g_free(path);
	}
	return files;
}

static void segments_lose_and_repeat_nothing(void **state)
{
	(void)state;
	struct call *c =
		call_start(&(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY, .segment_duration_us = 3 * S});
	call_add_tracks(c);
	call_run(c, 20 * S);
	harness_stop(&c->h, NULL);
	unsigned video, audio;
	int64_t last_90k;
	unsigned files = check_segments(c, &video, &audio, &last_90k);
	assert_in_range(files, 4, 7);
	assert_int_equal(c->h.events[TSR_EVENT_SEGMENT], files - 1);
	assert_int_equal(c->h.events[TSR_EVENT_FINISHED], 1);
	assert_int_equal(video, c->video.frames);
	assert_int_equal(audio, c->audio.frames);
	call_end(c);
}

static void full_segment_asks_for_a_keyframe(void **state)
{
	(void)state;
	struct call *c =
		call_start(&(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY, .segment_duration_us = 5 * S / 2});
	call_add_tracks(c);
	call_run(c, 10 * S);
	harness_stop(&c->h, NULL);
	assert_in_range(c->h.events[TSR_EVENT_SEGMENT], 2, 3);
	assert_true(c->h.events[TSR_EVENT_KEYFRAME_NEEDED] >= c->h.events[TSR_EVENT_SEGMENT]);
	call_end(c);
}

static void split_on_request(void **state)
{
	(void)state;
	struct call *c = call_start(&copy_all);
	call_add_tracks(c);
	assert_int_equal(tsr_recording_split(c->h.recording), TSR_E_BUSY); /* nothing to split yet */
	call_run(c, 5 * S);
	assert_int_equal(tsr_recording_split(c->h.recording), TSR_OK);
	call_run(c, 5 * S);
	harness_stop(&c->h, NULL);
	assert_int_equal(c->h.events[TSR_EVENT_SEGMENT], 1);
	assert_true(g_str_has_suffix(c->h.path, "test-00002.ts"));
	char *first = g_strdup_printf("%s/test.ts", c->h.folder);
	struct tscheck one, two;
	tscheck_file(first, &one);
	tscheck_file(c->h.path, &two);
	assert_int_equal(tscheck_find(&one, TSR_CODEC_H264)->packets + tscheck_find(&two, TSR_CODEC_H264)->packets,
			 c->video.frames);
	tscheck_finish(&one);
	tscheck_finish(&two);
	g_free(first);
	call_end(c);
}

static void limits_end_it(void **state)
{
	(void)state;
	static const struct {
		tsr_recording_config config;
		int64_t least_ms, most_ms;
	} rows[] = {
		{{.audio_mode = TSR_AUDIO_COPY, .max_duration_us = 5 * S}, 5000, 5400},
		{{.audio_mode = TSR_AUDIO_COPY, .max_size = 100000}, 1000, 19000},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct call *c = call_start(&rows[i].config);
		call_add_tracks(c);
		call_run(c, 20 * S);
		assert_int_equal(c->h.events[TSR_EVENT_FINISHED], 1); /* by itself, before anybody stopped it */
		assert_in_range(c->h.duration_ms, rows[i].least_ms, rows[i].most_ms);
		if (rows[i].config.max_size != 0)
			assert_in_range(c->h.bytes, rows[i].config.max_size, rows[i].config.max_size * 3 / 2);
		call_end(c);
	}
}

/* Limits, name and metadata change in mid-recording; what the host noted at the start is in the report as well. */
static void what_is_changed_shows_in_limit_and_report(void **state)
{
	(void)state;
	struct call *c = call_start(&(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY,
							    .name = "before",
							    .metadata = "{\"was\": 1}",
							    .host = "{\"noted\": true}",
							    .report = true,
							    .max_size = 1000000000});
	call_add_tracks(c);
	call_run(c, 2 * S);
	tsr_recording_changes changes = {
		.max_duration_us = 5 * S, .max_size = -1, .name = "after", .metadata = "{\"is\": 2}"};
	assert_int_equal(tsr_recording_change(c->h.recording, &changes), TSR_OK);
	call_run(c, 18 * S);
	assert_int_equal(c->h.events[TSR_EVENT_FINISHED], 1);
	assert_in_range(c->h.duration_ms, 5000, 5400);
	assert_int_equal(tsr_recording_change(c->h.recording, &changes), TSR_E_BUSY);
	char *path = g_build_filename(c->h.folder, "test.json", NULL), *report = NULL;
	assert_true(g_file_get_contents(path, &report, NULL, NULL));
	assert_non_null(strstr(report, "\"name\": \"after\""));
	assert_non_null(strstr(report, "\"metadata\": {\"is\": 2}"));
	assert_non_null(strstr(report, "\"host\": {\"noted\": true}"));
	g_free(report);
	g_free(path);
	call_end(c);
}

/* Audio is added by a renegotiation 5 s into the call: the same file has it from then on. */
static void a_late_track_joins_the_file(void **state)
{
	(void)state;
	struct call *c = call_start(&copy_all);
	c->video_track = (int)harness_track(&c->h, TSR_CODEC_H264);
	call_run(c, 5 * S);
	c->audio_track = (int)harness_track(&c->h, TSR_CODEC_OPUS);
	call_run(c, 5 * S);
	harness_stop(&c->h, NULL);
	struct tscheck check;
	tscheck_file(c->h.path, &check);
	const struct tscheck_stream *v = tscheck_find(&check, TSR_CODEC_H264),
				    *a = tscheck_find(&check, TSR_CODEC_OPUS);
	assert_int_equal(v->packets, c->video.frames);
	assert_int_equal(v->errors + v->backwards, 0);
	assert_in_range(a->packets, 248, 252);
	assert_true(ABS(seconds(a->first_90k - v->first_90k) - 5) < 0.1);
	tscheck_finish(&check);
	call_end(c);
}

/* What a player finds that joins in the last fifth: a PMT with one stream, and a clock (ISO 13818-1 sections 2.4.3.4 and 2.4.4.8). */
static void assert_tables_without_video(const char *path)
{
	gchar *data;
	gsize size;
	unsigned tables = 0, clocks = 0;
	assert_true(g_file_get_contents(path, &data, &size, NULL));
	for (gsize at = size / 188 * 4 / 5 * 188; at + 188 <= size; at += 188) {
		const uint8_t *p = (const uint8_t *)data + at;
		unsigned pid = (p[1] & 0x1fu) << 8 | p[2];
		clocks += (p[3] & 0x20) && p[4] > 0 && (p[5] & 0x10) && pid == 0x101;
		if (pid != 0x1000)
			continue;
		const uint8_t *pmt = p + 5; /* the pointer field is 0 */
		unsigned length = (pmt[1] & 0xfu) << 8 | pmt[2], info = (pmt[10] & 0xfu) << 8 | pmt[11], streams = 0;
		for (const uint8_t *s = pmt + 12 + info; s < pmt + 3 + length - 4; s += 5 + ((s[3] & 0xfu) << 8 | s[4]))
			streams++;
		assert_int_equal(streams, 1);
		assert_int_equal((pmt[8] & 0x1fu) << 8 | pmt[9], 0x101); /* the clock's PID */
		tables++;
	}
	g_free(data);
	assert_true(tables > 3 && clocks > 3);
}

static void an_ended_track_takes_nothing_more(void **state)
{
	(void)state;
	struct call *c = call_start(&copy_all);
	call_add_tracks(c);
	call_run(c, 5 * S);
	tsr_recording_end_track(c->h.recording, (unsigned)c->video_track);
	call_run(c, 5 * S);
	tsr_stats *stats = g_new0(tsr_stats, 1);
	harness_stop(&c->h, stats);
	assert_true(stats->track[0].ended);
	assert_tables_without_video(c->h.path);
	assert_in_range(stats->track[0].last_pts_90k, 90000 * 4, 90000 * 5);
	assert_in_range(c->h.duration_ms, 9800, 10100);
	g_free(stats);
	call_end(c);
}

static void a_track_that_never_sends_is_told(void **state)
{
	(void)state;
	struct call *c = call_start(&(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY, .track_timeout_us = 3 * S});
	c->video_track = (int)harness_track(&c->h, TSR_CODEC_H264);
	(void)harness_track(&c->h, TSR_CODEC_OPUS);
	call_run(c, 8 * S);
	harness_stop(&c->h, NULL);
	assert_string_equal(c->h.warnings, "no_audio ");
	struct tscheck check;
	tscheck_file(c->h.path, &check);
	assert_int_equal(check.count, 2); /* it was announced, and may come at any time */
	assert_int_equal(tscheck_find(&check, TSR_CODEC_OPUS)->packets, 0);
	assert_int_equal(tscheck_find(&check, TSR_CODEC_H264)->packets, c->video.frames);
	tscheck_finish(&check);
	call_end(c);
}

static void audio_alone_is_a_recording(void **state)
{
	(void)state;
	struct call *c = call_start(&copy_all);
	c->audio_track = (int)harness_track(&c->h, TSR_CODEC_OPUS);
	call_run(c, 5 * S);
	assert_int_equal(c->h.events[TSR_EVENT_RECORDING], 1);
	harness_stop(&c->h, NULL);
	assert_string_equal(c->h.warnings, "");
	assert_in_range(c->h.duration_ms, 4900, 5100);
	call_end(c);
}

static void no_media_leaves_no_file(void **state)
{
	(void)state;
	struct call *c = call_start(&copy_all);
	call_add_tracks(c);
	harness_stop(&c->h, NULL);
	assert_null(c->h.path);
	GDir *dir = g_dir_open(c->h.folder, 0, NULL);
	assert_null(g_dir_read_name(dir));
	g_dir_close(dir);
	call_end(c);
}

/* Video that begins in the middle of a GOP waits for a keyframe and asks for one, once a second at most. */
static void video_begins_with_a_keyframe(void **state)
{
	(void)state;
	struct call *c = call_start(&copy_all);
	call_run(c, S / 2); /* nobody listens yet */
	c->video_track = (int)harness_track(&c->h, TSR_CODEC_H264);
	call_run(c, 5 * S);
	tsr_stats *stats = g_new0(tsr_stats, 1);
	harness_stop(&c->h, stats);
	assert_true(stats->track[0].frames_skipped > 0);
	assert_in_range(c->h.events[TSR_EVENT_KEYFRAME_NEEDED], 1, 2);
	struct tscheck check;
	tscheck_file(c->h.path, &check);
	assert_int_equal(check.stream[0].errors, 0);
	assert_int_equal(check.stream[0].packets + stats->track[0].frames_skipped, stats->track[0].frames);
	tscheck_finish(&check);
	g_free(stats);
	call_end(c);
}

/* A frame in one packet: number `number` of `per_second`, with a payload header of the caller's. */
static void push_frame(struct call *c, int track, unsigned number, unsigned per_second, uint32_t rate,
		       const uint8_t header[3], const struct media_frame *frame)
{
	uint8_t packet[12 + 3 + 16384] = {0x80, 0x80 | 96, (uint8_t)(number >> 8), (uint8_t)number};
	uint32_t ts = number * (rate / per_second);
	for (int i = 0; i < 4; i++)
		packet[4 + i] = (uint8_t)(ts >> (24 - 8 * i));
	memcpy(packet + 12, header, 3);
	assert_true(frame->size <= 16384);
	memcpy(packet + 15, frame->data, frame->size);
	assert_true(tsr_push_rtp(c->h.recording, (unsigned)track, packet, 15 + frame->size,
				 START_US + (int64_t)number * S / per_second));
}

/* Half a second of silence in mono, from packet *number on, or in stereo (RFC 6716 section 3.1). */
static void push_silence(struct call *c, unsigned *number, bool stereo)
{
	static const struct media_frame nothing_more = {(const uint8_t *)"", 0};
	for (int i = 0; i < 25; i++)
		push_frame(c, c->audio_track, (*number)++, 50, 48000,
			   (const uint8_t[]){stereo ? 0xfc : 0xf8, 0xff, 0xfe}, &nothing_more);
}

/* The next file cannot be made, for there is one of its name: what is there is finished, the end is told, and once. */
static void a_segment_that_cannot_be_opened(void **state)
{
	(void)state;
	struct call *c = call_start(&copy_all);
	call_add_tracks(c);
	call_run(c, 4 * S);
	char *taken = g_build_filename(c->h.folder, "test-00002.ts", NULL);
	assert_true(g_file_set_contents(taken, "x", 1, NULL));
	assert_int_equal(tsr_recording_split(c->h.recording), TSR_OK);
	call_run(c, 3 * S);
	harness_stop(&c->h, NULL);
	assert_int_equal(c->h.events[TSR_EVENT_SEGMENT], 1);
	assert_int_equal(c->h.events[TSR_EVENT_FAILED], 1);
	assert_int_equal(c->h.events[TSR_EVENT_FINISHED], 0);
	assert_int_equal(c->h.error, TSR_E_EXISTS);
	g_free(taken);
	call_end(c);
}

/* Sound that was removed ends with it; the picture goes on to its last frame all the same. */
static void what_ended_does_not_end_again(void **state)
{
	(void)state;
	struct call *c = call_start(NULL);
	c->audio_track = (int)harness_track(&c->h, TSR_CODEC_OPUS);
	c->video_track = (int)harness_track(&c->h, TSR_CODEC_H264);
	call_run(c, 3 * S);
	tsr_recording_end_track(c->h.recording, (unsigned)c->audio_track);
	call_run(c, 3 * S);
	tsr_stats *stats = g_new0(tsr_stats, 1);
	harness_stop(&c->h, stats);
	assert_int_equal(c->h.events[TSR_EVENT_FINISHED], 1);
	assert_int_equal(c->h.error, TSR_OK);
	assert_int_equal(stats->track[1].frames_written, c->video.frames);
	g_free(stats);
	call_end(c);
}

/* What the SDP says, what the configuration says, else what the first packet says: the sound stays as it begins, and so do the tables. */
static void sound_stays_as_it_begins(void **state)
{
	(void)state;
	static const struct {
		bool announced, first, later; /* in stereo */
		uint8_t wanted;               /* audio_channels */
		uint8_t channels;
	} rows[] = {
		{false, false, false, 0, 1}, {false, false, true, 0, 1}, {false, true, false, 0, 2},
		{true, false, true, 0, 2},   {false, false, true, 2, 2}, {true, true, true, 1, 1},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct call *c = call_start(&(tsr_recording_config){.encoding = {.audio_channels = rows[i].wanted}});
		const tsr_track_config config = {.codec = TSR_CODEC_OPUS, .stereo = rows[i].announced};
		unsigned index = 0, number = 0;
		assert_int_equal(tsr_recording_add_track(c->h.recording, &config, &index), TSR_OK);
		c->audio_track = (int)index;
		push_silence(c, &number, rows[i].first);
		for (int part = 0; part < 8; part++)
			push_silence(c, &number, rows[i].later);
		tsr_recording_end_track(c->h.recording, index);
		assert_int_equal(
			tsr_recording_resume_track(c->h.recording, index, &(tsr_track_config){.codec = TSR_CODEC_OPUS}),
			TSR_OK);
		push_silence(c, &number, !rows[i].first);
		tsr_stats *stats = g_new0(tsr_stats, 1);
		harness_stop(&c->h, stats);
		assert_int_equal(stats->track[0].channels, rows[i].channels);
		assert_int_equal(stats->track[0].decode_errors, 0);
		struct tscheck check;
		tscheck_file(c->h.path, &check);
		const struct tscheck_stream *sound = tscheck_find(&check, TSR_CODEC_AAC);
		assert_int_equal(sound->errors + sound->backwards, 0);
		assert_true(sound->longest_gap_90k <= 3 * 1920);
		assert_in_range(sound->samples, (int64_t)number * 960 - 1024, (int64_t)number * 960 + 5 * 1024);
		tscheck_finish(&check);
		g_free(stats);
		call_end(c);
	}
}

/* One VP8 frame: an extended descriptor that says its temporal layer (RFC 7741 section 4.2), and a key or an inter frame. */
static void push_layer(struct call *c, unsigned number, bool keyframe, uint8_t layer)
{
	push_frame(c, c->video_track, number, 30, 90000, (const uint8_t[]){0x90, 0x20, (uint8_t)(layer << 6)},
		   media_frame(media_vp8, keyframe ? 0 : 1));
}

/* So many frames in the layers 0 2 1 2 …; how many of them were left out. */
static uint64_t push_layers(struct call *c, unsigned *number, unsigned frames, unsigned keyframe_at)
{
	static const uint8_t pattern[] = {0, 2, 1, 2};
	tsr_stats *stats = g_new0(tsr_stats, 1);
	tsr_recording_get_stats(c->h.recording, stats);
	uint64_t before = stats->track[0].frames_unwanted;
	for (unsigned i = 0; i < frames; i++)
		push_layer(c, (*number)++, i == keyframe_at, pattern[i % 4]);
	tsr_recording_get_stats(c->h.recording, stats);
	uint64_t left_out = stats->track[0].frames_unwanted - before;
	g_free(stats);
	return left_out;
}

/* Fewer layers at once, more from a keyframe on, which is asked for. */
static void temporal_layers_are_left_out(void **state)
{
	(void)state;
	struct call *c = call_start(&copy_all);
	c->video_track = (int)harness_track(&c->h, TSR_CODEC_VP8);
	unsigned number = 0;
	assert_int_equal(push_layers(c, &number, 40, 0), 0);
	tsr_recording_set_temporal_layer(c->h.recording, 0, 1);
	assert_int_equal(push_layers(c, &number, 40, 40), 20);
	tsr_recording_set_temporal_layer(c->h.recording, 0, 0);
	assert_int_equal(push_layers(c, &number, 40, 40), 30);
	unsigned asked = c->h.events[TSR_EVENT_KEYFRAME_NEEDED];
	tsr_recording_set_temporal_layer(c->h.recording, 0, TSR_ALL_LAYERS);
	assert_int_equal(push_layers(c, &number, 40, 20), 15); /* up to the keyframe */
	assert_int_equal(c->h.events[TSR_EVENT_KEYFRAME_NEEDED], asked + 1);
	tsr_recording_set_temporal_layer(c->h.recording, 9, 0); /* no such track */
	assert_int_equal(push_layers(c, &number, 40, 40), 0);
	harness_stop(&c->h, NULL);
	struct tscheck check;
	tscheck_file(c->h.path, &check);
	assert_int_equal(check.stream[0].errors, 0);
	assert_int_equal(check.stream[0].packets, number - 20 - 30 - 15);
	tscheck_finish(&check);
	call_end(c);
}

static void refuses_bad_configurations(void **state)
{
	(void)state;
	char *folder = g_dir_make_tmp("tsr-control-XXXXXX", NULL);
	tsr_engine *engine = tsr_engine_create(&(tsr_engine_config){.offline = true});
	static const struct {
		const char *id, *filename;
		tsr_error err;
	} rows[] = {
		{NULL, NULL, TSR_E_INVAL},
		{"", NULL, TSR_E_INVAL},
		{"a/b", NULL, TSR_E_INVAL},
		{"..", NULL, TSR_E_INVAL},
		{"a b", NULL, TSR_E_INVAL},
		{"a\n", NULL, TSR_E_INVAL},
		{"ok", "../up", TSR_E_INVAL},
		{"ok", "/abs", TSR_E_INVAL},
		{"ok", "a/../../b", TSR_E_INVAL},
		{"ok", "a//b", TSR_E_INVAL},
		{"ok", "a/", TSR_E_INVAL},
		{"ok", "a\x01", TSR_E_INVAL},
		{"ok", "./a", TSR_E_INVAL},
		{"A123456789012345678901234567890123456789012345678901234567890123x", NULL, TSR_E_INVAL},
	};
	tsr_recording *recording = NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		tsr_recording_config config = {.folder = folder, .id = rows[i].id, .filename = rows[i].filename};
		assert_int_equal(tsr_recording_create(engine, &config, &recording), rows[i].err);
		assert_null(recording);
	}
	tsr_recording_config missing = {.folder = "/nonexistent/folder", .id = "ok"};
	assert_int_equal(tsr_recording_create(engine, &missing, &recording), TSR_E_NOTFOUND);
	tsr_recording_config greedy = {.folder = folder, .id = "ok", .min_free_space = UINT64_MAX};
	assert_int_equal(tsr_recording_create(engine, &greedy, &recording), TSR_E_NOSPACE);
	tsr_recording_config config = {.folder = folder, .id = "ok"};
	assert_int_equal(tsr_recording_create(engine, &config, &recording), TSR_OK);
	tsr_recording *second = NULL;
	assert_int_equal(tsr_recording_create(engine, &config, &second), TSR_E_EXISTS);
	tsr_recording_stop(recording, "stop");
	tsr_recording_unref(recording);
	tsr_engine_destroy(engine);
	remove_folder(folder);
	g_free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pause_leaves_no_hole),
		cmocka_unit_test(what_is_changed_shows_in_limit_and_report),
		cmocka_unit_test(segments_lose_and_repeat_nothing),
		cmocka_unit_test(full_segment_asks_for_a_keyframe),
		cmocka_unit_test(split_on_request),
		cmocka_unit_test(limits_end_it),
		cmocka_unit_test(a_late_track_joins_the_file),
		cmocka_unit_test(an_ended_track_takes_nothing_more),
		cmocka_unit_test(a_track_that_never_sends_is_told),
		cmocka_unit_test(audio_alone_is_a_recording),
		cmocka_unit_test(no_media_leaves_no_file),
		cmocka_unit_test(video_begins_with_a_keyframe),
		cmocka_unit_test(a_segment_that_cannot_be_opened),
		cmocka_unit_test(what_ended_does_not_end_again),
		cmocka_unit_test(sound_stays_as_it_begins),
		cmocka_unit_test(temporal_layers_are_left_out),
		cmocka_unit_test(refuses_bad_configurations),
	};
	return cmocka_run_group_tests(tests, media_setup, media_teardown);
}
