/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Room on the disk: how much there is, and making some by removing finished recordings. Removed is only what a report of ours
 * vouches for: NAME.ts beside a NAME.json that names it. Running recordings and foreign files are never touched. */
#ifndef TSR_SINK_SPACE_H
#define TSR_SINK_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/error.h"

/* Bytes that an unprivileged process may still write in the folder's file system. TSR_OK and *bytes, TSR_E_NOTFOUND,
 * TSR_E_ACCESS, TSR_E_IO. */
TSR_MUST_USE tsr_error space_free(const char *folder, uint64_t *bytes);

/* Removes NAME.ts and then NAME.json (`name` as in file_sink_config). TSR_OK; TSR_E_INVAL, TSR_E_NOTFOUND (no NAME.ts or no
 * report of it), TSR_E_ACCESS, TSR_E_READONLY, TSR_E_IO, TSR_E_NOMEM. */
TSR_MUST_USE tsr_error space_remove(const char *folder, const char *name);

/* The playlist that lists this recording's file: its name below the folder, with ending. False = there is none of ours. */
bool space_find_playlist(const char *folder, const char *name, char *out, size_t size);

#endif
