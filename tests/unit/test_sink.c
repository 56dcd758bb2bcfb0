/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The file sink's life, flushes and memory, and the sinks around it. */
#include <sys/file.h>
#include <sys/resource.h>

#include "../../recorder/common/limits.h"
#include "../../recorder/sink/memory.h"
#include "file_sink_util.h"

/* ---- life of a file ------------------------------------------------------------------------------------------------ */

static void test_life(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("a/b/rec");
	config.checksum = true;
	struct file_sink *f = open_sink(&config);
	assert_true(exists("a/b/rec.recording.ts"));
	write_frame(f, 10);
	assert_int_equal(size_of("a/b/rec.recording.ts"), 0);
	assert_int_equal(stats_of(f).buffered, 10 * TS_BYTES);
	assert_true(file_turn(f, fake_us));
	assert_int_equal(size_of("a/b/rec.recording.ts"), 10 * TS_BYTES);
	assert_int_equal(stats_of(f).buffered, 0);
	write_frame(f, 1000); /* more than two chunks */
	struct ended e = finish_sink(f);
	assert_int_equal(e.error, TSR_OK);
	assert_int_equal(e.bytes, 1010 * TS_BYTES);
	assert_string_equal(e.path, in_folder("a/b/rec.ts"));
	assert_false(exists("a/b/rec.recording.ts"));
	char sum[65];
	sum_of("a/b/rec.ts", sum);
	assert_string_equal(e.sha256, sum);
}

static void test_bytes_are_the_same(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("same");
	struct file_sink *f = open_sink(&config);
	struct ts ts = {0};
	for (unsigned i = 0; i < 500; i++) {
		size_t before = ts.size;
		ts_pes(&ts, 0x100 + i % 3, 1 + i * 97 % 5000, i, true);
		assert_int_equal(sink_write(&f->base, ts.data + before, ts.size - before), TSR_OK);
		if (i % 7 == 0)
			assert_true(file_turn(f, fake_us));
	}
	assert_int_equal(finish_sink(f).bytes, ts.size);
	size_t size;
	uint8_t *data = read_file("same.ts", &size);
	assert_int_equal(size, ts.size);
	assert_memory_equal(data, ts.data, size);
	free(data);
	ts_free(&ts);
}

static void test_one_write_per_turn(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("writes");
	struct file_sink *f = open_sink(&config);
	for (unsigned turn = 1; turn <= 10; turn++) {
		for (unsigned i = 0; i < 6; i++)
			write_frame(f, 300);
		assert_true(file_turn(f, fake_us += WRITER_PERIOD_US));
		assert_int_equal(stats_of(f).writes, turn);
	}
	assert_true(file_turn(f, fake_us += WRITER_PERIOD_US));
	assert_int_equal(stats_of(f).writes, 10);
	finish_sink(f);
}

static void test_existing_names(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("twice");
	struct file_sink *f = open_sink(&config), *other = NULL;
	assert_int_equal(file_open(&config, &pool, &other), TSR_E_EXISTS);
	assert_true(exists("twice.recording.ts"));
	write_frame(f, 1);
	finish_sink(f);
	assert_int_equal(file_open(&config, &pool, &other), TSR_E_EXISTS);
	assert_null(other);
	assert_false(exists("twice.recording.ts"));
}

static void test_final_name_is_never_replaced(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("taken");
	struct file_sink *f = open_sink(&config);
	write_frame(f, 1);
	write_file("taken.ts", "mine", 4);
	struct ended e = finish_sink(f);
	assert_int_equal(e.error, TSR_E_EXISTS);
	assert_string_equal(e.path, in_folder("taken.recording.ts"));
	assert_int_equal(size_of("taken.ts"), 4);
	assert_int_equal(size_of("taken.recording.ts"), TS_BYTES);
}

static void test_replaced_file_is_not_renamed(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("swap");
	struct file_sink *f = open_sink(&config);
	write_frame(f, 1);
	assert_int_equal(unlink(in_folder("swap.recording.ts")), 0);
	write_file("swap.recording.ts", "theirs", 6);
	assert_int_equal(finish_sink(f).error, TSR_E_ACCESS);
	assert_false(exists("swap.ts"));
	assert_int_equal(size_of("swap.recording.ts"), 6);
}

static void test_discard(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("new/none");
	struct file_sink *f = open_sink(&config);
	struct ended e = {0};
	write_frame(f, 1);
	file_sink_discard(&f->base, on_done, &e);
	assert_false(file_turn(f, fake_us));
	assert_int_equal(e.times, 1);
	assert_int_equal(e.error, TSR_OK);
	assert_int_equal(e.bytes, 0);
	assert_string_equal(e.path, "");
	assert_false(exists("new"));
}

static void test_failed_create_leaves_nothing(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("x/y/rec");
	struct file_sink *f = NULL;
	struct rlimit old, tight;
	getrlimit(RLIMIT_NOFILE, &old);
	/* Descriptors run out somewhere on the way; at some limit it works. */
	tight = old;
	for (rlim_t limit = 3;; limit++) {
		tight.rlim_cur = limit;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
		tsr_error err = file_open(&config, &pool, &f);
		if (err == TSR_OK)
			break;
		assert_int_equal(err, TSR_E_IO);
		assert_false(exists("x"));
		assert_true(limit < 64);
	}
	setrlimit(RLIMIT_NOFILE, &old);
	finish_sink(f);
}

static void test_deferred(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("later/rec");
	config.deferred = true;
	struct file_sink *f = open_sink(&config);
	write_frame(f, 10);
	assert_false(exists("later"));
	assert_true(file_turn(f, fake_us));
	assert_int_equal(size_of("later/rec.recording.ts"), 10 * TS_BYTES);
	struct ended e = finish_sink(f);
	assert_int_equal(e.error, TSR_OK);
	assert_string_equal(e.path, in_folder("later/rec.ts"));
	/* The name is taken now. What cannot be created is told at the end, and nothing is left or touched. */
	f = open_sink(&config);
	write_frame(f, 10);
	assert_true(file_turn(f, fake_us));
	assert_int_equal(stats_of(f).error, TSR_E_EXISTS);
	assert_int_equal(stats_of(f).buffered, 0);
	e = finish_sink(f);
	assert_int_equal(e.error, TSR_E_EXISTS);
	assert_string_equal(e.path, "");
	assert_int_equal(e.bytes, 0);
	assert_int_equal(size_of("later/rec.ts"), 10 * TS_BYTES);
	assert_false(exists("later/rec.recording.ts"));
	/* Ended before its first turn. */
	config.name = "short";
	f = open_sink(&config);
	write_frame(f, 1);
	assert_string_equal(finish_sink(f).path, in_folder("short.ts"));
	config.name = "../rec";
	assert_int_equal(file_open(&config, &pool, &f), TSR_E_INVAL);
}

static void test_folder_errors(void **state)
{
	(void)state;
	struct file_sink *f = NULL;
	struct file_sink_config config = defaults("rec");
	config.folder = in_folder("missing");
	assert_int_equal(file_open(&config, &pool, &f), TSR_E_NOTFOUND);
	config.folder = folder;
	write_file("file", "", 0);
	config.name = "file/rec";
	assert_int_equal(file_open(&config, &pool, &f), TSR_E_NOTFOUND);
	assert_null(f);
}

static void test_mode(void **state)
{
	(void)state;
	static const struct {
		unsigned mode, want;
	} rows[] = {{0, 0640}, {0600, 0600}, {0664, 0664}};
	mode_t old = umask(027);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[16];
		struct stat st;
		snprintf(name, sizeof(name), "mode%zu", i);
		struct file_sink_config config = defaults(name);
		config.mode = rows[i].mode;
		struct file_sink *f = open_sink(&config);
		assert_int_equal(fstat(f->fd, &st), 0);
		assert_int_equal(st.st_mode & 07777, rows[i].want);
		finish_sink(f);
	}
	umask(old);
}

static void test_running_file_is_locked(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("locked");
	struct file_sink *f = open_sink(&config);
	int fd = open(in_folder("locked.recording.ts"), O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	close(fd);
	finish_sink(f);
}

/* ---- when data becomes durable ------------------------------------------------------------------------------------- */

static void test_flush_by_threshold(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("threshold");
	config.flush.threshold = 100 * TS_BYTES;
	config.flush.interval_us = 0;
	struct file_sink *f = open_sink(&config);
	write_frame(f, 99);
	file_turn(f, fake_us += 10000000);
	assert_int_equal(stats_of(f).flushes, 0);
	assert_int_equal(stats_of(f).bytes_durable, 0);
	write_frame(f, 1);
	file_turn(f, fake_us);
	assert_int_equal(stats_of(f).flushes, 1);
	assert_int_equal(stats_of(f).bytes_durable, 100 * TS_BYTES);
	assert_int_equal(stats_of(f).last_flush_us, fake_us);
	finish_sink(f);
}

static void test_flush_by_interval(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("interval");
	struct file_sink *f = open_sink(&config);
	int64_t worst = 0;
	/* A frame every 20 ms for a minute, a turn every 200 ms. */
	for (unsigned i = 1; i <= 3000; i++) {
		fake_us += 20000;
		write_frame(f, 1);
		if (i % 10 != 0)
			continue;
		int64_t exposed = fake_us - stats_of(f).oldest_unsafe_us;
		worst = exposed > worst ? exposed : worst;
		file_turn(f, fake_us);
	}
	assert_int_equal(stats_of(f).flushes, 60);
	assert_true(worst <= 1100000);
	finish_sink(f);
}

static void test_exposure(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("exposure");
	struct file_sink *f = open_sink(&config);
	assert_int_equal(stats_of(f).oldest_unsafe_us, 0);
	write_frame(f, 3);
	int64_t first = fake_us;
	assert_int_equal(stats_of(f).oldest_unsafe_us, first);
	fake_us += 100000;
	write_frame(f, 4);
	file_turn(f, fake_us);
	struct sink_stats s = stats_of(f);
	assert_int_equal(s.oldest_unsafe_us, first);
	assert_int_equal(s.last_write_us, fake_us);
	assert_int_equal(s.bytes_accepted, 7 * TS_BYTES);
	assert_int_equal(s.bytes_written, 7 * TS_BYTES);
	assert_int_equal(s.bytes_durable, 0);
	fake_us += 1000000;
	file_turn(f, fake_us);
	s = stats_of(f);
	assert_int_equal(s.oldest_unsafe_us, 0);
	assert_int_equal(s.bytes_durable, 7 * TS_BYTES);
	finish_sink(f);
}

static void test_no_sync_while_it_runs(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("nosync");
	config.flush.sync = false;
	config.flush.threshold = 1;
	struct file_sink *f = open_sink(&config);
	for (unsigned i = 0; i < 20; i++) {
		write_frame(f, 100);
		file_turn(f, fake_us += 1000000);
	}
	assert_int_equal(stats_of(f).flushes, 0);
	assert_int_equal(finish_sink(f).error, TSR_OK);
}

static void test_adaptive_threshold(void **state)
{
	(void)state;
	static const struct {
		int64_t latency_us;
		unsigned times;
		uint64_t bytes, moves;
	} rows[] = {
		{50000, 10, 1000, 0}, /* neither slow nor quick */
		{300000, 1, 2000, 1}, /* slow */
		{300000, 3, 4000, 2}, /* up to the maximum, and no further */
		{50000, 1, 4000, 2},  /* back between the two: it rests */
		{1000, 20, 500, 5},   /* quick: down to the minimum */
	};
	struct threshold t;
	threshold_init(&t, 1000, true, 500, 4000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned n = 0; n < rows[i].times; n++)
			threshold_learn(&t, rows[i].latency_us);
		assert_int_equal(t.bytes, rows[i].bytes);
		assert_int_equal(t.moves, rows[i].moves);
	}
	threshold_init(&t, 1000, false, 0, 0);
	threshold_learn(&t, 10000000);
	assert_int_equal(t.bytes, 1000);
	threshold_init(&t, 1, true, 500, 4000);
	assert_int_equal(t.bytes, 500);
}

/* ---- bounded memory ------------------------------------------------------------------------------------------------ */

static void test_room(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("room");
	config.memory_cap = 1000 * TS_BYTES;
	struct file_sink *f = open_sink(&config);
	write_frame(f, 899);
	assert_true(sink_has_room(&f->base, TS_BYTES, false));
	assert_false(sink_has_room(&f->base, 3 * TS_BYTES, false));
	assert_true(sink_has_room(&f->base, 101 * TS_BYTES, true));
	assert_false(sink_has_room(&f->base, 102 * TS_BYTES, true));
	write_frame(f, 100);
	assert_false(sink_has_room(&f->base, 0, false));
	file_turn(f, fake_us);
	assert_true(sink_has_room(&f->base, 900 * TS_BYTES, false));
	assert_false(sink_has_room(&f->base, SIZE_MAX, true));
	finish_sink(f);
}

static void test_free_chunks_are_bounded(void **state)
{
	(void)state;
	struct chunk_list list = {0};
	uint8_t *data = calloc(1, CHUNK_BYTES);
	for (unsigned i = 0; i < LIMIT_FREE_CHUNKS + 10; i++)
		assert_true(chunk_list_append(&list, &pool, data, CHUNK_BYTES));
	assert_int_equal(list.bytes, (LIMIT_FREE_CHUNKS + 10) * (size_t)CHUNK_BYTES);
	chunk_list_release(&list, &pool);
	assert_int_equal(pool.count, LIMIT_FREE_CHUNKS);
	assert_null(list.head);
	free(data);
}

/* ---- the sinks around it ------------------------------------------------------------------------------------------- */

static void test_offline(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("offline");
	struct sink *s = NULL;
	struct ended e = {0};
	uint8_t *data = calloc(1, 1024 * TS_BYTES);
	assert_int_equal(file_sink_create(&config, NULL, &s), TSR_OK);
	for (unsigned i = 0; i < 12; i++)
		assert_int_equal(sink_write(s, data, 1024 * TS_BYTES), TSR_OK);
	struct sink_stats stats;
	sink_get_stats(s, &stats);
	assert_int_equal(stats.writes, 2);
	assert_true(stats.buffered < 1024 * 1024);
	sink_finish(s, on_done, &e);
	assert_int_equal(e.times, 1);
	assert_int_equal(e.error, TSR_OK);
	assert_int_equal(size_of("offline.ts"), 12 * 1024 * TS_BYTES);
	free(data);
}

static void test_writers(void **state)
{
	(void)state;
	clock_replace(NULL, NULL);
	struct writers *w = writers_create(2);
	struct ended e[8] = {{0}};
	uint8_t data[TS_BYTES] = {0x47};
	for (unsigned i = 0; i < 8; i++) {
		char name[16];
		struct sink *s;
		snprintf(name, sizeof(name), "w%u", i);
		struct file_sink_config config = defaults(name);
		assert_int_equal(file_sink_create(&config, w, &s), TSR_OK);
		for (unsigned n = 0; n < 1000; n++)
			assert_int_equal(sink_write(s, data, sizeof(data)), TSR_OK);
		sink_finish(s, on_done, &e[i]);
	}
	writers_destroy(w);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(e[i].times, 1);
		assert_int_equal(e[i].error, TSR_OK);
		assert_int_equal(e[i].bytes, 1000 * TS_BYTES);
	}
	assert_null(writers_create(0));
	assert_null(writers_create(17));
}

static void test_memory(void **state)
{
	(void)state;
	struct buf into;
	struct ended e = {0};
	buf_init(&into, 10);
	struct sink *s = memory_sink_create(&into);
	assert_int_equal(sink_write(s, (const uint8_t *)"12345678", 8), TSR_OK);
	assert_true(sink_has_room(s, 2, false));
	assert_false(sink_has_room(s, 3, true));
	assert_int_equal(sink_write(s, (const uint8_t *)"123", 3), TSR_E_LIMIT);
	sink_finish(s, on_done, &e);
	assert_int_equal(e.error, TSR_E_LIMIT);
	assert_int_equal(e.bytes, 8);
	assert_int_equal(into.len, 8);
	buf_finish(&into);
	s = memory_sink_create(NULL);
	assert_int_equal(sink_write(s, (const uint8_t *)"123", 3), TSR_OK);
	sink_finish(s, on_done, &e);
	assert_int_equal(e.bytes, 3);
	assert_int_equal(e.error, TSR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_life),
		TEST(test_bytes_are_the_same),
		TEST(test_one_write_per_turn),
		TEST(test_existing_names),
		TEST(test_final_name_is_never_replaced),
		TEST(test_replaced_file_is_not_renamed),
		TEST(test_discard),
		TEST(test_failed_create_leaves_nothing),
		TEST(test_deferred),
		TEST(test_folder_errors),
		TEST(test_mode),
		TEST(test_running_file_is_locked),
		TEST(test_flush_by_threshold),
		TEST(test_flush_by_interval),
		TEST(test_exposure),
		TEST(test_no_sync_while_it_runs),
		TEST(test_adaptive_threshold),
		TEST(test_room),
		TEST(test_free_chunks_are_bounded),
		TEST(test_offline),
		TEST(test_writers),
		TEST(test_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
