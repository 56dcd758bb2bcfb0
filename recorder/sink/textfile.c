/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/limits.h"
#include "beneath.h"
#include "durable.h"

#define CREATE_TRIES 10

/* 0, or -1 and errno. */
static int write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, text, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? EIO : errno;
			return -1;
		}
		text += n;
		size -= (size_t)n;
	}
	return 0;
}

/* 0, or -1 and errno; EBUSY when somebody is writing it. */
static int remove_stale(int folder, const char *name)
{
	int fd = beneath_open(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return errno == ELOOP ? unlinkat(folder, name, 0) : errno == ENOENT ? 0 : -1;
	int failed = -1;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		errno = EBUSY;
	else
		failed = beneath_is_same(folder, name, fd) ? unlinkat(folder, name, 0) : 0;
	int saved = errno;
	close(fd);
	errno = saved;
	return failed;
}

void textfile_remove_stale(int folder, const char *name)
{
	(void)remove_stale(folder, name);
}

/* A new, locked, empty temporary file. A descriptor, or -1 and errno. */
static int create_temporary(int folder, const char *name, unsigned mode)
{
	for (int i = 0; i < CREATE_TRIES; i++) {
		int fd = beneath_open(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode != 0 ? mode : 0644);
		if (fd < 0 && (errno != EEXIST || remove_stale(folder, name) != 0))
			return -1;
		if (fd < 0)
			continue;
		/* Recovery may have taken it for a left-over before it was locked. */
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 && beneath_is_same(folder, name, fd) &&
		    (mode == 0 || fchmod(fd, (mode_t)mode) == 0))
			return fd;
		close(fd);
	}
	errno = EBUSY;
	return -1;
}

static bool ends_with(const char *name, size_t size, const char *suffix)
{
	size_t suffix_size = strlen(suffix);
	return size > suffix_size && strcmp(name + size - suffix_size, suffix) == 0;
}

/* Opens the folder of `name`; *suffix is what the name has behind the recording's. */
static tsr_error open_place(struct place *place, const char *folder, const char *name, const char **suffix)
{
	char stem[LIMIT_FILENAME_BYTES + 1];
	size_t size = strlen(name);
	static const char *const suffixes[] = {SUFFIX_NOTE, SUFFIX_REPORT, SUFFIX_MASTER, SUFFIX_PLAYLIST};
	*suffix = NULL;
	for (size_t i = 0; *suffix == NULL && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (ends_with(name, size, suffixes[i]))
			*suffix = suffixes[i];
	if (*suffix == NULL || size - strlen(*suffix) >= sizeof(stem))
		return TSR_E_INVAL;
	size -= strlen(*suffix);
	memcpy(stem, name, size);
	stem[size] = '\0';
	return place_open(place, folder, stem, false);
}

/* What is durable when it returns. */
enum durability { NOTHING, CONTENT, CONTENT_AND_NAME };

static tsr_error replace_in(int folder, const char *final, const char *text, size_t size, unsigned mode,
			    enum durability durability)
{
	char *temporary = beneath_join(final, "", ".new");
	if (temporary == NULL)
		return TSR_E_NOMEM;
	bool renamed = false;
	int fd = create_temporary(folder, temporary, mode);
	bool good = fd >= 0 && write_all(fd, text, size) == 0 && (durability == NOTHING || durable_file(fd) == 0);
	if (good)
		good = renamed = renameat(folder, temporary, folder, final) == 0;
	if (good && durability == CONTENT_AND_NAME)
		good = durable_folder(folder) == 0;
	tsr_error err = good ? TSR_OK : tsr_error_from_errno(errno);
	if (fd >= 0 && !renamed)
		unlinkat(folder, temporary, 0);
	if (fd >= 0)
		close(fd);
	free(temporary);
	return err;
}

static tsr_error replace(const char *folder, const char *name, const char *text, size_t size, unsigned mode,
			 enum durability durability)
{
	struct place place;
	const char *suffix;
	tsr_error err = open_place(&place, folder, name, &suffix);
	if (err != TSR_OK)
		return err;
	char *final = beneath_join(place.base, "", suffix);
	err = final != NULL ? replace_in(place.folder, final, text, size, mode, durability) : TSR_E_NOMEM;
	free(final);
	place_close(&place);
	return err;
}

tsr_error textfile_replace(int folder, const char *base, const char *text, size_t size, unsigned mode)
{
	return replace_in(folder, base, text, size, mode, CONTENT_AND_NAME);
}

tsr_error textfile_write(const char *folder, const char *name, const char *text, size_t size, unsigned mode)
{
	return replace(folder, name, text, size, mode, CONTENT_AND_NAME);
}

tsr_error textfile_put(const char *folder, const char *name, const char *text, size_t size, unsigned mode)
{
	return replace(folder, name, text, size, mode, CONTENT);
}

tsr_error textfile_swap(const char *folder, const char *name, const char *text, size_t size, unsigned mode)
{
	return replace(folder, name, text, size, mode, NOTHING);
}

char *textfile_read(int folder, const char *name)
{
	struct stat st;
	char *text = NULL;
	int fd = beneath_open(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= LIMIT_REPORT_BYTES)
		text = calloc(1, (size_t)st.st_size + 1);
	if (text != NULL &&
	    (pread(fd, text, (size_t)st.st_size, 0) != st.st_size || strlen(text) != (size_t)st.st_size)) {
		free(text);
		text = NULL;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

void textfile_remove(const char *folder, const char *name)
{
	struct place place;
	const char *suffix;
	if (open_place(&place, folder, name, &suffix) != TSR_OK)
		return;
	char *base = beneath_join(place.base, "", suffix);
	if (base != NULL)
		unlinkat(place.folder, base, 0);
	free(base);
	place_close(&place);
}
