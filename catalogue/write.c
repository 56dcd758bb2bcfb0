/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What changes the catalogue. Files are written, each as it was seen on the disk; their recording follows from them. */
#include "write.h"

/* A claim whose file is not there yet is believed for so long: to make a file takes less. */
#define CLAIM_GRACE_US (60 * G_USEC_PER_SEC)

/* Somebody who changes the same file at the same time, again and again, is left to the next scan. */
#define MOST_LOOKS 4

/* ---- a recording is the sum of its files --------------------------------------------------------------------------------- */

static int sum_up(struct database *db, int64_t recording)
{
	int rc = database_run(
		db,
		"UPDATE recording SET state = CASE WHEN claimed_us > 0 THEN 0 ELSE sum.state END,"
		"  started_us = sum.started_us, ended_us = sum.ended_us, duration_ms = sum.duration_ms,"
		"  bytes = sum.bytes, recovered = sum.recovered,"
		"  first = head.no, title = head.title, profile = head.profile, private = head.private"
		" FROM (SELECT min(state) AS state, min(started_us) AS started_us, max(ended_us) AS ended_us,"
		"    sum(duration_ms) AS duration_ms, sum(bytes) AS bytes, max(recovered) AS recovered"
		"    FROM file WHERE recording = ?1) AS sum,"
		"  (SELECT no, title, profile, private FROM file WHERE recording = ?1 ORDER BY name LIMIT 1) AS head"
		" WHERE recording.no = ?1",
		"i", recording);
	if (rc == SQLITE_OK)
		rc = database_run(db,
				  "DELETE FROM recording WHERE no = ?1"
				  " AND NOT EXISTS (SELECT 1 FROM file WHERE recording = ?1)",
				  "i", recording);
	return rc;
}

/* The number of the recording with this id, made when there is none; what it is, sum_up() says. */
static int64_t recording_of(struct database *db, int *rc, const char *id)
{
	int64_t no = database_number(db, rc, 0, "SELECT no FROM recording WHERE id = ?", "t", id);
	if (no || *rc != SQLITE_OK)
		return no;
	*rc = database_run(
		db,
		"INSERT INTO recording (id, state, private, started_us, ended_us, duration_ms, bytes, recovered,"
		" first) VALUES (?, 2, 1, 0, 0, 0, 0, 0, 0)",
		"t", id);
	return sqlite3_last_insert_rowid(db->handle);
}

/* What is known of a file. */
struct row {
	int64_t no, recording, claimed_us; /* no 0 = nothing */
	enum catalogue_state state;
};

static struct row row_of(struct database *db, int *rc, const char *name)
{
	struct row row = {0};
	sqlite3_stmt *s = database_query(db, rc,
					 "SELECT file.no, recording, claimed_us, file.state FROM file"
					 " LEFT JOIN recording ON recording.no = recording WHERE name = ?",
					 "t", name);
	if (database_step(s, rc)) {
		row.no = sqlite3_column_int64(s, 0);
		row.recording = sqlite3_column_int64(s, 1);
		row.claimed_us = sqlite3_column_int64(s, 2);
		row.state = (enum catalogue_state)sqlite3_column_int(s, 3);
		sqlite3_reset(s);
	}
	return row;
}

/* ---- one file ------------------------------------------------------------------------------------------------------------ */

static int remove_file(struct database *db, const struct row *row)
{
	/* The claim comes before the file. */
	if (row->no && row->state == CATALOGUE_RUNNING && row->claimed_us > g_get_real_time() - CLAIM_GRACE_US)
		return SQLITE_OK;
	int rc = row->no ? database_run(db, "DELETE FROM file WHERE no = ?", "i", row->no) : SQLITE_OK;
	return rc == SQLITE_OK && row->no ? sum_up(db, row->recording) : rc;
}

static int insert_file(struct database *db, const char *name, int64_t recording, const struct look *l)
{
	return database_run(
		db,
		"INSERT INTO file (name, recording, state, seen_us, seen_size, title, profile, secret, stamp, private,"
		" recovered, started_us, ended_us, duration_ms, bytes, written_us, disk_bytes, ending)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"tiiiittttiiiiiiiit", name, recording, (int64_t)l->mark.state, l->mark.seen_us, l->mark.seen_size,
		l->title, l->profile, l->secret, l->stamp, (int64_t)l->is_private, (int64_t)l->recovered, l->started_us,
		l->ended_us, l->duration_ms, (int64_t)l->bytes, l->written_us, (int64_t)l->disk_bytes, l->mark.ending);
}

static int update_file(struct database *db, int64_t no, int64_t recording, const struct look *l)
{
	return database_run(
		db,
		"UPDATE file SET recording = ?2, state = ?3, seen_us = ?4, seen_size = ?5, title = ?6, profile = ?7,"
		" secret = ?8, stamp = ?9, private = ?10, recovered = ?11, started_us = ?12, ended_us = ?13,"
		" duration_ms = ?14, bytes = ?15, written_us = ?16, disk_bytes = ?17, ending = ?18 WHERE no = ?1",
		"iiiiittttiiiiiiiit", no, recording, (int64_t)l->mark.state, l->mark.seen_us, l->mark.seen_size,
		l->title, l->profile, l->secret, l->stamp, (int64_t)l->is_private, (int64_t)l->recovered, l->started_us,
		l->ended_us, l->duration_ms, (int64_t)l->bytes, l->written_us, (int64_t)l->disk_bytes, l->mark.ending);
}

static int put_file(struct database *db, const char *name, const struct look *look)
{
	int rc = SQLITE_OK;
	struct row row = row_of(db, &rc, name);
	if (rc != SQLITE_OK)
		return rc;
	if (!look->there)
		return remove_file(db, &row);
	if (!look->id) { /* it runs, and only who records it knows more */
		if (row.no && row.state == CATALOGUE_RUNNING)
			return SQLITE_OK;
		return row.no ? remove_file(db, &row) : SQLITE_OK;
	}
	int64_t recording = recording_of(db, &rc, look->id);
	if (rc == SQLITE_OK)
		rc = row.no ? update_file(db, row.no, recording, look) : insert_file(db, name, recording, look);
	if (rc == SQLITE_OK)
		rc = sum_up(db, recording);
	if (rc == SQLITE_OK && row.no && row.recording != recording)
		rc = sum_up(db, row.recording);
	return rc;
}

struct put {
	struct sighting *sightings;
	unsigned count;
};

static int put_all(struct database *db, void *arg)
{
	const struct put *put = arg;
	int rc = SQLITE_OK;
	for (unsigned i = 0; i < put->count && rc == SQLITE_OK; i++)
		rc = put_file(db, put->sightings[i].name, &put->sightings[i].look);
	return rc;
}

/* Whether what was seen is what is there; if not, `s` has what is there now. */
static bool still_so(const struct look_place *place, struct sighting *s)
{
	if (s->look.there ? look_is_same(place, s->name, &s->look.mark) : !look_is_there(place, s->name))
		return true;
	look_clear(&s->look);
	look_at(place, s->name, &s->look);
	return false;
}

/* Two that see the same file change may write what they saw in the wrong order: who writes last looks once more. */
void catalogue_put(struct catalogue *c, struct sighting *sightings, unsigned count)
{
	unsigned left = count;
	for (int looks = 0; left > 0 && looks < MOST_LOOKS; looks++) {
		struct put put = {sightings, left};
		if (catalogue_work(c, WRITE, put_all, &put) != SQLITE_OK)
			break;
		unsigned changed = 0;
		for (unsigned i = 0; i < left; i++) {
			if (still_so(&c->place, &sightings[i]))
				continue;
			struct sighting s = sightings[changed];
			sightings[changed++] = sightings[i];
			sightings[i] = s;
		}
		left = changed;
	}
	for (unsigned i = 0; i < count; i++)
		look_clear(&sightings[i].look);
}

/* Its changes would go nowhere. */
static bool cannot_change(struct catalogue *c)
{
	pthread_mutex_lock(&c->pool);
	bool cannot = c->config.read_only && c->shared;
	pthread_mutex_unlock(&c->pool);
	return cannot;
}

void catalogue_refresh(struct catalogue *c, const char *name)
{
	if (cannot_change(c))
		return;
	struct sighting s = {.name = (char *)name};
	look_at(&c->place, name, &s.look);
	catalogue_put(c, &s, 1);
}

/* ---- claims -------------------------------------------------------------------------------------------------------------- */

struct claiming {
	const struct catalogue_claim *claim;
	bool exists;
};

static int claim_id(struct database *db, void *arg)
{
	struct claiming *claiming = arg;
	const struct catalogue_claim *claim = claiming->claim;
	int rc = SQLITE_OK;
	int64_t taken = database_number(db, &rc, 0,
					"SELECT EXISTS (SELECT 1 FROM recording WHERE id = ?1)"
					" OR EXISTS (SELECT 1 FROM file WHERE name = ?2)",
					"tt", claim->id, claim->name);
	claiming->exists = taken;
	if (rc != SQLITE_OK || taken)
		return rc;
	struct look look = {
		.mark = {.state = CATALOGUE_RUNNING},
		.title = (char *)claim->title,
		.profile = (char *)claim->profile,
		.secret = (char *)claim->secret,
		.stamp = (char *)claim->stamp,
		.is_private = claim->is_private,
		.started_us = claim->started_us,
	};
	g_strlcpy(look.mark.ending, claim->ending ? claim->ending : CATALOGUE_ENDING, sizeof(look.mark.ending));
	int64_t recording = recording_of(db, &rc, claim->id);
	if (rc == SQLITE_OK)
		rc = database_run(db, "UPDATE recording SET claimed_us = ?2 WHERE no = ?1", "ii", recording,
				  g_get_real_time());
	if (rc == SQLITE_OK)
		rc = insert_file(db, claim->name, recording, &look);
	return rc == SQLITE_OK ? sum_up(db, recording) : rc;
}

enum catalogue_error catalogue_claim(struct catalogue *c, const struct catalogue_claim *claim)
{
	struct claiming claiming = {.claim = claim};
	for (int attempt = 0; attempt < 2; attempt++) {
		if (catalogue_work(c, WRITE, claim_id, &claiming) != SQLITE_OK)
			return CATALOGUE_FAILED;
		if (!claiming.exists)
			return CATALOGUE_OK;
		/* Is it so? */
		struct catalogue_recording *other = catalogue_find(c, claim->id);
		if (!other)
			catalogue_refresh(c, claim->name);
		catalogue_recording_free(other);
		if (other)
			break;
	}
	return CATALOGUE_EXISTS;
}

/* ---- the end of a claim -------------------------------------------------------------------------------------------------- */

struct names {
	const char *id; /* of the recording; NULL = of all that are claimed or seem to run */
	bool grace;     /* not of claims that are young */
	GPtrArray *ids, *files;
};

/* The files that are said to run. */
static int running_files(struct database *db, void *arg)
{
	struct names *names = arg;
	int rc = SQLITE_OK;
	g_ptr_array_set_size(names->ids, 0);
	g_ptr_array_set_size(names->files, 0);
	sqlite3_stmt *s =
		names->id
			? database_query(
				  db, &rc,
				  "SELECT recording.id, name FROM recording LEFT JOIN file ON recording = recording.no"
				  " AND file.state = 0 WHERE recording.id = ?",
				  "t", names->id)
			: database_query(
				  db, &rc,
				  "SELECT recording.id, name FROM file INDEXED BY file_unfinished"
				  " JOIN recording ON recording.no = recording WHERE file.state = 0 AND file.state < 2"
				  " UNION SELECT id, NULL FROM recording WHERE claimed_us > 0",
				  "");
	while (database_step(s, &rc)) {
		g_ptr_array_add(names->ids, database_text(s, 0));
		g_ptr_array_add(names->files, database_text(s, 1));
	}
	return rc;
}

/* A claim goes when none of its files runs any more; with `grace` also not while it is so young that the file may yet come. */
static int end_claim(struct database *db, void *arg)
{
	const struct names *names = arg;
	int rc = SQLITE_OK;
	int64_t before = names->grace ? g_get_real_time() - CLAIM_GRACE_US : INT64_MAX;
	int64_t no =
		database_number(db, &rc, 0,
				"SELECT no FROM recording WHERE id = ?1 AND claimed_us > 0 AND (claimed_us < ?2 OR"
				"  EXISTS (SELECT 1 FROM file WHERE recording = recording.no AND file.state > 0))"
				" AND (?2 = 9223372036854775807 OR"
				"  NOT EXISTS (SELECT 1 FROM file WHERE recording = recording.no AND file.state = 0))",
				"ti", names->id, before);
	if (rc != SQLITE_OK || !no)
		return rc;
	rc = database_run(db, "UPDATE recording SET claimed_us = 0 WHERE no = ?", "i", no);
	return rc == SQLITE_OK ? sum_up(db, no) : rc;
}

static void look_at_all(struct catalogue *c, const struct names *names)
{
	for (guint i = 0; i < names->files->len; i++) {
		const char *file = g_ptr_array_index(names->files, i);
		if (file)
			catalogue_refresh(c, file);
	}
}

static struct names names_of(const char *id, bool grace)
{
	return (struct names){id, grace, g_ptr_array_new_with_free_func(g_free),
			      g_ptr_array_new_with_free_func(g_free)};
}

static void names_clear(struct names *names)
{
	g_ptr_array_unref(names->ids);
	g_ptr_array_unref(names->files);
}

void catalogue_release(struct catalogue *c, const char *id)
{
	if (cannot_change(c))
		return;
	struct names names = names_of(id, false);
	if (catalogue_work(c, READ, running_files, &names) == SQLITE_OK &&
	    catalogue_work(c, WRITE, end_claim, &names) == SQLITE_OK)
		look_at_all(c, &names);
	names_clear(&names);
}

void catalogue_settle(struct catalogue *c, const char *id)
{
	if (cannot_change(c))
		return;
	struct names names = names_of(id, true);
	if (catalogue_work(c, READ, running_files, &names) == SQLITE_OK) {
		for (guint i = 0; i < names.ids->len; i++) {
			const char *of = g_ptr_array_index(names.ids, i), *file = g_ptr_array_index(names.files, i);
			if (c->config.is_running && c->config.is_running(c->config.user, of))
				continue;
			struct names one = {.id = of, .grace = true};
			if (file)
				catalogue_refresh(c, file);
			(void)catalogue_work(c, WRITE, end_claim, &one);
		}
	}
	names_clear(&names);
}

/* ---- a new title --------------------------------------------------------------------------------------------------------- */

static int retitle(struct database *db, void *arg)
{
	const struct catalogue_claim *claim = arg;
	int rc = SQLITE_OK;
	int64_t no = database_number(db, &rc, 0, "SELECT no FROM recording WHERE id = ?", "t", claim->id);
	if (rc != SQLITE_OK || !no)
		return rc;
	rc = database_run(db, "UPDATE file SET title = ?2 WHERE recording = ?1 AND state = 0", "it", no, claim->title);
	return rc == SQLITE_OK ? sum_up(db, no) : rc;
}

void catalogue_retitle(struct catalogue *c, const char *id, const char *title)
{
	struct catalogue_claim claim = {.id = id, .title = title};
	(void)catalogue_work(c, WRITE, retitle, &claim);
}
