/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blocks of memory that carry bytes from the muxer to a writer thread, and the stock of empty ones that all sinks share. */
#ifndef TSR_SINK_CHUNKS_H
#define TSR_SINK_CHUNKS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_PACKET_BYTES 188
/* 348 whole TS packets: with its header a chunk stays just below 64 KiB, and no packet straddles two. */
#define CHUNK_BYTES (348 * TS_PACKET_BYTES)

struct chunk {
	struct chunk *next;
	size_t used;
	uint8_t data[CHUNK_BYTES];
};

/* A list of chunks, oldest first. All zero is empty. */
struct chunk_list {
	struct chunk *head, *tail;
	size_t bytes;
};

/* Empty chunks for reuse, at most LIMIT_FREE_CHUNKS; more are given back to the system. */
struct chunk_pool {
	pthread_mutex_t lock;
	struct chunk *free;
	unsigned count;
};

void chunk_pool_init(struct chunk_pool *pool);
void chunk_pool_finish(struct chunk_pool *pool);

/* Appends a copy of all `size` bytes, or of none: false when memory is out. */
bool chunk_list_append(struct chunk_list *list, struct chunk_pool *pool, const uint8_t *data, size_t size);

/* Replaces `size` bytes from `at` on, all of which are there. */
void chunk_list_replace(struct chunk_list *list, size_t at, const uint8_t *data, size_t size);

/* Gives all chunks back to the pool; the list is empty then. */
void chunk_list_release(struct chunk_list *list, struct chunk_pool *pool);

#endif
