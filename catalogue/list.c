/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lists, newest first. Each state, of public and of private recordings, is an index in the order of the list: a list takes from
 * the heads of these until it has enough. How many there are is known by the day; a list that begins late skips whole days. */
#include <string.h>

#include "query.h"

#define DAY_US        INT64_C(86400000000)
#define MOST_ATTEMPTS 3

struct listing {
	struct catalogue_filter filter; /* with limits that are numbers */
	uint64_t skip;
	unsigned limit;
	GPtrArray *entries; /* struct entry * */
	uint64_t count;
};

/* Rounded down, whatever the sign: as the triggers of the schema have it for times since 1970. */
static int64_t day_of(int64_t us)
{
	return us / DAY_US;
}

static const char *both_or_public(const struct catalogue_filter *f)
{
	return f->public_only ? "0" : "0, 1";
}

static bool has_state(const struct catalogue_filter *f, unsigned state)
{
	return !f->states || f->states & CATALOGUE_BIT(state);
}

/* "0, 2" (g_free). */
static char *states_of(const struct catalogue_filter *f)
{
	GString *s = g_string_new(NULL);
	for (unsigned state = 0; state < CATALOGUE_STATES; state++) {
		if (has_state(f, state))
			g_string_append_printf(s, "%s%u", s->len ? ", " : "", state);
	}
	return g_string_free(s, FALSE);
}

/* ---- counting ------------------------------------------------------------------------------------------------------------ */

/* Of a stretch of time, by going through the index. */
static uint64_t count_each(struct database *db, int *rc, const struct catalogue_filter *f, int64_t since, int64_t until)
{
	char *states = states_of(f);
	char *sql = g_strdup_printf(
		"SELECT count(*) FROM recording INDEXED BY %s WHERE %s private IN (%s) AND state IN (%s)"
		" AND started_us >= ?1 AND started_us < ?2",
		f->title ? "recording_title" : "recording_newest", f->title ? "title = ?3 AND" : "", both_or_public(f),
		states);
	sqlite3_stmt *s = database_query_once(db, rc, sql, f->title ? "iit" : "ii", since, until, f->title);
	uint64_t count = 0;
	if (database_step(s, rc))
		count = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	g_free(sql);
	g_free(states);
	return count;
}

/* Of whole days, `first` and up to but not `end`. */
static uint64_t count_days(struct database *db, int *rc, const struct catalogue_filter *f, int64_t first, int64_t end)
{
	char *states = states_of(f);
	char *sql = g_strdup_printf("SELECT total(count) FROM tally WHERE private IN (%s) AND state IN (%s)"
				    " AND day >= ?1 AND day < ?2",
				    both_or_public(f), states);
	sqlite3_stmt *s = database_query_once(db, rc, sql, "ii", first, end);
	uint64_t count = 0;
	if (database_step(s, rc))
		count = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	g_free(sql);
	g_free(states);
	return count;
}

static int count(struct database *db, void *arg)
{
	struct listing *l = arg;
	const struct catalogue_filter *f = &l->filter;
	int rc = SQLITE_OK;
	bool from_start = f->since_us == INT64_MIN, to_end = f->until_us == INT64_MAX;
	int64_t first = from_start ? INT64_MIN : day_of(f->since_us) + 1,
		end = to_end ? INT64_MAX : day_of(f->until_us);
	if (f->title || first >= end) {
		l->count = count_each(db, &rc, f, f->since_us, f->until_us);
		return rc;
	}
	l->count = count_days(db, &rc, f, first, end);
	if (!from_start)
		l->count += count_each(db, &rc, f, f->since_us, first * DAY_US);
	if (!to_end)
		l->count += count_each(db, &rc, f, end * DAY_US, f->until_us);
	return rc;
}

static struct catalogue_filter with_limits(const struct catalogue_filter *filter)
{
	struct catalogue_filter f = *filter;
	if (!f.since_us)
		f.since_us = INT64_MIN;
	if (!f.until_us)
		f.until_us = INT64_MAX;
	return f;
}

uint64_t catalogue_count(struct catalogue *c, const struct catalogue_filter *filter)
{
	struct listing l = {.filter = with_limits(filter)};
	return catalogue_work(c, READ, count, &l) == SQLITE_OK ? l.count : 0;
}

/* ---- listing ------------------------------------------------------------------------------------------------------------- */

/* Moves the end of the list back by whole days, as long as all of a day is to be skipped. */
static int skip_days(struct database *db, struct listing *l)
{
	struct catalogue_filter *f = &l->filter;
	int rc = SQLITE_OK;
	if (!l->skip || f->title || f->after_id)
		return rc;
	int64_t end = f->until_us == INT64_MAX ? INT64_MAX : day_of(f->until_us);
	if (end != INT64_MAX) {
		uint64_t part = count_each(db, &rc, f, MAX(f->since_us, end * DAY_US), f->until_us);
		if (rc != SQLITE_OK || part > l->skip)
			return rc;
		l->skip -= part;
		f->until_us = end * DAY_US;
	}
	char *states = states_of(f);
	char *sql =
		g_strdup_printf("SELECT day, sum(count) FROM tally WHERE private IN (%s) AND state IN (%s) AND day < ?1"
				" AND day > ?2 GROUP BY day ORDER BY day DESC",
				both_or_public(f), states);
	sqlite3_stmt *s = database_query_once(db, &rc, sql, "ii", end,
					      f->since_us == INT64_MIN ? INT64_MIN : day_of(f->since_us));
	while (database_step(s, &rc)) {
		uint64_t that_day = (uint64_t)sqlite3_column_int64(s, 1);
		if (that_day > l->skip) {
			f->until_us = (sqlite3_column_int64(s, 0) + 1) * DAY_US;
			break;
		}
		l->skip -= that_day;
		f->until_us = sqlite3_column_int64(s, 0) * DAY_US;
	}
	sqlite3_finalize(s);
	g_free(sql);
	g_free(states);
	return rc;
}

/* One index in the order of the list. */
static void add_arm(GString *sql, const struct catalogue_filter *f, unsigned state, unsigned private)
{
	if (sql->len)
		g_string_append(sql, " UNION ALL ");
	g_string_append_printf(
		sql,
		"SELECT no, started_us, id FROM recording INDEXED BY %s WHERE private = %u AND state = %u"
		" AND started_us >= ?1 AND started_us < ?2",
		f->title ? "recording_title" : "recording_newest", private, state);
	if (f->title)
		g_string_append(sql, " AND title = ?3");
	if (f->after_id)
		g_string_append_printf(sql, " AND started_us <= ?4 AND (started_us < ?4 OR id > ?5)");
}

/* The numbers of the recordings in the list. */
static GArray *keys(struct database *db, int *rc, const struct listing *l)
{
	const struct catalogue_filter *f = &l->filter;
	GArray *numbers = g_array_new(FALSE, FALSE, sizeof(int64_t));
	GString *sql = g_string_new(NULL);
	for (unsigned state = 0; state < CATALOGUE_STATES; state++) {
		for (unsigned private = 0; private < 2 && has_state(f, state); private ++) {
			if (!private || !f->public_only)
				add_arm(sql, f, state, private);
		}
	}
	g_string_append(sql, " ORDER BY 2 DESC, 3");
	sqlite3_stmt *s = database_query_once(db, rc, sql->str,
					      f->after_id ? "iitit"
					      : f->title  ? "iit"
							  : "ii",
					      f->since_us, f->until_us, f->title, f->after_us, f->after_id);
	for (uint64_t at = 0; numbers->len < l->limit && database_step(s, rc); at++) {
		int64_t no = sqlite3_column_int64(s, 0);
		if (at >= l->skip)
			g_array_append_val(numbers, no);
	}
	sqlite3_finalize(s);
	g_string_free(sql, TRUE);
	return numbers;
}

static int list(struct database *db, void *arg)
{
	struct listing *l = arg;
	struct listing late = *l;
	g_ptr_array_set_size(l->entries, 0);
	int rc = skip_days(db, &late);
	if (rc != SQLITE_OK)
		return rc;
	GArray *numbers = keys(db, &rc, &late);
	for (guint i = 0; i < numbers->len && rc == SQLITE_OK; i++) {
		struct entry *e = query_entry(db, &rc, g_array_index(numbers, int64_t, i));
		if (e)
			g_ptr_array_add(l->entries, e);
	}
	g_array_unref(numbers);
	return rc;
}

/* Without what is not so any more. Whether all was as it is said. */
static bool verify(struct catalogue *c, GPtrArray *entries)
{
	bool same = true;
	for (guint i = 0; i < entries->len;) {
		if (query_verify(c, g_ptr_array_index(entries, i))) {
			i++;
			continue;
		}
		g_ptr_array_remove_index(entries, i);
		same = false;
	}
	return same;
}

GPtrArray *catalogue_list(struct catalogue *c, const struct catalogue_filter *filter, uint64_t skip, unsigned limit)
{
	struct listing l = {
		.filter = with_limits(filter),
		.skip = skip,
		.limit = limit,
		.entries = g_ptr_array_new_with_free_func(query_entry_free),
	};
	for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
		if (catalogue_work(c, READ, list, &l) != SQLITE_OK || verify(c, l.entries))
			break;
	}
	GPtrArray *recordings = g_ptr_array_new_with_free_func((GDestroyNotify)catalogue_recording_free);
	for (guint i = 0; i < l.entries->len; i++) {
		struct entry *e = g_ptr_array_index(l.entries, i);
		g_ptr_array_add(recordings, g_steal_pointer(&e->recording));
	}
	g_ptr_array_unref(l.entries);
	return recordings;
}
