/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * H.265 payloads (RFC 7798) in, access units out. */
#include "depay_util.h"

#define SC  "00000001"
#define AUD SC "460150"
/* 640x480, as x265 writes them */
#define VPS     "40010c01ffff01600000030090000003000003005a959809"
#define SPS     "42010101600000030090000003000003005aa0050201e165959a4932bc05a02000000300200000030141"
#define PPS     "4401c172b46240"
#define SETS    SC VPS SC SPS SC PPS
#define AP_SETS "6001 0018" VPS "002a" SPS "0007" PPS
/* 1280x720, id 0, two sub-layers */
#define SPS_2 "42010301600000030090000003000003005d0000a00280802d17"
/* slice segments: first of an IDR, CRA, P picture, of one that nothing refers to, and second ones */
#define IDR   "2601aa11"
#define IDR_2 "26012a12"
#define CRA   "2a01aa13"
#define P     "0201d414"
#define P_2   "02015415"
#define DROP  "0001d416"
#define SEI   "4e0105"

static const struct depay_case framing[] = {
	{"single NAL units, ended by the marker",
	 {{VPS, 0, ""}, {SPS, 0, ""}, {PPS, 0, ""}, {IDR, 0, "m"}, {P, 1, "m"}, {DROP, 2, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 1, ""}, {AUD SC DROP, 2, "d"}}},
	{"aggregation packet, then fragments",
	 {{AP_SETS, 0, ""}, {"6201 93 aa11", 0, ""}, {"6201 13 22", 0, ""}, {"6201 53 33", 0, "m"}},
	 {{AUD SETS SC "2601aa112233", 0, "k", 640, 480}}},
	{"several slices, ended by the next timestamp",
	 {{AP_SETS, 0, ""}, {IDR, 0, ""}, {IDR_2, 0, ""}, {"6001 0004" P "0004" P_2, 1, ""}, {P, 2, "m"}},
	 {{AUD SETS SC IDR SC IDR_2, 0, "k", 640, 480}, {AUD SC P SC P_2, 1, ""}, {AUD SC P, 2, ""}}},
	{"CRA is a keyframe too", {{AP_SETS, 0, ""}, {CRA, 0, "m"}}, {{AUD SETS SC CRA, 0, "k", 640, 480}}},
	{"an AUD that came in is not doubled",
	 {{"460150", 0, ""}, {AP_SETS, 0, ""}, {IDR, 0, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}}},
	{"layer and temporal id survive fragments",
	 {{"6309 81 d414", 0, ""}, {"6309 41 15", 0, "m"}},
	 {{AUD SC "0309d41415", 0, ""}}},
	{"PACI: the extension is skipped, single NAL unit, fragment, aggregation",
	 {{AP_SETS, 0, ""},
	  {"6401 2600 aa11", 0, "m"},
	  {"6401 0238 aabbcc d414", 1, "m"},
	  {"6401 6210 ee 81 d414", 2, ""},
	  {"6401 6200 41 15", 2, "m"},
	  {"6401 6000 0004" P "0004" P_2, 3, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 1, ""}, {AUD SC P "15", 2, ""}, {AUD SC P SC P_2, 3, ""}}},
	{"a sub-layer non-reference picture below the highest sub-layer may be referred to",
	 {{VPS, 0, ""}, {SPS_2, 0, ""}, {PPS, 0, ""}, {IDR, 0, "m"}, {DROP, 1, "m"}, {"0002d416", 2, "m"}},
	 {{AUD SC VPS SC SPS_2 SC PPS SC IDR, 0, "k", 1280, 720},
	  {AUD SC DROP, 1, ""},
	  {AUD SC "0002d416", 2, "d", .temporal_id = 1}}},
};

static const struct depay_case parameter_sets[] = {
	{"kept, and inserted where a keyframe lacks them",
	 {{AP_SETS, 0, ""}, {IDR, 0, "m"}, {IDR, 1, "m"}, {PPS, 2, ""}, {CRA, 2, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480},
	  {AUD SETS SC IDR, 1, "k", 640, 480},
	  {AUD SETS SC PPS SC CRA, 2, "k", 640, 480}}},
	{"sent ahead with a timestamp of their own",
	 {{VPS, 0, "m"}, {SPS, 1, "m"}, {PPS, 2, "m"}, {IDR, 3, "m"}},
	 {{AUD SETS SC IDR, 3, "k", 640, 480}}},
	{"at the end, with no frame behind them: nothing is damaged", {{AP_SETS, 0, ""}}, {{0}}},
	{"a keyframe whose parameter sets nobody knows is not handed on",
	 {{IDR, 0, "m"}, {P, 1, "m"}, {SPS, 2, ""}, {PPS, 2, ""}, {IDR, 2, "m"}, {AP_SETS, 3, ""}, {IDR, 3, "m"}},
	 {{AUD SC P, 1, "g"}, {AUD SETS SC IDR, 3, "kg", 640, 480}},
	 .damaged = 2},
};

/* What an SDP told beforehand serves the first keyframe. */
static void test_sets_from_sdp(void **state)
{
	(void)state;
	static struct seen seen;
	size_t size;
	uint8_t *sets = unhex(SC VPS SC SPS "000001" PPS, &size);
	struct depay_config config = {.parameter_sets = sets, .parameter_sets_size = size};
	struct depay *d = NULL;
	assert_int_equal(depay_create(TSR_CODEC_H265, &config, collect, &seen, &d), TSR_OK);
	free(sets);
	uint16_t seq = 0;
	push_row(d, &(struct in_row){IDR, 0, "m"}, &seq);
	assert_int_equal(depay_flush(d), TSR_OK);
	assert_int_equal(seen.count, 1);
	check_frame(&seen.frames[0], &(struct out_row){AUD SETS SC IDR, 0, "k", 640, 480});
	depay_destroy(d);
	forget(&seen);
}

static const struct depay_case loss[] = {
	{"in the middle of a frame",
	 {{AP_SETS, 0, ""}, {IDR, 0, "m"}, {P, 1, ""}, {P_2, 1, "ml"}, {P, 2, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 2, "g"}},
	 .damaged = 1},
	{"of a frame's end: the next one is whole",
	 {{AP_SETS, 0, ""}, {IDR, 0, "m"}, {P, 1, ""}, {P, 2, "ml"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 2, "g"}},
	 .damaged = 1},
	{"of a frame's end and the next one's start",
	 {{AP_SETS, 0, ""}, {IDR, 0, "m"}, {P, 1, ""}, {P_2, 2, "ml"}, {P, 3, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 3, "g"}},
	 .damaged = 2},
	{"of a fragment: start, middle, end",
	 {{AP_SETS, 0, ""},
	  {IDR, 0, "m"},
	  {"6201 01 15", 1, "l"},
	  {"6201 41 16", 1, "m"},
	  {"6201 81 d4", 2, ""},
	  {"6201 41 15", 2, "ml"},
	  {"6201 81 d4", 3, ""},
	  {P, 4, "ml"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 4, "g"}},
	 .damaged = 3},
	{"of the parameter sets that this stream sends with each keyframe",
	 {{AP_SETS, 0, ""}, {IDR, 0, "m"}, {CRA, 1, "ml"}, {SEI, 2, "l"}, {IDR, 2, "m"}, {SEI, 3, "l"}, {P, 3, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC SEI SC P, 3, "g"}},
	 .damaged = 2},
	{"of one of them, with a marker on each",
	 {{VPS, 0, "m"}, {SPS, 0, "m"}, {PPS, 0, "m"}, {IDR, 0, "m"}, {SPS, 1, "ml"}, {PPS, 1, "m"}, {IDR, 1, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}},
	 .damaged = 1},
	{"a stream joined in the middle of a frame", {{P_2, 0, "m"}, {P, 1, "m"}}, {{AUD SC P, 1, "g"}}, .damaged = 1},
};

static const struct depay_case bad[] = {
	{"NAL units: cut, forbidden bit, temporal id 0, reserved types",
	 {{"02", 0, "m"},
	  {"8201d4", 1, "m"},
	  {"0200d4", 2, "m"},
	  {"6601 00", 3, "m"},
	  {"7e01 00", 4, "m"},
	  {"0201", 5, "m"}},
	 {{0}},
	 .damaged = 6,
	 .malformed = 6},
	{"aggregation packets: empty, cut, a NAL unit of one byte, a nested one",
	 {{"6001", 0, "m"},
	  {"6001 00", 1, "m"},
	  {"6001 0005" P, 2, "m"},
	  {"6001 0001 02", 3, "m"},
	  {"6001 0004 60010000", 4, "m"}},
	 {{0}},
	 .damaged = 5,
	 .malformed = 5},
	{"fragments: without header, of a type that can't be, temporal id 0",
	 {{"6201", 0, "m"}, {"6201 b1 00", 1, "m"}, {"6200 81 d4", 2, "m"}},
	 {{0}},
	 .damaged = 3,
	 .malformed = 3},
	{"fragments without an end or a start",
	 {{"6201 81 d4", 0, "m"}, {"6201 81 d4", 1, ""}, {P, 1, "m"}, {"6201 41 15", 2, "m"}},
	 {{0}},
	 .damaged = 3},
	{"PACI: cut, an extension that is not there, nested, empty",
	 {{"6401 26", 0, "m"}, {"6401 2610", 1, "m"}, {"6401 6400 aa", 2, "m"}, {"6401 2600", 3, "m"}},
	 {{0}},
	 .damaged = 4,
	 .malformed = 4},
	{"parameter sets that don't parse",
	 {{"4001", 0, "m"}, {"4201 01", 1, "m"}, {"4401", 2, "m"}},
	 {{0}},
	 .damaged = 3,
	 .malformed = 3},
};

/* Slice segments that come as if each were a picture. */
static const struct depay_case slices[] = {
	{"a marker on each, in one timestamp",
	 {{AP_SETS, 0, "m"}, {IDR, 0, "m"}, {IDR_2, 0, "m"}, {P, 1, "m"}, {P_2, 1, "m"}, {P, 2, "m"}, {P_2, 2, "m"}},
	 {{AUD SETS SC IDR SC IDR_2, 0, "k", 640, 480}, {AUD SC P SC P_2, 1, ""}, {AUD SC P SC P_2, 2, ""}}},
	{"a marker and a timestamp of its own on each; suffix SEI and fragments",
	 {{AP_SETS, 0, ""},
	  {"6201 93 aa11", 0, "m"},
	  {"6201 53 22", 0, "m"},
	  {"6201 93 2a11", 9, ""},
	  {"6201 53 22", 9, "m"},
	  {"500105", 9, "m"},
	  {P, 3000, "m"},
	  {"6401 0200 5415", 3007, "m"},
	  {"6001 0004" P, 6000, "m"}},
	 {{AUD SETS SC "2601aa1122" SC "26012a1122" SC "500105", 0, "k", 640, 480},
	  {AUD SC P SC P_2, 3000, ""},
	  {AUD SC P, 6000, ""}}},
	{"a slice that is lost spoils the picture, the last one before a loss too",
	 {{AP_SETS, 0, ""},
	  {IDR, 0, "m"},
	  {IDR_2, 9, "m"},
	  {P, 3000, "m"},
	  {P_2, 3009, "ml"},
	  {P, 6000, "m"},
	  {P_2, 6009, "m"},
	  {P, 9000, "ml"},
	  {P_2, 9009, "m"}},
	 {{AUD SETS SC IDR SC IDR_2, 0, "k", 640, 480}, {AUD SC P SC P_2, 9000, "g"}},
	 .damaged = 3},
};

/* NAL units that are not as RFC 7798 has them, as far as what is meant is plain. */
static const struct depay_case sloppy[] = {
	{"empty NAL units in an aggregation packet",
	 {{"6001 0000 0018" VPS "002a" SPS "0000 0007" PPS "0000", 0, ""},
	  {IDR, 0, "m"},
	  {"6001 0000", 1, ""},
	  {P, 1, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 1, ""}}},
	{"a byte of padding that was not announced as one, behind an aggregation packet",
	 {{"6001 0018" VPS "002a" SPS "0007" PPS "00", 0, ""}, {IDR, 0, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}}},
	{"parameter sets and IDR in one NAL unit, and in one that was fragmented",
	 {{VPS SC SPS SC PPS "000001" IDR, 0, "m"},
	  {"6201 a0 "
	   "0c01ffff01600000030090000003000003005a959809" SC SPS,
	   1, ""},
	  {"6201 20" SC PPS, 1, ""},
	  {"6201 60" SC IDR, 1, "m"}},
	 {{AUD SETS "000001" IDR, 0, "k", 640, 480}, {AUD SETS SC IDR, 1, "k", 640, 480}}},
	{"with a delimiter, and start codes before the first, also where that was fragmented",
	 {{SC "460150" SC VPS SC SPS SC PPS SC IDR, 0, "m"},
	  {"000001" P, 1, "m"},
	  {"6200 80 01" P, 2, ""},
	  {"6200 40 77", 2, "m"},
	  {"6200 80 0001" P, 3, ""},
	  {"6200 40 77", 3, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 1, ""}, {AUD SC P "77", 2, ""}, {AUD SC P "77", 3, ""}}},
};

#define RECOVERY "4e01 0601c0 80" /* prefix SEI: a recovery point */

/* What one can begin with beside an IRAP picture. */
static const struct depay_case entries[] = {
	{"a recovery point whose parameter sets are known: they are put in front where they do not come",
	 {{RECOVERY, 0, ""},
	  {P, 0, "m"},
	  {AP_SETS, 1, ""},
	  {RECOVERY, 1, ""},
	  {P, 1, "m"},
	  {RECOVERY, 2, "l"},
	  {P, 2, "m"},
	  {P, 3, "m"}},
	 {{AUD SC RECOVERY SC P, 0, ""},
	  {AUD SETS SC RECOVERY SC P, 1, "k", 640, 480},
	  {AUD SETS SC RECOVERY SC P, 2, "kg", 640, 480},
	  {AUD SC P, 3, ""}}},
};

static void test_entries(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_H265, entries, COUNT(entries));
}

/* When no keyframe comes: a picture with its parameter sets, if not all have them; or any. */
static void test_accepted_entries(void **state)
{
	(void)state;
	static struct seen seen;
	struct depay *d = start_depay(TSR_CODEC_H265, &seen);
	static const struct in_row rows[] = {{P, 0, "m"}, {AP_SETS, 1, ""}, {P, 1, "m"}, {P, 2, "m"}, {P, 3, "m"}};
	static const char want[] = ".k.k";
	uint16_t seq = 0;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (i == 1)
			assert_true(depay_accept_entry(d, DEPAY_ENTRY_WITH_SETS));
		if (i == 4)
			assert_true(depay_accept_entry(d, DEPAY_ENTRY_ANY));
		push_row(d, &rows[i], &seq);
	}
	assert_int_equal(seen.count, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(seen.frames[i].keyframe, want[i] == 'k');
	check_frame(&seen.frames[3], &(struct out_row){AUD SETS SC P, 3, "k", 640, 480});
	depay_destroy(d);
	forget(&seen);
}

static void test_framing(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_H265, framing, COUNT(framing));
}

static void test_parameter_sets(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_H265, parameter_sets, COUNT(parameter_sets));
}

static void test_slices(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_H265, slices, COUNT(slices));
}

static void test_sloppy(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_H265, sloppy, COUNT(sloppy));
}

static void test_loss(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_H265, loss, COUNT(loss));
}

static void test_bad(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_H265, bad, COUNT(bad));
}

static void test_endless_fragments(void **state)
{
	(void)state;
	check_endless(TSR_CODEC_H265, "6201 81 d4", "6201 01");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_framing),       cmocka_unit_test(test_parameter_sets),
		cmocka_unit_test(test_sets_from_sdp), cmocka_unit_test(test_loss),
		cmocka_unit_test(test_bad),           cmocka_unit_test(test_endless_fragments),
		cmocka_unit_test(test_entries),       cmocka_unit_test(test_accepted_entries),
		cmocka_unit_test(test_slices),        cmocka_unit_test(test_sloppy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
