/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums over recordings, for the operator. */
#ifndef TSR_PLUGINS_TAKE_TOTALS_H
#define TSR_PLUGINS_TAKE_TOTALS_H

#include <jansson.h>

#include "recorder/recorder.h"

struct totals {
	uint64_t started, finished, failed;
	uint64_t packets, bytes, malformed, lost, late, duplicate, reordered, restarts;
	uint64_t other_ssrc, other_payload, bad_padding;
	uint64_t frames, frames_written, frames_damaged, frames_skipped, frames_unwanted, frames_dropped;
	uint64_t decode_errors, concealed, keyframes, keyframe_requests, clock_jumps;
	uint64_t inbox_dropped_packets, gaps;
	uint64_t bytes_written, bytes_durable, bytes_exposed, buffered_bytes, inbox_bytes;
	uint64_t exposed_ms; /* the longest */
	uint64_t writes, flushes;
	uint64_t transcode_cpu_us;
	tsr_latency write_latency, flush_latency;
};

/* One has ended with what it did; `started` counts it already. */
void totals_add_ended(struct totals *t, bool finished, const tsr_stats *stats);

/* All together: those that have ended, and the `count` that run. A new reference. */
json_t *totals_json(const struct totals *ended, tsr_stats *const *running, unsigned count);

#endif
