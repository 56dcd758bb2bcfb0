/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the Janus thread leaves packets for a worker: two byte buffers, one being filled, one being emptied. A push is a
 * lock, a memcpy and an unlock; nothing is allocated once the buffers have grown to the traffic, nobody is woken, and
 * nobody is waited for. */
#ifndef TSR_RTP_INBOX_H
#define TSR_RTP_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inbox;

struct inbox_stats {
	uint64_t packets;
	uint64_t bytes;
	uint64_t dropped_packets; /* refused because the inbox was full */
	uint64_t dropped_bytes;
	size_t depth_bytes; /* waiting now */
	size_t depth_max_bytes;
	size_t alloc_bytes; /* of the half that is being filled */
};

/* One entry as the worker sees it; data is borrowed until the next inbox_take. */
struct inbox_item {
	const uint8_t *data;
	uint32_t size;
	uint8_t track;
	bool rtcp;
	int64_t arrival_us;
};

/* max_bytes caps each of the two buffers. NULL when memory is out. */
struct inbox *inbox_create(size_t max_bytes);
void inbox_destroy(struct inbox *in);

/* Copies the packet. Any thread. False when it was refused (counted): low-priority packets (video) at three quarters of
 * the cap and from then on until it has been emptied; others at the cap. */
bool inbox_push(struct inbox *in, uint8_t track, bool rtcp, bool low_priority, const uint8_t *data, size_t size,
		int64_t arrival_us);

/* Takes everything that waits. One worker at a time. Then inbox_next() yields item after item, false at the end. */
void inbox_take(struct inbox *in);
bool inbox_next(struct inbox *in, struct inbox_item *item);

/* A snapshot. Any thread. */
void inbox_get_stats(struct inbox *in, struct inbox_stats *out);

#endif
