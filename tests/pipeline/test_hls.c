/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HLS of what is recorded: every playlist is held against RFC 8216 (hlscheck.h). */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "call.h"
#include "hlscheck.h"
#include "media.h"
#include "tscheck.h"

#define S G_USEC_PER_SEC

static struct call *start(tsr_recording_config config)
{
	config.report = true;
	return call_start(&config);
}

static char *playlist_path(const struct call *c)
{
	return g_strdup_printf("%s/test.m3u8", c->h.folder);
}

/* All is as the RFC wants it; the caller frees the list. */
static struct hls_list *good_list(const struct call *c)
{
	char *path = playlist_path(c), *master = g_strdup_printf("%s/test.master.m3u8", c->h.folder);
	struct hls_list *l = hls_check(path);
	assert_string_equal(l->errors->str, "");
	char *error = hls_check_master(master);
	assert_null(error);
	g_free(master);
	g_free(path);
	return l;
}

static void one_file_by_ranges(void **state)
{
	(void)state;
	struct call *c = start((tsr_recording_config){.hls.mode = TSR_HLS_SINGLE});
	call_add_tracks(c);
	call_run(c, 20 * S);
	harness_stop(&c->h, NULL);
	struct hls_list *l = good_list(c);
	assert_true(l->ended && l->event && l->independent);
	assert_in_range(l->segments->len, 9, 11);
	assert_int_equal(hls_discontinuities(l), 0);
	assert_in_range(hls_seconds(l) * 10, 195, 202);
	/* All of the file from the first keyframe on, and nothing twice. */
	uint64_t end = 0;
	for (unsigned i = 0; i < l->segments->len; i++) {
		const struct hls_segment *s = g_ptr_array_index(l->segments, i);
		assert_string_equal(s->uri, "test.ts");
		if (i > 0)
			assert_int_equal(s->offset, end);
		end = s->offset + s->size;
	}
	GStatBuf st;
	assert_int_equal(g_stat(c->h.path, &st), 0);
	assert_int_equal(end, st.st_size);
	hls_free(l);
	call_end(c);
}

/* The medium has a keyframe each second, and is told of none: a segment of 2.5 s ends at the one after that. */
static void a_keyframe_is_asked_for_in_time(void **state)
{
	(void)state;
	struct call *c = start((tsr_recording_config){.hls = {.mode = TSR_HLS_SINGLE, .segment_us = 5 * S / 2}});
	call_add_tracks(c);
	call_run(c, 15 * S);
	harness_stop(&c->h, NULL);
	struct hls_list *l = good_list(c);
	assert_int_equal(l->target_s, 4);
	assert_in_range(l->segments->len, 5, 6); /* the last one is what is left */
	assert_in_range(c->h.events[TSR_EVENT_KEYFRAME_NEEDED], 4, 8);
	hls_free(l);
	call_end(c);
}

static void sound_alone(void **state)
{
	(void)state;
	struct call *c = start((tsr_recording_config){.hls.mode = TSR_HLS_SINGLE});
	c->audio_track = 0;
	c->video_track = -1;
	unsigned index;
	assert_int_equal(tsr_recording_add_track(c->h.recording, &(tsr_track_config){.codec = TSR_CODEC_OPUS}, &index),
			 TSR_OK);
	call_run(c, 10 * S);
	harness_stop(&c->h, NULL);
	struct hls_list *l = good_list(c);
	assert_in_range(l->segments->len, 4, 6);
	assert_int_equal(hls_discontinuities(l), 0);
	hls_free(l);
	call_end(c);
}

static void pause_is_a_discontinuity(void **state)
{
	(void)state;
	struct call *c = start((tsr_recording_config){.hls.mode = TSR_HLS_SINGLE});
	call_add_tracks(c);
	call_run(c, 5 * S);
	assert_int_equal(tsr_recording_pause(c->h.recording), TSR_OK);
	call_run(c, 10 * S);
	assert_int_equal(tsr_recording_resume(c->h.recording), TSR_OK);
	call_run(c, 5 * S);
	harness_stop(&c->h, NULL);
	struct hls_list *l = good_list(c);
	assert_int_equal(hls_discontinuities(l), 1);
	const struct hls_segment *first = g_ptr_array_index(l->segments, 0),
				 *last = g_ptr_array_index(l->segments, l->segments->len - 1);
	/* The clock on the wall goes on meanwhile. */
	assert_in_range(last->utc_ms + (int64_t)(last->seconds * 1000) - first->utc_ms, 19500, 20500);
	hls_free(l);
	call_end(c);
}

static void split_goes_on(void **state)
{
	(void)state;
	struct call *c = start((tsr_recording_config){.hls.mode = TSR_HLS_SINGLE});
	call_add_tracks(c);
	call_run(c, 5 * S);
	assert_int_equal(tsr_recording_split(c->h.recording), TSR_OK);
	call_run(c, 6 * S);
	harness_stop(&c->h, NULL);
	struct hls_list *l = good_list(c);
	assert_int_equal(hls_discontinuities(l), 0);
	const struct hls_segment *last = g_ptr_array_index(l->segments, l->segments->len - 1);
	assert_string_equal(last->uri, "test-00002.ts");
	hls_free(l);
	call_end(c);
}

static void camera_off_and_on(void **state)
{
	(void)state;
	struct call *c = start((tsr_recording_config){.hls.mode = TSR_HLS_SINGLE});
	call_add_tracks(c);
	call_run(c, 5 * S);
	int camera = c->video_track;
	tsr_recording_end_track(c->h.recording, (unsigned)camera);
	c->video_track = -1;
	call_run(c, 5 * S);
	assert_int_equal(tsr_recording_resume_track(c->h.recording, (unsigned)camera,
						    &(tsr_track_config){.codec = TSR_CODEC_H264}),
			 TSR_OK);
	c->video_track = camera;
	call_run(c, 6 * S);
	harness_stop(&c->h, NULL);
	struct hls_list *l = good_list(c);
	assert_int_equal(hls_discontinuities(l), 2);
	hls_free(l);
	call_end(c);
}

static void nothing_comes_for_a_while(void **state)
{
	(void)state;
	struct call *c = start((tsr_recording_config){.hls.mode = TSR_HLS_SINGLE});
	call_add_tracks(c);
	call_run(c, 5 * S);
	int camera = c->video_track, microphone = c->audio_track;
	c->video_track = c->audio_track = -1;
	call_run(c, 8 * S);
	c->video_track = camera;
	c->audio_track = microphone;
	call_run(c, 5 * S);
	harness_stop(&c->h, NULL);
	struct hls_list *l = good_list(c);
	assert_in_range(hls_discontinuities(l), 0, 1);
	hls_free(l);
	call_end(c);
}

static void files_as_segments(void **state)
{
	(void)state;
	struct call *c = start((tsr_recording_config){.hls = {.mode = TSR_HLS_SEGMENTS}, .segment_duration_us = 2 * S});
	call_add_tracks(c);
	call_run(c, 20 * S);
	harness_stop(&c->h, NULL);
	struct hls_list *l = good_list(c);
	assert_true(l->event && l->ended);
	assert_in_range(l->segments->len, 6, 10);
	assert_int_equal(hls_discontinuities(l), 0);
	const struct hls_segment *s = g_ptr_array_index(l->segments, 3);
	assert_int_equal(s->size, 0); /* all of a file */
	assert_string_equal(s->uri, "test-00004.ts");
	hls_free(l);
	call_end(c);
}

static void window_slides(void **state)
{
	(void)state;
	struct call *c = start((tsr_recording_config){.hls = {.mode = TSR_HLS_SEGMENTS, .window_us = 6 * S},
						      .segment_duration_us = 2 * S});
	char *path = playlist_path(c), *before = NULL, *text;
	call_add_tracks(c);
	for (int i = 0; i < 60; i++) {
		if (i == 20)
			assert_int_equal(tsr_recording_pause(c->h.recording), TSR_OK);
		if (i == 24)
			assert_int_equal(tsr_recording_resume(c->h.recording), TSR_OK);
		call_run(c, S / 2);
		if (!g_file_get_contents(path, &text, NULL, NULL))
			continue;
		struct hls_list *l = hls_check_text(text, c->h.folder);
		assert_string_equal(l->errors->str, "");
		assert_true(hls_seconds(l) < 6 + 2 * 3 + 3);
		hls_free(l);
		char *error = before != NULL ? hls_check_update(before, text) : NULL;
		assert_null(error);
		g_free(before);
		before = text;
	}
	harness_stop(&c->h, NULL);
	struct hls_list *l = good_list(c);
	assert_true(l->ended && !l->event && l->sequence > 3);
	assert_int_equal(l->discontinuity_sequence, 1);
	hls_free(l);
	g_free(before);
	g_free(path);
	call_end(c);
}

static void running_names_end_as_final_ones(void **state)
{
	(void)state;
	struct call *c = start((tsr_recording_config){.hls = {.mode = TSR_HLS_SINGLE, .running_names = true}});
	call_add_tracks(c);
	call_run(c, 12 * S);
	harness_stop(&c->h, NULL);
	struct hls_list *l = good_list(c);
	const struct hls_segment *s = g_ptr_array_index(l->segments, 0);
	assert_string_equal(s->uri, "test.ts");
	hls_free(l);
	call_end(c);
}

static void what_cannot_be_had_is_refused(void **state)
{
	(void)state;
	struct call *c = start((tsr_recording_config){0});
	tsr_recording *r;
	const tsr_recording_config mkv = {
		.folder = c->h.folder, .id = "a", .container = TSR_CONTAINER_MKV, .hls.mode = TSR_HLS_SINGLE};
	const tsr_recording_config none = {.folder = c->h.folder, .id = "b", .hls.mode = TSR_HLS_SEGMENTS};
	assert_int_equal(tsr_recording_create(c->h.engine, &mkv, &r), TSR_E_INVAL);
	assert_int_equal(tsr_recording_create(c->h.engine, &none, &r), TSR_E_INVAL);
	call_add_tracks(c);
	call_run(c, S);
	harness_stop(&c->h, NULL);
	call_end(c);
}

static void goes_with_the_recording(void **state)
{
	(void)state;
	struct call *c = start((tsr_recording_config){.hls.mode = TSR_HLS_SINGLE});
	char *path = playlist_path(c), *report = g_strdup_printf("%s/test.json", c->h.folder), *text;
	call_add_tracks(c);
	call_run(c, 8 * S);
	harness_stop(&c->h, NULL);
	assert_true(g_file_get_contents(report, &text, NULL, NULL));
	assert_non_null(strstr(text, "\"playlist\": \"test.m3u8\""));
	g_free(text);
	assert_int_equal(tsr_remove(c->h.folder, "test"), TSR_OK);
	assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	g_free(report);
	g_free(path);
	call_end(c);
}

/* ---- after a crash ---- */

/* As it was left: the file under its running name, and the list as far as `keep` of 100 of it had been written. */
static void leave_behind(const struct call *c, unsigned keep)
{
	char *path = playlist_path(c), *running = g_strdup_printf("%s/test.recording.ts", c->h.folder), *text;
	char *report = g_strdup_printf("%s/test.json", c->h.folder);
	gsize size;
	assert_true(g_file_get_contents(path, &text, &size, NULL));
	assert_true(g_file_set_contents(path, text, (gssize)(size * keep / 100), NULL));
	assert_int_equal(g_rename(c->h.path, running), 0);
	(void)g_remove(report);
	g_free(text);
	g_free(report);
	g_free(running);
	g_free(path);
}

static void recovery_ends_it(void **state)
{
	(void)state;
	for (unsigned keep = 45; keep <= 98; keep += 3) {
		struct call *c =
			start((tsr_recording_config){.hls = {.mode = TSR_HLS_SINGLE, .running_names = keep % 2 == 0}});
		call_add_tracks(c);
		call_run(c, 16 * S);
		harness_stop(&c->h, NULL);
		struct hls_list *l = good_list(c);
		double seconds = hls_seconds(l);
		hls_free(l);
		leave_behind(c, keep);
		assert_int_equal(tsr_recover_folder(c->h.folder, &(tsr_recover_config){.report = true}), TSR_OK);
		l = good_list(c);
		assert_true(l->ended);
		assert_int_equal(hls_discontinuities(l), 0);
		/* What was not listed yet is. */
		assert_in_range((seconds - hls_seconds(l) + 1) * 1000, 800, 1200);
		hls_free(l);
		call_end(c);
	}
}

static void recovery_forgets_what_is_gone(void **state)
{
	(void)state;
	struct call *c = start((tsr_recording_config){.hls.mode = TSR_HLS_SINGLE});
	call_add_tracks(c);
	call_run(c, 16 * S);
	harness_stop(&c->h, NULL);
	leave_behind(c, 97);
	char *running = g_strdup_printf("%s/test.recording.ts", c->h.folder), *data;
	gsize size;
	assert_true(g_file_get_contents(running, &data, &size, NULL));
	assert_true(g_file_set_contents(running, data, (gssize)(size / 2), NULL));
	g_free(data);
	assert_int_equal(tsr_recover_folder(c->h.folder, &(tsr_recover_config){0}), TSR_OK);
	struct hls_list *l = good_list(c);
	assert_true(l->ended);
	assert_in_range(hls_seconds(l), 6, 9);
	hls_free(l);
	g_free(running);
	call_end(c);
}

static void recovery_of_segments(void **state)
{
	(void)state;
	struct call *c = start((tsr_recording_config){.hls.mode = TSR_HLS_SEGMENTS, .segment_duration_us = 2 * S});
	call_add_tracks(c);
	call_run(c, 12 * S);
	harness_stop(&c->h, NULL);
	leave_behind(c, 80);
	char *running = g_strdup_printf("%s/test.recording.ts", c->h.folder);
	char *last = g_strdup_printf("%.*s.recording.ts", (int)strlen(c->h.path) - 3, c->h.path);
	assert_int_equal(g_rename(running, last), 0);
	assert_int_equal(tsr_recover_folder(c->h.folder, &(tsr_recover_config){0}), TSR_OK);
	struct hls_list *l = good_list(c);
	assert_true(l->ended);
	assert_in_range(hls_seconds(l), 11, 13);
	hls_free(l);
	g_free(last);
	g_free(running);
	call_end(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_file_by_ranges),
		cmocka_unit_test(a_keyframe_is_asked_for_in_time),
		cmocka_unit_test(sound_alone),
		cmocka_unit_test(pause_is_a_discontinuity),
		cmocka_unit_test(split_goes_on),
		cmocka_unit_test(camera_off_and_on),
		cmocka_unit_test(nothing_comes_for_a_while),
		cmocka_unit_test(files_as_segments),
		cmocka_unit_test(window_slides),
		cmocka_unit_test(running_names_end_as_final_ones),
		cmocka_unit_test(what_cannot_be_had_is_refused),
		cmocka_unit_test(goes_with_the_recording),
		cmocka_unit_test(recovery_ends_it),
		cmocka_unit_test(recovery_forgets_what_is_gone),
		cmocka_unit_test(recovery_of_segments),
	};
	return cmocka_run_group_tests(tests, media_setup, media_teardown);
}
