/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the catalogue's own files share: the database of the moment, lent for one piece of work at a time. */
#ifndef TSR_CATALOGUE_PRIVATE_H
#define TSR_CATALOGUE_PRIVATE_H

#include <pthread.h>

#include "catalogue.h"
#include "database.h"
#include "place.h"

struct catalogue {
	char *folder, *path;
	struct look_place place; /* the folder, as look.h wants it */
	struct catalogue_config config;
	bool network; /* the folder's file system is another machine's: its locks cannot be relied upon */

	pthread_mutex_t write; /* one writer at a time; also whoever uses a temporary database at all */
	struct database *writer;
	uint64_t device, inode; /* of the file behind it */
	bool temporary;
	bool hopeless; /* the database in the folder is of a newer version: nothing to come back to */
	int told;      /* the trouble that was told last: an error of SQLite */

	pthread_mutex_t pool; /* guards what follows; held for a few instructions */
	GPtrArray *readers;   /* idle: struct database * */
	unsigned generation;  /* counts databases: what was lent from an earlier one is not taken back */
	bool fresh;           /* this database has not seen all of the folder */
	bool shared;          /* readers have connections of their own */
	bool scanning;
	uint64_t scanned;
};

enum access { READ, WRITE };

/* Does `work` on the database, within one transaction; when that fails for the database's fault, again on the one that takes its
 * place. Called with no lock held; `work` returns SQLITE_OK or an error of SQLite, leaves no trace in `arg` of what it did when it
 * fails, and must not wait for anything else. SQLITE_OK, or the error that could not be helped. */
int catalogue_work(struct catalogue *c, enum access access, int (*work)(struct database *db, void *arg), void *arg);

/* Writes the log back into the database. Blocks on the disk; nobody else waits for it. */
void catalogue_write_back(struct catalogue *c);

/* One sentence for the log. */
void catalogue_tell(const struct catalogue *c, bool bad, const char *format, ...) G_GNUC_PRINTF(3, 4);

#endif
