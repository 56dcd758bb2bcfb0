/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * RTP clocks at the announced rate and at others, through networks and senders of all sorts: what is believed in the end. */
#include <stdlib.h>

#include "../lib/cmocka.h"
#include "recorder/rtp/ratemeter.h"

#define S 1000000LL

static const struct {
	const char *what;
	uint32_t announced, runs_at;
	int frame_ms;
	int jitter_ms;   /* each packet is late by up to so much */
	int held_ms;     /* in each tenth second the network holds packets for so long, then delivers them at once */
	int burst_s;     /* what the sender has of so many seconds comes at once at first */
	int standing_ms; /* in each third second the clock stands still for so long (a microphone that is off) */
	uint32_t believed;
} cases[] = {
	{"as announced", 90000, 90000, 33, 0, 0, 0, 0, 90000},
	{"jitter", 90000, 90000, 33, 250, 0, 0, 0, 90000},
	{"a network that holds and delivers", 48000, 48000, 20, 20, 900, 0, 0, 48000},
	{"a server that sends five seconds at once", 90000, 90000, 33, 5, 0, 5, 0, 90000},
	{"a clock that stands still", 48000, 48000, 20, 5, 0, 0, 800, 48000},
	{"one picture a second", 90000, 90000, 1000, 50, 0, 0, 0, 90000},
	{"10 % fast: is steered against", 90000, 99000, 33, 10, 0, 0, 0, 90000},
	{"milliseconds", 90000, 1000, 33, 20, 0, 0, 0, 1000},
	{"48000 for 16000", 16000, 48000, 20, 20, 0, 0, 0, 48000},
	{"16000 for 48000", 48000, 16000, 20, 20, 0, 0, 0, 16000},
	{"at a rate nobody uses", 90000, 60000, 33, 5, 0, 0, 0, 60000},
	{"it jumps with each packet", 48000, 4800000, 20, 0, 0, 0, 0, 48000},
	{"slow pictures in milliseconds", 90000, 1000, 1000, 5, 0, 0, 0, 1000},
};

static void believes_what_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rate_meter m = {.rate_hz = cases[i].announced};
		int64_t stood_us = 0, arrival_us = 0;
		unsigned changes = 0;
		srand(1);
		for (int64_t at_us = 0; at_us < 60 * S; at_us += cases[i].frame_ms * 1000) {
			int64_t second = at_us / S, sent_us = at_us;
			if (second % 3 == 2 && at_us % S < cases[i].standing_ms * 1000) {
				stood_us += cases[i].frame_ms * 1000;
				continue;
			}
			if (at_us < cases[i].burst_s * S)
				sent_us = 0;
			else
				sent_us -= cases[i].burst_s * S;
			if (second % 10 == 9 && at_us % S < cases[i].held_ms * 1000)
				sent_us = second * S + cases[i].held_ms * 1000;
			int64_t late_us = cases[i].jitter_ms ? rand() % (cases[i].jitter_ms * 1000) : 0;
			if (sent_us + late_us > arrival_us) /* in order */
				arrival_us = sent_us + late_us;
			const struct rtp_packet pkt = {
				.timestamp = 4294000000u + (uint32_t)((at_us - stood_us) * cases[i].runs_at / S),
				.arrival_us = arrival_us,
			};
			changes += rate_meter_take(&m, &pkt);
		}
		uint32_t off = abs((int)m.rate_hz - (int)cases[i].believed);
		if (off > cases[i].believed / 50 || changes != (cases[i].believed != cases[i].announced))
			fail_msg("%s: %u after %u changes", cases[i].what, m.rate_hz, changes);
	}
}

/* Another SSRC has timestamps of its own: a stretch never spans both. */
static void another_ssrc_is_measured_anew(void **state)
{
	(void)state;
	struct rate_meter m = {.rate_hz = 90000};
	for (unsigned n = 0; n < 3000; n++) {
		const struct rtp_packet pkt = {
			.ssrc = n / 10, .timestamp = n * 3000 + n / 10 * 50000, .arrival_us = n * 33333};
		assert_false(rate_meter_take(&m, &pkt));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(believes_what_runs),
		cmocka_unit_test(another_ssrc_is_measured_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
