/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "annexb.h"

const uint8_t annexb_start_code[ANNEXB_START_CODE_SIZE] = {0, 0, 0, 1};

tsr_error annexb_append(struct buf *out, const uint8_t *nal, size_t size)
{
	size_t before = out->len;
	tsr_error err = buf_append(out, annexb_start_code, ANNEXB_START_CODE_SIZE);
	if (err == TSR_OK)
		err = buf_append(out, nal, size);
	if (err != TSR_OK)
		out->len = before;
	return err;
}

size_t annexb_find_start_code(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i + 3 <= size; i++)
		if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1)
			return i;
	return size;
}

size_t annexb_trim(const uint8_t *nal, size_t size)
{
	while (size > 0 && nal[size - 1] == 0)
		size--;
	return size;
}

size_t annexb_prefix(const uint8_t *data, size_t size)
{
	size_t at = 0;
	while (at < size && data[at] == 0)
		at++;
	return at >= 2 && at < size && data[at] == 1 ? at + 1 : 0;
}

bool annexb_next(struct reader *stream, const uint8_t **nal, size_t *size)
{
	while (stream->left > 0) {
		reader_skip(stream, annexb_find_start_code(stream->p, stream->left));
		if (stream->left == 0)
			break;
		reader_skip(stream, 3);
		size_t length = annexb_find_start_code(stream->p, stream->left);
		const uint8_t *at = reader_bytes(stream, length);
		length = annexb_trim(at, length);
		if (length > 0) {
			*nal = at;
			*size = length;
			return true;
		}
	}
	return false;
}
