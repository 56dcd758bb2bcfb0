/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * H.264 headers. The parameter sets of the first rows were made by x264, the others bit by bit after section 7.3.2.1.1. */
#include "hex.h"

#include "recorder/bitstream/h264.h"

static void test_sps(void **state)
{
	(void)state;
	static const struct {
		const char *name, *hex;
		uint32_t id;
		uint16_t width, height;
	} rows[] = {
		{"baseline", "6742c016d900a03db011000003000100000300140f162e48", 0, 640, 480},
		{"high, cropped", "67640028acd940780227e5c044000003000400000300503c60c658", 0, 1920, 1080},
		{"high, interlaced and cropped", "67640028acd94078044fde022000000300200000030283e2c5b2c0", 0, 1920,
		 1080},
		{"4:2:2, 10 bits", "677a000cb6cd9415087888fc0440000003004000000503c50a6580", 0, 322, 242},
		{"4:4:4", "67f4000c919b282810fc7e022000000300200000030281e28532c0", 0, 320, 242},
		{"standard scaling matrices", "67640015acd941709f8888c044000003000400000300503c58b658", 0, 354, 290},
		{"monochrome", "6764000cf36505421e3e3f016c80000003008000000a078a14cb", 0, 322, 242},
		{"id 31, picture order type 1", "6742001f041438a60320032280a03d90", 31, 640, 480},
		{"picture order type 2", "6742001fda014016e4", 0, 1280, 720},
		{"scaling lists: full, ended early, default", "6764001fada49249249249211127fffffffffffffff847680a03d9",
		 0, 640, 480},
		{"separate planes crop by single samples", "67f4001f93a001b44ba642a0", 0, 29, 25},
		{"4:2:2 fields", "677a001fbcda2bad20", 0, 30, 30},
		{"4:2:0 fields", "6764001facda2bad20", 0, 30, 28},
		{"monochrome crops by single samples", "6764001ff368975a40", 0, 31, 31},
		{"16384x16384 is a size like any other here", "6742001fed00080000400c80", 0, 16384, 16384},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct h264_sps sps;
		size_t size;
		uint8_t *nal = unhex(rows[i].hex, &size);
		print_message("  %s\n", rows[i].name);
		assert_int_equal(h264_parse_sps(nal, size, &sps), TSR_OK);
		assert_int_equal(sps.id, rows[i].id);
		assert_int_equal(sps.width, rows[i].width);
		assert_int_equal(sps.height, rows[i].height);
		free(nal);
	}
}

/* What is told of the order of pictures: by the VUI, with what may stand before it there, or by profile and picture order type. */
static void test_reorder(void **state)
{
	(void)state;
	static const struct {
		const char *name, *hex;
		int8_t reorder;
	} rows[] = {
		{"high without B-frames", "6764000dacb20283f60220000003002000000641e28549", 0},
		{"high with B-frames", "6764000dacd94141fb011000000300100000030320f1429960", 2},
		{"with HRD", "6764000dacd94141fb01100000030010000003032602001e840007a13930c01e28532c", 2},
		{"baseline", "6742c00dd90141fb011000000300100000030320f142a480", 0},
		{"baseline, no VUI", "6742001f041438a60320032280a03d90", 0},
		{"high, no VUI", "67f4001f93a001b44ba642a0", -1},
		{"high intra, no VUI", "67f4101f93a001b44ba642a0", 0},
		{"main, picture order type 2", "674d001fda014016e4", 0},
		{"VUI that is cut: the rest is as good as it was", "6764000dacd94141fb01100000030010", -1},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct h264_sps sps;
		size_t size;
		uint8_t *nal = unhex(rows[i].hex, &size);
		print_message("  %s\n", rows[i].name);
		assert_int_equal(h264_parse_sps(nal, size, &sps), TSR_OK);
		assert_int_equal(sps.reorder, rows[i].reorder);
		free(nal);
	}
}

static void test_bad_sps(void **state)
{
	(void)state;
	static const struct {
		const char *name, *hex;
	} rows[] = {
		{"nothing", ""},
		{"only a header", "67"},
		{"cut in the VUI's stead", "6742c016d900a0"},
		{"65536x65536", "6742001fed000200000301000c80"},
		{"68719476720x32", "6742001fed00000300007fffffff2c80"},
		{"cropped to nothing", "6742001fed3e52e8"},
		{"cropped by more than 2^32", "6742001fed3e0000030003fffffffc0000030007fffffffe80"},
		{"id 32", "6742001f043b40501ec8"},
		{"chroma_format_idc 4", "6764001f973680a03d90"},
		{"cut in the picture order", "6742001fd0e2"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct h264_sps sps = {.id = 77};
		size_t size;
		uint8_t *nal = unhex(rows[i].hex, &size);
		print_message("  %s\n", rows[i].name);
		assert_int_equal(h264_parse_sps(nal, size, &sps), TSR_E_MALFORMED);
		assert_int_equal(sps.id, 77);
		free(nal);
	}
}

static void test_slice(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		tsr_error err;
		uint32_t first_mb, pps_id;
	} rows[] = {
		{"65888411", TSR_OK, 0, 0},
		{"419a382b", TSR_OK, 0, 0},
		{"658821", TSR_OK, 0, 3},
		{"414680bb", TSR_OK, 1, 0},
		{"4100961a", TSR_OK, 299, 0},
		{"65 88 0400", TSR_OK, 0, 31},
		{"65", TSR_E_MALFORMED},
		{"6588", TSR_E_MALFORMED},
		{"65 88 00 80 80", TSR_E_MALFORMED}, /* pps_id 256 */
		{"41 0000 00", TSR_E_MALFORMED},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct h264_slice slice = {0};
		size_t size;
		uint8_t *nal = unhex(rows[i].hex, &size);
		print_message("  %s\n", rows[i].hex);
		assert_int_equal(h264_parse_slice(nal, size, &slice), rows[i].err);
		assert_int_equal(slice.first_mb, rows[i].first_mb);
		assert_int_equal(slice.pps_id, rows[i].pps_id);
		free(nal);
	}
}

static void put(struct h264_sets *sets, const char *hex, tsr_error want)
{
	size_t size;
	uint8_t *nal = unhex(hex, &size);
	assert_int_equal(h264_sets_put(sets, nal, size), want);
	free(nal);
}

static void test_sets(void **state)
{
	(void)state;
	struct h264_sets sets = {0};
	struct h264_sps sps;
	bool in_unit;
	put(&sets, "68cb83cb20", TSR_OK);
	assert_int_equal(h264_sets_find(&sets, 0, &sps, &in_unit), TSR_E_NOTFOUND);
	h264_sets_new_unit(&sets);
	put(&sets, "6742c016d900a03db011000003000100000300140f162e48", TSR_OK);
	assert_int_equal(h264_sets_find(&sets, 0, &sps, &in_unit), TSR_OK);
	assert_int_equal(sps.width, 640);
	assert_false(in_unit); /* the PPS came before */
	put(&sets, "68cb83cb20", TSR_OK);
	assert_int_equal(h264_sets_find(&sets, 0, &sps, &in_unit), TSR_OK);
	assert_true(in_unit);
	assert_int_equal(h264_sets_find(&sets, 1, &sps, &in_unit), TSR_E_NOTFOUND);
	put(&sets, "", TSR_E_MALFORMED);
	put(&sets, "68", TSR_E_MALFORMED);
	put(&sets, "65888411", TSR_E_MALFORMED);
	put(&sets, "68 8210", TSR_E_MALFORMED); /* SPS 32 */
	h264_sets_finish(&sets);
	h264_sets_finish(&sets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sps),   cmocka_unit_test(test_reorder), cmocka_unit_test(test_bad_sps),
		cmocka_unit_test(test_slice), cmocka_unit_test(test_sets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
