/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "look.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Real reports have some kilobytes: 16 tracks and 64 gaps. */
#define MAX_REPORT_BYTES (1024 * 1024)

static int64_t mtime_us(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * G_USEC_PER_SEC + st->st_mtim.tv_nsec / 1000;
}

/* Whether the regular file is there. */
static bool stat_file(const char *folder, const char *name, const char *ending, struct stat *st)
{
	char *path = g_strconcat(folder, "/", name, ending, NULL);
	bool there = lstat(path, st) == 0 && S_ISREG(st->st_mode);
	g_free(path);
	return there;
}

/* -1 when there is no such regular file. */
static int open_file(const char *folder, const char *name, const char *ending, struct stat *st)
{
	char *path = g_strconcat(folder, "/", name, ending, NULL);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	g_free(path);
	if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Whoever writes a file, or recovers it, holds a lock on it. */
static bool is_held(const char *folder, const char *name, const char *ending)
{
	struct stat st;
	int fd = open_file(folder, name, ending, &st);
	bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;
	if (fd >= 0)
		close(fd);
	return held;
}

/* ---- reports ------------------------------------------------------------------------------------------------------------- */

/* In one piece: json_loadfd() asks the kernel for one byte after another. */
static json_t *load(const char *folder, const char *name, const char *ending, struct stat *st)
{
	int fd = open_file(folder, name, ending, st);
	if (fd < 0)
		return NULL;
	size_t most = st->st_size <= MAX_REPORT_BYTES ? (size_t)st->st_size : 0, size = 0;
	char *text = g_malloc(most + 1);
	ssize_t n;
	while (size < most && (n = read(fd, text + size, most - size)) > 0)
		size += (size_t)n;
	close(fd);
	json_t *json = json_loadb(text, size, 0, NULL);
	g_free(text);
	return json;
}

static char *text_of(const json_t *object, const char *key)
{
	return g_strdup(json_string_value(json_object_get(object, key)));
}

static int64_t time_of(const json_t *object, const char *key)
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
static void read_identity(struct look *look, const json_t *text)
{
	const json_t *host = json_object_get(text, "host");
	look->id = text_of(text, "id");
	look->title = text_of(text, "name");
	look->profile = text_of(host, "profile");
	look->secret = text_of(host, "secret");
	look->stamp = text_of(host, "stamp");
	look->is_private = !json_is_false(json_object_get(host, "private"));
	look->started_us = time_of(text, "started");
}

static const char *base_of(const char *name)
{
	const char *slash = strrchr(name, '/');
	return slash ? slash + 1 : name;
}

static struct look_mark mark_of(enum catalogue_state state, const struct stat *st, const char *ending)
{
	struct look_mark mark = {.state = state, .seen_us = mtime_us(st), .seen_size = st->st_size};
	g_strlcpy(mark.ending, ending, sizeof(mark.ending));
	return mark;
}

/* False when it is no report of ours about this file. */
static bool read_report(const char *folder, const char *name, const char *ending, const struct stat *file,
			struct look *look)
{
	struct stat st;
	json_t *report = load(folder, name, LOOK_REPORT, &st);
	const char *said = json_string_value(json_object_get(report, "file"));
	char *expected = g_strconcat(base_of(name), ending, NULL);
	bool ours = said && !strcmp(said, expected) && json_string_value(json_object_get(report, "id"));
	if (ours) {
		read_identity(look, report);
		look->there = true;
		look->mark = mark_of(CATALOGUE_FINISHED, &st, ending);
		look->recovered = json_is_true(json_object_get(report, "recovered"));
		look->ended_us = time_of(report, "ended");
		look->duration_ms = json_integer_value(json_object_get(report, "duration_ms"));
		look->bytes = (uint64_t)json_integer_value(json_object_get(report, "bytes"));
		look->written_us = mtime_us(file);
		/* The engine removes only what a report with these vouches for. */
		if (json_object_get(report, "recovered") && json_object_get(report, "sha256"))
			look->disk_bytes = (uint64_t)file->st_size + (uint64_t)st.st_size;
	}
	g_free(expected);
	json_decref(report);
	return ours;
}

/* ".recording.ts" for ".ts". */
struct running {
	char ending[sizeof(LOOK_RUNNING) + LOOK_ENDING_BYTES];
};

static struct running running_of(const char *ending)
{
	struct running running;
	g_snprintf(running.ending, sizeof(running.ending), "%s%s", LOOK_RUNNING, ending);
	return running;
}

/* A file that is not finished, though only its report may be missing: then `complete`. */
static void read_unfinished(const char *folder, const char *name, const char *ending, bool complete,
			    const struct stat *st, struct look *look)
{
	struct stat note_st;
	const struct running running = running_of(ending);
	json_t *note = load(folder, name, LOOK_NOTE, &note_st);
	bool held = is_held(folder, name, complete ? ending : running.ending);
	read_identity(look, note);
	json_decref(note);
	look->there = true;
	look->mark = mark_of(held ? CATALOGUE_RUNNING : CATALOGUE_INTERRUPTED, st, ending);
	if (held) {
		look->mark.seen_us = look->mark.seen_size = 0;
		return;
	}
	if (!look->id)
		look->id = g_strdup(base_of(name));
	look->ended_us = mtime_us(st);
	if (!look->started_us)
		look->started_us = look->ended_us;
	look->bytes = (uint64_t)st->st_size;
}

static bool look_with(const char *folder, const char *name, const char *ending, struct look *look)
{
	struct stat file, other;
	bool finished = stat_file(folder, name, ending, &file);
	if (finished && read_report(folder, name, ending, &file, look))
		return true;
	if (stat_file(folder, name, running_of(ending).ending, &other))
		read_unfinished(folder, name, ending, false, &other, look);
	else if (finished && stat_file(folder, name, LOOK_NOTE, &other) &&
		 !stat_file(folder, name, LOOK_REPORT, &other))
		read_unfinished(folder, name, ending, true, &file, look); /* its report alone is missing */
	return look->there;
}

void look_at(const struct look_place *place, const char *name, struct look *look)
{
	*look = (struct look){0};
	for (const char *const *ending = place->endings; *ending; ending++)
		if (look_with(place->folder, name, *ending, look))
			return;
}

void look_clear(struct look *look)
{
	g_free(look->id);
	g_free(look->title);
	g_free(look->profile);
	g_free(look->secret);
	g_free(look->stamp);
	*look = (struct look){0};
}

bool look_is_same(const struct look_place *place, const char *name, const struct look_mark *mark)
{
	struct stat st;
	const char *folder = place->folder;
	const struct running running = running_of(mark->ending);
	switch (mark->state) {
	case CATALOGUE_FINISHED:
		if (!stat_file(folder, name, LOOK_REPORT, &st) || mtime_us(&st) != mark->seen_us ||
		    st.st_size != mark->seen_size)
			return false;
		return stat_file(folder, name, mark->ending, &st);
	case CATALOGUE_RUNNING: return is_held(folder, name, running.ending);
	default:
		if (!stat_file(folder, name, running.ending, &st) &&
		    (stat_file(folder, name, LOOK_REPORT, &st) || !stat_file(folder, name, mark->ending, &st)))
			return false;
		return mtime_us(&st) == mark->seen_us && st.st_size == mark->seen_size;
	}
}

bool look_is_there(const struct look_place *place, const char *name)
{
	struct stat st;
	bool there = stat_file(place->folder, name, LOOK_REPORT, &st) || stat_file(place->folder, name, LOOK_NOTE, &st);
	for (const char *const *ending = place->endings; *ending && !there; ending++)
		there = stat_file(place->folder, name, running_of(*ending).ending, &st);
	return there;
}
