/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Goes through the regular files of a recordings folder and its sub-folders, as deep as names can reach. Follows no symbolic
 * link. Constant memory. */
#ifndef TSR_SINK_WALK_H
#define TSR_SINK_WALK_H

#include "../common/error.h"

/* Borrowed for the call. */
struct walk_file {
	int folder;       /* the file's own, open */
	const char *base; /* its name in there */
	const char *name; /* below the folder where the walk began */
};

/* May rename or remove the file itself. */
typedef void (*walk_cb)(void *ctx, const struct walk_file *file);

/* TSR_OK, or the error of opening `folder`; sub-folders that cannot be read are passed over. */
TSR_MUST_USE tsr_error walk_folder(const char *folder, walk_cb visit, void *ctx);

#endif
