/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a cut transport stream is whole: streams made packet by packet, cut anywhere, repaired, interrupted, repaired again. */
#include "sink_util.h"

#include "../../recorder/sink/tsscan.h"

#define V 0x100 /* video */
#define A 0x101 /* audio */

static struct tsscan scan_of(const struct ts *ts)
{
	struct tsscan s;
	tsscan_init(&s);
	for (size_t at = 0; at + TS_BYTES <= ts->size; at += TS_BYTES)
		tsscan_take(&s, ts->data + at);
	return s;
}

/* Rewrites at most `packets` packets, then cuts if that was all. The size after it. */
static size_t repair(struct ts *ts, unsigned packets)
{
	uint64_t start;
	struct tsscan s = scan_of(ts);
	uint64_t cut = tsscan_cut(&s, &start);
	assert_true(cut <= ts->size && start <= cut && cut % TS_BYTES == 0 && start % TS_BYTES == 0);
	for (uint64_t at = start; at < cut; at += TS_BYTES)
		if (tsscan_rewrite(&s, at, ts->data + at) && packets-- == 0)
			return ts->size;
	ts->size = cut;
	return cut;
}

static struct ts copy_of(const struct ts *ts, size_t size)
{
	struct ts copy = {.data = malloc(size + 1), .size = size, .alloc = size + 1};
	assert_non_null(copy.data);
	memcpy(copy.data, ts->data, size);
	return copy;
}

/* ---- where to cut -------------------------------------------------------------------------------------------------- */

/* One row is a stream of units; sizes in packets of 184 bytes, less 14 for the PES header. `|` cuts within the unit before. */
struct unit {
	unsigned pid;
	size_t payload;
	bool bounded;
	unsigned keep; /* packets that are left of it; 0 = all */
};

#define FULL(packets) ((packets)*184 - 14)

static void test_cuts(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct unit unit[6];
		unsigned want;      /* packets after the cut, tables not counted */
		unsigned rewritten; /* packets of these that were overwritten */
	} rows[] = {
		{"all whole", {{V, 1000, true, 0}, {A, 100, true, 0}}, 7, 0},
		{"tail cut", {{V, 1000, true, 0}, {V, 1000, true, 3}}, 6, 0},
		{"the only unit", {{V, 1000, true, 3}}, 0, 0},
		{"whole unit behind a cut one", {{V, 100, true, 0}, {V, 1000, true, 3}, {A, 100, true, 0}}, 5, 3},
		{"both cut", {{V, 1000, true, 0}, {A, 1000, true, 2}, {V, 1000, true, 2}}, 6, 0},
		{"endless, stuffed end", {{V, 1000, false, 0}}, 6, 0},
		{"endless, no stuffing", {{V, FULL(6), false, 0}}, 0, 0},
		{"endless, next one begun", {{V, FULL(6), false, 0}, {V, 1000, false, 2}}, 7, 1},
		{"endless, audio behind", {{V, 1000, true, 0}, {V, FULL(6), false, 0}, {A, 100, true, 0}}, 13, 6},
		{"bounded, exactly full", {{V, FULL(6), true, 0}}, 6, 0},
		{"bounded, one packet short", {{V, FULL(6), true, 5}}, 0, 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ts ts = {0};
		uint64_t start;
		ts_tables(&ts);
		for (const struct unit *u = rows[i].unit; u->pid != 0; u++) {
			size_t before = ts.size;
			ts_pes(&ts, u->pid, u->payload, 0, u->bounded);
			if (u->keep > 0)
				ts.size = before + u->keep * TS_BYTES;
		}
		struct tsscan s = scan_of(&ts);
		uint64_t cut = tsscan_cut(&s, &start);
		unsigned rewritten = 0;
		for (uint64_t at = start; at < cut; at += TS_BYTES)
			rewritten += tsscan_rewrite(&s, at, ts.data + at);
		if (cut / TS_BYTES - 2 != rows[i].want || rewritten != rows[i].rewritten)
			fail_msg("%s: %d packets, %u rewritten", rows[i].what, (int)(cut / TS_BYTES) - 2, rewritten);
		ts_free(&ts);
	}
}

static void test_garbage(void **state)
{
	(void)state;
	struct ts ts = {0};
	uint64_t start;
	ts_tables(&ts);
	ts_pes(&ts, V, 1000, 0, true);
	size_t whole = ts.size;
	/* Zeroes at the end, as a power loss may leave them. */
	for (unsigned i = 0; i < 5; i++)
		memset(ts_packet(&ts, V, false), 0, TS_BYTES);
	struct tsscan s = scan_of(&ts);
	assert_int_equal(tsscan_cut(&s, &start), whole);
	assert_int_equal(s.bad, 5);
	/* In the middle they stay: what comes behind is worth more. */
	ts_pes(&ts, A, 1000, 0, true);
	s = scan_of(&ts);
	assert_int_equal(tsscan_cut(&s, &start), ts.size);
	assert_int_equal(start, ts.size);
	ts_free(&ts);
}

static void test_more_pids_than_it_knows(void **state)
{
	(void)state;
	struct ts ts = {0};
	for (unsigned i = 0; i < LIMIT_SCAN_PIDS; i++)
		ts_pes(&ts, V + i, 1000, 0, true);
	struct tsscan s = scan_of(&ts);
	assert_false(s.too_many);
	ts_pes(&ts, V + LIMIT_SCAN_PIDS, 1000, 0, true);
	s = scan_of(&ts);
	assert_int_equal(s.pids, LIMIT_SCAN_PIDS);
	assert_true(s.too_many);
	ts_free(&ts);
}

/* ---- interrupted and repeated ---------------------------------------------------------------------------------------- */

/* Interleaved units of three PIDs, bounded or not, as no muxer of ours writes them. */
static void make_mess(struct ts *ts, unsigned seed)
{
	struct ts parts[3] = {{0}};
	size_t at[3] = {0};
	ts_tables(ts);
	for (unsigned p = 0; p < 3; p++)
		for (unsigned i = 0; i < 6; i++) {
			unsigned packets = 1 + (seed + i * 3 + p) % 5;
			bool exact = (seed + i + p) % 3 == 0;
			ts_pes(&parts[p], V + p, exact ? FULL(packets) : FULL(packets) - 7, 3000 * i,
			       (seed + p) % 2 == 0);
			if ((seed * 7 + i * 5 + p) % 4 == 0) /* a packet that belongs to no unit */
				ts_packet(&parts[p], V + p, false);
		}
	for (unsigned n = seed;; n = n * 1103515245 + 12345) {
		unsigned p = n / 65536 % 3;
		if (at[0] + at[1] + at[2] == parts[0].size + parts[1].size + parts[2].size)
			break;
		if (at[p] == parts[p].size)
			continue;
		memcpy(ts_packet(ts, 0, false), parts[p].data + at[p], TS_BYTES);
		at[p] += TS_BYTES;
	}
	for (unsigned p = 0; p < 3; p++)
		ts_free(&parts[p]);
}

static void check_same(const struct ts *a, const struct ts *b, const char *what, unsigned seed, size_t size)
{
	if (a->size != b->size || memcmp(a->data, b->data, a->size) != 0)
		fail_msg("%s differs: seed %u, cut at %zu: %zu and %zu bytes", what, seed, size, a->size, b->size);
}

static void test_interrupted_repairs_converge(void **state)
{
	(void)state;
	unsigned interruptions = 0;
	for (unsigned seed = 0; seed < 12; seed++) {
		struct ts ts = {0};
		make_mess(&ts, seed);
		for (size_t size = 0; size <= ts.size; size += TS_BYTES) {
			struct ts once = copy_of(&ts, size), again;
			repair(&once, UINT32_MAX);
			again = copy_of(&once, once.size);
			repair(&again, UINT32_MAX);
			check_same(&once, &again, "a second repair", seed, size);
			ts_free(&again);
			for (unsigned packets = 0; packets < 8; packets++, interruptions++) {
				again = copy_of(&ts, size);
				repair(&again, packets);
				repair(&again, packets / 2);
				repair(&again, UINT32_MAX);
				check_same(&once, &again, "an interrupted repair", seed, size);
				ts_free(&again);
			}
			ts_free(&once);
		}
		ts_free(&ts);
	}
	assert_true(interruptions > 5000);
}

/* Power loss: any subset of the rewritten packets may have reached the disk, and the cut before them or not. */
static void test_repairs_in_any_order_converge(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 12; seed++) {
		struct ts ts = {0};
		make_mess(&ts, seed);
		for (size_t size = ts.size / 2; size <= ts.size; size += TS_BYTES) {
			struct ts once = copy_of(&ts, size);
			repair(&once, UINT32_MAX);
			for (unsigned mix = 1; mix < 16; mix++) {
				struct ts part = copy_of(&ts, mix % 2 == 0 ? once.size : size);
				for (size_t at = 0; at < once.size; at += TS_BYTES)
					if ((at / TS_BYTES * 7 + mix * mix) % 5 < 2)
						memcpy(part.data + at, once.data + at, TS_BYTES);
				repair(&part, UINT32_MAX);
				check_same(&once, &part, "a partly stored repair", seed, size);
				ts_free(&part);
			}
			ts_free(&once);
		}
		ts_free(&ts);
	}
}

/* ---- what it tells ------------------------------------------------------------------------------------------------- */

static void test_times(void **state)
{
	(void)state;
	struct ts ts = {0};
	const int64_t wrap = INT64_C(1) << 33;
	for (int i = 0; i < 10; i++)
		ts_pes(&ts, V, 100, (wrap - 9000 + 3000 * i) % wrap, true);
	ts_pes(&ts, V, 1000, 999999, true);
	ts.size -= TS_BYTES; /* an unfinished unit's time does not count */
	struct tsscan s = scan_of(&ts);
	assert_int_equal(s.pids, 1);
	assert_true(s.pid[0].pes);
	assert_int_equal(s.pid[0].units, 10);
	assert_int_equal(s.pid[0].first_pts_90k, wrap - 9000);
	assert_int_equal(s.pid[0].last_pts_90k - s.pid[0].first_pts_90k, 27000);
	ts_free(&ts);
}

static void test_tables(void **state)
{
	(void)state;
	struct ts ts = {0};
	ts_tables(&ts);
	struct tsscan s = scan_of(&ts);
	assert_int_equal(s.tables.pmt_pid, 0x1000);
	assert_int_equal(tstables_codec(&s.tables, V), TSR_CODEC_H264);
	assert_int_equal(tstables_codec(&s.tables, A), TSR_CODEC_AAC);
	assert_int_equal(tstables_codec(&s.tables, 0x102), TSR_CODEC_NONE);
	ts_free(&ts);
}

/* A PMT of three packets that lists Opus tracks with their descriptors. */
static void test_long_pmt(void **state)
{
	(void)state;
	struct ts ts = {0};
	uint8_t pmt[3 * 184];
	static const uint8_t opus[] = {0x06, 0xe1, 0, 0xf0, 10, 5, 4, 'O', 'p', 'u', 's', 0x7f, 2, 0x80, 2};
	size_t size = 13;
	ts_tables(&ts);
	memset(pmt, 0xff, sizeof(pmt));
	for (unsigned i = 0; i < 30; i++, size += sizeof(opus)) {
		memcpy(pmt + size, opus, sizeof(opus));
		pmt[size + 2] = (uint8_t)i;
	}
	const size_t length = size - 4 + 4;
	const uint8_t head[] = {0,    2, (uint8_t)(0xb0 | length >> 8), (uint8_t)length, 0, 1, 0xc3, 0, 0, 0xe1, 0,
				0xf0, 0};
	memcpy(pmt, head, sizeof(head));
	for (unsigned i = 0; i < 3; i++)
		memcpy(ts_packet(&ts, 0x1000, i == 0) + 4, pmt + i * 184, 184);
	struct tsscan s = scan_of(&ts);
	assert_int_equal(s.tables.streams, 30);
	for (unsigned i = 0; i < 30; i++)
		assert_int_equal(tstables_codec(&s.tables, (uint16_t)(V + i)), TSR_CODEC_OPUS);
	ts_free(&ts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_more_pids_than_it_knows),
		cmocka_unit_test(test_interrupted_repairs_converge),
		cmocka_unit_test(test_repairs_in_any_order_converge),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_long_pmt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
