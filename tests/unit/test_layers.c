/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Layers of simulcast in simulated time: which one is recorded, and how often a keyframe is asked for. */
#include "../lib/cmocka.h"
#include "plugins/take/layers.h"

#define S 1000000LL

/* A sender of three layers that answers each request by a keyframe in all of them, or does not. */
struct call {
	struct layers l;
	int64_t now_us;
	int64_t interval_us;
	bool sends[LAYERS_MOST];
	bool deaf;
	bool keyframe; /* the next picture is one */
	unsigned asked, changes, recorded;
};

static void one_picture(struct call *c)
{
	bool keyframe = c->keyframe;
	c->keyframe = false;
	for (int layer = 0; layer < LAYERS_MOST; layer++) {
		if (!c->sends[layer])
			continue;
		bool ask = false;
		int before = c->l.current;
		c->recorded += layers_take(&c->l, layer, (uint32_t)(c->now_us * 9 / 100), keyframe,
					   c->now_us + layer * 3000, &ask);
		c->changes += before != c->l.current;
		c->asked += ask;
		c->keyframe |= ask && !c->deaf;
	}
	c->now_us += c->interval_us;
}

static void run(struct call *c, int64_t duration_us)
{
	int64_t end_us = c->now_us + duration_us;
	c->asked = c->changes = c->recorded = 0;
	while (c->now_us < end_us)
		one_picture(c);
}

static struct call start(int64_t interval_us)
{
	struct call c = {.now_us = 100 * S, .interval_us = interval_us, .sends = {true, true, true}, .keyframe = true};
	layers_init(&c.l, 2);
	run(&c, 5 * S);
	assert_int_equal(c.l.current, 2);
	return c;
}

/* A window at 1 picture a second, or one in 2 s: the best layer is recorded, and nobody is asked for anything. */
static void slow_pictures_are_no_silence(void **state)
{
	(void)state;
	static const int64_t intervals[] = {S / 30, S / 5, S, 2 * S, 5 * S};
	for (unsigned i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
		struct call c = start(intervals[i]);
		run(&c, 60 * S);
		assert_int_equal(c.asked + c.changes, 0);
		assert_int_equal(c.recorded, (60 * S + intervals[i] - 1) / intervals[i]);
	}
}

/* A picture that stood still and moves again. */
static void a_change_of_rate_is_no_silence(void **state)
{
	(void)state;
	struct call c = start(S / 30);
	for (int i = 0; i < 4; i++) {
		c.interval_us = i % 2 ? S / 30 : S;
		run(&c, 20 * S);
		assert_int_equal(c.asked + c.changes, 0);
	}
}

static void a_layer_that_stops_is_left_and_taken_again(void **state)
{
	(void)state;
	struct call c = start(S / 30);
	c.sends[2] = false;
	run(&c, 2 * S);
	assert_int_equal(c.l.current, 1);
	assert_int_equal(c.asked, 1);
	c.sends[2] = true;
	run(&c, 5 * S);
	assert_int_equal(c.l.current, 2);
	assert_int_equal(c.asked, 1);
	c.interval_us = S; /* at a picture a second it takes a few of them */
	run(&c, 5 * S);
	c.sends[2] = false;
	run(&c, 7 * S);
	assert_int_equal(c.l.current, 1);
}

/* It does not send keyframes for the asking: it is asked ever less often, as long as something is recorded. */
static void requests_thin_out(void **state)
{
	(void)state;
	struct call c = start(S / 30);
	c.deaf = true;
	c.sends[2] = false;
	run(&c, 60 * S);
	assert_in_range(c.asked, 4, 8);
	assert_int_equal(c.l.current, 2);
	struct call none = {.now_us = 100 * S, .interval_us = S / 30, .sends = {true, true, true}, .deaf = true};
	layers_init(&none.l, 2);
	run(&none, 10 * S);
	assert_in_range(none.asked, 9, 11); /* nothing is recorded: each second */
}

/* In mid-stream a better layer begins: nobody is asked for its keyframe before its report has told where it lies, or none comes. */
static void a_layer_that_begins_waits_for_its_report(void **state)
{
	(void)state;
	for (int reports = 0; reports < 2; reports++) {
		struct call c = {
			.now_us = 100 * S, .interval_us = S / 30, .sends = {true, true, false}, .keyframe = true};
		layers_init(&c.l, 2);
		run(&c, 5 * S);
		assert_int_equal(c.l.current, 1);
		c.sends[2] = c.keyframe = true;
		run(&c, S);
		assert_int_equal(c.asked, 0);
		assert_int_equal(c.l.current, 1);
		if (reports)
			layers_report(&c.l, 2);
		run(&c, reports ? S / 5 : 2 * S);
		assert_int_equal(c.asked, 1);
		assert_int_equal(c.l.current, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_pictures_are_no_silence),
		cmocka_unit_test(a_change_of_rate_is_no_silence),
		cmocka_unit_test(a_layer_that_stops_is_left_and_taken_again),
		cmocka_unit_test(requests_thin_out),
		cmocka_unit_test(a_layer_that_begins_waits_for_its_report),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
