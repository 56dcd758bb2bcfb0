/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * VP9 and AV1 headers; those of whole rows were made by libvpx, libaom and SVT-AV1. */
#include "hex.h"

#include "recorder/bitstream/av1.h"
#include "recorder/bitstream/vpx.h"

static void test_vp9_frame(void **state)
{
	(void)state;
	static const struct {
		const char *name, *hex;
		tsr_error err;
		struct vpx_frame want;
	} rows[] = {
		{"profile 0", "824983420027f016760638241c184a10", TSR_OK, {true, false, 640, 360}},
		{"profile 1, 4:4:4", "a24983420004fe02cec0c70483830942", TSR_OK, {true, false, 640, 360}},
		{"profile 1, RGB", "a2498342e027f016760638241c184a10", TSR_OK, {true, false, 640, 360}},
		{"profile 2", "924983420013f80b3b031c120e0c2c08", TSR_OK, {true, false, 640, 360}},
		{"profile 3", "b124c1a100013f80b3b031c120e0c2c0", TSR_OK, {true, false, 640, 360}},
		{"inter frame", "86004092f1214004", TSR_OK, {false, false}},
		{"profile 3, inter frame", "b30020497890a002", TSR_OK, {false, false}},
		{"inter frame that refreshes nothing", "860000", TSR_OK, {false, true}},
		{"error resilient, refreshes nothing", "8700", TSR_OK, {false, true}},
		{"not shown, intra only", "85a4c1a10080", TSR_OK, {false, false}},
		{"not shown, intra only, refreshes nothing", "85a4c1a10000", TSR_OK, {false, true}},
		{"profile 1, intra only, refreshes the first", "a5a4c1a10001", TSR_OK, {false, false}},
		{"profile 1, intra only, refreshes nothing", "a5a4c1a10000", TSR_OK, {false, true}},
		{"shows an earlier frame", "88", TSR_OK, {false, true}},
		{"wrong frame marker", "424983420027f016760638241c184a10", TSR_E_MALFORMED},
		{"wrong sync code", "824983430027f016760638241c184a10", TSR_E_MALFORMED},
		{"65536 wide", "824983420ffff01670", TSR_E_MALFORMED},
		{"cut in the size", "824983420027f016", TSR_E_MALFORMED},
		{"cut in the references", "86", TSR_E_MALFORMED},
		{"nothing", "", TSR_E_MALFORMED},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct vpx_frame frame = {0};
		size_t size;
		uint8_t *data = unhex(rows[i].hex, &size);
		print_message("  %s\n", rows[i].name);
		assert_int_equal(vp9_parse_frame(data, size, &frame), rows[i].err);
		assert_int_equal(frame.keyframe, rows[i].want.keyframe);
		assert_int_equal(frame.droppable, rows[i].want.droppable);
		assert_int_equal(frame.width, rows[i].want.width);
		assert_int_equal(frame.height, rows[i].want.height);
		free(data);
	}
}

static void test_superframe_index(void **state)
{
	(void)state;
	static const struct {
		uint32_t sizes[VP9_MAX_FRAMES];
		unsigned count;
		const char *hex;
	} rows[] = {
		{{1, 255}, 2, "c1 01ff c1"},
		{{1, 256, 0x4321}, 3, "ca 0100 0001 2143 ca"},
		{{0x10000, 5}, 2, "d1 000001 050000 d1"},
		{{0x1000000, 5}, 2, "d9 00000001 05000000 d9"},
		{{1, 2, 3, 4, 5, 6, 7, 8}, 8, "c7 0102030405060708 c7"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t index[VP9_MAX_INDEX];
		size_t size;
		uint8_t *want = unhex(rows[i].hex, &size);
		assert_int_equal(vp9_write_superframe_index(rows[i].sizes, rows[i].count, index), size);
		assert_memory_equal(index, want, size);
		free(want);
	}
}

static void test_leb128(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		uint32_t value;
		bool minimal;
	} rows[] = {
		{"00", 0, true},
		{"7f", 127, true},
		{"8001", 128, true},
		{"e58e26", 624485, true},
		{"ffffffff0f", UINT32_MAX, true},
		{"8000", 0, false},
		{"8180808000", 1, false},
		{"8180808080808000", 1, false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t written[AV1_MAX_LEB128];
		size_t size;
		uint8_t *data = unhex(rows[i].hex, &size);
		struct reader r = reader_of(data, size);
		assert_int_equal(av1_read_leb128(&r), rows[i].value);
		assert_true(reader_ok(&r) && r.left == 0);
		if (rows[i].minimal) {
			assert_int_equal(av1_write_leb128(rows[i].value, written), size);
			assert_memory_equal(written, data, size);
		}
		free(data);
	}
	/* no end, 2^32, more than eight bytes */
	static const char *const bad[] = {"", "80", "8080808010", "808080808080808000"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		size_t size;
		uint8_t *data = unhex(bad[i], &size);
		struct reader r = reader_of(data, size);
		assert_int_equal(av1_read_leb128(&r), 0);
		assert_false(reader_ok(&r));
		free(data);
	}
}

static void test_obu(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		tsr_error err;
		uint8_t type, temporal_id, spatial_id;
		size_t header_size, payload_size;
	} rows[] = {
		{"30 1400", TSR_OK, AV1_OBU_FRAME, 0, 0, 1, 2},
		{"32 02 1400", TSR_OK, AV1_OBU_FRAME, 0, 0, 1, 2},
		{"34 48 1400", TSR_OK, AV1_OBU_FRAME, 2, 1, 2, 2},
		{"36 50 02 1400", TSR_OK, AV1_OBU_FRAME, 2, 2, 2, 2},
		{"12 00", TSR_OK, AV1_OBU_TEMPORAL_DELIMITER, 0, 0, 1, 0},
		{"10", TSR_OK, AV1_OBU_TEMPORAL_DELIMITER, 0, 0, 1, 0},
		{"32 03 1400", TSR_E_MALFORMED},
		{"32 01 1400", TSR_E_MALFORMED},
		{"32", TSR_E_MALFORMED},
		{"34", TSR_E_MALFORMED},
		{"b0 00", TSR_E_MALFORMED},
		{"", TSR_E_MALFORMED},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct av1_obu obu = {0};
		size_t size;
		uint8_t *data = unhex(rows[i].hex, &size);
		print_message("  %s\n", rows[i].hex);
		assert_int_equal(av1_parse_obu(data, size, &obu), rows[i].err);
		assert_int_equal(obu.type, rows[i].type);
		assert_int_equal(obu.temporal_id, rows[i].temporal_id);
		assert_int_equal(obu.spatial_id, rows[i].spatial_id);
		assert_int_equal(obu.header_size, rows[i].header_size);
		assert_int_equal(obu.payload_size, rows[i].payload_size);
		free(data);
	}
}

#define AOM_SEQUENCE   "0000000cc4ff6736be4010"
#define SVT_SEQUENCE   "0000000cc4ff673efe4010"
#define STILL_SEQUENCE "186627fb3b6010"
/* Bit by bit after section 5.5: 320x240 with an order hint of 7 bits and both tools chosen by frame; the same with frame ids
 * of 15 bits, no order hint and no screen content tools; with a fixed force_integer_mv. */
#define SEQUENCE       "00000043fc04fc03bc02780080"
#define SEQUENCE_IDS   "00000043fc04fc03bf80000020"
#define SEQUENCE_TOOLS "00000043fc04fc03bc022e0020"
/* With timing, decoder model, two operating points that have tier, model and delay, and frame ids: 322x242. */
#define SEQUENCE_MODEL "0400000004000000664a4000000052984c05280601a4202480601a50f41f1e0013c004"

static void test_av1_sequence(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		tsr_error err;
		struct av1_sequence want;
	} rows[] = {
		{AOM_SEQUENCE,
		 TSR_OK,
		 {640, 360, .order_hint_bits = 7, .force_screen_content_tools = 2, .force_integer_mv = 2}},
		{SVT_SEQUENCE,
		 TSR_OK,
		 {640, 360, .order_hint_bits = 7, .force_screen_content_tools = 2, .force_integer_mv = 2}},
		{STILL_SEQUENCE,
		 TSR_OK,
		 {640, 360, .reduced_still_picture_header = true, .force_screen_content_tools = 2,
		  .force_integer_mv = 2}},
		{SEQUENCE,
		 TSR_OK,
		 {320, 240, .order_hint_bits = 7, .force_screen_content_tools = 2, .force_integer_mv = 2}},
		{SEQUENCE_IDS, TSR_OK, {320, 240, .frame_id_bits = 15, .force_integer_mv = 2}},
		{SEQUENCE_TOOLS,
		 TSR_OK,
		 {320, 240, .order_hint_bits = 7, .force_screen_content_tools = 1, .force_integer_mv = 1}},
		{SEQUENCE_MODEL,
		 TSR_OK,
		 {322, 242, .decoder_model_info = true, .frame_id_bits = 15, .order_hint_bits = 7,
		  .force_screen_content_tools = 2, .force_integer_mv = 2}},
		{"040000000400000064000010fffffe0000009e0020",
		 TSR_OK,
		 {65535, 1, .order_hint_bits = 7, .force_screen_content_tools = 2, .force_integer_mv = 2}},
		{"00000043fffffc000002780080", TSR_E_MALFORMED}, /* 65536 wide */
		{"0000000cc4", TSR_E_MALFORMED},
		{"", TSR_E_MALFORMED},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct av1_sequence sequence = {0};
		size_t size;
		uint8_t *data = unhex(rows[i].hex, &size);
		print_message("  %s\n", rows[i].hex);
		assert_int_equal(av1_parse_sequence(data, size, &sequence), rows[i].err);
		const struct av1_sequence *want = &rows[i].want;
		assert_int_equal(sequence.width, want->width);
		assert_int_equal(sequence.height, want->height);
		assert_int_equal(sequence.reduced_still_picture_header, want->reduced_still_picture_header);
		assert_int_equal(sequence.decoder_model_info, want->decoder_model_info);
		assert_int_equal(sequence.frame_id_bits, want->frame_id_bits);
		assert_int_equal(sequence.order_hint_bits, want->order_hint_bits);
		assert_int_equal(sequence.force_screen_content_tools, want->force_screen_content_tools);
		assert_int_equal(sequence.force_integer_mv, want->force_integer_mv);
		free(data);
	}
}

static void test_av1_frame(void **state)
{
	(void)state;
	static const struct {
		const char *name, *sequence, *hex;
		tsr_error err;
		struct av1_frame want;
	} rows[] = {
		{"key frame", SEQUENCE, "1016ab", TSR_OK, {true, true, false}},
		{"key frame that is not shown", SEQUENCE, "0805ffaac0", TSR_OK, {false, false, false}},
		{"inter frame, refreshes one", SEQUENCE, "300a812ab0", TSR_OK, {false, true, false}},
		{"inter frame, refreshes none", SEQUENCE, "300a802ab0", TSR_OK, {false, true, true}},
		{"... error resilient, with screen content tools", SEQUENCE, "3b0500aac0", TSR_OK, {false, true, true}},
		{"... not shown, refreshes one", SEQUENCE, "2805403558", TSR_OK, {false, false, false}},
		{"intra only, refreshes none", SEQUENCE, "500a015580", TSR_OK, {false, true, true}},
		{"switch frame", SEQUENCE, "702d56", TSR_OK, {false, true, false}},
		{"shows an earlier frame", SEQUENCE, "98", TSR_OK, {false, true, false}},
		{"frame ids, refreshes none", SEQUENCE_IDS, "30aaa9005560", TSR_OK, {false, true, true}},
		{"frame ids, refreshes the first", SEQUENCE_IDS, "30aaa900d560", TSR_OK, {false, true, false}},
		{"frame ids, refreshes the last", SEQUENCE_IDS, "30aaa9405560", TSR_OK, {false, true, false}},
		{"fixed tools, refreshes none", SEQUENCE_TOOLS, "3015005560", TSR_OK, {false, true, true}},
		{"fixed tools, refreshes one", SEQUENCE_TOOLS, "301500d560", TSR_OK, {false, true, false}},
		{"decoder model: not known", SEQUENCE_MODEL, "30000000", TSR_OK, {false, true, false}},
		{"still picture", STILL_SEQUENCE, "4c8002db", TSR_OK, {true, true, false}},
		{"libaom, key frame", AOM_SEQUENCE, "1400a04010db6eed28e4", TSR_OK, {true, true, false}},
		{"libaom, alternate reference", AOM_SEQUENCE, "29037020000011a23002", TSR_OK, {false, false, false}},
		{"libaom, refreshes none", AOM_SEQUENCE, "3206000d508c8348000410c10500", TSR_OK, {false, true, true}},
		{"SVT-AV1, refreshes none", SVT_SEQUENCE, "3203000b6d6d912300000040", TSR_OK, {false, true, true}},
		{"cut", SEQUENCE, "300a", TSR_E_MALFORMED},
		{"nothing", SEQUENCE, "", TSR_E_MALFORMED},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct av1_sequence sequence;
		struct av1_frame frame = {0};
		size_t sequence_size, size;
		uint8_t *sequence_data = unhex(rows[i].sequence, &sequence_size), *data = unhex(rows[i].hex, &size);
		print_message("  %s\n", rows[i].name);
		assert_int_equal(av1_parse_sequence(sequence_data, sequence_size, &sequence), TSR_OK);
		assert_int_equal(av1_parse_frame(&sequence, data, size, &frame), rows[i].err);
		assert_int_equal(frame.keyframe, rows[i].want.keyframe);
		assert_int_equal(frame.shown, rows[i].want.shown);
		assert_int_equal(frame.droppable, rows[i].want.droppable);
		free(sequence_data);
		free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vp9_frame),    cmocka_unit_test(test_superframe_index),
		cmocka_unit_test(test_leb128),       cmocka_unit_test(test_obu),
		cmocka_unit_test(test_av1_sequence), cmocka_unit_test(test_av1_frame),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
