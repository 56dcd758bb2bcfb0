/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A database that cannot be used: told once with what to do, never the recordings' trouble, and over when its cause is. */
#include "catalogue_util.h"

#include <pthread.h>
#include <sys/stat.h>

#include "catalogue_faults.h"

#define NOBODY 65534

static const struct catalogue_filter all;

/* ---- what is told ---- */

struct told {
	int bad;
	char *last;
};

static void on_told(void *user, bool bad, const char *text)
{
	struct told *told = user;
	told->bad += bad;
	if (bad) {
		g_free(told->last);
		told->last = g_strdup(text);
	}
}

static struct catalogue *open_and_listen(const char *folder, struct told *told)
{
	return catalogue_open(&(struct catalogue_config){.folder = folder, .tell = on_told, .user = told});
}

static bool is_temporary(struct catalogue *c)
{
	struct catalogue_status status;
	catalogue_get_status(c, &status);
	return status.temporary;
}

/* It works all the same. */
static void works(struct catalogue *c, const char *folder)
{
	assert_int_equal(
		catalogue_claim(c, &(struct catalogue_claim){.id = "new", .name = "new", .started_us = DAY_ONE}),
		CATALOGUE_OK);
	assert_int_equal(
		catalogue_claim(c, &(struct catalogue_claim){.id = "new", .name = "new", .started_us = DAY_ONE}),
		CATALOGUE_EXISTS);
	save_report(folder, &(struct report){.name = "new"});
	catalogue_release(c, "new");
	assert_true(catalogue_scan(c, NULL));
	assert_list(c, &all, 0, 9, "a new");
	assert_int_equal(catalogue_count(c, &all), 2);
}

static char *database_of(const char *folder)
{
	return g_build_filename(folder, CATALOGUE_FILE, NULL);
}

static sqlite3 *open_database(const char *folder)
{
	char *path = database_of(folder);
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	g_free(path);
	return db;
}

static void run_sql(sqlite3 *db, const char *sql)
{
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* A folder with a complete catalogue of one recording, "a". */
static int set_up(void **state)
{
	char *folder = new_folder();
	save_report(folder, &(struct report){.name = "a"});
	struct catalogue *c = open_catalogue(folder);
	assert_true(catalogue_scan(c, NULL));
	catalogue_close(c);
	*state = folder;
	return 0;
}

static int tear_down(void **state)
{
	faults_set(FAULT_NONE, 0);
	remove_folder(*state);
	return 0;
}

/* ---- damage ---- */

static void overwrite(const char *folder, long at, const char *text, size_t size)
{
	char *path = database_of(folder);
	FILE *file = fopen(path, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
	g_free(path);
}

static void a_damaged_one_is_moved_aside(void **state)
{
	const char *folder = *state;
	static const struct {
		long at; /* in the header, in the tables, in the first page behind them */
		const char *text;
	} cases[] = {{0, "no database"}, {100, "garbage garbage"}, {4096, "garbage garbage garbage"}};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct told told = {0};
		overwrite(folder, cases[i].at, cases[i].text, strlen(cases[i].text));
		struct catalogue *c = open_and_listen(folder, &told);
		GPtrArray *list = catalogue_list(c, &all, 0, 9); /* finds out, if opening did not */
		g_ptr_array_unref(list);
		if (told.bad) {
			assert_non_null(strstr(told.last, ".damaged"));
			assert_true(catalogue_needs_scan(c));
		}
		works(c, folder);
		assert_false(is_temporary(c));
		assert_true(told.bad <= 1);
		catalogue_close(c);
		remove_file(folder, "new", ".ts");
		remove_file(folder, "new", ".json");
		c = open_catalogue(folder);
		assert_true(catalogue_scan(c, NULL));
		assert_list(c, &all, 0, 9, "a");
		catalogue_close(c);
		g_free(told.last);
	}
	char *aside = g_strconcat(folder, "/", CATALOGUE_FILE, ".damaged", NULL);
	assert_true(g_file_test(aside, G_FILE_TEST_EXISTS));
	g_free(aside);
}

static void one_that_is_another_programs_is_moved_aside(void **state)
{
	const char *folder = *state;
	char *path = database_of(folder);
	g_unlink(path);
	sqlite3 *db = open_database(folder);
	run_sql(db, "CREATE TABLE recording (what TEXT)");
	sqlite3_close(db);
	struct told told = {0};
	struct catalogue *c = open_and_listen(folder, &told);
	assert_int_equal(told.bad, 1);
	works(c, folder);
	assert_false(is_temporary(c));
	catalogue_close(c);
	g_free(told.last);
	g_free(path);
}

/* ---- what keeps it from being written ---- */

static void one_of_a_newer_version_is_left_alone(void **state)
{
	const char *folder = *state;
	sqlite3 *db = open_database(folder);
	run_sql(db, "PRAGMA user_version = 99");
	struct told told = {0};
	struct catalogue *c = open_and_listen(folder, &told);
	assert_int_equal(told.bad, 1);
	assert_non_null(strstr(told.last, "newer version: update"));
	works(c, folder);
	catalogue_tend(c);
	assert_true(is_temporary(c));
	assert_int_equal(told.bad, 1);
	catalogue_close(c);
	sqlite3_stmt *statement;
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM recording", -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(statement, 0), 1); /* as it was */
	sqlite3_finalize(statement);
	sqlite3_close(db);
	g_free(told.last);
}

static void another_program_that_locks_it_is_not_waited_for(void **state)
{
	const char *folder = *state;
	struct told told = {0};
	struct catalogue *c = open_and_listen(folder, &told);
	sqlite3 *db = open_database(folder);
	run_sql(db, "BEGIN IMMEDIATE");
	works(c, folder);
	assert_int_equal(told.bad, 1);
	assert_non_null(strstr(told.last, "holds a lock"));
	assert_true(is_temporary(c));
	run_sql(db, "ROLLBACK");
	sqlite3_close(db);
	catalogue_tend(c);
	assert_false(is_temporary(c));
	assert_true(catalogue_needs_scan(c));
	assert_true(catalogue_scan(c, NULL));
	assert_list(c, &all, 0, 9, "a new");
	catalogue_close(c);
	g_free(told.last);
}

static void faults_of_the_file_system(void **state)
{
	const char *folder = *state;
	static const struct {
		enum fault kind;
		const char *advice;
	} cases[] = {
		{FAULT_LOCKS, "no locks that work"},
		{FAULT_FULL, "make room"},
		{FAULT_ALWAYS, ""},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct told told = {0};
		faults_set(cases[i].kind, 1);
		struct catalogue *c = open_and_listen(folder, &told);
		works(c, folder);
		catalogue_tend(c);
		assert_true(is_temporary(c));
		assert_int_equal(told.bad, 1);
		assert_non_null(strstr(told.last, cases[i].advice));
		faults_set(FAULT_NONE, 0);
		catalogue_tend(c);
		assert_false(is_temporary(c));
		assert_true(catalogue_scan(c, NULL));
		assert_list(c, &all, 0, 9, "a new");
		catalogue_close(c);
		remove_file(folder, "new", ".ts");
		remove_file(folder, "new", ".json");
		c = open_catalogue(folder);
		assert_true(catalogue_scan(c, NULL));
		catalogue_close(c);
		g_free(told.last);
	}
}

static void what_cannot_be_begun_leaves_nothing(void **state)
{
	const char *folder = *state;
	char *path = database_of(folder), *argv[] = {"/bin/sh", "-c", "rm \"$0\"*", path, NULL};
	assert_true(g_spawn_sync(NULL, argv, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL));
	faults_set(FAULT_FULL, 1);
	struct told told = {0};
	struct catalogue *c = open_and_listen(folder, &told);
	assert_true(is_temporary(c));
	catalogue_tend(c);
	catalogue_close(c);
	assert_int_equal(told.bad, 1);
	GDir *dir = g_dir_open(folder, 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir));)
		assert_false(g_str_has_prefix(name, CATALOGUE_FILE));
	g_dir_close(dir);
	g_free(told.last);
	g_free(path);
}

static void a_file_that_may_not_be_written(void **state)
{
	const char *folder = *state;
	char *path = database_of(folder);
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(chmod(folder, 0777), 0);
	uid_t user = geteuid();
	if (user == 0)
		assert_int_equal(seteuid(NOBODY), 0); /* root may write everywhere */
	struct told told = {0};
	struct catalogue *c = open_and_listen(folder, &told);
	works(c, folder);
	assert_int_equal(told.bad, 1);
	assert_non_null(strstr(told.last, "let this user write"));
	catalogue_close(c);
	assert_int_equal(seteuid(user), 0);
	g_free(told.last);
	g_free(path);
}

static void one_that_is_removed_is_made_anew(void **state)
{
	const char *folder = *state;
	struct told told = {0};
	struct catalogue *c = open_and_listen(folder, &told), *other = open_catalogue(folder);
	char *path = database_of(folder);
	g_unlink(path);
	catalogue_tend(c);
	assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
	assert_true(catalogue_needs_scan(c));
	works(c, folder);
	catalogue_close(other); /* whose file is gone: it leaves the new one's log alone */
	catalogue_close(c);
	c = open_and_listen(folder, &told);
	assert_list(c, &all, 0, 9, "a new");
	assert_int_equal(told.bad, 0);
	catalogue_close(c);
	g_free(path);
}

/* ---- many at once ---- */

#define THREADS 4
#define CLAIMS  100

struct racer {
	pthread_t thread;
	const char *folder;
	struct catalogue *catalogue;
	int won;
};

static void *race(void *arg)
{
	struct racer *r = arg;
	for (int i = 0; i < CLAIMS; i++) {
		char id[16];
		g_snprintf(id, sizeof(id), "race-%d", i);
		r->won += catalogue_claim(r->catalogue,
					  &(struct catalogue_claim){.id = id, .name = id, .started_us = DAY_ONE}) ==
			  CATALOGUE_OK;
		GPtrArray *list = catalogue_list(r->catalogue, &all, 0, 5);
		g_ptr_array_unref(list);
	}
	return NULL;
}

/* Two of them as one process, two as another. */
static void of_many_one_gets_an_id(void **state)
{
	struct racer racers[THREADS] = {0};
	struct catalogue *two[2] = {open_catalogue(*state), open_catalogue(*state)};
	int won = 0;
	for (int i = 0; i < THREADS; i++) {
		racers[i].folder = *state;
		racers[i].catalogue = two[i % 2];
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(racers[i].thread, NULL);
		won += racers[i].won;
	}
	assert_int_equal(won, CLAIMS);
	catalogue_close(two[0]);
	catalogue_close(two[1]);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_damaged_one_is_moved_aside),
		CASE(one_that_is_another_programs_is_moved_aside),
		CASE(one_of_a_newer_version_is_left_alone),
		CASE(another_program_that_locks_it_is_not_waited_for),
		CASE(faults_of_the_file_system),
		CASE(what_cannot_be_begun_leaves_nothing),
		CASE(a_file_that_may_not_be_written),
		CASE(one_that_is_removed_is_made_anew),
		CASE(of_many_one_gets_an_id),
	};
	faults_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
