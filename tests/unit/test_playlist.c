/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The playlist by itself: in what order its segments are listed, whatever the writers do, and what a long one costs. */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../lib/cmocka.h"
#include "recorder/playlist.h"

static char *folder;

static int make_folder(void **state)
{
	(void)state;
	folder = g_dir_make_tmp("tsr-playlist-XXXXXX", NULL);
	return folder == NULL;
}

static int remove_folder(void **state)
{
	(void)state;
	static const char *const names[] = {"a.m3u8", "a.master.m3u8"};
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		char *path = g_build_filename(folder, names[i], NULL);
		(void)g_remove(path);
		g_free(path);
	}
	int failed = g_rmdir(folder);
	g_free(folder);
	return failed;
}

static struct playlist *make(struct playlist_config config)
{
	config.log_id = config.name = "a";
	config.folder = folder;
	config.target_s = 3;
	struct playlist *p = playlist_create(&config);
	assert_non_null(p);
	return p;
}

/* What is in it; NULL = it is not there. g_free. */
static char *text_of(const char *name)
{
	char *path = g_build_filename(folder, name, NULL), *text = NULL;
	if (!g_file_get_contents(path, &text, NULL, NULL))
		text = NULL;
	g_free(path);
	return text;
}

static unsigned count(const char *what)
{
	unsigned n = 0;
	char *text = text_of("a.m3u8");
	for (const char *at = text; at != NULL && (at = strstr(at, what)) != NULL; at++)
		n++;
	g_free(text);
	return n;
}

static void add_segment(struct playlist *p, uint64_t from, uint64_t to)
{
	playlist_begin(p, &(struct playlist_segment){.offset = from, .utc_us = 1700000000000000});
	playlist_end(p, to, 180000);
}

static void nothing_is_listed_before_it_is_written(void **state)
{
	(void)state;
	struct playlist *p = make((struct playlist_config){0});
	struct playlist_file *f = playlist_add_file(p, "a.recording.ts", "a.ts");
	add_segment(p, 376, 1880);
	playlist_written(f, 1879);
	assert_null(text_of("a.m3u8"));
	assert_false(playlist_is_published(p));
	playlist_written(f, 1880);
	assert_true(playlist_is_published(p));
	assert_int_equal(count("#EXTINF:2.000,\n#EXT-X-BYTERANGE:1504@376\na.ts\n"), 1);
	add_segment(p, 1880, 1880); /* without bytes: none */
	add_segment(p, 1880, 3760);
	playlist_close(p);
	playlist_file_ended(f, 2000, true); /* the disk was full: what it does not have is not listed */
	assert_int_equal(count("#EXTINF"), 1);
	assert_int_equal(count("#EXT-X-ENDLIST\n"), 1);
	playlist_destroy(p);
}

static void files_are_listed_in_their_order(void **state)
{
	(void)state;
	struct playlist *p = make((struct playlist_config){0});
	struct playlist_file *one = playlist_add_file(p, "a.recording.ts", "a.ts");
	add_segment(p, 0, 1880);
	struct playlist_file *two = playlist_add_file(p, "a-00002.recording.ts", "a-00002.ts");
	add_segment(p, 0, 1880);
	playlist_close(p);
	playlist_written(two, 1880);
	assert_null(text_of("a.m3u8"));
	playlist_file_ended(two, 1880, true);
	assert_int_equal(count("#EXT-X-ENDLIST"), 0);
	playlist_file_ended(one, 1880, true);
	assert_int_equal(count("a.ts\n#EXTINF:2.000,\n#EXT-X-BYTERANGE:1880@0\na-00002.ts\n#EXT-X-ENDLIST\n"), 1);
	playlist_destroy(p);
}

static void one_without_its_final_name_is_left_to_recovery(void **state)
{
	(void)state;
	struct playlist *p = make((struct playlist_config){0});
	struct playlist_file *f = playlist_add_file(p, "a.recording.ts", "a.ts");
	add_segment(p, 0, 1880);
	playlist_written(f, 1880);
	playlist_close(p);
	playlist_file_ended(f, 1880, false);
	assert_int_equal(count("#EXTINF"), 1);
	assert_int_equal(count("#EXT-X-ENDLIST"), 0);
	playlist_destroy(p);
}

static void names_are_escaped(void **state)
{
	(void)state;
	struct playlist *p = make((struct playlist_config){.whole_files = true});
	struct playlist_file *f = playlist_add_file(p, "a b#?%.recording.ts", "a b#?%\303\274.ts");
	add_segment(p, 0, 1880);
	playlist_written(f, 1880);
	assert_int_equal(count("#EXTINF"), 0); /* it is not complete */
	playlist_close(p);
	playlist_file_ended(f, 1880, true);
	assert_int_equal(count("#EXTINF:2.000,\na%20b%23%3F%25%C3%BC.ts\n"), 1);
	playlist_destroy(p);
}

static void the_master_says_what_it_is(void **state)
{
	(void)state;
	struct playlist *p = make((struct playlist_config){0});
	struct playlist_file *f = playlist_add_file(p, "a.recording.ts", "a.ts");
	playlist_set_media(p, &(struct playlist_media){.width = 640, .height = 360, .codecs = "avc1.42e01f,mp4a.40.2"});
	add_segment(p, 0, 250000);
	playlist_written(f, 250000);
	char *text = text_of("a.master.m3u8");
	assert_non_null(strstr(
		text,
		"#EXT-X-STREAM-INF:BANDWIDTH=1510000,CODECS=\"avc1.42e01f,mp4a.40.2\",RESOLUTION=640x360\na.m3u8\n"));
	g_free(text);
	playlist_close(p);
	playlist_file_ended(f, 250000, true);
	text = text_of("a.master.m3u8");
	assert_non_null(strstr(text, "BANDWIDTH=1010000,AVERAGE-BANDWIDTH=1000000,"));
	g_free(text);
	playlist_destroy(p);
}

/* 24 hours of segments of 2 s: each is appended, and the text grows by what is new alone. */
static void a_day_is_appended_to(void **state)
{
	(void)state;
	struct playlist *p = make((struct playlist_config){0});
	struct playlist_file *f = playlist_add_file(p, "a.recording.ts", "a.ts");
	char *path = g_build_filename(folder, "a.m3u8", NULL);
	struct stat st, before = {0};
	int64_t longest_us = 0, began_us = g_get_monotonic_time();
	const uint64_t size = 1880 * 300;
	for (uint64_t i = 0; i < 43200; i++) {
		add_segment(p, i * size, (i + 1) * size);
		int64_t start_us = g_get_monotonic_time();
		playlist_written(f, (i + 1) * size);
		longest_us = MAX(longest_us, g_get_monotonic_time() - start_us);
		if (i % 1000 != 0)
			continue;
		assert_int_equal(stat(path, &st), 0);
		assert_true(i == 0 || st.st_ino == before.st_ino);
		before = st;
	}
	int64_t all_us = g_get_monotonic_time() - began_us;
	assert_int_equal(stat(path, &st), 0);
	assert_in_range(st.st_size, 43200 * 40, 43200 * 80);
	printf("# a day: %lld bytes, %.1f us a segment, %lld us at most\n", (long long)st.st_size,
	       (double)all_us / 43200, (long long)longest_us);
	playlist_close(p);
	playlist_file_ended(f, 43200 * size, true);
	assert_int_equal(count("#EXTINF"), 43200);
	g_free(path);
	playlist_destroy(p);
}

static void window_forgets_and_counts(void **state)
{
	(void)state;
	struct playlist *p = make((struct playlist_config){.whole_files = true, .window_us = 10000000});
	for (unsigned i = 1; i <= 20; i++) {
		char running[40], final[40];
		g_snprintf(running, sizeof(running), "a-%05u.recording.ts", i);
		g_snprintf(final, sizeof(final), "a-%05u.ts", i);
		struct playlist_file *f = playlist_add_file(p, running, final);
		playlist_begin(p, &(struct playlist_segment){.utc_us = 1700000000000000, .discontinuity = i % 5 == 0});
		playlist_end(p, 1880, 180000);
		playlist_file_ended(f, 1880, true);
	}
	/* Five of 2 s each make up the 10 s; of the fifteen that went three began anew. */
	assert_int_equal(count("#EXTINF"), 5);
	assert_int_equal(count("#EXT-X-MEDIA-SEQUENCE:15\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n"), 1);
	assert_int_equal(count("#EXT-X-PROGRAM-DATE-TIME"), 5);
	playlist_destroy(p);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_listed_before_it_is_written),
		TEST(files_are_listed_in_their_order),
		TEST(one_without_its_final_name_is_left_to_recovery),
		TEST(names_are_escaped),
		TEST(the_master_says_what_it_is),
		TEST(a_day_is_appended_to),
		TEST(window_forgets_and_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
