/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TSR_PLUGINS_TAKE_STATUS_H
#define TSR_PLUGINS_TAKE_STATUS_H

#include <jansson.h>

#include "take.h"

/* The status of a recording, as documented at `status`; from what was really written. A new reference. */
json_t *status_of(struct take *take);

/* The few lines of it for a list. */
json_t *status_short(struct take *take);

/* Adds WHAT_latency_p50_us, _p95_us, _p99_us and _max_us. */
void status_set_latency(json_t *out, const char *what, const tsr_latency *l);

/* "recording", … */
const char *status_state(struct take *take);

#endif
