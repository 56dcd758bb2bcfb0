/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * H.265 headers. The parameter sets of the first rows were made by x265, the others bit by bit after section 7.3.2.2.1. */
#include "hex.h"

#include "recorder/bitstream/h265.h"

static void test_sps(void **state)
{
	(void)state;
	static const struct {
		const char *name, *hex;
		struct h265_sps want;
	} rows[] = {
		{"main",
		 "42010101600000030090000003000003005aa0050201e165959a4932bc05a02000000300200000030141",
		 {0, 0, 1, 640, 480}},
		{"main, cropped",
		 "42010101600000030090000003000003003ca00d880f9c9265959a4932bc05a02000000300200000030141",
		 {0, 0, 1, 426, 242}},
		{"4:2:2, 10 bits, two sub-layers",
		 "4201020408000003009d0800000300003c0000b00d880f9c93b659598acd24995e02d010000003001000000300a080",
		 {0, 0, 2, 426, 242}},
		{"1080 lines",
		 "420101016000000300900000030000030078a003c08010e596566924caf0168080000003008000000504",
		 {0, 0, 1, 1920, 1080}},
		{"ids, three sub-layers with profile and level",
		 "42013501600000030090000003000003005dd00001600000030090000003000003005a5a08200280802d17",
		 {15, 3, 3, 1280, 720}},
		{"seven sub-layers", "42010d01600000030090000003000003005d0000a0050201e170", {0, 0, 7, 640, 480}},
		{"4:2:0 window", "42010101600000030090000003000003005da0051201e9a645c0", {0, 0, 1, 642, 480}},
		{"4:2:2 window", "42010101600000030090000003000003005db0051201e9a645c0", {0, 0, 1, 642, 484}},
		{"4:4:4 window", "42010101600000030090000003000003005d9000a2403d34c8b8", {0, 0, 1, 645, 484}},
		{"separate planes", "42010101600000030090000003000003005d9200a2403d34c8b8", {0, 0, 1, 645, 484}},
		{"monochrome", "42010101600000030090000003000003005dc0144807a69917", {0, 0, 1, 645, 484}},
		{"16384x16384 is a size like any other here",
		 "42010101600000030090000003000003005da000200080010005c0",
		 {0, 0, 1, 16384, 16384}},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct h265_sps sps;
		size_t size;
		uint8_t *nal = unhex(rows[i].hex, &size);
		print_message("  %s\n", rows[i].name);
		assert_int_equal(h265_parse_sps(nal, size, &sps), TSR_OK);
		assert_int_equal(sps.id, rows[i].want.id);
		assert_int_equal(sps.vps_id, rows[i].want.vps_id);
		assert_int_equal(sps.sub_layers, rows[i].want.sub_layers);
		assert_int_equal(sps.width, rows[i].want.width);
		assert_int_equal(sps.height, rows[i].want.height);
		free(nal);
	}
}

/* How many pictures may come before one and be shown after it, in the highest sub-layer. */
static void test_reorder(void **state)
{
	(void)state;
	static const struct {
		const char *name, *hex;
		int8_t reorder;
	} rows[] = {
		{"none", "42010101600000030090000003000003003ca00a080f16592a4932bc05a02000000300200000030321", 0},
		{"x265's B-frames",
		 "42010101600000030090000003000003003ca00a080f165959a4932bc05a020000030002000003003210", 2},
		{"two sub-layers",
		 "4201020408000003009d0800000300003c0000b00d880f9c93b659598acd24995e02d010000003001000000300a080", 2},
		{"cut behind the size", "42010101600000030090000003000003005aa0050201e165", -1},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct h265_sps sps;
		size_t size;
		uint8_t *nal = unhex(rows[i].hex, &size);
		print_message("  %s\n", rows[i].name);
		assert_int_equal(h265_parse_sps(nal, size, &sps), TSR_OK);
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
		{"cut in the profile", "420101016000000300900000"},
		{"cut in the size", "42010101600000030090000003000003005aa0"},
		{"65536x64", "42010101600000030090000003000003005da000080008105c"},
		{"0x480", "42010101600000030090000003000003005da80785c0"},
		{"cropped to nothing", "42010101600000030090000003000003005da1226dfc"},
		{"cropped by more than 2^32",
		 "42010101600000030090000003000003005da12260000003003fffffffc0000003007ffffffffc"},
		{"id 16", "42010101600000030090000003000003005d08a0050201e170"},
		{"chroma_format_idc 4", "42010101600000030090000003000003005d94014080785c"},
		{"eight sub-layers", "42010f01600000030090000003000003005d0000a0050201e170"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct h265_sps sps = {.id = 77};
		size_t size;
		uint8_t *nal = unhex(rows[i].hex, &size);
		print_message("  %s\n", rows[i].name);
		assert_int_equal(h265_parse_sps(nal, size, &sps), TSR_E_MALFORMED);
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
		bool first;
		uint32_t pps_id;
	} rows[] = {
		{"2801af1110317a", TSR_OK, true, 0}, /* x265's IDR */
		{"0201d01157843188", TSR_OK, true, 0},
		{"26012a", TSR_OK, false, 0},
		{"020154", TSR_OK, false, 0},
		{"0201810140", TSR_OK, true, 63},
		{"0201810540", TSR_E_MALFORMED}, /* pps_id 64 */
		{"0201", TSR_E_MALFORMED},
		{"02", TSR_E_MALFORMED},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct h265_slice slice = {0};
		size_t size;
		uint8_t *nal = unhex(rows[i].hex, &size);
		print_message("  %s\n", rows[i].hex);
		assert_int_equal(h265_parse_slice(nal, size, &slice), rows[i].err);
		assert_int_equal(slice.first, rows[i].first);
		assert_int_equal(slice.pps_id, rows[i].pps_id);
		free(nal);
	}
}

static void put(struct h265_sets *sets, const char *hex, tsr_error want)
{
	size_t size;
	uint8_t *nal = unhex(hex, &size);
	assert_int_equal(h265_sets_put(sets, nal, size), want);
	free(nal);
}

static void test_sets(void **state)
{
	(void)state;
	static const char
		vps[] = "40010c01ffff01600000030090000003000003005a959809",
		pps[] = "4401c172b46240",
		sps[] = "42010101600000030090000003000003005aa0050201e165959a4932bc05a02000000300200000030141";
	struct h265_sets sets = {0};
	struct h265_sps found;
	bool in_unit;
	put(&sets, pps, TSR_OK);
	put(&sets, sps, TSR_OK);
	assert_int_equal(h265_sets_find(&sets, 0, &found, &in_unit), TSR_E_NOTFOUND);
	h265_sets_new_unit(&sets);
	put(&sets, vps, TSR_OK);
	assert_int_equal(h265_sets_find(&sets, 0, &found, &in_unit), TSR_OK);
	assert_int_equal(found.width, 640);
	assert_false(in_unit);
	put(&sets, sps, TSR_OK);
	put(&sets, pps, TSR_OK);
	assert_int_equal(h265_sets_find(&sets, 0, &found, &in_unit), TSR_OK);
	assert_true(in_unit);
	put(&sets, "", TSR_E_MALFORMED);
	put(&sets, "4001", TSR_E_MALFORMED);
	put(&sets, "4401", TSR_E_MALFORMED);
	put(&sets, "4201", TSR_E_MALFORMED);
	put(&sets, "2801af", TSR_E_MALFORMED);
	put(&sets, "4401 8440", TSR_E_MALFORMED); /* SPS 16 */
	h265_sets_finish(&sets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sps),   cmocka_unit_test(test_reorder), cmocka_unit_test(test_bad_sps),
		cmocka_unit_test(test_slice), cmocka_unit_test(test_sets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
