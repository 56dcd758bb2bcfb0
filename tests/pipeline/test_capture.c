/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pcap and pcapng: every framing and link layer, damaged files, and which packets belong to which stream. */
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "capfile.h"
#include "capture_util.h"

static void put_rtp(struct capfile *w, int64_t us, unsigned to, unsigned payload_type, unsigned seq, uint32_t ssrc)
{
	GByteArray *rtp = make_rtp(payload_type, seq, seq * 3000, ssrc, 20);
	capfile_udp(w, &(struct capfile_datagram){.us = us, .from = 4000, .to = to}, rtp->data, rtp->len);
	g_byte_array_free(rtp, TRUE);
}

static void put_sr(struct capfile *w, int64_t us, unsigned to, uint32_t ssrc)
{
	GByteArray *sr = g_byte_array_new();
	put_be16(sr, 0x80c8);
	put_be16(sr, 6);
	put_be32(sr, ssrc);
	put_zeros(sr, 20);
	capfile_udp(w, &(struct capfile_datagram){.us = us, .from = 4000, .to = to}, sr->data, sr->len);
	g_byte_array_free(sr, TRUE);
}

static void test_every_framing_and_link(void **state)
{
	(void)state;
	static const struct capfile variants[] = {
		{.framing = PCAP_US, .link_type = 1},
		{.framing = PCAP_US, .link_type = 1, .big_endian = true},
		{.framing = PCAP_NS, .link_type = 1},
		{.framing = PCAP_NS, .link_type = 1, .big_endian = true, .vlan_tags = 1},
		{.framing = PCAPNG, .link_type = 1},
		{.framing = PCAPNG, .link_type = 1, .big_endian = true},
		{.framing = PCAP_US, .link_type = 1, .vlan_tags = 2, .ipv6 = true},
		{.framing = PCAP_US, .link_type = 1, .ipv6 = true, .ipv6_extensions = 2},
		{.framing = PCAP_US, .link_type = 113},
		{.framing = PCAP_US, .link_type = 113, .vlan_tags = 1},
		{.framing = PCAP_US, .link_type = 276},
		{.framing = PCAPNG, .link_type = 276, .ipv6 = true},
		{.framing = PCAP_US, .link_type = 101},
		{.framing = PCAP_US, .link_type = 101, .ipv6 = true},
		{.framing = PCAP_US, .link_type = 12},
		{.framing = PCAP_US, .link_type = 228},
		{.framing = PCAP_US, .link_type = 229, .ipv6 = true},
		{.framing = PCAP_US, .link_type = 0},
		{.framing = PCAP_US, .link_type = 0, .big_endian = true, .ipv6 = true},
		{.framing = PCAP_US, .link_type = 108},
	};
	struct payloads *payloads = make_payloads("96=h264", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(variants); i++) {
		struct capfile w = variants[i];
		capfile_begin(&w);
		for (unsigned n = 0; n < 10; n++)
			put_rtp(&w, FIRST_US + n * 1000, 5004, 96, 65530 + n, 7);
		struct capture *c = open_bytes(w.bytes, w.bytes->len, payloads, TSR_OK);
		assert_int_equal(c->stream_count, 1);
		assert_int_equal(c->streams[0].format.codec, TSR_CODEC_H264);
		assert_int_equal(c->streams[0].ssrc, 7);
		for (unsigned n = 0; n < 10; n++)
			expect_rtp(c, 0, (65530 + n) & 0xffff, FIRST_US + n * 1000);
		expect_end(c, TSR_E_EOF);
		g_byte_array_free(w.bytes, TRUE);
	}
	payloads_destroy(payloads);
}

static void test_cut_captures(void **state)
{
	(void)state;
	struct payloads *payloads = make_payloads("96=h264", NULL);
	for (enum framing framing = PCAP_US; framing <= PCAPNG; framing++) {
		struct capfile w = {.framing = framing, .link_type = 1};
		capfile_begin(&w);
		for (unsigned n = 0; n < 6; n++)
			put_rtp(&w, FIRST_US + n, 5004, 96, n, 7);
		cut_everywhere(w.bytes, payloads, 6);
		g_byte_array_free(w.bytes, TRUE);
	}
	payloads_destroy(payloads);
}

/* One file with everything that is no medium in it. */
static void test_what_is_left_out_is_counted(void **state)
{
	(void)state;
	struct capfile w = {.link_type = 1};
	struct payloads *payloads = make_payloads("96=h264", "97=rtx", NULL);
	capfile_begin(&w);
	for (unsigned n = 0; n < 4; n++)
		put_rtp(&w, FIRST_US + n, 5004, 96, n, 7);
	GByteArray *rtp = make_rtp(96, 4, 0, 7, 50);
	capfile_udp(&w, &(struct capfile_datagram){.us = FIRST_US, .to = 5004, .fragment = 0x2000}, rtp->data,
		    rtp->len);
	capfile_udp(&w, &(struct capfile_datagram){.us = FIRST_US, .to = 5004, .fragment = 100}, rtp->data, rtp->len);
	capfile_udp(&w, &(struct capfile_datagram){.us = FIRST_US, .to = 5004, .cut = 30}, rtp->data, rtp->len);
	g_byte_array_free(rtp, TRUE);
	put_rtp(&w, FIRST_US, 5004, 97, 1, 8);
	put_sr(&w, FIRST_US, 5004, 99);
	GByteArray *other = g_byte_array_new();
	put_zeros(other, 30);
	capfile_udp(&w, &(struct capfile_datagram){.us = FIRST_US, .to = 53}, other->data, other->len);
	capfile_record(&w, FIRST_US, other, other->len); /* no IP at all */
	g_byte_array_free(other, TRUE);
	struct capture *c = open_bytes(w.bytes, w.bytes->len, payloads, TSR_OK);
	for (unsigned n = 0; n < 4; n++)
		expect_rtp(c, 0, n, FIRST_US + n);
	struct capture_packet packet;
	assert_int_equal(capture_next(c, &packet), TSR_E_EOF);
	assert_int_equal(c->counters.packets, 4);
	assert_int_equal(c->counters.fragments, 2);
	assert_int_equal(c->counters.truncated, 1);
	assert_int_equal(c->counters.ignored, 1);
	assert_int_equal(c->counters.unknown_rtcp, 1);
	assert_int_equal(c->counters.not_rtp, 2);
	capture_close(c);
	g_byte_array_free(w.bytes, TRUE);
	payloads_destroy(payloads);
}

/* ---- which packet belongs to which stream ------------------------------------------------------------------------ */

static unsigned count_streams(struct capfile *w, const struct payloads *payloads)
{
	struct capture *c = open_bytes(w->bytes, w->bytes->len, payloads, TSR_OK);
	struct capture_packet packet;
	while (capture_next(c, &packet) == TSR_OK)
		;
	unsigned streams = c->stream_count;
	capture_close(c);
	g_byte_array_free(w->bytes, TRUE);
	return streams;
}

static void test_new_ssrc_goes_on_or_stands_beside(void **state)
{
	(void)state;
	struct payloads *payloads = make_payloads("96=vp8", "111=opus/48000/2", NULL);
	struct capfile w = {.link_type = 1};
	capfile_begin(&w); /* SSRC 1 ends, SSRC 2 begins at once */
	for (unsigned n = 0; n < 20; n++)
		put_rtp(&w, FIRST_US + n * 20000, 5004, 96, n, n < 10 ? 1 : 2);
	assert_int_equal(count_streams(&w, payloads), 1);
	capfile_begin(&w); /* two cameras */
	for (unsigned n = 0; n < 40; n++)
		put_rtp(&w, FIRST_US + n * 20000, 5004, 96, n / 2, 1 + n % 2);
	assert_int_equal(count_streams(&w, payloads), 2);
	capfile_begin(&w); /* audio and video on one port */
	for (unsigned n = 0; n < 40; n++)
		put_rtp(&w, FIRST_US + n * 20000, 5004, n % 2 ? 96 : 111, n / 2, 1 + n % 2);
	assert_int_equal(count_streams(&w, payloads), 2);
	capfile_begin(&w); /* one SSRC from two sources */
	for (unsigned n = 0; n < 40; n++)
		put_rtp(&w, FIRST_US + n * 20000, 5004 + n % 2, 96, n / 2 + n % 2 * 5000, 1);
	assert_int_equal(count_streams(&w, payloads), 2);
	capfile_begin(&w); /* random numbers that look like RTP */
	GRand *rand = g_rand_new_with_seed(1);
	for (unsigned n = 0; n < 2000; n++)
		put_rtp(&w, FIRST_US + n * 1000, 5004, 96, g_rand_int(rand) & 0xffff, g_rand_int(rand));
	g_rand_free(rand);
	assert_int_equal(count_streams(&w, payloads), 0);
	payloads_destroy(payloads);
}

/* A payload type that nobody explained is listed, so that the user can be told of it. */
static void test_unknown_payload_type_is_listed(void **state)
{
	(void)state;
	struct capfile w = {.link_type = 1};
	capfile_begin(&w);
	for (unsigned n = 0; n < 10; n++)
		put_rtp(&w, FIRST_US + n, 5004, 100, n, 77);
	struct capture *c = open_bytes(w.bytes, w.bytes->len, NULL, TSR_OK);
	assert_int_equal(c->stream_count, 1);
	assert_int_equal(c->streams[0].format.codec, TSR_CODEC_NONE);
	assert_int_equal(c->streams[0].payload_type, 100);
	assert_string_equal(c->streams[0].label, "10.0.0.1:4000 > 10.0.0.2:5004");
	capture_close(c);
	g_byte_array_free(w.bytes, TRUE);
}

static void test_rtcp_on_same_and_next_port(void **state)
{
	(void)state;
	struct payloads *payloads = make_payloads("0=pcmu", NULL);
	struct capfile w = {.link_type = 1};
	capfile_begin(&w);
	for (unsigned n = 0; n < 6; n++)
		put_rtp(&w, FIRST_US, 5004, 0, n, 7);
	put_sr(&w, FIRST_US, 5004, 7);
	put_sr(&w, FIRST_US, 5005, 7);
	put_sr(&w, FIRST_US, 5006, 7);
	struct capture *c = open_bytes(w.bytes, w.bytes->len, payloads, TSR_OK);
	unsigned rtcp = 0;
	struct capture_packet packet;
	while (capture_next(c, &packet) == TSR_OK)
		rtcp += packet.rtcp && packet.stream == 0;
	assert_int_equal(rtcp, 2);
	assert_int_equal(c->counters.unknown_rtcp, 1);
	capture_close(c);
	g_byte_array_free(w.bytes, TRUE);
	payloads_destroy(payloads);
}

/* The clock of the capturing machine is set back by an hour, and wavers by a millisecond. */
static void test_arrival_never_falls(void **state)
{
	(void)state;
	static const int64_t times[] = {0, 1000, 500, 2000, -3600000000, -3599999000, -3599998000};
	static const int64_t arrivals[] = {0, 1000, 1000, 2000, 2000, 3000, 4000};
	struct payloads *payloads = make_payloads("96=vp9", NULL);
	struct capfile w = {.link_type = 1};
	capfile_begin(&w);
	for (unsigned n = 0; n < G_N_ELEMENTS(times); n++)
		put_rtp(&w, FIRST_US + times[n], 5004, 96, n, 7);
	struct capture *c = open_bytes(w.bytes, w.bytes->len, payloads, TSR_OK);
	for (unsigned n = 0; n < G_N_ELEMENTS(times); n++)
		expect_rtp(c, 0, n, FIRST_US + arrivals[n]);
	expect_end(c, TSR_E_EOF);
	g_byte_array_free(w.bytes, TRUE);
	payloads_destroy(payloads);
}

/* ---- payload types ----------------------------------------------------------------------------------------------- */

static void test_maps(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		tsr_error want;
	} maps[] = {
		{"96=h264", TSR_OK},
		{"5004:96=H265/90000", TSR_OK},
		{"111=opus/48000/2", TSR_OK},
		{"63=red", TSR_OK},
		{"97=rtx", TSR_OK},
		{"128=h264", TSR_E_INVAL},
		{"h264", TSR_E_INVAL},
		{"96", TSR_E_INVAL},
		{"=h264", TSR_E_INVAL},
		{"-1=h264", TSR_E_INVAL},
		{"70000:96=h264", TSR_E_INVAL},
		{"96=", TSR_E_UNSUPPORTED},
		{"96=mp3", TSR_E_UNSUPPORTED},
		{"96=aac", TSR_E_UNSUPPORTED},
		{"", TSR_E_INVAL},
	};
	struct payloads *p = payloads_create();
	for (size_t i = 0; i < G_N_ELEMENTS(maps); i++) {
		char why[200] = "";
		assert_int_equal(payloads_add_map(p, maps[i].text, why, sizeof(why)), maps[i].want);
		assert_int_equal(why[0] != '\0', maps[i].want != TSR_OK);
	}
	assert_int_equal(payloads_find(p, 5004, 96)->codec, TSR_CODEC_H265);
	assert_int_equal(payloads_find(p, 5006, 96)->codec, TSR_CODEC_H264);
	assert_int_equal(payloads_find(p, 5006, 63)->codec, TSR_CODEC_OPUS);
	assert_int_equal(payloads_find(p, 5006, 63)->red_payload_type, 63);
	assert_int_equal(payloads_find(p, 5006, 111)->red_payload_type, 63);
	assert_true(payloads_find(p, 5006, 97)->ignored);
	assert_int_equal(payloads_find(NULL, 5006, 8)->codec, TSR_CODEC_PCMA);
	assert_null(payloads_find(NULL, 5006, 96));
	payloads_destroy(p);
}

static void test_sdp(void **state)
{
	(void)state;
	static const char sdp[] =
		"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\na=extmap:9 urn:3gpp:video-orientation\r\n"
		"m=audio 5004 RTP/AVP 111 63 0\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n"
		"a=fmtp:63 111/111\r\n"
		"m=video 5006 RTP/AVP 96 97\r\na=rtpmap:96 H264/90000\r\na=extmap:4/sendonly "
		"urn:3gpp:video-orientation\r\n"
		"a=extmap:5 urn:3gpp:video-orientation-of-something-else\r\na=rtpmap:97 rtx/90000\r\n"
		"a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAHg==,aMuMsg==\r\n"
		"m=video 9 UDP/TLS/RTP/SAVPF 98\r\na=rtpmap:98 VP8/90000\r\n"
		"m=audio 5008 RTP/AVP 10\r\n";
	static const uint8_t sets[] = {0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 0, 0, 0, 1, 0x68, 0xcb, 0x8c, 0xb2};
	struct payloads *p = payloads_create();
	assert_int_equal(payloads_add_sdp(p, sdp), TSR_OK);
	const struct payload_format *opus = payloads_find(p, 5004, 63);
	assert_int_equal(opus->codec, TSR_CODEC_OPUS);
	assert_int_equal(opus->channels, 2);
	assert_int_equal(opus->red_payload_type, 63);
	const struct payload_format *h264 = payloads_find(p, 5006, 96);
	assert_int_equal(h264->codec, TSR_CODEC_H264);
	assert_int_equal(h264->parameter_sets_size, sizeof(sets));
	assert_memory_equal(h264->parameter_sets, sets, sizeof(sets));
	assert_int_equal(h264->orientation_extension, 4);
	assert_true(payloads_find(p, 5006, 97)->ignored);
	assert_null(payloads_find(p, 5008, 96));
	assert_int_equal(payloads_find(p, 40000, 98)->orientation_extension, 9); /* of the session */
	assert_int_equal(payloads_find(p, 40000, 98)->codec, TSR_CODEC_VP8);
	assert_int_equal(payloads_find(p, 5008, 10)->clock_rate, 44100);
	assert_int_equal(payloads_add_sdp(p, "<html>no SDP</html>\n"), TSR_E_MALFORMED);
	payloads_destroy(p);
}

static void test_random_damage(void **state)
{
	(void)state;
	struct payloads *payloads = make_payloads("96=h264", NULL);
	GRand *rand = g_rand_new_with_seed(42);
	for (enum framing framing = PCAP_US; framing <= PCAPNG; framing++) {
		struct capfile w = {.framing = framing, .link_type = 1, .ipv6 = framing == PCAP_NS};
		capfile_begin(&w);
		for (unsigned n = 0; n < 20; n++)
			put_rtp(&w, FIRST_US + n, 5004, 96, n, 7);
		for (int i = 0; i < 500; i++)
			read_damaged(w.bytes, payloads, rand);
		g_byte_array_free(w.bytes, TRUE);
	}
	g_rand_free(rand);
	payloads_destroy(payloads);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_framing_and_link),
		cmocka_unit_test(test_cut_captures),
		cmocka_unit_test(test_what_is_left_out_is_counted),
		cmocka_unit_test(test_new_ssrc_goes_on_or_stands_beside),
		cmocka_unit_test(test_unknown_payload_type_is_listed),
		cmocka_unit_test(test_rtcp_on_same_and_next_port),
		cmocka_unit_test(test_arrival_never_falls),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_sdp),
		cmocka_unit_test(test_random_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
