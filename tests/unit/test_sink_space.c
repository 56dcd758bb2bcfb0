/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Retention: which recordings go, in what order, and what is never touched. */
#include "sink_util.h"

#include "../../recorder/sink/space.h"

#define DAY_US (INT64_C(24) * 3600 * 1000000)

static int64_t fake_utc(void)
{
	return 100 * DAY_US;
}

/* A recording of `bytes` (with its report) that ended `age_days` ago. */
static void make_recording(const char *name, size_t bytes, int64_t age_days)
{
	char path[300], report[300];
	const char *slash = strrchr(name, '/');
	int size = snprintf(
		report, sizeof(report),
		"{\n  \"id\": \"x\",\n  \"file\": \"%s.ts\",\n  \"sha256\": null,\n  \"recovered\": false\n}\n",
		slash != NULL ? slash + 1 : name);
	snprintf(path, sizeof(path), "%s.json", name);
	write_file(path, report, (size_t)size);
	assert_true(bytes > (size_t)size);
	uint8_t *data = calloc(1, bytes);
	snprintf(path, sizeof(path), "%s.ts", name);
	write_file(path, data, bytes - (size_t)size);
	free(data);
	const struct timespec times[2] = {{0, 0}, {(100 - age_days) * 24 * 3600, 0}};
	assert_int_equal(utimensat(AT_FDCWD, in_folder(path), times, 0), 0);
}

struct removals {
	char text[1000]; /* "NAME:reason " for each */
	uint64_t bytes;
};

static void on_removed(void *ctx, const char *id, const char *path, uint64_t bytes, const char *reason)
{
	struct removals *r = ctx;
	assert_string_equal(id, "x");
	size_t used = strlen(r->text);
	assert_memory_equal(path, folder, strlen(folder));
	snprintf(r->text + used, sizeof(r->text) - used, "%s:%s ", path + strlen(folder) + 1, reason);
	r->bytes += bytes;
}

static struct removals retain(int64_t days, uint64_t bytes)
{
	struct removals r = {0};
	struct retention limits = {.max_age_us = days * DAY_US, .max_bytes = bytes, .removed = on_removed, .ctx = &r};
	assert_int_equal(space_retain(folder, &limits), TSR_OK);
	return r;
}

static void test_limits(void **state)
{
	(void)state;
	static const struct {
		int64_t days;
		uint64_t bytes;
		const char *want;
	} rows[] = {
		{0, 0, ""},
		{100, 100000, ""},
		{9, 0, "old.ts:age "},
		{4, 0, "old.ts:age sub/middle.ts:age "},
		{0, 6000, ""},
		{0, 5999, "old.ts:size "},
		{0, 2500, "old.ts:size sub/middle.ts:size new.ts:size "},
		{9, 2999, "old.ts:age sub/middle.ts:size new.ts:size "},
		{9, 5000, "old.ts:age "},
	};
	assert_int_equal(mkdir(in_folder("sub"), 0700), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_recording("new", 3000, 1);
		make_recording("old", 1000, 10);
		make_recording("sub/middle", 2000, 5);
		struct removals r = retain(rows[i].days, rows[i].bytes);
		if (strcmp(r.text, rows[i].want) != 0)
			fail_msg("row %zu: %s", i, r.text);
		assert_int_equal(exists("old.ts"), strstr(rows[i].want, "old") == NULL);
		assert_int_equal(exists("old.json"), exists("old.ts"));
	}
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
	make_recording("gone", 1000, 50);
	assert_int_equal(rename(in_folder("gone.ts"), in_folder("gone.recording.ts")), 0);
	make_recording("link", 1000, 50);
	assert_int_equal(rename(in_folder("link.ts"), in_folder("target")), 0);
	assert_int_equal(symlink("target", in_folder("link.ts")), 0);
	make_recording("real", 1000, 50);
	struct removals r = retain(1, 1);
	assert_string_equal(r.text, "real.ts:age ");
	assert_int_equal(r.bytes, 1000);
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
	make_recording("rec", 1000, 0);
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
	struct retention limits = {.max_bytes = 1};
	assert_int_equal(space_retain(in_folder("none"), &limits), TSR_E_NOTFOUND);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_limits),
		TEST(test_foreign_and_running_files),
		TEST(test_remove),
		TEST(test_free_space),
	};
	clock_replace(NULL, fake_utc);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
