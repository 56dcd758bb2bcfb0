/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schema.h"

#include <glib.h>
#include <stdint.h>

/* What leads from one version to the next; never changed once it was released, only added to.
 *
 * A file is the unit of truth, a recording the sum of its files: all of `recording` but `claimed_us` follows from `file`. `tally`
 * counts recordings by the day, so that "how many" needs not go through them; triggers keep it and the sum of bytes, so that no
 * writer can forget to. States are enum catalogue_state. */
static const char *const migrations[] = {
	"CREATE TABLE recording ("
	"  no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	"  claimed_us INTEGER NOT NULL DEFAULT 0," /* when a process said that it records it; 0 = none does */
	"  state INTEGER NOT NULL, private INTEGER NOT NULL, title TEXT, profile TEXT,"
	"  started_us INTEGER NOT NULL, ended_us INTEGER NOT NULL, duration_ms INTEGER NOT NULL, bytes INTEGER NOT "
	"NULL,"
	"  recovered INTEGER NOT NULL, first INTEGER NOT NULL);" /* its first file by name: whose it is, is said there */
	"CREATE INDEX recording_newest ON recording (private, state, started_us DESC, id);"
	"CREATE INDEX recording_title ON recording (title, started_us DESC, id) WHERE title IS NOT NULL;"
	"CREATE INDEX recording_age ON recording (profile, ended_us, id) WHERE state = 2;"
	"CREATE INDEX recording_claimed ON recording (no) WHERE claimed_us > 0;"
	"CREATE TABLE file ("
	"  no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, recording INTEGER NOT NULL,"
	"  state INTEGER NOT NULL, seen_us INTEGER NOT NULL, seen_size INTEGER NOT NULL," /* as it was when it was read */
	"  title TEXT, profile TEXT, secret TEXT, stamp TEXT, private INTEGER NOT NULL, recovered INTEGER NOT NULL,"
	"  started_us INTEGER NOT NULL, ended_us INTEGER NOT NULL, duration_ms INTEGER NOT NULL, bytes INTEGER NOT "
	"NULL,"
	"  written_us INTEGER NOT NULL, disk_bytes INTEGER NOT NULL);" /* for retention: last written, and with its report */
	"CREATE INDEX file_recording ON file (recording, name);"
	"CREATE INDEX file_oldest ON file (written_us, name) WHERE disk_bytes > 0;"
	"CREATE INDEX file_unfinished ON file (state) WHERE state < 2;"
	"CREATE TABLE tally (private INTEGER, state INTEGER, day INTEGER, count INTEGER NOT NULL,"
	"  PRIMARY KEY (private, state, day)) WITHOUT ROWID;"
	"CREATE TABLE fact (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"INSERT INTO fact VALUES ('bytes', 0), ('complete', 0);"
	"CREATE TRIGGER recording_comes AFTER INSERT ON recording BEGIN"
	"  INSERT INTO tally VALUES (new.private, new.state, new.started_us / 86400000000, 1)"
	"    ON CONFLICT DO UPDATE SET count = count + 1;"
	"END;"
	"CREATE TRIGGER recording_goes AFTER DELETE ON recording BEGIN"
	"  UPDATE tally SET count = count - 1"
	"    WHERE private = old.private AND state = old.state AND day = old.started_us / 86400000000;"
	"  DELETE FROM tally"
	"    WHERE private = old.private AND state = old.state AND day = old.started_us / 86400000000 AND count = 0;"
	"END;"
	"CREATE TRIGGER recording_changes AFTER UPDATE OF private, state, started_us ON recording"
	"  WHEN (old.private, old.state, old.started_us / 86400000000) <> (new.private, new.state, new.started_us / "
	"86400000000)"
	"BEGIN"
	"  UPDATE tally SET count = count - 1"
	"    WHERE private = old.private AND state = old.state AND day = old.started_us / 86400000000;"
	"  DELETE FROM tally"
	"    WHERE private = old.private AND state = old.state AND day = old.started_us / 86400000000 AND count = 0;"
	"  INSERT INTO tally VALUES (new.private, new.state, new.started_us / 86400000000, 1)"
	"    ON CONFLICT DO UPDATE SET count = count + 1;"
	"END;"
	"CREATE TRIGGER file_comes AFTER INSERT ON file BEGIN"
	"  UPDATE fact SET value = value + new.disk_bytes WHERE key = 'bytes';"
	"END;"
	"CREATE TRIGGER file_goes AFTER DELETE ON file BEGIN"
	"  UPDATE fact SET value = value - old.disk_bytes WHERE key = 'bytes';"
	"END;"
	"CREATE TRIGGER file_changes AFTER UPDATE OF disk_bytes ON file WHEN old.disk_bytes <> new.disk_bytes BEGIN"
	"  UPDATE fact SET value = value - old.disk_bytes + new.disk_bytes WHERE key = 'bytes';"
	"END;",
	/* What a file ends in when it is finished. */
	"ALTER TABLE file ADD COLUMN ending TEXT NOT NULL DEFAULT '.ts';",
};

#define LATEST ((int)G_N_ELEMENTS(migrations))

static int version_of(sqlite3 *handle, int *version)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(handle, "PRAGMA user_version", -1, &statement, NULL);
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(statement);
		*version = sqlite3_column_int(statement, 0);
		rc = rc == SQLITE_ROW ? SQLITE_OK : rc;
	}
	int end = sqlite3_finalize(statement);
	return rc != SQLITE_OK ? rc : end;
}

static int upgrade(sqlite3 *handle)
{
	int version = 0;
	int rc = version_of(handle, &version); /* again: another process may have been first */
	for (int i = version; i < LATEST && rc == SQLITE_OK; i++)
		rc = sqlite3_exec(handle, migrations[i], NULL, NULL, NULL);
	if (rc == SQLITE_OK && version < LATEST) {
		char *sql = g_strdup_printf("PRAGMA user_version = %d", LATEST);
		rc = sqlite3_exec(handle, sql, NULL, NULL, NULL);
		g_free(sql);
	}
	return rc == SQLITE_OK && version > LATEST ? SQLITE_SCHEMA : rc;
}

int schema_migrate(sqlite3 *handle)
{
	int version = 0;
	int rc = version_of(handle, &version);
	if (rc != SQLITE_OK || version >= LATEST)
		return rc == SQLITE_OK && version > LATEST ? SQLITE_SCHEMA : rc;
	rc = sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return rc;
	rc = upgrade(handle);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

int schema_check(sqlite3 *handle)
{
	int version = 0;
	int rc = version_of(handle, &version);
	if (rc != SQLITE_OK || version == LATEST)
		return rc;
	return version > LATEST ? SQLITE_SCHEMA : SQLITE_EMPTY;
}
