/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A fixed set of threads that serve items in turn, each item once a period, one thread at an item at a time. Producers never
 * wake anybody: they leave work where the item's next turn finds it. That is what keeps a push on the Janus thread at a lock
 * and a memcpy, batches the work of many recordings, and makes the number of threads independent of theirs. */
#ifndef TSR_COMMON_SERVICE_H
#define TSR_COMMON_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

struct service;

/* Embedded in what is served; the fields belong to the service while it is added. */
struct service_item {
	/* One turn at now_us, on one of the service's threads. True: again after a period. False: never again; the item may be
	 * freed by then. */
	bool (*serve)(struct service_item *item, int64_t now_us);
	int64_t due_us;
	struct service_item *next;
};

/* `threads` 1 to 64, period_us > 0; `name` (up to 15 bytes) shows in ps and gdb. NULL when memory or threads are out. */
struct service *service_create(const char *name, unsigned threads, int64_t period_us);

/* Adds an item whose first turn is due at once. Any thread. */
void service_add(struct service *service, struct service_item *item);

/* Waits until every item has ended itself, then ends the threads. No item may be added any more. */
void service_destroy(struct service *service);

/* Items that are added now. Any thread. */
unsigned service_count(struct service *service);

#endif
