/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bits, most significant first, on top of the bounds-checked reader. Like it, a read beyond the end yields 0 and is
 * remembered: parse a whole header, then check once with bits_ok(). */
#ifndef TSR_BITSTREAM_BITS_H
#define TSR_BITSTREAM_BITS_H

#include "../common/reader.h"

struct bits {
	struct reader in;
	uint8_t byte;   /* the one being read */
	uint8_t left;   /* bits of it that are not read yet */
	uint8_t zeros;  /* zero bytes in a row before it */
	bool emulation; /* skip emulation prevention bytes (H.264 section 7.4.1, H.265 section 7.4.2) */
};

static inline struct bits bits_of(const uint8_t *data, size_t size)
{
	return (struct bits){.in = reader_of(data, size)};
}

/* The payload of an H.264 or H.265 NAL unit, whose emulation prevention bytes are not part of the syntax. */
static inline struct bits bits_of_nal(const uint8_t *data, size_t size)
{
	return (struct bits){.in = reader_of(data, size), .emulation = true};
}

static inline bool bits_ok(const struct bits *b)
{
	return reader_ok(&b->in);
}

static inline void bits_next_byte(struct bits *b)
{
	b->byte = reader_u8(&b->in);
	if (b->emulation && b->zeros >= 2 && b->byte == 3) {
		b->byte = reader_u8(&b->in);
		b->zeros = 0;
	}
	b->zeros = b->byte == 0 ? b->zeros + (b->zeros < 2) : 0;
	b->left = 8;
}

static inline bool bits_flag(struct bits *b)
{
	if (b->left == 0)
		bits_next_byte(b);
	b->left--;
	return b->byte >> b->left & 1;
}

/* `count` bits, 0 to 32. */
static inline uint32_t bits_u(struct bits *b, unsigned count)
{
	uint32_t value = 0;
	while (count-- > 0)
		value = value << 1 | bits_flag(b);
	return value;
}

static inline void bits_skip(struct bits *b, unsigned count)
{
	while (count-- > 0 && bits_ok(b))
		(void)bits_flag(b);
}

/* ue(v), H.264 section 9.1. A code of more than 32 bits is an overrun: no valid header holds one. */
static inline uint32_t bits_ue(struct bits *b)
{
	unsigned zeros = 0;
	while (bits_ok(b) && !bits_flag(b))
		if (++zeros > 31)
			b->in.overrun = true;
	return bits_ok(b) ? (UINT32_C(1) << zeros) - 1 + bits_u(b, zeros) : 0;
}

/* se(v), H.264 section 9.1.1. */
static inline int32_t bits_se(struct bits *b)
{
	uint32_t code = bits_ue(b);
	int32_t half = (int32_t)(code / 2);
	return code & 1 ? half + 1 : -half;
}

#endif
