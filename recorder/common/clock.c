/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clock.h"

#include <stddef.h>
#include <time.h>

static int64_t (*replaced_now)(void);
static int64_t (*replaced_utc)(void);

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
	return replaced_now != NULL ? replaced_now() : read_clock(CLOCK_MONOTONIC);
}

int64_t clock_utc_us(void)
{
	return replaced_utc != NULL ? replaced_utc() : read_clock(CLOCK_REALTIME);
}

int64_t clock_thread_cpu_us(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void clock_replace(int64_t (*now_us)(void), int64_t (*utc_us)(void))
{
	replaced_now = now_us;
	replaced_utc = utc_us;
}
