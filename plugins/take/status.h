/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TSR_PLUGINS_TAKE_STATUS_H
#define TSR_PLUGINS_TAKE_STATUS_H

#include <jansson.h>

#include "../library/library.h"
#include "take.h"

/* The status of a recording, as documented at `status`; from what was really written. A new reference. */
json_t *status_of(struct take *take);

/* The same of one that has ended, as far as the library knows, and the few lines of one that runs for a list. */
json_t *status_of_ended(const struct library_item *item);
json_t *status_short(struct take *take);

/* Adds WHAT_latency_p50_us, _p95_us, _p99_us and _max_us. */
void status_set_latency(json_t *out, const char *what, const tsr_latency *l);

/* "recording", …; "finished" or "interrupted". */
const char *status_state(struct take *take);
const char *status_ended_state(const struct library_item *item);

#endif
