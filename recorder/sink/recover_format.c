/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recover_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct recover_format *const formats[TSR_CONTAINER_COUNT] = {
	[TSR_CONTAINER_TS] = &recover_ts,
	[TSR_CONTAINER_MKV] = &recover_mkv,
	[TSR_CONTAINER_WEBM] = &recover_mkv,
	[TSR_CONTAINER_MP4] = &recover_mp4,
};

const struct recover_format *recover_format_of(tsr_container container)
{
	return formats[container];
}

static tsr_error look(int fd, const struct recover_format *format, struct recover_found *found)
{
	void *state = calloc(1, format->state_size);
	if (state == NULL)
		return TSR_E_NOMEM;
	tsr_error err = format->scan(state, fd, found) == 0 ? TSR_OK : tsr_error_from_errno(errno);
	if (format->clear != NULL)
		format->clear(state);
	free(state);
	return err;
}

tsr_error recover_look(const char *path, tsr_container container, struct recover_found *found, uint64_t *size)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	tsr_error err = fd < 0 || fstat(fd, &st) != 0 ? tsr_error_from_errno(errno) : TSR_OK;
	if (err == TSR_OK)
		err = S_ISREG(st.st_mode) ? look(fd, recover_format_of(container), found) : TSR_E_UNSUPPORTED;
	if (err == TSR_OK)
		*size = (uint64_t)st.st_size;
	if (fd >= 0)
		close(fd);
	return err;
}

size_t recover_format_most(void)
{
	size_t most = 0;
	for (unsigned i = 0; i < TSR_CONTAINER_COUNT; i++)
		if (formats[i]->state_size > most)
			most = formats[i]->state_size;
	return most;
}

ssize_t recover_read(int fd, void *data, size_t size, uint64_t offset)
{
	size_t done = 0;
	while (done < size) {
		ssize_t n = pread(fd, (uint8_t *)data + done, size - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int recover_write(int fd, const void *data, size_t size, uint64_t offset)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = pwrite(fd, (const uint8_t *)data + done, size - done, (off_t)(offset + done));
		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}
