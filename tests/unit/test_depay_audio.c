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

/* RFC 3551 sections 4.5.2, 4.5.11 and 4.5.14 */
static const struct depay_case g711[] = {
	{"a byte is a sample",
	 {{"ff7f00", 0, "m"}, {"aa", 3, ""}, {"bb", 9, "l"}},
	 {{"ff7f00", 0, "k", .samples = 3}, {"aa", 3, "k", .samples = 1}, {"bb", 9, "kg", .samples = 1}}},
};

static const struct depay_case g722[] = {
	{"a byte is two samples", {{"fafafa", 0, ""}}, {{"fafafa", 0, "k", .samples = 6}}},
};

static const struct depay_case l16[] = {
	{"two bytes are a sample; half a one is none",
	 {{"00010002", 0, ""}, {"000100", 2, ""}, {"0001", 4, ""}},
	 {{"00010002", 0, "k", .samples = 2}, {"0001", 4, "kg", .samples = 1}},
	 .malformed = 1},
};

/* 5.1: the first stream's TOC says 20 ms; its frame's length follows (RFC 6716 appendix B) */
static const struct depay_case multiopus[] = {
	{"the first stream tells the duration",
	 {{"7803aabbcc 78dd", 0, ""}},
	 {{"7803aabbcc 78dd", 0, "k", .samples = 960}}},
};

/* RFC 2198 with Opus (PT 96) of 20 ms. Blocks: 4 bytes of header for a redundant one, 1 for the primary one. */
#define RED_1 "e0 0f0002 60" /* one block of 2 bytes from 960 ago */
#define RED_2 "e0 1e0002 e0 0f0002 60"

static const struct depay_case red[] = {
	{"nothing lost: only the primary blocks",
	 {{"60 78aa", 0, "r"}, {RED_1 "78aa 78bb", 960, "r"}, {RED_2 "78aa 78bb 78cc", 1920, "r"}},
	 {{"78aa", 0, "k", .samples = 960}, {"78bb", 960, "k", .samples = 960}, {"78cc", 1920, "k", .samples = 960}}},
	{"one lost: filled, nothing is missing",
	 {{"60 78aa", 0, "r"}, {RED_2 "78aa 78bb 78cc", 1920, "rl"}},
	 {{"78aa", 0, "k", .samples = 960}, {"78bb", 960, "k", .samples = 960}, {"78cc", 1920, "k", .samples = 960}}},
	{"two lost: both filled",
	 {{"60 78aa", 0, "r"}, {RED_2 "78bb 78cc 78dd", 2880, "rl", 2}},
	 {{"78aa", 0, "k", .samples = 960},
	  {"78bb", 960, "k", .samples = 960},
	  {"78cc", 1920, "k", .samples = 960},
	  {"78dd", 2880, "k", .samples = 960}}},
	{"three lost: the last two are filled, the gap is before them",
	 {{"60 78aa", 0, "r"}, {RED_2 "78cc 78dd 78ee", 3840, "rl", 3}, {"60 78ff", 4800, "r"}},
	 {{"78aa", 0, "k", .samples = 960},
	  {"78cc", 1920, "kg", .samples = 960},
	  {"78dd", 2880, "k", .samples = 960},
	  {"78ee", 3840, "k", .samples = 960},
	  {"78ff", 4800, "k", .samples = 960}}},
	{"lost, and no redundancy",
	 {{"60 78aa", 0, "r"}, {"60 78cc", 1920, "rl"}},
	 {{"78aa", 0, "k", .samples = 960}, {"78cc", 1920, "kg", .samples = 960}}},
	{"at the start nothing older is taken",
	 {{RED_2 "78aa 78bb 78cc", 1920, "r"}},
	 {{"78cc", 1920, "k", .samples = 960}}},
	{"the timestamp wraps",
	 {{"60 78aa", 4294966816, "r"}, {RED_1 "78bb 78cc", 1440, "rl"}},
	 {{"78aa", 4294966816, "k", .samples = 960},
	  {"78bb", 480, "k", .samples = 960},
	  {"78cc", 1440, "k", .samples = 960}}},
	{"empty blocks, blocks of another type, an empty primary one",
	 {{"60 78aa", 0, "r"},
	  {"e0 0f0000 60 78cc", 1920, "rl"},
	  {"c8 0f0002 60 78dd 78ee", 3840, "rl"},
	  {"60", 4800, "rl"},
	  {"60 78ff", 5760, "r"}},
	 {{"78aa", 0, "k", .samples = 960},
	  {"78cc", 1920, "kg", .samples = 960},
	  {"78ee", 3840, "kg", .samples = 960},
	  {"78ff", 5760, "kg", .samples = 960}}},
	{"a redundant copy of the primary one is not taken",
	 {{"60 78aa", 0, "r"}, {"e0 000002 60 78cc 78cc", 1920, "rl"}},
	 {{"78aa", 0, "k", .samples = 960}, {"78cc", 1920, "kg", .samples = 960}}},
	{"a redundant packet that is malformed fills nothing",
	 {{"60 78aa", 0, "r"}, {"e0 0f0002 60 fb00 78cc", 1920, "rl"}},
	 {{"78aa", 0, "k", .samples = 960}, {"78cc", 1920, "kg", .samples = 960}},
	 .malformed = 1},
	{"packets without RED in between",
	 {{"78aa", 0, ""}, {RED_1 "78bb 78cc", 1920, "rl"}, {"78dd", 2880, ""}},
	 {{"78aa", 0, "k", .samples = 960},
	  {"78bb", 960, "k", .samples = 960},
	  {"78cc", 1920, "k", .samples = 960},
	  {"78dd", 2880, "k", .samples = 960}}},
	{"cut: in a header, before the primary one's, in a block; nine blocks",
	 {{"e0", 0, "r"},
	  {"e0 0f00", 1, "r"},
	  {"e0 0f0002", 2, "r"},
	  {"e0 0f0002 60 78", 3, "r"},
	  {"e00f0000 e00f0000 e00f0000 e00f0000 e00f0000 e00f0000 e00f0000 e00f0000 60 78", 4, "r"},
	  {"60 78ff", 5, "r"}},
	 {{"78ff", 5, "kg", .samples = 960}},
	 .malformed = 5},
};

static void test_opus(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_OPUS, opus, COUNT(opus));
	run_cases(TSR_CODEC_MULTIOPUS, multiopus, COUNT(multiopus));
}

static void test_pcm(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_PCMU, g711, COUNT(g711));
	run_cases(TSR_CODEC_PCMA, g711, COUNT(g711));
	run_cases(TSR_CODEC_G722, g722, COUNT(g722));
	run_cases(TSR_CODEC_L16, l16, COUNT(l16));
}

static void test_red(void **state)
{
	(void)state;
	run_cases(TSR_CODEC_OPUS, red, COUNT(red));
}

static void test_l16_channels(void **state)
{
	(void)state;
	static struct seen seen;
	struct depay_config config = {.channels = 2};
	struct depay *d = NULL;
	assert_int_equal(depay_create(TSR_CODEC_L16, &config, collect, &seen, &d), TSR_OK);
	uint16_t seq = 0;
	push_row(d, &(struct in_row){"0001000200030004", 0, ""}, &seq);
	push_row(d, &(struct in_row){"000100020003", 2, ""}, &seq);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.frames[0].samples, 2);
	assert_int_equal(depay_stats(d)->malformed, 1);
	depay_destroy(d);
	forget(&seen);
}

static int refuse(void *ctx, const struct frame *frame)
{
	(void)frame;
	++*(unsigned *)ctx;
	return TSR_E_NOSPACE;
}

/* Of the frames of one packet none follows the one that was refused. */
static void test_refused(void **state)
{
	(void)state;
	unsigned refused = 0;
	struct depay_config config = {.red_payload_type = TEST_RED_PT};
	struct depay *d = NULL;
	assert_int_equal(depay_create(TSR_CODEC_OPUS, &config, refuse, &refused, &d), TSR_OK);
	static const uint8_t plain[] = {0x78, 0xaa};
	static const uint8_t red_block[] = {0xe0, 0x0f, 0x00, 0x02, 0x60, 0x78, 0xbb, 0x78, 0xcc};
	struct rtp_packet pkt = {.payload = plain, .payload_size = sizeof(plain), .payload_type = TEST_PT};
	assert_int_equal(depay_push(d, &pkt, false), TSR_E_NOSPACE);
	assert_int_equal(refused, 1);
	pkt = (struct rtp_packet){.payload = red_block,
				  .payload_size = sizeof(red_block),
				  .payload_type = TEST_RED_PT,
				  .timestamp = 1920,
				  .seq = 2};
	assert_int_equal(depay_push(d, &pkt, true), TSR_E_NOSPACE);
	assert_int_equal(refused, 2);
	depay_destroy(d);
}

/* A payload that no UDP packet carries. */
static void test_too_large(void **state)
{
	(void)state;
	static struct seen seen;
	static uint8_t payload[LIMIT_AUDIO_FRAME_BYTES + 1] = {0x78};
	struct depay *d = start_depay(TSR_CODEC_OPUS, &seen);
	struct rtp_packet pkt = {.payload = payload, .payload_size = sizeof(payload)};
	assert_int_equal(depay_push(d, &pkt, false), TSR_OK);
	assert_int_equal(seen.count, 0);
	assert_int_equal(depay_stats(d)->too_large, 1);
	pkt.payload_size--;
	assert_int_equal(depay_push(d, &pkt, false), TSR_OK);
	assert_int_equal(seen.count, 1);
	depay_destroy(d);
	forget(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opus),         cmocka_unit_test(test_pcm),       cmocka_unit_test(test_red),
		cmocka_unit_test(test_l16_channels), cmocka_unit_test(test_too_large), cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
