/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recordings folder for tests of the catalogue: finished, running and interrupted files as the recorder leaves them. */
#ifndef TESTS_UNIT_CATALOGUE_UTIL_H
#define TESTS_UNIT_CATALOGUE_UTIL_H

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/time.h>
#include <unistd.h>

#include "../lib/cmocka.h"

#include "catalogue/catalogue.h"

/* 2020-09-13T00:00:00Z */
#define DAY_ONE INT64_C(1599955200000000)
#define SECOND  INT64_C(1000000)

/* What a report says. Zero and NULL are fine. */
struct report {
	const char *name; /* of the file, below the folder */
	const char *id;   /* NULL = the name */
	const char *title, *profile;
	bool public;
	int64_t started_us; /* 0 = DAY_ONE */
	int64_t duration_ms;
	uint64_t bytes;
};

static inline char *new_folder(void)
{
	char *folder = g_dir_make_tmp("catalogue-XXXXXX", NULL);
	assert_non_null(folder);
	return folder;
}

static inline void remove_folder(char *folder)
{
	char *argv[] = {"rm", "-rf", folder, NULL};
	assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
	g_free(folder);
}

static inline void save_file(const char *folder, const char *name, const char *ending, const char *text)
{
	char *path = g_strdup_printf("%s/%s%s", folder, name, ending), *parent = g_path_get_dirname(path);
	assert_int_equal(g_mkdir_with_parents(parent, 0755), 0);
	FILE *file = fopen(path, "w"); /* not g_file_set_contents: it syncs */
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	fclose(file);
	g_free(parent);
	g_free(path);
}

static inline bool remove_file(const char *folder, const char *name, const char *ending)
{
	char *path = g_strdup_printf("%s/%s%s", folder, name, ending);
	bool removed = g_unlink(path) == 0;
	g_free(path);
	return removed;
}

static inline void append_string(GString *s, const char *key, const char *value)
{
	g_string_append_printf(s, "\"%s\":", key);
	if (!value) {
		g_string_append(s, "null,");
		return;
	}
	g_string_append_c(s, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			g_string_append_c(s, '\\');
		g_string_append_c(s, *value);
	}
	g_string_append(s, "\",");
}

static inline void append_time(GString *s, const char *key, int64_t us)
{
	GDateTime *time = g_date_time_new_from_unix_utc(us / SECOND);
	char *text = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
	g_string_append_printf(s, "\"%s\":\"%s.%03dZ\",", key, text, (int)(us % SECOND / 1000));
	g_free(text);
	g_date_time_unref(time);
}

/* The members that a note has as well. */
static inline GString *identity_text(const struct report *r)
{
	GString *s = g_string_new("{");
	append_string(s, "id", r->id ? r->id : r->name);
	append_string(s, "name", r->title);
	g_string_append(s, "\"host\":{");
	append_string(s, "profile", r->profile);
	append_string(s, "stamp", "stamp");
	g_string_append_printf(s, "\"private\":%s},", r->public ? "false" : "true");
	append_time(s, "started", r->started_us ? r->started_us : DAY_ONE);
	return s;
}

static inline void save_report(const char *folder, const struct report *r)
{
	const char *slash = strrchr(r->name, '/');
	char *file = g_strdup_printf("%s.ts", slash ? slash + 1 : r->name);
	GString *s = identity_text(r);
	append_string(s, "file", file);
	append_time(s, "ended", (r->started_us ? r->started_us : DAY_ONE) + r->duration_ms * 1000);
	g_string_append_printf(s,
			       "\"duration_ms\":%" G_GINT64_FORMAT ",\"bytes\":%" G_GUINT64_FORMAT
			       ",\"sha256\":null,\"recovered\":false}\n",
			       r->duration_ms, r->bytes);
	save_file(folder, r->name, ".ts", "media");
	save_file(folder, r->name, ".json", s->str);
	g_string_free(s, TRUE);
	g_free(file);
}

static inline void save_note(const char *folder, const struct report *r)
{
	GString *s = identity_text(r);
	g_string_truncate(s, s->len - 1);
	g_string_append(s, "}\n");
	save_file(folder, r->name, ".recording.json", s->str);
	g_string_free(s, TRUE);
}

/* A file that somebody records: until the descriptor is closed. */
static inline int begin_running(const char *folder, const struct report *r)
{
	save_file(folder, r->name, ".recording.ts", "media");
	char *path = g_strdup_printf("%s/%s.recording.ts", folder, r->name);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	g_free(path);
	save_note(folder, r);
	return fd;
}

/* As the recorder ends one: its names, its report, then the note goes. */
static inline void end_running(const char *folder, const struct report *r, int fd)
{
	close(fd);
	remove_file(folder, r->name, ".recording.ts");
	save_report(folder, r);
	remove_file(folder, r->name, ".recording.json");
}

static inline void print_told(void *user, bool bad, const char *text)
{
	(void)user;
	print_message("# %s%s\n", bad ? "bad: " : "", text);
}

static inline struct catalogue *open_catalogue(const char *folder)
{
	struct catalogue *c = catalogue_open(&(struct catalogue_config){.folder = folder, .tell = print_told});
	assert_non_null(c);
	return c;
}

/* Checked at the end of a test: what the list says, ids separated by blanks (g_free). */
static inline char *ids_of(struct catalogue *c, const struct catalogue_filter *filter, uint64_t skip, unsigned limit)
{
	GPtrArray *list = catalogue_list(c, filter, skip, limit);
	GString *s = g_string_new(NULL);
	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(s, "%s%s", i ? " " : "",
				       ((struct catalogue_recording *)g_ptr_array_index(list, i))->id);
	g_ptr_array_unref(list);
	return g_string_free(s, FALSE);
}

#define assert_list(c, filter, skip, limit, expected)                                                                  \
	do {                                                                                                           \
		char *ids_ = ids_of(c, filter, skip, limit);                                                           \
		assert_string_equal(ids_, expected);                                                                   \
		g_free(ids_);                                                                                          \
	} while (0)

#endif
