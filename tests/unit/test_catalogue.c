/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The catalogue: what it finds, lists, counts and claims; and that the files are what it believes. */
#include "catalogue_util.h"

static const struct catalogue_filter all;

static int set_up(void **state)
{
	*state = new_folder();
	return 0;
}

static int tear_down(void **state)
{
	remove_folder(*state);
	return 0;
}

static enum catalogue_error claim(struct catalogue *c, const char *id, const char *name)
{
	return catalogue_claim(
		c, &(struct catalogue_claim){.id = id, .name = name, .started_us = DAY_ONE, .is_private = true});
}

/* ---- containers ---- */

static void files_may_end_otherwise(void **state)
{
	static const char *const endings[] = {".ts", ".mkv", NULL};
	const char *folder = *state;
	save_file(folder, "done", ".mkv", "media");
	save_file(folder, "done", ".json",
		  "{\"id\":\"done\",\"file\":\"done.mkv\",\"recovered\":false,\"sha256\":\"00\",\"bytes\":5}");
	save_file(folder, "left", ".recording.mkv", "media");
	save_file(folder, "unknown", ".recording.avi", "media");
	struct catalogue *c = catalogue_open(&(struct catalogue_config){.folder = folder, .endings = endings});
	assert_true(catalogue_scan(c, NULL));
	assert_int_equal(catalogue_count(c, &all), 2);
	struct catalogue_recording *done = catalogue_find(c, "done"), *left = catalogue_find(c, "left");
	assert_string_equal(done->ending, ".mkv");
	assert_int_equal(done->state, CATALOGUE_FINISHED);
	assert_string_equal(left->ending, ".mkv");
	assert_int_equal(left->state, CATALOGUE_INTERRUPTED);
	catalogue_recording_free(done);
	catalogue_recording_free(left);
	struct catalogue_file *oldest = catalogue_oldest_file(c, NULL);
	assert_string_equal(oldest->ending, ".mkv");
	catalogue_file_free(oldest);
	/* It is told where it is claimed, and gone when its file is. */
	assert_int_equal(catalogue_claim(c, &(struct catalogue_claim){.id = "new", .name = "new", .ending = ".mkv"}),
			 CATALOGUE_OK);
	struct catalogue_recording *claimed = catalogue_find(c, "new");
	assert_string_equal(claimed->ending, ".mkv");
	catalogue_recording_free(claimed);
	char *path = g_strconcat(folder, "/done.mkv", NULL);
	assert_int_equal(remove(path), 0);
	assert_null(catalogue_find(c, "done"));
	g_free(path);
	catalogue_close(c);
}

/* ---- finding ---- */

static void a_scan_takes_up_what_is_there(void **state)
{
	const char *folder = *state;
	save_report(folder,
		    &(struct report){.name = "a", .title = "Ann", .profile = "hd", .duration_ms = 1500, .bytes = 7});
	save_report(folder,
		    &(struct report){.name = "deep/er/b-00001", .id = "b", .started_us = DAY_ONE + SECOND, .bytes = 1});
	save_report(
		folder,
		&(struct report){.name = "deep/er/b-00002", .id = "b", .started_us = DAY_ONE + 2 * SECOND, .bytes = 2});
	save_file(folder, "left", ".recording.ts", "media");
	save_file(folder, "foreign", ".ts", "media");
	save_file(folder, "foreign", ".json", "{}");
	save_file(folder, "other", ".json", "{\"id\":\"other\",\"file\":\"another.ts\"}");
	struct catalogue *c = open_catalogue(folder);
	assert_true(catalogue_needs_scan(c));
	assert_true(catalogue_scan(c, NULL));
	assert_false(catalogue_needs_scan(c));
	assert_int_equal(catalogue_count(c, &all), 3);
	assert_int_equal(catalogue_interrupted_files(c), 1);

	struct catalogue_recording *a = catalogue_find(c, "a"), *b = catalogue_find(c, "b"),
				   *left = catalogue_find(c, "left");
	assert_string_equal(a->title, "Ann");
	assert_string_equal(a->profile, "hd");
	assert_string_equal(a->stamp, "stamp");
	assert_true(a->is_private);
	assert_int_equal(a->state, CATALOGUE_FINISHED);
	assert_int_equal(a->started_us, DAY_ONE);
	assert_int_equal(a->ended_us, DAY_ONE + 1500000);
	assert_int_equal(b->files->len, 2);
	assert_string_equal(g_ptr_array_index(b->files, 1), "deep/er/b-00002");
	assert_int_equal(b->bytes, 3);
	assert_int_equal(b->started_us, DAY_ONE + SECOND);
	assert_int_equal(left->state, CATALOGUE_INTERRUPTED);
	assert_null(catalogue_find(c, "foreign"));
	catalogue_recording_free(a);
	catalogue_recording_free(b);
	catalogue_recording_free(left);
	catalogue_close(c);

	c = open_catalogue(folder);
	assert_false(catalogue_needs_scan(c));
	assert_int_equal(catalogue_count(c, &all), 3);
	catalogue_close(c);
}

static void names_of_every_kind(void **state)
{
	const char *folder = *state;
	char *longest = g_strnfill(200, 'x');
	const char *const names[] = {
		"it's",  "50%", "a\"b",       "\xf0\x9f\x8e\xa5 tape", "x'); DROP TABLE file; --", "%s%n",
		longest, " ",   "back\\slash"};
	struct catalogue *c = open_catalogue(folder);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		save_report(folder, &(struct report){.name = names[i], .title = names[i]});
	assert_true(catalogue_scan(c, NULL));
	assert_int_equal(catalogue_count(c, &all), G_N_ELEMENTS(names));
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct catalogue_recording *r = catalogue_find(c, names[i]);
		assert_non_null(r);
		assert_string_equal(r->title, names[i]);
		assert_string_equal(g_ptr_array_index(r->files, 0), names[i]);
		assert_list(c, &(struct catalogue_filter){.title = names[i]}, 0, 10, names[i]);
		catalogue_recording_free(r);
	}
	save_file(folder, "\xff\xfe", ".recording.ts", "media"); /* no name that JSON can say */
	assert_true(catalogue_scan(c, NULL));
	assert_int_equal(catalogue_count(c, &all), G_N_ELEMENTS(names));
	catalogue_close(c);
	g_free(longest);
}

static void files_changed_by_hand_show_at_once_or_with_the_next_scan(void **state)
{
	const char *folder = *state;
	struct catalogue *c = open_catalogue(folder);
	assert_true(catalogue_scan(c, NULL));
	save_report(folder, &(struct report){.name = "plain"});
	save_report(folder, &(struct report){.name = "sub/named", .id = "other"});
	struct catalogue_recording *r = catalogue_find(c, "plain"); /* by its name */
	assert_non_null(r);
	catalogue_recording_free(r);
	assert_null(catalogue_find(c, "other"));
	assert_true(catalogue_scan(c, NULL));
	assert_list(c, &all, 0, 10, "other plain");

	remove_file(folder, "plain", ".ts");
	assert_list(c, &all, 0, 10, "other");
	assert_null(catalogue_find(c, "plain"));
	assert_int_equal(catalogue_count(c, &all), 1);
	save_report(folder, &(struct report){.name = "sub/named", .id = "renamed", .bytes = 12345});
	assert_null(catalogue_find(c, "other"));
	assert_list(c, &all, 0, 10, "renamed");
	remove_file(folder, "sub/named", ".json");
	assert_true(catalogue_scan(c, NULL));
	assert_int_equal(catalogue_count(c, &all), 0);
	assert_int_equal(catalogue_bytes(c), 0);
	catalogue_close(c);
}

/* ---- lists ---- */

static void lists_are_filtered_and_paged(void **state)
{
	const char *folder = *state;
	for (int i = 0; i < 10; i++) {
		char name[8], *title = i % 2 ? "odd" : NULL;
		g_snprintf(name, sizeof(name), "r%d", i);
		save_report(folder,
			    &(struct report){.name = name,
					     .title = title,
					     .public = i < 5,
					     .started_us = DAY_ONE +
							   i / 2 * 12 * 3600 * SECOND}); /* two at once, over days */
	}
	save_file(folder, "left", ".recording.ts", "media"); /* now: the newest */
	struct catalogue *c = open_catalogue(folder);
	assert_true(catalogue_scan(c, NULL));
	const struct {
		struct catalogue_filter filter;
		uint64_t skip;
		unsigned limit;
		const char *ids;
		uint64_t count;
	} cases[] = {
		{{0}, 0, 3, "left r8 r9", 11},
		{{0}, 3, 4, "r6 r7 r4 r5", 11},
		{{0}, 9, 4, "r0 r1", 11},
		{{0}, 11, 4, "", 11},
		{{0}, 1000000, 4, "", 11},
		{{.states = CATALOGUE_BIT(CATALOGUE_FINISHED)}, 0, 2, "r8 r9", 10},
		{{.states = CATALOGUE_BIT(CATALOGUE_FINISHED)}, 5, 2, "r5 r2", 10},
		{{.states = CATALOGUE_BIT(CATALOGUE_INTERRUPTED)}, 0, 2, "left", 1},
		{{.states = CATALOGUE_BIT(CATALOGUE_RUNNING)}, 0, 2, "", 0},
		{{.public_only = true}, 0, 9, "r4 r2 r3 r0 r1", 5},
		{{.public_only = true}, 2, 2, "r3 r0", 5},
		{{.title = "odd"}, 0, 3, "r9 r7 r5", 5},
		{{.title = "odd", .public_only = true}, 1, 3, "r1", 2},
		{{.title = "od%"}, 0, 3, "", 0},
		{{.since_us = DAY_ONE + 1}, 0, 99, "left r8 r9 r6 r7 r4 r5 r2 r3", 9},
		{{.until_us = DAY_ONE + 24 * 3600 * SECOND}, 0, 99, "r2 r3 r0 r1", 4},
		{{.until_us = DAY_ONE + 24 * 3600 * SECOND + 1}, 3, 2, "r3 r0", 6},
		{{.since_us = DAY_ONE + SECOND, .until_us = DAY_ONE + 36 * 3600 * SECOND}, 1, 9, "r5 r2 r3", 4},
		{{.since_us = DAY_ONE + 2 * SECOND, .until_us = DAY_ONE + SECOND}, 0, 9, "", 0},
		{{.after_id = "r4", .after_us = DAY_ONE + 24 * 3600 * SECOND}, 0, 3, "r5 r2 r3", 11},
		{{.after_id = "r3", .after_us = DAY_ONE + 12 * 3600 * SECOND, .title = "odd"}, 0, 3, "r1", 5},
		{{.after_id = "gone", .after_us = DAY_ONE}, 0, 3, "r0 r1", 11}, /* "gone" comes before "r0" */
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		assert_list(c, &cases[i].filter, cases[i].skip, cases[i].limit, cases[i].ids);
		assert_int_equal(catalogue_count(c, &cases[i].filter), cases[i].count);
	}
	catalogue_close(c);
}

static void retention_is_told_the_oldest(void **state)
{
	const char *folder = *state;
	const char *const profiles[] = {NULL, "hd", "sd"};
	struct catalogue *c = open_catalogue(folder);
	for (int i = 0; i < 9; i++) {
		char name[8];
		g_snprintf(name, sizeof(name), "r%d", i);
		save_report(folder, &(struct report){.name = name,
						     .profile = profiles[i % 3],
						     .started_us = DAY_ONE + (9 - i) * SECOND});
		char *path = g_strdup_printf("%s/%s.ts", folder, name);
		struct timeval times[2] = {{100, 0}, {1000 + 10 * i, 0}};
		assert_int_equal(utimes(path, times), 0);
		g_free(path);
	}
	assert_true(catalogue_scan(c, NULL));
	struct catalogue_file *file = NULL;
	uint64_t bytes = 0;
	for (int i = 0; i < 9; i++) {
		struct catalogue_file *next = catalogue_oldest_file(c, file);
		char name[8];
		g_snprintf(name, sizeof(name), "r%d", i);
		assert_string_equal(next->name, name);
		bytes += next->bytes;
		catalogue_file_free(file);
		file = next;
	}
	assert_null(catalogue_oldest_file(c, file));
	catalogue_file_free(file);
	assert_int_equal(catalogue_bytes(c), bytes);

	char *hd = catalogue_next_profile(c, NULL), *sd = catalogue_next_profile(c, hd);
	assert_string_equal(hd, "hd");
	assert_string_equal(sd, "sd");
	assert_null(catalogue_next_profile(c, sd));
	GPtrArray *old = catalogue_ended_before(c, hd, DAY_ONE + 6 * SECOND, NULL, 1);
	assert_int_equal(old->len, 1);
	struct catalogue_recording *first = g_ptr_array_index(old, 0);
	assert_string_equal(first->id, "r7");
	GPtrArray *next = catalogue_ended_before(c, hd, DAY_ONE + 6 * SECOND, first, 9);
	assert_int_equal(next->len, 1);
	assert_string_equal(((struct catalogue_recording *)g_ptr_array_index(next, 0))->id, "r4");
	g_ptr_array_unref(next);
	g_ptr_array_unref(old);
	old = catalogue_ended_before(c, NULL, INT64_MAX, NULL, 9);
	assert_int_equal(old->len, 3);
	g_ptr_array_unref(old);
	g_free(hd);
	g_free(sd);
	catalogue_close(c);
}

/* ---- claims ---- */

static void an_id_is_taken_once(void **state)
{
	const char *folder = *state;
	struct catalogue *one = open_catalogue(folder), *two = open_catalogue(folder); /* as two processes */
	assert_int_equal(claim(one, "x", "x"), CATALOGUE_OK);
	assert_int_equal(claim(two, "x", "other"), CATALOGUE_EXISTS);
	assert_int_equal(claim(two, "y", "x"), CATALOGUE_EXISTS);
	int fd = begin_running(folder, &(struct report){.name = "x"});
	assert_int_equal(claim(two, "x", "x"), CATALOGUE_EXISTS);
	assert_list(two, &(struct catalogue_filter){.states = CATALOGUE_BIT(CATALOGUE_RUNNING)}, 0, 9, "x");
	end_running(folder, &(struct report){.name = "x", .bytes = 5}, fd);
	catalogue_release(one, "x");
	struct catalogue_recording *x = catalogue_find(two, "x");
	assert_int_equal(x->state, CATALOGUE_FINISHED);
	assert_int_equal(x->bytes, 5);
	catalogue_recording_free(x);
	assert_int_equal(claim(two, "x", "x"), CATALOGUE_EXISTS);
	remove_file(folder, "x", ".ts");
	remove_file(folder, "x", ".json");
	assert_int_equal(claim(two, "x", "x"), CATALOGUE_OK); /* nobody had to tell */
	catalogue_release(two, "x");                          /* it could not be started */
	assert_int_equal(claim(one, "x", "x"), CATALOGUE_OK);
	catalogue_close(one);
	catalogue_close(two);
}

static void a_claim_of_a_process_that_is_gone_ends(void **state)
{
	const char *folder = *state;
	struct catalogue *c = open_catalogue(folder);
	assert_int_equal(claim(c, "x", "x"), CATALOGUE_OK);
	int fd = begin_running(folder, &(struct report){.name = "x", .title = "of the note"});
	catalogue_close(c);
	c = open_catalogue(folder);
	assert_true(catalogue_scan(c, NULL));
	struct catalogue_recording *x = catalogue_find(c, "x");
	assert_int_equal(x->state, CATALOGUE_RUNNING); /* another process has it */
	catalogue_recording_free(x);
	close(fd); /* which dies */
	x = catalogue_find(c, "x");
	assert_int_equal(x->state, CATALOGUE_INTERRUPTED);
	assert_string_equal(x->title, "of the note");
	catalogue_recording_free(x);
	assert_int_equal(catalogue_interrupted_files(c), 1);
	assert_int_equal(claim(c, "x", "x"), CATALOGUE_EXISTS);
	catalogue_close(c);
}

static void segments_of_one_that_runs(void **state)
{
	const char *folder = *state;
	struct catalogue *c = open_catalogue(folder);
	const struct report one = {.name = "x-00001", .id = "x", .bytes = 10},
			    two = {.name = "x-00002", .id = "x", .bytes = 20};
	assert_int_equal(claim(c, "x", "x-00001"), CATALOGUE_OK);
	int fd = begin_running(folder, &one);
	int next = begin_running(folder, &two);
	end_running(folder, &one, fd);
	catalogue_refresh(c, "x-00001");
	struct catalogue_recording *x = catalogue_find(c, "x");
	assert_int_equal(x->state, CATALOGUE_RUNNING);
	catalogue_recording_free(x);
	catalogue_refresh(c, "x-00002");
	catalogue_retitle(c, "x", "new");
	assert_true(catalogue_scan(c, NULL));
	x = catalogue_find(c, "x");
	assert_int_equal(x->state, CATALOGUE_RUNNING);
	assert_int_equal(x->files->len, 2);
	catalogue_recording_free(x);
	end_running(folder, &two, next);
	catalogue_release(c, "x");
	x = catalogue_find(c, "x");
	assert_int_equal(x->state, CATALOGUE_FINISHED);
	assert_int_equal(x->bytes, 30);
	catalogue_recording_free(x);
	catalogue_close(c);
}

static bool is_x(void *user, const char *id)
{
	(void)user;
	return !strcmp(id, "x");
}

static void what_this_process_records_is_believed(void **state)
{
	const char *folder = *state;
	struct catalogue *c = catalogue_open(&(struct catalogue_config){.folder = folder, .is_running = is_x});
	assert_int_equal(claim(c, "x", "x"), CATALOGUE_OK);
	save_file(folder, "x", ".recording.ts", "held by nobody");
	assert_true(catalogue_scan(c, NULL));
	struct catalogue_recording *x = catalogue_find(c, "x");
	assert_int_equal(x->state, CATALOGUE_RUNNING);
	catalogue_recording_free(x);
	catalogue_close(c);
}

static void looking_only_changes_nothing(void **state)
{
	const char *folder = *state;
	save_report(folder, &(struct report){.name = "a"});
	save_report(folder, &(struct report){.name = "b"});
	struct catalogue_config config = {.folder = folder, .read_only = true};
	struct catalogue *c = catalogue_open(&config); /* there is no database */
	assert_true(catalogue_needs_scan(c));
	assert_true(catalogue_scan(c, NULL));
	assert_list(c, &all, 0, 9, "a b");
	catalogue_close(c);
	char *path = g_build_filename(folder, CATALOGUE_FILE, NULL);
	assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	g_free(path);

	struct catalogue *writer = open_catalogue(folder);
	assert_true(catalogue_scan(writer, NULL));
	c = catalogue_open(&config);
	assert_false(catalogue_needs_scan(c));
	remove_file(folder, "a", ".ts");
	assert_list(c, &all, 0, 9, "b");
	assert_int_equal(catalogue_count(c, &all), 2); /* nobody has told the database */
	catalogue_close(c);
	catalogue_close(writer);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(files_may_end_otherwise),      CASE(a_scan_takes_up_what_is_there),
		CASE(names_of_every_kind),          CASE(files_changed_by_hand_show_at_once_or_with_the_next_scan),
		CASE(lists_are_filtered_and_paged), CASE(retention_is_told_the_oldest),
		CASE(an_id_is_taken_once),          CASE(a_claim_of_a_process_that_is_gone_ends),
		CASE(segments_of_one_that_runs),    CASE(what_this_process_records_is_believed),
		CASE(looking_only_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
