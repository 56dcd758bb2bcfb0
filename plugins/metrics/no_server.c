/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Of a build without libmicrohttpd. */
#include "../runtime/runtime.h"
#include "metrics.h"

struct metrics *metrics_create(const struct metrics_of *of)
{
	struct config *config = runtime_config(of->runtime);
	if (*config_general(config)->metrics_address)
		log_line(TSR_LOG_ERROR, NULL,
			 "no metrics: metrics_address is set, and this build has no libmicrohttpd");
	config_unref(config);
	return NULL;
}

void metrics_destroy(struct metrics *m)
{
	(void)m;
}
