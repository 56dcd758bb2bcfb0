/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Audio payloads in, frames with their duration out. */
#include "depay_util.h"

/* RFC 6716 section 3.1, table 2, and the frame counts of section 3.2 */
static const struct depay_case opus[] = {
	{"one frame: SILK 10, 20, 40, 60 ms",
	 {{"00aa", 0, ""}, {"08aa", 1, ""}, {"10aa", 2, ""}, {"18aa", 3, ""}, {"58aa", 4, ""}},
	 {{"00aa", 0, "k", .samples = 480},
	  {"08aa", 1, "k", .samples = 960},
	  {"10aa", 2, "k", .samples = 1920},
	  {"18aa", 3, "k", .samples = 2880},
	  {"58aa", 4, "k", .samples = 2880}}},
	{"one frame: hybrid 10, 20 ms",
	 {{"60aa", 0, ""}, {"68aa", 1, ""}, {"70aa", 2, ""}, {"78aa", 3, ""}},
	 {{"60aa", 0, "k", .samples = 480},
	  {"68aa", 1, "k", .samples = 960},
	  {"70aa", 2, "k", .samples = 480},
	  {"78aa", 3, "k", .samples = 960}}},
	{"one frame: CELT 2.5, 5, 10, 20 ms",
	 {{"80aa", 0, ""}, {"88aa", 1, ""}, {"90aa", 2, ""}, {"fcaa", 3, ""}},
	 {{"80aa", 0, "k", .samples = 120},
	  {"88aa", 1, "k", .samples = 240},
	  {"90aa", 2, "k", .samples = 480},
	  {"fcaa", 3, "k", .samples = 960}}},
	{"two frames, and a number of them",
	 {{"f9aabb", 0, ""}, {"fa01aabb", 1, ""}, {"fb06aa", 2, ""}, {"1b02aa", 3, ""}},
	 {{"f9aabb", 0, "k", .samples = 1920},
	  {"fa01aabb", 1, "k", .samples = 1920},
	  {"fb06aa", 2, "k", .samples = 5760},
	  {"1b02aa", 3, "k", .samples = 5760}}},
	{"DTX: one or two bytes",
	 {{"78", 0, ""}, {"7801", 1, ""}},
	 {{"78", 0, "k", .samples = 960}, {"7801", 1, "k", .samples = 960}}},
	{"no count, none, more than 120 ms",
	 {{"fb", 0, ""}, {"fb00aa", 1, ""}, {"fb07aa", 2, ""}, {"1b03aa", 3, ""}, {"78aa", 4, ""}},
	 {{"78aa", 4, "kg", .samples = 960}},
	 .malformed = 4},
	{"a loss is told to the next packet that has something in it",
	 {{"78aa", 0, "m"}, {"78bb", 1920, "l"}, {"", 2880, "l"}, {"78cc", 3840, ""}, {"78dd", 4800, ""}},
	 {{"78aa", 0, "k", .samples = 960},
	  {"78bb", 1920, "kg", .samples = 960},
	  {"78cc", 3840, "kg", .samples = 960},
	  {"78dd", 4800, "k", .samples = 960}}},
};

static void test_opus(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_OPUS, opus, COUNT(opus));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
