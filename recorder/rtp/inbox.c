/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../common/buf.h"

/* A turn's worth of 100 Mb/s: kept, so that nothing is allocated in steady state. */
#define KEEP_BYTES (256 * 1024)

/* What stands before each packet in a buffer. */
struct header {
	int64_t arrival_us;
	uint32_t size;
	uint8_t track;
	uint8_t rtcp;
};

struct inbox {
	pthread_mutex_t lock;
	struct buf filling;       /* lock */
	struct buf emptying;      /* the worker's own */
	size_t read;              /* in emptying */
	bool refuse_low;          /* lock: video stays out until the worker has come by */
	struct inbox_stats stats; /* lock */
};

struct inbox *inbox_create(size_t max_bytes)
{
	struct inbox *in = calloc(1, sizeof(*in));
	if (in == NULL)
		return NULL;
	pthread_mutex_init(&in->lock, NULL);
	buf_init(&in->filling, max_bytes);
	buf_init(&in->emptying, max_bytes);
	return in;
}

void inbox_destroy(struct inbox *in)
{
	if (in == NULL)
		return;
	pthread_mutex_destroy(&in->lock);
	buf_finish(&in->filling);
	buf_finish(&in->emptying);
	free(in);
}

/* in->lock held. */
static uint8_t *room_for(struct inbox *in, size_t need, bool low_priority)
{
	if (low_priority) {
		if (in->filling.len + need > in->filling.cap / 4 * 3)
			in->refuse_low = true;
		if (in->refuse_low)
			return NULL;
	}
	return buf_reserve(&in->filling, need);
}

bool inbox_push(struct inbox *in, uint8_t track, bool rtcp, bool low_priority, const uint8_t *data, size_t size,
		int64_t arrival_us)
{
	struct header header = {.arrival_us = arrival_us, .size = (uint32_t)size, .track = track, .rtcp = rtcp};
	size_t need = sizeof(header) + size;

	pthread_mutex_lock(&in->lock);
	uint8_t *at = room_for(in, need, low_priority);
	if (at != NULL) {
		memcpy(at, &header, sizeof(header));
		memcpy(at + sizeof(header), data, size);
		in->filling.len += need;
		in->stats.packets++;
		in->stats.bytes += size;
		if (in->filling.len > in->stats.depth_max_bytes)
			in->stats.depth_max_bytes = in->filling.len;
	} else {
		in->stats.dropped_packets++;
		in->stats.dropped_bytes += size;
	}
	pthread_mutex_unlock(&in->lock);
	return at != NULL;
}

/* What a stall made grow is given back when it is over. */
static void shrink(struct buf *b)
{
	size_t cap = b->cap;
	if (b->alloc <= KEEP_BYTES || b->len > b->alloc / 8)
		return;
	buf_finish(b);
	buf_init(b, cap);
}

void inbox_take(struct inbox *in)
{
	shrink(&in->emptying);
	buf_clear(&in->emptying);
	in->read = 0;
	pthread_mutex_lock(&in->lock);
	struct buf full = in->filling;
	in->filling = in->emptying;
	in->emptying = full;
	in->refuse_low = false;
	pthread_mutex_unlock(&in->lock);
}

bool inbox_next(struct inbox *in, struct inbox_item *item)
{
	if (in->read == in->emptying.len)
		return false;
	struct header header;
	memcpy(&header, in->emptying.data + in->read, sizeof(header));
	*item = (struct inbox_item){
		.data = in->emptying.data + in->read + sizeof(header),
		.size = header.size,
		.track = header.track,
		.rtcp = header.rtcp,
		.arrival_us = header.arrival_us,
	};
	in->read += sizeof(header) + header.size;
	return true;
}

void inbox_get_stats(struct inbox *in, struct inbox_stats *out)
{
	pthread_mutex_lock(&in->lock);
	*out = in->stats;
	out->depth_bytes = in->filling.len;
	out->alloc_bytes = in->filling.alloc;
	pthread_mutex_unlock(&in->lock);
}
