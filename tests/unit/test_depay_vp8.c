/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * VP8 payloads (RFC 7741) in, frames out. */
#include "depay_util.h"

/* Frames: a key frame of 640x480, another of 176x144 that asks for scaling, an inter frame. */
#define KEY       "d0f700 9d012a 8002 e001 aabb"
#define KEY_SMALL "d0f700 9d012a b040 9080 aabb"
#define INTER     "b1f600 ccdd"

/* RFC 7741 section 4.6, the examples */
static const struct depay_case rfc[] = {
	{"4.6.1 key frame in a single packet", {{"90 80 11" KEY, 0, "m"}}, {{KEY, 0, "k", 640, 480}}},
	{"4.6.2 inter frame in a single packet, no PictureID", {{"10" INTER, 0, "m"}}, {{INTER, 0, ""}}},
	{"4.6.3 partitions in packets of their own",
	 {{"90 80 11" INTER, 0, ""}, {"91 80 11 eeff", 0, "m"}},
	 {{INTER "eeff", 0, ""}}},
	{"4.6.4 a frame in fragments",
	 {{"90 80 11 b1", 0, ""}, {"80 80 11 f600", 0, ""}, {"91 80 11 cc", 0, ""}, {"81 80 11 dd", 0, "m"}},
	 {{INTER, 0, ""}}},
	{"4.6.5 PictureID of 15 bits", {{"90 80 9267" INTER, 0, "m"}}, {{INTER, 0, ""}}},
};

static const struct depay_case descriptors[] = {
	{"every combination of I, L, T and K",
	 {{"90 00" INTER, 0, "m"},
	  {"90 80 01" INTER, 1, "m"},
	  {"90 80 8001" INTER, 2, "m"},
	  {"90 40 07" INTER, 3, "m"},
	  {"90 20 40" INTER, 4, "m"},
	  {"90 10 05" INTER, 5, "m"},
	  {"90 30 45" INTER, 6, "m"},
	  {"90 c0 01 07" INTER, 7, "m"},
	  {"90 e0 8001 07 40" INTER, 8, "m"},
	  {"90 f0 ffff 07 45" INTER, 9, "m"},
	  {"90 0f" INTER, 10, "m"}},
	 {{INTER, 0, ""},
	  {INTER, 1, ""},
	  {INTER, 2, ""},
	  {INTER, 3, ""},
	  {INTER, 4, "", .temporal_id = 1},
	  {INTER, 5, ""},
	  {INTER, 6, "", .temporal_id = 1},
	  {INTER, 7, ""},
	  {INTER, 8, "", .temporal_id = 1},
	  {INTER, 9, "", .temporal_id = 1},
	  {INTER, 10, ""}}},
	{"N is a frame that nothing refers to; R is reserved",
	 {{"30" INTER, 0, "m"}, {"50" INTER, 1, "m"}},
	 {{INTER, 0, "d"}, {INTER, 1, ""}}},
	{"the size without the scaling bits", {{"10" KEY_SMALL, 0, "m"}}, {{KEY_SMALL, 0, "k", 176, 144}}},
	{"the start of the next frame ends one without a marker",
	 {{"10" KEY, 0, ""}, {"00 0102", 0, ""}, {"10" INTER, 1, ""}, {"10" INTER, 1, "m"}},
	 {{KEY "0102", 0, "k", 640, 480}, {INTER, 1, ""}, {INTER, 1, ""}}},
};

static const struct depay_case loss[] = {
	{"in the middle",
	 {{"10" KEY, 0, "m"}, {"10" INTER, 1, ""}, {"00 33", 1, "ml"}, {"10" INTER, 2, "m"}},
	 {{KEY, 0, "k", 640, 480}, {INTER, 2, "g"}},
	 .damaged = 1},
	{"of a frame's end: the next one is whole",
	 {{"10" KEY, 0, ""}, {"10" INTER, 1, "ml"}},
	 {{INTER, 1, "g"}},
	 .damaged = 1},
	{"of a frame's start, seen by S or by the partition",
	 {{"10" KEY, 0, "m"}, {"00 33", 1, "ml"}, {"11 33", 2, "l"}, {"01 44", 2, "m"}, {"10" INTER, 3, "m"}},
	 {{KEY, 0, "k", 640, 480}, {INTER, 3, "g"}},
	 .damaged = 2},
	{"of a whole frame", {{"10" KEY, 0, "m"}, {"10" INTER, 2, "ml"}}, {{KEY, 0, "k", 640, 480}, {INTER, 2, "g"}}},
	{"a stream joined in the middle of a frame",
	 {{"00 33", 0, "m"}, {"10" INTER, 1, "m"}},
	 {{INTER, 1, "g"}},
	 .damaged = 1},
	{"the last frame's end", {{"10" KEY, 0, "m"}, {"10" INTER, 1, ""}}, {{KEY, 0, "k", 640, 480}}, .damaged = 1},
};

static const struct depay_case bad[] = {
	{"descriptors that are cut short, or have no payload",
	 {{"10", 0, "m"},
	  {"90", 1, "m"},
	  {"90 80", 2, "m"},
	  {"90 80 01", 3, "m"},
	  {"90 80 80", 4, "m"},
	  {"90 f0 8001 07", 5, "m"}},
	 {{0}},
	 .damaged = 6,
	 .malformed = 6},
	{"a key frame without start code, or without size, or cut",
	 {{"10 d0f700 9d012b 8002 e001", 0, "m"},
	  {"10 d0f700 9d012a 0000 e001", 1, "m"},
	  {"10 d0f700 9d01", 2, "m"},
	  {"10 b1", 3, "m"}},
	 {{0}},
	 .damaged = 4,
	 .malformed = 4},
	{"a bad part spoils its frame only",
	 {{"10" KEY, 0, ""}, {"90", 0, ""}, {"00 33", 0, "m"}, {"10" INTER, 1, "m"}},
	 {{INTER, 1, "g"}},
	 .damaged = 1,
	 .malformed = 1},
};

static void test_rfc_examples(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_VP8, rfc, COUNT(rfc));
}

static void test_descriptors(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_VP8, descriptors, COUNT(descriptors));
}

static void test_loss(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_VP8, loss, COUNT(loss));
}

static void test_bad(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_VP8, bad, COUNT(bad));
}

static void test_endless_fragments(void **state)
{
	(void)state;
	check_endless(TSR_CODEC_VP8, "10", "00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc_examples),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_endless_fragments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
