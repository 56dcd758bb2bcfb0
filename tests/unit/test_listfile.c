/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The file of a playlist: what a reader may see of it at any time. */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "../lib/cmocka.h"
#include "recorder/sink/listfile.h"

static char *make_folder(void)
{
	char *folder = g_dir_make_tmp("tsr-list-XXXXXX", NULL);
	assert_non_null(folder);
	return folder;
}

static void remove_all(char *folder)
{
	char *path = g_build_filename(folder, "a.m3u8", NULL);
	(void)g_remove(path);
	assert_int_equal(g_rmdir(folder), 0); /* no temporary file is left */
	g_free(path);
	g_free(folder);
}

static void what_is_appended_lies_in_one_page(void **state)
{
	(void)state;
	char *folder = make_folder(), *path = g_build_filename(folder, "a.m3u8", NULL), *text;
	struct listfile l = LISTFILE_CLOSED;
	assert_int_equal(listfile_replace(&l, folder, "a", "#EXTM3U\n", 8, 0), TSR_OK);
	GString *expected = g_string_new("#EXTM3U\n");
	for (unsigned i = 0; i < 2000; i++) {
		char line[200];
		int size = g_snprintf(line, sizeof(line), "<%u%*s>\n", i, (int)(i * 37 % 150), "");
		assert_int_equal(listfile_append(&l, line, (size_t)size), TSR_OK);
		size_t left = LISTFILE_APPEND_BYTES - expected->len % LISTFILE_APPEND_BYTES;
		for (size_t j = 0; (size_t)size > left && j < left; j++)
			g_string_append_c(expected, '\n');
		size_t begin = expected->len;
		g_string_append(expected, line);
		assert_int_equal(begin / LISTFILE_APPEND_BYTES, (expected->len - 1) / LISTFILE_APPEND_BYTES);
	}
	assert_int_equal(listfile_finish(&l), TSR_OK);
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, expected->str);
	g_free(text);
	g_string_free(expected, TRUE);
	g_free(path);
	remove_all(folder);
}

static void too_much_or_nowhere_is_refused(void **state)
{
	(void)state;
	char *folder = make_folder(), *text = g_strnfill(LISTFILE_APPEND_BYTES + 1, 'x');
	struct listfile l = LISTFILE_CLOSED;
	assert_int_equal(listfile_append(&l, text, 1), TSR_E_INVAL);
	assert_int_equal(listfile_replace(&l, "/nonexistent", "a", text, 1, 0), TSR_E_NOTFOUND);
	assert_int_equal(listfile_replace(&l, folder, "../a", text, 1, 0), TSR_E_INVAL);
	assert_int_equal(l.fd, -1);
	assert_int_equal(listfile_replace(&l, folder, "a", text, LISTFILE_APPEND_BYTES + 1, 0), TSR_OK);
	assert_int_equal(listfile_append(&l, text, LISTFILE_APPEND_BYTES + 1), TSR_E_INVAL);
	char *all = listfile_read(&l);
	assert_string_equal(all, text);
	free(all);
	listfile_close(&l);
	assert_int_equal(listfile_finish(&l), TSR_OK); /* again: nothing */
	g_free(text);
	remove_all(folder);
}

static void is_held_while_it_is_open(void **state)
{
	(void)state;
	char *folder = make_folder(), *path = g_build_filename(folder, "a.m3u8", NULL);
	struct listfile l = LISTFILE_CLOSED;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(listfile_replace(&l, folder, "a", "abc", 3, 0600), TSR_OK);
		int fd = open(path, O_RDONLY);
		assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
		close(fd);
	}
	listfile_close(&l);
	int fd = open(path, O_RDONLY);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
	g_free(path);
	remove_all(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_appended_lies_in_one_page),
		cmocka_unit_test(too_much_or_nowhere_is_refused),
		cmocka_unit_test(is_held_while_it_is_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
