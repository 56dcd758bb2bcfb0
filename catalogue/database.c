/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "database.h"

#include <stdarg.h>
#include <string.h>

#include "schema.h"

/* How long one process waits for another that writes: its transactions take milliseconds. */
#define BUSY_TIMEOUT_MS 2000

/* Pages of a writer are those of a dozen trees that grow at once; a reader goes down one or two of them. */
#define WRITER_CACHE_KIB 16384
#define READER_CACHE_KIB 2048

static int configure(struct database *db, const char *path, enum database_mode mode)
{
	char *cache =
		g_strdup_printf("PRAGMA cache_size = -%d; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;",
				mode == DATABASE_WRITER ? WRITER_CACHE_KIB : READER_CACHE_KIB);
	int rc = sqlite3_exec(db->handle, cache, NULL, NULL, NULL);
	/* Else who closes it last removes the log by its name: another database's, when the file was moved aside meanwhile. */
	int persist = 1;
	sqlite3_file_control(db->handle, NULL, SQLITE_FCNTL_PERSIST_WAL, &persist);
	g_free(cache);
	if (rc != SQLITE_OK || mode != DATABASE_WRITER)
		return rc;
	if (!*path) /* nobody else sees it, and nobody wants it back */
		return sqlite3_exec(db->handle, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF", NULL, NULL,
				    NULL);
	/* What a kill may not take is in the log at once; what a loss of power takes is found by the next scan. The log is written
	 * back in the background (catalogue_tend): a commit never waits for the disk to have it. */
	return sqlite3_exec(db->handle,
			    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;"
			    "PRAGMA journal_size_limit = 4194304",
			    NULL, NULL, NULL);
}

static void free_statement(void *statement)
{
	sqlite3_finalize(statement);
}

int database_open(const char *path, enum database_mode mode, struct database **out)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	switch (mode) {
	case DATABASE_WRITER: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE; break;
	case DATABASE_READER: flags |= SQLITE_OPEN_READWRITE; break; /* its lock is in shared memory */
	case DATABASE_LOOKER: flags |= SQLITE_OPEN_READONLY; break;
	}
	struct database *db = g_new0(struct database, 1);
	db->statements = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_statement);
	int rc = sqlite3_open_v2(path, &db->handle, flags, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(db->handle, 1);
		sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
		rc = configure(db, path, mode);
	}
	if (rc == SQLITE_OK)
		rc = mode == DATABASE_WRITER ? schema_migrate(db->handle) : schema_check(db->handle);
	if (rc != SQLITE_OK) {
		database_close(db);
		return rc;
	}
	*out = db;
	return SQLITE_OK;
}

void database_close(struct database *db)
{
	if (!db)
		return;
	g_hash_table_destroy(db->statements);
	sqlite3_close_v2(db->handle);
	g_free(db);
}

/* ---- statements ---- */

static int bind(sqlite3_stmt *statement, const char *types, va_list args)
{
	int rc = SQLITE_OK;
	for (int i = 0; types[i] && rc == SQLITE_OK; i++) {
		if (types[i] == 't')
			rc = sqlite3_bind_text(statement, i + 1, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
		else
			rc = sqlite3_bind_int64(statement, i + 1, va_arg(args, int64_t));
	}
	return rc;
}

static sqlite3_stmt *query(struct database *db, int *rc, const char *sql, const char *types, va_list args)
{
	sqlite3_stmt *statement = g_hash_table_lookup(db->statements, sql);
	int err = SQLITE_OK;
	if (!statement) {
		err = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
		if (err == SQLITE_OK)
			g_hash_table_insert(db->statements, (void *)sql, statement);
	} else {
		sqlite3_reset(statement);
	}
	if (err == SQLITE_OK)
		err = bind(statement, types, args);
	if (err == SQLITE_OK)
		return statement;
	*rc = err;
	return NULL;
}

sqlite3_stmt *database_query(struct database *db, int *rc, const char *sql, const char *types, ...)
{
	va_list args;
	va_start(args, types);
	sqlite3_stmt *statement = query(db, rc, sql, types, args);
	va_end(args);
	return statement;
}

sqlite3_stmt *database_query_once(struct database *db, int *rc, const char *sql, const char *types, ...)
{
	sqlite3_stmt *statement = NULL;
	int err = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
	va_list args;
	va_start(args, types);
	if (err == SQLITE_OK)
		err = bind(statement, types, args);
	va_end(args);
	if (err == SQLITE_OK)
		return statement;
	sqlite3_finalize(statement);
	*rc = err;
	return NULL;
}

bool database_step(sqlite3_stmt *statement, int *rc)
{
	if (!statement)
		return false;
	int err = sqlite3_step(statement);
	if (err == SQLITE_ROW)
		return true;
	if (err != SQLITE_DONE)
		*rc = err;
	sqlite3_reset(statement);
	return false;
}

int database_run(struct database *db, const char *sql, const char *types, ...)
{
	int rc = SQLITE_OK;
	va_list args;
	va_start(args, types);
	sqlite3_stmt *statement = query(db, &rc, sql, types, args);
	va_end(args);
	while (database_step(statement, &rc))
		;
	return rc;
}

int64_t database_number(struct database *db, int *rc, int64_t fallback, const char *sql, const char *types, ...)
{
	va_list args;
	va_start(args, types);
	sqlite3_stmt *statement = query(db, rc, sql, types, args);
	va_end(args);
	if (!database_step(statement, rc))
		return fallback;
	int64_t number = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return number;
}

char *database_text(sqlite3_stmt *statement, int column)
{
	return g_strdup((const char *)sqlite3_column_text(statement, column));
}
