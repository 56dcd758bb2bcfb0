/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The start of a file: sound and picture are together from its first frame on, however late the first picture came, and nothing waits
 * longer than it may. */
#include <stdio.h>
#include <stdlib.h>

#include "../lib/cmocka.h"
#include "call.h"
#include "tscheck.h"

#define S  G_USEC_PER_SEC
#define MS 1000

/* A camera whose first pictures are on their way for long, as an encoder's and a pacer's first keyframe is, and then 30 ms. */
static const struct {
	int64_t first_us;  /* the first pictures' delay */
	int64_t report_us; /* when the picture's first report comes; 0 = none comes */
	int64_t within_us;
} starts[] = {
	{30 * MS, 400 * MS, 5 * MS}, /* what it always takes, the report tells */
	{90 * MS, 400 * MS, 5 * MS}, {200 * MS, 400 * MS, 5 * MS},
	{30 * MS, 0, 32 * MS}, /* without reports, what it always takes is not known */
	{200 * MS, 0, 32 * MS},
};

static void check_start(const char *path, int64_t within_us)
{
	struct tscheck check;
	tscheck_file(path, &check);
	const struct tscheck_stream *a = tscheck_find(&check, TSR_CODEC_OPUS),
				    *v = tscheck_find(&check, TSR_CODEC_H264);
	int64_t start_us = (v->first_90k - a->first_90k) * 100 / 9, picture_us = S / 30;
	int64_t end_us = (v->last_90k - a->last_90k) * 100 / 9;
	printf("# the first picture is %+.1f ms off, the last one %+.1f ms\n", (double)start_us / MS,
	       (double)(end_us % picture_us) / MS);
	assert_in_range(start_us + 40 * MS, 40 * MS - within_us, 40 * MS + within_us);
	assert_int_equal(a->backwards + v->backwards + a->errors + v->errors, 0);
	assert_true(a->longest_gap_90k <= 20 * 90 + 9);
	assert_true(v->longest_gap_90k <= 3000 + 90 * 3);
	tscheck_finish(&check);
}

static void sound_and_picture_begin_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(starts); i++) {
		struct call *c = call_start(&(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY});
		call_add_tracks(c);
		c->video.delay_us = starts[i].first_us;
		call_run(c, starts[i].first_us + MS);
		c->video.delay_us = 30 * MS;
		call_run(c, 400 * MS - c->now_us);
		if (starts[i].report_us != 0)
			sender_report(&c->video, starts[i].report_us);
		call_run(c, 5 * S);
		harness_stop(&c->h, NULL);
		check_start(c->h.path, starts[i].within_us);
		call_end(c);
	}
}

/* Whether frames of both are in the file, or on their way into it. */
static bool has_begun(const struct call *c)
{
	tsr_stats *stats = g_new0(tsr_stats, 1);
	tsr_recording_get_stats(c->h.recording, stats);
	bool begun = stats->track[0].frames_written > 0 && stats->track[1].frames_written > 0;
	g_free(stats);
	return begun;
}

/* With nobody to report: start_wait is over before anything is in the file; a report ends the wait. (Offline, packets are the clock.) */
static void it_waits_no_longer_than_it_may(void **state)
{
	(void)state;
	static const struct {
		int64_t wait_us, report_us, begins_us;
	} cases[] = {
		{S, 0, S},
		{S / 4, 0, S / 4},
		{-1, 0, 0},
		{S, 3 * S / 10, 3 * S / 10},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct call *c = call_start(
			&(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY, .start_wait_us = cases[i].wait_us});
		call_add_tracks(c);
		int64_t begun_us = 0;
		while (!has_begun(c) && begun_us < 3 * S) {
			if (begun_us == cases[i].report_us && begun_us != 0)
				sender_report(&c->audio, begun_us);
			call_run(c, 20 * MS);
			begun_us += 20 * MS;
		}
		assert_in_range(begun_us, cases[i].begins_us, cases[i].begins_us + 200 * MS);
		harness_stop(&c->h, NULL);
		call_end(c);
	}
}

/* What waited when the recording is paused, ends, or loses a track, is in the file. */
static void what_waited_is_not_lost(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct call *c = call_start(&(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY});
		call_add_tracks(c);
		call_run(c, S);
		if (i == 1)
			assert_int_equal(tsr_recording_pause(c->h.recording), TSR_OK);
		else if (i == 2)
			tsr_recording_end_track(c->h.recording, (unsigned)c->video_track);
		tsr_stats *stats = g_new0(tsr_stats, 1);
		harness_stop(&c->h, stats);
		assert_int_equal(stats->track[c->video_track].frames_written, c->video.frames);
		assert_int_equal(stats->track[c->audio_track].frames_written, c->audio.frames);
		g_free(stats);
		call_end(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_and_picture_begin_together),
		cmocka_unit_test(it_waits_no_longer_than_it_may),
		cmocka_unit_test(what_waited_is_not_lost),
	};
	return cmocka_run_group_tests(tests, media_setup, media_teardown);
}
