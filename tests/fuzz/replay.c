/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs the targets over their corpora without a fuzzer, with the ordinary compiler and limits, as part of `make check`:
 *     replay                  every target over tests/fuzz/corpus/NAME
 *     replay NAME FILE...     one target over these files, e.g. what a fuzzer found */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "targets.h"

#define MAX_INPUT_BYTES (1 << 20)

/* In a buffer of the input's exact size, so that a sanitizer sees a read beyond it. */
static bool replay_file(fuzz_function target, const char *path)
{
	static uint8_t input[MAX_INPUT_BYTES];
	FILE *file = fopen(path, "rb");
	size_t size = file ? fread(input, 1, sizeof(input), file) : 0;
	if (file == NULL || ferror(file)) {
		perror(path);
		if (file != NULL)
			fclose(file);
		return false;
	}
	fclose(file);
	uint8_t *exact = malloc(size ? size : 1);
	if (exact == NULL)
		return false;
	memcpy(exact, input, size);
	target(exact, size);
	free(exact);
	return true;
}

/* A corpus that is missing or empty is a failure: else nothing would be tested. */
static bool replay_corpus(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char folder[512], path[1024];
	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", name);
	DIR *dir = opendir(folder);
	if (dir == NULL) {
		perror(folder);
		return false;
	}
	unsigned count = 0;
	bool good = true;
	for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		good = replay_file(fuzz_find(name), path) && good;
		count++;
	}
	closedir(dir);
	printf("%s: %u inputs\n", name, count);
	return good && count > 0;
}

int main(int argc, char **argv)
{
	static const char *const names[] = {
#define FUZZ_NAME(name) #name,
		FUZZ_TARGETS(FUZZ_NAME)};
	bool good = true;
	if (argc > 1 && fuzz_find(argv[1]) == NULL) {
		fprintf(stderr, "%s: no such target\n", argv[1]);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		good = replay_file(fuzz_find(argv[1]), argv[i]) && good;
	for (size_t i = 0; argc < 2 && i < sizeof(names) / sizeof(names[0]); i++)
		good = replay_corpus(names[i]) && good;
	return good ? 0 : 1;
}
