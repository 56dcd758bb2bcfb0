/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of the checks of TR 101 290: each 64 bytes of the input are a packet, which the rest of is padding. Whatever the stream: its
 * findings are in order, and they are the same when it is read again. */
#include <stdlib.h>
#include <string.h>

#include "tools/section.h"
#include "tools/tr101290.h"

#include "targets.h"

#define RECORD 64

struct heard {
	uint64_t offset; /* of the packet being read */
	uint32_t sum;
};

static void hear(void *ctx, const struct tr_finding *f)
{
	struct heard *h = ctx;
	FUZZ_ASSERT(f->offset == h->offset && f->time_ms >= -1 && f->pid < 8192);
	h->sum = h->sum * 31 + (uint32_t)f->check + crc32_mpeg((const uint8_t *)f->text, strlen(f->text));
}

static uint32_t read_stream(const uint8_t *data, size_t size)
{
	struct heard heard = {0};
	struct tr101290 *t = tr101290_new(hear, &heard);
	for (size_t at = 0; at + RECORD <= size; at += RECORD) {
		uint8_t *packet = malloc(TS_PACKET); /* of its own, so that a read beyond it is noticed */
		FUZZ_ASSERT(packet != NULL);
		memset(packet, 0xff, TS_PACKET);
		memcpy(packet, data + at, RECORD);
		tr101290_take(t, packet);
		free(packet);
		heard.offset += TS_PACKET;
	}
	tr101290_end(t);
	free(t);
	return heard.sum;
}

void fuzz_tr101290(const uint8_t *data, size_t size)
{
	FUZZ_ASSERT(read_stream(data, size) == read_stream(data, size));
}
