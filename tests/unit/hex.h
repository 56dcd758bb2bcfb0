/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables of bytes written in hexadecimal; blanks in them are ignored. */
#ifndef TESTS_UNIT_HEX_H
#define TESTS_UNIT_HEX_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"

/* Rows of tables leave out what is zero. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The bytes of a hexadecimal string in a heap buffer of their exact size, so that a sanitizer sees a read beyond it. */
static inline uint8_t *unhex(const char *hex, size_t *size)
{
	uint8_t *bytes = malloc(strlen(hex) / 2 + 1);
	assert_non_null(bytes);
	*size = 0;
	for (int used; sscanf(hex, " %2hhx%n", &bytes[*size], &used) == 1; hex += used)
		++*size;
	assert_int_equal(strspn(hex, " "), strlen(hex));
	uint8_t *exact = realloc(bytes, *size ? *size : 1);
	return exact ? exact : bytes;
}

#endif
