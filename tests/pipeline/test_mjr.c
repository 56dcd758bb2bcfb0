/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Janus's recordings: all three generations, damaged ones, and those that cannot be used. */
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "capfile.h"
#include "capture_util.h"

static GByteArray *begin(const char *magic, const char *info)
{
	GByteArray *file = g_byte_array_new();
	mjr_begin(file, magic, info);
	return file;
}

static void put_mjr_rtp(GByteArray *file, bool times, uint32_t ms, unsigned seq, uint32_t ts)
{
	GByteArray *rtp = make_rtp(96, seq, ts, 0x11223344, 40);
	mjr_frame(file, times, ms, rtp->data, rtp->len);
	g_byte_array_free(rtp, TRUE);
}

#define H264_INFO                                                                                                      \
	"{\"t\":\"v\",\"c\":\"h264\",\"f\":\"sprop-parameter-sets=Z0LAHg==\",\"d\":\"camera\",\"s\":1,\"u\":"          \
	"1700000000123456}"

static void test_mjr_generations(void **state)
{
	(void)state;
	static const struct {
		const char *magic, *info;
		tsr_codec codec;
		int64_t first_us;
	} generations[] = {
		{"MEETECHO", "video", TSR_CODEC_VP8, 0},
		{"MEETECHO", "audio", TSR_CODEC_OPUS, 0},
		{"MJR00001", H264_INFO, TSR_CODEC_H264, FIRST_US},
		{"MJR00002", H264_INFO, TSR_CODEC_H264, FIRST_US},
		{"MJR00001", "{\"t\":\"a\",\"c\":\"g711\",\"s\":5}", TSR_CODEC_PCMU, 5},
		{"MJR00002", "{\"t\":\"a\",\"c\":\"l16\",\"u\":9}", TSR_CODEC_L16, 9},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(generations); i++) {
		bool times = generations[i].magic[7] == '2';
		GByteArray *file = begin(generations[i].magic, generations[i].info);
		uint32_t rate = tsr_codec_clock_rate(generations[i].codec);
		for (unsigned n = 0; n < 5; n++)
			put_mjr_rtp(file, times, n * 20, n, n * rate / 50);
		struct capture *c = open_bytes(file, file->len, NULL, TSR_OK);
		assert_int_equal(c->stream_count, 1);
		assert_int_equal(c->streams[0].format.codec, generations[i].codec);
		assert_int_equal(c->wall_clock, generations[i].first_us != 0);
		for (unsigned n = 0; n < 5; n++)
			expect_rtp(c, 0, n, generations[i].first_us + n * 20000);
		assert_int_equal(c->streams[0].ssrc, 0x11223344);
		if (generations[i].codec == TSR_CODEC_H264) {
			assert_int_equal(c->streams[0].format.parameter_sets_size, 8);
			assert_string_equal(c->streams[0].label, "camera");
		}
		expect_end(c, TSR_E_EOF);
		g_byte_array_free(file, TRUE);
	}
}

/* The map of RTP header extensions, of which one is of interest; what is none of them is passed over. */
static void test_mjr_extensions(void **state)
{
	(void)state;
	static const struct {
		const char *map;
		unsigned id;
	} maps[] = {
		{"{\"4\":\"urn:3gpp:video-orientation\"}", 4},
		{"{\"1\":\"urn:ietf:params:rtp-hdrext:ssrc-audio-level\",\"13\":\"urn:3gpp:video-orientation\"}", 13},
		{"{\"4\":\"urn:3gpp:video-orientation-not\"}", 0},
		{"{\"256\":\"urn:3gpp:video-orientation\"}", 0},
		{"{\"x\":\"urn:3gpp:video-orientation\",\"3\":7}", 0},
		{"[4]", 0},
		{"{}", 0},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(maps); i++) {
		char *info = g_strdup_printf("{\"t\":\"v\",\"c\":\"vp8\",\"x\":%s}", maps[i].map);
		GByteArray *file = begin("MJR00002", info);
		put_mjr_rtp(file, true, 0, 0, 0);
		struct capture *c = open_bytes(file, file->len, NULL, TSR_OK);
		assert_int_equal(c->streams[0].format.orientation_extension, maps[i].id);
		capture_close(c);
		g_byte_array_free(file, TRUE);
		g_free(info);
	}
}

static void test_mjr_that_cannot_be_used(void **state)
{
	(void)state;
	static const struct {
		const char *magic, *info;
		tsr_error want;
	} bad[] = {
		{"MJR00003", "{}", TSR_E_UNSUPPORTED},
		{"MJR00002", "", TSR_E_MALFORMED},
		{"MJR00002", "{", TSR_E_MALFORMED},
		{"MJR00002", "[1]", TSR_E_MALFORMED},
		{"MJR00002", "{\"t\":\"v\"}", TSR_E_MALFORMED},
		{"MJR00002", "{\"t\":1,\"c\":2}", TSR_E_MALFORMED},
		{"MJR00002", "{\"t\":\"d\",\"c\":\"text\"}", TSR_E_UNSUPPORTED},
		{"MJR00002", "{\"t\":\"v\",\"c\":\"theora\"}", TSR_E_UNSUPPORTED},
		{"MJR00002", "{\"t\":\"v\",\"c\":\"vp8\",\"e\":true}", TSR_E_UNSUPPORTED},
		{"MEETECHO", "text!", TSR_E_UNSUPPORTED},
		{"GIF89a  ", "", TSR_E_UNSUPPORTED},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		GByteArray *file = begin(bad[i].magic, bad[i].info);
		put_mjr_rtp(file, bad[i].magic[7] == '2', 0, 0, 0);
		open_bytes(file, file->len, NULL, bad[i].want);
		g_byte_array_free(file, TRUE);
	}
}

static void test_cut_mjr(void **state)
{
	(void)state;
	for (int times = 0; times < 2; times++) {
		GByteArray *file = begin(times ? "MJR00002" : "MJR00001", H264_INFO);
		for (unsigned n = 0; n < 6; n++)
			put_mjr_rtp(file, times, n, n, n);
		cut_everywhere(file, NULL, 6);
		g_byte_array_free(file, TRUE);
	}
}

/* Frames behind damaged bytes are found again; the end says that something was damaged. */
static void test_damaged_mjr(void **state)
{
	(void)state;
	GByteArray *file = begin("MJR00002", H264_INFO);
	put_mjr_rtp(file, true, 0, 0, 0);
	guint second = file->len;
	put_mjr_rtp(file, true, 1, 1, 0);
	put_mjr_rtp(file, true, 2, 2, 0);
	memset(file->data + second, 'M', 30);
	GByteArray *tiny = g_byte_array_new();
	put_be32(tiny, 0);
	mjr_frame(file, true, 3, tiny->data, tiny->len); /* too short for RTP */
	g_byte_array_free(tiny, TRUE);
	put_mjr_rtp(file, true, 4, 3, 0);
	struct capture *c = open_bytes(file, file->len, NULL, TSR_OK);
	expect_rtp(c, 0, 0, FIRST_US);
	expect_rtp(c, 0, 2, FIRST_US + 2000);
	expect_rtp(c, 0, 3, FIRST_US + 4000);
	assert_int_equal(c->counters.skipped_bytes, 62);
	assert_int_equal(c->counters.not_rtp, 1);
	expect_end(c, TSR_E_MALFORMED);
	g_byte_array_free(file, TRUE);
}

/* Without frame times the sender's clock tells when packets came: it may wrap, go back for a retransmission, and jump. */
static void test_mjr_times_from_rtp(void **state)
{
	(void)state;
	static const struct {
		uint32_t ts;
		int64_t us;
	} packets[] = {
		{0xfffffc18, 0},
		{0xfffffc18 + 9000, 100000},
		{0xfffffc18 + 4500, 100000},
		{0xfffffc18 + 18000, 200000},
		{0x50000000, 200000},
		{0x50000000 + 9000, 300000},
		{0x10000000, 300000},
		{0x10000000 + 9000, 400000},
	};
	GByteArray *file = begin("MEETECHO", "video");
	for (unsigned n = 0; n < G_N_ELEMENTS(packets); n++)
		put_mjr_rtp(file, false, 0, n, packets[n].ts);
	struct capture *c = open_bytes(file, file->len, NULL, TSR_OK);
	for (unsigned n = 0; n < G_N_ELEMENTS(packets); n++)
		expect_rtp(c, 0, n, packets[n].us);
	expect_end(c, TSR_E_EOF);
	g_byte_array_free(file, TRUE);
}

static void test_random_damage(void **state)
{
	(void)state;
	GRand *rand = g_rand_new_with_seed(42);
	GByteArray *file = begin("MJR00002", H264_INFO);
	for (unsigned n = 0; n < 20; n++)
		put_mjr_rtp(file, true, n, n, n);
	for (int i = 0; i < 500; i++)
		read_damaged(file, NULL, rand);
	g_byte_array_free(file, TRUE);
	g_rand_free(rand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mjr_generations),
		cmocka_unit_test(test_mjr_extensions),
		cmocka_unit_test(test_mjr_that_cannot_be_used),
		cmocka_unit_test(test_cut_mjr),
		cmocka_unit_test(test_damaged_mjr),
		cmocka_unit_test(test_mjr_times_from_rtp),
		cmocka_unit_test(test_random_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
