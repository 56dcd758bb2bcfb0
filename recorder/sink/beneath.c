/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../common/limits.h"
#include "durable.h"
#include "tsrecorder-config.h"
#ifdef HAVE_LINUX_OPENAT2_H
#include <linux/openat2.h>
#endif

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY)
/* The kernel asks for another try when a folder was renamed somewhere during the look-up. */
#define LOOKUP_TRIES 100

static bool component_ok(const char *start, size_t size)
{
	if (size == 0 || (size == 1 && start[0] == '.') || (size == 2 && memcmp(start, "..", 2) == 0))
		return false;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)start[i] < 0x20 || start[i] == 0x7f)
			return false;
	return true;
}

tsr_error beneath_check_name(const char *name)
{
	static const char running[] = ".recording";
	const size_t running_size = sizeof(running) - 1;
	size_t size = name != NULL ? strnlen(name, LIMIT_FILENAME_BYTES + 1) : 0;
	if (size == 0 || size > LIMIT_FILENAME_BYTES)
		return TSR_E_INVAL;
	if (size >= running_size && memcmp(name + size - running_size, running, running_size) == 0)
		return TSR_E_INVAL;
	for (const char *at = name;;) {
		size_t part = strcspn(at, "/");
		if (!component_ok(at, part))
			return TSR_E_INVAL;
		if (at[part] == '\0')
			return TSR_OK;
		at += part + 1;
	}
}

/* openat() of one component, ELOOP for any link as openat2 says it. */
static int open_component(int dir, const char *part, int flags, unsigned mode)
{
	struct stat st;
	int fd = openat(dir, part, flags | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
	if (fd >= 0 || errno != ENOTDIR)
		return fd;
	bool link = fstatat(dir, part, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
	errno = link ? ELOOP : ENOTDIR;
	return -1;
}

int beneath_walk(int dir, const char *path, int flags, unsigned mode)
{
	int at = dir, fd = -1;
	for (;;) {
		char part[256];
		size_t size = strcspn(path, "/");
		bool last = path[size] == '\0';
		int saved;
		if (size >= sizeof(part) || !component_ok(path, size)) {
			errno = EACCES;
		} else {
			memcpy(part, path, size);
			part[size] = '\0';
			fd = open_component(at, part, last ? flags : FOLDER_FLAGS, mode);
		}
		saved = errno;
		if (at != dir)
			close(at);
		errno = saved;
		if (fd < 0 || last)
			return fd;
		at = fd;
		fd = -1;
		path += size + 1;
	}
}

int beneath_open(int dir, const char *path, int flags, unsigned mode)
{
#ifdef HAVE_LINUX_OPENAT2_H
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.mode = (flags & O_CREAT) != 0 ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	for (int i = 0; i < LOOKUP_TRIES; i++) {
		int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR && errno != ENOSYS && errno != EPERM))
			return fd;
		/* Older container runtimes answer EPERM to calls they do not know. */
		if (errno == ENOSYS || errno == EPERM)
			break;
	}
#endif
	return beneath_walk(dir, path, flags, mode);
}

bool beneath_is_same(int folder, const char *name, int fd)
{
	struct stat by_name, by_fd;
	return fstatat(folder, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &by_fd) == 0 &&
	       by_name.st_dev == by_fd.st_dev && by_name.st_ino == by_fd.st_ino;
}

/* Opens the folder `levels` components deep in p->name, 0 being the recordings folder itself. -1 and errno. */
static int open_level(const struct place *p, unsigned levels)
{
	if (levels == 0)
		return fcntl(p->root, F_DUPFD_CLOEXEC, 0);
	char path[LIMIT_FILENAME_BYTES + 1];
	size_t size = 0;
	for (unsigned i = 0; i < levels; i++)
		size += strcspn(p->name + size, "/") + 1;
	memcpy(path, p->name, size - 1);
	path[size - 1] = '\0';
	return beneath_open(p->root, path, FOLDER_FLAGS, 0);
}

static unsigned count_levels(const char *name)
{
	unsigned levels = 0;
	for (; *name != '\0'; name++)
		levels += *name == '/';
	return levels;
}

/* Component `level` (from 0) of p->name. */
static void component(const struct place *p, unsigned level, char out[LIMIT_FILENAME_BYTES + 1])
{
	const char *at = p->name;
	while (level-- > 0)
		at += strcspn(at, "/") + 1;
	size_t size = strcspn(at, "/");
	memcpy(out, at, size);
	out[size] = '\0';
}

/* Makes the missing sub-folders and counts them. 0, or -1 and errno. */
static int make_levels(struct place *p, unsigned levels)
{
	for (unsigned i = 0; i < levels; i++) {
		char part[LIMIT_FILENAME_BYTES + 1];
		component(p, i, part);
		int parent = open_level(p, i);
		if (parent < 0)
			return -1;
		bool made = mkdirat(parent, part, 0777) == 0;
		int saved = errno;
		close(parent);
		if (!made && saved != EEXIST) {
			errno = saved;
			return -1;
		}
		p->made += made;
	}
	return 0;
}

/* What names the place: copies, and the absolute path. */
static tsr_error name_place(struct place *p, const char *folder, const char *name)
{
	char *absolute = realpath(folder, NULL);
	if (absolute == NULL)
		return tsr_error_from_errno(errno);
	p->name = strdup(name);
	const char *slash = strrchr(name, '/');
	p->base = strdup(slash != NULL ? slash + 1 : name);
	p->path = beneath_join(strcmp(absolute, "/") == 0 ? "" : absolute, "/", name);
	free(absolute);
	return p->name != NULL && p->base != NULL && p->path != NULL ? TSR_OK : TSR_E_NOMEM;
}

tsr_error place_open(struct place *p, const char *folder, const char *name, bool make)
{
	*p = (struct place){.root = -1, .folder = -1};
	tsr_error err = beneath_check_name(name);
	if (err == TSR_OK)
		err = name_place(p, folder, name);
	if (err != TSR_OK)
		goto out;
	unsigned levels = count_levels(name);
	p->root = open(folder, FOLDER_FLAGS | O_CLOEXEC);
	if (p->root >= 0)
		p->folder = open_level(p, levels);
	if (p->root >= 0 && p->folder < 0 && errno == ENOENT && make && make_levels(p, levels) == 0)
		p->folder = open_level(p, levels);
	if (p->folder < 0)
		err = tsr_error_from_errno(errno);
	/* Only to make sub-folders durable, or to remove them again, is the root needed from here on. */
	if (err == TSR_OK && p->made == 0) {
		close(p->root);
		p->root = -1;
	}
out:
	if (err != TSR_OK) {
		place_unmake(p);
		place_close(p);
	}
	return err;
}

void place_close(struct place *p)
{
	if (p == NULL || (p->name == NULL && p->base == NULL && p->path == NULL))
		return;
	if (p->folder >= 0)
		close(p->folder);
	if (p->root >= 0)
		close(p->root);
	free(p->name);
	free(p->base);
	free(p->path);
	*p = (struct place){.root = -1, .folder = -1};
}

void place_unmake(struct place *p)
{
	/* Descriptors may be what was missing. */
	if (p->folder >= 0)
		close(p->folder);
	p->folder = -1;
	for (unsigned level = p->made > 0 ? count_levels(p->name) : 0; p->made > 0 && level > 0; level--, p->made--) {
		char part[LIMIT_FILENAME_BYTES + 1];
		component(p, level - 1, part);
		int parent = open_level(p, level - 1);
		if (parent < 0)
			return;
		unlinkat(parent, part, AT_REMOVEDIR);
		close(parent);
	}
}

int place_sync(struct place *p)
{
	if (durable_folder(p->folder) != 0)
		return -1;
	for (unsigned level = p->made > 0 ? count_levels(p->name) : 0; p->made > 0 && level > 0; level--, p->made--) {
		int parent = open_level(p, level - 1);
		int failed = parent < 0 ? -1 : durable_folder(parent);
		int saved = errno;
		if (parent >= 0)
			close(parent);
		if (failed != 0) {
			errno = saved;
			return -1;
		}
	}
	return 0;
}

char *beneath_join(const char *a, const char *b, const char *c)
{
	char *joined = malloc(strlen(a) + strlen(b) + strlen(c) + 1);
	return joined != NULL ? strcat(strcat(strcpy(joined, a), b), c) : NULL;
}
