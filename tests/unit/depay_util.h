/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests of the depacketizers share: tables of payloads that go in and frames that must come out. */
#ifndef TESTS_UNIT_DEPAY_UTIL_H
#define TESTS_UNIT_DEPAY_UTIL_H

#include "hex.h"

#include "recorder/common/limits.h"
#include "recorder/depay/depay.h"

#define MAX_SEEN 4096
#define MAX_ROWS 12

struct in_row {
	const char *hex;
	uint32_t ts;
	const char *flags; /* m: marker, l: something before it is lost, r: RED payload type */
	uint16_t skip;     /* so many sequence numbers before it are missing, when it is more than one */
};

struct out_row {
	const char *hex;
	uint32_t ts;
	const char *flags; /* k: keyframe, d: droppable, g: discontinuity ("gap") */
	uint16_t width, height;
	uint32_t samples;
	uint8_t temporal_id;
};

struct depay_case {
	const char *name;
	struct in_row in[MAX_ROWS];
	struct out_row out[MAX_ROWS];
	unsigned damaged, malformed, too_large;
};

struct seen {
	unsigned count;
	struct frame frames[MAX_SEEN]; /* their data is owned */
};

enum { TEST_PT = 96, TEST_RED_PT = 63 };

static inline int collect(void *ctx, const struct frame *frame)
{
	struct seen *seen = ctx;
	assert_true(seen->count < MAX_SEEN);
	struct frame *copy = &seen->frames[seen->count++];
	*copy = *frame;
	uint8_t *data = malloc(frame->size ? frame->size : 1);
	assert_non_null(data);
	memcpy(data, frame->data, frame->size);
	copy->data = data;
	return 0;
}

static inline void forget(struct seen *seen)
{
	for (unsigned i = 0; i < seen->count; i++)
		free((void *)(uintptr_t)seen->frames[i].data);
	seen->count = 0;
}

static inline struct depay *start_depay(tsr_codec codec, struct seen *seen)
{
	struct depay_config config = {.clock_rate = tsr_codec_clock_rate(codec), .red_payload_type = TEST_RED_PT};
	struct depay *d = NULL;
	assert_int_equal(depay_create(codec, &config, collect, seen, &d), TSR_OK);
	return d;
}

static inline void push_row(struct depay *d, const struct in_row *row, uint16_t *seq)
{
	size_t size;
	uint8_t *payload = unhex(row->hex, &size);
	bool lost = strchr(row->flags, 'l') != NULL;
	*seq += lost ? (row->skip ? row->skip : 1) + 1 : 1;
	struct rtp_packet pkt = {
		.payload = payload,
		.payload_size = size,
		.arrival_us = row->ts,
		.timestamp = row->ts,
		.seq = *seq,
		.payload_type = strchr(row->flags, 'r') ? TEST_RED_PT : TEST_PT,
		.marker = strchr(row->flags, 'm') != NULL,
	};
	assert_int_equal(depay_push(d, &pkt, lost), TSR_OK);
	free(payload);
}

static inline void check_frame(const struct frame *frame, const struct out_row *row)
{
	size_t size;
	uint8_t *data = unhex(row->hex, &size);
	assert_int_equal(frame->size, size);
	assert_memory_equal(frame->data, data, size);
	assert_int_equal(frame->rtp_ts, row->ts);
	assert_int_equal(frame->keyframe, strchr(row->flags, 'k') != NULL);
	assert_int_equal(frame->droppable, strchr(row->flags, 'd') != NULL);
	assert_int_equal(frame->discontinuity, strchr(row->flags, 'g') != NULL);
	assert_int_equal(frame->width, row->width);
	assert_int_equal(frame->height, row->height);
	assert_int_equal(frame->samples, row->samples);
	assert_int_equal(frame->temporal_id, row->temporal_id);
	free(data);
}

static inline void run_cases(tsr_codec codec, const struct depay_case *cases, size_t count)
{
	static struct seen seen;
	for (const struct depay_case *c = cases; c < cases + count; c++) {
		print_message("  %s\n", c->name);
		struct depay *d = start_depay(codec, &seen);
		uint16_t seq = 65533;
		for (unsigned i = 0; i < MAX_ROWS && c->in[i].hex; i++)
			push_row(d, &c->in[i], &seq);
		assert_int_equal(depay_flush(d), TSR_OK);
		unsigned expected = 0;
		while (expected < MAX_ROWS && c->out[expected].hex)
			expected++;
		assert_int_equal(seen.count, expected);
		for (unsigned i = 0; i < expected; i++) {
			check_frame(&seen.frames[i], &c->out[i]);
			assert_int_equal(seen.frames[i].codec, codec);
		}
		const struct depay_stats *stats = depay_stats(d);
		assert_int_equal(stats->frames, expected);
		assert_int_equal(stats->frames_damaged, c->damaged);
		assert_int_equal(stats->malformed, c->malformed);
		assert_int_equal(stats->too_large, c->too_large);
		depay_destroy(d);
		forget(&seen);
	}
}

/* Fragments that never end stop at the cap, counted once, and leave nothing behind. */
static inline void check_endless(tsr_codec codec, const char *first, const char *later)
{
	static uint8_t payload[60000];
	static struct seen seen;
	struct depay *d = start_depay(codec, &seen);
	for (unsigned sent = 0; sent < 2 * LIMIT_FRAME_BYTES; sent += sizeof(payload)) {
		size_t size;
		uint8_t *begin = unhex(sent == 0 ? first : later, &size);
		memcpy(payload, begin, size);
		free(begin);
		struct rtp_packet pkt = {.payload = payload, .payload_size = sizeof(payload)};
		assert_int_equal(depay_push(d, &pkt, false), TSR_OK);
	}
	assert_int_equal(depay_flush(d), TSR_OK);
	assert_int_equal(seen.count, 0);
	assert_int_equal(depay_stats(d)->too_large, 1);
	assert_int_equal(depay_stats(d)->frames_damaged, 0);
	assert_int_equal(depay_stats(d)->malformed, 0);
	depay_destroy(d);
}

#endif
