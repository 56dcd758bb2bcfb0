/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "isobmff.h"

#include <string.h>

void box_put_u32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
}

void box_put_u64(uint8_t *at, uint64_t value)
{
	box_put_u32(at, (uint32_t)(value >> 32));
	box_put_u32(at + 4, (uint32_t)value);
}

uint32_t box_get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint64_t box_get_u64(const uint8_t *at)
{
	return (uint64_t)box_get_u32(at) << 32 | box_get_u32(at + 4);
}

void box_bytes(struct box_writer *w, const void *data, size_t size)
{
	if (w->error == TSR_OK)
		w->error = buf_append(w->out, data, size);
}

void box_zeroes(struct box_writer *w, size_t size)
{
	uint8_t *at = w->error == TSR_OK ? buf_reserve(w->out, size) : NULL;
	if (at != NULL) {
		memset(at, 0, size);
		w->out->len += size;
	} else if (w->error == TSR_OK) {
		w->error = TSR_E_NOMEM;
	}
}

void box_u8(struct box_writer *w, unsigned value)
{
	const uint8_t byte = (uint8_t)value;
	box_bytes(w, &byte, 1);
}

void box_u16(struct box_writer *w, unsigned value)
{
	const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};
	box_bytes(w, bytes, sizeof(bytes));
}

void box_u32(struct box_writer *w, uint32_t value)
{
	uint8_t bytes[4];
	box_put_u32(bytes, value);
	box_bytes(w, bytes, sizeof(bytes));
}

void box_u64(struct box_writer *w, uint64_t value)
{
	uint8_t bytes[8];
	box_put_u64(bytes, value);
	box_bytes(w, bytes, sizeof(bytes));
}

size_t box_begin(struct box_writer *w, const char *type)
{
	size_t begin = w->out->len;
	box_u32(w, 0);
	box_bytes(w, type, 4);
	return begin;
}

size_t box_begin_full(struct box_writer *w, const char *type, unsigned version, uint32_t flags)
{
	size_t begin = box_begin(w, type);
	box_u32(w, (uint32_t)version << 24 | flags);
	return begin;
}

void box_end_with(struct box_writer *w, size_t begin, uint64_t more)
{
	uint64_t size = w->out->len - begin + more;
	if (w->error == TSR_OK && size > UINT32_MAX)
		w->error = TSR_E_LIMIT;
	if (w->error == TSR_OK)
		box_put_u32(w->out->data + begin, (uint32_t)size);
}

void box_end(struct box_writer *w, size_t begin)
{
	box_end_with(w, begin, 0);
}

bool box_is(const struct box *b, const char *type)
{
	return memcmp(b->type, type, 4) == 0;
}

bool box_next(const uint8_t **data, size_t *left, struct box *out)
{
	if (*left < BOX_HEAD_BYTES)
		return false;
	uint32_t size = box_get_u32(*data);
	if (size < BOX_HEAD_BYTES || size > *left)
		return false;
	*out = (struct box){.type = *data + 4, .data = *data + BOX_HEAD_BYTES, .size = size - BOX_HEAD_BYTES};
	*data += size;
	*left -= size;
	return true;
}

bool box_find(const uint8_t *data, size_t size, const char *type, struct box *out)
{
	while (box_next(&data, &size, out))
		if (box_is(out, type))
			return true;
	return false;
}
