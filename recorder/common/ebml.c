/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ebml.h"

#include <string.h>

/* Of a size that is filled in later. */
#define LATER_BYTES 4

const uint8_t ebml_unknown_size[8] = {0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

uint64_t ebml_read_uint(const uint8_t *data, size_t size)
{
	uint64_t value = 0;
	for (size_t i = 0; i < size; i++)
		value = value << 8 | data[i];
	return value;
}

/* Bytes of a number that begins with this one: leading zeroes, and one; 9 when there is no bit. */
static size_t length_of(uint8_t first)
{
	size_t length = 1;
	for (; length <= 8 && (first & 0x80 >> (length - 1)) == 0; length++)
		;
	return length;
}

size_t ebml_read_head(const uint8_t *data, size_t left, uint32_t *id, uint64_t *size)
{
	size_t id_length = left > 0 ? length_of(data[0]) : 9;
	if (id_length > 4 || id_length >= left)
		return 0;
	size_t size_length = length_of(data[id_length]);
	if (size_length > 8 || size_length > left - id_length)
		return 0;
	uint64_t mask = (UINT64_C(1) << (7 * size_length)) - 1;
	uint64_t value = ebml_read_uint(data + id_length, size_length) & mask;
	*id = (uint32_t)ebml_read_uint(data, id_length);
	*size = value == mask ? EBML_UNKNOWN_SIZE : value;
	return id_length + size_length;
}

static void append(struct ebml_writer *w, const void *data, size_t size)
{
	if (w->error == TSR_OK)
		w->error = buf_append(w->out, data, size);
}

static void append_uint(struct ebml_writer *w, uint64_t value, unsigned length)
{
	uint8_t bytes[8];
	for (unsigned i = 0; i < length; i++)
		bytes[i] = (uint8_t)(value >> 8 * (length - 1 - i));
	append(w, bytes, length);
}

static unsigned bytes_of(uint64_t value)
{
	unsigned length = 1;
	for (; length < 8 && value >> 8 * length != 0; length++)
		;
	return length;
}

void ebml_id(struct ebml_writer *w, uint32_t id)
{
	append_uint(w, id, bytes_of(id));
}

void ebml_size(struct ebml_writer *w, uint64_t size, unsigned length)
{
	append_uint(w, size | UINT64_C(1) << 7 * length, length);
}

/* In as few bytes as it takes; one of all ones would be the unknown one. */
static void short_size(struct ebml_writer *w, uint64_t size)
{
	unsigned length = 1;
	for (; size >= (UINT64_C(1) << 7 * length) - 1; length++)
		;
	ebml_size(w, size, length);
}

void ebml_bytes(struct ebml_writer *w, uint32_t id, const void *data, size_t size)
{
	ebml_id(w, id);
	short_size(w, size);
	append(w, data, size);
}

void ebml_string(struct ebml_writer *w, uint32_t id, const char *text)
{
	ebml_bytes(w, id, text, strlen(text));
}

void ebml_uint(struct ebml_writer *w, uint32_t id, uint64_t value)
{
	ebml_id(w, id);
	short_size(w, bytes_of(value));
	append_uint(w, value, bytes_of(value));
}

void ebml_uint8(struct ebml_writer *w, uint32_t id, uint64_t value)
{
	ebml_id(w, id);
	short_size(w, 8);
	append_uint(w, value, 8);
}

void ebml_float(struct ebml_writer *w, uint32_t id, double value)
{
	uint64_t bits;
	_Static_assert(sizeof(bits) == sizeof(value), "IEEE 754");
	memcpy(&bits, &value, sizeof(bits));
	ebml_uint8(w, id, bits);
}

void ebml_void(struct ebml_writer *w, size_t total)
{
	static const uint8_t zeroes[256];
	size_t size = total < 128 ? total - 2 : total - 9;
	ebml_id(w, EBML_VOID);
	ebml_size(w, size, total < 128 ? 1 : 8);
	for (size_t part; size > 0; size -= part) {
		part = size < sizeof(zeroes) ? size : sizeof(zeroes);
		append(w, zeroes, part);
	}
}

size_t ebml_begin(struct ebml_writer *w, uint32_t id)
{
	ebml_id(w, id);
	append_uint(w, 0, LATER_BYTES);
	return w->out->len;
}

void ebml_end(struct ebml_writer *w, size_t begin)
{
	if (w->error != TSR_OK)
		return;
	size_t size = w->out->len - begin;
	uint8_t *at = w->out->data + begin - LATER_BYTES;
	for (unsigned i = 0; i < LATER_BYTES; i++)
		at[i] = (uint8_t)(size >> 8 * (LATER_BYTES - 1 - i));
	at[0] |= 0x10;
}
