/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The door of metrics/: /metrics for Prometheus, and /healthz, by HTTP at the setting metrics_address. */
#ifndef TSR_PLUGINS_METRICS_H
#define TSR_PLUGINS_METRICS_H

struct library;
struct metrics;
struct runtime;
struct sessions;
struct takes;

/* What is looked at; must outlive the metrics. */
struct metrics_of {
	struct runtime *runtime;
	struct library *library;
	struct takes *takes;
	unsigned (*handles)(void *user); /* how many handles of ours there are */
	void *user;
};

/* Listens, with a thread of its own. NULL when metrics_address is empty; or when it cannot be listened at, which is told, and which no
 * recording suffers from. */
struct metrics *metrics_create(const struct metrics_of *of);

/* Whoever is being answered is waited for. NULL is fine. */
void metrics_destroy(struct metrics *metrics);

#endif
