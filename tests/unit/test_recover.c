/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Left-overs in a real folder: what becomes of them, and what must not be touched. */
#include "sink_util.h"

#include <sys/file.h>
#include <sys/wait.h>

#include "../../recorder/sink/recover.h"
#include "../../recorder/sink/textfile.h"

/* What was told, in the order of the calls. */
struct told {
	unsigned files, sealed;
	tsr_error error;
	char path[PATH_MAX], name[256], sealed_path[PATH_MAX], sha256[65];
	uint64_t bytes, bytes_cut;
	int64_t ended_utc_us;
	unsigned tracks;
	bool die_when_sealed;
};

static void on_sealed(void *ctx, const struct recover_result *r)
{
	struct told *t = ctx;
	if (t->die_when_sealed)
		_exit(9);
	t->sealed++;
	snprintf(t->sealed_path, sizeof(t->sealed_path), "%s", r->path);
	assert_int_equal(textfile_write(r->folder, "report.json", r->name, strlen(r->name), 0), TSR_OK);
}

static void on_recovered(void *ctx, const struct recover_result *r)
{
	struct told *t = ctx;
	t->files++;
	t->error = r->error;
	snprintf(t->path, sizeof(t->path), "%s", r->path != NULL ? r->path : "");
	snprintf(t->name, sizeof(t->name), "%s", r->name);
	snprintf(t->sha256, sizeof(t->sha256), "%s", r->sha256 != NULL ? r->sha256 : "");
	t->bytes = r->bytes;
	t->bytes_cut = r->bytes_cut;
	t->ended_utc_us = r->ended_utc_us;
	t->tracks = r->tracks;
}

static struct told recover_all(void)
{
	struct told t = {0};
	struct recover_config config = {.checksum = true, .sealed = on_sealed, .done = on_recovered, .ctx = &t};
	assert_int_equal(recover_folder(folder, &config), TSR_OK);
	return t;
}

/* A recording that stopped in the middle of a unit, which is 2 packets of it; the size of the rest. */
static size_t make_leftover(const char *name)
{
	struct ts ts = {0};
	ts_tables(&ts);
	for (int i = 0; i < 20; i++) {
		ts_pes(&ts, 0x100, 5000, 3600 * i, true);
		ts_pes(&ts, 0x101, 300, 3600 * i, true);
	}
	size_t whole = ts.size;
	ts_pes(&ts, 0x100, 5000, 3600 * 20, true);
	write_file(name, ts.data, whole + 2 * TS_BYTES + 50);
	ts_free(&ts);
	return whole;
}

static void test_recovers(void **state)
{
	(void)state;
	struct stat st;
	const struct timespec times[2] = {{1000000000, 0}, {1000000000, 500000000}};
	assert_int_equal(mkdir(in_folder("a"), 0700), 0);
	assert_int_equal(mkdir(in_folder("a/b"), 0700), 0);
	size_t whole = make_leftover("a/b/rec.recording.ts");
	assert_int_equal(utimensat(AT_FDCWD, in_folder("a/b/rec.recording.ts"), times, 0), 0);
	struct told t = recover_all();
	assert_int_equal(t.files, 1);
	assert_int_equal(t.sealed, 1);
	assert_int_equal(t.error, TSR_OK);
	assert_string_equal(t.path, in_folder("a/b/rec.ts"));
	assert_string_equal(t.sealed_path, t.path);
	assert_string_equal(t.name, "a/b/rec");
	assert_int_equal(t.bytes, whole);
	assert_int_equal(t.bytes_cut, 2 * TS_BYTES + 50);
	assert_int_equal(t.ended_utc_us, INT64_C(1000000000500000));
	assert_int_equal(t.tracks, 2);
	assert_int_equal(strlen(t.sha256), 64);
	assert_int_equal(size_of("a/b/rec.ts"), whole);
	assert_false(exists("a/b/rec.recording.ts"));
	assert_int_equal(stat(in_folder("a/b/rec.ts"), &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1000000000);
	assert_int_equal(recover_all().files, 0);
}

static void test_kill_before_the_rename(void **state)
{
	(void)state;
	size_t whole = make_leftover("rec.recording.ts");
	pid_t child = fork();
	if (child == 0) {
		struct told t = {.die_when_sealed = true};
		struct recover_config config = {.sealed = on_sealed, .done = on_recovered, .ctx = &t};
		_exit(recover_folder(folder, &config) == TSR_OK);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 9);
	assert_int_equal(size_of("rec.recording.ts"), whole);
	assert_false(exists("rec.ts"));
	struct told t = recover_all();
	assert_int_equal(t.files, 1);
	assert_int_equal(t.bytes, whole);
	assert_int_equal(t.bytes_cut, 0);
	assert_int_equal(size_of("rec.ts"), whole);
}

/* Where renameat2 lacks its flag, a kill may leave both names of a complete file. */
static void test_both_names(void **state)
{
	(void)state;
	struct ts ts = {0};
	ts_tables(&ts);
	ts_pes(&ts, 0x100, 184 * 5 - 14, 0, false); /* whole, but a scan cannot know */
	write_file("rec.ts", ts.data, ts.size);
	assert_int_equal(link(in_folder("rec.ts"), in_folder("rec.recording.ts")), 0);
	struct told t = recover_all();
	assert_int_equal(t.error, TSR_OK);
	assert_int_equal(t.sealed, 1);
	assert_int_equal(t.bytes, ts.size);
	assert_string_equal(t.path, in_folder("rec.ts"));
	assert_int_equal(size_of("rec.ts"), ts.size);
	assert_false(exists("rec.recording.ts"));
	ts_free(&ts);
}

static void test_final_name_taken(void **state)
{
	(void)state;
	make_leftover("rec.recording.ts");
	long size = size_of("rec.recording.ts");
	write_file("rec.ts", "other", 5);
	struct told t = recover_all();
	assert_int_equal(t.error, TSR_E_EXISTS);
	assert_string_equal(t.path, in_folder("rec.recording.ts"));
	assert_int_equal(size_of("rec.recording.ts"), size);
	assert_int_equal(size_of("rec.ts"), 5);
}

static void test_held_files_are_left_alone(void **state)
{
	(void)state;
	make_leftover("rec.recording.ts");
	long size = size_of("rec.recording.ts");
	struct told t = {0};
	struct recover_config config = {.done = on_recovered, .ctx = &t};
	int fd = open(in_folder("rec.recording.ts"), O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(recover_all().files, 0);
	assert_int_equal(recover_file(in_folder("rec.recording.ts"), &config), TSR_E_BUSY);
	assert_int_equal(t.files, 0);
	assert_int_equal(size_of("rec.recording.ts"), size);
	close(fd);
	assert_int_equal(recover_file(in_folder("rec.recording.ts"), &config), TSR_OK);
	assert_int_equal(t.files, 1);
	assert_int_equal(t.sealed, 0);
	assert_string_equal(t.path, in_folder("rec.ts"));
}

static void test_no_media(void **state)
{
	(void)state;
	static const uint8_t zeroes[1000];
	struct ts ts = {0};
	ts_tables(&ts);
	write_file("empty.recording.ts", "", 0);
	write_file("zeroes.recording.ts", zeroes, sizeof(zeroes));
	write_file("tables.recording.ts", ts.data, ts.size);
	ts_pes(&ts, 0x100, 5000, 0, true);
	write_file("begun.recording.ts", ts.data, ts.size - TS_BYTES);
	struct told t = recover_all();
	assert_int_equal(t.files, 4);
	assert_int_equal(t.sealed, 0);
	assert_string_equal(t.path, "");
	assert_int_equal(t.bytes, 0);
	assert_false(exists("empty.recording.ts") || exists("empty.ts"));
	assert_false(exists("zeroes.recording.ts") || exists("zeroes.ts"));
	assert_false(exists("tables.recording.ts") || exists("tables.ts"));
	assert_false(exists("begun.recording.ts") || exists("begun.ts"));
	ts_free(&ts);
}

static void test_foreign_files(void **state)
{
	(void)state;
	uint8_t noise[4000];
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * 7919 >> 3);
	struct ts ts = {0};
	for (unsigned i = 0; i < LIMIT_SCAN_PIDS + 1; i++)
		ts_pes(&ts, 0x100 + i, 1000, 0, true);
	write_file("broadcast.recording.ts", ts.data, ts.size);
	write_file("text.recording.ts", "my notes", 8);
	write_file("noise.recording.ts", noise, sizeof(noise));
	write_file("other.ts", "x", 1);
	assert_int_equal(symlink("other.ts", in_folder("link.recording.ts")), 0);
	assert_int_equal(mkfifo(in_folder("pipe.recording.ts"), 0600), 0);
	assert_int_equal(mkdir(in_folder("dir.recording.ts"), 0700), 0);
	make_leftover(".recording.ts"); /* no name at all */
	struct told t = recover_all();
	assert_int_equal(t.files, 3);
	assert_int_equal(t.error, TSR_E_MALFORMED);
	assert_int_equal(size_of("broadcast.recording.ts"), ts.size);
	ts_free(&ts);
	assert_int_equal(size_of("text.recording.ts"), 8);
	assert_int_equal(size_of("noise.recording.ts"), sizeof(noise));
	assert_true(exists("link.recording.ts") && exists("pipe.recording.ts") && exists("dir.recording.ts"));
	assert_true(exists(".recording.ts"));
	struct recover_config config = {.done = on_recovered, .ctx = &t};
	assert_int_equal(recover_file(in_folder("other.ts"), &config), TSR_E_INVAL);
	assert_int_equal(recover_file(in_folder("none.recording.ts"), &config), TSR_E_NOTFOUND);
	assert_int_equal(recover_file(in_folder("none/rec.recording.ts"), &config), TSR_E_NOTFOUND);
	assert_int_equal(recover_file(in_folder("link.recording.ts"), &config), TSR_E_ACCESS);
	assert_int_equal(recover_folder(in_folder("none"), &config), TSR_E_NOTFOUND);
}

static void test_links_are_not_followed(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_folder("in"), 0700), 0);
	assert_int_equal(mkdir(in_folder("out"), 0700), 0);
	make_leftover("out/rec.recording.ts");
	assert_int_equal(symlink("../out", in_folder("in/link")), 0);
	struct told t = {0};
	struct recover_config config = {.done = on_recovered, .ctx = &t};
	assert_int_equal(recover_folder(in_folder("in"), &config), TSR_OK);
	assert_int_equal(t.files, 0);
	assert_true(exists("out/rec.recording.ts"));
}

static void test_look_only(void **state)
{
	(void)state;
	size_t whole = make_leftover("rec.recording.ts");
	long size = size_of("rec.recording.ts");
	struct told t = {0};
	struct recover_config config = {.look_only = true, .sealed = on_sealed, .done = on_recovered, .ctx = &t};
	write_file("rec.json.new", "{", 1);
	assert_int_equal(recover_folder(folder, &config), TSR_OK);
	assert_int_equal(t.files, 1);
	assert_int_equal(t.sealed, 0);
	assert_int_equal(t.bytes, whole);
	assert_int_equal(t.bytes_cut, size - (long)whole);
	assert_string_equal(t.path, in_folder("rec.recording.ts"));
	assert_int_equal(size_of("rec.recording.ts"), size);
	assert_true(exists("rec.json.new"));
}

static void test_unfinished_reports(void **state)
{
	(void)state;
	write_file("old.json.new", "{", 1);
	write_file("held.json.new", "{", 1);
	write_file("fine.json", "{}", 2);
	int fd = open(in_folder("held.json.new"), O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	recover_all();
	close(fd);
	assert_false(exists("old.json.new"));
	assert_true(exists("held.json.new"));
	assert_true(exists("fine.json"));
}

/* Each cut of one file: recovered, and recovered again as if it had been left once more. */
static void test_every_cut(void **state)
{
	(void)state;
	struct ts ts = {0};
	ts_tables(&ts);
	for (int i = 0; i < 6; i++) {
		ts_pes(&ts, 0x100, 900 + 13 * (size_t)i, 3600 * i, i % 2 == 0);
		ts_pes(&ts, 0x101, 170, 3600 * i, true);
	}
	for (size_t size = 0; size <= ts.size; size += 47) {
		write_file("rec.recording.ts", ts.data, size);
		struct told t = recover_all();
		assert_int_equal(t.files, 1);
		assert_int_equal(t.error, TSR_OK);
		if (t.path[0] == '\0')
			continue;
		assert_int_equal(rename(in_folder("rec.ts"), in_folder("rec.recording.ts")), 0);
		struct told again = recover_all();
		assert_string_equal(again.sha256, t.sha256);
		assert_int_equal(again.bytes_cut, 0);
		assert_int_equal(unlink(in_folder("rec.ts")), 0);
	}
	ts_free(&ts);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_recovers),
		TEST(test_kill_before_the_rename),
		TEST(test_both_names),
		TEST(test_final_name_taken),
		TEST(test_held_files_are_left_alone),
		TEST(test_no_media),
		TEST(test_foreign_files),
		TEST(test_links_are_not_followed),
		TEST(test_look_only),
		TEST(test_unfinished_reports),
		TEST(test_every_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
