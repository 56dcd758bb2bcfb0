/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Captures as they are handed in: without times, with everything twice, with FEC and noise among the media. */
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "capfile.h"
#include "capture_util.h"

struct sent {
	int64_t us;
	unsigned from, to, type, seq;
	uint32_t ts, ssrc;
};

static void put(struct capfile *w, const struct sent *p)
{
	GByteArray *rtp = make_rtp(p->type, p->seq, p->ts, p->ssrc, 60);
	capfile_udp(w, &(struct capfile_datagram){.us = p->us, .from = p->from, .to = p->to}, rtp->data, rtp->len);
	g_byte_array_free(rtp, TRUE);
}

/* What is in it, to the end. */
struct seen {
	unsigned packets[CAPTURE_MAX_STREAMS], streams, rtcp;
	int64_t last_us[CAPTURE_MAX_STREAMS];
	struct capture_counters counters;
	bool void_times;
};

static void read_all(const GByteArray *file, const struct payloads *payloads, struct seen *seen)
{
	struct capture *c = open_bytes(file, file->len, payloads, TSR_OK);
	struct capture_packet packet;
	int64_t first_us = 0;
	*seen = (struct seen){0};
	while (capture_next(c, &packet) == TSR_OK) {
		if (c->counters.packets == 1)
			first_us = packet.arrival_us;
		seen->rtcp += packet.rtcp;
		seen->packets[packet.stream] += !packet.rtcp;
		seen->last_us[packet.stream] = packet.arrival_us - first_us;
	}
	seen->streams = c->stream_count;
	seen->counters = c->counters;
	seen->void_times = c->void_times;
	capture_close(c);
}

/* ---- the same packet twice ---- */

static void captured_on_both_sides_of_a_relay(void **state)
{
	(void)state;
	struct payloads *payloads = make_payloads("96=h264", "111=opus/48000/2", NULL);
	struct capfile w = {.link_type = 1};
	struct seen seen;
	capfile_begin(&w);
	for (unsigned n = 0; n < 200; n++) {
		for (unsigned side = 0; side < 2; side++) {
			struct sent video = {n * 20000 + side * 700, 4000 + side, 5004 + side, 96, n, n * 1800, 7};
			struct sent audio = {n * 20000 + side * 700, 4000 + side, 5004 + side, 111, n, n * 960, 8};
			if (n != 50 || side != 0) /* the first side missed one */
				put(&w, &video);
			put(&w, &audio);
		}
	}
	read_all(w.bytes, payloads, &seen);
	assert_int_equal(seen.streams, 2);
	assert_int_equal(seen.packets[0], 200);
	assert_int_equal(seen.packets[1], 200);
	assert_int_equal(seen.counters.copies, 399);
	assert_false(seen.void_times);
	g_byte_array_free(w.bytes, TRUE);
	payloads_destroy(payloads);
}

/* "any" shows a packet at each interface that it passes, with the same addresses. */
static void captured_on_two_interfaces(void **state)
{
	(void)state;
	struct payloads *payloads = make_payloads("96=h264", NULL);
	struct capfile w = {.link_type = 113};
	struct seen seen;
	capfile_begin(&w);
	for (unsigned n = 0; n < 100; n++)
		for (unsigned side = 0; side < 2; side++)
			put(&w, &(struct sent){n * 20000 + side * 30, 4000, 5004, 96, n, n * 1800, 7});
	read_all(w.bytes, payloads, &seen);
	assert_int_equal(seen.streams, 1);
	assert_int_equal(seen.packets[0], 100);
	assert_int_equal(seen.counters.copies, 100);
	g_byte_array_free(w.bytes, TRUE);
	payloads_destroy(payloads);
}

/* ---- times ---- */

static void times_that_tell_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		int64_t step_us; /* from packet to packet */
		unsigned rtp_step, payload_type;
		bool uneven, is_void;
	} cases[] = {
		{"all the same", 0, 960, 111, false, true},
		{"microseconds number the packets", 1, 960, 111, false, true},
		{"seconds number the packets", G_USEC_PER_SEC, 960, 111, false, true},
		{"written at once", 40, 960, 111, true, true},
		{"sound, to the microsecond", 20000, 960, 111, false, false},
		{"sound", 20000, 960, 111, true, false},
		{"a picture a second", G_USEC_PER_SEC, 90000, 96, false, false},
	};
	struct payloads *payloads = make_payloads("96=h264", "111=opus/48000/2", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct capfile w = {.link_type = 1};
		struct seen seen;
		capfile_begin(&w);
		for (unsigned n = 0; n <= 300; n++) {
			int64_t us = n * cases[i].step_us + (cases[i].uneven ? n * 7 % 13 : 0);
			put(&w, &(struct sent){us, 4000, 5004, cases[i].payload_type, n, n * cases[i].rtp_step, 7});
		}
		read_all(w.bytes, payloads, &seen);
		if (seen.void_times != cases[i].is_void)
			fail_msg("%s: %s", cases[i].what, seen.void_times ? "void" : "taken for times");
		int64_t want_us = seen.void_times ? 300 * 20000 : 300 * cases[i].step_us;
		assert_in_range(seen.last_us[0], want_us, want_us + 13);
		g_byte_array_free(w.bytes, TRUE);
	}
	payloads_destroy(payloads);
}

/* Two streams keep their places: the second begins in the middle of the first. */
static void streams_without_times_lie_as_in_the_file(void **state)
{
	(void)state;
	struct payloads *payloads = make_payloads("96=h264", "111=opus/48000/2", NULL);
	struct capfile w = {.link_type = 1};
	struct seen seen;
	capfile_begin(&w);
	for (unsigned n = 0; n <= 300; n++) {
		put(&w, &(struct sent){0, 4000, 5004, 111, n, n * 960, 7});
		if (n >= 150 && n % 2 == 0)
			put(&w, &(struct sent){0, 4000, 5006, 96, n / 2, 5000 + n * 1800, 8});
	}
	read_all(w.bytes, payloads, &seen);
	assert_true(seen.void_times);
	assert_int_equal(seen.streams, 2);
	assert_in_range(seen.last_us[0], 6000000, 6020000);
	assert_in_range(seen.last_us[1], 6000000, 6020000);
	g_byte_array_free(w.bytes, TRUE);
	payloads_destroy(payloads);
}

static GByteArray *begin_mjr(const char *info)
{
	GByteArray *file = g_byte_array_new();
	mjr_begin(file, "MJR00002", info);
	return file;
}

static void put_frame(GByteArray *file, uint32_t ms, unsigned type, unsigned seq, uint32_t ts)
{
	GByteArray *rtp = make_rtp(type, seq, ts, 7, 60);
	mjr_frame(file, true, ms, rtp->data, rtp->len);
	g_byte_array_free(rtp, TRUE);
}

static void an_mjr_without_times(void **state)
{
	(void)state;
	struct seen seen;
	GByteArray *file = begin_mjr("{\"t\":\"v\",\"c\":\"vp8\",\"u\":1700000000000000}");
	for (unsigned n = 0; n <= 180; n++)
		put_frame(file, 0, 96, n, n * 3000);
	read_all(file, NULL, &seen);
	assert_true(seen.void_times);
	assert_int_equal(seen.last_us[0], 6000000);
	g_byte_array_free(file, TRUE);
}

/* ---- what is no medium ---- */

/* FEC, retransmissions and what nobody explained, on the SSRC of a picture: yielded with it, for their numbers are used up. Before it is
 * known, and on SSRCs of their own, they are left out. */
static void other_payload_types_go_with_their_ssrc(void **state)
{
	(void)state;
	struct payloads *payloads = make_payloads("96=h264", "98=h264", "97=rtx", NULL);
	struct capfile w = {.link_type = 1};
	capfile_begin(&w);
	put(&w, &(struct sent){0, 4000, 5004, 97, 0, 0, 7});
	for (unsigned n = 0; n < 100; n++) {
		int64_t us = n * 20000;
		static const unsigned others[] = {97, 117};
		put(&w, &(struct sent){us, 4000, 5004, 96, 1 + n * 2, n * 1800, 7});
		put(&w, &(struct sent){us + 5, 4000, 5004, others[n % 2], 2 + n * 2, n * 1800, 7});
		put(&w, &(struct sent){us + 9, 4000, 5004, 97, n, n * 1800, 70});
	}
	struct seen seen;
	read_all(w.bytes, payloads, &seen);
	assert_int_equal(seen.streams, 1);
	assert_int_equal(seen.packets[0], 200 + 1); /* the beginning of the file is read twice: it is known by then */
	assert_int_equal(seen.counters.ignored, 50 + 100 + 1);
	assert_int_equal(seen.counters.unexplained, 50);
	struct capture *c = open_bytes(w.bytes, w.bytes->len, payloads, TSR_OK);
	for (uint8_t type = 0; type < 128; type++)
		assert_int_equal(tsr_payload_types_has(&c->streams[0].payload_types, type), type == 96 || type == 98);
	capture_close(c);
	g_byte_array_free(w.bytes, TRUE);
	payloads_destroy(payloads);
}

static void the_medium_of_an_mjr_is_what_most_packets_have(void **state)
{
	(void)state;
	static const struct {
		const char *codec;
		unsigned first, medium, between; /* payload types; 0 between = none */
		tsr_codec want;
	} cases[] = {
		{"g711", 13, 8, 0, TSR_CODEC_PCMA}, /* comfort noise first */
		{"g711", 13, 0, 13, TSR_CODEC_PCMU},    {"pcmu", 8, 8, 101, TSR_CODEC_PCMA},
		{"opus", 111, 111, 13, TSR_CODEC_OPUS}, {"vp8", 96, 96, 117, TSR_CODEC_VP8}, /* FEC after each packet */
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char *info = g_strdup_printf("{\"t\":\"%c\",\"c\":\"%s\",\"u\":1700000000000000}",
					     cases[i].want == TSR_CODEC_VP8 ? 'v' : 'a', cases[i].codec);
		GByteArray *file = begin_mjr(info);
		unsigned seq = 0;
		put_frame(file, 0, cases[i].first, seq++, 0);
		for (unsigned n = 0; n < 50; n++) {
			put_frame(file, n * 20, cases[i].medium, seq++, n * 160);
			if (cases[i].between != 0)
				put_frame(file, n * 20, cases[i].between, seq++, n * 160);
		}
		struct capture *c = open_bytes(file, file->len, NULL, TSR_OK);
		const struct capture_stream *stream = &c->streams[0];
		assert_int_equal(stream->format.codec, cases[i].want);
		assert_int_equal(stream->payload_type, cases[i].medium);
		for (uint8_t type = 0; type < 128; type++)
			assert_int_equal(tsr_payload_types_has(&stream->payload_types, type), type == cases[i].medium);
		capture_close(c);
		g_byte_array_free(file, TRUE);
		g_free(info);
	}
}

/* ---- RTCP ---- */

/* The first report of a compound packet is of a stream that the capture does not have. */
static void a_report_behind_another_one(void **state)
{
	(void)state;
	struct payloads *payloads = make_payloads("96=h264", NULL);
	struct capfile w = {.link_type = 1};
	struct seen seen;
	capfile_begin(&w);
	for (unsigned n = 0; n < 10; n++)
		put(&w, &(struct sent){n * 20000, 4000, 5004, 96, n, n * 1800, 7});
	static const uint32_t reporters[2][2] = {{99, 7}, {99, 98}};
	for (int i = 0; i < 2; i++) {
		GByteArray *compound = g_byte_array_new();
		for (int k = 0; k < 2; k++) {
			put_be16(compound, 0x80c8);
			put_be16(compound, 6);
			put_be32(compound, reporters[i][k]);
			put_zeros(compound, 20);
		}
		capfile_udp(&w, &(struct capfile_datagram){.us = 200000, .from = 4000, .to = 5004}, compound->data,
			    compound->len);
		g_byte_array_free(compound, TRUE);
	}
	read_all(w.bytes, payloads, &seen);
	assert_int_equal(seen.rtcp, 1);
	assert_int_equal(seen.counters.unknown_rtcp, 1);
	g_byte_array_free(w.bytes, TRUE);
	payloads_destroy(payloads);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_on_both_sides_of_a_relay),
		cmocka_unit_test(captured_on_two_interfaces),
		cmocka_unit_test(times_that_tell_nothing),
		cmocka_unit_test(streams_without_times_lie_as_in_the_file),
		cmocka_unit_test(an_mjr_without_times),
		cmocka_unit_test(other_payload_types_go_with_their_ssrc),
		cmocka_unit_test(the_medium_of_an_mjr_is_what_most_packets_have),
		cmocka_unit_test(a_report_behind_another_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
