/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All that the host can ask about a recording that runs: counts, output, files being finished, inbox. */
#ifndef TSR_STATS_H
#define TSR_STATS_H

#include "recorder.h"

/* r->turn held. */
void stats_collect(tsr_recording *r, tsr_stats *out);

#endif
