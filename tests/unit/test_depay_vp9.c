/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * VP9 payloads (RFC 9628) in, frames and superframes out. The first byte of a descriptor is I P L F B E V Z. */
#include "depay_util.h"

/* Frames: a key frame of 640x360, an inter frame, one that nothing refers to; the layer frames of a picture end with aa, bb. */
#define KEY   "824983420027f016760638"
#define INTER "86004092f121"
#define DROP  "860000"

/* Scalability structure of three layers, 320x180 to 1280x720, and two pictures in a group with 0 and 2 references. */
#define SS "58 014000b4 02800168 050002d0 02 00 08 0102"

static const struct depay_case single_layer[] = {
	{"one packet, no picture ID",
	 {{"0c" KEY, 0, "m"}, {"4c" INTER, 1, "m"}},
	 {{KEY, 0, "k", 640, 360}, {INTER, 1, ""}}},
	{"flexible mode as Chromium sends it, SS on the keyframe",
	 {{"9a 8001 18 02800168 01 04 01" KEY, 0, ""}, {"94 8001 0102", 0, "m"}, {"dc 8002 02" INTER, 1, "m"}},
	 {{KEY "0102", 0, "k", 640, 360}, {INTER, 1, ""}}},
	{"picture ID of 7 and 15 bits, one to three references",
	 {{"9c 11" KEY, 0, "m"},
	  {"dc 12 02" INTER, 1, "m"},
	  {"dc 9213 03 04" INTER, 2, "m"},
	  {"dc 9214 03 05 06" INTER, 3, "m"},
	  {"dc 9215 03 05 07" INTER, 4, "m"}},
	 {{KEY, 0, "k", 640, 360}, {INTER, 1, ""}, {INTER, 2, ""}, {INTER, 3, ""}, {INTER, 4, ""}}},
	{"non-flexible mode with temporal layers: TL0PICIDX follows",
	 {{"ac 8001 00 05" KEY, 0, "m"}, {"ec 8002 40 05" DROP, 1, "m"}},
	 {{KEY, 0, "k", 640, 360}, {DROP, 1, "d", .temporal_id = 2}}},
	{"fragments", {{"08" KEY, 0, ""}, {"00 11", 0, ""}, {"04 22", 0, "m"}}, {{KEY "1122", 0, "k", 640, 360}}},
	{"Z says nothing of droppable; the frame header does",
	 {{"4d" INTER, 0, "m"}, {"4c" DROP, 1, "m"}},
	 {{INTER, 0, ""}, {DROP, 1, "d"}}},
	{"the start of the next frame ends one without a marker",
	 {{"0c" KEY, 0, ""}, {"4c" INTER, 1, ""}, {"4c" INTER, 1, ""}, {"4c" INTER, 2, "m"}},
	 {{KEY, 0, "k", 640, 360}, {INTER, 1, ""}, {INTER, 1, ""}, {INTER, 2, ""}}},
};

static const struct depay_case layers[] = {
	{"three layers become a superframe of the largest one's size",
	 {{"ba 8001 00" SS KEY "aa", 0, ""},
	  {"bc 8001 03" INTER "bb", 0, ""},
	  {"b8 8001 05" INTER, 0, ""},
	  {"b4 8001 05 cc", 0, "m"}},
	 {{KEY "aa" INTER "bb" INTER "cc c2 0c 07 07 c2", 0, "k", 1280, 720}}},
	{"without a marker on any of them",
	 {{"bc 01 00" KEY, 0, ""},
	  {"bc 01 02" INTER, 0, ""},
	  {"fc 02 00 02" INTER, 1, ""},
	  {"fc 02 02 02" INTER, 1, ""},
	  {"bc 03 00" KEY, 2, "m"}},
	 {{KEY INTER "c1 0b 06 c1", 0, "k", 640, 360}, {INTER INTER "c1 06 06 c1", 1, ""}, {KEY, 2, "k", 640, 360}}},
	{"the upper layers dropped on the way", {{"ba 8001 00" SS KEY, 0, "m"}}, {{KEY, 0, "k", 640, 360}}},
	{"the lower layers dropped on the way, nothing lost",
	 {{"bc 01 00" KEY, 0, "m"}, {"fc 02 04 02" INTER, 1, "m"}},
	 {{KEY, 0, "k", 640, 360}, {INTER, 1, ""}}},
	{"droppable only if all layers are",
	 {{"fc 01 00 02" DROP, 0, ""},
	  {"fc 01 02 02" DROP, 0, "m"},
	  {"fc 02 00 02" DROP, 1, ""},
	  {"fc 02 02 02" INTER, 1, "m"}},
	 {{DROP DROP "c1 03 03 c1", 0, "d"}, {DROP INTER "c1 03 06 c1", 1, ""}}},
	{"sizes of two bytes",
	 {{"bc 01 00" INTER
	   "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	   "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	   "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	   "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	   "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
	   0, ""},
	  {"bc 01 02" DROP, 0, "m"}},
	 {{INTER
	   "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	   "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	   "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	   "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	   "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" DROP
	   "c9 0001 0300 c9",
	   0, ""}}},
};

static const struct depay_case loss[] = {
	{"in the middle of a frame",
	 {{"0c" KEY, 0, "m"}, {"48" INTER, 1, ""}, {"44 33", 1, "ml"}, {"4c" INTER, 2, "m"}},
	 {{KEY, 0, "k", 640, 360}, {INTER, 2, "g"}},
	 .damaged = 1},
	{"of a frame's end: the next one is whole",
	 {{"08" KEY, 0, ""}, {"4c" INTER, 1, "ml"}},
	 {{INTER, 1, "g"}},
	 .damaged = 1},
	{"of a frame's start",
	 {{"0c" KEY, 0, "m"}, {"44 33", 1, "ml"}, {"4c" INTER, 2, "m"}},
	 {{KEY, 0, "k", 640, 360}, {INTER, 2, "g"}},
	 .damaged = 1},
	{"of the upper layers and their marker",
	 {{"bc 01 00" KEY, 0, ""}, {"bc 02 00" KEY, 1, "l"}, {"bc 02 02" INTER, 1, "m"}},
	 {{KEY INTER "c1 0b 06 c1", 1, "kg", 640, 360}},
	 .damaged = 1},
	{"of the base layer",
	 {{"bc 01 00" KEY, 0, "m"}, {"bc 02 02" INTER, 1, "l"}, {"bc 02 04" INTER, 1, "m"}, {"bc 03 00" INTER, 2, "m"}},
	 {{KEY, 0, "k", 640, 360}, {INTER, 2, "g"}},
	 .damaged = 1},
	{"of the layer in between",
	 {{"bc 01 00" KEY, 0, ""}, {"bc 01 04" INTER, 0, "ml"}, {"bc 03 00" KEY, 2, "m"}},
	 {{KEY, 2, "kg", 640, 360}},
	 .damaged = 1},
	{"a stream joined in the middle of a frame",
	 {{"44 33", 0, "m"}, {"4c" INTER, 1, "m"}},
	 {{INTER, 1, "g"}},
	 .damaged = 1},
	{"the last frame's end", {{"0c" KEY, 0, "m"}, {"48" INTER, 1, ""}}, {{KEY, 0, "k", 640, 360}}, .damaged = 1},
};

static const struct depay_case bad[] = {
	{"descriptors that are cut short, or have no payload",
	 {{"0c", 0, "m"},
	  {"9c", 1, "m"},
	  {"9c 80", 2, "m"},
	  {"9c 8001", 3, "m"},
	  {"ac 01 00", 4, "m"},
	  {"dc 01 03 05", 5, "m"},
	  {"0e 58 00a0005a 014000", 6, "m"},
	  {"0e 08 05 0c 01", 7, "m"}},
	 {{0}},
	 .damaged = 8,
	 .malformed = 8},
	{"frame headers that don't parse: of a frame, of a layer",
	 {{"0c 42", 0, "m"}, {"0c 82498343", 1, "m"}, {"bc 01 00" KEY, 2, ""}, {"bc 01 02 42", 2, "m"}},
	 {{0}},
	 .damaged = 3,
	 .malformed = 3},
	{"a bad part spoils its frame only",
	 {{"0c" KEY, 0, ""}, {"9c", 0, ""}, {"04 33", 0, "m"}, {"4c" INTER, 1, "m"}},
	 {{INTER, 1, "g"}},
	 .damaged = 1,
	 .malformed = 1},
	{"a structure of 0x0 says nothing",
	 {{"ba 01 00 30 00000000 00000000" KEY, 0, ""}, {"bc 01 02" INTER, 0, "m"}},
	 {{KEY INTER "c1 0b 06 c1", 0, "k", 640, 360}}},
};

static void test_single_layer(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_VP9, single_layer, COUNT(single_layer));
}

static void test_layers(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_VP9, layers, COUNT(layers));
}

static void test_loss(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_VP9, loss, COUNT(loss));
}

static void test_bad(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_VP9, bad, COUNT(bad));
}

static void test_endless_fragments(void **state)
{
	(void)state;
	check_endless(TSR_CODEC_VP9, "08", "00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single_layer),
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_endless_fragments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
