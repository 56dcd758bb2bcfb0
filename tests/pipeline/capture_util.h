/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests of the capture readers share. All of it fails the test when something is not as expected. */
#ifndef TEST_CAPTURE_UTIL_H
#define TEST_CAPTURE_UTIL_H

#include <glib.h>
#include <stdarg.h>

#include "tools/capture/capture.h"

#define FIRST_US 1700000000123456LL

/* Opens the first `size` bytes as a file; NULL when `want` is an error, and it came. */
struct capture *open_bytes(const GByteArray *bytes, size_t size, const struct payloads *payloads, tsr_error want);

/* Of --map texts, NULL at the end. */
struct payloads *make_payloads(const char *map, ...) G_GNUC_NULL_TERMINATED;

/* The next packet is this one. */
void expect_rtp(struct capture *c, unsigned stream, unsigned seq, int64_t us);

/* There is no next packet, for this reason. Closes c. */
void expect_end(struct capture *c, tsr_error want);

/* An RTP packet with `size` bytes of payload. */
GByteArray *make_rtp(unsigned payload_type, unsigned seq, uint32_t ts, uint32_t ssrc, unsigned size);

/* Cut at every byte: what lies before the cut is read, and the end says whether a packet was cut. */
void cut_everywhere(const GByteArray *file, const struct payloads *payloads, unsigned packets);

/* With some bytes overwritten at random, the file is read or refused, and what is promised of packets holds. */
void read_damaged(const GByteArray *file, const struct payloads *payloads, GRand *rand);

#endif
