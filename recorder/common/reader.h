/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bounds-checked way to read bytes that came from elsewhere. A read beyond the end yields 0 and sets `overrun`, which
 * stays set: parse a whole structure, then check once with reader_ok(). */
#ifndef TSR_COMMON_READER_H
#define TSR_COMMON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
	const uint8_t *p;
	size_t left;
	bool overrun;
};

static inline struct reader reader_of(const uint8_t *data, size_t size)
{
	return (struct reader){data, size, false};
}

static inline bool reader_ok(const struct reader *r)
{
	return !r->overrun;
}

/* The next `size` bytes as a borrowed pointer, or NULL (and overrun) when there are fewer. */
static inline const uint8_t *reader_bytes(struct reader *r, size_t size)
{
	if (size > r->left) {
		r->overrun = true;
		r->left = 0;
		return NULL;
	}
	const uint8_t *at = r->p;
	r->p += size;
	r->left -= size;
	return at;
}

static inline void reader_skip(struct reader *r, size_t size)
{
	(void)reader_bytes(r, size);
}

static inline uint8_t reader_u8(struct reader *r)
{
	const uint8_t *b = reader_bytes(r, 1);
	return b ? b[0] : 0;
}

static inline uint16_t reader_be16(struct reader *r)
{
	const uint8_t *b = reader_bytes(r, 2);
	return b ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

static inline uint32_t reader_be24(struct reader *r)
{
	const uint8_t *b = reader_bytes(r, 3);
	return b ? (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2] : 0;
}

static inline uint32_t reader_be32(struct reader *r)
{
	const uint8_t *b = reader_bytes(r, 4);
	return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3] : 0;
}

static inline uint64_t reader_be64(struct reader *r)
{
	uint64_t high = reader_be32(r);
	return high << 32 | reader_be32(r);
}

static inline uint16_t reader_le16(struct reader *r)
{
	const uint8_t *b = reader_bytes(r, 2);
	return b ? (uint16_t)(b[1] << 8 | b[0]) : 0;
}

static inline uint32_t reader_le32(struct reader *r)
{
	const uint8_t *b = reader_bytes(r, 4);
	return b ? (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0] : 0;
}

#endif
