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

static void push(struct jitbuf *jb, uint32_t ssrc, uint16_t seq, int at_ms)
{
	uint16_t *payload = malloc(sizeof(*payload)); /* gone after the push: what is held must be a copy */
	*payload = seq;
	struct rtp_packet pkt = {.payload = (uint8_t *)payload,
				 .payload_size = sizeof(*payload),
				 .seq = seq,
				 .ssrc = ssrc,
				 .arrival_us = (int64_t)at_ms * 1000};
	jitbuf_push(jb, &pkt);
	free(payload);
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
	{"new SSRC", {{5, 0}, {9000, 1, 2}, {9001, 2, 2}}, "5 R9000 9001 ", 0, 0, 0, 0, 1},
	{"new SSRC flushes", {{5, 0}, {7, 1}, {100, 2, 2}}, "5 !7(1) R100 ", 1, 0, 0, 0, 1},
	{"new sequence", {{5, 0}, {30000, 1}, {30001, 2}, {30002, 3}}, "5 R30000 30001 30002 ", 0, 0, 0, 0, 1},
	{"sequence jumps back", {{30000, 0}, {5, 1}, {6, 2}}, "30000 R5 6 ", 0, 0, 0, 0, 1},
	{"a stray packet", {{5, 0}, {30000, 1}, {6, 2}, {7, 3}}, "5 6 7 ", 0, 0, 0, 0, 0},
	{"strays that do not follow each other", {{5, 0}, {30000, 1}, {20000, 2}, {6, 3}}, "5 6 ", 0, 1, 0, 0, 0},
};

static void keeps_order(void **state)
{
	(void)state;
	const struct jitbuf_config config = {.wait_us = WAIT_MS * 1000, .max_packets = 64, .max_bytes = 4096};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct out_log log = {{0}};
		struct jitbuf *jb = jitbuf_create(&config, note, &log);
		for (size_t j = 0; j < 12 && (j == 0 || cases[i].in[j].seq || cases[i].in[j].at_ms); j++) {
			const struct in *in = &cases[i].in[j];
			if (in->seq >= 0)
				push(jb, in->ssrc, (uint16_t)in->seq, in->at_ms);
			jitbuf_poll(jb, (int64_t)in->at_ms * 1000);
		}
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
	struct jitbuf *jb = jitbuf_create(&config, note, &log);
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
	struct jitbuf *jb = jitbuf_create(&config, note, &log);
	push(jb, 1, 1, 0);
	for (uint16_t seq = 3; seq < 20; seq++)
		push(jb, 1, seq, seq);
	assert_int_equal(jitbuf_stats(jb)->lost, 1);
	assert_int_equal(jitbuf_stats(jb)->delivered, 18);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order),
		cmocka_unit_test(flush_gives_all),
		cmocka_unit_test(stays_below_its_caps),
		cmocka_unit_test(no_wait_is_no_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
