/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct source {
	int fd;
	bool borrowed_fd;
	uint8_t *window;
	size_t pos;      /* of the next byte in the window */
	size_t end;      /* of what is valid in it */
	uint64_t offset; /* in the file, of window[end] */
	tsr_error error;
	uint8_t *exact; /* of the fuzzers' build: what was shown last */
};

static struct source *source_new(int fd, bool borrowed_fd, uint64_t offset)
{
	struct source *s = g_new0(struct source, 1);
	s->fd = fd;
	s->borrowed_fd = borrowed_fd;
	s->window = g_malloc(SOURCE_WINDOW);
	s->offset = offset;
	return s;
}

tsr_error source_open(const char *path, struct source **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not make us wait before we refuse it */
	if (fd < 0)
		return tsr_error_from_errno(errno);
	struct stat st;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return TSR_E_UNSUPPORTED;
	}
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	*out = source_new(fd, false, 0);
	return TSR_OK;
}

struct source *source_ahead(const struct source *s)
{
	return source_new(s->fd, true, source_offset(s));
}

void source_close(struct source *s)
{
	if (s == NULL)
		return;
	if (!s->borrowed_fd)
		close(s->fd);
	g_free(s->window);
	g_free(s->exact);
	g_free(s);
}

/* Reads on until `size` bytes are in the window, or the file or the disk ends. */
static void fill(struct source *s, size_t size)
{
	if (s->pos > 0) {
		memmove(s->window, s->window + s->pos, s->end - s->pos);
		s->end -= s->pos;
		s->pos = 0;
	}
	while (s->end < size && s->error == TSR_OK) {
		ssize_t n = pread(s->fd, s->window + s->end, SOURCE_WINDOW - s->end, (off_t)s->offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			s->error = TSR_E_IO;
		if (n <= 0)
			return;
		s->end += (size_t)n;
		s->offset += (uint64_t)n;
	}
}

size_t source_available(struct source *s, size_t wanted)
{
	if (wanted > SOURCE_WINDOW)
		wanted = SOURCE_WINDOW;
	if (s->end - s->pos < wanted)
		fill(s, wanted);
	size_t have = s->end - s->pos;
	return have < wanted ? have : wanted;
}

const uint8_t *source_peek(struct source *s, size_t size)
{
	if (size > SOURCE_WINDOW || source_available(s, size) < size)
		return NULL;
#ifdef TSR_SMALL_LIMITS /* in a block of its exact size, so that a read beyond it is noticed */
	g_free(s->exact);
	s->exact = size > 0 ? g_memdup2(s->window + s->pos, size) : NULL;
	if (size > 0)
		return s->exact;
#endif
	return s->window + s->pos;
}

void source_skip(struct source *s, uint64_t size)
{
	size_t have = s->end - s->pos;
	if (size <= have) {
		s->pos += (size_t)size;
		return;
	}
	s->offset += size - have;
	s->pos = s->end = 0;
}

uint64_t source_offset(const struct source *s)
{
	return s->offset - (s->end - s->pos);
}

tsr_error source_error(const struct source *s)
{
	return s->error;
}
