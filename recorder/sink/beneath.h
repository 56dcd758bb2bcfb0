/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The safe way to files: every name is looked up beneath an open folder and follows no symbolic link, so that neither a name
 * chosen by a peer nor somebody who swaps folders meanwhile leads outside. */
#ifndef TSR_SINK_BENEATH_H
#define TSR_SINK_BENEATH_H

#include <stdbool.h>

#include "../common/error.h"

/* TSR_OK when `name` may name a recording below its folder: 1 to LIMIT_FILENAME_BYTES bytes, no control bytes, relative, no
 * empty component, no "." or "..", and not ending in ".recording" (its finished file would look like a running one).
 * TSR_E_INVAL otherwise. */
TSR_MUST_USE tsr_error beneath_check_name(const char *name);

/* openat() without leaving `dir` and without following any symbolic link; O_CLOEXEC is added. A descriptor, or -1 and errno. */
TSR_MUST_USE int beneath_open(int dir, const char *path, int flags, unsigned mode);

/* The same where the kernel has no openat2: component by component. Here for the tests. */
TSR_MUST_USE int beneath_walk(int dir, const char *path, int flags, unsigned mode);

/* Where one recording lies: its own folder, held open, so that it stays the same one whatever happens to the path. */
struct place {
	int root;      /* the recordings folder; -1 when the file's own folder is not below one made here */
	int folder;    /* the file's own folder */
	char *name;    /* below root, without ending */
	char *base;    /* last component of name */
	char *path;    /* absolute, without ending */
	unsigned made; /* sub-folders made for it, whose entries are not durable yet */
};

/* Opens (with `make`: makes, mode 0777 less the umask) the folder of `name` below `folder`. TSR_OK; TSR_E_INVAL (name),
 * TSR_E_NOTFOUND, TSR_E_ACCESS, TSR_E_READONLY, TSR_E_NOSPACE, TSR_E_IO, TSR_E_NOMEM; on failure nothing is left behind. */
TSR_MUST_USE tsr_error place_open(struct place *p, const char *folder, const char *name, bool make);

/* Closes it; a zeroed or NULL place is fine. */
void place_close(struct place *p);

/* Removes the sub-folders that place_open made, as far as they are empty. Only place_close may follow. */
void place_unmake(struct place *p);

/* Makes the folder's entries durable, and those of sub-folders made for it. 0, or -1 and errno. */
TSR_MUST_USE int place_sync(struct place *p);

/* The three after one another; NULL when memory is out. The caller frees it. */
char *beneath_join(const char *a, const char *b, const char *c);

/* Whether `name` in the open folder is the very file behind fd. */
bool beneath_is_same(int folder, const char *name, int fd);

#endif
