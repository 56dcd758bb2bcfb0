/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests of the file sink share: a sink whose turns the test drives with a clock of its own. */
#ifndef TSR_TESTS_FILE_SINK_UTIL_H
#define TSR_TESTS_FILE_SINK_UTIL_H

#include "sink_util.h"

#include "../../recorder/sink/file_private.h"

struct ended {
	unsigned times;
	tsr_error error;
	int error_errno;
	uint64_t bytes;
	char path[PATH_MAX];
	char sha256[65];
};

static inline void on_done(void *ctx, const struct sink_result *result)
{
	struct ended *e = ctx;
	e->times++;
	e->error = result->error;
	e->error_errno = result->error_errno;
	e->bytes = result->bytes;
	snprintf(e->path, sizeof(e->path), "%s", result->path != NULL ? result->path : "");
	snprintf(e->sha256, sizeof(e->sha256), "%s", result->sha256 != NULL ? result->sha256 : "");
}

static struct chunk_pool pool;

static inline struct file_sink_config defaults(const char *name)
{
	return (struct file_sink_config){
		.log_id = "test",
		.folder = folder,
		.name = name,
		.flush = {.threshold = 1024 * 1024, .interval_us = 1000000, .sync = true},
	};
}

static inline struct file_sink *open_sink(const struct file_sink_config *config)
{
	struct file_sink *f = NULL;
	assert_int_equal(file_open(config, &pool, &f), TSR_OK);
	return f;
}

/* One frame of `packets` TS packets. */
static inline void write_frame(struct file_sink *f, unsigned packets)
{
	struct ts ts = {0};
	ts_pes(&ts, 0x100, packets * 184 - 14, 0, false);
	assert_int_equal(ts.size, packets * TS_BYTES);
	assert_int_equal(sink_write(&f->base, ts.data, ts.size), TSR_OK);
	ts_free(&ts);
}

static inline struct sink_stats stats_of(struct file_sink *f)
{
	struct sink_stats s;
	sink_get_stats(&f->base, &s);
	return s;
}

static inline struct ended finish_sink(struct file_sink *f)
{
	struct ended e = {0};
	sink_finish(&f->base, on_done, &e);
	assert_int_equal(e.times, 0);
	assert_false(file_turn(f, fake_us));
	assert_int_equal(e.times, 1);
	return e;
}

/* What coreutils say of a file in the folder. */
static inline void sum_of(const char *name, char sum[65])
{
	char command[PATH_MAX * 2 + 16];
	snprintf(command, sizeof(command), "sha256sum %s", in_folder(name));
	FILE *p = popen(command, "r");
	assert_non_null(p);
	assert_int_equal(fread(sum, 1, 64, p), 64);
	sum[64] = '\0';
	pclose(p);
}

static inline int setup(void **state)
{
	clock_replace(fake_now, NULL);
	chunk_pool_init(&pool);
	return make_folder(state);
}

static inline int teardown(void **state)
{
	chunk_pool_finish(&pool);
	clock_replace(NULL, NULL);
	return remove_folder(state);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif
