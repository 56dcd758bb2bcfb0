/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How long the disk took, told in a status and in sums. */
#ifndef TSR_PLUGINS_TAKE_LATENCY_H
#define TSR_PLUGINS_TAKE_LATENCY_H

#include <jansson.h>

#include "recorder/recorder.h"

/* Adds WHAT_latency_p50_us, _p95_us, _p99_us and _max_us. */
void latency_tell(json_t *out, const char *what, const tsr_latency *l);

#endif
