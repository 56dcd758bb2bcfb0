/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums over recordings, for the operator. */
#ifndef TSR_PLUGINS_TOTALS_H
#define TSR_PLUGINS_TOTALS_H

#include <jansson.h>

#include "recorder/recorder.h"

/* Counts a recording that begins, and one that has ended with what it did. Any thread. */
void totals_started(void);
void totals_ended(bool finished, const tsr_stats *stats);

/* All since the plugin was started: those that ended, and the `count` that run. A new reference. */
json_t *totals_json(tsr_stats *const *running, unsigned count);

#endif
