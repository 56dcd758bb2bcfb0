/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How long calls took: a histogram of fixed size, so that percentiles cost nothing to keep and can be added up over many
 * recordings. Two buckets an octave: a percentile is told to within a factor of 1.42, upwards. */
#ifndef TSR_COMMON_LATENCY_H
#define TSR_COMMON_LATENCY_H

#include <stdint.h>

/* The last one begins at 11.9 s. */
#define TSR_LATENCY_BUCKETS 48

/* Zero-initialise; plain data, copied by value. */
typedef struct tsr_latency {
	uint64_t count;
	int64_t latest_us, max_us;
	uint32_t
		bucket[TSR_LATENCY_BUCKETS]; /* bucket i counts those from 2^(i/2) us on; the first also shorter ones */
} tsr_latency;

/* Counts one call that took so long. */
void tsr_latency_note(tsr_latency *l, int64_t us);

/* Adds what `more` counted; the latest stays. */
void tsr_latency_add(tsr_latency *l, const tsr_latency *more);

/* No more than `percent` (0 to 100) of the calls took longer than this, in microseconds; 0 when there were none. */
int64_t tsr_latency_percentile(const tsr_latency *l, double percent);

#endif
