/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Going through the folder: what is there and not known is looked at, and what is known and not as it was. A folder is read in
 * pieces and each piece sorted, so that a rebuild fills the database's trees from one side: names begin with a time. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "write.h"

/* Folders within folders, as a template of 200 bytes can make them. */
#define MAX_DEPTH 100
/* Names of one folder that are held at once: some megabytes. */
#define PIECE 65536
/* Batches after which the database's log is written back: it has some 30 MiB then. */
#define WRITE_BACK_BATCHES 64

struct scan {
	struct catalogue *c;
	const struct catalogue_scan *config;
	struct sighting batch[CATALOGUE_BATCH];
	unsigned count;
	bool known[CATALOGUE_BATCH];
	unsigned batches; /* that were written */
};

static bool is_cancelled(const struct scan *s)
{
	return s->config->cancelled && s->config->cancelled(s->config->user);
}

static void count(struct scan *s, unsigned files)
{
	pthread_mutex_lock(&s->c->pool);
	uint64_t all = s->c->scanned += files;
	pthread_mutex_unlock(&s->c->pool);
	if (s->config->progress)
		s->config->progress(s->config->user, all);
}

/* ---- a batch of names ---------------------------------------------------------------------------------------------------- */

/* Which of them are known. */
static int find_known(struct database *db, void *arg)
{
	struct scan *s = arg;
	int rc = SQLITE_OK;
	for (unsigned i = 0; i < s->count && rc == SQLITE_OK; i++)
		s->known[i] = database_number(db, &rc, 0, "SELECT 1 FROM file WHERE name = ?", "t", s->batch[i].name);
	return rc;
}

/* Looks at those of the batch that are unknown, and writes what is there. The batch is empty then. */
static void flush(struct scan *s)
{
	struct sighting seen[CATALOGUE_BATCH];
	unsigned count_seen = 0;
	if (catalogue_work(s->c, READ, find_known, s) == SQLITE_OK) {
		for (unsigned i = 0; i < s->count; i++) {
			struct sighting *one = &seen[count_seen];
			if (s->known[i])
				continue;
			one->name = s->batch[i].name;
			look_at(&s->c->place, one->name, &one->look);
			count_seen += one->look.there;
		}
	}
	if (count_seen) {
		catalogue_put(s->c, seen, count_seen);
		if (++s->batches % WRITE_BACK_BATCHES == 0)
			catalogue_write_back(s->c);
	}
	count(s, s->count);
	for (unsigned i = 0; i < s->count; i++)
		g_free(s->batch[i].name);
	s->count = 0;
}

static void add(struct scan *s, char *name)
{
	s->batch[s->count++] = (struct sighting){.name = name};
	if (s->count == CATALOGUE_BATCH)
		flush(s);
}

/* ---- the folder ---------------------------------------------------------------------------------------------------------- */

static bool cut_ending(char *name, const char *ending)
{
	if (!g_str_has_suffix(name, ending))
		return false;
	name[strlen(name) - strlen(ending)] = '\0';
	return true;
}

static bool cut_running(char *name, const char *const *endings)
{
	for (; *endings; endings++) {
		if (!g_str_has_suffix(name, *endings))
			continue;
		char *before = g_strndup(name, strlen(name) - strlen(*endings));
		bool cut = cut_ending(before, LOOK_RUNNING);
		if (cut)
			name[strlen(before)] = '\0';
		g_free(before);
		if (cut)
			return true;
	}
	return false;
}

/* The name that a file belongs to (g_free), or NULL when it is none of ours. */
static char *name_of(const struct catalogue *c, const char *folder, const char *file)
{
	char *name = *folder ? g_strconcat(folder, "/", file, NULL) : g_strdup(file);
	if (g_utf8_validate(name, -1, NULL) &&
	    (cut_ending(name, LOOK_NOTE) || cut_running(name, c->place.endings) || cut_ending(name, LOOK_REPORT)))
		return name;
	g_free(name);
	return NULL;
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_folder(DIR *dir, const struct dirent *entry)
{
	struct stat st;
	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static void take_piece(struct scan *s, GPtrArray *names)
{
	g_ptr_array_sort(names, by_text);
	for (guint i = 0; i < names->len; i++) {
		if (i > 0 && !strcmp(g_ptr_array_index(names, i - 1), g_ptr_array_index(names, i)))
			continue; /* a file and its note */
		if (is_cancelled(s))
			break;
		add(s, g_strdup(g_ptr_array_index(names, i)));
	}
	flush(s);
	g_ptr_array_set_size(names, 0);
}

/* False when it cannot be read, or the scan was cancelled. */
static bool walk(struct scan *s, const char *folder, unsigned depth)
{
	char *path = g_build_filename(s->c->folder, folder, NULL);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (*folder ? O_NOFOLLOW : 0));
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	g_free(path);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return errno == ENOENT && depth > 0; /* it went while we looked */
	}
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free), *folders = g_ptr_array_new_with_free_func(g_free);
	const struct dirent *entry;
	while ((entry = readdir(dir)) && !is_cancelled(s)) {
		const char *file = entry->d_name;
		if (!strcmp(file, ".") || !strcmp(file, ".."))
			continue;
		if (is_folder(dir, entry))
			g_ptr_array_add(folders, *folder ? g_strconcat(folder, "/", file, NULL) : g_strdup(file));
		char *name = name_of(s->c, folder, file);
		if (name)
			g_ptr_array_add(names, name);
		if (names->len == PIECE)
			take_piece(s, names);
	}
	closedir(dir);
	take_piece(s, names);
	g_ptr_array_sort(folders, by_text);
	for (guint i = 0; i < folders->len && depth < MAX_DEPTH && !is_cancelled(s); i++)
		(void)walk(s, g_ptr_array_index(folders, i),
			   depth + 1); /* one that is closed to us hides nothing else */
	g_ptr_array_unref(folders);
	g_ptr_array_unref(names);
	return !is_cancelled(s);
}

/* ---- what is known ------------------------------------------------------------------------------------------------------- */

struct page {
	char *after;
	GPtrArray *names;
	GArray *marks;
};

static int read_page(struct database *db, void *arg)
{
	struct page *page = arg;
	int rc = SQLITE_OK;
	g_ptr_array_set_size(page->names, 0);
	g_array_set_size(page->marks, 0);
	sqlite3_stmt *s = database_query(
		db, &rc,
		"SELECT name, state, seen_us, seen_size, ending FROM file WHERE name > ? ORDER BY name LIMIT ?", "ti",
		page->after, (int64_t)CATALOGUE_BATCH);
	while (database_step(s, &rc)) {
		struct look_mark mark = {(enum catalogue_state)sqlite3_column_int(s, 1), sqlite3_column_int64(s, 2),
					 sqlite3_column_int64(s, 3), ""};
		g_strlcpy(mark.ending, (const char *)sqlite3_column_text(s, 4), sizeof(mark.ending));
		g_ptr_array_add(page->names, database_text(s, 0));
		g_array_append_val(page->marks, mark);
	}
	return rc;
}

static void check_page(struct scan *s, const struct page *page)
{
	struct sighting seen[CATALOGUE_BATCH];
	unsigned changed = 0;
	for (guint i = 0; i < page->names->len; i++) {
		char *name = g_ptr_array_index(page->names, i);
		if (look_is_same(&s->c->place, name, &g_array_index(page->marks, struct look_mark, i)))
			continue;
		seen[changed].name = name;
		look_at(&s->c->place, name, &seen[changed++].look);
	}
	if (changed)
		catalogue_put(s->c, seen, changed);
}

/* Looks again at what is known. False when it was cancelled, or the database fails. */
static bool check_known(struct scan *s)
{
	struct page page = {g_strdup(""), g_ptr_array_new_with_free_func(g_free),
			    g_array_new(FALSE, FALSE, sizeof(struct look_mark))};
	bool good = true;
	for (;;) {
		good = catalogue_work(s->c, READ, read_page, &page) == SQLITE_OK && !is_cancelled(s);
		if (!good || !page.names->len)
			break;
		check_page(s, &page);
		g_free(page.after);
		page.after = g_strdup(g_ptr_array_index(page.names, page.names->len - 1));
	}
	g_free(page.after);
	g_ptr_array_unref(page.names);
	g_array_unref(page.marks);
	return good;
}

/* ---- all of it ----------------------------------------------------------------------------------------------------------- */

static int set_complete(struct database *db, void *arg)
{
	(void)arg;
	return database_run(db, "UPDATE fact SET value = 1 WHERE key = 'complete' AND value = 0", "");
}

/* The database has seen all, unless another one took its place meanwhile. */
static void finish(struct catalogue *c, unsigned generation)
{
	bool same = catalogue_work(c, WRITE, set_complete, NULL) == SQLITE_OK;
	pthread_mutex_lock(&c->pool);
	if (same && c->generation == generation)
		c->fresh = false;
	pthread_mutex_unlock(&c->pool);
}

bool catalogue_scan(struct catalogue *c, const struct catalogue_scan *config)
{
	static const struct catalogue_scan none;
	struct scan *s = g_new0(struct scan, 1);
	s->c = c;
	s->config = config ? config : &none;
	pthread_mutex_lock(&c->pool);
	unsigned generation = c->generation;
	c->scanning = true;
	c->scanned = 0;
	pthread_mutex_unlock(&c->pool);
	catalogue_settle(c, NULL); /* first: those are few, and what a crash left shows at once */
	bool done = walk(s, "", 0) && check_known(s);
	if (done) {
		catalogue_settle(c, NULL);
		finish(c, generation);
	}
	pthread_mutex_lock(&c->pool);
	c->scanning = false;
	pthread_mutex_unlock(&c->pool);
	g_free(s);
	return done;
}
