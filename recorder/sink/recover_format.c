/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recover_format.h"

#include <errno.h>
#include <unistd.h>

static const struct recover_format *const formats[TSR_CONTAINER_COUNT] = {
	[TSR_CONTAINER_TS] = &recover_ts,
};

const struct recover_format *recover_format_of(tsr_container container)
{
	return formats[container];
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
