/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "latency.h"

#include <math.h>

/* Where a bucket begins, in microseconds. */
static int64_t begin_of(int bucket)
{
	int64_t octave = (int64_t)1 << bucket / 2;
	return bucket % 2 == 0 ? octave : (int64_t)ceil((double)octave * M_SQRT2);
}

void tsr_latency_note(tsr_latency *l, int64_t us)
{
	int bucket = 0;
	while (bucket + 1 < TSR_LATENCY_BUCKETS && us >= begin_of(bucket + 1))
		bucket++;
	l->bucket[bucket]++;
	l->count++;
	l->latest_us = us;
	if (us > l->max_us)
		l->max_us = us;
}

void tsr_latency_add(tsr_latency *l, const tsr_latency *more)
{
	l->count += more->count;
	if (more->max_us > l->max_us)
		l->max_us = more->max_us;
	for (int i = 0; i < TSR_LATENCY_BUCKETS; i++)
		l->bucket[i] += more->bucket[i];
}

int64_t tsr_latency_percentile(const tsr_latency *l, double percent)
{
	double wanted = (double)l->count * percent / 100;
	uint64_t seen = 0;
	for (int i = 0; i + 1 < TSR_LATENCY_BUCKETS; i++) {
		seen += l->bucket[i];
		if (seen > 0 && (double)seen >= wanted)
			return begin_of(i + 1) < l->max_us ? begin_of(i + 1) : l->max_us;
	}
	return l->max_us;
}
