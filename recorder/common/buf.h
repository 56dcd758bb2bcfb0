/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A growing byte buffer that knows its cap from the start. Not thread-safe. */
#ifndef TSR_COMMON_BUF_H
#define TSR_COMMON_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct buf {
	uint8_t *data;
	size_t len;
	size_t alloc;
	size_t cap; /* append fails with TSR_E_LIMIT beyond it */
};

void buf_init(struct buf *b, size_t cap);

/* Frees the bytes and zeroes the struct; a zeroed or NULL buf is fine. */
void buf_finish(struct buf *b);

/* Room for `more` bytes behind len, without changing len. The pointer is valid until the next call that grows the buffer;
 * NULL when the cap or the memory is exhausted (the content is untouched). */
TSR_MUST_USE uint8_t *buf_reserve(struct buf *b, size_t more);

/* TSR_OK, TSR_E_LIMIT or TSR_E_NOMEM; on failure nothing was appended. */
TSR_MUST_USE tsr_error buf_append(struct buf *b, const void *data, size_t size);

/* Inserts before `at` (0 to len). Errors as buf_append. */
TSR_MUST_USE tsr_error buf_insert(struct buf *b, size_t at, const void *data, size_t size);

/* Forgets the content, keeps the memory. */
static inline void buf_clear(struct buf *b)
{
	b->len = 0;
}

#endif
