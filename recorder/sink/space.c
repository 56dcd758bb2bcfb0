/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "space.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../common/clock.h"
#include "../common/limits.h"
#include "../common/log.h"
#include "beneath.h"
#include "textfile.h"
#include "walk.h"

tsr_error space_free(const char *folder, uint64_t *bytes)
{
	struct statvfs st;
	if (statvfs(folder, &st) != 0)
		return tsr_error_from_errno(errno);
	*bytes = (uint64_t)st.f_bavail * st.f_frsize;
	return TSR_OK;
}

/* ---- is it ours? ------------------------------------------------------------------------------------------------- */

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

/* Whether the JSON string at `at` (behind its opening quote) is `base` with the ending of a finished recording. */
static bool is_file_name(const char *at, const char *base)
{
	for (const char *part = base; part != NULL; part = part == base ? SUFFIX_FINISHED : NULL) {
		for (const char *c = part; *c != '\0'; c++) {
			if ((*c == '"' || *c == '\\') && *at++ != '\\')
				return false;
			if (*at++ != *c)
				return false;
		}
	}
	return *at == '"';
}

/* Whether the text has what only our reports have together: "recovered", "sha256", and "file" with this very name. */
static bool is_report_of(const char *text, const char *base)
{
	static const char key[] = "\"file\"";
	if (strstr(text, "\"recovered\"") == NULL || strstr(text, "\"sha256\"") == NULL)
		return false;
	for (const char *at = text; (at = strstr(at, key)) != NULL;) {
		at = skip_blanks(at + sizeof(key) - 1);
		if (*at != ':')
			continue;
		at = skip_blanks(at + 1);
		if (*at == '"' && is_file_name(at + 1, base))
			return true;
	}
	return false;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t size = strlen(name), suffix_size = strlen(suffix);
	return size > suffix_size && strcmp(name + size - suffix_size, suffix) == 0;
}

/* What is known of a finished recording. */
struct finished {
	char id[LIMIT_ID_BYTES + 1]; /* "" when its report does not say */
	int64_t ended_us;            /* UTC */
	uint64_t bytes;              /* of file and report */
};

/* The id that a report says, "" when it is none; it is the first member of that name. */
static void find_id(const char *text, char id[LIMIT_ID_BYTES + 1])
{
	static const char key[] = "\"id\"";
	const char *at = strstr(text, key);
	id[0] = '\0';
	if (at == NULL || *(at = skip_blanks(at + sizeof(key) - 1)) != ':' || *(at = skip_blanks(at + 1)) != '"')
		return;
	size_t size = strcspn(at + 1, "\"\\");
	if (size > LIMIT_ID_BYTES || at[1 + size] != '"')
		return;
	memcpy(id, at + 1, size);
	id[size] = '\0';
}

/* Whether `base` in the open folder is a finished recording with its report. */
static bool is_ours(int folder, const char *base, struct finished *found)
{
	bool ours = false;
	char *text = NULL;
	struct stat file;
	char *ts = beneath_join(base, "", SUFFIX_FINISHED), *json = beneath_join(base, "", SUFFIX_REPORT);
	if (ts == NULL || json == NULL || fstatat(folder, ts, &file, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(file.st_mode))
		goto out;
	text = textfile_read(folder, json);
	ours = text != NULL && is_report_of(text, base);
	if (ours) {
		find_id(text, found->id);
		found->ended_us = (int64_t)file.st_mtim.tv_sec * 1000000 + file.st_mtim.tv_nsec / 1000;
		found->bytes = (uint64_t)file.st_size + strlen(text);
	}
out:
	free(text);
	free(ts);
	free(json);
	return ours;
}

/* ---- removing ---------------------------------------------------------------------------------------------------- */

/* The report goes last: without one the recording would count as foreign, and stay for ever after a kill in between. */
static tsr_error remove_pair(const struct place *place)
{
	char *ts = beneath_join(place->base, "", SUFFIX_FINISHED), *json = beneath_join(place->base, "", SUFFIX_REPORT);
	tsr_error err = ts != NULL && json != NULL ? TSR_OK : TSR_E_NOMEM;
	if (err == TSR_OK && (unlinkat(place->folder, ts, 0) != 0 || unlinkat(place->folder, json, 0) != 0))
		err = tsr_error_from_errno(errno);
	free(ts);
	free(json);
	return err;
}

tsr_error space_remove(const char *folder, const char *name)
{
	struct place place;
	struct finished found;
	tsr_error err = place_open(&place, folder, name, false);
	if (err != TSR_OK)
		return err;
	err = is_ours(place.folder, place.base, &found) ? remove_pair(&place) : TSR_E_NOTFOUND;
	place_close(&place);
	return err;
}

/* ---- retention ----------------------------------------------------------------------------------------------------- */

struct recording {
	char *name; /* below the folder, without ending */
	struct finished found;
};

struct list {
	struct recording *item;
	size_t count, alloc;
	uint64_t bytes;
	tsr_error error;
};

static bool grow(struct list *l)
{
	if (l->count == LIMIT_RETENTION_FILES) {
		l->error = TSR_E_LIMIT;
		return false;
	}
	if (l->count < l->alloc)
		return true;
	size_t alloc = l->alloc * 2 + 64;
	struct recording *item = realloc(l->item, alloc * sizeof(*item));
	if (item == NULL) {
		l->error = TSR_E_NOMEM;
		return false;
	}
	l->item = item;
	l->alloc = alloc;
	return true;
}

static void collect(void *ctx, const struct walk_file *file)
{
	struct list *l = ctx;
	struct finished found;
	if (!ends_with(file->base, SUFFIX_REPORT) || ends_with(file->base, SUFFIX_NOTE))
		return;
	char *base = strndup(file->base, strlen(file->base) - strlen(SUFFIX_REPORT));
	if (base != NULL && is_ours(file->folder, base, &found) && grow(l)) {
		struct recording *r = &l->item[l->count];
		r->name = strndup(file->name, strlen(file->name) - strlen(SUFFIX_REPORT));
		r->found = found;
		l->bytes += found.bytes;
		l->count += r->name != NULL;
	}
	free(base);
}

static int by_age(const void *a, const void *b)
{
	const struct recording *x = a, *y = b;
	return x->found.ended_us < y->found.ended_us ? -1 : x->found.ended_us > y->found.ended_us;
}

/* Why this one, the oldest of what is left, has to go; NULL when it may stay. */
static const char *why_remove(const struct retention *limits, const struct recording *r, uint64_t bytes, int64_t now_us)
{
	bool old = limits->max_age_us > 0 && now_us - r->found.ended_us > limits->max_age_us;
	bool much = limits->max_bytes > 0 && bytes > limits->max_bytes;
	if ((!old && !much) || (limits->is_running != NULL && limits->is_running(limits->ctx, r->found.id)))
		return NULL;
	return old ? "age" : "size";
}

static tsr_error remove_one(const char *folder, const struct retention *limits, const struct recording *r,
			    const char *reason)
{
	char *absolute = realpath(folder, NULL);
	char *path = absolute != NULL ? beneath_join(absolute, "/", r->name) : NULL;
	char *file = path != NULL ? beneath_join(path, "", SUFFIX_FINISHED) : NULL;
	tsr_error err = file != NULL ? space_remove(folder, r->name) : TSR_E_NOMEM;
	if (err == TSR_OK) {
		log_line(TSR_LOG_INFO, NULL, "removed by %s: %s", reason, file);
		if (limits->removed != NULL)
			limits->removed(limits->ctx, r->found.id, file, r->found.bytes, reason);
	} else {
		log_line(TSR_LOG_WARNING, NULL, "could not be removed: %s/%s: %s", folder, r->name, tsr_strerror(err));
	}
	free(file);
	free(path);
	free(absolute);
	return err;
}

tsr_error space_retain(const char *folder, const struct retention *limits)
{
	struct list l = {0};
	int64_t now_us = clock_utc_us();
	tsr_error err = walk_folder(folder, collect, &l);
	if (l.count > 0)
		qsort(l.item, l.count, sizeof(l.item[0]), by_age);
	for (size_t i = 0; i < l.count; i++) {
		struct recording *r = &l.item[i];
		const char *reason = why_remove(limits, r, l.bytes, now_us);
		tsr_error failed = reason != NULL ? remove_one(folder, limits, r, reason) : TSR_OK;
		if (reason != NULL && failed == TSR_OK)
			l.bytes -= r->found.bytes;
		if (l.error == TSR_OK)
			l.error = failed;
		free(r->name);
	}
	free(l.item);
	return err != TSR_OK ? err : l.error;
}
