/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How much encoding is left out when packets get old before their turn: in steps down, and back when it has caught up. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <glib.h>

#include "../lib/cmocka.h"
#include "recorder/overload.h"
#include "recorder/recording.h"

#define MS 1000

static const struct {
	const char *what;
	struct {
		int64_t at_ms, lag_ms;
		int level;
	} turn[10];
} cases[] = {
	{"a hiccup is nothing", {{1000, 0, 0}, {1020, 400, 0}, {1040, 0, 0}}},
	{"one step after the other, each with time to work",
	 {{1000, 3000, 1}, {1020, 3000, 1}, {1520, 3000, 2}, {2040, 3000, 3}, {3000, 9000, 3}}},
	{"no deeper than needed", {{1000, 600, 1}, {2000, 700, 1}, {3000, 900, 1}, {4000, 1100, 2}}},
	{"back when it has caught up for a while", {{1000, 600, 1}, {2000, 50, 1}, {5900, 50, 1}, {6000, 50, 0}}},
	{"not back while it only holds on", {{1000, 600, 1}, {7000, 300, 1}, {20000, 300, 1}}},
	{"back step by step", {{1000, 3000, 1}, {2000, 3000, 2}, {8000, 0, 1}, {8500, 0, 1}, {13000, 0, 0}}},
};

static void goes_down_and_up_in_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		tsr_recording *r = calloc(1, sizeof(*r));
		for (size_t j = 0; j < G_N_ELEMENTS(cases[i].turn) && cases[i].turn[j].at_ms != 0; j++) {
			r->now_us = cases[i].turn[j].at_ms * MS;
			overload_watch(r, cases[i].turn[j].lag_ms * MS);
			if (r->shedding != cases[i].turn[j].level)
				fail_msg("%s: at %d ms level %d", cases[i].what, (int)cases[i].turn[j].at_ms,
					 r->shedding);
		}
		free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_down_and_up_in_steps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
