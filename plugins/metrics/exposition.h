/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Prometheus' text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/. A family is begun, then its samples
 * follow. Names are the caller's, and constant; values of labels are escaped. */
#ifndef TSR_PLUGINS_METRICS_EXPOSITION_H
#define TSR_PLUGINS_METRICS_EXPOSITION_H

#include <glib.h>

#include "recorder/recorder.h"

#define EXPOSITION_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct exposition {
	GString *text;    /* the caller's */
	const char *name; /* of the family that was begun last */
};

/* `type` is "counter", "gauge" or "histogram"; `help` is one sentence, without line ends and backslashes. */
void exposition_family(struct exposition *e, const char *name, const char *type, const char *help);

/* One sample of it, with one label or none (both NULL). */
void exposition_integer(struct exposition *e, const char *label, const char *value, uint64_t number);
void exposition_real(struct exposition *e, const char *label, const char *value, double number);

/* Its buckets, sum and count, in seconds. */
void exposition_latency(struct exposition *e, const tsr_latency *latency);

#endif
