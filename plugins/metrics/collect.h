/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is told: the metrics, and whether all is well. */
#ifndef TSR_PLUGINS_METRICS_COLLECT_H
#define TSR_PLUGINS_METRICS_COLLECT_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "metrics.h"

/* The text of /metrics; the caller's. Any thread; asks the catalogue, and so may wait for the disk. */
GString *collect_metrics(const struct metrics_of *of);

/* The object of /healthz, a new reference; *well says whether recordings are made as they should be. */
json_t *collect_health(const struct metrics_of *of, bool *well);

#endif
