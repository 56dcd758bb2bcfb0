/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A sink that keeps or only counts its bytes: for tests, fuzzing and measuring the engine without a disk. */
#ifndef TSR_SINK_MEMORY_H
#define TSR_SINK_MEMORY_H

#include "../common/buf.h"
#include "sink.h"

/* Appends to *into, which the caller owns and which must outlive the sink; with NULL the bytes are counted and dropped.
 * NULL when memory is out. */
struct sink *memory_sink_create(struct buf *into);

#endif
