/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tsrecorder-config.h"

#ifndef HAVE_RENAMEAT2
#define RENAME_NOREPLACE                      1
#define renameat2(fd, from, to_fd, to, flags) syscall(SYS_renameat2, fd, from, to_fd, to, flags)
#endif

static inline int again_if_interrupted(int (*sync_call)(int), int fd)
{
	int result;
	do
		result = sync_call(fd);
	while (result != 0 && errno == EINTR);
	return result;
}

int durable_data(int fd)
{
#ifdef TSR_FAULT_NO_FDATASYNC
	(void)fd;
	return 0;
#else
	return again_if_interrupted(fdatasync, fd);
#endif
}

int durable_file(int fd)
{
#ifdef TSR_FAULT_NO_FSYNC
	(void)fd;
	return 0;
#else
	return again_if_interrupted(fsync, fd);
#endif
}

int durable_folder(int fd)
{
#ifdef TSR_FAULT_NO_DIRSYNC
	(void)fd;
	return 0;
#else
	return again_if_interrupted(fsync, fd);
#endif
}

int durable_rename(int folder, const char *from, const char *to)
{
	if (renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* The file system lacks the flag. A kill between the two calls leaves both names, which recovery understands. */
	if (linkat(folder, from, folder, to, 0) != 0)
		return -1;
	return unlinkat(folder, from, 0);
}
