/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The building blocks of the bitstream parsers: bits, Annex B, parameter sets. */
#include "hex.h"

#include "recorder/bitstream/annexb.h"
#include "recorder/bitstream/bits.h"
#include "recorder/bitstream/paramset.h"

/* H.264 section 9.1, tables 9-2 and 9-3 */
static void test_golomb(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		uint32_t ue;
		int32_t se;
	} rows[] = {
		{"80", 0, 0},
		{"40", 1, 1},
		{"60", 2, -1},
		{"20", 3, 2},
		{"28", 4, -2},
		{"30", 5, 3},
		{"38", 6, -3},
		{"10", 7, 4},
		{"1e", 14, -7},
		{"0800", 15, 8},
		{"00008000 00", 0xffff, 0x8000},
		{"00000001 ffffffff", 0xfffffffe, -0x7fffffff},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t size;
		uint8_t *data = unhex(rows[i].hex, &size);
		struct bits b = bits_of(data, size);
		assert_int_equal(bits_ue(&b), rows[i].ue);
		assert_true(bits_ok(&b));
		b = bits_of(data, size);
		assert_int_equal(bits_se(&b), rows[i].se);
		assert_true(bits_ok(&b));
		free(data);
	}
}

static void test_bits(void **state)
{
	(void)state;
	static const uint8_t data[] = {0xa5, 0x0f, 0x12, 0x34, 0x56, 0x78};
	struct bits b = bits_of(data, sizeof(data));
	assert_int_equal(bits_u(&b, 0), 0);
	assert_int_equal(bits_u(&b, 3), 5);
	assert_int_equal(bits_u(&b, 9), 0x50);
	bits_skip(&b, 4);
	assert_int_equal(bits_u(&b, 32), 0x12345678);
	assert_true(bits_ok(&b));
	assert_int_equal(bits_u(&b, 1), 0);
	assert_false(bits_ok(&b));
	/* a code that never ends, and one that is too long */
	b = bits_of((const uint8_t[]){0, 0, 0}, 3);
	assert_int_equal(bits_ue(&b), 0);
	assert_false(bits_ok(&b));
	b = bits_of((const uint8_t[]){0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff}, 9);
	assert_int_equal(bits_ue(&b), 0);
	assert_false(bits_ok(&b));
}

static void test_emulation_prevention(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"000003 01", "0000 01"},
		{"000003 000003 02", "0000 0000 02"},
		{"000000 03 05", "000000 05"}, /* a third zero does not occur in a NAL unit, but must not confuse */
		{"0003 0000 04 03", "0003 0000 04 03"},
		{"000003 03", "0000 03"},
		{"030303", "030303"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t in_size, out_size;
		uint8_t *in = unhex(rows[i].in, &in_size), *out = unhex(rows[i].out, &out_size);
		struct bits b = bits_of_nal(in, in_size);
		for (size_t at = 0; at < out_size; at++)
			assert_int_equal(bits_u(&b, 8), out[at]);
		assert_true(bits_ok(&b));
		bits_skip(&b, 1);
		assert_false(bits_ok(&b));
		free(in);
		free(out);
	}
}

static void test_annexb_next(void **state)
{
	(void)state;
	static const struct {
		const char *stream;
		const char *nals[3];
	} rows[] = {
		{"00000001 6742 00000001 68ce", {"6742", "68ce"}},
		{"000001 6742 000001 68ce 000001 65", {"6742", "68ce", "65"}},
		{"ff 000001 67", {"67"}},
		{"000001 67 000000 000001 68 0000", {"67", "68"}},
		{"000001 000001 67", {"67"}},
		{"6742", {NULL}},
		{"000001", {NULL}},
		{"0000", {NULL}},
		{"", {NULL}},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t size, nal_size;
		uint8_t *stream = unhex(rows[i].stream, &size);
		struct reader r = reader_of(stream, size);
		const uint8_t *nal;
		for (unsigned n = 0; n < 3 && rows[i].nals[n]; n++) {
			size_t want_size;
			uint8_t *want = unhex(rows[i].nals[n], &want_size);
			assert_true(annexb_next(&r, &nal, &nal_size));
			assert_int_equal(nal_size, want_size);
			assert_memory_equal(nal, want, want_size);
			free(want);
		}
		assert_false(annexb_next(&r, &nal, &nal_size));
		free(stream);
	}
}

static void test_annexb_append(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 8);
	assert_int_equal(annexb_append(&b, (const uint8_t[]){0x67}, 1), TSR_OK);
	assert_int_equal(annexb_append(&b, (const uint8_t[]){0x68}, 1), TSR_E_LIMIT);
	assert_int_equal(b.len, 5);
	assert_memory_equal(b.data, ((const uint8_t[]){0, 0, 0, 1, 0x67}), 5);
	buf_finish(&b);
}

static void test_paramset(void **state)
{
	(void)state;
	static uint8_t nal[LIMIT_PARAMETER_SET_BYTES + 1];
	struct paramset_list list = {0};
	for (unsigned id = 0; id < LIMIT_PARAMETER_SETS; id++) {
		nal[0] = (uint8_t)id;
		assert_int_equal(paramset_put(&list, id, 7, nal, 1), TSR_OK);
	}
	assert_int_equal(list.count, LIMIT_PARAMETER_SETS);
	/* the same again keeps its place; another with its id takes it */
	paramset_new_unit(&list);
	nal[0] = 0;
	assert_int_equal(paramset_put(&list, 0, 7, nal, 1), TSR_OK);
	assert_true(paramset_find(&list, 0)->in_unit);
	assert_false(paramset_find(&list, 1)->in_unit);
	assert_ptr_equal(paramset_find(&list, 0), &list.sets[0]);
	assert_int_equal(paramset_put(&list, 1, 8, nal, LIMIT_PARAMETER_SET_BYTES), TSR_OK);
	assert_int_equal(paramset_find(&list, 1)->parent, 8);
	assert_int_equal(paramset_find(&list, 1)->size, LIMIT_PARAMETER_SET_BYTES);
	assert_int_equal(list.count, LIMIT_PARAMETER_SETS);
	/* one too many pushes the oldest out; one too large is refused */
	assert_int_equal(paramset_put(&list, 99, 7, nal, 2), TSR_OK);
	assert_null(paramset_find(&list, 0));
	assert_int_equal(list.count, LIMIT_PARAMETER_SETS);
	assert_int_equal(paramset_put(&list, 99, 7, nal, LIMIT_PARAMETER_SET_BYTES + 1), TSR_E_LIMIT);
	assert_int_equal(paramset_find(&list, 99)->size, 2);
	/* large ones push out as many as it takes: all together stay small */
	for (unsigned id = 200; id < 210; id++)
		assert_int_equal(paramset_put(&list, id, 7, nal, LIMIT_PARAMETER_SET_BYTES), TSR_OK);
	assert_int_equal(list.count, LIMIT_PARAMETER_SETS_BYTES / LIMIT_PARAMETER_SET_BYTES);
	assert_non_null(paramset_find(&list, 209));
	paramset_finish(&list);
	assert_null(paramset_find(&list, 99));
	paramset_finish(&list);
}

static void test_paramset_write(void **state)
{
	(void)state;
	struct paramset_list list = {0};
	struct buf b;
	buf_init(&b, 11);
	assert_int_equal(paramset_put(&list, 3, 0, (const uint8_t[]){0x67}, 1), TSR_OK);
	assert_int_equal(paramset_put(&list, 1, 0, (const uint8_t[]){0x68, 0x99}, 2), TSR_OK);
	assert_int_equal(paramset_write(&list, &b), TSR_OK);
	assert_int_equal(b.len, 11);
	assert_memory_equal(b.data, ((const uint8_t[]){0, 0, 0, 1, 0x67, 0, 0, 0, 1, 0x68, 0x99}), 11);
	assert_int_equal(paramset_write(&list, &b), TSR_E_LIMIT);
	buf_finish(&b);
	paramset_finish(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golomb),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_emulation_prevention),
		cmocka_unit_test(test_annexb_next),
		cmocka_unit_test(test_annexb_append),
		cmocka_unit_test(test_paramset),
		cmocka_unit_test(test_paramset_write),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
