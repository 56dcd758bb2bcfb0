/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The catalogue when its database fails: killed in any call of the file system, errors of the disk, a full disk, no memory. What is in the
 * database is always whole; what is on the disk is what it comes to know again. The loops take every TSR_ALL ? 1 : STRIDEth call. */
#include "catalogue_util.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "catalogue_faults.h"

/* A short run tries every so many mallocs. */
#define MALLOC_STRIDE 97

static unsigned long stride(unsigned long of_short)
{
	return getenv("TSR_ALL") ? 1 : of_short;
}

/* ---- what is done, step by step ---- */

#define STEPS 7

/* Whether a step is one transaction: it happened, or it did not. */
static const bool is_atomic[STEPS] = {true, true, true, false, true, true, false};

static int running = -1;

static void do_step(struct catalogue *c, const char *folder, int step)
{
	const struct report x = {.name = "x", .title = "t", .bytes = 3};
	switch (step) {
	case 0:
		(void)!catalogue_claim(c, &(struct catalogue_claim){
						  .id = "x", .name = "x", .started_us = DAY_ONE, .is_private = true});
		break;
	case 1:
		running = begin_running(folder, &x);
		catalogue_refresh(c, "x");
		break;
	case 2: catalogue_retitle(c, "x", "new title"); break;
	case 3:
		end_running(folder, &x, running);
		running = -1;
		catalogue_release(c, "x");
		break;
	case 4:
		save_report(folder,
			    &(struct report){.name = "s-2", .id = "s", .profile = "hd", .public = true, .bytes = 7});
		catalogue_refresh(c, "s-2");
		break;
	case 5:
		remove_file(folder, "x", ".ts");
		catalogue_refresh(c, "x");
		break;
	default:
		save_report(folder, &(struct report){.name = "s-1", .id = "s", .public = true, .bytes = 8});
		catalogue_scan(c, NULL);
		break;
	}
}

static void end_steps(const char *folder)
{
	if (running >= 0)
		close(running);
	running = -1;
	char *argv[] = {"/bin/sh", "-c", "rm -rf \"$0\"/* \"$0\"/.catalogue*", (char *)folder, NULL};
	assert_true(g_spawn_sync(NULL, argv, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL));
}

/* ---- what is in the database ---- */

static int append_row(void *user, int columns, char **values, char **names)
{
	(void)names;
	for (int i = 0; i < columns; i++)
		g_string_append_printf(user, "%s|", values[i] ? values[i] : "-");
	g_string_append_c(user, '\n');
	return 0;
}

/* All of it as text (g_free), as a process sees it that comes next; and that it is whole. */
static char *dump(const char *folder)
{
	struct catalogue *c = open_catalogue(folder); /* makes what is not there yet */
	catalogue_close(c);
	char *path = g_build_filename(folder, CATALOGUE_FILE, NULL);
	sqlite3 *db;
	GString *s = g_string_new(NULL);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	g_free(path);
	assert_int_equal(sqlite3_exec(db, "PRAGMA integrity_check", append_row, s, NULL), SQLITE_OK);
	assert_string_equal(s->str, "ok|\n");
	g_string_truncate(s, 0);
	/* What follows from the rest follows. */
	assert_int_equal(
		sqlite3_exec(
			db,
			"SELECT 'tally' FROM (SELECT private, state, started_us / 86400000000 AS day, count(*) AS n"
			" FROM recording GROUP BY 1, 2, 3 EXCEPT SELECT private, state, day, count FROM tally)"
			" UNION ALL SELECT 'bytes' WHERE (SELECT total(disk_bytes) FROM file) <> (SELECT value FROM"
			" fact WHERE key = 'bytes') UNION ALL SELECT 'orphan' FROM file LEFT JOIN recording"
			" ON recording.no = recording WHERE id IS NULL UNION ALL SELECT 'empty' FROM recording"
			" WHERE NOT EXISTS (SELECT 1 FROM file WHERE recording = recording.no)"
			" UNION ALL SELECT 'bytes of a recording' FROM recording WHERE bytes <> (SELECT"
			" total(bytes) FROM file WHERE recording = recording.no)",
			append_row, s, NULL),
		SQLITE_OK);
	assert_string_equal(s->str, "");
	assert_int_equal(sqlite3_exec(db,
				      "SELECT id, recording.state, claimed_us > 0, recording.title, recording.profile, "
				      "recording.private,"
				      " recording.bytes, name, file.state, file.bytes FROM recording"
				      " JOIN file ON recording = recording.no ORDER BY id, name",
				      append_row, s, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	return g_string_free(s, FALSE);
}

static char *dump_after[STEPS + 1]; /* of a run in which nothing fails */

static void run_without_faults(const char *folder)
{
	for (int steps = 0; steps <= STEPS; steps++) {
		struct catalogue *c = open_catalogue(folder);
		for (int i = 0; i < steps; i++)
			do_step(c, folder, i);
		catalogue_close(c);
		dump_after[steps] = dump(folder);
		end_steps(folder);
	}
}

/* However it came to this: with a scan the catalogue knows what there is, and can be changed. */
static void comes_to_know(const char *folder)
{
	if (running >= 0)
		close(running);
	running = -1;
	struct catalogue *c = open_catalogue(folder);
	assert_true(catalogue_scan(c, NULL));
	struct catalogue_status status;
	catalogue_get_status(c, &status);
	assert_false(status.temporary);
	assert_true(status.complete);
	char *known = ids_of(c, &(struct catalogue_filter){0}, 0, 99);
	catalogue_close(c);

	char *path = g_build_filename(folder, CATALOGUE_FILE, NULL);
	g_unlink(path);
	g_free(path);
	c = open_catalogue(folder);
	assert_true(catalogue_scan(c, NULL));
	assert_list(c, &(struct catalogue_filter){0}, 0, 99, known);
	catalogue_close(c);
	g_free(known);
}

/* ---- the loops ---- */

static void killed_in_any_call(void **state)
{
	const char *folder = *state;
	int *done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool ended = false;
	unsigned long at;
	for (at = 1; !ended; at++) {
		*done = 0;
		pid_t child = fork();
		if (child == 0) {
			faults_set(FAULT_KILL, at);
			struct catalogue *c = catalogue_open(&(struct catalogue_config){.folder = folder});
			for (int i = 0; i < STEPS; i++, ++*done)
				do_step(c, folder, i);
			catalogue_close(c);
			_exit(0);
		}
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		ended = WIFEXITED(status);
		assert_true(ended || WTERMSIG(status) == SIGKILL);
		char *left = dump(folder);
		bool as_before = !strcmp(left, dump_after[*done]);
		bool as_after = *done < STEPS && (!is_atomic[*done] || !strcmp(left, dump_after[*done + 1]));
		if (!as_before && !as_after)
			fail_msg("killed in call %lu, step %d:\n%s\nneither\n%s\nnor\n%s", at, *done, left,
				 dump_after[*done], *done < STEPS ? dump_after[*done + 1] : "");
		g_free(left);
		comes_to_know(folder);
		end_steps(folder);
	}
	print_message("# %lu calls\n", at);
	assert_in_range(at, 100, 5000);
	munmap(done, sizeof(*done));
}

/* All steps while something fails; the catalogue works on, whatever it can remember, and afterwards it is as if nothing had been. */
static void steps_in_trouble(const char *folder)
{
	struct catalogue *c = catalogue_open(&(struct catalogue_config){.folder = folder});
	for (int i = 0; i < STEPS; i++)
		do_step(c, folder, i);
	catalogue_tend(c);
	GPtrArray *list = catalogue_list(c, &(struct catalogue_filter){0}, 0, 99);
	g_ptr_array_unref(list);
	catalogue_recording_free(catalogue_find(c, "s"));
	catalogue_close(c);
}

static void errors_of_the_disk(void **state)
{
	const char *folder = *state;
	static const enum fault kinds[] = {FAULT_ONCE, FAULT_ALWAYS, FAULT_FULL};
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		bool ended = false;
		unsigned long at;
		for (at = 1; !ended; at += stride(7)) {
			faults_set(kinds[i], at);
			steps_in_trouble(folder);
			ended = faults.calls < at;
			faults_set(FAULT_NONE, 0);
			g_free(dump(folder));
			comes_to_know(folder);
			end_steps(folder);
		}
		print_message("# %lu calls\n", at);
		assert_in_range(at, 20, 5000);
	}
}

static void no_memory(void **state)
{
	const char *folder = *state;
	static const enum fault kinds[] = {FAULT_ONCE, FAULT_ALWAYS};
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		bool ended = false;
		unsigned long at;
		for (at = 1; !ended; at += stride(MALLOC_STRIDE)) {
			faults_set_malloc(kinds[i], at);
			steps_in_trouble(folder);
			ended = faults.mallocs < at;
			faults_set_malloc(FAULT_NONE, 0);
			g_free(dump(folder));
			comes_to_know(folder);
			end_steps(folder);
		}
		print_message("# %lu mallocs\n", at);
		assert_in_range(at, 300, 100000);
	}
}

static int set_up(void **state)
{
	*state = new_folder();
	return 0;
}

static int tear_down(void **state)
{
	faults_set(FAULT_NONE, 0);
	remove_folder(*state);
	return 0;
}

static int set_up_group(void **state)
{
	faults_install_malloc();
	faults_install();
	char *folder = new_folder();
	run_without_faults(folder);
	remove_folder(folder);
	(void)state;
	return 0;
}

static int tear_down_group(void **state)
{
	(void)state;
	for (int i = 0; i <= STEPS; i++)
		g_free(dump_after[i]);
	return 0;
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(killed_in_any_call),
		CASE(errors_of_the_disk),
		CASE(no_memory),
	};
	return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
