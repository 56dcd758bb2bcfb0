/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "buf.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ALLOC 4096

void buf_init(struct buf *b, size_t cap)
{
	*b = (struct buf){.cap = cap};
}

void buf_finish(struct buf *b)
{
	if (b == NULL)
		return;
	free(b->data);
	*b = (struct buf){0};
}

uint8_t *buf_reserve(struct buf *b, size_t more)
{
	if (more > b->cap || b->len > b->cap - more)
		return NULL;
	size_t need = b->len + more;
	if (need > b->alloc) {
		size_t alloc = b->alloc ? b->alloc : FIRST_ALLOC;
		while (alloc < need)
			alloc *= 2;
		if (alloc > b->cap)
			alloc = b->cap;
		uint8_t *data = realloc(b->data, alloc);
		if (data == NULL)
			return NULL;
		b->data = data;
		b->alloc = alloc;
	}
	return b->data + b->len;
}

static tsr_error why_no_room(const struct buf *b, size_t more)
{
	return more > b->cap || b->len > b->cap - more ? TSR_E_LIMIT : TSR_E_NOMEM;
}

tsr_error buf_append(struct buf *b, const void *data, size_t size)
{
	if (size == 0)
		return TSR_OK;
	uint8_t *at = buf_reserve(b, size);
	if (at == NULL)
		return why_no_room(b, size);
	memcpy(at, data, size);
	b->len += size;
	return TSR_OK;
}

tsr_error buf_insert(struct buf *b, size_t at, const void *data, size_t size)
{
	if (at > b->len)
		return TSR_E_INVAL;
	if (size == 0)
		return TSR_OK;
	if (buf_reserve(b, size) == NULL)
		return why_no_room(b, size);
	memmove(b->data + at + size, b->data + at, b->len - at);
	memcpy(b->data + at, data, size);
	b->len += size;
	return TSR_OK;
}
