/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "usage.h"

#include <glib.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

static unsigned count_entries(const char *path)
{
	unsigned count = 0;
	GDir *dir = g_dir_open(path, 0, NULL);
	while (dir != NULL && g_dir_read_name(dir) != NULL)
		count++;
	if (dir != NULL)
		g_dir_close(dir);
	return count;
}

struct usage usage_now(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file == NULL || fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	if (file != NULL)
		fclose(file);
	struct mallinfo2 heap = mallinfo2();
	return (struct usage){
		.rss = pages * (size_t)sysconf(_SC_PAGESIZE),
		.heap = heap.uordblks + heap.hblkhd,
		.descriptors = count_entries("/proc/self/fd"),
		.threads = count_entries("/proc/self/task"),
	};
}

static void start_anew(const char *name, const char *value, char **argv)
{
	if (g_getenv(name) != NULL)
		return;
	g_setenv(name, value, TRUE);
	execv("/proc/self/exe", argv);
}

void usage_be_exact(char **argv)
{
	mallopt(M_MXFAST, 0);
	mallopt(M_ARENA_MAX, 1); /* mallinfo2 looks into the first one only */
	if (!SANITIZED)
		start_anew("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", argv);
}

void usage_be_watchable(char **argv)
{
	if (SANITIZED)
		start_anew("G_SLICE", "always-malloc", argv);
}

bool usage_tells_memory(void)
{
	return !SANITIZED;
}
