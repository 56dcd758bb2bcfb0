/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chunks.h"

#include <stdlib.h>
#include <string.h>

#include "../common/limits.h"

void chunk_pool_init(struct chunk_pool *pool)
{
	*pool = (struct chunk_pool){0};
	pthread_mutex_init(&pool->lock, NULL);
}

void chunk_pool_finish(struct chunk_pool *pool)
{
	while (pool->free != NULL) {
		struct chunk *next = pool->free->next;
		free(pool->free);
		pool->free = next;
	}
	pthread_mutex_destroy(&pool->lock);
}

static struct chunk *take_empty(struct chunk_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	struct chunk *c = pool->free;
	if (c != NULL) {
		pool->free = c->next;
		pool->count--;
	}
	pthread_mutex_unlock(&pool->lock);
	if (c == NULL)
		c = malloc(sizeof(*c));
	if (c != NULL) {
		c->next = NULL;
		c->used = 0;
	}
	return c;
}

/* `count` empty chunks linked together, or NULL. */
static struct chunk *take_many(struct chunk_pool *pool, size_t count)
{
	struct chunk_list taken = {0};
	while (count-- > 0) {
		struct chunk *c = take_empty(pool);
		if (c == NULL) {
			chunk_list_release(&taken, pool);
			return NULL;
		}
		c->next = taken.head;
		taken.head = c;
	}
	return taken.head;
}

bool chunk_list_append(struct chunk_list *list, struct chunk_pool *pool, const uint8_t *data, size_t size)
{
	size_t room = list->tail != NULL ? CHUNK_BYTES - list->tail->used : 0;
	struct chunk *fresh = NULL;
	if (size > room) {
		fresh = take_many(pool, (size - room + CHUNK_BYTES - 1) / CHUNK_BYTES);
		if (fresh == NULL)
			return false;
		if (list->tail != NULL)
			list->tail->next = fresh;
		else
			list->head = list->tail = fresh;
	}
	list->bytes += size;
	while (size > 0) {
		struct chunk *c = list->tail;
		if (c->used == CHUNK_BYTES) {
			list->tail = c->next;
			continue;
		}
		size_t part = size < CHUNK_BYTES - c->used ? size : CHUNK_BYTES - c->used;
		memcpy(c->data + c->used, data, part);
		c->used += part;
		data += part;
		size -= part;
	}
	return true;
}

void chunk_list_replace(struct chunk_list *list, size_t at, const uint8_t *data, size_t size)
{
	for (struct chunk *c = list->head; c != NULL && size > 0; c = c->next) {
		if (at >= c->used) {
			at -= c->used;
			continue;
		}
		size_t part = size < c->used - at ? size : c->used - at;
		memcpy(c->data + at, data, part);
		data += part;
		size -= part;
		at = 0;
	}
}

void chunk_list_release(struct chunk_list *list, struct chunk_pool *pool)
{
	struct chunk *surplus = NULL;
	pthread_mutex_lock(&pool->lock);
	for (struct chunk *c = list->head, *next; c != NULL; c = next) {
		next = c->next;
		struct chunk **to = pool->count < LIMIT_FREE_CHUNKS ? &pool->free : &surplus;
		if (to == &pool->free)
			pool->count++;
		c->next = *to;
		*to = c;
	}
	pthread_mutex_unlock(&pool->lock);
	while (surplus != NULL) {
		struct chunk *next = surplus->next;
		free(surplus);
		surplus = next;
	}
	*list = (struct chunk_list){0};
}
