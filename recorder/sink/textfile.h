/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Small text files beside the recordings, replaced as a whole or not at all: the note of one that runs, which says what a
 * crash must not take (whose it is, what it is called), the report of one that has ended, and playlists of HLS. */
#ifndef TSR_SINK_TEXTFILE_H
#define TSR_SINK_TEXTFILE_H

#include <stddef.h>

#include "../common/error.h"

#define SUFFIX_REPORT ".json"
#define SUFFIX_NOTE   ".recording.json"
/* Of HLS: the media playlist, and the one that says what is in it. */
#define SUFFIX_PLAYLIST ".m3u8"
#define SUFFIX_MASTER   ".master.m3u8"
/* What a note or a report has behind its name while it is written; a left-over of a crash is replaced by the next one, or removed by
 * recovery. */
#define SUFFIX_TEMPORARY ".json.new"
/* ... and a playlist. */
#define SUFFIX_TEMPORARY_PLAYLIST ".m3u8.new"

/* Writes `name` (as in file_sink_config, and one of the suffixes) below `folder` durably: a temporary file, synced,
 * renamed over what was there, the folder synced. Its sub-folders must exist. `mode` 0 = 0644. TSR_OK, or the errors of
 * file_sink_create (never TSR_E_EXISTS); TSR_E_BUSY when another writer is at it. On failure the file is as it was. */
TSR_MUST_USE tsr_error textfile_write(const char *folder, const char *name, const char *text, size_t size,
				      unsigned mode);

/* The same, but the folder is not synced: for a caller that does so next. */
TSR_MUST_USE tsr_error textfile_put(const char *folder, const char *name, const char *text, size_t size, unsigned mode);

/* The same, and nothing is synced: readers never see half of it, a loss of power may leave the text before, or none. */
TSR_MUST_USE tsr_error textfile_swap(const char *folder, const char *name, const char *text, size_t size,
				     unsigned mode);

/* As textfile_write, of a file in an open folder. */
TSR_MUST_USE tsr_error textfile_replace(int folder, const char *base, const char *text, size_t size, unsigned mode);

/* Reads a note or report `name` in an open folder, of LIMIT_REPORT_BYTES at most. The caller frees it; NULL when there is none
 * that can be read, or it holds a zero byte, as after a loss of power. */
char *textfile_read(int folder, const char *name);

/* Removes such a file, if it is there; names as in textfile_write. */
void textfile_remove(const char *folder, const char *name);

/* Removes a temporary file (`name` in an open folder, ending as a temporary one) that a crash left behind, unless somebody is
 * writing it. */
void textfile_remove_stale(int folder, const char *name);

#endif
