/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Free space, and which recordings may be removed: what is never touched. */
#include "sink_util.h"

#include "../../recorder/sink/space.h"

static void make_recording(const char *name)
{
	char path[300], report[300];
	const char *slash = strrchr(name, '/');
	int size = snprintf(
		report, sizeof(report),
		"{\n  \"id\": \"x\",\n  \"file\": \"%s.ts\",\n  \"sha256\": null,\n  \"recovered\": false\n}\n",
		slash != NULL ? slash + 1 : name);
	snprintf(path, sizeof(path), "%s.json", name);
	write_file(path, report, (size_t)size);
	snprintf(path, sizeof(path), "%s.ts", name);
	write_file(path, "x", 1);
}

static void test_foreign_and_running_files(void **state)
{
	(void)state;
	static const char no_name[] = "{\"file\": \"other.ts\", \"sha256\": null, \"recovered\": false}";
	static const char not_ours[] = "{\"file\": \"notours.ts\"}";
	write_file("alone.ts", "x", 1);
	write_file("misnamed.ts", "x", 1);
	write_file("misnamed.json", no_name, sizeof(no_name) - 1);
	write_file("notours.ts", "x", 1);
	write_file("notours.json", not_ours, sizeof(not_ours) - 1);
	make_recording("gone");
	assert_int_equal(rename(in_folder("gone.ts"), in_folder("gone.recording.ts")), 0);
	make_recording("link");
	assert_int_equal(rename(in_folder("link.ts"), in_folder("target")), 0);
	assert_int_equal(symlink("target", in_folder("link.ts")), 0);
	make_recording("real");
	static const char *const names[] = {"alone", "misnamed", "notours", "gone", "link", "target"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(space_remove(folder, names[i]), TSR_E_NOTFOUND);
	assert_int_equal(space_remove(folder, "real"), TSR_OK);
	assert_false(exists("real.ts") || exists("real.json"));
	static const char *const stay[] = {"alone.ts",     "misnamed.ts", "misnamed.json",     "notours.ts",
					   "notours.json", "gone.json",   "gone.recording.ts", "link.ts",
					   "link.json",    "target"};
	for (size_t i = 0; i < sizeof(stay) / sizeof(stay[0]); i++)
		if (!exists(stay[i]))
			fail_msg("%s was removed", stay[i]);
}

static void test_remove(void **state)
{
	(void)state;
	write_file("foreign.ts", "x", 1);
	make_recording("rec");
	assert_int_equal(space_remove(folder, "../rec"), TSR_E_INVAL);
	assert_int_equal(space_remove(folder, "none"), TSR_E_NOTFOUND);
	assert_int_equal(space_remove(folder, "none/rec"), TSR_E_NOTFOUND);
	assert_int_equal(space_remove(folder, "foreign"), TSR_E_NOTFOUND);
	assert_int_equal(space_remove(folder, "rec"), TSR_OK);
	assert_false(exists("rec.ts") || exists("rec.json"));
	assert_true(exists("foreign.ts"));
	/* Names that JSON has to escape. */
	write_file("a\"b\\.ts", "x", 1);
	static const char report[] = "{\"recovered\":true,\"sha256\":\"\",\"file\" : \"a\\\"b\\\\.ts\"}";
	write_file("a\"b\\.json", report, sizeof(report) - 1);
	assert_int_equal(space_remove(folder, "a\"b\\"), TSR_OK);
	assert_false(exists("a\"b\\.ts"));
}

static void test_free_space(void **state)
{
	(void)state;
	uint64_t bytes = 0;
	assert_int_equal(space_free(folder, &bytes), TSR_OK);
	assert_true(bytes > 0);
	assert_int_equal(space_free(in_folder("none"), &bytes), TSR_E_NOTFOUND);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_foreign_and_running_files),
		TEST(test_remove),
		TEST(test_free_space),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
