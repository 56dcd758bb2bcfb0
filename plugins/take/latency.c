/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include "latency.h"

void latency_tell(json_t *out, const char *what, const tsr_latency *l)
{
	const struct {
		const char *name;
		int64_t us;
	} values[] = {
		{"p50", tsr_latency_percentile(l, 50)},
		{"p95", tsr_latency_percentile(l, 95)},
		{"p99", tsr_latency_percentile(l, 99)},
		{"max", l->max_us},
	};
	for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
		char name[64];
		g_snprintf(name, sizeof(name), "%s_latency_%s_us", what, values[i].name);
		json_object_set_new(out, name, json_integer(values[i].us));
	}
}
