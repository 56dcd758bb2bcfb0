/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * RTP headers and sender reports as bytes: what is whole is read, what is not is refused. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "recorder/rtp/packet.h"

#define HEADER 0x12, 0x34, 0, 0, 0, 9, 0xde, 0xad, 0xbe, 0xef

/* Parses from a heap buffer of the exact size, so that a sanitizer sees a read beyond it. */
static tsr_error parse(const uint8_t *bytes, size_t size, struct rtp_packet *pkt, size_t *payload_at)
{
	uint8_t *exact = malloc(size ? size : 1);
	memcpy(exact, bytes, size);
	tsr_error err = rtp_parse(exact, size, pkt);
	if (err == TSR_OK)
		*payload_at = (size_t)(pkt->payload - exact);
	free(exact);
	return err;
}

static void reads_headers(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		uint8_t bytes[32];
		size_t size;
		tsr_error err;
		size_t at, payload;
	} cases[] = {
		{"plain", {0x80, 96, HEADER, 1, 2, 3}, 15, TSR_OK, 12, 3},
		{"no payload", {0x80, 96, HEADER}, 12, TSR_OK, 12, 0},
		{"one CSRC", {0x81, 96, HEADER, 0, 0, 0, 1, 7}, 17, TSR_OK, 16, 1},
		{"CSRC beyond the end", {0x82, 96, HEADER, 0, 0, 0, 1, 7}, 17, TSR_E_MALFORMED, 0, 0},
		{"extension", {0x90, 96, HEADER, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 7}, 21, TSR_OK, 20, 1},
		{"empty extension", {0x90, 96, HEADER, 0xbe, 0xde, 0, 0, 7}, 17, TSR_OK, 16, 1},
		{"extension beyond the end",
		 {0x90, 96, HEADER, 0xbe, 0xde, 0, 2, 1, 2, 3, 4, 7},
		 21,
		 TSR_E_MALFORMED,
		 0,
		 0},
		{"extension cut in its header", {0x90, 96, HEADER, 0xbe, 0xde}, 14, TSR_E_MALFORMED, 0, 0},
		{"padding", {0xa0, 96, HEADER, 1, 2, 0, 2}, 16, TSR_OK, 12, 2},
		{"only padding", {0xa0, 96, HEADER, 0, 0, 3}, 15, TSR_OK, 12, 0},
		{"padding longer than the payload", {0xa0, 96, HEADER, 1, 3}, 14, TSR_E_MALFORMED, 0, 0},
		{"padding of zero", {0xa0, 96, HEADER, 1, 0}, 14, TSR_OK, 12, 2},
		{"padding without a byte", {0xa0, 96, HEADER}, 12, TSR_OK, 12, 0},
		{"version 1", {0x40, 96, HEADER, 1}, 13, TSR_E_MALFORMED, 0, 0},
		{"cut header", {0x80, 96, HEADER}, 11, TSR_E_MALFORMED, 0, 0},
		{"nothing", {0}, 0, TSR_E_MALFORMED, 0, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rtp_packet pkt;
		size_t at = 0;
		tsr_error err = parse(cases[i].bytes, cases[i].size, &pkt, &at);
		if (err != cases[i].err ||
		    (err == TSR_OK && (at != cases[i].at || pkt.payload_size != cases[i].payload)))
			fail_msg("%s: %s, payload of %zu at %zu", cases[i].what, tsr_strerror(err), pkt.payload_size,
				 at);
	}
}

static void reads_fields(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {0x80, 0xe0 | 1, HEADER, 42};
	struct rtp_packet pkt;
	assert_int_equal(rtp_parse(bytes, sizeof(bytes), &pkt), TSR_OK);
	assert_true(pkt.marker);
	assert_int_equal(pkt.payload_type, 0x61);
	assert_int_equal(pkt.seq, 0x1234);
	assert_int_equal(pkt.timestamp, 9);
	assert_int_equal(pkt.ssrc, 0xdeadbeef);
	assert_int_equal(pkt.payload[0], 42);
	assert_false(pkt.bad_padding);
	static const uint8_t padded[] = {0xa0, 0xe0 | 1, HEADER, 42, 0};
	assert_int_equal(rtp_parse(padded, sizeof(padded), &pkt), TSR_OK);
	assert_true(pkt.bad_padding);
}

/* RFC 3550 section 6.4.1: header, SSRC, NTP (8 bytes), RTP timestamp, packet and octet count. */
#define SR       SR_OF(5)
#define SR_OF(n) 0x80, 200, 0, 6, 0, 0, 0, n, 0, 0, 0, 7, 0x80, 0, 0, 0, 0, 0, 0, 99, 0, 0, 0, 1, 0, 0, 0, 2
#define RR_EMPTY 0x80, 201, 0, 1, 0, 0, 0, 5

/* All of them; *sr is the last. Why there is no more. */
static tsr_error find_reports(const uint8_t *bytes, size_t size, unsigned want, struct rtcp_sr *sr)
{
	uint8_t *exact = malloc(size);
	memcpy(exact, bytes, size);
	const uint8_t *at = exact;
	tsr_error err;
	for (unsigned found = 0; (err = rtcp_next_sr(&at, &size, sr)) == TSR_OK || found != want; found++)
		assert_true(found < want);
	free(exact);
	return err;
}

static void finds_sender_reports(void **state)
{
	(void)state;
	static const uint8_t alone[] = {SR}, second[] = {RR_EMPTY, SR}, none[] = {RR_EMPTY};
	static const uint8_t short_body[] = {0x80, 200, 0, 1, 0, 0, 0, 5}, cut[] = {0x80, 200, 0, 6, 0, 0, 0, 5};
	static const uint8_t several[] = {SR, RR_EMPTY, SR_OF(6)}, damaged[] = {SR, 0x80, 200, 0, 6};
	struct rtcp_sr sr;
	assert_int_equal(find_reports(alone, sizeof(alone), 1, &sr), TSR_E_NOTFOUND);
	assert_int_equal(sr.ssrc, 5);
	assert_true(sr.ntp == ((uint64_t)7 << 32 | 0x80000000u));
	assert_int_equal(sr.rtp_ts, 99);
	assert_int_equal(find_reports(second, sizeof(second), 1, &sr), TSR_E_NOTFOUND);
	assert_int_equal(find_reports(several, sizeof(several), 2, &sr), TSR_E_NOTFOUND);
	assert_int_equal(sr.ssrc, 6);
	assert_int_equal(find_reports(damaged, sizeof(damaged), 1, &sr), TSR_E_MALFORMED);
	assert_int_equal(find_reports(none, sizeof(none), 0, &sr), TSR_E_NOTFOUND);
	assert_int_equal(find_reports(short_body, sizeof(short_body), 0, &sr), TSR_E_MALFORMED);
	assert_int_equal(find_reports(cut, sizeof(cut), 0, &sr), TSR_E_MALFORMED);
}

static void tells_rtcp_from_rtp(void **state)
{
	(void)state;
	static const uint8_t sr[] = {SR}, rtp[] = {0x80, 0xe0, HEADER};
	assert_true(rtp_is_rtcp(sr, sizeof(sr)));
	assert_false(rtp_is_rtcp(rtp, sizeof(rtp)));
	assert_false(rtp_is_rtcp(sr, 1));
}

/* Header extensions with elements of one byte and of two, and what is none of them or cut. */
static void finds_the_orientation(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		uint8_t bytes[40];
		size_t size;
		uint8_t id;
		int want;
	} cases[] = {
		{"alone", {0x90, 96, HEADER, 0xbe, 0xde, 0, 1, 0x40, 1, 0, 0, 7}, 21, 4, 1},
		{"with camera and flip bits", {0x90, 96, HEADER, 0xbe, 0xde, 0, 1, 0x40, 0x0f, 0, 0, 7}, 21, 4, 3},
		{"upright", {0x90, 96, HEADER, 0xbe, 0xde, 0, 1, 0x40, 0, 0, 0, 7}, 21, 4, 0},
		{"behind others and padding",
		 {0x91, 96, HEADER, 0, 0, 0, 1, 0xbe, 0xde, 0, 3, 0x12, 2, 2, 2, 0, 0x21, 3, 3, 0x40, 2, 0, 0, 7},
		 33,
		 4,
		 2},
		{"another id", {0x90, 96, HEADER, 0xbe, 0xde, 0, 1, 0x50, 1, 0, 0, 7}, 21, 4, -1},
		{"two-byte header", {0x90, 96, HEADER, 0x10, 0, 0, 2, 1, 0, 0, 2, 1, 9, 4, 1, 3}, 25, 4, -1},
		{"two-byte header, whole", {0x90, 96, HEADER, 0x10, 0, 0, 2, 1, 0, 2, 1, 9, 4, 1, 3}, 24, 4, 3},
		{"two-byte header, an id above 14", {0x90, 96, HEADER, 0x10, 0x05, 0, 1, 99, 1, 2, 0}, 20, 99, 2},
		{"two-byte header, no value", {0x90, 96, HEADER, 0x10, 0, 0, 1, 4, 0, 0, 0}, 20, 4, -1},
		{"behind the reserved id", {0x90, 96, HEADER, 0xbe, 0xde, 0, 1, 0xf0, 0, 0x40, 1}, 20, 4, -1},
		{"a length beyond the extension", {0x90, 96, HEADER, 0xbe, 0xde, 0, 1, 0x4f, 1, 1, 1, 7, 7}, 22, 4, -1},
		{"another profile", {0x90, 96, HEADER, 0x12, 0x34, 0, 1, 0x40, 1, 0, 0}, 20, 4, -1},
		{"no extension", {0x80, 96, HEADER, 0xbe, 0xde, 0, 1, 0x40, 1, 0, 0}, 20, 4, -1},
		{"not negotiated", {0x90, 96, HEADER, 0xbe, 0xde, 0, 1, 0x40, 1, 0, 0}, 20, 0, -1},
		{"cut", {0x90, 96, HEADER, 0xbe, 0xde, 0, 1, 0x40}, 17, 4, -1},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *exact = malloc(cases[i].size);
		memcpy(exact, cases[i].bytes, cases[i].size);
		print_message("  %s\n", cases[i].what);
		assert_int_equal(rtp_orientation(exact, cases[i].size, cases[i].id), cases[i].want);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_headers),         cmocka_unit_test(reads_fields),
		cmocka_unit_test(finds_the_orientation), cmocka_unit_test(finds_sender_reports),
		cmocka_unit_test(tells_rtcp_from_rtp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
