/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tables, and how an older database comes to have them. */
#ifndef TSR_CATALOGUE_SCHEMA_H
#define TSR_CATALOGUE_SCHEMA_H

#include <sqlite3.h>

/* Brings a database to the latest version, in one transaction. SQLITE_OK; SQLITE_SCHEMA when it is of a newer one; the error. */
int schema_migrate(sqlite3 *handle);

/* SQLITE_OK when it is of the latest version; SQLITE_SCHEMA of a newer one; SQLITE_EMPTY of an older one; the error. */
int schema_check(sqlite3 *handle);

#endif
