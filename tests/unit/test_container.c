/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of containers: what their files are called and what they carry. */
#include <stdio.h>
#include <string.h>

#include "../../recorder/common/container.h"
#include "../lib/cmocka.h"

static void names_tell_what_a_file_is(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		int container; /* -1 = none of ours */
		bool running;
		size_t stem;
	} rows[] = {
		{"a.ts", TSR_CONTAINER_TS, false, 1},
		{"a.recording.ts", TSR_CONTAINER_TS, true, 1},
		{"/x.ts/a.recording.ts", TSR_CONTAINER_TS, true, 7},
		{"a.mkv", TSR_CONTAINER_MKV, false, 1},
		{"a.recording.webm", TSR_CONTAINER_WEBM, true, 1},
		{"b/a.recording.mp4", TSR_CONTAINER_MP4, true, 3},
		{"a.recording.b.ts", TSR_CONTAINER_TS, false, 13},
		{".ts", -1, false, 0},
		{"dir/.ts", -1, false, 0},
		{"a.TS", -1, false, 0},
		{"a.ts.json", -1, false, 0},
		{"ats", -1, false, 0},
		{"", -1, false, 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tsr_container container = TSR_CONTAINER_COUNT;
		bool running = false;
		size_t stem = 0;
		bool ours = tsr_container_of_file(rows[i].path, &container, &running, &stem);
		assert_int_equal(ours, rows[i].container >= 0);
		if (!ours)
			continue;
		assert_int_equal(container, rows[i].container);
		assert_int_equal(running, rows[i].running);
		assert_int_equal(stem, rows[i].stem);
		assert_true(tsr_container_of_file(rows[i].path, NULL, NULL, NULL));
	}
}

static void each_has_a_name_and_endings_that_are_told_apart(void **state)
{
	(void)state;
	const char *const *endings = tsr_container_endings();
	for (unsigned i = 0; i < TSR_CONTAINER_COUNT; i++) {
		tsr_container c = (tsr_container)i, found = TSR_CONTAINER_COUNT;
		bool running;
		char file[64];
		assert_true(tsr_container_from_name(tsr_container_name(c), &found));
		assert_int_equal(found, c);
		assert_string_equal(endings[i], tsr_container_ending(c));
		snprintf(file, sizeof(file), "x%s", tsr_container_running(c));
		assert_true(tsr_container_of_file(file, &found, &running, NULL));
		assert_true(running && found == c);
		snprintf(file, sizeof(file), "x%s", tsr_container_ending(c));
		assert_true(tsr_container_of_file(file, &found, &running, NULL));
		assert_true(!running && found == c);
	}
	tsr_container none;
	assert_null(endings[TSR_CONTAINER_COUNT]);
	assert_false(tsr_container_from_name("avi", &none));
	assert_false(tsr_container_from_name(NULL, &none));
}

static void ts_carries_what_players_read_in_it(void **state)
{
	(void)state;
	assert_true(tsr_container_carries(TSR_CONTAINER_TS, TSR_CODEC_H264));
	assert_true(tsr_container_carries(TSR_CONTAINER_TS, TSR_CODEC_OPUS));
	assert_false(tsr_container_carries(TSR_CONTAINER_TS, TSR_CODEC_VP8));
	assert_false(tsr_container_carries(TSR_CONTAINER_TS, TSR_CODEC_PCMU));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_tell_what_a_file_is),
		cmocka_unit_test(each_has_a_name_and_endings_that_are_told_apart),
		cmocka_unit_test(ts_carries_what_players_read_in_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
