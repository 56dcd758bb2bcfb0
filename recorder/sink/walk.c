/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/limits.h"
#include "beneath.h"

/* A name of LIMIT_FILENAME_BYTES, every second one a slash. */
#define DEPTH_MAX (LIMIT_FILENAME_BYTES / 2)

struct walk {
	walk_cb visit;
	void *ctx;
	unsigned depth;
	size_t size; /* of the path in `name` that leads to the folder being read, with its slash */
	char name[LIMIT_FILENAME_BYTES + NAME_MAX + 1];
};

static unsigned char type_of(int folder, const struct dirent *entry)
{
	struct stat st;
	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	if (fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return DT_UNKNOWN;
	return S_ISREG(st.st_mode) ? DT_REG : S_ISDIR(st.st_mode) ? DT_DIR : DT_UNKNOWN;
}

static void read_folder(struct walk *w, int fd);

static void visit_entry(struct walk *w, int folder, const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);
	if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || w->size + size + 2 > sizeof(w->name))
		return;
	memcpy(w->name + w->size, entry->d_name, size + 1);
	unsigned char type = type_of(folder, entry);
	if (type == DT_REG) {
		w->visit(w->ctx, &(struct walk_file){folder, entry->d_name, w->name});
	} else if (type == DT_DIR && w->depth < DEPTH_MAX && w->size + size + 1 < LIMIT_FILENAME_BYTES) {
		int fd = beneath_open(folder, entry->d_name, O_RDONLY | O_DIRECTORY, 0);
		size_t saved = w->size;
		strcpy(w->name + w->size + size, "/");
		w->size += size + 1;
		w->depth++;
		if (fd >= 0)
			read_folder(w, fd);
		w->depth--;
		w->size = saved;
	}
}

/* Closes fd. */
static void read_folder(struct walk *w, int fd)
{
	DIR *dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		visit_entry(w, fd, entry);
	closedir(dir);
}

tsr_error walk_folder(const char *folder, walk_cb visit, void *ctx)
{
	struct walk w = {.visit = visit, .ctx = ctx};
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return tsr_error_from_errno(errno);
	read_folder(&w, fd);
	return TSR_OK;
}
