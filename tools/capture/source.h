/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file read through one window of fixed size: sequential, bounds-checked, in constant memory. */
#ifndef TSREC_SOURCE_H
#define TSREC_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recorder/recorder.h"

/* The longest stretch that source_peek can show at once. */
#ifdef TSR_SMALL_LIMITS
#define SOURCE_WINDOW 4096
#else
#define SOURCE_WINDOW (512 * 1024)
#endif

struct source;

/* TSR_OK and *out; TSR_E_NOTFOUND, TSR_E_ACCESS, TSR_E_IO, TSR_E_UNSUPPORTED (not a regular file). */
TSR_MUST_USE tsr_error source_open(const char *path, struct source **out);

/* A second reader of the same open file, beginning where this one stands. It must be closed first. */
struct source *source_ahead(const struct source *s);

void source_close(struct source *s);

/* The next `size` bytes, borrowed until the next call; NULL when fewer are left, or when `size` is above SOURCE_WINDOW. */
const uint8_t *source_peek(struct source *s, size_t size);

/* Steps over bytes, read or not. */
void source_skip(struct source *s, uint64_t size);

/* How many bytes source_peek can show now, at most `wanted`. */
size_t source_available(struct source *s, size_t wanted);

uint64_t source_offset(const struct source *s);

/* TSR_E_IO once a read has failed. */
tsr_error source_error(const struct source *s);

/* Numbers in the bytes that source_peek showed. */
static inline uint16_t get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}

#endif
