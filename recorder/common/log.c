/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#define LINE_MAX_BYTES 1024

static _Atomic(tsr_log_fn) log_fn;
static atomic_int log_max;

void tsr_log_set(tsr_log_fn fn, tsr_log_level max)
{
	atomic_store(&log_max, (int)max);
	atomic_store(&log_fn, fn);
}

void log_line(tsr_log_level level, const char *id, const char *fmt, ...)
{
	tsr_log_fn fn = atomic_load(&log_fn);
	if (fn == NULL || (int)level > atomic_load(&log_max))
		return;
	char line[LINE_MAX_BYTES];
	int used = id != NULL ? snprintf(line, sizeof(line), "[%s] ", id) : 0;
	if (used < 0 || used >= (int)sizeof(line))
		used = 0;
	va_list args;
	va_start(args, fmt);
	vsnprintf(line + used, sizeof(line) - (size_t)used, fmt, args);
	va_end(args);
	for (char *c = line; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	fn(level, line);
}
