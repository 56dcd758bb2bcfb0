/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names chosen by a peer, symbolic links in the way, and the text files beside the recordings. */
#include "sink_util.h"

#include <sys/file.h>

#include "../../recorder/common/limits.h"
#include "../../recorder/sink/beneath.h"
#include "../../recorder/sink/file.h"
#include "../../recorder/sink/textfile.h"

#define N200                                                                                                           \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                                                           \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                                                           \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                                                           \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_names(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool good;
	} rows[] = {
		{"a", true},
		{"a/b/c", true},
		{"a b", true},
		{"..a", true},
		{"a..", true},
		{"...", true},
		{".recordin", true},
		{"\xc3\xa4", true},
		{"-rf", true},
		{N200, true},
		{N200 "a", false},
		{"", false},
		{NULL, false},
		{".", false},
		{"..", false},
		{"../a", false},
		{"a/../b", false},
		{"a/..", false},
		{"a/./b", false},
		{"/a", false},
		{"a/", false},
		{"a//b", false},
		{"a\n", false},
		{"a\r\nb", false},
		{"\x01", false},
		{"a\x7f", false},
		{"a.recording", false},
		{".recording", false},
		{"a/b.recording", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (beneath_check_name(rows[i].name) != (rows[i].good ? TSR_OK : TSR_E_INVAL))
			fail_msg("row %zu: \"%s\"", i, rows[i].name);
}

typedef int (*open_fn)(int dir, const char *path, int flags, unsigned mode);

/* What both ways of opening must refuse. `outside` holds "secret". */
static void check_links(open_fn open_it)
{
	char outside[PATH_MAX + 16];
	snprintf(outside, sizeof(outside), "%s-outside", folder);
	assert_int_equal(mkdir(outside, 0700), 0);
	assert_int_equal(mkdir(in_folder("real"), 0700), 0);
	assert_int_equal(symlink(outside, in_folder("link")), 0);
	assert_int_equal(symlink("real", in_folder("inner")), 0);
	assert_int_equal(symlink("/etc/passwd", in_folder("real/file")), 0);
	static const struct {
		const char *path;
		bool works;
	} rows[] = {
		{"new", true},        {"real/new", true},     {"link/new", false}, {"inner/new", false},
		{"real/file", false}, {"../x", false},        {"/tmp/x", false},   {"real/../../y", false},
		{"none/new", false},  {"real/file/x", false},
	};
	int dir = open(folder, O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = open_it(dir, rows[i].path, O_RDWR | O_CREAT, 0600);
		if ((fd >= 0) != rows[i].works)
			fail_msg("%s: %s", rows[i].path, fd >= 0 ? "opened" : strerror(errno));
		if (fd >= 0) {
			assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
			close(fd);
		}
	}
	close(dir);
	/* Still empty: nothing was made in it. */
	assert_int_equal(rmdir(outside), 0);
}

static void test_links_openat2(void **state)
{
	(void)state;
	check_links(beneath_open);
}

static void test_links_walk(void **state)
{
	(void)state;
	check_links(beneath_walk);
}

static void test_sink_refuses_links(void **state)
{
	(void)state;
	struct sink *s = NULL;
	struct file_sink_config config = {.folder = folder, .name = "link/rec"};
	assert_int_equal(symlink("/tmp", in_folder("link")), 0);
	assert_int_equal(file_sink_create(&config, NULL, &s), TSR_E_ACCESS);
	/* A link that waits under the very name, dangling or not, is an existing name. */
	assert_int_equal(symlink("/tmp/tsr-nothing", in_folder("rec.recording.ts")), 0);
	config.name = "rec";
	assert_int_equal(file_sink_create(&config, NULL, &s), TSR_E_EXISTS);
	assert_int_equal(access("/tmp/tsr-nothing", F_OK), -1);
	config.name = "../rec";
	assert_int_equal(file_sink_create(&config, NULL, &s), TSR_E_INVAL);
	assert_null(s);
}

static void check_text(const char *name, const char *want)
{
	size_t size;
	uint8_t *data = read_file(name, &size);
	assert_string_equal((char *)data, want);
	free(data);
}

static void test_text(void **state)
{
	(void)state;
	struct stat st;
	assert_int_equal(textfile_write(folder, "rec.json", "one", 3, 0600), TSR_OK);
	check_text("rec.json", "one");
	assert_int_equal(stat(in_folder("rec.json"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(textfile_write(folder, "rec.json", "three", 5, 0), TSR_OK);
	check_text("rec.json", "three");
	assert_false(exists("rec.json.new"));
	assert_int_equal(textfile_write(folder, "rec.recording.json", "note", 4, 0), TSR_OK);
	check_text("rec.recording.json", "note");
	check_text("rec.json", "three");
	textfile_remove(folder, "rec.recording.json");
	assert_false(exists("rec.recording.json"));
	check_text("rec.json", "three");
	assert_int_equal(textfile_write(folder, "sub/rec.json", "x", 1, 0), TSR_E_NOTFOUND);
	assert_false(exists("sub"));
	assert_int_equal(textfile_write(folder, "../rec.json", "x", 1, 0), TSR_E_INVAL);
	assert_int_equal(textfile_write(folder, "rec.ts", "x", 1, 0), TSR_E_INVAL);
	assert_int_equal(textfile_write(folder, N200 ".json", "x", 1, 0), TSR_OK);
}

static void test_text_and_leftovers(void **state)
{
	(void)state;
	/* What a crash left is replaced, ... */
	write_file("rec.json.new", "half", 4);
	assert_int_equal(textfile_write(folder, "rec.json", "whole", 5, 0), TSR_OK);
	check_text("rec.json", "whole");
	assert_false(exists("rec.json.new"));
	/* ... what somebody writes is not, ... */
	write_file("rec.json.new", "theirs", 6);
	int fd = open(in_folder("rec.json.new"), O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(textfile_write(folder, "rec.json", "mine", 4, 0), TSR_E_BUSY);
	close(fd);
	check_text("rec.json", "whole");
	check_text("rec.json.new", "theirs");
	/* ... and a link is removed, not followed. */
	assert_int_equal(unlink(in_folder("rec.json.new")), 0);
	write_file("victim", "v", 1);
	assert_int_equal(symlink("victim", in_folder("rec.json.new")), 0);
	assert_int_equal(textfile_write(folder, "rec.json", "again", 5, 0), TSR_OK);
	check_text("victim", "v");
	check_text("rec.json", "again");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names), TEST(test_links_openat2),      TEST(test_links_walk), TEST(test_sink_refuses_links),
		TEST(test_text),  TEST(test_text_and_leftovers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
