/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cmocka with the headers that it asks for, version 1 or 2: the one place where they differ. */
#ifndef TSR_TESTS_CMOCKA_H
#define TSR_TESTS_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* cmocka 2 has one macro for each sign. Ours are bounds of what is not negative: something negative is out of range too. */
#ifdef assert_uint_in_range
#undef assert_in_range
#define assert_in_range(value, minimum, maximum) assert_uint_in_range((uintmax_t)(value), minimum, maximum)
#endif
/* A macro of version 2 that nobody here needs; a test may stop what it likes. */
#undef stop

#endif
