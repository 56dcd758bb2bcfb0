/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests of the sink share: a folder of their own, a clock that they turn, and MPEG-TS made packet by packet. */
#ifndef TSR_TESTS_SINK_UTIL_H
#define TSR_TESTS_SINK_UTIL_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../recorder/common/clock.h"
#include "../lib/cmocka.h"

#define TS_BYTES 188

/* ---- the clock --------------------------------------------------------------------------------------------------- */

static int64_t fake_us = 1000000;

static inline int64_t fake_now(void)
{
	return fake_us;
}

/* ---- the folder -------------------------------------------------------------------------------------------------- */

static char folder[PATH_MAX];

static inline int make_folder(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	snprintf(folder, sizeof(folder), "%s/tsr-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	fake_us = 1000000;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int remove_folder(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A path in the folder; valid until the fourth call from now. */
static inline const char *in_folder(const char *name)
{
	static char paths[4][PATH_MAX * 2];
	static unsigned next;
	char *path = paths[next++ % 4];
	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static inline bool exists(const char *name)
{
	struct stat st;
	return lstat(in_folder(name), &st) == 0;
}

static inline long size_of(const char *name)
{
	struct stat st;
	return lstat(in_folder(name), &st) == 0 ? (long)st.st_size : -1;
}

/* The file's bytes, to be freed. */
static inline uint8_t *read_file(const char *name, size_t *size)
{
	long bytes = size_of(name);
	assert_true(bytes >= 0);
	uint8_t *data = malloc((size_t)bytes + 1);
	assert_non_null(data);
	FILE *in = fopen(in_folder(name), "rb");
	assert_non_null(in);
	assert_int_equal(fread(data, 1, (size_t)bytes, in), bytes);
	fclose(in);
	data[bytes] = '\0';
	*size = (size_t)bytes;
	return data;
}

static inline void write_file(const char *name, const void *data, size_t size)
{
	FILE *out = fopen(in_folder(name), "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
}

/* ---- MPEG-TS ------------------------------------------------------------------------------------------------------- */

struct ts {
	uint8_t *data;
	size_t size, alloc;
	uint8_t counter[8192];
};

static inline void ts_free(struct ts *ts)
{
	free(ts->data);
	*ts = (struct ts){0};
}

static inline uint8_t *ts_packet(struct ts *ts, unsigned pid, bool start)
{
	if (ts->size + TS_BYTES > ts->alloc) {
		ts->alloc = ts->alloc * 2 + 100 * TS_BYTES;
		ts->data = realloc(ts->data, ts->alloc);
		assert_non_null(ts->data);
	}
	uint8_t *p = ts->data + ts->size;
	ts->size += TS_BYTES;
	memset(p, 0xff, TS_BYTES);
	p[0] = 0x47;
	p[1] = (uint8_t)((start ? 0x40 : 0) | pid >> 8);
	p[2] = (uint8_t)pid;
	p[3] = (uint8_t)(0x10 | (ts->counter[pid & 8191]++ & 15));
	return p;
}

/* Fills a packet with the next bytes of `size`, stuffing what remains. How many it took. */
static inline size_t ts_fill(uint8_t *p, const uint8_t *head, size_t head_size, size_t size, uint8_t value)
{
	size_t take = size < 184 ? size : 184;
	size_t stuffing = 184 - take;
	uint8_t *payload = p + 4 + stuffing;
	if (stuffing > 0) {
		p[3] |= 0x20;
		p[4] = (uint8_t)(stuffing - 1);
		if (stuffing > 1)
			p[5] = 0;
	}
	memset(payload, value, take);
	memcpy(payload, head, head_size < take ? head_size : take);
	return take;
}

/* One PES packet with a PTS; `bounded` tells its length in the header. */
static inline void ts_pes(struct ts *ts, unsigned pid, size_t payload, int64_t pts, bool bounded)
{
	size_t length = bounded ? payload + 8 : 0;
	uint8_t head[14] = {0, 0, 1, 0xe0, (uint8_t)(length >> 8), (uint8_t)length, 0x80, 0x80, 5};
	head[9] = (uint8_t)(0x21 | (pts >> 29 & 0x0e));
	head[10] = (uint8_t)(pts >> 22);
	head[11] = (uint8_t)(0x01 | (pts >> 14 & 0xfe));
	head[12] = (uint8_t)(pts >> 7);
	head[13] = (uint8_t)(0x01 | pts << 1);
	size_t size = payload + sizeof(head);
	for (bool start = true; size > 0; start = false)
		size -= ts_fill(ts_packet(ts, pid, start), head, start ? sizeof(head) : 0, size, (uint8_t)pid);
}

/* PAT and PMT, each in one packet. */
static inline void ts_tables(struct ts *ts)
{
	static const uint8_t pat[] = {0, 0x00, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0, 0x2a, 0xb1, 0x04, 0xb2};
	static const uint8_t pmt[] = {0,    0x02, 0xb0, 23, 0,    1,    0xc1, 0,    0, 0xe1, 0x00, 0xf0, 0, 0x1b,
				      0xe1, 0x00, 0xf0, 0,  0x0f, 0xe1, 0x01, 0xf0, 0, 0,    0,    0,    0};
	memcpy(ts_packet(ts, 0, true) + 4, pat, sizeof(pat));
	memcpy(ts_packet(ts, 0x1000, true) + 4, pmt, sizeof(pmt));
}

#endif
