/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The names of a recording's files: NAME, or NAME-00001, NAME-00002, … (segment.c makes them). Here without their endings. */
#ifndef TSR_SINK_STEM_H
#define TSR_SINK_STEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/limits.h"

/* How much of the `size` bytes stands before the number; `size` where there is none. */
static inline size_t stem_without_number(const char *name, size_t size)
{
	const size_t digits = SEGMENT_NUMBER_BYTES - 1;
	if (size <= SEGMENT_NUMBER_BYTES || name[size - SEGMENT_NUMBER_BYTES] != '-' ||
	    strspn(name + size - digits, "0123456789") < digits)
		return size;
	return size - SEGMENT_NUMBER_BYTES;
}

/* The file that follows: with the next number; one without a number is the first. False = the name does not fit. */
static inline bool stem_next(const char *name, size_t size, char *out, size_t out_size)
{
	size_t stem = stem_without_number(name, size);
	unsigned long number = stem < size ? strtoul(name + stem + 1, NULL, 10) : 1;
	int n = snprintf(out, out_size, "%.*s-%05lu", (int)stem, name, number + 1);
	return n > 0 && (size_t)n < out_size;
}

#endif
