/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * B-frames: from the order in which frames come and their timestamps, when each is shown and when decoded. */
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "recorder/reorder.h"

#define STEP     3000
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct walk {
	struct reorder o;
	int64_t last_dts_90k;
	int64_t longest_wait_90k;
	unsigned frames, placed;
};

static void begin(struct walk *w, int8_t depth)
{
	*w = (struct walk){.last_dts_90k = INT64_MIN};
	reorder_start(&w->o, 90000);
	reorder_set_depth(&w->o, depth);
}

/* The clock says `clock_90k` of a frame with this timestamp. Holds what frame.h promises; returns its PTS. */
static int64_t take(struct walk *w, uint32_t rtp_ts, int64_t clock_90k)
{
	struct frame frame = {.rtp_ts = rtp_ts};
	bool placed = reorder_place(&w->o, rtp_ts, &frame.pts_90k);
	if (!placed)
		frame.pts_90k = clock_90k;
	reorder_note(&w->o, &frame, placed);
	assert_true(frame.dts_90k <= frame.pts_90k);
	assert_true(frame.dts_90k >= FRAME_EARLIEST_DTS_90K);
	assert_true(w->frames == 0 || frame.dts_90k > w->last_dts_90k);
	w->last_dts_90k = frame.dts_90k;
	if (frame.pts_90k - frame.dts_90k > w->longest_wait_90k)
		w->longest_wait_90k = frame.pts_90k - frame.dts_90k;
	w->frames++;
	w->placed += placed;
	return frame.pts_90k;
}

/* Numbers of pictures as they are shown, in the order in which they come; -1 ends. */
static const struct pattern {
	const char *name;
	int8_t depth;
	int period[10];
} patterns[] = {
	{"no B-frames", 0, {0, 1, 2, -1}},
	{"none, though the stream would allow some", 2, {0, 1, 2, -1}},
	{"two", 1, {2, 0, 1, -1}},
	{"three, of which one is referred to", 2, {3, 1, 0, 2, -1}},
	{"seven in three levels", 3, {7, 3, 1, 0, 2, 5, 4, 6, -1}},
	{"one, or none", 1, {1, 0, 2, -1}},
};

static unsigned length_of(const struct pattern *p)
{
	unsigned n = 0;
	while (p->period[n] >= 0)
		n++;
	return n;
}

/* Each picture is shown when its timestamp says, across the wrap, from time 0 and from later on. */
static void shows_each_when_it_is_due(void **state)
{
	(void)state;
	static const int64_t starts[] = {0, 100, 50000, 9000000};
	for (size_t i = 0; i < COUNT(patterns) * COUNT(starts); i++) {
		const struct pattern *p = &patterns[i / COUNT(starts)];
		int64_t start = starts[i % COUNT(starts)];
		uint32_t ts = UINT32_MAX - 100000;
		unsigned length = length_of(p);
		struct walk w;
		print_message("  %s, from %ld\n", p->name, (long)start);
		begin(&w, p->depth);
		assert_int_equal(take(&w, ts, start), start); /* the keyframe */
		for (int n = 0; n < 200; n++) {
			int64_t due = (1 + (int64_t)(n / length * length) + p->period[n % length]) * STEP;
			assert_int_equal(take(&w, ts + (uint32_t)due, start + due), start + due);
		}
		assert_true(w.longest_wait_90k <= (p->depth + (int64_t)length) * STEP);
		assert_true((w.placed > 0) == (p->period[0] != 0 || length != 3 || p->period[1] != 1));
	}
}

/* The clock is steered by as much as a quarter, and what comes in between keeps its order and its share. */
static void keeps_order_while_the_clock_is_steered(void **state)
{
	(void)state;
	const struct pattern *p = &patterns[4];
	unsigned length = length_of(p);
	struct walk w;
	int64_t shown[201] = {0};
	begin(&w, p->depth);
	take(&w, 0, 0);
	for (int n = 0; n < 200; n++) {
		int number = 1 + n / (int)length * (int)length + p->period[n % length];
		shown[number] = take(&w, (uint32_t)number * STEP, (int64_t)number * STEP * 3 / 4);
	}
	for (int n = 1; n < 201; n++)
		assert_in_range(shown[n] - shown[n - 1], STEP * 3 / 4 - 1, STEP * 3 / 4 + 1);
}

/* Where the stream does not say so, the first B-frames are shown late; then it is known. */
static void learns_what_it_is_not_told(void **state)
{
	(void)state;
	const struct pattern *p = &patterns[3];
	unsigned length = length_of(p);
	struct walk w;
	begin(&w, FRAME_REORDER_UNKNOWN);
	take(&w, 0, 0);
	for (int n = 0; n < 100; n++) {
		int64_t due = (1 + (int64_t)(n / (int)length * (int)length) + p->period[n % length]) * STEP;
		int64_t pts = take(&w, (uint32_t)due, due);
		if (n >= 2 * (int)length)
			assert_int_equal(pts, due);
	}
	assert_int_equal(w.o.depth, 2);
}

/* A stream that has no B-frames, and says so: what goes back is pressed together, as it always was. */
static void believes_a_stream_without(void **state)
{
	(void)state;
	struct walk w;
	begin(&w, 0);
	take(&w, 0, 0);
	assert_int_equal(take(&w, 2 * STEP, 2 * STEP), 2 * STEP);
	assert_int_equal(take(&w, STEP, STEP), 2 * STEP + 1);
	assert_int_equal(w.placed, 0);
}

/* Holes, a clock that is set, and a sender that begins anew. */
static void goes_on_after_a_hole(void **state)
{
	(void)state;
	struct walk w;
	begin(&w, 2);
	static const int order[] = {0, 4, 2, 1, 3, 8, 6, 5, 7};
	int64_t base = 0;
	for (int round = 0; round < 4; round++) {
		for (size_t i = 0; i < COUNT(order); i++)
			assert_int_equal(take(&w, (uint32_t)(base + order[i] * STEP), base + order[i] * STEP),
					 base + order[i] * STEP);
		base += 90000 * (5 + round); /* nothing comes */
	}
	assert_true(w.longest_wait_90k <= 5 * STEP);
	/* It goes back by an hour: the clock tells, and 20 frames later it is as before. */
	for (int n = 0; n < 40; n++)
		assert_int_equal(take(&w, (uint32_t)(base - 3600 * 90000 + n * STEP), base + n * STEP),
				 base + n * STEP);
	assert_int_equal(w.placed, 4 * 6);
	reorder_forget(&w.o);
	base += 90000 * 10;
	for (size_t i = 0; i < COUNT(order); i++)
		assert_int_equal(take(&w, (uint32_t)(77 + order[i] * STEP), base + order[i] * STEP),
				 base + order[i] * STEP);
	assert_true(w.longest_wait_90k <= 5 * STEP);
}

/* What is shown before the keyframe that the stream began with. */
static void places_leading_pictures(void **state)
{
	(void)state;
	struct walk w;
	begin(&w, 2);
	take(&w, 100000, 90000);
	int64_t pts = 0;
	assert_true(reorder_place(&w.o, 100000 - STEP, &pts));
	assert_int_equal(pts, 90000 - STEP);
	assert_false(reorder_place(&w.o, 100000 - 90001, &pts));
}

/* More or fewer from a keyframe on. */
static void follows_a_change_of_depth(void **state)
{
	(void)state;
	static const int8_t depths[] = {1, 3, 0, 2, 16, 1};
	struct walk w;
	begin(&w, 0);
	int64_t base = 0;
	for (size_t i = 0; i < COUNT(depths); i++) {
		reorder_set_depth(&w.o, depths[i]);
		for (int n = 0; n < 40; n++, base += STEP)
			assert_int_equal(take(&w, (uint32_t)base, base), base);
		assert_int_equal(w.o.depth, depths[i]);
		w.longest_wait_90k = 0;
		take(&w, (uint32_t)base, base);
		base += STEP;
		assert_int_equal(w.longest_wait_90k, depths[i] * STEP);
	}
}

/* Whatever comes: DTS rise and are not after PTS. */
static void keeps_its_promises_whatever_comes(void **state)
{
	(void)state;
	uint32_t random = 1;
	for (int round = 0; round < 200; round++) {
		struct walk w;
		begin(&w, (int8_t)(round % 18 - 1));
		for (int n = 0; n < 300; n++) {
			random = random * 1664525 + 1013904223;
			uint32_t ts = n % 50 == 49 ? random : (uint32_t)n * STEP + (random >> 16) % 30000;
			take(&w, ts, (int64_t)n * STEP + (random >> 24) * 100);
			if (n % 70 == 69)
				reorder_set_depth(&w.o, (int8_t)((random >> 20) % 18) - 1);
			if (n % 90 == 89)
				reorder_forget(&w.o);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_each_when_it_is_due),  cmocka_unit_test(keeps_order_while_the_clock_is_steered),
		cmocka_unit_test(learns_what_it_is_not_told), cmocka_unit_test(believes_a_stream_without),
		cmocka_unit_test(goes_on_after_a_hole),       cmocka_unit_test(places_leading_pictures),
		cmocka_unit_test(follows_a_change_of_depth),  cmocka_unit_test(keeps_its_promises_whatever_comes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
