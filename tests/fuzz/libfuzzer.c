/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libFuzzer's entry points. One program serves every target: it runs the one that it is called by (fuzz_NAME). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "targets.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static fuzz_function target;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	const char *slash = strrchr((*argv)[0], '/');
	const char *name = slash ? slash + 1 : (*argv)[0];
	if (strncmp(name, "fuzz_", 5) == 0)
		target = fuzz_find(name + 5);
	if (target == NULL) {
		fprintf(stderr, "%s: not the name of a target (see tests/fuzz/targets.h)\n", name);
		exit(1);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target(data, size);
	return 0;
}
