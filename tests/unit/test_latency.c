/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Percentiles of the histogram beside those of the sorted values. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "../lib/cmocka.h"
#include "recorder/common/latency.h"

static void nothing_counted(void **state)
{
	(void)state;
	assert_int_equal(tsr_latency_percentile(&(tsr_latency){0}, 50), 0);
	assert_int_equal(tsr_latency_percentile(&(tsr_latency){0}, 100), 0);
}

static void the_only_value(void **state)
{
	(void)state;
	static const int64_t values[] = {0, 1, 2, 3, 700, 65536, 30000000, INT64_MAX};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		tsr_latency l = {0};
		tsr_latency_note(&l, values[i]);
		assert_int_equal(tsr_latency_percentile(&l, 50), values[i]);
		assert_int_equal(l.latest_us, values[i]);
		assert_int_equal(l.max_us, values[i]);
	}
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

#define COUNT 10000

static void percentiles_lie_close_above(void **state)
{
	(void)state;
	static int64_t values[COUNT];
	tsr_latency halves[2] = {{0}};
	srand(3);
	for (int i = 0; i < COUNT; i++) { /* 1 us to 10 s, many of each size */
		values[i] = rand() % (1 << (1 + rand() % 23));
		tsr_latency_note(&halves[i % 2], values[i]);
	}
	tsr_latency_add(&halves[0], &halves[1]);
	qsort(values, COUNT, sizeof(values[0]), compare);
	assert_int_equal(halves[0].count, COUNT);
	assert_int_equal(halves[0].max_us, values[COUNT - 1]);
	static const int percents[] = {1, 10, 50, 90, 95, 99, 100};
	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		int64_t exact = values[COUNT * percents[i] / 100 - 1];
		int64_t told = tsr_latency_percentile(&halves[0], percents[i]);
		assert_in_range(told, exact, exact * 142 / 100 + 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_counted),
		cmocka_unit_test(the_only_value),
		cmocka_unit_test(percentiles_lie_close_above),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
