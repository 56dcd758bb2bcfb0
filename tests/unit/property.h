/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The property that every video depacketizer must have, whatever was lost on the way: what comes out are exactly frames that
 * went in, whole, in order; none is kept back whose packets all came and whose start was not in doubt.
 *
 * A codec says how a random frame looks as RTP payloads, and how it must come out. */
#ifndef TESTS_UNIT_PROPERTY_H
#define TESTS_UNIT_PROPERTY_H

#include "depay_util.h"

#include "recorder/common/buf.h"

enum { FRAMES = 60, PACKETS = 4000, MTU = 1200, STREAMS = 25, KEYFRAME_INTERVAL = 12 };

struct sent_packet {
	size_t at, size; /* in bytes */
	int frame;
	bool marker;
	bool dropped;
};

struct stream {
	uint64_t random;
	struct buf bytes; /* of all packets */
	struct sent_packet packets[PACKETS];
	unsigned count;
	int frame; /* the one being made */
	bool markers;
	unsigned variant;          /* 0 to 3: how this sender does it */
	struct buf frames[FRAMES]; /* as they must come out */
	bool whole[FRAMES];
	bool handed_on[FRAMES];
	int last; /* handed on */
};

/* Makes frame s->frame: add_packet() for each payload, expect() for the bytes that must come out. */
typedef void (*make_frame)(struct stream *s, bool keyframe);

/* 0 to below - 1 */
static inline unsigned pick(struct stream *s, unsigned below)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (unsigned)(s->random >> 32) % below;
}

static inline void add_packet(struct stream *s, const void *header, size_t header_size, const void *body, size_t size)
{
	assert_true(s->count < PACKETS);
	s->packets[s->count++] = (struct sent_packet){s->bytes.len, header_size + size, s->frame};
	assert_int_equal(buf_append(&s->bytes, header, header_size), TSR_OK);
	assert_int_equal(buf_append(&s->bytes, body, size), TSR_OK);
}

static inline void expect(struct stream *s, const void *bytes, size_t size)
{
	assert_int_equal(buf_append(&s->frames[s->frame], bytes, size), TSR_OK);
}

/* Random bytes behind a given beginning. */
static inline size_t fill(struct stream *s, uint8_t *to, const void *begin, size_t begin_size, size_t max)
{
	size_t size = begin_size + pick(s, (unsigned)(pick(s, 2) ? 60 : max - begin_size));
	memcpy(to, begin, begin_size);
	for (size_t i = begin_size; i < size; i++)
		to[i] = (uint8_t)pick(s, 256);
	return size;
}

static inline void make_stream(struct stream *s, uint64_t seed, make_frame make)
{
	*s = (struct stream){.random = seed * UINT64_C(0x9e3779b97f4a7c15), .last = -1};
	buf_init(&s->bytes, SIZE_MAX);
	s->markers = pick(s, 4) != 0;
	s->variant = pick(s, 4);
	for (s->frame = 0; s->frame < FRAMES; s->frame++) {
		buf_init(&s->frames[s->frame], SIZE_MAX);
		make(s, s->frame % KEYFRAME_INTERVAL == 0);
		s->packets[s->count - 1].marker = s->markers || s->frame == FRAMES - 1;
	}
}

static inline void free_stream(struct stream *s)
{
	buf_finish(&s->bytes);
	for (unsigned i = 0; i < FRAMES; i++)
		buf_finish(&s->frames[i]);
}

static inline void drop_packets(struct stream *s, unsigned percent)
{
	for (unsigned i = 0; i < FRAMES; i++)
		s->whole[i] = true;
	for (unsigned i = 0; i < s->count; i++) {
		s->packets[i].dropped = pick(s, 100) < percent;
		if (s->packets[i].dropped)
			s->whole[s->packets[i].frame] = false;
	}
}

static inline int check_handed_on(void *ctx, const struct frame *frame)
{
	struct stream *s = ctx;
	int index = (int)(frame->rtp_ts / 3000);
	assert_true(index > s->last && index < FRAMES);
	assert_true(s->whole[index]);
	assert_int_equal(frame->size, s->frames[index].len);
	assert_memory_equal(frame->data, s->frames[index].data, frame->size);
	assert_int_equal(frame->keyframe, index % KEYFRAME_INTERVAL == 0);
	bool gap = false;
	for (unsigned i = 0; i < s->count; i++)
		gap = gap || (s->packets[i].dropped && s->packets[i].frame > s->last && s->packets[i].frame < index);
	if (s->last >= 0)
		assert_int_equal(frame->discontinuity, gap);
	s->last = index;
	s->handed_on[index] = true;
	return 0;
}

static inline void send_stream(struct stream *s, tsr_codec codec)
{
	struct depay_config config = {0};
	struct depay *d = NULL;
	assert_int_equal(depay_create(codec, &config, check_handed_on, s, &d), TSR_OK);
	bool lost = false;
	for (unsigned i = 0; i < s->count; i++) {
		const struct sent_packet *p = &s->packets[i];
		if (!p->dropped) {
			uint8_t *exact = malloc(p->size);
			assert_non_null(exact);
			memcpy(exact, s->bytes.data + p->at, p->size);
			struct rtp_packet pkt = {
				.payload = exact,
				.payload_size = p->size,
				.timestamp = (uint32_t)p->frame * 3000,
				.seq = (uint16_t)i,
				.marker = p->marker,
			};
			assert_int_equal(depay_push(d, &pkt, lost), TSR_OK);
			free(exact);
		}
		lost = p->dropped;
	}
	assert_int_equal(depay_flush(d), TSR_OK);
	assert_int_equal(depay_stats(d)->malformed, 0);
	depay_destroy(d);
}

/* A frame whose packets all came, and the packet before and the packet after them, must have been handed on. */
static inline void check_none_kept_back(const struct stream *s)
{
	for (int i = 0; i < FRAMES; i++) {
		bool sure = s->whole[i];
		for (unsigned p = 0; p < s->count; p++) {
			bool before = p + 1 < s->count && s->packets[p + 1].frame == i;
			bool after = p > 0 && s->packets[p - 1].frame == i && !s->packets[p - 1].marker;
			sure = sure && !(s->packets[p].dropped && (before || after));
		}
		if (sure)
			assert_true(s->handed_on[i]);
	}
}

static inline void check_property(tsr_codec codec, make_frame make)
{
	static const unsigned losses[] = {0, 1, 5, 20, 60};
	static struct stream s;
	for (unsigned seed = 1; seed <= STREAMS; seed++)
		for (unsigned i = 0; i < COUNT(losses); i++) {
			make_stream(&s, seed, make);
			drop_packets(&s, losses[i]);
			send_stream(&s, codec);
			check_none_kept_back(&s);
			free_stream(&s);
		}
}

#endif
