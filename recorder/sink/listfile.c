/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "beneath.h"
#include "durable.h"
#include "textfile.h"

/* The file that was just put there. A descriptor, or -1 and errno. */
static int open_new(const char *folder, const char *name)
{
	struct place place;
	if (place_open(&place, folder, name, false) != TSR_OK) {
		errno = ENOENT;
		return -1;
	}
	char *file = beneath_join(place.base, "", SUFFIX_PLAYLIST);
	errno = ENOMEM;
	int fd = file != NULL ? beneath_open(place.folder, file, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0) : -1;
	int saved = errno;
	free(file);
	place_close(&place);
	errno = saved;
	return fd;
}

tsr_error listfile_replace(struct listfile *l, const char *folder, const char *name, const char *text, size_t size,
			   unsigned mode)
{
	char *file = beneath_join(name, "", SUFFIX_PLAYLIST);
	tsr_error err = file != NULL ? textfile_swap(folder, file, text, size, mode) : TSR_E_NOMEM;
	free(file);
	if (err != TSR_OK)
		return err;
	int fd = open_new(folder, name);
	if (fd < 0)
		return tsr_error_from_errno(errno);
	/* Whoever holds it for a moment, to see whose it is, sees that its media are held, too. */
	(void)flock(fd, LOCK_EX | LOCK_NB);
	listfile_close(l);
	*l = (struct listfile){.fd = fd, .bytes = size};
	return TSR_OK;
}

/* 0, or -1 and errno. What was written in part is taken back. */
static int write_at(int fd, const char *text, size_t size, uint64_t at)
{
	ssize_t n;
	do
		n = pwrite(fd, text, size, (off_t)at);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)size)
		return 0;
	int saved = n < 0 ? errno : ENOSPC;
	if (n > 0 && ftruncate(fd, (off_t)at) != 0)
		saved = EIO;
	errno = saved;
	return -1;
}

tsr_error listfile_append(struct listfile *l, const char *text, size_t size)
{
	if (l->fd < 0 || size > LISTFILE_APPEND_BYTES)
		return TSR_E_INVAL;
	char lines[2 * LISTFILE_APPEND_BYTES];
	size_t left = LISTFILE_APPEND_BYTES - (size_t)(l->bytes % LISTFILE_APPEND_BYTES);
	size_t blank = size > left ? left : 0;
	memset(lines, '\n', blank);
	memcpy(lines + blank, text, size);
	if (write_at(l->fd, lines, blank + size, l->bytes) != 0)
		return tsr_error_from_errno(errno);
	l->bytes += blank + size;
	return TSR_OK;
}

char *listfile_read(const struct listfile *l)
{
	char *text = l->fd >= 0 ? malloc((size_t)l->bytes + 1) : NULL;
	if (text == NULL)
		return NULL;
	size_t done = 0;
	while (done < l->bytes) {
		ssize_t n = pread(l->fd, text + done, (size_t)l->bytes - done, (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(text);
			return NULL;
		}
		done += (size_t)n;
	}
	text[done] = '\0';
	return text;
}

tsr_error listfile_finish(struct listfile *l)
{
	tsr_error err = l->fd >= 0 && durable_file(l->fd) != 0 ? TSR_E_IO : TSR_OK;
	listfile_close(l);
	return err;
}

void listfile_close(struct listfile *l)
{
	if (l->fd >= 0)
		close(l->fd);
	*l = LISTFILE_CLOSED;
}
