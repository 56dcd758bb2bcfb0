/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The inbox: everything comes out once and in order, its memory stays below the cap, audio has room when video has none. */
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "recorder/rtp/inbox.h"

static void keeps_what_it_is_given(void **state)
{
	(void)state;
	struct inbox *in = inbox_create(4096);
	assert_true(inbox_push(in, 0, false, true, (const uint8_t *)"video", 5, 11));
	assert_true(inbox_push(in, 1, true, false, (const uint8_t *)"sr", 2, 12));
	struct inbox_item item;
	assert_false(inbox_next(in, &item)); /* not before it was taken */
	inbox_take(in);
	assert_true(inbox_next(in, &item));
	assert_int_equal(item.size, 5);
	assert_memory_equal(item.data, "video", 5);
	assert_int_equal(item.arrival_us, 11);
	assert_false(item.rtcp);
	assert_true(inbox_next(in, &item));
	assert_int_equal(item.track, 1);
	assert_true(item.rtcp);
	assert_false(inbox_next(in, &item));
	inbox_destroy(in);
}

static void audio_has_room_when_video_has_none(void **state)
{
	(void)state;
	static const uint8_t packet[100];
	struct inbox *in = inbox_create(4096);
	unsigned video = 0, audio = 0;
	while (inbox_push(in, 0, false, true, packet, sizeof(packet), 0))
		video++;
	assert_false(inbox_push(in, 0, false, true, packet, 1, 0)); /* not even a small one: it would be half a frame */
	while (inbox_push(in, 1, false, false, packet, sizeof(packet), 0))
		audio++;
	assert_in_range(video, 20, 26);
	assert_in_range(audio, 6, 10);
	struct inbox_stats stats;
	inbox_get_stats(in, &stats);
	assert_int_equal(stats.dropped_packets, 3);
	assert_true(stats.depth_bytes <= 4096);
	inbox_take(in);
	assert_true(inbox_push(in, 0, false, true, packet, sizeof(packet), 0)); /* emptied: video is welcome again */
	inbox_destroy(in);
}

static void gives_back_what_a_stall_made_grow(void **state)
{
	(void)state;
	static const uint8_t packet[1200];
	struct inbox *in = inbox_create(4 << 20);
	struct inbox_stats stats;
	for (int i = 0; i < 2000; i++)
		assert_true(inbox_push(in, 0, false, true, packet, sizeof(packet), 0));
	inbox_get_stats(in, &stats);
	assert_true(stats.alloc_bytes > 2 << 20);
	for (int i = 0; i < 4; i++) {
		struct inbox_item item;
		inbox_take(in);
		while (inbox_next(in, &item))
			assert_int_equal(item.size, sizeof(packet));
		assert_true(inbox_push(in, 0, false, true, packet, sizeof(packet), 0));
		inbox_get_stats(in, &stats);
	}
	assert_true(stats.alloc_bytes <= 8192);
	inbox_destroy(in);
}

struct race {
	struct inbox *in;
	unsigned count;
};

static void *push_numbers(void *arg)
{
	struct race *race = arg;
	for (unsigned i = 0; i < race->count;)
		i += inbox_push(race->in, 0, false, false, (const uint8_t *)&i, sizeof(i), i);
	return NULL;
}

static void survives_a_race(void **state)
{
	(void)state;
	struct race race = {.in = inbox_create(2048), .count = 200000};
	pthread_t pusher;
	assert_int_equal(pthread_create(&pusher, NULL, push_numbers, &race), 0);
	unsigned expected = 0;
	while (expected < race.count) {
		struct inbox_item item;
		inbox_take(race.in);
		for (; inbox_next(race.in, &item); expected++) {
			unsigned number;
			memcpy(&number, item.data, sizeof(number));
			assert_int_equal(number, expected);
		}
	}
	pthread_join(pusher, NULL);
	inbox_destroy(race.in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_it_is_given),
		cmocka_unit_test(audio_has_room_when_video_has_none),
		cmocka_unit_test(gives_back_what_a_stall_made_grow),
		cmocka_unit_test(survives_a_race),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
