/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file as scanners look into it: by a function of the caller, so that they can be fuzzed, a piece at a time. */
#ifndef TSR_SINK_WINDOW_H
#define TSR_SINK_WINDOW_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define WINDOW_BYTES (64 * 1024)

struct window {
	/* Up to `size` bytes from `offset` on; fewer at the end only. -1 and errno. */
	ssize_t (*read)(void *ctx, void *data, size_t size, uint64_t offset);
	void *ctx;

	/* Its own. */
	uint64_t at;
	size_t bytes;
	uint8_t buffer[WINDOW_BYTES];
};

/* `size` bytes at `at`, WINDOW_BYTES at most, borrowed until the next call; NULL when there are fewer, or reading failed (errno, else 0). */
const uint8_t *window_look(struct window *w, uint64_t at, size_t size);

/* Where the file ends. 0, or -1 and errno. */
int window_find_end(struct window *w, uint64_t *end);

#endif
