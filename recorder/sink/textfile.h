/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Small text files beside the recordings, replaced as a whole or not at all: the note of one that runs, which says what a
 * crash must not take (whose it is, what it is called), and the report of one that has ended. */
#ifndef TSR_SINK_TEXTFILE_H
#define TSR_SINK_TEXTFILE_H

#include <stddef.h>

#include "../common/error.h"

#define SUFFIX_REPORT ".json"
#define SUFFIX_NOTE   ".recording.json"
/* What either has behind its name while it is written; a left-over of a crash is replaced by the next one, or removed by
 * recovery. */
#define SUFFIX_TEMPORARY ".json.new"

/* Writes `name` (as in file_sink_config, and SUFFIX_REPORT or SUFFIX_NOTE) below `folder` durably: a temporary file, synced,
 * renamed over what was there, the folder synced. Its sub-folders must exist. `mode` 0 = 0644. TSR_OK, or the errors of
 * file_sink_create (never TSR_E_EXISTS); TSR_E_BUSY when another writer is at it. On failure the file is as it was. */
TSR_MUST_USE tsr_error textfile_write(const char *folder, const char *name, const char *text, size_t size,
				      unsigned mode);

/* The same, but the folder is not synced: for a caller that does so next. */
TSR_MUST_USE tsr_error textfile_put(const char *folder, const char *name, const char *text, size_t size, unsigned mode);

/* Reads a note or report `name` in an open folder, of LIMIT_REPORT_BYTES at most. The caller frees it; NULL when there is none
 * that can be read, or it holds a zero byte, as after a loss of power. */
char *textfile_read(int folder, const char *name);

/* Removes a note or report, if it is there; names as in textfile_write. */
void textfile_remove(const char *folder, const char *name);

/* Removes a temporary file (`name` in an open folder, ending in SUFFIX_TEMPORARY) that a crash left behind, unless somebody is
 * writing it. */
void textfile_remove_stale(int folder, const char *name);

#endif
