/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * After how many bytes a flush is due, and how that follows the latency of the flushes when it is adaptive: a disk that
 * answers late is asked less often, a quick one more often, so that less is at risk. */
#ifndef TSR_SINK_THRESHOLD_H
#define TSR_SINK_THRESHOLD_H

#include <stdbool.h>
#include <stdint.h>

struct threshold {
	uint64_t bytes; /* in force */
	uint64_t min, max;
	uint64_t moves;
	int64_t latency_us; /* smoothed; 0 = nothing measured since the last move */
	bool adaptive;
};

/* min and max count only when it is adaptive; 0 = 256 KiB and 32 MiB. `bytes` is brought between them. */
void threshold_init(struct threshold *t, uint64_t bytes, bool adaptive, uint64_t min, uint64_t max);

/* Takes the latency of one flush. */
void threshold_learn(struct threshold *t, int64_t latency_us);

#endif
