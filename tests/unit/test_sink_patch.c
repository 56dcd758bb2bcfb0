/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bytes that are replaced: wherever they are meanwhile, the file has them in the end, and its checksum is the file's; the last ones come when
 * all else is durable. A disk that fails leaves a Matroska file that plays. */
#include <signal.h>
#include <sys/resource.h>

#include "file_sink_util.h"

#include "../../recorder/mux/mux.h"
#include "../../recorder/sink/recover_format.h"

static struct file_sink *open_mkv(void)
{
	struct file_sink_config config = defaults("x");
	config.container = TSR_CONTAINER_MKV;
	config.checksum = true;
	return open_sink(&config);
}

static void assert_file(const char *name, const char *expected)
{
	char text[256] = "", sum[65];
	FILE *f = fopen(in_folder(name), "rb");
	assert_non_null(f);
	size_t size = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	assert_int_equal(size, strlen(expected));
	assert_string_equal(text, expected);
	sum_of(name, sum);
}

static void put(struct file_sink *f, const char *text)
{
	assert_int_equal(sink_write(&f->base, (const uint8_t *)text, strlen(text)), TSR_OK);
}

static void patch(struct file_sink *f, uint64_t at, const char *text, bool at_end)
{
	assert_int_equal(sink_patch(&f->base, at, (const uint8_t *)text, strlen(text), at_end), TSR_OK);
}

static void bytes_are_replaced_wherever_they_are(void **state)
{
	(void)state;
	static const struct {
		bool turn_before, turn_between, turn_after;
	} rows[] = {{false, false, false}, {true, false, false}, {false, true, false}, {true, true, true}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct file_sink *f = open_mkv();
		put(f, "one ....");
		if (rows[i].turn_before)
			file_turn(f, fake_us);
		patch(f, 4, "two.", false);
		if (rows[i].turn_between)
			file_turn(f, fake_us);
		patch(f, 6, "is", false); /* over an earlier one */
		put(f, " three");
		if (rows[i].turn_after)
			file_turn(f, fake_us);
		struct ended e = finish_sink(f);
		char sum[65];
		assert_int_equal(e.error, TSR_OK);
		assert_file("x.mkv", "one twis three");
		sum_of("x.mkv", sum);
		assert_string_equal(e.sha256, sum);
		unlink(in_folder("x.mkv"));
	}
}

static void the_last_ones_come_at_the_end(void **state)
{
	(void)state;
	struct file_sink *f = open_mkv();
	put(f, "head body");
	patch(f, 0, "lost", true);
	patch(f, 0, "HEAD", true); /* there is one */
	file_turn(f, fake_us);
	assert_file("x.recording.mkv", "head body");
	put(f, " end");
	struct ended e = finish_sink(f);
	assert_int_equal(e.error, TSR_OK);
	assert_file("x.mkv", "HEAD body end");
}

/* Sound for 20 s; the disk is full in the middle of a frame, at every size in turn. */
static void a_full_disk_leaves_a_file_that_plays(void **state)
{
	(void)state;
	const struct mux_track track = {.format = {.codec = TSR_CODEC_PCMU, .sample_rate = 8000, .channels = 1}};
	static const uint8_t samples[160] = {1};
	struct rlimit old, limit;
	getrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_IGN);
	for (rlim_t size = 20000; size < 20400; size += 37) {
		struct file_sink *f = open_mkv();
		struct mux *m = NULL;
		assert_int_equal(mux_create(&(struct mux_config){.container = TSR_CONTAINER_MKV}, &f->base, &m),
				 TSR_OK);
		assert_int_equal(mux_set_tracks(m, &track, 1), TSR_OK);
		limit = old;
		limit.rlim_cur = size;
		setrlimit(RLIMIT_FSIZE, &limit);
		for (int64_t n = 0; n < 1000; n++) {
			const struct frame frame = {.codec = TSR_CODEC_PCMU,
						    .data = samples,
						    .size = sizeof(samples),
						    .pts_90k = n * 1800,
						    .dts_90k = n * 1800,
						    .keyframe = true};
			if (mux_write(m, 0, &frame) != TSR_OK)
				break;
			if (n % 10 == 0)
				file_turn(f, fake_us);
		}
		assert_int_equal(stats_of(f).error, TSR_E_IO);
		mux_destroy(m);
		struct ended e = finish_sink(f);
		setrlimit(RLIMIT_FSIZE, &old);
		assert_string_equal(e.path, in_folder("x.mkv"));
		assert_in_range(e.bytes, size - 200, size);
		assert_int_equal(size_of("x.mkv"), e.bytes);
		struct recover_found found;
		uint64_t bytes;
		assert_int_equal(recover_look(in_folder("x.mkv"), TSR_CONTAINER_MKV, &found, &bytes), TSR_OK);
		assert_true(found.ours && found.complete && found.bytes == bytes);
		char sum[65];
		sum_of("x.mkv", sum);
		assert_string_equal(e.sha256, sum);
		unlink(in_folder("x.mkv"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bytes_are_replaced_wherever_they_are, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(the_last_ones_come_at_the_end, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_full_disk_leaves_a_file_that_plays, make_folder, remove_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
