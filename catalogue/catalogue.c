/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The life of the catalogue: which database it works on, and what happens when that one fails. */
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "catalogue_private.h"

#define DAMAGED_SUFFIX ".damaged"

#ifndef CEPH_SUPER_MAGIC
#define CEPH_SUPER_MAGIC 0x00c36400
#endif

const char *catalogue_state_name(enum catalogue_state state)
{
	static const char *const names[] = {"recording", "interrupted", "finished"};
	return state < CATALOGUE_STATES ? names[state] : "?";
}

void catalogue_tell(const struct catalogue *c, bool bad, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = g_strdup_vprintf(format, args);
	va_end(args);
	if (c->config.tell)
		c->config.tell(c->config.user, bad, text);
	g_free(text);
}

/* SQLite's log in shared memory does not reach from one machine to another. */
static bool is_network(const char *folder)
{
	static const long magics[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC,
				      V9FS_MAGIC,      AFS_SUPER_MAGIC, CODA_SUPER_MAGIC, CEPH_SUPER_MAGIC};
	struct statfs st;
	if (statfs(folder, &st) != 0)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(magics); i++) {
		if (((uint64_t)st.f_type & 0xffffffff) == (uint64_t)magics[i])
			return true;
	}
	return false;
}

/* ---- trouble ------------------------------------------------------------------------------------------------------------- */

static bool is_damage(int rc)
{
	int kind = rc & 0xff;
	/* SQLITE_ERROR: the tables are not those that the version says. */
	return kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_ERROR || kind == SQLITE_FORMAT ||
	       kind == SQLITE_MISMATCH || kind == SQLITE_CONSTRAINT;
}

/* Nothing that another database would help against. */
static bool is_beyond_help(int rc)
{
	int kind = rc & 0xff;
	return kind == SQLITE_NOMEM || kind == SQLITE_MISUSE || kind == SQLITE_INTERRUPT || kind == SQLITE_TOOBIG;
}

static const char *advice(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_SCHEMA: return "it is of a newer version: update this program, or remove the file";
	case SQLITE_FULL: return "the disk is full: make room";
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH: return "it cannot be written: let this user write to it, and to the folder";
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return "another program holds a lock on it: let it go";
	case SQLITE_PROTOCOL:
	case SQLITE_NOLFS: return "its file system has no locks that work: use a local disk";
	case SQLITE_IOERR:
		if (rc == SQLITE_IOERR_LOCK || rc == SQLITE_IOERR_SHMLOCK || rc == SQLITE_IOERR_SHMMAP ||
		    rc == SQLITE_IOERR_SHMOPEN || rc == SQLITE_IOERR_RDLOCK)
			return "its file system has no locks that work: use a local disk";
		return "the disk fails: look at the system's log";
	default: return "see the error";
	}
}

/* Once for each trouble, until it is over. */
static void tell_trouble(struct catalogue *c, int rc)
{
	if (c->told == rc)
		return;
	c->told = rc;
	catalogue_tell(
		c, true,
		"the catalogue %s cannot be used (%s); %s. Recordings go on; until then what there is, is kept in a "
		"temporary catalogue",
		c->path, sqlite3_errstr(rc), advice(rc));
}

/* ---- which database; write held -------------------------------------------------------------------------------------------- */

/* `complete`: it has seen all of the folder. */
static void take_into_use(struct catalogue *c, struct database *db, bool temporary, bool complete)
{
	struct stat st = {0};
	if (!temporary)
		(void)!stat(c->path, &st);
	pthread_mutex_lock(&c->pool);
	struct database *old = c->writer;
	GPtrArray *idle = c->readers;
	c->readers = g_ptr_array_new_with_free_func((GDestroyNotify)database_close);
	c->writer = db;
	c->temporary = temporary;
	c->shared = !temporary;
	c->device = st.st_dev;
	c->inode = st.st_ino;
	c->generation++;
	c->fresh = !complete;
	pthread_mutex_unlock(&c->pool);
	if (idle)
		g_ptr_array_unref(idle);
	database_close(old);
}

static void use_temporary(struct catalogue *c)
{
	struct database *db = NULL;
	int rc = database_open(DATABASE_TEMPORARY, DATABASE_WRITER, &db);
	if (rc != SQLITE_OK)
		catalogue_tell(c, true, "there is no catalogue at all: %s", sqlite3_errstr(rc));
	take_into_use(c, db, true, false);
}

/* The file is kept, for who wants to know what happened to it; of several the latest. */
static bool move_aside(struct catalogue *c)
{
	char *aside = g_strconcat(c->path, DAMAGED_SUFFIX, NULL);
	bool moved = rename(c->path, aside) == 0;
	if (moved) {
		static const char *const more[] = {"-wal", "-shm", "-journal"};
		for (size_t i = 0; i < G_N_ELEMENTS(more); i++) {
			char *path = g_strconcat(c->path, more[i], NULL);
			unlink(path); /* it belongs to the file that is gone, and would be read into the next one */
			g_free(path);
		}
		catalogue_tell(c, true, "the catalogue %s was damaged; it is now %s, and made anew from the reports",
			       c->path, aside);
	}
	g_free(aside);
	return moved;
}

/* What is left of a database that could not even be begun. */
static void remove_empty(const struct catalogue *c)
{
	static const char *const endings[] = {"-journal", "-wal", "-shm", ""};
	struct stat st;
	if (c->config.read_only || stat(c->path, &st) != 0 || st.st_size > 0)
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
		char *path = g_strconcat(c->path, endings[i], NULL);
		unlink(path);
		g_free(path);
	}
}

/* SQLITE_OK, or why there is no database in the folder to work on. */
static int open_in_folder(struct catalogue *c, struct database **db)
{
	if (c->network)
		return SQLITE_NOLFS;
	int rc = database_open(c->path, c->config.read_only ? DATABASE_LOOKER : DATABASE_WRITER, db);
	if (is_damage(rc) && !c->config.read_only && move_aside(c))
		rc = database_open(c->path, DATABASE_WRITER, db);
	if (rc != SQLITE_OK)
		remove_empty(c);
	return rc;
}

static void use_folder(struct catalogue *c)
{
	struct database *db = NULL;
	int rc = open_in_folder(c, &db);
	if (rc == SQLITE_OK) {
		int ignored = SQLITE_OK;
		bool complete =
			database_number(db, &ignored, 0, "SELECT value FROM fact WHERE key = 'complete'", "") > 0;
		if (complete || !c->config.read_only) {
			take_into_use(c, db, false, complete);
			c->told = SQLITE_OK;
			return;
		}
		database_close(db); /* who may not complete it makes one of its own */
	}
	c->hopeless = rc == SQLITE_SCHEMA;
	if (!c->config.read_only)
		tell_trouble(c, rc);
	use_temporary(c);
}

/* One that is damaged before it was ever complete does not become better by beginning anew. */
static void replace_writer(struct catalogue *c, int rc)
{
	bool anew = is_damage(rc) && !c->config.read_only && !c->fresh;
	if (anew) {
		take_into_use(c, NULL, false, false); /* closed before it is moved */
		anew = move_aside(c);
	}
	if (anew) {
		use_folder(c);
	} else {
		tell_trouble(c, rc);
		use_temporary(c);
	}
}

/* After an error of the database of this generation: puts another in its place. False when that would be of no use. */
static bool replace(struct catalogue *c, unsigned generation, int rc)
{
	if (is_beyond_help(rc))
		return false;
	pthread_mutex_lock(&c->write);
	bool replaced = c->generation != generation; /* somebody else was first */
	if (!replaced && !c->temporary) {
		replace_writer(c, rc);
		replaced = true;
	}
	pthread_mutex_unlock(&c->write);
	return replaced;
}

/* ---- lending ------------------------------------------------------------------------------------------------------------- */

struct loan {
	struct database *db; /* NULL: rc says why */
	int rc;
	unsigned generation;
	bool own; /* a reader of its own; else the writer, with `write` held */
};

static struct loan borrow(struct catalogue *c, enum access access)
{
	struct loan loan = {.rc = SQLITE_OK};
	pthread_mutex_lock(&c->pool);
	loan.own = access == READ && c->shared;
	loan.generation = c->generation;
	if (loan.own && c->readers->len > 0)
		loan.db = g_ptr_array_steal_index_fast(c->readers, c->readers->len - 1);
	pthread_mutex_unlock(&c->pool);
	if (loan.own && !loan.db)
		loan.rc = database_open(c->path, c->config.read_only ? DATABASE_LOOKER : DATABASE_READER, &loan.db);
	if (loan.own)
		return loan;
	pthread_mutex_lock(&c->write);
	loan.generation = c->generation;
	loan.db = c->writer;
	if (!loan.db) {
		loan.rc = SQLITE_NOMEM;
		pthread_mutex_unlock(&c->write);
	}
	return loan;
}

static void give_back(struct catalogue *c, const struct loan *loan)
{
	if (!loan->own) {
		pthread_mutex_unlock(&c->write);
		return;
	}
	pthread_mutex_lock(&c->pool);
	bool current = loan->generation == c->generation;
	if (current)
		g_ptr_array_add(c->readers, loan->db);
	pthread_mutex_unlock(&c->pool);
	if (!current)
		database_close(loan->db);
}

static int work_once(struct database *db, enum access access, int (*work)(struct database *, void *), void *arg)
{
	int rc = database_run(db, access == WRITE ? "BEGIN IMMEDIATE" : "BEGIN", "");
	if (rc != SQLITE_OK)
		return rc;
	rc = work(db, arg);
	if (rc == SQLITE_OK)
		rc = database_run(db, "COMMIT", "");
	if (rc != SQLITE_OK && !sqlite3_get_autocommit(db->handle))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

int catalogue_work(struct catalogue *c, enum access access, int (*work)(struct database *db, void *arg), void *arg)
{
	int rc = SQLITE_OK;
	for (int attempt = 0; attempt < 2; attempt++) {
		struct loan loan = borrow(c, access);
		rc = loan.rc;
		if (loan.db) {
			rc = work_once(loan.db, access, work, arg);
			give_back(c, &loan);
		}
		if (rc == SQLITE_OK || !replace(c, loan.generation, rc))
			break;
	}
	return rc;
}

/* ---- life ---------------------------------------------------------------------------------------------------------------- */

struct catalogue *catalogue_open(const struct catalogue_config *config)
{
	struct catalogue *c = g_new0(struct catalogue, 1);
	c->config = *config;
	static const char *const plain[] = {CATALOGUE_ENDING, NULL};
	c->folder = g_strdup(config->folder);
	c->place = (struct look_place){c->folder, config->endings ? config->endings : plain};
	c->path = g_build_filename(config->folder, CATALOGUE_FILE, NULL);
	c->network = is_network(config->folder);
	pthread_mutex_init(&c->write, NULL);
	pthread_mutex_init(&c->pool, NULL);
	pthread_mutex_lock(&c->write);
	use_folder(c);
	pthread_mutex_unlock(&c->write);
	return c;
}

void catalogue_close(struct catalogue *c)
{
	if (!c)
		return;
	g_ptr_array_unref(c->readers);
	database_close(c->writer);
	pthread_mutex_destroy(&c->pool);
	pthread_mutex_destroy(&c->write);
	g_free(c->path);
	g_free(c->folder);
	g_free(c);
}

bool catalogue_needs_scan(struct catalogue *c)
{
	pthread_mutex_lock(&c->pool);
	bool fresh = c->fresh;
	pthread_mutex_unlock(&c->pool);
	return fresh;
}

/* ---- coming back --------------------------------------------------------------------------------------------------------- */

/* Whether the database in the folder can be opened and written: only then it is worth coming back to. No lock held: it may take
 * as long as another process makes it wait. */
static bool is_usable(struct catalogue *c)
{
	struct database *db = NULL;
	if (open_in_folder(c, &db) != SQLITE_OK)
		return false;
	int rc = database_run(db, "BEGIN IMMEDIATE", "");
	if (rc == SQLITE_OK)
		rc = database_run(db, "REPLACE INTO fact VALUES ('tried', ?)", "i",
				  g_get_real_time()); /* a real change */
	if (rc == SQLITE_OK)
		rc = database_run(db, "COMMIT", "");
	database_close(db);
	return rc == SQLITE_OK;
}

/* Whether the file behind the writer is the folder's still. Write held. */
static bool is_in_place(const struct catalogue *c)
{
	struct stat st;
	return stat(c->path, &st) == 0 && st.st_dev == c->device && st.st_ino == c->inode;
}

/* Whatever it knows, it may have missed what came meanwhile. Write held. */
static void use_folder_again(struct catalogue *c)
{
	use_folder(c);
	pthread_mutex_lock(&c->pool);
	c->fresh = true;
	pthread_mutex_unlock(&c->pool);
}

void catalogue_write_back(struct catalogue *c)
{
	struct database *db = NULL;
	pthread_mutex_lock(&c->pool);
	bool shared = c->shared;
	pthread_mutex_unlock(&c->pool);
	if (!shared || c->config.read_only || database_open(c->path, DATABASE_READER, &db) != SQLITE_OK)
		return;
	/* On a connection of its own, so that nobody waits for it. Errors come again where they matter. */
	sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	database_close(db);
}

void catalogue_tend(struct catalogue *c)
{
	if (c->config.read_only)
		return;
	pthread_mutex_lock(&c->write);
	bool away = c->temporary && !c->hopeless && !c->network;
	pthread_mutex_unlock(&c->write);
	bool usable = away && is_usable(c);
	pthread_mutex_lock(&c->write);
	if (usable && c->temporary) {
		use_folder_again(c);
		if (!c->temporary)
			catalogue_tell(c, false, "the catalogue %s is in use again", c->path);
	} else if (!c->temporary && !is_in_place(c)) {
		catalogue_tell(c, false, "the catalogue %s was removed, and is made anew from the reports", c->path);
		use_folder_again(c);
	}
	pthread_mutex_unlock(&c->write);
	catalogue_write_back(c);
}
