/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the recorder must understand of AV1 (AV1 bitstream specification sections 4.10.5 and 5.3 to 5.9): open bitstream
 * units, the sequence header, and the first elements of a frame header. */
#ifndef TSR_BITSTREAM_AV1_H
#define TSR_BITSTREAM_AV1_H

#include "../common/error.h"
#include "../common/reader.h"

/* obu_type (section 6.2.2) */
enum {
	AV1_OBU_SEQUENCE_HEADER = 1,
	AV1_OBU_TEMPORAL_DELIMITER = 2,
	AV1_OBU_FRAME_HEADER = 3,
	AV1_OBU_TILE_GROUP = 4,
	AV1_OBU_FRAME = 6,
	AV1_OBU_TILE_LIST = 8,
};

#define AV1_OBU_HAS_SIZE 0x02 /* bit of an OBU header's first byte */

struct av1_obu {
	uint8_t type;
	uint8_t temporal_id, spatial_id; /* 0 without an extension */
	bool has_size;
	size_t header_size;     /* 1 or 2 bytes, without the size field */
	const uint8_t *payload; /* borrowed */
	size_t payload_size;
};

/* The size of the OBU that these bytes begin with, if it tells it and it fits; else of all of them. */
size_t av1_obu_size(const uint8_t *data, size_t size);

/* An OBU that takes all of these bytes, with or without a size field. TSR_OK and *out, or TSR_E_MALFORMED. */
TSR_MUST_USE tsr_error av1_parse_obu(const uint8_t *data, size_t size, struct av1_obu *out);

/* leb128() of at most 32 bits; above that, or without an end, it is an overrun. */
uint32_t av1_read_leb128(struct reader *r);

#define AV1_MAX_LEB128 5

/* Writes `value` in as few bytes as it takes, and returns their number. */
size_t av1_write_leb128(uint32_t value, uint8_t out[AV1_MAX_LEB128]);

struct av1_sequence {
	uint16_t width; /* the largest frame's */
	uint16_t height;
	/* What a frame header's reader must know: */
	bool reduced_still_picture_header;
	bool decoder_model_info;
	uint8_t frame_id_bits;
	uint8_t order_hint_bits;
	uint8_t force_screen_content_tools;
	uint8_t force_integer_mv;
	/* What containers say of it: profile, level and tier of the first operating point; the samples. */
	uint8_t profile, level, tier;
	bool high_bitdepth, twelve_bit, monochrome, subsampling_x, subsampling_y;
	uint8_t sample_position;
};

/* Section 5.5. TSR_OK and *out, or TSR_E_MALFORMED. */
TSR_MUST_USE tsr_error av1_parse_sequence(const uint8_t *payload, size_t size, struct av1_sequence *out);

struct av1_frame {
	bool keyframe; /* a key frame that is shown */
	bool shown;
	bool droppable; /* no later frame refers to it */
};

/* Section 5.9.2, of a frame header or frame OBU. TSR_OK and *out, or TSR_E_MALFORMED. */
TSR_MUST_USE tsr_error av1_parse_frame(const struct av1_sequence *sequence, const uint8_t *payload, size_t size,
				       struct av1_frame *out);

#endif
