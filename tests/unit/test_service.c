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
		cmocka_unit_test(refuses_senseless_sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
