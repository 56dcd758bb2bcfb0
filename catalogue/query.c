/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One recording, and what retention and statistics ask. Lists are in list.c. */
#include "query.h"

#include <string.h>

/* Files are verified as often as somebody else changes them meanwhile, but not for ever. */
#define MOST_ATTEMPTS 3

void catalogue_recording_free(struct catalogue_recording *r)
{
	if (!r)
		return;
	g_free(r->id);
	g_free(r->title);
	g_free(r->profile);
	g_free(r->secret);
	g_free(r->stamp);
	g_free(r->ending);
	g_ptr_array_unref(r->files);
	g_free(r);
}

void catalogue_file_free(struct catalogue_file *file)
{
	if (!file)
		return;
	g_free(file->id);
	g_free(file->name);
	g_free(file->ending);
	g_free(file);
}

/* ---- a recording --------------------------------------------------------------------------------------------------------- */

struct entry *query_entry(struct database *db, int *rc, int64_t no)
{
	sqlite3_stmt *s = database_query(
		db, rc,
		"SELECT id, recording.title, recording.profile, secret, stamp, recording.private, recording.recovered,"
		" recording.state, recording.started_us, recording.ended_us, recording.duration_ms, recording.bytes, "
		"claimed_us, ending"
		" FROM recording LEFT JOIN file ON file.no = first WHERE recording.no = ?",
		"i", no);
	if (!database_step(s, rc))
		return NULL;
	struct entry *e = g_new0(struct entry, 1);
	struct catalogue_recording *r = e->recording = g_new0(struct catalogue_recording, 1);
	r->id = database_text(s, 0);
	r->title = database_text(s, 1);
	r->profile = database_text(s, 2);
	r->secret = database_text(s, 3);
	r->stamp = database_text(s, 4);
	r->is_private = sqlite3_column_int(s, 5);
	r->recovered = sqlite3_column_int(s, 6);
	r->state = (enum catalogue_state)sqlite3_column_int(s, 7);
	r->started_us = sqlite3_column_int64(s, 8);
	r->ended_us = sqlite3_column_int64(s, 9);
	r->duration_ms = sqlite3_column_int64(s, 10);
	r->bytes = (uint64_t)sqlite3_column_int64(s, 11);
	e->claimed = sqlite3_column_int64(s, 12) > 0;
	r->ending = database_text(s, 13);
	if (!r->ending) /* of files that are gone meanwhile */
		r->ending = g_strdup(CATALOGUE_ENDING);
	r->files = g_ptr_array_new_with_free_func(g_free);
	e->marks = g_array_new(FALSE, FALSE, sizeof(struct look_mark));
	sqlite3_reset(s);
	s = database_query(db, rc,
			   "SELECT name, state, seen_us, seen_size, ending FROM file WHERE recording = ? ORDER BY name",
			   "i", no);
	while (database_step(s, rc)) {
		struct look_mark mark = {(enum catalogue_state)sqlite3_column_int(s, 1), sqlite3_column_int64(s, 2),
					 sqlite3_column_int64(s, 3), ""};
		g_strlcpy(mark.ending, (const char *)sqlite3_column_text(s, 4), sizeof(mark.ending));
		g_ptr_array_add(r->files, database_text(s, 0));
		g_array_append_val(e->marks, mark);
	}
	return e;
}

void query_entry_free(void *data)
{
	struct entry *e = data;
	if (!e)
		return;
	catalogue_recording_free(e->recording);
	g_array_unref(e->marks);
	g_free(e);
}

bool query_verify(struct catalogue *c, struct entry *e)
{
	struct catalogue_recording *r = e->recording;
	if (r->state == CATALOGUE_RUNNING && c->config.is_running && c->config.is_running(c->config.user, r->id))
		return true;
	bool same = true;
	for (guint i = 0; i < r->files->len; i++) {
		const char *name = g_ptr_array_index(r->files, i);
		if (look_is_same(&c->place, name, &g_array_index(e->marks, struct look_mark, i)))
			continue;
		catalogue_refresh(c, name);
		same = false;
	}
	if (!same && e->claimed)
		catalogue_settle(c, r->id);
	return same;
}

struct finding {
	const char *id;
	struct entry *entry;
};

static int find(struct database *db, void *arg)
{
	struct finding *finding = arg;
	int rc = SQLITE_OK;
	query_entry_free(finding->entry);
	finding->entry = NULL;
	int64_t no = database_number(db, &rc, 0, "SELECT no FROM recording WHERE id = ?", "t", finding->id);
	if (no)
		finding->entry = query_entry(db, &rc, no);
	return rc;
}

/* Whether it can be a file's name in the folder itself. */
static bool is_plain_name(const char *id)
{
	return *id && *id != '.' && !strchr(id, '/') && strlen(id) <= 200;
}

struct catalogue_recording *catalogue_find(struct catalogue *c, const char *id)
{
	struct finding finding = {.id = id};
	bool looked = false;
	for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
		(void)catalogue_work(c, READ, find, &finding);
		if (finding.entry) {
			if (query_verify(c, finding.entry) || c->config.read_only)
				break;
		} else if (!looked && is_plain_name(id) && look_is_there(&c->place, id)) {
			catalogue_refresh(c, id); /* put there by hand, or the scan has not come to it yet */
			looked = true;
		} else {
			break;
		}
	}
	struct catalogue_recording *found = finding.entry ? g_steal_pointer(&finding.entry->recording) : NULL;
	query_entry_free(finding.entry);
	return found;
}

/* ---- sums ---------------------------------------------------------------------------------------------------------------- */

struct sum {
	const char *sql;
	int64_t value;
};

static int get_sum(struct database *db, void *arg)
{
	struct sum *sum = arg;
	int rc = SQLITE_OK;
	sum->value = database_number(db, &rc, 0, sum->sql, "");
	return rc;
}

static uint64_t sum_of(struct catalogue *c, const char *sql)
{
	struct sum sum = {.sql = sql};
	return catalogue_work(c, READ, get_sum, &sum) == SQLITE_OK ? (uint64_t)sum.value : 0;
}

uint64_t catalogue_interrupted_files(struct catalogue *c)
{
	return sum_of(c, "SELECT count(*) FROM file INDEXED BY file_unfinished WHERE state = 1 AND state < 2");
}

uint64_t catalogue_bytes(struct catalogue *c)
{
	return sum_of(c, "SELECT value FROM fact WHERE key = 'bytes'");
}

void catalogue_get_status(struct catalogue *c, struct catalogue_status *status)
{
	static const char *const sql[CATALOGUE_STATES] = {
		"SELECT total(count) FROM tally WHERE private IN (0, 1) AND state = 0",
		"SELECT total(count) FROM tally WHERE private IN (0, 1) AND state = 1",
		"SELECT total(count) FROM tally WHERE private IN (0, 1) AND state = 2",
	};
	*status = (struct catalogue_status){.bytes = catalogue_bytes(c)};
	for (int i = 0; i < CATALOGUE_STATES; i++)
		status->recordings[i] = sum_of(c, sql[i]);
	pthread_mutex_lock(&c->pool);
	status->temporary = !c->shared;
	status->complete = !c->fresh;
	status->scanning = c->scanning;
	status->scanned = c->scanned;
	pthread_mutex_unlock(&c->pool);
}

/* ---- retention ----------------------------------------------------------------------------------------------------------- */

struct oldest {
	const struct catalogue_file *after;
	struct catalogue_file *file;
};

static int find_oldest(struct database *db, void *arg)
{
	struct oldest *oldest = arg;
	int rc = SQLITE_OK;
	const struct catalogue_file *after = oldest->after;
	sqlite3_stmt *s = database_query(
		db, &rc,
		"SELECT id, name, written_us, disk_bytes, ending FROM file INDEXED BY file_oldest"
		" JOIN recording ON recording.no = recording"
		" WHERE disk_bytes > 0 AND (written_us, name) > (?, ?) ORDER BY written_us, name LIMIT 1",
		"it", after ? after->ended_us : INT64_MIN, after ? after->name : "");
	if (database_step(s, &rc)) {
		catalogue_file_free(oldest->file);
		oldest->file = g_new0(struct catalogue_file, 1);
		oldest->file->id = database_text(s, 0);
		oldest->file->name = database_text(s, 1);
		oldest->file->ended_us = sqlite3_column_int64(s, 2);
		oldest->file->bytes = (uint64_t)sqlite3_column_int64(s, 3);
		oldest->file->ending = database_text(s, 4);
		sqlite3_reset(s);
	}
	return rc;
}

struct catalogue_file *catalogue_oldest_file(struct catalogue *c, const struct catalogue_file *after)
{
	struct oldest oldest = {.after = after};
	(void)catalogue_work(c, READ, find_oldest, &oldest);
	return oldest.file;
}

struct ended {
	const char *profile, *after_id;
	int64_t before_us, after_us;
	unsigned limit;
	GPtrArray *list;
};

static int find_ended(struct database *db, void *arg)
{
	const struct ended *ended = arg;
	int rc = SQLITE_OK;
	GArray *numbers = g_array_new(FALSE, FALSE, sizeof(int64_t));
	g_ptr_array_set_size(ended->list, 0);
	sqlite3_stmt *s = database_query(
		db, &rc,
		"SELECT no FROM recording INDEXED BY recording_age WHERE state = 2 AND profile IS ?1"
		" AND ended_us < ?2 AND (ended_us, id) > (?3, ?4) ORDER BY ended_us, id LIMIT ?5",
		"tiiti", ended->profile, ended->before_us, ended->after_us, ended->after_id, (int64_t)ended->limit);
	while (database_step(s, &rc)) {
		int64_t no = sqlite3_column_int64(s, 0);
		g_array_append_val(numbers, no);
	}
	for (guint i = 0; i < numbers->len && rc == SQLITE_OK; i++) {
		struct entry *e = query_entry(db, &rc, g_array_index(numbers, int64_t, i));
		if (e)
			g_ptr_array_add(ended->list, g_steal_pointer(&e->recording));
		query_entry_free(e);
	}
	g_array_unref(numbers);
	return rc;
}

GPtrArray *catalogue_ended_before(struct catalogue *c, const char *profile, int64_t before_us,
				  const struct catalogue_recording *after, unsigned limit)
{
	struct ended ended = {
		.profile = profile,
		.before_us = before_us,
		.after_us = after ? after->ended_us : INT64_MIN,
		.after_id = after ? after->id : "",
		.limit = limit,
		.list = g_ptr_array_new_with_free_func((GDestroyNotify)catalogue_recording_free),
	};
	(void)catalogue_work(c, READ, find_ended, &ended);
	return ended.list;
}

struct profile {
	const char *after;
	char *next;
};

static int find_profile(struct database *db, void *arg)
{
	struct profile *profile = arg;
	int rc = SQLITE_OK;
	sqlite3_stmt *s = database_query(db, &rc,
					 "SELECT min(profile) FROM recording INDEXED BY recording_age"
					 " WHERE state = 2 AND profile > ?",
					 "t", profile->after);
	if (database_step(s, &rc)) {
		g_free(profile->next);
		profile->next = database_text(s, 0);
		sqlite3_reset(s);
	}
	return rc;
}

char *catalogue_next_profile(struct catalogue *c, const char *after)
{
	struct profile profile = {.after = after ? after : ""};
	(void)catalogue_work(c, READ, find_profile, &profile);
	return profile.next;
}
