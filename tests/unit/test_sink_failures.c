/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Disks that fail under the file sink: what is left of the file, and what is told of it. */
#include <signal.h>
#include <sys/resource.h>

#include "file_sink_util.h"

/* A file-size limit makes a write stop in the middle (EFBIG), as a full disk does. */
static void test_failed_write_cuts_at_a_frame(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("cut");
	config.checksum = true;
	struct rlimit old, limit;
	getrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_IGN);
	struct file_sink *f = open_sink(&config);
	write_frame(f, 10);
	file_turn(f, fake_us);
	for (unsigned i = 0; i < 400; i++)
		write_frame(f, 7);
	limit = old;
	limit.rlim_cur = 1000 * TS_BYTES + 50;
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_true(file_turn(f, fake_us));
	setrlimit(RLIMIT_FSIZE, &old);
	struct sink_stats s = stats_of(f);
	assert_int_equal(s.error, TSR_E_IO);
	assert_int_equal(s.error_errno, EFBIG);
	assert_int_equal(s.buffered, 0);
	/* 10 packets and 141 frames of 7 are 997 packets; the next frame would end at 1004. */
	assert_int_equal(s.bytes_written, 997 * TS_BYTES);
	uint8_t packet[TS_BYTES] = {0x47};
	assert_int_equal(sink_write(&f->base, packet, sizeof(packet)), TSR_E_IO);
	struct ended e = finish_sink(f);
	assert_int_equal(e.error, TSR_E_IO);
	assert_string_equal(e.path, in_folder("cut.ts"));
	assert_int_equal(e.bytes, 997 * TS_BYTES);
	assert_int_equal(size_of("cut.ts"), 997 * TS_BYTES);
	char sum[65];
	sum_of("cut.ts", sum);
	assert_string_equal(e.sha256, sum);
}

/* A large frame reaches the sink in pieces; the first was written by an earlier turn. */
static void test_failed_write_cuts_an_earlier_piece(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("piece");
	config.checksum = true;
	struct rlimit old, limit;
	struct ts ts = {0};
	getrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_IGN);
	struct file_sink *f = open_sink(&config);
	write_frame(f, 10);
	ts_pes(&ts, 0x100, 100 * 184 - 14, 0, false);
	assert_int_equal(sink_write(&f->base, ts.data, 40 * TS_BYTES), TSR_OK);
	file_turn(f, fake_us);
	assert_int_equal(size_of("piece.recording.ts"), 50 * TS_BYTES);
	assert_int_equal(sink_write(&f->base, ts.data + 40 * TS_BYTES, 60 * TS_BYTES), TSR_OK);
	limit = old;
	limit.rlim_cur = 80 * TS_BYTES;
	setrlimit(RLIMIT_FSIZE, &limit);
	struct ended e = finish_sink(f);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(e.error, TSR_E_IO);
	assert_int_equal(e.bytes, 10 * TS_BYTES);
	assert_int_equal(size_of("piece.ts"), 10 * TS_BYTES);
	char sum[65];
	sum_of("piece.ts", sum);
	assert_string_equal(e.sha256, sum);
	ts_free(&ts);
}

static void test_failed_first_write_leaves_nothing(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("none");
	struct rlimit old, limit;
	getrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_IGN);
	struct file_sink *f = open_sink(&config);
	write_frame(f, 7);
	limit = old;
	limit.rlim_cur = 100;
	setrlimit(RLIMIT_FSIZE, &limit);
	struct ended e = finish_sink(f);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(e.error, TSR_E_IO);
	assert_int_equal(e.bytes, 0);
	assert_string_equal(e.path, "");
	assert_false(exists("none.recording.ts"));
	assert_false(exists("none.ts"));
}

/* A pipe in the file's place takes writes at no offset and no sync: what an unusable descriptor does. */
static void test_failed_sync_is_never_success(void **state)
{
	(void)state;
	struct file_sink_config config = defaults("unsynced");
	config.flush.threshold = 1;
	struct file_sink *f = open_sink(&config);
	write_frame(f, 5);
	file_turn(f, fake_us);
	write_frame(f, 5);
	f->durable = 0;
	int real = dup(f->fd), ends[2];
	assert_int_equal(pipe(ends), 0);
	pthread_mutex_lock(&f->lock);
	chunk_list_release(&f->queue, f->pool);
	pthread_mutex_unlock(&f->lock);
	dup2(ends[1], f->fd);
	file_turn(f, fake_us);
	assert_int_equal(stats_of(f).error, TSR_E_INVAL);
	dup2(real, f->fd);
	struct ended e = finish_sink(f);
	assert_int_equal(e.error, TSR_E_INVAL);
	assert_string_equal(e.path, in_folder("unsynced.recording.ts"));
	assert_true(exists("unsynced.recording.ts"));
	assert_false(exists("unsynced.ts"));
	close(real);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_failed_write_cuts_at_a_frame),
		TEST(test_failed_write_cuts_an_earlier_piece),
		TEST(test_failed_first_write_leaves_nothing),
		TEST(test_failed_sync_is_never_success),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
