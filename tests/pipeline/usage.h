/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What this process holds: memory, descriptors, threads. */
#ifndef TEST_USAGE_H
#define TEST_USAGE_H

#include <stdbool.h>
#include <stddef.h>

struct usage {
	size_t rss;  /* bytes resident, as the kernel counts them */
	size_t heap; /* bytes that were allocated and not freed */
	unsigned descriptors;
	unsigned threads;
};

struct usage usage_now(void);

/* Call first in main: starts the program anew without malloc's caches, which count as allocated and fill up over many minutes. */
void usage_be_exact(char **argv);

/* Call first in main of a program with threads: under ThreadSanitizer, starts it anew with GLib's slices off. They hand memory from
 * thread to thread under locks that it does not see. */
void usage_be_watchable(char **argv);

/* False under a sanitizer, whose allocator keeps what is freed. */
bool usage_tells_memory(void);

#endif
