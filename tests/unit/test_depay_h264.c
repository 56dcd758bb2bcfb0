/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * H.264 payloads (RFC 6184) in, access units out. */
#include "depay_util.h"

#define SC  "00000001"
#define AUD SC "09f0"
/* 640x480 and its PPS, as x264 writes them */
#define SPS       "6742c016d900a03db011000003000100000300140f162e48"
#define PPS       "68cb83cb20"
#define STAP_SETS "78 0018" SPS "0005" PPS
#define SETS      SC SPS SC PPS
/* 1920x1080 */
#define SPS_HD "67640028acd940780227e5c044000003000400000300503c60c658"
/* slices: first of an IDR picture, of a P picture, of a P picture that nothing refers to, and second ones */
#define IDR    "65888411"
#define P      "419a382b"
#define P_DROP "019a382b"
#define IDR_2  "654444aa"
#define P_2    "414680bb"
#define SEI    "0605"

static const struct depay_case framing[] = {
	{"single NAL units, ended by the marker",
	 {{SPS, 0, ""}, {PPS, 0, ""}, {IDR, 0, "m"}, {P, 3000, "m"}, {P_DROP, 6000, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 3000, ""}, {AUD SC P_DROP, 6000, "d"}}},
	{"frames ended by the next timestamp",
	 {{SPS, 0, ""}, {PPS, 0, ""}, {IDR, 0, ""}, {P, 3000, ""}, {P, 6000, ""}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 3000, ""}},
	 .damaged = 1 /* nobody knows whether the last one was whole */},
	{"STAP-A with parameter sets, then FU-A",
	 {{STAP_SETS, 0, ""}, {"7c85 8884", 0, ""}, {"7c05 11", 0, ""}, {"7c45 2233", 0, "m"}},
	 {{AUD SETS SC "658884112233", 0, "k", 640, 480}}},
	{"STAP-A with two slices, and several slices in a frame",
	 {{STAP_SETS, 0, ""}, {"78 0004" IDR "0004" IDR_2, 0, "m"}, {P, 1, ""}, {P_2, 1, "m"}},
	 {{AUD SETS SC IDR SC IDR_2, 0, "k", 640, 480}, {AUD SC P SC P_2, 1, ""}}},
	{"an AUD that came in is not doubled",
	 {{"09f0", 0, ""}, {SPS, 0, ""}, {PPS, 0, ""}, {IDR, 0, "m"}, {"78 0002 09f0 0004" P, 1, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 1, ""}}},
	{"FU-A in a single fragment, and with an empty one",
	 {{STAP_SETS, 0, ""}, {"7cc5 888411", 0, "m"}, {"5c81 9a38", 1, ""}, {"5c01", 1, ""}, {"5c41 2b", 1, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 1, ""}}},
	{"a marker on parameter sets alone does not end a frame",
	 {{SPS, 0, "m"}, {PPS, 0, "m"}, {IDR, 0, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}}},
	{"empty payloads are ignored, but not a loss before them",
	 {{STAP_SETS, 0, ""}, {IDR, 0, "m"}, {"", 1, "ml"}, {P_2, 2, "m"}, {"", 3, ""}, {P, 4, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 4, "g"}},
	 .damaged = 1},
};

static const struct depay_case parameter_sets[] = {
	{"kept, and inserted where a keyframe lacks them",
	 {{STAP_SETS, 0, ""}, {IDR, 0, "m"}, {IDR, 1, "m"}, {SPS_HD, 2, ""}, {IDR, 2, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480},
	  {AUD SETS SC IDR, 1, "k", 640, 480},
	  {AUD SC SPS_HD SC PPS SC SPS_HD SC IDR, 2, "k", 1920, 1080}}},
	{"sent ahead with a timestamp of their own",
	 {{SPS, 0, "m"}, {PPS, 1, "m"}, {IDR, 2, "m"}},
	 {{AUD SETS SC IDR, 2, "k", 640, 480}}},
	{"a keyframe whose parameter sets nobody knows is not handed on",
	 {{IDR, 0, "m"}, {P, 1, "m"}, {SPS, 2, ""}, {IDR, 2, "m"}, {PPS, 3, ""}, {IDR, 3, "m"}},
	 {{AUD SC P, 1, "g"}, {AUD SETS SC PPS SC IDR, 3, "kg", 640, 480}},
	 .damaged = 2},
	{"at the end, with no frame behind them: nothing is damaged", {{STAP_SETS, 0, ""}}, {{0}}},
	{"a keyframe that refers to an unknown PPS", {{STAP_SETS, 0, ""}, {"658821", 0, "m"}}, {{0}}, .damaged = 1},
};

static const struct depay_case loss[] = {
	{"in the middle of a frame",
	 {{STAP_SETS, 0, ""}, {IDR, 0, "m"}, {P, 1, ""}, {P_2, 1, "ml"}, {P, 2, "m"}, {P, 3, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 2, "g"}, {AUD SC P, 3, ""}},
	 .damaged = 1},
	{"of a frame's end: the next one is whole",
	 {{STAP_SETS, 0, ""}, {IDR, 0, "m"}, {P, 1, ""}, {P, 2, "ml"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 2, "g"}},
	 .damaged = 1},
	{"of a frame's end and the next one's start",
	 {{STAP_SETS, 0, ""}, {IDR, 0, "m"}, {P, 1, ""}, {P_2, 2, "ml"}, {P, 3, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 3, "g"}},
	 .damaged = 2},
	{"of a whole frame: nothing that came is damaged",
	 {{STAP_SETS, 0, ""}, {IDR, 0, "m"}, {P, 2, "ml"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 2, "g"}}},
	{"of a fragment: start, middle, end",
	 {{STAP_SETS, 0, ""},
	  {IDR, 0, "m"},
	  {"5c01 38", 1, "l"},
	  {"5c41 2b", 1, "m"},
	  {"5c81 9a", 2, ""},
	  {"5c41 2b", 2, "ml"},
	  {"5c81 9a", 3, ""},
	  {"5c01 38", 3, ""},
	  {P, 4, "ml"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 4, "g"}},
	 .damaged = 3},
	{"of the parameter sets that this stream sends with each keyframe",
	 {{STAP_SETS, 0, ""},
	  {IDR, 0, "m"},
	  {P, 1, "m"},
	  {IDR, 2, "ml"},
	  {P, 3, "m"},
	  {STAP_SETS, 4, "l"},
	  {IDR, 4, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480},
	  {AUD SC P, 1, ""},
	  {AUD SC P, 3, "g"},
	  {AUD SETS SC IDR, 4, "kg", 640, 480}},
	 .damaged = 1},
	{"of the parameter sets, before any keyframe was whole",
	 {{STAP_SETS, 0, ""}, {IDR_2, 0, "ml"}, {IDR, 1, "ml"}, {P, 2, "m"}},
	 {{AUD SC P, 2, "g"}},
	 .damaged = 2},
	{"of one of them",
	 {{SPS, 0, ""}, {PPS, 0, ""}, {IDR, 0, "m"}, {PPS, 1, "l"}, {IDR, 1, "m"}, {SPS, 2, ""}, {IDR, 2, "ml"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}},
	 .damaged = 2},
	{"of something in a stream that sends keyframes without them",
	 {{STAP_SETS, 0, ""}, {IDR, 1, "m"}, {IDR, 2, "ml"}},
	 {{AUD SETS SC IDR, 1, "k", 640, 480}, {AUD SETS SC IDR, 2, "kg", 640, 480}}},
	{"of one, with a marker on each of them",
	 {{SPS, 0, "m"}, {PPS, 0, "m"}, {IDR, 0, "m"}, {PPS, 1, "ml"}, {IDR, 1, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}},
	 .damaged = 1},
	{"of one in the middle, with a marker on each of them",
	 {{STAP_SETS, 0, ""}, {IDR, 0, "m"}, {SPS, 1, "m"}, {SEI, 1, "ml"}, {IDR, 1, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}},
	 .damaged = 2},
	{"SEI before the first slice leaves it open; the slice decides",
	 {{STAP_SETS, 0, ""}, {IDR, 0, "m"}, {SEI, 1, "l"}, {P, 1, "m"}, {SEI, 2, "l"}, {P_2, 2, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC SEI SC P, 1, "g"}},
	 .damaged = 1},
	{"a stream joined in the middle of a frame", {{P_2, 0, "m"}, {P, 1, "m"}}, {{AUD SC P, 1, "g"}}, .damaged = 1},
};

static const struct depay_case bad[] = {
	{"NAL unit types that belong to other modes",
	 {{STAP_SETS, 0, ""}, {IDR, 0, "m"}, {"79 0001", 1, "m"}, {"1d81 00", 2, "m"}, {"60", 3, "m"}, {P, 4, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 4, "g"}},
	 .damaged = 3,
	 .malformed = 3},
	{"STAP-A cut short, or with a nested one",
	 {{"78", 0, "m"}, {"78 00", 1, "m"}, {"78 0005" P, 2, "m"}, {"78 0003 780001", 4, "m"}},
	 {{0}},
	 .damaged = 4,
	 .malformed = 4},
	{"FU-A without its header, or of a type that can't be",
	 {{"7c", 0, "m"}, {"7c80", 1, "m"}, {"7c9c 00", 2, "m"}},
	 {{0}},
	 .damaged = 3,
	 .malformed = 3},
	{"FU-A without an end, an end without a start",
	 {{"5c81 9a38", 0, "m"},
	  {"5c81 9a", 1, ""},
	  {P, 1, "m"},
	  {"5c41 38", 2, "m"},
	  {"5c81 9a", 3, ""},
	  {"5c81 9a", 3, "m"}},
	 {{0}},
	 .damaged = 4},
	{"a bad part spoils its frame only",
	 {{STAP_SETS, 0, ""}, {IDR, 0, "m"}, {P, 1, ""}, {"78", 1, ""}, {P_2, 1, "m"}, {P, 2, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 2, "g"}},
	 .damaged = 1,
	 .malformed = 1},
	{"forbidden bit, cut slice header, parameter sets that don't parse",
	 {{"e1 9a38", 0, "m"}, {"41", 1, "m"}, {"67 42", 2, "m"}, {"68", 3, "m"}},
	 {{0}},
	 .damaged = 4,
	 .malformed = 4},
	{"a data partition without its first one",
	 {{"63 80", 0, "m"}, {"62 9a38", 1, ""}, {"63 80", 1, "m"}},
	 {{AUD SC "629a38" SC "6380", 1, "g"}},
	 .damaged = 1},
};

/* Slices that come as if each were a picture: x264 with sliced threads, cameras. */
static const struct depay_case slices[] = {
	{"a marker on each, in one timestamp",
	 {{STAP_SETS, 0, "m"}, {IDR, 0, "m"}, {IDR_2, 0, "m"}, {P, 1, "m"}, {P_2, 1, "m"}, {P, 2, "m"}, {P_2, 2, "m"}},
	 {{AUD SETS SC IDR SC IDR_2, 0, "k", 640, 480}, {AUD SC P SC P_2, 1, ""}, {AUD SC P SC P_2, 2, ""}}},
	{"a marker and a timestamp of its own on each",
	 {{STAP_SETS, 0, ""}, {IDR, 0, "m"}, {IDR_2, 9, "m"}, {P, 3000, "m"}, {P_2, 3007, "m"}, {P, 6000, "m"}},
	 {{AUD SETS SC IDR SC IDR_2, 0, "k", 640, 480}, {AUD SC P SC P_2, 3000, ""}, {AUD SC P, 6000, ""}}},
	{"a timestamp of its own on each, the marker on the last, or none",
	 {{STAP_SETS, 0, ""},
	  {IDR, 0, ""},
	  {IDR_2, 9, "m"},
	  {P, 3000, ""},
	  {P_2, 3007, ""},
	  {P, 6000, ""},
	  {P_2, 6007, "m"}},
	 {{AUD SETS SC IDR SC IDR_2, 0, "k", 640, 480}, {AUD SC P SC P_2, 3000, ""}, {AUD SC P SC P_2, 6000, ""}}},
	{"in fragments, with SEI and delimiters between pictures",
	 {{STAP_SETS, 0, ""},
	  {"7c85 8884", 0, ""},
	  {"7c45 11", 0, "m"},
	  {"7c85 4444", 5, ""},
	  {"7c45 aa", 5, "m"},
	  {"09f0", 9, ""},
	  {SEI, 9, ""},
	  {P, 9, "m"},
	  {"0c80", 10, ""},
	  {P_2, 10, "m"}},
	 {{AUD SETS SC "65888411" SC "654444aa", 0, "k", 640, 480}, {AUD SC SEI SC P SC "0c80" SC P_2, 9, ""}}},
	{"a slice that is lost spoils the picture, the last one before a loss too",
	 {{STAP_SETS, 0, ""},
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
	{"found out later: a picture is given away, and the next ones are whole",
	 {{STAP_SETS, 0, ""},
	  {IDR, 0, "m"},
	  {P, 3000, "m"},
	  {P_2, 3000, "m"},
	  {P, 6000, "m"},
	  {P_2, 6000, "m"},
	  {P, 9000, "m"},
	  {P_2, 9000, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480},
	  {AUD SC P, 3000, ""},
	  {AUD SC P SC P_2, 6000, "g"},
	  {AUD SC P SC P_2, 9000, ""}},
	 .damaged = 1},
	{"a loss right behind the first picture: its marker is believed",
	 {{STAP_SETS, 0, ""}, {IDR, 0, "m"}, {P, 6000, "ml"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 6000, "g"}}},
};

/* NAL units that are not as RFC 6184 has them, as far as what is meant is plain. */
static const struct depay_case sloppy[] = {
	{"empty NAL units in a STAP-A",
	 {{"78 0000 0018" SPS "0000 0005" PPS "0000", 0, ""}, {IDR, 0, "m"}, {"78 0000", 1, ""}, {P, 1, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 1, ""}}},
	{"a byte of padding that was not announced as one, behind a STAP-A and a slice",
	 {{STAP_SETS "00", 0, ""}, {IDR "00", 0, "m"}, {"78 0004" P "00", 1, "m"}},
	 {{AUD SETS SC IDR "00", 0, "k", 640, 480}, {AUD SC P, 1, ""}}},
	{"SPS, PPS and IDR in one NAL unit, in one STAP-A, in one FU-A",
	 {{SPS SC PPS "000001" IDR, 0, "m"},
	  {"78 0029" SPS SC PPS SC IDR, 1, "m"},
	  {"7c87 42c016d900a03db011000003000100000300140f162e48 00", 2, ""},
	  {"7c07 0000 01" PPS "00", 2, ""},
	  {"7c47 000001" IDR, 2, "m"}},
	 {{AUD SETS "000001" IDR, 0, "k", 640, 480},
	  {AUD SETS SC IDR, 1, "k", 640, 480},
	  {AUD SETS SC IDR, 2, "k", 640, 480}}},
	{"with delimiters and SEI, and start codes before the first",
	 {{"000001 09f0" SC SPS SC PPS SC SEI "000001 09f0" SC IDR, 0, "m"}, {SC P, 1, "m"}, {"09f0" SC P, 2, "m"}},
	 {{AUD SETS SC SEI "000001" IDR, 0, "k", 640, 480}, {AUD SC P, 1, ""}, {AUD SC P, 2, ""}}},
	{"in fragments with a start code before the first: its zero is taken for the header",
	 {{"1c80 000001 " SPS SC, 0, ""},
	  {"1c00" PPS, 0, ""},
	  {"1c40" SC IDR, 0, "m"},
	  {"1c80 5555", 1, ""},
	  {"1c40 55", 1, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}},
	 .damaged = 1,
	 .malformed = 2},
	{"several slices in one: they are as they should be",
	 {{STAP_SETS, 0, ""}, {IDR SC IDR_2, 0, "m"}},
	 {{AUD SETS SC IDR SC IDR_2, 0, "k", 640, 480}}},
	{"SEI whose bytes look like a start code and a broken parameter set",
	 {{STAP_SETS, 0, ""}, {"0605 000001 67", 0, ""}, {IDR, 0, "m"}, {"0605 000001 ff", 1, ""}, {P, 1, "m"}},
	 {{AUD SETS SC "0605 00000167" SC IDR, 0, "k", 640, 480}, {AUD SC "0605 000001ff" SC P, 1, ""}}},
	{"zeros behind a parameter set are not kept with it",
	 {{SPS "0000", 0, ""}, {PPS "00", 0, ""}, {IDR, 0, "m"}, {IDR, 1, "m"}},
	 {{AUD SC SPS "0000" SC PPS "00" SC IDR, 0, "k", 640, 480}, {AUD SETS SC IDR, 1, "k", 640, 480}}},
};

#define RECOVERY "0606 018480" /* SEI: a recovery point, in no time */

/* What one can begin with beside an IDR picture. */
static const struct depay_case entries[] = {
	{"a recovery point whose parameter sets are known: they are put in front where they do not come",
	 {{RECOVERY, 0, ""},
	  {P, 0, "m"},
	  {STAP_SETS, 1, ""},
	  {RECOVERY, 1, ""},
	  {P, 1, "m"},
	  {RECOVERY, 2, ""},
	  {P, 2, "m"},
	  {P, 3, "m"}},
	 {{AUD SC RECOVERY SC P, 0, ""},
	  {AUD SETS SC RECOVERY SC P, 1, "k", 640, 480},
	  {AUD SETS SC RECOVERY SC P, 2, "k", 640, 480},
	  {AUD SC P, 3, ""}}},
	{"behind other messages, in two bytes of size, and cut",
	 {{STAP_SETS, 0, ""},
	  {"0605 020102 0606 0184 80", 0, ""},
	  {P, 0, "m"},
	  {"0605 ff", 1, ""},
	  {P, 1, "m"},
	  {"0605 040606 0184 80", 2, ""},
	  {P, 2, "m"}},
	 {{AUD SETS SC "0605020102 0606018480" SC P, 0, "k", 640, 480},
	  {AUD SC "0605ff" SC P, 1, ""},
	  {AUD SC "06050406 06018480" SC P, 2, ""}}},
	{"after a loss",
	 {{STAP_SETS, 0, ""},
	  {IDR, 0, "m"},
	  {P, 1, "m"},
	  {STAP_SETS, 2, "l"},
	  {RECOVERY, 2, ""},
	  {P, 2, "m"},
	  {RECOVERY, 3, "l"},
	  {P_2, 3, "m"}},
	 {{AUD SETS SC IDR, 0, "k", 640, 480}, {AUD SC P, 1, ""}, {AUD SETS SC RECOVERY SC P, 2, "kg", 640, 480}},
	 .damaged = 1},
};

static void test_entries(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_H264, entries, COUNT(entries));
}

/* When no keyframe comes: a picture with its parameter sets, if not all have them; or any. */
static void test_accepted_entries(void **state)
{
	(void)state;
	static struct seen seen;
	struct depay *d = start_depay(TSR_CODEC_H264, &seen);
	static const struct in_row rows[] = {{STAP_SETS, 0, ""}, {P, 0, "m"}, {STAP_SETS, 1, ""},
					     {P, 1, "m"},        {P, 2, "m"}, {STAP_SETS, 3, ""},
					     {P, 3, "m"},        {P, 4, "m"}, {P, 5, "m"}};
	static const char want[] = "...k.k";
	uint16_t seq = 0;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (i == 3) /* the first picture is out by now */
			assert_true(depay_accept_entry(d, DEPAY_ENTRY_WITH_SETS));
		if (i == 8)
			assert_true(depay_accept_entry(d, DEPAY_ENTRY_ANY));
		push_row(d, &rows[i], &seq);
	}
	assert_int_equal(seen.count, 6);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(seen.frames[i].keyframe, want[i] == 'k');
	check_frame(&seen.frames[5], &(struct out_row){AUD SETS SC P, 5, "k", 640, 480});
	depay_destroy(d);
	forget(&seen);
}

static void test_framing(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_H264, framing, COUNT(framing));
}

static void test_parameter_sets(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_H264, parameter_sets, COUNT(parameter_sets));
}

static void test_slices(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_H264, slices, COUNT(slices));
}

static void test_sloppy(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_H264, sloppy, COUNT(sloppy));
}

/* The first picture waits for the next packet; when none comes, it does not wait for ever, and the others do not at all. */
static void test_first_picture_waits(void **state)
{
	(void)state;
	static struct seen seen;
	struct depay *d = start_depay(TSR_CODEC_H264, &seen);
	uint16_t seq = 0;
	push_row(d, &(struct in_row){STAP_SETS, 0, ""}, &seq);
	push_row(d, &(struct in_row){IDR, 0, "m"}, &seq);
	assert_int_equal(seen.count, 0);
	assert_int_equal(depay_settle(d), TSR_OK);
	assert_int_equal(seen.count, 1);
	push_row(d, &(struct in_row){P, 1, "m"}, &seq);
	assert_int_equal(seen.count, 1);
	for (unsigned i = 2; i < 5; i++) {
		push_row(d, &(struct in_row){P, i, "m"}, &seq);
		assert_int_equal(seen.count, i + 1);
	}
	push_row(d, &(struct in_row){P, 5, ""}, &seq); /* not marked: it may go on */
	assert_int_equal(depay_settle(d), TSR_OK);
	assert_int_equal(seen.count, 5);
	depay_destroy(d);
	forget(&seen);
}

static void test_loss(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_H264, loss, COUNT(loss));
}

static void test_bad(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_H264, bad, COUNT(bad));
}

/* What an SDP told beforehand serves the first keyframe. */
static void test_sets_from_sdp(void **state)
{
	(void)state;
	static struct seen seen;
	size_t size;
	uint8_t *sets = unhex("ff" SC "0c" SC SPS "000001" PPS "00", &size);
	struct depay_config config = {.parameter_sets = sets, .parameter_sets_size = size};
	struct depay *d = NULL;
	assert_int_equal(depay_create(TSR_CODEC_H264, &config, collect, &seen, &d), TSR_OK);
	free(sets);
	uint16_t seq = 0;
	push_row(d, &(struct in_row){IDR, 0, "m"}, &seq);
	assert_int_equal(depay_flush(d), TSR_OK);
	assert_int_equal(seen.count, 1);
	check_frame(&seen.frames[0], &(struct out_row){AUD SETS SC IDR, 0, "k", 640, 480});
	depay_destroy(d);
	forget(&seen);
}

/* Fragments that never end stop at the cap; the frame after them is whole. */
static void test_endless_fragments(void **state)
{
	(void)state;
	static struct seen seen;
	struct depay *d = start_depay(TSR_CODEC_H264, &seen);
	static uint8_t fragment[60000] = {0x5c, 0x81, 0x9a, 0x38};
	struct rtp_packet pkt = {.payload = fragment, .payload_size = sizeof(fragment)};
	for (unsigned sent = 0; sent < 2 * LIMIT_FRAME_BYTES; sent += sizeof(fragment)) {
		assert_int_equal(depay_push(d, &pkt, false), TSR_OK);
		fragment[1] = 0x01;
	}
	uint16_t seq = 0;
	push_row(d, &(struct in_row){P, 1, "m"}, &seq);
	assert_int_equal(depay_flush(d), TSR_OK);
	assert_int_equal(seen.count, 1);
	check_frame(&seen.frames[0], &(struct out_row){AUD SC P, 1, "g"});
	assert_int_equal(depay_stats(d)->too_large, 1);
	assert_int_equal(depay_stats(d)->frames_damaged, 0);
	depay_destroy(d);
	forget(&seen);
}

/* Caps: of a parameter set, and of a frame that its parameter sets make too large. */
static void test_too_large(void **state)
{
	(void)state;
	static struct seen seen;
	static uint8_t payload[LIMIT_FRAME_BYTES];
	struct depay *d = start_depay(TSR_CODEC_H264, &seen);
	uint16_t seq = 0;
	push_row(d, &(struct in_row){STAP_SETS, 0, "m"}, &seq);
	size_t size;
	uint8_t *begin = unhex(SPS, &size);
	memset(payload, 0x55, sizeof(payload)); /* zeros at the end would not count */
	memcpy(payload, begin, size);
	free(begin);
	struct rtp_packet pkt = {.payload = payload, .payload_size = LIMIT_PARAMETER_SET_BYTES + 1, .timestamp = 1};
	assert_int_equal(depay_push(d, &pkt, false), TSR_OK);
	push_row(d, &(struct in_row){IDR, 1, "m"}, &seq);
	assert_int_equal(depay_stats(d)->too_large, 1);
	begin = unhex(IDR, &size);
	memcpy(payload, begin, size);
	free(begin);
	pkt = (struct rtp_packet){
		.payload = payload, .payload_size = sizeof(payload) - 20, .timestamp = 2, .marker = true};
	assert_int_equal(depay_push(d, &pkt, false), TSR_OK);
	assert_int_equal(depay_settle(d), TSR_OK);
	assert_int_equal(depay_stats(d)->too_large, 2);
	assert_int_equal(depay_stats(d)->frames_damaged, 0);
	assert_int_equal(seen.count, 0);
	push_row(d, &(struct in_row){IDR, 3, "m"}, &seq);
	assert_int_equal(depay_flush(d), TSR_OK);
	assert_int_equal(seen.count, 1);
	check_frame(&seen.frames[0], &(struct out_row){AUD SETS SC IDR, 3, "kg", 640, 480});
	depay_destroy(d);
	forget(&seen);
}

static int refuse(void *ctx, const struct frame *frame)
{
	(void)frame;
	++*(unsigned *)ctx;
	return TSR_E_NOSPACE;
}

static void test_errors(void **state)
{
	(void)state;
	unsigned refused = 0;
	struct depay_config config = {0};
	struct depay *d = NULL;
	assert_int_equal(depay_create(TSR_CODEC_AAC, &config, refuse, &refused, &d), TSR_E_UNSUPPORTED);
	assert_null(d);
	assert_false(depay_supports(TSR_CODEC_NONE));
	assert_true(depay_supports(TSR_CODEC_H264));
	assert_int_equal(depay_create(TSR_CODEC_H264, &config, refuse, &refused, &d), TSR_OK);
	static const uint8_t slice[] = {0x41, 0x9a, 0x38};
	struct rtp_packet pkt = {.payload = slice, .payload_size = sizeof(slice), .marker = true};
	assert_int_equal(depay_push(d, &pkt, false), TSR_OK);
	assert_int_equal(depay_settle(d), TSR_E_NOSPACE);
	assert_int_equal(refused, 1);
	assert_int_equal(depay_push(d, &pkt, false), TSR_OK);
	pkt.timestamp++;
	assert_int_equal(depay_push(d, &pkt, true), TSR_E_NOSPACE);
	assert_int_equal(depay_push(d, &pkt, false), TSR_E_NOSPACE);
	assert_int_equal(refused, 3);
	depay_destroy(d);
	depay_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_framing),
		cmocka_unit_test(test_parameter_sets),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_sets_from_sdp),
		cmocka_unit_test(test_endless_fragments),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_sloppy),
		cmocka_unit_test(test_first_picture_waits),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_accepted_entries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
