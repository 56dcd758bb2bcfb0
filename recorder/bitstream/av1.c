/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "av1.h"

#include "bits.h"

#define SELECT 2 /* SELECT_SCREEN_CONTENT_TOOLS and SELECT_INTEGER_MV: each frame says it */

enum { KEY_FRAME, INTER_FRAME, INTRA_ONLY_FRAME, SWITCH_FRAME };

uint32_t av1_read_leb128(struct reader *r)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < 8; i++) {
		uint8_t byte = reader_u8(r);
		value |= (uint64_t)(byte & 0x7f) << 7 * i;
		if (!(byte & 0x80)) {
			if (value > UINT32_MAX)
				break;
			return (uint32_t)value;
		}
	}
	r->overrun = true;
	return 0;
}

size_t av1_write_leb128(uint32_t value, uint8_t out[AV1_MAX_LEB128])
{
	size_t size = 0;
	while (value >= 0x80) {
		out[size++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	out[size++] = (uint8_t)value;
	return size;
}

size_t av1_obu_size(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(data, size);
	uint8_t header = reader_u8(&r);
	reader_skip(&r, header & 0x04 ? 1 : 0); /* the extension */
	if (header & AV1_OBU_HAS_SIZE)
		reader_skip(&r, av1_read_leb128(&r));
	return header & AV1_OBU_HAS_SIZE && reader_ok(&r) ? size - r.left : size;
}

tsr_error av1_parse_obu(const uint8_t *data, size_t size, struct av1_obu *out)
{
	struct reader r = reader_of(data, size);
	uint8_t header = reader_u8(&r);
	struct av1_obu obu = {.type = header >> 3 & 15, .has_size = header & AV1_OBU_HAS_SIZE, .header_size = 1};
	if (header & 0x04) {
		uint8_t extension = reader_u8(&r);
		obu.temporal_id = extension >> 5;
		obu.spatial_id = extension >> 3 & 3;
		obu.header_size = 2;
	}
	bool fits = !obu.has_size || av1_read_leb128(&r) == r.left;
	if (!reader_ok(&r) || header & 0x80 || !fits)
		return TSR_E_MALFORMED;
	obu.payload = r.p;
	obu.payload_size = r.left;
	*out = obu;
	return TSR_OK;
}

/* Section 5.5.3 */
static void skip_timing_info(struct bits *b)
{
	bits_skip(b, 64);   /* num_units_in_display_tick, time_scale */
	if (bits_flag(b))   /* equal_picture_interval */
		bits_ue(b); /* num_ticks_per_picture_minus_1: uvlc() has the form of ue(v) */
}

/* Section 5.5.1: from timing_info_present_flag through the operating points */
static void skip_operating_points(struct bits *b, struct av1_sequence *sequence)
{
	unsigned buffer_delay_bits = 0;
	if (bits_flag(b)) { /* timing_info_present_flag */
		skip_timing_info(b);
		sequence->decoder_model_info = bits_flag(b);
		if (sequence->decoder_model_info) {
			buffer_delay_bits = bits_u(b, 5) + 1;
			bits_skip(b, 32 + 5 + 5);
		}
	}
	bool initial_display_delay = bits_flag(b);
	unsigned count = bits_u(b, 5) + 1;
	for (unsigned points = count; points > 0 && bits_ok(b); points--) {
		bits_skip(b, 12); /* operating_point_idc */
		unsigned level = bits_u(b, 5), tier = level > 7 ? bits_u(b, 1) : 0;
		if (points == count) {
			sequence->level = (uint8_t)level;
			sequence->tier = (uint8_t)tier;
		}
		if (sequence->decoder_model_info && bits_flag(b))
			bits_skip(b, 2 * buffer_delay_bits + 1);
		if (initial_display_delay && bits_flag(b))
			bits_skip(b, 4);
	}
}

/* Section 5.5.1: from enable_interintra_compound through order_hint_bits_minus_1 */
static void parse_tools(struct bits *b, struct av1_sequence *sequence)
{
	bits_skip(b, 4); /* interintra, masked compound, warped motion, dual filter */
	bool order_hint = bits_flag(b);
	if (order_hint)
		bits_skip(b, 2); /* jnt_comp, ref_frame_mvs */
	sequence->force_screen_content_tools = bits_flag(b) ? SELECT : bits_flag(b);
	if (sequence->force_screen_content_tools > 0)
		sequence->force_integer_mv = bits_flag(b) ? SELECT : bits_flag(b);
	if (order_hint)
		sequence->order_hint_bits = (uint8_t)(bits_u(b, 3) + 1);
}

/* Section 5.5.2. What lies beyond the end is 0. */
static void parse_color_config(struct bits *b, struct av1_sequence *s)
{
	enum { BT_709 = 1, SRGB = 13, IDENTITY = 0 };
	s->high_bitdepth = bits_flag(b);
	s->twelve_bit = s->profile == 2 && s->high_bitdepth && bits_flag(b);
	s->monochrome = s->profile != 1 && bits_flag(b);
	unsigned primaries = 2, transfer = 2, matrix = 2; /* not specified */
	if (bits_flag(b)) {
		primaries = bits_u(b, 8);
		transfer = bits_u(b, 8);
		matrix = bits_u(b, 8);
	}
	s->subsampling_x = s->subsampling_y = s->monochrome;
	if (s->monochrome || (primaries == BT_709 && transfer == SRGB && matrix == IDENTITY))
		return;
	bits_skip(b, 1); /* color_range */
	s->subsampling_x = s->profile == 0 || (s->profile == 2 && (!s->twelve_bit || bits_flag(b)));
	s->subsampling_y = s->profile == 0 || (s->profile == 2 && s->twelve_bit && s->subsampling_x && bits_flag(b));
	if (s->subsampling_x && s->subsampling_y)
		s->sample_position = (uint8_t)bits_u(b, 2);
}

tsr_error av1_parse_sequence(const uint8_t *payload, size_t size, struct av1_sequence *out)
{
	struct bits b = bits_of(payload, size);
	struct av1_sequence sequence = {.force_screen_content_tools = SELECT, .force_integer_mv = SELECT};
	sequence.profile = (uint8_t)bits_u(&b, 3);
	bits_skip(&b, 1); /* still_picture */
	sequence.reduced_still_picture_header = bits_flag(&b);
	if (sequence.reduced_still_picture_header)
		sequence.level = (uint8_t)bits_u(&b, 5);
	else
		skip_operating_points(&b, &sequence);
	unsigned width_bits = bits_u(&b, 4) + 1, height_bits = bits_u(&b, 4) + 1;
	uint32_t width = bits_u(&b, width_bits) + 1, height = bits_u(&b, height_bits) + 1;
	if (!sequence.reduced_still_picture_header && bits_flag(&b)) { /* frame_id_numbers_present_flag */
		unsigned delta_bits = bits_u(&b, 4) + 2;
		sequence.frame_id_bits = (uint8_t)(delta_bits + bits_u(&b, 3) + 1);
	}
	bits_skip(&b, 3); /* 128x128 superblocks, filter_intra, intra_edge_filter */
	if (!sequence.reduced_still_picture_header)
		parse_tools(&b, &sequence);
	if (!bits_ok(&b) || width > UINT16_MAX || height > UINT16_MAX)
		return TSR_E_MALFORMED;
	bits_skip(&b, 3); /* superres, cdef, restoration */
	parse_color_config(&b, &sequence);
	sequence.width = (uint16_t)width;
	sequence.height = (uint16_t)height;
	*out = sequence;
	return TSR_OK;
}

/* Section 5.9.2: from error_resilient_mode through refresh_frame_flags */
static uint8_t parse_refresh_flags(const struct av1_sequence *sequence, struct bits *b, unsigned type)
{
	bool error_resilient_mode = type == SWITCH_FRAME || bits_flag(b);
	bits_skip(b, 1); /* disable_cdf_update */
	unsigned screen_content_tools = sequence->force_screen_content_tools;
	if (screen_content_tools == SELECT)
		screen_content_tools = bits_flag(b);
	if (screen_content_tools && sequence->force_integer_mv == SELECT)
		bits_skip(b, 1); /* force_integer_mv */
	bits_skip(b, sequence->frame_id_bits);
	if (type != SWITCH_FRAME)
		bits_skip(b, 1); /* frame_size_override_flag */
	bits_skip(b, sequence->order_hint_bits);
	bool intra = type == KEY_FRAME || type == INTRA_ONLY_FRAME;
	if (!intra && !error_resilient_mode)
		bits_skip(b, 3); /* primary_ref_frame */
	return type == SWITCH_FRAME ? 0xff : (uint8_t)bits_u(b, 8);
}

tsr_error av1_parse_frame(const struct av1_sequence *sequence, const uint8_t *payload, size_t size,
			  struct av1_frame *out)
{
	struct bits b = bits_of(payload, size);
	struct av1_frame frame = {.shown = true};
	if (sequence->reduced_still_picture_header) {
		frame.keyframe = true;
	} else if (!bits_flag(&b)) { /* show_existing_frame; showing a key frame again would refresh references */
		unsigned type = bits_u(&b, 2);
		frame.shown = bits_flag(&b);
		frame.keyframe = type == KEY_FRAME && frame.shown;
		/* With a decoder model there is more to read before the flags; a call has none. */
		if (!frame.keyframe && !sequence->decoder_model_info) {
			if (!frame.shown)
				bits_skip(&b, 1); /* showable_frame */
			frame.droppable = parse_refresh_flags(sequence, &b, type) == 0;
		}
	}
	if (!bits_ok(&b))
		return TSR_E_MALFORMED;
	*out = frame;
	return TSR_OK;
}
