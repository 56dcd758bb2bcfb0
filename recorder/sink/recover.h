/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Brings NAME.recording.ts (or .mkv …), which a crash left behind, to an end: what is unfinished is cut off, the rest made
 * durable and renamed to NAME.ts. It may be killed between any two system calls; the next run comes to the same file.
 * Constant memory. Files that somebody holds (flock) are left alone; so are files that are not what their names say. What is special to
 * a container is behind recover_format.h.
 *
 * A recorder that was killed between its last rename and the report left NAME.ts with the note NAME.recording.json: such a file
 * is complete, and gets its report only. A note that is of no use any more is removed. */
#ifndef TSR_SINK_RECOVER_H
#define TSR_SINK_RECOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/container.h"
#include "../common/error.h"
#include "recover_format.h"

/* Strings and tracks are borrowed for the call. */
struct recover_result {
	tsr_error error; /* TSR_OK: complete and durable under its final name, or held no media and was removed */
	int error_errno;
	const char *folder; /* absolute */
	const char *name;   /* below folder, without ending */
	tsr_container container;
	const char *path;     /* absolute: where it lies now; NULL when it was removed */
	uint64_t bytes;       /* the file's size now */
	uint64_t bytes_cut;   /* removed at its end */
	int64_t ended_utc_us; /* when it was last written, before recovery */
	unsigned tracks;      /* 0 also when it could not be read */
	const struct recover_track *track;
	const char *sha256; /* NULL when not asked for or not recovered */
	const char *note;   /* text of NAME.recording.json; NULL when there is none */
};

struct recover_config {
	bool look_only; /* tell what would be left, change nothing; result.path is then the running name */
	bool checksum;
	/* Asked before each file of a folder: true = leave the rest for another time. NULL = never. */
	bool (*cancelled)(void *ctx);
	/* Called when the content is final but the file still has its running name (result->path has the final one): the moment
	 * to write a report, so that a kill leaves no recording without one. NULL = not called. */
	void (*sealed)(void *ctx, const struct recover_result *result);
	void (*done)(void *ctx, const struct recover_result *result); /* once per file */
	void *ctx;
};

/* Recovers one file; `path` ends as an unfinished recording does. Returns what `done` was told as error, or, without calling it,
 * TSR_E_INVAL (path), TSR_E_NOTFOUND, TSR_E_BUSY (held), TSR_E_ACCESS (no regular file), TSR_E_NOMEM. Errors told to done:
 * TSR_E_MALFORMED (not what its name says; left alone), TSR_E_EXISTS (NAME.ts is there), TSR_E_NOSPACE, TSR_E_READONLY,
 * TSR_E_IO. */
TSR_MUST_USE tsr_error recover_file(const char *path, const struct recover_config *config);

/* Recovers all left-overs in a folder and its sub-folders, and removes unfinished notes and reports. Held ones are passed over.
 * TSR_OK even when single files failed; TSR_E_NOTFOUND, TSR_E_ACCESS, TSR_E_IO (the folder), TSR_E_NOMEM. */
TSR_MUST_USE tsr_error recover_folder(const char *folder, const struct recover_config *config);

#endif
