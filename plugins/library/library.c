/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utils.h> /* Janus's */

#include "library.h"
#include "recorder/recorder.h"

#define RUNNING_ENDING ".recording.ts"
#define NOTE_ENDING    ".recording.json"
/* Folders within folders, as a template of 200 bytes can make them. */
#define MAX_DEPTH 100
/* Real reports have some kilobytes: 16 tracks and 64 gaps. */
#define MAX_REPORT_BYTES (1024 * 1024)
#define LOOK_PERIOD_US   1000000

/* A file, by its name below the folder without ending. */
struct entry {
	char *name;
	int64_t mtime_us; /* of the report; of the file itself when it is interrupted */
	int64_t size;
	unsigned look; /* the number of the look that saw it last */
	bool interrupted;
	char *id, *title, *profile, *secret, *stamp;
	bool private, recovered;
	int64_t started_us, ended_us, duration_ms;
	uint64_t bytes;
};

struct library {
	char *root;
	pthread_mutex_t mutex; /* guards what follows */
	GHashTable *entries;   /* name -> struct entry * */
	GHashTable *items;     /* id -> struct library_item *, a reference each */
	unsigned looks;
	int64_t looked_us;
	bool dirty;
};

static void entry_free(void *data)
{
	struct entry *e = data;
	g_free(e->name);
	g_free(e->id);
	g_free(e->title);
	g_free(e->profile);
	g_free(e->secret);
	g_free(e->stamp);
	g_free(e);
}

void library_item_unref(struct library_item *item)
{
	if (!item || !g_atomic_int_dec_and_test(&item->refs))
		return;
	g_free(item->id);
	g_free(item->name);
	g_free(item->profile);
	g_free(item->secret);
	g_free(item->stamp);
	g_ptr_array_unref(item->files);
	g_free(item);
}

struct library *library_create(const char *folder)
{
	struct library *library = g_new0(struct library, 1);
	library->root = g_strdup(folder);
	library->entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
	library->items = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)library_item_unref);
	library->dirty = true;
	pthread_mutex_init(&library->mutex, NULL);
	return library;
}

void library_destroy(struct library *library)
{
	if (!library)
		return;
	g_hash_table_destroy(library->items);
	g_hash_table_destroy(library->entries);
	pthread_mutex_destroy(&library->mutex);
	g_free(library->root);
	g_free(library);
}

void library_changed(struct library *library)
{
	pthread_mutex_lock(&library->mutex);
	library->dirty = true;
	pthread_mutex_unlock(&library->mutex);
}

/* ---- reports ------------------------------------------------------------------------------------------------------- */

/* A report, or the note of a recording that has none yet. */
static json_t *load_text(const struct library *l, const char *name, const char *ending)
{
	char *path = g_strdup_printf("%s/%s%s", l->root, name, ending);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	json_t *report = NULL;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= MAX_REPORT_BYTES)
		report = json_loadfd(fd, 0, NULL);
	if (fd >= 0)
		close(fd);
	g_free(path);
	return report;
}

static char *text_of(json_t *object, const char *key)
{
	return g_strdup(json_string_value(json_object_get(object, key)));
}

static int64_t time_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	GDateTime *time = text ? g_date_time_new_from_iso8601(text, NULL) : NULL;
	if (!time)
		return 0;
	int64_t us = g_date_time_to_unix(time) * G_USEC_PER_SEC + g_date_time_get_microsecond(time);
	g_date_time_unref(time);
	return us;
}

/* What a note says, too. */
static void read_identity(struct entry *e, json_t *text)
{
	json_t *host = json_object_get(text, "host");
	e->id = text_of(text, "id");
	e->title = text_of(text, "name");
	e->profile = text_of(host, "profile");
	e->secret = text_of(host, "secret");
	e->stamp = text_of(host, "stamp");
	e->private = !json_is_false(json_object_get(host, "private"));
	e->started_us = time_of(text, "started");
}

/* NULL when it is no report of ours. */
static struct entry *read_report(const struct library *l, const char *name)
{
	json_t *report = load_text(l, name, ".json");
	const char *id = json_string_value(json_object_get(report, "id"));
	const char *file = json_string_value(json_object_get(report, "file"));
	const char *slash = strrchr(name, '/');
	char *expected = g_strdup_printf("%s.ts", slash ? slash + 1 : name);
	struct entry *e = NULL;
	if (id && file && !strcmp(file, expected)) {
		e = g_new0(struct entry, 1);
		read_identity(e, report);
		e->recovered = json_is_true(json_object_get(report, "recovered"));
		e->ended_us = time_of(report, "ended");
		e->duration_ms = json_integer_value(json_object_get(report, "duration_ms"));
		e->bytes = (uint64_t)json_integer_value(json_object_get(report, "bytes"));
	}
	g_free(expected);
	json_decref(report);
	return e;
}

json_t *library_reports(const struct library *l, const struct library_item *item)
{
	json_t *list = json_array();
	for (guint i = 0; i < item->files->len; i++) {
		json_t *report = load_text(l, g_ptr_array_index(item->files, i), ".json");
		if (!report)
			continue;
		json_object_del(report, "host"); /* the hidden secret */
		json_array_append_new(list, report);
	}
	return list;
}

/* ---- looking at the folder; mutex held ----------------------------------------------------------------------------- */

static int64_t mtime_us(const struct stat *st)
{
	return st->st_mtim.tv_sec * G_USEC_PER_SEC + st->st_mtim.tv_nsec / 1000;
}

/* A file that is as it was is not read again. */
static bool known(const struct library *l, const char *name, const struct stat *st)
{
	struct entry *e = g_hash_table_lookup(l->entries, name);
	if (!e || e->mtime_us != mtime_us(st) || e->size != st->st_size)
		return false;
	e->look = l->looks;
	return true;
}

static void remember(struct library *l, struct entry *e, const char *name, const struct stat *st)
{
	e->name = g_strdup(name);
	e->mtime_us = mtime_us(st);
	e->size = st->st_size;
	e->look = l->looks;
	g_hash_table_replace(l->entries, e->name, e);
}

static void see_report(struct library *l, const char *name, const struct stat *st)
{
	struct stat file;
	char *path = g_strdup_printf("%s/%s.ts", l->root, name);
	bool there = lstat(path, &file) == 0 && S_ISREG(file.st_mode);
	g_free(path);
	if (!there || known(l, name, st))
		return;
	struct entry *e = read_report(l, name);
	if (e)
		remember(l, e, name, st);
}

/* Whoever writes a file, or recovers it, holds a lock on it. */
static bool is_held(const struct library *l, const char *name, const char *ending)
{
	char *path = g_strdup_printf("%s/%s%s", l->root, name, ending);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;
	if (fd >= 0)
		close(fd);
	g_free(path);
	return held;
}

/* A file, NAME and `ending`, that waits for recovery. */
static void see_unfinished(struct library *l, const char *name, const char *ending, const struct stat *st)
{
	if (known(l, name, st) || is_held(l, name, ending))
		return;
	const char *slash = strrchr(name, '/');
	struct entry *e = g_new0(struct entry, 1);
	json_t *note = load_text(l, name, NOTE_ENDING);
	read_identity(e, note);
	json_decref(note);
	e->interrupted = true;
	if (!e->id)
		e->id = g_strdup(slash ? slash + 1 : name);
	e->ended_us = mtime_us(st);
	if (!e->started_us)
		e->started_us = e->ended_us;
	e->bytes = (uint64_t)st->st_size;
	remember(l, e, name, st);
}

/* A note whose file has its final name: only the report is missing. */
static void see_note(struct library *l, const char *name)
{
	struct stat file, report;
	char *path = g_strdup_printf("%s/%s.ts", l->root, name), *json = g_strdup_printf("%s/%s.json", l->root, name);
	if (lstat(path, &file) == 0 && S_ISREG(file.st_mode) && lstat(json, &report) != 0)
		see_unfinished(l, name, ".ts", &file);
	g_free(json);
	g_free(path);
}

static bool cut_ending(char *name, const char *ending)
{
	if (!g_str_has_suffix(name, ending))
		return false;
	name[strlen(name) - strlen(ending)] = '\0';
	return true;
}

static void look_into(struct library *l, const char *folder, unsigned depth)
{
	char *path = *folder ? g_strdup_printf("%s/%s", l->root, folder) : g_strdup(l->root);
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *file;
	while (dir && (file = g_dir_read_name(dir))) {
		char *full = g_strdup_printf("%s/%s", path, file);
		char *name = *folder ? g_strdup_printf("%s/%s", folder, file) : g_strdup(file);
		struct stat st;
		if (lstat(full, &st) != 0) {
			/* It went while we looked. */
		} else if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH) {
			look_into(l, name, depth + 1);
		} else if (S_ISREG(st.st_mode) && cut_ending(name, NOTE_ENDING)) {
			see_note(l, name);
		} else if (S_ISREG(st.st_mode) && cut_ending(name, ".json")) {
			see_report(l, name, &st);
		} else if (S_ISREG(st.st_mode) && cut_ending(name, RUNNING_ENDING)) {
			see_unfinished(l, name, RUNNING_ENDING, &st);
		}
		g_free(name);
		g_free(full);
	}
	if (dir)
		g_dir_close(dir);
	g_free(path);
}

static gboolean is_gone(gpointer key G_GNUC_UNUSED, gpointer value, gpointer user)
{
	const struct library *l = user;
	return ((struct entry *)value)->look != l->looks;
}

/* ---- entries to items ---------------------------------------------------------------------------------------------- */

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp((*(const struct entry *const *)a)->name, (*(const struct entry *const *)b)->name);
}

static struct library_item *new_item(const struct entry *e)
{
	struct library_item *item = g_new0(struct library_item, 1);
	item->refs = 1;
	item->id = g_strdup(e->id);
	item->name = g_strdup(e->title);
	item->profile = g_strdup(e->profile);
	item->secret = g_strdup(e->secret);
	item->stamp = g_strdup(e->stamp);
	item->private = e->private;
	item->interrupted = e->interrupted;
	item->started_us = e->started_us;
	item->files = g_ptr_array_new_with_free_func(g_free);
	return item;
}

static void add_entry(struct library *l, const struct entry *e)
{
	struct library_item *item = g_hash_table_lookup(l->items, e->id);
	if (!item) {
		item = new_item(e);
		g_hash_table_insert(l->items, item->id, item);
	}
	g_ptr_array_add(item->files, g_strdup(e->name));
	item->recovered |= e->recovered;
	item->interrupted |= e->interrupted;
	item->started_us = MIN(item->started_us, e->started_us);
	item->ended_us = MAX(item->ended_us, e->ended_us);
	item->duration_ms += e->duration_ms;
	item->bytes += e->bytes;
}

static void rebuild_items(struct library *l)
{
	GPtrArray *sorted = g_ptr_array_new();
	GHashTableIter iter;
	gpointer value;
	g_hash_table_iter_init(&iter, l->entries);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		g_ptr_array_add(sorted, value);
	g_ptr_array_sort(sorted, by_name);
	g_hash_table_remove_all(l->items);
	for (guint i = 0; i < sorted->len; i++)
		add_entry(l, g_ptr_array_index(sorted, i));
	g_ptr_array_unref(sorted);
}

/* Mutex held. */
static void look(struct library *l)
{
	int64_t now_us = tsr_now_us();
	if (!l->dirty && now_us - l->looked_us < LOOK_PERIOD_US)
		return;
	l->dirty = false;
	l->looked_us = now_us;
	l->looks++;
	look_into(l, "", 0);
	g_hash_table_foreach_remove(l->entries, is_gone, l);
	rebuild_items(l);
}

static gint newest_first(gconstpointer a, gconstpointer b)
{
	const struct library_item *x = *(const struct library_item *const *)a,
				  *y = *(const struct library_item *const *)b;
	if (x->started_us != y->started_us)
		return x->started_us < y->started_us ? 1 : -1;
	return strcmp(x->id, y->id);
}

GPtrArray *library_items(struct library *l)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)library_item_unref);
	pthread_mutex_lock(&l->mutex);
	look(l);
	GHashTableIter iter;
	gpointer value;
	g_hash_table_iter_init(&iter, l->items);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct library_item *item = value;
		g_atomic_int_inc(&item->refs);
		g_ptr_array_add(list, item);
	}
	pthread_mutex_unlock(&l->mutex);
	g_ptr_array_sort(list, newest_first);
	return list;
}

struct library_item *library_find(struct library *l, const char *id)
{
	pthread_mutex_lock(&l->mutex);
	look(l);
	struct library_item *item = g_hash_table_lookup(l->items, id);
	if (item)
		g_atomic_int_inc(&item->refs);
	pthread_mutex_unlock(&l->mutex);
	return item;
}

/* ---- secrets ------------------------------------------------------------------------------------------------------- */

/* "SALT:HASH": a report may lie in a folder that is served to everybody. */
static char *hide(const char *salt, const char *secret)
{
	char *salted = g_strconcat(salt, ":", secret, NULL);
	char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, salted, -1);
	char *hidden = g_strconcat(salt, ":", hash, NULL);
	g_free(salted);
	g_free(hash);
	return hidden;
}

char *library_host_text(const char *stamp, const char *profile, bool private, const char *secret)
{
	json_t *host = json_pack("{s:s, s:b}", "stamp", stamp, "private", private);
	if (profile)
		json_object_set_new(host, "profile", json_string(profile));
	if (secret) {
		char salt[20];
		g_snprintf(salt, sizeof(salt), "%08x%08x", janus_random_uint32(), janus_random_uint32());
		char *hidden = hide(salt, secret);
		json_object_set_new(host, "secret", json_string(hidden));
		g_free(hidden);
	}
	char *dump = json_dumps(host, JSON_COMPACT);
	char *text = g_strdup(dump);
	free(dump);
	json_decref(host);
	return text;
}

bool library_secret_fits(const struct library_item *item, const char *secret)
{
	const char *colon = item->secret ? strchr(item->secret, ':') : NULL;
	if (!colon || !secret)
		return false;
	char *salt = g_strndup(item->secret, (gsize)(colon - item->secret));
	char *hidden = hide(salt, secret);
	bool fits = janus_strcmp_const_time(hidden, item->secret);
	g_free(hidden);
	g_free(salt);
	return fits;
}
