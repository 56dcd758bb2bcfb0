/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The service: every item gets its turns, one thread at an item at a time, and destroy waits for items that still work. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "../lib/cmocka.h"
#include "recorder/common/clock.h"
#include "recorder/common/service.h"

#define ITEMS 200

struct item {
	struct service_item base;
	atomic_int inside;
	atomic_int turns;
	int wanted;
};

static atomic_int overlaps;

static bool take_turn(struct service_item *base, int64_t now_us)
{
	(void)now_us;
	struct item *item = (struct item *)base;
	if (atomic_fetch_add(&item->inside, 1) != 0)
		atomic_fetch_add(&overlaps, 1);
	bool again = atomic_fetch_add(&item->turns, 1) + 1 < item->wanted;
	atomic_fetch_sub(&item->inside, 1);
	return again;
}

static void every_item_gets_its_turns(void **state)
{
	(void)state;
	static struct item items[ITEMS];
	struct service *service = service_create("test", 4, 1000);
	assert_non_null(service);
	for (int i = 0; i < ITEMS; i++) {
		items[i] = (struct item){.base = {.serve = take_turn}, .wanted = 1 + i % 20};
		service_add(service, &items[i].base);
	}
	service_destroy(service);
	for (int i = 0; i < ITEMS; i++)
		assert_int_equal(atomic_load(&items[i].turns), items[i].wanted);
	assert_int_equal(atomic_load(&overlaps), 0);
}

static bool take_long_turn(struct service_item *base, int64_t now_us)
{
	for (int i = 0; i < 200; i++)
		sched_yield();
	return take_turn(base, now_us);
}

/* While one thread serves the only item, another finds an empty queue; it must not sleep on when the item comes back. */
static void an_item_alone_gets_its_turns(void **state)
{
	(void)state;
	static struct item item = {.base = {.serve = take_long_turn}, .wanted = 300};
	struct service *service = service_create("test", 4, 1000);
	assert_non_null(service);
	alarm(300); /* it hangs when it fails */
	service_add(service, &item.base);
	while (atomic_load(&item.turns) < item.wanted) /* destroy would wake everybody */
		sched_yield();
	alarm(0);
	service_destroy(service);
	assert_int_equal(atomic_load(&item.turns), item.wanted);
}

static _Atomic int64_t simulated_us = 1000000;

static int64_t simulated_now(void)
{
	return simulated_us;
}

static struct service *slow_service;
static struct service_item slow_items[2];

/* While the only thread is with the first item, the second one is added, and 50 ms pass. */
static bool take_50_ms(struct service_item *base, int64_t now_us)
{
	(void)now_us;
	if (base == &slow_items[0]) {
		service_add(slow_service, &slow_items[1]);
		simulated_us += 50000;
	}
	return false;
}

/* It is remembered for 10 s at least, and forgotten after 20 s. */
static void tells_how_late_turns_are(void **state)
{
	(void)state;
	clock_replace(simulated_now, simulated_now);
	struct service *service = slow_service = service_create("test", 1, 1000);
	assert_non_null(service);
	assert_int_equal(service_lag_us(service), 0);
	slow_items[0].serve = slow_items[1].serve = take_50_ms;
	service_add(service, &slow_items[0]);
	while (service_count(service) > 0)
		sched_yield();
	assert_int_equal(service_lag_us(service), 50000);
	simulated_us += 10000000;
	assert_int_equal(service_lag_us(service), 50000);
	simulated_us += 10000000;
	assert_int_equal(service_lag_us(service), 0);
	service_destroy(service);
	clock_replace(NULL, NULL);
}

static void refuses_senseless_sizes(void **state)
{
	(void)state;
	assert_null(service_create("test", 0, 1000));
	assert_null(service_create("test", 1000, 1000));
	service_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_item_gets_its_turns),
		cmocka_unit_test(an_item_alone_gets_its_turns),
		cmocka_unit_test(tells_how_late_turns_are),
		cmocka_unit_test(refuses_senseless_sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
