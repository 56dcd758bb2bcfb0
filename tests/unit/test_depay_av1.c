/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * AV1 payloads in, temporal units out. The first byte of a payload is Z Y W W N and three reserved bits. */
#include "depay_util.h"

#define TD "1200"
/* OBUs as they travel (no size field), and as they must come out: a sequence header of 640x360, a key frame, an inter frame,
 * one that nothing refers to, one that is not shown. */
#define SEQ        "08 0000000cc4ff6736be4010"
#define SEQ_OUT    "0a0b 0000000cc4ff6736be4010"
#define KEY        "30 1400a04010db6eed28e4"
#define KEY_OUT    "320a 1400a04010db6eed28e4"
#define INTER      "30 300a812ab0"
#define INTER_OUT  "3205 300a812ab0"
#define DROP       "30 3206000d508c8348000410c10500"
#define DROP_OUT   "320e 3206000d508c8348000410c10500"
#define HIDDEN     "30 29037020000011a23002"
#define HIDDEN_OUT "320a 29037020000011a23002"

static const struct depay_case aggregation[] = {
	{"as Chromium sends it: N=1 W=2 on a keyframe, W=1 else",
	 {{"28 0c" SEQ KEY, 0, "m"}, {"10" INTER, 1, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}, {TD INTER_OUT, 1, ""}}},
	{"W=0: every element has a length", {{"08 0c" SEQ "0b" KEY, 0, "m"}}, {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}}},
	{"W=3, and an element's length in two bytes",
	 {{"38 8c00" SEQ "0b" KEY "78aabb", 0, "m"}},
	 {{TD SEQ_OUT KEY_OUT "7a02aabb", 0, "k", 640, 360}}},
	{"an OBU in three packets",
	 {{"68 0c" SEQ "30 14", 0, ""}, {"d0 00a040", 0, ""}, {"90 10db6eed28e4", 0, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}}},
	{"an OBU's end and others in one packet; fragments with W=0",
	 {{"48 0c" SEQ "02 3014", 0, ""}, {"80 09 00a04010db6eed28e4 03 78aabb", 0, "m"}},
	 {{TD SEQ_OUT KEY_OUT "7a02aabb", 0, "k", 640, 360}}},
	{"a fragment that is but the header's first byte, of two",
	 {{"10" SEQ, 0, ""}, {"50 34", 0, ""}, {"90 00 1400a04010db6eed28e4", 0, "m"}},
	 {{TD SEQ_OUT "36000a 1400a04010db6eed28e4", 0, "k", 640, 360}}},
	{"size fields that came are kept",
	 {{"28 0d" SEQ_OUT KEY_OUT, 0, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}}},
	{"temporal delimiters and tile lists are ignored",
	 {{"08 02 1200 01 10 0c" SEQ "02 4055 0b" KEY, 0, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}}},
	{"frame header and tile groups",
	 {{"28 0c" SEQ "18 1400a040", 0, ""}, {"20 03 201122 203344", 0, "m"}},
	 {{TD SEQ_OUT "1a04 1400a040 2202 1122 2202 3344", 0, "k", 640, 360}}},
	{"L3T3: the layers of one instant, marker on the last",
	 {{"28 0c" SEQ "34 00 1400a04010db6eed28e4", 0, ""},
	  {"10 34 08 300a812ab0", 0, ""},
	  {"10 34 10 300a812ab0", 0, "m"}},
	 {{TD SEQ_OUT "36000a 1400a04010db6eed28e4 360805 300a812ab0 361005 300a812ab0", 0, "k", 640, 360}}},
	{"temporal layers", /* the same frame as INTER, of temporal layer 2 */
	 {{"28 0c" SEQ KEY, 0, "m"}, {"10 34 40 300a812ab0", 1, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}, {TD "36 40 05 300a812ab0", 1, "", .temporal_id = 2}}},
	{"temporal units ended by the next timestamp",
	 {{"28 0c" SEQ KEY, 0, ""}, {"10" INTER, 1, ""}, {"10" INTER, 2, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}, {TD INTER_OUT, 1, ""}, {TD INTER_OUT, 2, ""}}},
	{"droppable only if no frame is referred to",
	 {{"28 0c" SEQ KEY, 0, "m"}, {"10" DROP, 1, "m"}, {"20 06" INTER DROP, 2, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}, {TD DROP_OUT, 1, "d"}, {TD INTER_OUT DROP_OUT, 2, ""}}},
	{"a key frame without its sequence header is none to start from",
	 {{"10" KEY, 0, "m"}, {"28 0c" SEQ INTER, 1, "m"}, {"10" KEY, 2, "m"}},
	 {{TD KEY_OUT, 0, ""}, {TD SEQ_OUT INTER_OUT, 1, ""}, {TD KEY_OUT, 2, ""}}},
};

/* What is not as the payload format has it, as far as what is meant is plain. */
static const struct depay_case sloppy[] = {
	{"empty elements: first, between, last, where a size is told and where not, and alone",
	 {{"08 00 0c" SEQ "00 0b" KEY "00", 0, "m"},
	  {"30 00 06" INTER, 1, "m"},
	  {"00 00", 2, "m"},
	  {"10" INTER, 3, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}, {TD INTER_OUT, 1, ""}, {TD INTER_OUT, 3, ""}}},
	{"an empty beginning and end of a fragmented one",
	 {{"18" SEQ, 0, ""}, {"40 00", 0, ""}, {"d0" KEY, 0, ""}, {"80 00", 0, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}}},
	{"several OBUs with size fields in one element, the last without, a delimiter among them",
	 {{"18" TD SEQ_OUT KEY_OUT, 0, "m"}, {"50" INTER_OUT TD "78aa", 1, ""}, {"90 bb", 1, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}, {TD INTER_OUT "7a02aabb", 1, ""}}},
};

static const struct depay_case loss[] = {
	{"in the middle of an OBU",
	 {{"28 0c" SEQ KEY, 0, "m"}, {"50" INTER, 1, ""}, {"90 33", 1, "ml"}, {"10" INTER, 2, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}, {TD INTER_OUT, 2, "g"}},
	 .damaged = 1},
	{"of an OBU's end: the next temporal unit is whole",
	 {{"68 0c" SEQ KEY, 0, ""}, {"10" INTER, 1, "ml"}},
	 {{TD INTER_OUT, 1, "g"}},
	 .damaged = 1},
	{"of an OBU's start",
	 {{"28 0c" SEQ KEY, 0, "m"}, {"90 33", 1, "ml"}, {"10" INTER, 2, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}, {TD INTER_OUT, 2, "g"}},
	 .damaged = 1},
	{"of the sequence header before a key frame",
	 {{"28 0c" SEQ KEY, 0, "m"}, {"10" KEY, 1, "ml"}, {"18" SEQ, 2, "l"}, {"10" KEY, 2, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}, {TD SEQ_OUT KEY_OUT, 2, "kg", 640, 360}},
	 .damaged = 1},
	{"of the lower layers",
	 {{"28 0c" SEQ KEY, 0, "m"}, {"10 34 08 300a812ab0", 1, "ml"}, {"10 34 00 300a812ab0", 2, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}, {TD "360005 300a812ab0", 2, "g"}},
	 .damaged = 1},
	{"of the upper layers and their marker",
	 {{"28 0c" SEQ KEY, 0, ""}, {"10" INTER, 1, "ml"}},
	 {{TD INTER_OUT, 1, "g"}},
	 .damaged = 1},
	{"of a frame header before its tile group",
	 {{"28 0c" SEQ KEY, 0, "m"}, {"10 201122", 1, "ml"}, {"10" INTER, 2, "m"}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}, {TD INTER_OUT, 2, "g"}},
	 .damaged = 1},
	{"of frames that are not shown, in a stream that has them",
	 {{"38 0c" SEQ "0b" HIDDEN KEY, 0, "m"}, {"10" INTER, 1, "ml"}, {"10" INTER, 2, "m"}},
	 {{TD SEQ_OUT HIDDEN_OUT KEY_OUT, 0, "k", 640, 360}, {TD INTER_OUT, 2, "g"}},
	 .damaged = 1},
	{"a stream joined in the middle",
	 {{"90 33", 0, "m"}, {"10" INTER, 1, "m"}},
	 {{TD INTER_OUT, 1, "g"}},
	 .damaged = 1},
	{"the last one's end",
	 {{"28 0c" SEQ KEY, 0, "m"}, {"10" INTER, 1, ""}},
	 {{TD SEQ_OUT KEY_OUT, 0, "k", 640, 360}},
	 .damaged = 1},
};

static const struct depay_case bad[] = {
	{"nothing but the aggregation header; lengths that don't fit, or none, or without end",
	 {{"10", 0, "m"}, {"00", 1, "m"}, {"00 0630", 2, "m"}, {"20 0230", 3, "m"}, {"00 ffffffffff0f", 5, "m"}},
	 {{0}},
	 .damaged = 5,
	 .malformed = 5},
	{"fewer elements than W says",
	 {{"30 0c" SEQ, 0, "m"}, {"30 06" INTER, 1, "m"}},
	 {{0}},
	 .damaged = 2,
	 .malformed = 2},
	{"OBUs: forbidden bit, extension cut off, a size that is not its own",
	 {{"10 b0 14", 0, "m"}, {"10 34", 1, "m"}, {"10 32 05 14", 2, "m"}},
	 {{0}},
	 .damaged = 3,
	 .malformed = 3},
	{"a sequence header or a frame header cut off",
	 {{"18 08 0000", 0, "m"}, {"28 0c" SEQ "30", 1, "m"}},
	 {{0}},
	 .damaged = 2,
	 .malformed = 2},
	{"a continuation without a start, a start without an end, a unit without a frame",
	 {{"90 33", 0, "m"}, {"50" KEY, 1, ""}, {"10" KEY, 1, "m"}, {"50" KEY, 2, "m"}, {"10 78aabb", 3, "m"}},
	 {{0}},
	 .damaged = 4},
	{"a bad part spoils its temporal unit only",
	 {{"28 0c" SEQ KEY, 0, ""}, {"10", 0, ""}, {"10" INTER, 0, "m"}, {"10" INTER, 1, "m"}},
	 {{TD INTER_OUT, 1, "g"}},
	 .damaged = 1,
	 .malformed = 1},
};

static void test_aggregation(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_AV1, aggregation, COUNT(aggregation));
}

static void test_sloppy(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_AV1, sloppy, COUNT(sloppy));
}

static void test_loss(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_AV1, loss, COUNT(loss));
}

static void test_bad(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_AV1, bad, COUNT(bad));
}

static void test_endless_fragments(void **state)
{
	(void)state;
	check_endless(TSR_CODEC_AV1, "5030", "d0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aggregation),
		cmocka_unit_test(test_sloppy),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_endless_fragments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
