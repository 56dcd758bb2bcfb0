/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * janus-tsrec list, as a user calls it. */
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "harness.h"

static char *folder;
static char *program; /* beside the tests' folders, where the build left it */

/* Runs janus-tsrec with these arguments in the folder of the test, NULL at the end; *out (may be NULL) gets its standard output. */
static int tsrec(char **out, ...) G_GNUC_NULL_TERMINATED;

static int tsrec(char **out, ...)
{
	GPtrArray *argv = g_ptr_array_new();
	g_ptr_array_add(argv, program);
	va_list args;
	va_start(args, out);
	for (char *argument; (argument = va_arg(args, char *)) != NULL;)
		g_ptr_array_add(argv, argument);
	va_end(args);
	g_ptr_array_add(argv, NULL);
	char *said = NULL, *complained = NULL;
	int status = 0;
	assert_true(g_spawn_sync(folder, (char **)argv->pdata, NULL, 0, NULL, NULL, &said, &complained, &status, NULL));
	assert_true(g_spawn_check_wait_status(status, NULL) || status > 255); /* it ended by itself */
	int code = status >> 8;
	if (code != 0 && complained[0] == '\0')
		assert_true(said[0] != '\0'); /* never fails in silence */
	g_ptr_array_free(argv, TRUE);
	g_free(complained);
	if (out != NULL)
		*out = said;
	else
		g_free(said);
	return code;
}

static char *in_folder(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

static bool is_there(const char *name)
{
	char *path = in_folder(name);
	bool there = g_file_test(path, G_FILE_TEST_EXISTS);
	g_free(path);
	return there;
}

static void save(const char *name, const void *data, size_t size)
{
	char *path = in_folder(name);
	assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
	g_free(path);
}

static void save_recording(const char *name, const char *title, const char *started)
{
	char *report = g_strdup_printf(
		"{\"id\": \"%s\", \"name\": %s, \"started\": \"%s\", \"file\": \"%s.ts\", \"ended\": \"%s\","
		" \"duration_ms\": 61500, \"bytes\": 188, \"sha256\": null, \"recovered\": false}",
		name, title, started, name, started);
	char *json = g_strconcat("shelf/", name, ".json", NULL), *ts = g_strconcat("shelf/", name, ".ts", NULL);
	save(json, report, strlen(report));
	save(ts, "media", 5);
	g_free(ts);
	g_free(json);
	g_free(report);
}

static void assert_lines(const char *said, const char *const *lines)
{
	char **got = g_strsplit(said, "\n", -1);
	guint i = 0;
	for (; lines[i]; i++) {
		assert_non_null(got[i]);
		assert_string_equal(got[i], lines[i]);
	}
	assert_string_equal(got[i], "");
	g_strfreev(got);
}

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_list(void **state)
{
	(void)state;
	char *path = in_folder("shelf"), *said;
	assert_int_equal(g_mkdir(path, 0755), 0);
	save_recording("one", "\"First\"", "2026-03-01T10:00:00.250Z");
	save_recording("two", "\"\\u001b[2J\"", "2026-03-02T10:00:00.000Z");
	save_recording("three", "null", "2026-03-03T10:00:00.000Z");
	save("shelf/left.recording.ts", "", 0);
	static const char one[] = "2026-03-01 10:00:00  finished       1:01.5          188  one  \"First\"";
	static const char two[] = "2026-03-02 10:00:00  finished       1:01.5          188  two  \"\\033[2J\"";
	static const char three[] = "2026-03-03 10:00:00  finished       1:01.5          188  three";
	assert_int_equal(tsrec(&said, "list", "--state", "finished", "shelf", NULL), 0);
	assert_lines(said, LINES(three, two, one));
	g_free(said);
	assert_int_equal(tsrec(&said, "list", "shelf", "--since", "2026-03-02", "--until=2026-03-03T00:00:00Z", NULL),
			 0);
	assert_lines(said, LINES(two));
	g_free(said);
	assert_int_equal(tsrec(&said, "list", "shelf", "--name", "First", "--since", "1", NULL), 0);
	assert_lines(said, LINES(one));
	g_free(said);
	assert_int_equal(tsrec(&said, "list", "--json", "--limit", "2", "shelf", NULL), 0);
	json_t *list = json_loads(said, 0, NULL);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "state")), "interrupted");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "started")),
			    "2026-03-03T10:00:00.000Z");
	json_decref(list);
	g_free(said);
	assert_false(is_there("shelf/.catalogue.db"));
	assert_int_equal(tsrec(NULL, "list", "nowhere", NULL), 2);
	assert_int_equal(tsrec(NULL, "list", "--state", "lost", "shelf", NULL), 1);
	assert_int_equal(tsrec(NULL, "list", "--since", "yesterday", "shelf", NULL), 1);
	assert_int_equal(tsrec(NULL, "list", "--limit=-1", "shelf", NULL), 1);
	assert_int_equal(tsrec(NULL, "list", "shelf", "shelf", NULL), 1);
	g_free(path);
}

static int setup(void **state)
{
	(void)state;
	folder = g_dir_make_tmp("tsr-list-XXXXXX", NULL);
	program = g_canonicalize_filename("janus-tsrec", NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	remove_folder(folder);
	g_free(folder);
	g_free(program);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_list)};
	return cmocka_run_group_tests(tests, setup, teardown);
}
