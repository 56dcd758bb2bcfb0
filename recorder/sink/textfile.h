/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Small text files beside the recordings (their reports), replaced as a whole or not at all. */
#ifndef TSR_SINK_TEXTFILE_H
#define TSR_SINK_TEXTFILE_H

#include <stddef.h>

#include "../common/error.h"

#define SUFFIX_TEXT ".json"
/* While it is written; a left-over of a crash is replaced by the next one, or removed by recovery. */
#define SUFFIX_TEXT_RUNNING ".recording.json"

/* Writes `name` (which ends in ".json", and before that is as in file_sink_config) below `folder` durably: a temporary file,
 * synced, renamed over what was there, the folder synced. Its sub-folders must exist. `mode` 0 = 0644. TSR_OK, or the errors
 * of file_sink_create (never TSR_E_EXISTS); TSR_E_BUSY when another writer is at it. On failure the file is as it was. */
TSR_MUST_USE tsr_error textfile_write(const char *folder, const char *name, const char *text, size_t size,
				      unsigned mode);

/* The same, but the folder is not synced: for a caller that does so next. */
TSR_MUST_USE tsr_error textfile_put(const char *folder, const char *name, const char *text, size_t size, unsigned mode);

/* Removes a temporary file (`name` in an open folder, ending in SUFFIX_TEXT_RUNNING) that a crash left behind, unless
 * somebody is writing it. */
void textfile_remove_stale(int folder, const char *name);

#endif
