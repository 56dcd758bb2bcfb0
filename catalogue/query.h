/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recording as the database has it, for the two that read it. */
#ifndef TSR_CATALOGUE_QUERY_H
#define TSR_CATALOGUE_QUERY_H

#include "write.h"

struct entry {
	struct catalogue_recording *recording;
	GArray *marks; /* struct look_mark of each of its files */
	bool claimed;
};

/* NULL when there is none, or with the error in *rc. */
struct entry *query_entry(struct database *db, int *rc, int64_t no);
void query_entry_free(void *entry); /* NULL is fine */

/* Whether the recording's files are as they were; what is not is looked at, and the recording is to be read again. */
bool query_verify(struct catalogue *c, struct entry *entry);

#endif
