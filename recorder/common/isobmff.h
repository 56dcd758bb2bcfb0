/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Boxes of the ISO base media file format (ISO 14496-12 section 4.2): writing them into a buffer, and walking through them. Types are
 * four characters. */
#ifndef TSR_COMMON_ISOBMFF_H
#define TSR_COMMON_ISOBMFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/* Of a box with a 32-bit size, and with one of 64 bits (size is 1). */
#define BOX_HEAD_BYTES       8
#define BOX_LARGE_HEAD_BYTES 16

/* Appends; the first error stays, and nothing is appended after it. */
struct box_writer {
	struct buf *out;
	tsr_error error;
};

/* Returns where the box begins, for box_end, which fills in its size. */
size_t box_begin(struct box_writer *w, const char *type);
/* Of a FullBox. `flags` are 24 bits. */
size_t box_begin_full(struct box_writer *w, const char *type, unsigned version, uint32_t flags);
void box_end(struct box_writer *w, size_t begin);
/* `more` bytes of its content come later, from elsewhere. */
void box_end_with(struct box_writer *w, size_t begin, uint64_t more);

void box_u8(struct box_writer *w, unsigned value);
void box_u16(struct box_writer *w, unsigned value);
void box_u32(struct box_writer *w, uint32_t value);
void box_u64(struct box_writer *w, uint64_t value);
void box_bytes(struct box_writer *w, const void *data, size_t size);
void box_zeroes(struct box_writer *w, size_t size);

void box_put_u32(uint8_t *at, uint32_t value);
void box_put_u64(uint8_t *at, uint64_t value);
uint32_t box_get_u32(const uint8_t *at);
uint64_t box_get_u64(const uint8_t *at);

struct box {
	const uint8_t *type; /* 4 bytes */
	const uint8_t *data; /* its content */
	size_t size;         /* of the content */
};

bool box_is(const struct box *b, const char *type);

/* The box at *data, of *left bytes, which go on behind it. False when there is none that is whole. Of 32-bit sizes alone. */
bool box_next(const uint8_t **data, size_t *left, struct box *out);

/* The first box of that type among those in `size` bytes. */
bool box_find(const uint8_t *data, size_t size, const char *type, struct box *out);

#endif
