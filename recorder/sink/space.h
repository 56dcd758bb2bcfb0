/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Room on the disk: how much there is, and making some by removing finished recordings. Removed is only what a report of ours
 * vouches for: NAME.ts beside a NAME.json that names it. Running recordings and foreign files are never touched. */
#ifndef TSR_SINK_SPACE_H
#define TSR_SINK_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/error.h"

/* Bytes that an unprivileged process may still write in the folder's file system. TSR_OK and *bytes, TSR_E_NOTFOUND,
 * TSR_E_ACCESS, TSR_E_IO. */
TSR_MUST_USE tsr_error space_free(const char *folder, uint64_t *bytes);

/* Removes NAME.ts and then NAME.json (`name` as in file_sink_config). TSR_OK; TSR_E_INVAL, TSR_E_NOTFOUND (no NAME.ts or no
 * report of it), TSR_E_ACCESS, TSR_E_READONLY, TSR_E_IO, TSR_E_NOMEM. */
TSR_MUST_USE tsr_error space_remove(const char *folder, const char *name);

struct retention {
	int64_t max_age_us; /* since a recording ended; 0 = for ever */
	uint64_t max_bytes; /* of all finished recordings in the folder; 0 = no limit */
	/* Whether the recording with this id still runs: the segments that it has finished stay. NULL = none does. */
	bool (*is_running)(void *ctx, const char *id);
	/* After each removal; `path` (of NAME.ts, absolute) and `id` are borrowed, `reason` constant: "age" or "size". */
	void (*removed)(void *ctx, const char *id, const char *path, uint64_t bytes, const char *reason);
	void *ctx;
};

/* Removes recordings in the folder and its sub-folders, oldest first, until both limits are kept. TSR_OK; the errors of
 * opening the folder; TSR_E_NOMEM; TSR_E_LIMIT when there were more than LIMIT_RETENTION_FILES (those seen are done), or the
 * first error of a removal. */
TSR_MUST_USE tsr_error space_retain(const char *folder, const struct retention *retention);

#endif
