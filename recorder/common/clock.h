/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The only place where the engine reads a clock. A test (or an offline conversion) replaces the source, so nothing has to
 * sleep to see time pass. */
#ifndef TSR_COMMON_CLOCK_H
#define TSR_COMMON_CLOCK_H

#include <stdint.h>

/* Monotonic time in microseconds since an arbitrary start. Any thread. */
int64_t clock_now_us(void);

/* UTC in microseconds since 1970-01-01. Any thread. */
int64_t clock_utc_us(void);

/* CPU time of the calling thread in microseconds. */
int64_t clock_thread_cpu_us(void);

/* Replaces both clocks by functions of the caller's; NULL restores the system's. Call before any other thread runs. */
void clock_replace(int64_t (*now_us)(void), int64_t (*utc_us)(void));

#endif
