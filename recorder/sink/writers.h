/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The shared writer threads: one small group per file system, so that a stalled disk holds up nobody on another. */
#ifndef TSR_SINK_WRITERS_H
#define TSR_SINK_WRITERS_H

#include <sys/types.h>

#include "../common/error.h"
#include "../common/service.h"
#include "sink.h"

/* Each sink has its turn so often: five write calls a second at most. */
#define WRITER_PERIOD_US SINK_PERIOD_US

struct writers;
struct chunk_pool;

/* `threads` per file system, 1 to 16. NULL when memory is out. */
struct writers *writers_create(unsigned threads);

/* Waits until every sink has finished, then ends the threads. */
void writers_destroy(struct writers *writers);

/* For sinks: adds one to the group of its file system (stat's st_dev), which is made at its first use. Each turn comes
 * WRITER_PERIOD_US after the last one began. TSR_OK or TSR_E_NOMEM (memory or threads are out; nothing was added). Any thread. */
TSR_MUST_USE tsr_error writers_add(struct writers *writers, dev_t device, struct service_item *item);

/* The empty chunks that all its sinks share; borrowed. */
struct chunk_pool *writers_pool(struct writers *writers);

#endif
