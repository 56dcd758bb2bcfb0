/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tracks counted, of the whole recording or since a file began.
 *
 * From its recording it needs the tracks, the gaps and when it began. */
#ifndef TSR_COUNTS_H
#define TSR_COUNTS_H

#include "recorder.h"

/* r->turn held. Fills in the tracks and the gaps, and empties the rest. */
void counts_collect(const tsr_recording *r, tsr_stats *out);
/* Leaves what was counted since `before`, an earlier snapshot of the same recording. */
void counts_subtract(tsr_stats *s, const tsr_stats *before);

#endif
