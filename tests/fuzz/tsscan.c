/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of recovery's scanner. The first byte of the input says where the repair is interrupted; behind it, each 23 bytes
 * are a packet without its sync byte, which the rest of is padding. Whatever the stream: a repair must come to the same bytes
 * when it is repeated, and when it was interrupted before. */
#include <stdlib.h>
#include <string.h>

#include "recorder/sink/tsscan.h"

#include "targets.h"

#define RECORD  23
#define PACKETS 200

struct stream {
	uint8_t *data;
	uint64_t size;
};

static struct stream copy_of(const struct stream *s)
{
	struct stream copy = {.data = malloc(s->size + 1), .size = s->size};
	FUZZ_ASSERT(copy.data != NULL);
	memcpy(copy.data, s->data, s->size);
	return copy;
}

/* Each packet in a block of its own, so that a read beyond it is noticed. */
static void take(struct tsscan *scan, const uint8_t *packet)
{
	uint8_t *exact = malloc(TSSCAN_PACKET_BYTES);
	FUZZ_ASSERT(exact != NULL);
	memcpy(exact, packet, TSSCAN_PACKET_BYTES);
	tsscan_take(scan, exact);
	free(exact);
}

/* Overwrites `changes` packets at most, and cuts if that was all. What has too many PIDs is left alone. */
static void repair(struct stream *s, unsigned changes)
{
	static struct tsscan scan;
	uint64_t start;
	tsscan_init(&scan);
	for (uint64_t at = 0; at < s->size; at += TSSCAN_PACKET_BYTES)
		take(&scan, s->data + at);
	if (scan.too_many)
		return;
	uint64_t cut = tsscan_cut(&scan, &start);
	FUZZ_ASSERT(cut <= s->size && cut % TSSCAN_PACKET_BYTES == 0 && start <= cut);
	FUZZ_ASSERT(start % TSSCAN_PACKET_BYTES == 0);
	for (uint64_t at = start; at < cut; at += TSSCAN_PACKET_BYTES)
		if (tsscan_rewrite(&scan, at, s->data + at) && changes-- == 0)
			return;
	s->size = cut;
}

static void expect_same(const struct stream *a, const struct stream *b)
{
	FUZZ_ASSERT(a->size == b->size && memcmp(a->data, b->data, a->size) == 0);
}

void fuzz_tsscan(const uint8_t *data, size_t size)
{
	if (size < 1 + RECORD)
		return;
	unsigned changes = data[0];
	size_t packets = (size - 1) / RECORD < PACKETS ? (size - 1) / RECORD : PACKETS;
	struct stream s = {.data = malloc(packets * TSSCAN_PACKET_BYTES), .size = packets * TSSCAN_PACKET_BYTES};
	FUZZ_ASSERT(s.data != NULL);
	memset(s.data, 0xff, s.size);
	for (size_t i = 0; i < packets; i++) {
		s.data[i * TSSCAN_PACKET_BYTES] = 0x47;
		memcpy(s.data + i * TSSCAN_PACKET_BYTES + 1, data + 1 + i * RECORD, RECORD);
	}
	struct stream once = copy_of(&s);
	repair(&once, UINT32_MAX);
	struct stream twice = copy_of(&once);
	repair(&twice, UINT32_MAX);
	expect_same(&once, &twice);
	repair(&s, changes);
	repair(&s, UINT32_MAX);
	expect_same(&once, &s);
	free(s.data);
	free(once.data);
	free(twice.data);
}
