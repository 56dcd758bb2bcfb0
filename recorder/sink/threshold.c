/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "threshold.h"

/* A flush that takes half a writer's period begins to hold up the next turn; one that takes a twentieth is not felt. Between
 * the two the threshold rests. */
#define SLOW_US     100000
#define QUICK_US    10000
#define DEFAULT_MIN (256 * 1024)
#define DEFAULT_MAX (32 * 1024 * 1024)

static uint64_t between(uint64_t value, uint64_t min, uint64_t max)
{
	return value < min ? min : value > max ? max : value;
}

void threshold_init(struct threshold *t, uint64_t bytes, bool adaptive, uint64_t min, uint64_t max)
{
	*t = (struct threshold){.bytes = bytes, .min = min, .max = max, .adaptive = adaptive};
	if (!adaptive)
		return;
	if (t->min == 0)
		t->min = DEFAULT_MIN;
	if (t->max == 0)
		t->max = DEFAULT_MAX;
	if (t->max < t->min)
		t->max = t->min;
	t->bytes = between(bytes, t->min, t->max);
}

void threshold_learn(struct threshold *t, int64_t latency_us)
{
	if (!t->adaptive)
		return;
	/* One slow flush must not move it alone, unless it is slow beyond doubt. */
	t->latency_us = t->latency_us == 0 ? latency_us : (3 * t->latency_us + latency_us) / 4;
	uint64_t want = t->bytes;
	if (t->latency_us > SLOW_US)
		want = t->bytes * 2;
	else if (t->latency_us < QUICK_US)
		want = t->bytes / 2;
	want = between(want, t->min, t->max);
	if (want == t->bytes)
		return;
	t->bytes = want;
	t->moves++;
	t->latency_us = 0;
}
