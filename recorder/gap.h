/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Stretches of a track that are missing in the file: opened by the first frame left out, closed by the track's next one there. */
#ifndef TSR_GAP_H
#define TSR_GAP_H

#include "common/limits.h"
#include "recorder.h"

/* Of all tracks, in the order they opened; those beyond LIMIT_GAPS are only counted. Zeroed at first. */
struct gaps {
	unsigned count;
	tsr_gap gap[LIMIT_GAPS];
};

/* *open: the number of the track's gap that is open, -1 = none (so at first). `cause` is constant. */
void gap_add(struct gaps *gaps, int *open, unsigned track, const char *cause, int64_t pts_90k, size_t bytes);
void gap_close(struct gaps *gaps, int *open, int64_t pts_90k);

#endif
