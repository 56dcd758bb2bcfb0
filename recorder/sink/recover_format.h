/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What recovery asks of a container: how much of a file that ends anywhere is whole, and to make that a complete file. */
#ifndef TSR_SINK_RECOVER_FORMAT_H
#define TSR_SINK_RECOVER_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../common/codec.h"
#include "../common/container.h"
#include "../common/error.h"
#include "../common/limits.h"

struct recover_track {
	unsigned id;     /* TS: its PID */
	tsr_codec codec; /* as the file says; NONE when it is none of ours */
	uint64_t frames;
	int64_t first_pts_90k, last_pts_90k;
};

/* What a file holds. */
struct recover_found {
	bool complete;  /* it was finished: there is nothing to do; a TS never says so */
	bool ours;      /* else it only happens to have such a name, and must not be changed */
	uint64_t bytes; /* to be kept of it; 0 = no whole frame of any track */
	unsigned tracks;
	struct recover_track track[LIMIT_TRACKS];
};

/* Both return 0, or -1 and errno. */
struct recover_format {
	size_t state_size;
	/* Looks through the open file. */
	int (*scan)(void *state, int fd, struct recover_found *found);
	/* After a scan: cuts it to `found->bytes`, and completes it; `found->bytes` is what it has then. May be interrupted at any system call
	 * and done again from the scan on, with the same file as a result. What must be durable before something else is, is; the last
	 * change need not be. */
	int (*complete)(void *state, int fd, struct recover_found *found);
	void (*clear)(void *state); /* of what a scan or a completion allocated; NULL = nothing is */
};

/* Constant. */
const struct recover_format *recover_format_of(tsr_container container);

/* Looks through a file of that container by its path, whoever writes it: what it holds, and its size. TSR_OK, TSR_E_NOTFOUND, TSR_E_ACCESS,
 * TSR_E_UNSUPPORTED (no regular file), TSR_E_IO, TSR_E_NOMEM. */
TSR_MUST_USE tsr_error recover_look(const char *path, tsr_container container, struct recover_found *found,
				    uint64_t *size);

/* The largest state_size. */
size_t recover_format_most(void);

extern const struct recover_format recover_ts, recover_mkv, recover_mp4;

/* For the formats: up to `size` bytes from `offset` on into `data`; fewer at the end only. -1 and errno. */
ssize_t recover_read(int fd, void *data, size_t size, uint64_t offset);
/* All of them. 0, or -1 and errno. */
int recover_write(int fd, const void *data, size_t size, uint64_t offset);

#endif
