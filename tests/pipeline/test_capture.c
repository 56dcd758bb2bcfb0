/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The capture readers: every format and link layer, damaged files, and which packets belong to which stream. */
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/capture/capture.h"

/* ---- writing captures -------------------------------------------------------------------------------------------- */

#define FIRST_US 1700000000123456LL

enum framing { PCAP_US, PCAP_NS, PCAPNG };

struct writer {
	GByteArray *file;
	enum framing framing;
	bool big_endian;
	uint16_t link_type;
	unsigned vlan_tags;
	bool ipv6;
	unsigned ipv6_extensions;
};

static void put8(GByteArray *a, unsigned v)
{
	uint8_t b = (uint8_t)v;
	g_byte_array_append(a, &b, 1);
}

static void put_be16(GByteArray *a, unsigned v)
{
	put8(a, v >> 8);
	put8(a, v);
}

static void put_be32(GByteArray *a, uint32_t v)
{
	put_be16(a, v >> 16);
	put_be16(a, v & 0xffff);
}

static void put_zeros(GByteArray *a, unsigned n)
{
	while (n-- > 0)
		put8(a, 0);
}

/* In the byte order of the capture. */
static void put32(const struct writer *w, GByteArray *a, uint32_t v)
{
	put_be32(a, w->big_endian ? v : GUINT32_SWAP_LE_BE(v));
}

static void put16(const struct writer *w, GByteArray *a, uint16_t v)
{
	put_be16(a, w->big_endian ? v : GUINT16_SWAP_LE_BE(v));
}

static void put_block(const struct writer *w, uint32_t type, const GByteArray *body)
{
	uint32_t padded = (body->len + 3) & ~3u;
	put32(w, w->file, type);
	put32(w, w->file, padded + 12);
	g_byte_array_append(w->file, body->data, body->len);
	put_zeros(w->file, padded - body->len);
	put32(w, w->file, padded + 12);
}

static void begin_pcapng(struct writer *w)
{
	GByteArray *body = g_byte_array_new();
	put32(w, body, 0x1a2b3c4d);
	put32(w, body, 1); /* version */
	put32(w, body, 0xffffffff);
	put32(w, body, 0xffffffff);
	put_block(w, 0x0a0d0d0a, body);
	g_byte_array_set_size(body, 0);
	put16(w, body, w->link_type);
	put16(w, body, 0);
	put32(w, body, 262144);
	put16(w, body, 9); /* if_tsresol: 10^-9 */
	put16(w, body, 1);
	put32(w, body, w->big_endian ? 9u << 24 : 9);
	put_be32(body, 0); /* end of options */
	put_block(w, 1, body);
	g_byte_array_set_size(body, 0);
	put_zeros(body, 20);
	put_block(w, 0x0bad, body); /* of a type nobody knows */
	g_byte_array_free(body, TRUE);
}

static void begin(struct writer *w)
{
	w->file = g_byte_array_new();
	if (w->framing == PCAPNG) {
		begin_pcapng(w);
		return;
	}
	put32(w, w->file, w->framing == PCAP_NS ? 0xa1b23c4d : 0xa1b2c3d4);
	put16(w, w->file, 2);
	put16(w, w->file, 4);
	put_zeros(w->file, 8);
	put32(w, w->file, 262144);
	put32(w, w->file, w->link_type);
}

static void put_record(struct writer *w, int64_t us, const GByteArray *frame, uint32_t original)
{
	if (w->framing == PCAPNG) {
		uint64_t ns = (uint64_t)us * 1000;
		GByteArray *body = g_byte_array_new();
		put32(w, body, 0);
		put32(w, body, (uint32_t)(ns >> 32));
		put32(w, body, (uint32_t)ns);
		put32(w, body, frame->len);
		put32(w, body, original);
		g_byte_array_append(body, frame->data, frame->len);
		put_block(w, 6, body);
		g_byte_array_free(body, TRUE);
		return;
	}
	put32(w, w->file, (uint32_t)(us / 1000000));
	put32(w, w->file, (uint32_t)(us % 1000000 * (w->framing == PCAP_NS ? 1000 : 1)));
	put32(w, w->file, frame->len);
	put32(w, w->file, original);
	g_byte_array_append(w->file, frame->data, frame->len);
}

static void put_ethertype(const struct writer *w, GByteArray *frame)
{
	for (unsigned i = 0; i < w->vlan_tags; i++) {
		put_be16(frame, i == 0 && w->vlan_tags > 1 ? 0x88a8 : 0x8100);
		put_be16(frame, 42);
	}
	put_be16(frame, w->ipv6 ? 0x86dd : 0x0800);
}

static void put_link(const struct writer *w, GByteArray *frame)
{
	switch (w->link_type) {
	case 1:
		put_zeros(frame, 12);
		put_ethertype(w, frame);
		break;
	case 113:
		put_zeros(frame, 14);
		put_ethertype(w, frame);
		break;
	case 276:
		put_be16(frame, w->ipv6 ? 0x86dd : 0x0800);
		put_zeros(frame, 18);
		break;
	case 0: put32(w, frame, w->ipv6 ? 30 : 2); break;
	case 108: put_be32(frame, w->ipv6 ? 24 : 2); break;
	default: break; /* bare IP */
	}
}

static void put_ip(const struct writer *w, GByteArray *frame, unsigned payload, unsigned fragment)
{
	if (w->ipv6) {
		put_be32(frame, 6u << 28);
		put_be16(frame, payload + 8 * w->ipv6_extensions);
		put8(frame, w->ipv6_extensions ? 0 : 17);
		put8(frame, 64);
		put_zeros(frame, 30);
		put_be16(frame, 0xa001); /* the last bytes of both addresses */
		for (unsigned i = 0; i < w->ipv6_extensions; i++) {
			put8(frame, i + 1 < w->ipv6_extensions ? 60 : 17);
			put_zeros(frame, 7);
		}
		return;
	}
	put_be16(frame, 0x4500);
	put_be16(frame, 20 + payload);
	put_be16(frame, 7);
	put_be16(frame, fragment);
	put_be16(frame, 64 << 8 | 17);
	put_be16(frame, 0);
	put_be32(frame, 0x0a000001);
	put_be32(frame, 0x0a000002);
}

struct datagram_spec {
	int64_t us;
	unsigned from, to; /* ports */
	unsigned fragment;
	unsigned cut; /* bytes the capture left out */
};

static void put_udp(struct writer *w, const struct datagram_spec *spec, const GByteArray *payload)
{
	GByteArray *frame = g_byte_array_new();
	put_link(w, frame);
	put_ip(w, frame, 8 + payload->len, spec->fragment);
	put_be16(frame, spec->from);
	put_be16(frame, spec->to);
	put_be16(frame, 8 + payload->len);
	put_be16(frame, 0);
	g_byte_array_append(frame, payload->data, payload->len);
	if (w->link_type == 1)
		put_zeros(frame, 6); /* padding, as short Ethernet frames have it */
	uint32_t original = frame->len;
	g_byte_array_set_size(frame, frame->len - spec->cut);
	put_record(w, spec->us, frame, original);
	g_byte_array_free(frame, TRUE);
}

static GByteArray *make_rtp(unsigned payload_type, unsigned seq, uint32_t ts, uint32_t ssrc, unsigned size)
{
	GByteArray *rtp = g_byte_array_new();
	put_be16(rtp, 0x8000 | payload_type);
	put_be16(rtp, seq);
	put_be32(rtp, ts);
	put_be32(rtp, ssrc);
	for (unsigned i = 0; i < size; i++)
		put8(rtp, seq + i);
	return rtp;
}

static void put_rtp(struct writer *w, int64_t us, unsigned to, unsigned payload_type, unsigned seq, uint32_t ssrc)
{
	GByteArray *rtp = make_rtp(payload_type, seq, seq * 3000, ssrc, 20);
	put_udp(w, &(struct datagram_spec){.us = us, .from = 4000, .to = to}, rtp);
	g_byte_array_free(rtp, TRUE);
}

static void put_sr(struct writer *w, int64_t us, unsigned to, uint32_t ssrc)
{
	GByteArray *sr = g_byte_array_new();
	put_be16(sr, 0x80c8);
	put_be16(sr, 6);
	put_be32(sr, ssrc);
	put_zeros(sr, 20);
	put_udp(w, &(struct datagram_spec){.us = us, .from = 4000, .to = to}, sr);
	g_byte_array_free(sr, TRUE);
}

/* ---- reading them ------------------------------------------------------------------------------------------------ */

static char *write_file(const GByteArray *bytes, size_t size)
{
	char *path = NULL;
	int fd = g_file_open_tmp("tsrec-test-XXXXXX", &path, NULL);
	assert_true(fd >= 0);
	g_close(fd, NULL);
	assert_true(g_file_set_contents(path, (const char *)bytes->data, (gssize)size, NULL));
	return path;
}

static struct capture *open_bytes(const GByteArray *bytes, size_t size, const struct payloads *payloads, tsr_error want)
{
	char why[200] = "";
	struct capture *c = NULL;
	char *path = write_file(bytes, size);
	assert_int_equal(capture_open(path, payloads, &c, why, sizeof(why)), want);
	if (want != TSR_OK)
		assert_true(why[0] != '\0');
	g_unlink(path);
	g_free(path);
	return c;
}

static struct payloads *make_payloads(const char *map, ...)
{
	char why[200];
	struct payloads *p = payloads_create();
	va_list args;
	va_start(args, map);
	for (; map != NULL; map = va_arg(args, const char *))
		assert_int_equal(payloads_add_map(p, map, why, sizeof(why)), TSR_OK);
	va_end(args);
	return p;
}

static void expect_rtp(struct capture *c, unsigned stream, unsigned seq, int64_t us)
{
	struct capture_packet packet;
	assert_int_equal(capture_next(c, &packet), TSR_OK);
	assert_false(packet.rtcp);
	assert_int_equal(packet.stream, stream);
	assert_int_equal(get_be16(packet.data + 2), seq);
	assert_int_equal(packet.arrival_us, us);
}

static void expect_end(struct capture *c, tsr_error want)
{
	struct capture_packet packet;
	assert_int_equal(capture_next(c, &packet), want);
	if (want != TSR_E_EOF)
		assert_true(c->problem[0] != '\0');
	capture_close(c);
}

static void test_every_framing_and_link(void **state)
{
	(void)state;
	static const struct writer variants[] = {
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
		struct writer w = variants[i];
		begin(&w);
		for (unsigned n = 0; n < 10; n++)
			put_rtp(&w, FIRST_US + n * 1000, 5004, 96, 65530 + n, 7);
		struct capture *c = open_bytes(w.file, w.file->len, payloads, TSR_OK);
		assert_int_equal(c->stream_count, 1);
		assert_int_equal(c->streams[0].format.codec, TSR_CODEC_H264);
		assert_int_equal(c->streams[0].ssrc, 7);
		for (unsigned n = 0; n < 10; n++)
			expect_rtp(c, 0, (65530 + n) & 0xffff, FIRST_US + n * 1000);
		expect_end(c, TSR_E_EOF);
		g_byte_array_free(w.file, TRUE);
	}
	payloads_destroy(payloads);
}

/* Cut at every byte: what lies before the cut is read, and the end says whether a packet was cut. */
static void cut_everywhere(const GByteArray *file, const struct payloads *payloads, unsigned packets)
{
	unsigned whole = 0, cut = 0;
	for (guint size = 0; size <= file->len; size++) {
		char why[200];
		struct capture *c = NULL;
		char *path = write_file(file, size);
		tsr_error err = capture_open(path, payloads, &c, why, sizeof(why));
		unsigned read = 0;
		struct capture_packet packet;
		while (err == TSR_OK && (err = capture_next(c, &packet)) == TSR_OK)
			read++;
		whole += err == TSR_E_EOF;
		cut += err == TSR_E_MALFORMED && c != NULL;
		if (size == file->len)
			assert_int_equal(read, packets);
		capture_close(c);
		g_unlink(path);
		g_free(path);
	}
	assert_true(whole >= packets);
	assert_true(cut > whole);
}

static void test_cut_captures(void **state)
{
	(void)state;
	struct payloads *payloads = make_payloads("96=h264", NULL);
	for (enum framing framing = PCAP_US; framing <= PCAPNG; framing++) {
		struct writer w = {.framing = framing, .link_type = 1};
		begin(&w);
		for (unsigned n = 0; n < 6; n++)
			put_rtp(&w, FIRST_US + n, 5004, 96, n, 7);
		cut_everywhere(w.file, payloads, 6);
		g_byte_array_free(w.file, TRUE);
	}
	payloads_destroy(payloads);
}

/* One file with everything that is no medium in it. */
static void test_what_is_left_out_is_counted(void **state)
{
	(void)state;
	struct writer w = {.link_type = 1};
	struct payloads *payloads = make_payloads("96=h264", "97=rtx", NULL);
	begin(&w);
	for (unsigned n = 0; n < 4; n++)
		put_rtp(&w, FIRST_US + n, 5004, 96, n, 7);
	GByteArray *rtp = make_rtp(96, 4, 0, 7, 50);
	put_udp(&w, &(struct datagram_spec){.us = FIRST_US, .to = 5004, .fragment = 0x2000}, rtp);
	put_udp(&w, &(struct datagram_spec){.us = FIRST_US, .to = 5004, .fragment = 100}, rtp);
	put_udp(&w, &(struct datagram_spec){.us = FIRST_US, .to = 5004, .cut = 30}, rtp);
	g_byte_array_free(rtp, TRUE);
	put_rtp(&w, FIRST_US, 5004, 97, 1, 8);
	put_sr(&w, FIRST_US, 5004, 99);
	GByteArray *other = g_byte_array_new();
	put_zeros(other, 30);
	put_udp(&w, &(struct datagram_spec){.us = FIRST_US, .to = 53}, other);
	put_record(&w, FIRST_US, other, other->len); /* no IP at all */
	g_byte_array_free(other, TRUE);
	struct capture *c = open_bytes(w.file, w.file->len, payloads, TSR_OK);
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
	g_byte_array_free(w.file, TRUE);
	payloads_destroy(payloads);
}

/* ---- which packet belongs to which stream ------------------------------------------------------------------------ */

static unsigned count_streams(struct writer *w, const struct payloads *payloads)
{
	struct capture *c = open_bytes(w->file, w->file->len, payloads, TSR_OK);
	struct capture_packet packet;
	while (capture_next(c, &packet) == TSR_OK)
		;
	unsigned streams = c->stream_count;
	capture_close(c);
	g_byte_array_free(w->file, TRUE);
	return streams;
}

static void test_new_ssrc_goes_on_or_stands_beside(void **state)
{
	(void)state;
	struct payloads *payloads = make_payloads("96=vp8", "111=opus/48000/2", NULL);
	struct writer w = {.link_type = 1};
	begin(&w); /* SSRC 1 ends, SSRC 2 begins at once */
	for (unsigned n = 0; n < 20; n++)
		put_rtp(&w, FIRST_US + n * 20000, 5004, 96, n, n < 10 ? 1 : 2);
	assert_int_equal(count_streams(&w, payloads), 1);
	begin(&w); /* two cameras */
	for (unsigned n = 0; n < 40; n++)
		put_rtp(&w, FIRST_US + n * 20000, 5004, 96, n / 2, 1 + n % 2);
	assert_int_equal(count_streams(&w, payloads), 2);
	begin(&w); /* audio and video on one port */
	for (unsigned n = 0; n < 40; n++)
		put_rtp(&w, FIRST_US + n * 20000, 5004, n % 2 ? 96 : 111, n / 2, 1 + n % 2);
	assert_int_equal(count_streams(&w, payloads), 2);
	begin(&w); /* one source sent to two ports */
	for (unsigned n = 0; n < 40; n++)
		put_rtp(&w, FIRST_US + n * 20000, 5004 + n % 2, 96, n / 2, 1);
	assert_int_equal(count_streams(&w, payloads), 2);
	begin(&w); /* random numbers that look like RTP */
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
	struct writer w = {.link_type = 1};
	begin(&w);
	for (unsigned n = 0; n < 10; n++)
		put_rtp(&w, FIRST_US + n, 5004, 100, n, 77);
	struct capture *c = open_bytes(w.file, w.file->len, NULL, TSR_OK);
	assert_int_equal(c->stream_count, 1);
	assert_int_equal(c->streams[0].format.codec, TSR_CODEC_NONE);
	assert_int_equal(c->streams[0].payload_type, 100);
	assert_string_equal(c->streams[0].label, "10.0.0.1:4000 > 10.0.0.2:5004");
	capture_close(c);
	g_byte_array_free(w.file, TRUE);
}

static void test_rtcp_on_same_and_next_port(void **state)
{
	(void)state;
	struct payloads *payloads = make_payloads("0=pcmu", NULL);
	struct writer w = {.link_type = 1};
	begin(&w);
	for (unsigned n = 0; n < 6; n++)
		put_rtp(&w, FIRST_US, 5004, 0, n, 7);
	put_sr(&w, FIRST_US, 5004, 7);
	put_sr(&w, FIRST_US, 5005, 7);
	put_sr(&w, FIRST_US, 5006, 7);
	struct capture *c = open_bytes(w.file, w.file->len, payloads, TSR_OK);
	unsigned rtcp = 0;
	struct capture_packet packet;
	while (capture_next(c, &packet) == TSR_OK)
		rtcp += packet.rtcp && packet.stream == 0;
	assert_int_equal(rtcp, 2);
	assert_int_equal(c->counters.unknown_rtcp, 1);
	capture_close(c);
	g_byte_array_free(w.file, TRUE);
	payloads_destroy(payloads);
}

/* The clock of the capturing machine is set back by an hour, and wavers by a millisecond. */
static void test_arrival_never_falls(void **state)
{
	(void)state;
	static const int64_t times[] = {0, 1000, 500, 2000, -3600000000, -3599999000, -3599998000};
	static const int64_t arrivals[] = {0, 1000, 1000, 2000, 2000, 3000, 4000};
	struct payloads *payloads = make_payloads("96=vp9", NULL);
	struct writer w = {.link_type = 1};
	begin(&w);
	for (unsigned n = 0; n < G_N_ELEMENTS(times); n++)
		put_rtp(&w, FIRST_US + times[n], 5004, 96, n, 7);
	struct capture *c = open_bytes(w.file, w.file->len, payloads, TSR_OK);
	for (unsigned n = 0; n < G_N_ELEMENTS(times); n++)
		expect_rtp(c, 0, n, FIRST_US + arrivals[n]);
	expect_end(c, TSR_E_EOF);
	g_byte_array_free(w.file, TRUE);
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
		"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\n"
		"m=audio 5004 RTP/AVP 111 63 0\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n"
		"a=fmtp:63 111/111\r\n"
		"m=video 5006 RTP/AVP 96 97\r\na=rtpmap:96 H264/90000\r\na=rtpmap:97 rtx/90000\r\n"
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
	assert_true(payloads_find(p, 5006, 97)->ignored);
	assert_null(payloads_find(p, 5008, 96));
	assert_int_equal(payloads_find(p, 40000, 98)->codec, TSR_CODEC_VP8);
	assert_int_equal(payloads_find(p, 5008, 10)->clock_rate, 44100);
	assert_int_equal(payloads_add_sdp(p, "<html>no SDP</html>\n"), TSR_E_MALFORMED);
	payloads_destroy(p);
}

/* ---- mjr --------------------------------------------------------------------------------------------------------- */

static GByteArray *begin_mjr(const char *magic, const char *info)
{
	GByteArray *file = g_byte_array_new();
	g_byte_array_append(file, (const guint8 *)magic, 8);
	put_be16(file, (unsigned)strlen(info));
	g_byte_array_append(file, (const guint8 *)info, (guint)strlen(info));
	return file;
}

static void put_frame(GByteArray *file, bool times, uint32_t ms, const GByteArray *bytes)
{
	g_byte_array_append(file, (const guint8 *)"MEETECHO", times ? 4 : 8);
	if (times)
		put_be32(file, ms);
	put_be16(file, bytes->len);
	g_byte_array_append(file, bytes->data, bytes->len);
}

static void put_mjr_rtp(GByteArray *file, bool times, uint32_t ms, unsigned seq, uint32_t ts)
{
	GByteArray *rtp = make_rtp(96, seq, ts, 0x11223344, 40);
	put_frame(file, times, ms, rtp);
	g_byte_array_free(rtp, TRUE);
}

#define H264_INFO                                                                                                      \
	"{\"t\":\"v\",\"c\":\"h264\",\"f\":\"sprop-parameter-sets=Z0LAHg==\",\"d\":\"camera\",\"s\":1,\"u\":"          \
	"1700000000123456}"

static void test_mjr_generations(void **state)
{
	(void)state;
	static const struct {
		const char *magic, *info;
		tsr_codec codec;
		int64_t first_us;
	} generations[] = {
		{"MEETECHO", "video", TSR_CODEC_VP8, 0},
		{"MEETECHO", "audio", TSR_CODEC_OPUS, 0},
		{"MJR00001", H264_INFO, TSR_CODEC_H264, FIRST_US},
		{"MJR00002", H264_INFO, TSR_CODEC_H264, FIRST_US},
		{"MJR00001", "{\"t\":\"a\",\"c\":\"g711\",\"s\":5}", TSR_CODEC_PCMU, 5},
		{"MJR00002", "{\"t\":\"a\",\"c\":\"l16\",\"u\":9}", TSR_CODEC_L16, 9},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(generations); i++) {
		bool times = generations[i].magic[7] == '2';
		GByteArray *file = begin_mjr(generations[i].magic, generations[i].info);
		uint32_t rate = tsr_codec_clock_rate(generations[i].codec);
		for (unsigned n = 0; n < 5; n++)
			put_mjr_rtp(file, times, n * 20, n, n * rate / 50);
		struct capture *c = open_bytes(file, file->len, NULL, TSR_OK);
		assert_int_equal(c->stream_count, 1);
		assert_int_equal(c->streams[0].format.codec, generations[i].codec);
		assert_int_equal(c->wall_clock, generations[i].first_us != 0);
		for (unsigned n = 0; n < 5; n++)
			expect_rtp(c, 0, n, generations[i].first_us + n * 20000);
		assert_int_equal(c->streams[0].ssrc, 0x11223344);
		if (generations[i].codec == TSR_CODEC_H264) {
			assert_int_equal(c->streams[0].format.parameter_sets_size, 8);
			assert_string_equal(c->streams[0].label, "camera");
		}
		expect_end(c, TSR_E_EOF);
		g_byte_array_free(file, TRUE);
	}
}

static void test_mjr_that_cannot_be_used(void **state)
{
	(void)state;
	static const struct {
		const char *magic, *info;
		tsr_error want;
	} bad[] = {
		{"MJR00003", "{}", TSR_E_UNSUPPORTED},
		{"MJR00002", "", TSR_E_MALFORMED},
		{"MJR00002", "{", TSR_E_MALFORMED},
		{"MJR00002", "[1]", TSR_E_MALFORMED},
		{"MJR00002", "{\"t\":\"v\"}", TSR_E_MALFORMED},
		{"MJR00002", "{\"t\":1,\"c\":2}", TSR_E_MALFORMED},
		{"MJR00002", "{\"t\":\"d\",\"c\":\"text\"}", TSR_E_UNSUPPORTED},
		{"MJR00002", "{\"t\":\"v\",\"c\":\"theora\"}", TSR_E_UNSUPPORTED},
		{"MJR00002", "{\"t\":\"v\",\"c\":\"vp8\",\"e\":true}", TSR_E_UNSUPPORTED},
		{"MEETECHO", "text!", TSR_E_UNSUPPORTED},
		{"GIF89a  ", "", TSR_E_UNSUPPORTED},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		GByteArray *file = begin_mjr(bad[i].magic, bad[i].info);
		put_mjr_rtp(file, bad[i].magic[7] == '2', 0, 0, 0);
		open_bytes(file, file->len, NULL, bad[i].want);
		g_byte_array_free(file, TRUE);
	}
}

static void test_cut_mjr(void **state)
{
	(void)state;
	for (int times = 0; times < 2; times++) {
		GByteArray *file = begin_mjr(times ? "MJR00002" : "MJR00001", H264_INFO);
		for (unsigned n = 0; n < 6; n++)
			put_mjr_rtp(file, times, n, n, n);
		cut_everywhere(file, NULL, 6);
		g_byte_array_free(file, TRUE);
	}
}

/* Frames behind damaged bytes are found again; the end says that something was damaged. */
static void test_damaged_mjr(void **state)
{
	(void)state;
	GByteArray *file = begin_mjr("MJR00002", H264_INFO);
	put_mjr_rtp(file, true, 0, 0, 0);
	guint second = file->len;
	put_mjr_rtp(file, true, 1, 1, 0);
	put_mjr_rtp(file, true, 2, 2, 0);
	memset(file->data + second, 'M', 30);
	GByteArray *tiny = g_byte_array_new();
	put_be32(tiny, 0);
	put_frame(file, true, 3, tiny); /* too short for RTP */
	g_byte_array_free(tiny, TRUE);
	put_mjr_rtp(file, true, 4, 3, 0);
	struct capture *c = open_bytes(file, file->len, NULL, TSR_OK);
	expect_rtp(c, 0, 0, FIRST_US);
	expect_rtp(c, 0, 2, FIRST_US + 2000);
	expect_rtp(c, 0, 3, FIRST_US + 4000);
	assert_int_equal(c->counters.skipped_bytes, 62);
	assert_int_equal(c->counters.not_rtp, 1);
	expect_end(c, TSR_E_MALFORMED);
	g_byte_array_free(file, TRUE);
}

/* Without frame times the sender's clock tells when packets came: it may wrap, go back for a retransmission, and jump. */
static void test_mjr_times_from_rtp(void **state)
{
	(void)state;
	static const struct {
		uint32_t ts;
		int64_t us;
	} packets[] = {
		{0xfffffc18, 0},
		{0xfffffc18 + 9000, 100000},
		{0xfffffc18 + 4500, 100000},
		{0xfffffc18 + 18000, 200000},
		{0x50000000, 200000},
		{0x50000000 + 9000, 300000},
		{0x10000000, 300000},
		{0x10000000 + 9000, 400000},
	};
	GByteArray *file = begin_mjr("MEETECHO", "video");
	for (unsigned n = 0; n < G_N_ELEMENTS(packets); n++)
		put_mjr_rtp(file, false, 0, n, packets[n].ts);
	struct capture *c = open_bytes(file, file->len, NULL, TSR_OK);
	for (unsigned n = 0; n < G_N_ELEMENTS(packets); n++)
		expect_rtp(c, 0, n, packets[n].us);
	expect_end(c, TSR_E_EOF);
	g_byte_array_free(file, TRUE);
}

/* ---- nothing in a file is trusted -------------------------------------------------------------------------------- */

static void read_damaged(const GByteArray *file, const struct payloads *payloads, GRand *rand)
{
	GByteArray *copy = g_byte_array_new();
	g_byte_array_append(copy, file->data, file->len);
	for (int flips = g_rand_int_range(rand, 1, 8); flips > 0; flips--)
		copy->data[g_rand_int_range(rand, 0, (gint32)copy->len)] = (uint8_t)g_rand_int(rand);
	char why[200];
	struct capture *c = NULL;
	struct capture_packet packet;
	char *path = write_file(copy, copy->len);
	int64_t last_us = INT64_MIN;
	if (capture_open(path, payloads, &c, why, sizeof(why)) == TSR_OK) {
		while (capture_next(c, &packet) == TSR_OK) {
			assert_true(packet.arrival_us >= last_us);
			assert_true(packet.stream < c->stream_count);
			last_us = packet.arrival_us;
		}
	}
	capture_close(c);
	g_unlink(path);
	g_free(path);
	g_byte_array_free(copy, TRUE);
}

static void test_random_damage(void **state)
{
	(void)state;
	struct payloads *payloads = make_payloads("96=h264", NULL);
	GRand *rand = g_rand_new_with_seed(42);
	for (enum framing framing = PCAP_US; framing <= PCAPNG; framing++) {
		struct writer w = {.framing = framing, .link_type = 1, .ipv6 = framing == PCAP_NS};
		begin(&w);
		for (unsigned n = 0; n < 20; n++)
			put_rtp(&w, FIRST_US + n, 5004, 96, n, 7);
		for (int i = 0; i < 500; i++)
			read_damaged(w.file, payloads, rand);
		g_byte_array_free(w.file, TRUE);
	}
	GByteArray *file = begin_mjr("MJR00002", H264_INFO);
	for (unsigned n = 0; n < 20; n++)
		put_mjr_rtp(file, true, n, n, n);
	for (int i = 0; i < 500; i++)
		read_damaged(file, NULL, rand);
	g_byte_array_free(file, TRUE);
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
		cmocka_unit_test(test_mjr_generations),
		cmocka_unit_test(test_mjr_that_cannot_be_used),
		cmocka_unit_test(test_cut_mjr),
		cmocka_unit_test(test_damaged_mjr),
		cmocka_unit_test(test_mjr_times_from_rtp),
		cmocka_unit_test(test_random_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
