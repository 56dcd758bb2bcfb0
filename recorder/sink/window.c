/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window.h"

#include <errno.h>

const uint8_t *window_look(struct window *w, uint64_t at, size_t size)
{
	errno = 0;
	if (at < w->at || at + size > w->at + w->bytes) {
		ssize_t n = w->read(w->ctx, w->buffer, sizeof(w->buffer), at);
		w->at = at;
		w->bytes = n > 0 ? (size_t)n : 0;
		if (n < 0)
			return NULL;
	}
	return at + size <= w->at + w->bytes ? w->buffer + (at - w->at) : NULL;
}

int window_find_end(struct window *w, uint64_t *end)
{
	uint64_t low = 0, high = 1;
	uint8_t byte;
	ssize_t n;
	while ((n = w->read(w->ctx, &byte, 1, high - 1)) > 0 && high < (uint64_t)INT64_MAX / 2) {
		low = high;
		high *= 2;
	}
	while (n >= 0 && low + 1 < high) { /* `low` bytes are there, `high` are not */
		uint64_t middle = low + (high - low) / 2;
		n = w->read(w->ctx, &byte, 1, middle - 1);
		if (n > 0)
			low = middle;
		else
			high = middle;
	}
	*end = low;
	return n < 0 ? -1 : 0;
}
