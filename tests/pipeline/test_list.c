/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * janus-tsrec list, as a user calls it. */
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "command.h"

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
	command_setup();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	command_teardown();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_list)};
	return cmocka_run_group_tests(tests, setup, teardown);
}
