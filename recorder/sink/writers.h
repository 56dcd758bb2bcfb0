/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The shared writer threads: one small group per file system, so that a stalled disk holds up nobody on another. */
#ifndef TSR_SINK_WRITERS_H
#define TSR_SINK_WRITERS_H

struct writers;

/* `threads` per file system, 1 to 16. NULL when memory is out. */
struct writers *writers_create(unsigned threads);

/* Waits until every sink has finished, then ends the threads. */
void writers_destroy(struct writers *writers);

#endif
