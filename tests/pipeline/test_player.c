/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file as a demanding player sees it, whatever camera and microphone do: tscheck_file() fails for whatever TR 101 290 objects to; here are
 * the calls that give it reason to, and how the tables and the clock begin and go on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "call.h"
#include "tscheck.h"

#define S G_USEC_PER_SEC

/* For so many seconds. */
struct step {
	double lasts;
	bool camera, microphone;
};

static void play(struct call *c, const struct step *steps)
{
	int camera = c->video_track, microphone = c->audio_track;
	for (const struct step *s = steps; s->lasts > 0; s++) {
		c->video_track = s->camera ? camera : -1;
		c->audio_track = s->microphone ? microphone : -1;
		call_run(c, (int64_t)(s->lasts * S));
	}
}

static void the_first_tables_and_the_clock_last(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct step step[5];
	} rows[] = {
		{"both", {{10, true, true}}},
		{"the camera is off for 6 s", {{3, true, true}, {6, false, true}, {3, true, true}}},
		{"the camera begins late", {{2, false, true}, {3, true, true}}},
		{"the microphone begins late", {{2, true, false}, {3, true, true}}},
		{"the camera never begins", {{8, false, true}}},
		{"the microphone never begins", {{8, true, false}}},
		{"nobody for 20 s, then the camera first",
		 {{3, true, true}, {20, false, false}, {2, true, false}, {3, true, true}}},
		{"nobody for 20 s, then the microphone first",
		 {{3, true, true}, {20, false, false}, {2, false, true}, {3, true, true}}},
		{"the camera stops for good", {{3, true, true}, {9, false, true}}},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct call *c =
			call_start(&(tsr_recording_config){.audio_mode = TSR_AUDIO_TRANSCODE, .start_wait_us = S / 5});
		call_add_tracks(c);
		play(c, rows[i].step);
		harness_stop(&c->h, NULL);
		struct tscheck check;
		tscheck_file(c->h.path, &check);
		if (check.count != 2 || check.tables != 1 || check.new_clocks != 0)
			fail_msg("%s: %u streams, %u tables, %u new clocks", rows[i].what, check.count, check.tables,
				 check.new_clocks);
		tscheck_finish(&check);
		call_end(c);
	}
}

/* Nobody announced it, or it was taken back: then the tables change, and nothing else. */
static void new_tables_change_nothing_else(void **state)
{
	(void)state;
	struct call *c = call_start(&(tsr_recording_config){.audio_mode = TSR_AUDIO_TRANSCODE});
	c->audio_track = (int)harness_track(&c->h, TSR_CODEC_OPUS);
	call_run(c, 5 * S);
	c->video_track = (int)harness_track(&c->h, TSR_CODEC_H264);
	call_run(c, 5 * S);
	tsr_recording_end_track(c->h.recording, (unsigned)c->video_track);
	call_run(c, 8 * S);
	harness_stop(&c->h, NULL);
	struct tscheck check;
	tscheck_file(c->h.path, &check);
	assert_int_equal(check.count, 2);
	assert_int_equal(check.tables, 3);
	assert_int_equal(check.new_clocks, 0);
	tscheck_finish(&check);
	call_end(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_tables_and_the_clock_last),
		cmocka_unit_test(new_tables_change_nothing_else),
	};
	return cmocka_run_group_tests(tests, media_setup, media_teardown);
}
