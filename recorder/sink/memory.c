/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "../common/clock.h"

struct memory_sink {
	struct sink base;
	struct buf *into;
	struct sink_stats stats;
};

static tsr_error memory_write(struct sink *s, const uint8_t *data, size_t size)
{
	struct memory_sink *m = (struct memory_sink *)s;
	if (m->stats.error == TSR_OK && m->into != NULL)
		m->stats.error = buf_append(m->into, data, size);
	if (m->stats.error != TSR_OK)
		return m->stats.error;
	m->stats.bytes_accepted += size;
	m->stats.bytes_written = m->stats.bytes_durable = m->stats.bytes_accepted;
	m->stats.last_write_us = clock_now_us();
	m->stats.writes++;
	return TSR_OK;
}

static bool memory_has_room(struct sink *s, size_t size, bool audio)
{
	const struct memory_sink *m = (const struct memory_sink *)s;
	(void)audio;
	return m->into == NULL || size <= m->into->cap - m->into->len;
}

static void memory_get_stats(struct sink *s, struct sink_stats *out)
{
	*out = ((const struct memory_sink *)s)->stats;
}

static void memory_finish(struct sink *s, sink_finished_cb done, void *ctx)
{
	struct memory_sink *m = (struct memory_sink *)s;
	struct sink_result result = {.error = m->stats.error, .bytes = m->stats.bytes_accepted};
	done(ctx, &result);
	free(m);
}

static tsr_error memory_patch(struct sink *s, uint64_t offset, const uint8_t *data, size_t size, bool at_end)
{
	struct memory_sink *m = (struct memory_sink *)s;
	(void)at_end;
	if (m->into != NULL && m->stats.error == TSR_OK)
		memcpy(m->into->data + offset, data, size);
	return m->stats.error;
}

static const struct sink_ops memory_ops = {memory_write, memory_has_room, memory_get_stats, memory_finish,
					   memory_patch};

struct sink *memory_sink_create(struct buf *into)
{
	struct memory_sink *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return NULL;
	m->base.ops = &memory_ops;
	m->into = into;
	return &m->base;
}
