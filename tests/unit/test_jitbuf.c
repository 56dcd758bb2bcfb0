/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Order, loss, duplicates, wrap and restarts as a table: what goes in at which millisecond, and what comes out. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "recorder/rtp/jitbuf.h"

#define WAIT_MS 100

struct in {
	int seq; /* negative: poll only */
	int at_ms;
	uint32_t ssrc;
	int ts; /* 0 = its number */
};

struct out_log {
	char text[1024];
};

/* "7" delivered, "!7" after a loss of "(n)", "R7" after a restart. The payload is the sequence number again. */
static void note(void *ctx, const struct rtp_packet *pkt, uint32_t lost, bool restart)
{
	struct out_log *log = ctx;
	char entry[64];
	uint16_t payload;
	assert_int_equal(pkt->payload_size, sizeof(payload));
	memcpy(&payload, pkt->payload, sizeof(payload));
	assert_int_equal(payload, pkt->seq);
	snprintf(entry, sizeof(entry), restart ? "R%u " : lost ? "!%u(%u) " : "%u ", pkt->seq, lost);
	strncat(log->text, entry, sizeof(log->text) - strlen(log->text) - 1);
}

static void push_packet(struct jitbuf *jb, struct rtp_packet pkt)
{
	uint16_t *payload = malloc(sizeof(*payload)); /* gone after the push: what is held must be a copy */
	*payload = pkt.seq;
	pkt.payload = (uint8_t *)payload;
	pkt.payload_size = sizeof(*payload);
	jitbuf_push(jb, &pkt);
	free(payload);
}

static void push(struct jitbuf *jb, uint32_t ssrc, uint16_t seq, int at_ms)
{
	push_packet(jb, (struct rtp_packet){.seq = seq,
					    .ssrc = ssrc,
					    .timestamp = (uint32_t)(int16_t)seq,
					    .arrival_us = (int64_t)at_ms * 1000});
}

#define RUN 5 /* packets that make a beginning */

/* A sequence that is under way: what comes next is `seq`. */
static struct jitbuf *under_way(const struct jitbuf_config *config, struct out_log *log, uint32_t ssrc, int seq)
{
	struct jitbuf *jb = jitbuf_create(config, note, log);
	for (int i = RUN; i > 0; i--)
		push(jb, ssrc, (uint16_t)(seq - i), 0);
	assert_int_equal(jitbuf_stats(jb)->delivered, RUN);
	log->text[0] = '\0';
	return jb;
}

static const struct {
	const char *what;
	struct in in[12];
	const char *out;
	uint64_t lost, late, duplicate, reordered, restarts;
} cases[] = {
	{"in order", {{5, 0}, {6, 1}, {7, 2}}, "5 6 7 ", 0, 0, 0, 0, 0},
	{"swapped", {{5, 0}, {7, 1}, {6, 2}, {8, 3}}, "5 6 7 8 ", 0, 0, 0, 1, 0},
	{"filled late, in time", {{5, 0}, {7, 1}, {8, 50}, {6, 99}, {9, 100}}, "5 6 7 8 9 ", 0, 0, 0, 1, 0},
	{"given up", {{5, 0}, {7, 1}, {8, 50}, {-1, 102}, {9, 103}}, "5 !7(1) 8 9 ", 1, 0, 0, 0, 0},
	{"not given up too soon", {{5, 0}, {7, 1}, {-1, 100}, {6, 100}}, "5 6 7 ", 0, 0, 0, 1, 0},
	{"late after all", {{5, 0}, {7, 1}, {-1, 200}, {6, 201}, {8, 202}}, "5 !7(1) 8 ", 1, 1, 0, 0, 0},
	{"duplicates", {{5, 0}, {5, 1}, {7, 2}, {7, 3}, {6, 4}, {6, 5}}, "5 6 7 ", 0, 0, 3, 1, 0},
	{"two gaps", {{5, 0}, {7, 1}, {9, 60}, {-1, 101}, {-1, 161}}, "5 !7(1) !9(1) ", 2, 0, 0, 0, 0},
	{"a gap filled in part does not wait anew", {{5, 0}, {8, 1}, {7, 90}, {-1, 102}}, "5 !7(1) 8 ", 1, 0, 0, 0, 0},
	{"one of two gaps filled", {{5, 0}, {7, 1}, {9, 2}, {8, 3}, {-1, 102}}, "5 !7(1) 8 9 ", 1, 0, 0, 0, 0},
	{"wrap", {{65534, 0}, {0, 1}, {65535, 2}, {1, 3}}, "65534 65535 0 1 ", 0, 0, 0, 1, 0},
	{"loss over the wrap", {{65534, 0}, {1, 1}, {-1, 200}}, "65534 !1(2) ", 2, 0, 0, 0, 0},
	{"new SSRC", {{5, 0}, {9000, 1, 2}, {9001, 2, 2}, {-1, 110}}, "5 R9000 9001 ", 0, 0, 0, 0, 1},
	{"new SSRC flushes", {{5, 0}, {7, 1}, {100, 2, 2}, {101, 3, 2}, {-1, 110}}, "5 !7(1) R100 101 ", 1, 0, 0, 0, 1},
	{"one packet of another SSRC", {{5, 0}, {9000, 1, 2}, {-1, 999}, {6, 999}}, "5 6 ", 0, 0, 0, 0, 0},
	{"the last of the old SSRC behind the first of the new",
	 {{5, 0}, {100, 1, 2}, {101, 2, 2}, {6, 3}, {102, 4, 2}, {-1, 140}},
	 "5 6 R100 101 102 ",
	 0,
	 0,
	 0,
	 0,
	 1},
	{"two SSRCs in turn",
	 {{5, 0}, {100, 10, 2}, {6, 20}, {101, 30, 2}, {7, 40}, {102, 50, 2}, {8, 60}, {103, 70, 2}, {9, 80}},
	 "5 6 7 8 9 ",
	 0,
	 0,
	 0,
	 0,
	 0},
	{"two SSRCs in turn, until one stops",
	 {{5, 0},
	  {100, 10, 2},
	  {6, 20},
	  {101, 30, 2},
	  {7, 40},
	  {102, 50, 2},
	  {103, 70, 2},
	  {104, 90, 2},
	  {105, 145, 2}},
	 "5 6 7 R100 101 102 103 104 105 ",
	 0,
	 0,
	 0,
	 0,
	 1},
	{"new sequence",
	 {{5, 0}, {30000, 1}, {30001, 2}, {30002, 3}, {-1, 101}},
	 "5 R30000 30001 30002 ",
	 0,
	 0,
	 0,
	 0,
	 1},
	{"new sequence, out of order",
	 {{5, 0}, {30001, 1}, {30000, 2}, {30002, 3}, {-1, 101}},
	 "5 R30000 30001 30002 ",
	 0,
	 0,
	 0,
	 1,
	 1},
	{"sequence jumps back", {{30000, 0}, {5, 1}, {6, 2}, {-1, 101}}, "30000 R5 6 ", 0, 0, 0, 0, 1},
	{"restart a little way back",
	 {{60, 0}, {30, 20, 0, 61}, {31, 40, 0, 62}, {32, 60, 0, 63}, {33, 80, 0, 64}, {34, 100, 0, 65}},
	 "60 R30 31 32 33 34 ",
	 0,
	 0,
	 0,
	 0,
	 1},
	{"restart a little way back, one lost",
	 {{60, 0}, {30, 20, 0, 61}, {32, 60, 0, 63}, {33, 80, 0, 64}, {34, 100, 0, 65}, {-1, 180}},
	 "60 R30 !32(1) 33 34 ",
	 1,
	 0,
	 0,
	 0,
	 1},
	{"restart over numbers just used, timestamps anew",
	 {{60, 0}, {57, 20, 0, -5000}, {58, 40, 0, -4999}, {59, 60, 0, -4998}, {60, 80, 0, -4997}, {61, 100, 0, -4996}},
	 "60 R57 58 59 60 61 ",
	 0,
	 0,
	 0,
	 0,
	 1},
	{"a run of late packets is late",
	 {{5, 0}, {12, 1}, {-1, 102}, {6, 103}, {7, 104}, {8, 105}, {9, 106}, {13, 107}},
	 "5 !12(6) 13 ",
	 6,
	 4,
	 0,
	 0,
	 0},
	{"a run of duplicates is no restart",
	 {{5, 0}, {6, 1}, {7, 2}, {8, 3}, {5, 4}, {6, 5}, {7, 6}, {8, 7}},
	 "5 6 7 8 ",
	 0,
	 0,
	 4,
	 0,
	 0},
	{"the fragments of a late picture that is newer than those behind it (B-frames)",
	 {{5, 0}, {10, 1, 0, 6}, {-1, 102}, {6, 103, 0, 11}, {7, 104, 0, 11}, {8, 105, 0, 11}, {11, 106, 0, 12}},
	 "5 !10(4) 11 ",
	 4,
	 0,
	 0,
	 0,
	 0},
	{"a stray packet", {{5, 0}, {30000, 1}, {6, 2}, {7, 3}}, "5 6 7 ", 0, 0, 0, 0, 0},
	{"strays that do not follow each other", {{5, 0}, {30000, 1}, {20000, 2}, {6, 3}}, "5 6 ", 0, 1, 0, 0, 0},
};

static void feed(struct jitbuf *jb, const struct in in[12])
{
	for (size_t i = 0; i < 12 && (i == 0 || in[i].seq || in[i].at_ms); i++) {
		int ts = in[i].ts != 0 ? in[i].ts : (int16_t)in[i].seq;
		if (in[i].seq >= 0)
			push_packet(jb, (struct rtp_packet){.seq = (uint16_t)in[i].seq,
							    .ssrc = in[i].ssrc,
							    .timestamp = (uint32_t)ts,
							    .arrival_us = (int64_t)in[i].at_ms * 1000});
		jitbuf_poll(jb, (int64_t)in[i].at_ms * 1000);
	}
}

static void keeps_order(void **state)
{
	(void)state;
	const struct jitbuf_config config = {.wait_us = WAIT_MS * 1000, .max_packets = 64, .max_bytes = 4096};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct out_log log = {{0}};
		struct jitbuf *jb = under_way(&config, &log, 0, cases[i].in[0].seq);
		feed(jb, cases[i].in);
		const struct jitbuf_stats *s = jitbuf_stats(jb);
		if (strcmp(log.text, cases[i].out) != 0 || s->lost != cases[i].lost || s->late != cases[i].late ||
		    s->duplicate != cases[i].duplicate || s->reordered != cases[i].reordered ||
		    s->restarts != cases[i].restarts)
			fail_msg("%s: got '%s', lost %d late %d dup %d reordered %d restarts %d", cases[i].what,
				 log.text, (int)s->lost, (int)s->late, (int)s->duplicate, (int)s->reordered,
				 (int)s->restarts);
		jitbuf_destroy(jb);
	}
}

static void flush_gives_all(void **state)
{
	(void)state;
	const struct jitbuf_config config = {.wait_us = WAIT_MS * 1000, .max_packets = 64, .max_bytes = 4096};
	struct out_log log = {{0}};
	struct jitbuf *jb = under_way(&config, &log, 1, 5);
	push(jb, 1, 5, 0);
	push(jb, 1, 7, 1);
	push(jb, 1, 10, 1);
	jitbuf_flush(jb);
	assert_string_equal(log.text, "5 !7(1) !10(2) ");
	jitbuf_destroy(jb);
}

/* Without a timer, a gap and a flood after it: what is held stays below the cap, and nothing is lost but the missing one. */
static void stays_below_its_caps(void **state)
{
	(void)state;
	const struct jitbuf_config config = {.wait_us = INT64_MAX / 2, .max_packets = 64, .max_bytes = 20};
	struct out_log log = {{0}};
	struct jitbuf *jb = under_way(&config, &log, 1, 1);
	push(jb, 1, 1, 0);
	for (uint16_t seq = 3; seq < 20; seq++)
		push(jb, 1, seq, seq);
	assert_int_equal(jitbuf_stats(jb)->lost, 1);
	assert_int_equal(jitbuf_stats(jb)->delivered, RUN + 18);
	jitbuf_destroy(jb);
}

static void no_wait_is_no_wait(void **state)
{
	(void)state;
	const struct jitbuf_config config = {.wait_us = 0, .max_packets = 64, .max_bytes = 4096};
	struct out_log log = {{0}};
	struct jitbuf *jb = jitbuf_create(&config, note, &log);
	push(jb, 1, 1, 0);
	push(jb, 1, 3, 0);
	push(jb, 1, 2, 0);
	assert_string_equal(log.text, "1 !3(1) ");
	jitbuf_destroy(jb);
}

/* ---- the beginning ---- */

static const struct {
	const char *what;
	struct in in[12];
	const char *out;
	uint64_t lost, late, reordered;
} beginnings[] = {
	{"in order", {{5, 0}, {6, 20}, {7, 40}, {8, 60}, {9, 80}, {10, 90}}, "5 6 7 8 9 10 ", 0, 0, 0},
	{"the second first", {{6, 0}, {5, 20}, {7, 40}, {8, 60}, {9, 80}}, "5 6 7 8 9 ", 0, 0, 1},
	{"the other way round", {{9, 0}, {8, 1}, {7, 2}, {6, 3}, {5, 4}}, "5 6 7 8 9 ", 0, 0, 4},
	{"below the number that wraps", {{1, 0}, {0, 20}, {65535, 40}, {2, 60}, {3, 80}}, "65535 0 1 2 3 ", 0, 0, 2},
	{"too late for a beginning", {{6, 0}, {7, 20}, {-1, 100}, {5, 101}, {8, 102}}, "6 7 8 ", 0, 1, 0},
	{"not yet over", {{6, 0}, {7, 20}, {-1, 99}}, "", 0, 0, 0},
	{"a hole in it",
	 {{6, 0}, {8, 20}, {9, 40}, {10, 60}, {11, 80}, {-1, 101}, {-1, 121}},
	 "6 !8(1) 9 10 11 ",
	 1,
	 0,
	 0},
	{"of a new SSRC",
	 {{5, 0}, {-1, 100}, {90, 210, 2}, {89, 211, 2}, {91, 212, 2}, {-1, 320}},
	 "5 R89 90 91 ",
	 0,
	 0,
	 1},
};

static void begins_at_the_lowest(void **state)
{
	(void)state;
	const struct jitbuf_config config = {.wait_us = WAIT_MS * 1000, .max_packets = 64, .max_bytes = 4096};
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		struct out_log log = {{0}};
		struct jitbuf *jb = jitbuf_create(&config, note, &log);
		feed(jb, beginnings[i].in);
		const struct jitbuf_stats *s = jitbuf_stats(jb);
		if (strcmp(log.text, beginnings[i].out) != 0 || s->lost != beginnings[i].lost ||
		    s->late != beginnings[i].late || s->reordered != beginnings[i].reordered || s->duplicate != 0)
			fail_msg("%s: got '%s', lost %d late %d reordered %d", beginnings[i].what, log.text,
				 (int)s->lost, (int)s->late, (int)s->reordered);
		jitbuf_destroy(jb);
	}
}

#define PICTURE_TS 100

static bool begins(void *ctx, const struct rtp_packet *pkt)
{
	(void)ctx;
	return pkt->timestamp == PICTURE_TS && pkt->seq == 10;
}

static void push_part(struct jitbuf *jb, uint16_t seq, bool marker)
{
	push_packet(jb, (struct rtp_packet){.seq = seq, .timestamp = PICTURE_TS, .marker = marker});
}

/* Video does not wait longer than for a whole picture that can be decoded alone: 10 to 12. */
static void begins_with_a_whole_picture(void **state)
{
	(void)state;
	const struct jitbuf_config config = {
		.wait_us = WAIT_MS * 1000, .max_packets = 64, .max_bytes = 4096, .begins = begins};
	struct out_log log = {{0}};
	struct jitbuf *jb = jitbuf_create(&config, note, &log);
	push_part(jb, 12, true);
	push_part(jb, 11, false);
	assert_string_equal(log.text, "");
	push_part(jb, 10, false);
	assert_string_equal(log.text, "10 11 12 ");
	jitbuf_destroy(jb);
}

/* A picture that is larger than the room for a beginning: it is delivered, and nothing restarts. */
static void a_beginning_ends_when_there_is_no_more_room(void **state)
{
	(void)state;
	const struct jitbuf_config config = {
		.wait_us = INT64_MAX / 2, .max_packets = 64, .max_bytes = 4096, .begins = begins};
	struct out_log log = {{0}};
	struct jitbuf *jb = jitbuf_create(&config, note, &log);
	for (uint16_t seq = 10; seq < 110; seq++)
		push_part(jb, seq, false);
	assert_int_equal(jitbuf_stats(jb)->delivered, 100);
	assert_int_equal(jitbuf_stats(jb)->restarts + jitbuf_stats(jb)->lost + jitbuf_stats(jb)->late, 0);
	jitbuf_destroy(jb);
}

/* Two SSRCs that take turns are counted; at the end what is left of the other is no sequence. */
static void counts_the_other_ssrc(void **state)
{
	(void)state;
	const struct jitbuf_config config = {.wait_us = WAIT_MS * 1000, .max_packets = 64, .max_bytes = 4096};
	struct out_log log = {{0}};
	struct jitbuf *jb = jitbuf_create(&config, note, &log);
	for (int i = 0; i < 400; i++)
		push(jb, 1 + i % 2, (uint16_t)(i / 2 + i % 2 * 5000), i * 10);
	jitbuf_flush(jb);
	const struct jitbuf_stats *s = jitbuf_stats(jb);
	assert_int_equal(s->delivered, 200);
	assert_int_equal(s->restarts + s->lost, 0);
	assert_in_range(s->other_ssrc, 195, 200);
	jitbuf_destroy(jb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order),
		cmocka_unit_test(begins_at_the_lowest),
		cmocka_unit_test(begins_with_a_whole_picture),
		cmocka_unit_test(counts_the_other_ssrc),
		cmocka_unit_test(flush_gives_all),
		cmocka_unit_test(stays_below_its_caps),
		cmocka_unit_test(a_beginning_ends_when_there_is_no_more_room),
		cmocka_unit_test(no_wait_is_no_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
