/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "targets.h"

#include <string.h>

fuzz_function fuzz_find(const char *name)
{
#define FUZZ_ROW(name) {#name, fuzz_##name},
	static const struct {
		const char *name;
		fuzz_function function;
	} rows[] = {FUZZ_TARGETS(FUZZ_ROW)};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].function;
	return NULL;
}
