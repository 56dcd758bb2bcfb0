/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums over recordings, for the operator. */
#ifndef TSR_PLUGINS_TAKE_TOTALS_H
#define TSR_PLUGINS_TAKE_TOTALS_H

#include <jansson.h>

#include "recorder/recorder.h"

struct totals;

/* Counts a recording that begins, and one that has ended with what it did. Any thread. */
void totals_started(void);
void totals_ended(bool finished, const tsr_stats *stats);

/* What those that have ended did, since the plugin was started (g_free). */
struct totals *totals_snapshot(void);

/* All together: those that have ended, and the `count` that run. A new reference. */
json_t *totals_json(const struct totals *ended, tsr_stats *const *running, unsigned count);

#endif
