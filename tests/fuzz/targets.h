/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The fuzz targets: each NAME here is a function fuzz_NAME() and a folder corpus/NAME with its seeds. */
#ifndef TESTS_FUZZ_TARGETS_H
#define TESTS_FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ_TARGETS(X)                                                                                                \
	X(capture)                                                                                                     \
	X(depay_av1)                                                                                                   \
	X(depay_g722)                                                                                                  \
	X(depay_h264)                                                                                                  \
	X(depay_h265)                                                                                                  \
	X(depay_l16)                                                                                                   \
	X(depay_multiopus)                                                                                             \
	X(depay_opus)                                                                                                  \
	X(depay_pcma)                                                                                                  \
	X(depay_pcmu)                                                                                                  \
	X(depay_vp8)                                                                                                   \
	X(depay_vp9)                                                                                                   \
	X(mkvscan)                                                                                                     \
	X(mp4scan)                                                                                                     \
	X(request)                                                                                                     \
	X(rtp)                                                                                                         \
	X(tr101290)                                                                                                    \
	X(tsscan)

typedef void (*fuzz_function)(const uint8_t *data, size_t size);

#define FUZZ_DECLARE(name) void fuzz_##name(const uint8_t *data, size_t size);
FUZZ_TARGETS(FUZZ_DECLARE)

/* The target of this name, or NULL. */
fuzz_function fuzz_find(const char *name);

/* Ends the program in a way that every fuzzer and debugger notices. */
#define FUZZ_ASSERT(condition)                                                                                         \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			__builtin_trap();                                                                              \
	} while (0)

#endif
