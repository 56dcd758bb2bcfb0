/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One connection to a database of ours: opened as we want it, brought to the latest schema, with its statements kept. */
#ifndef TSR_CATALOGUE_DATABASE_H
#define TSR_CATALOGUE_DATABASE_H

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct database {
	sqlite3 *handle;
	GHashTable *statements; /* SQL (by its address: constant text) -> sqlite3_stmt * */
};

/* A temporary one: in memory, and in an unlinked file where it gets large. */
#define DATABASE_TEMPORARY ""

enum database_mode {
	DATABASE_WRITER, /* makes the file, and the schema what it must be */
	DATABASE_READER,
	DATABASE_LOOKER, /* a reader that writes nothing at all to the disk */
};

/* SQLITE_OK and *out, owned by the caller; SQLITE_SCHEMA when it is of a newer version; any other error of SQLite. */
int database_open(const char *path, enum database_mode mode, struct database **out);
void database_close(struct database *db); /* NULL is fine */

/* A statement ready to be stepped: `sql` is constant and kept prepared; `types` says what follows, 't' const char * (NULL = null),
 * 'i' int64_t. Valid until the next query of the same text. NULL with the error in *rc (which is left alone otherwise). */
sqlite3_stmt *database_query(struct database *db, int *rc, const char *sql, const char *types, ...);

/* The same from text that is not constant; to be finalized by the caller. */
sqlite3_stmt *database_query_once(struct database *db, int *rc, const char *sql, const char *types, ...);

/* The next row; false at the end or with the error in *rc. The statement is reset then. A NULL statement has none. */
bool database_step(sqlite3_stmt *statement, int *rc);

/* Runs it to its end. SQLITE_OK or the error. */
int database_run(struct database *db, const char *sql, const char *types, ...);

/* The single number that it gives; `fallback` without a row. */
int64_t database_number(struct database *db, int *rc, int64_t fallback, const char *sql, const char *types, ...);

/* A copy (g_free), or NULL. */
char *database_text(sqlite3_stmt *statement, int column);

#endif
