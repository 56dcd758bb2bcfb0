/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Senders that cause trouble with every packet: it is told, once in ten seconds, and not with every packet. */
#include <stdio.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "harness.h"

#define S        G_USEC_PER_SEC
#define START_US 1700000000000000LL

struct stream {
	struct harness h;
	unsigned track;
	uint16_t seq;
};

static void start(struct stream *s, bool offline, tsr_codec codec)
{
	*s = (struct stream){0};
	harness_start(&s->h, offline, &(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY});
	s->track = harness_track(&s->h, codec);
}

/* One packet with the marker bit, in sequence. */
static bool push(struct stream *s, uint32_t ts, const uint8_t *payload, size_t size, int64_t arrival_us)
{
	uint8_t packet[1400] = {0x80,
				0x80 | 96,
				(uint8_t)(s->seq >> 8),
				(uint8_t)s->seq,
				(uint8_t)(ts >> 24),
				(uint8_t)(ts >> 16),
				(uint8_t)(ts >> 8),
				(uint8_t)ts,
				0,
				0,
				0,
				1};
	s->seq++;
	memcpy(packet + 12, payload, size);
	return tsr_push_rtp(s->h.recording, s->track, packet, 12 + size, arrival_us);
}

static void assert_told(struct stream *s, const char *warnings)
{
	harness_stop(&s->h, NULL);
	assert_string_equal(s->h.warnings, warnings);
	harness_finish(&s->h);
}

/* 15 s of timestamps that are each a minute ahead of the one before. */
static void a_clock_that_jumps_with_each_packet(void **state)
{
	(void)state;
	static const uint8_t opus[] = {0xf8, 0xff, 0xfe}; /* 20 ms of silence */
	struct stream s;
	start(&s, true, TSR_CODEC_OPUS);
	for (int i = 0; i < 15 * 50; i++)
		assert_true(push(&s, (uint32_t)i * 48000 * 60, opus, sizeof(opus), START_US + i * (S / 50)));
	tsr_stats *stats = g_new0(tsr_stats, 1);
	tsr_recording_get_stats(s.h.recording, stats);
	assert_in_range(stats->track[0].clock_jumps, 700, 750);
	g_free(stats);
	assert_told(&s, "clock_jump clock_jump ");
}

/* VP8 keyframes whose first partition would be larger than the frame. */
static void frames_that_cannot_be_decoded(void **state)
{
	(void)state;
	static const uint8_t vp8[] = {0x10, 0xf0, 0xff, 0x7f, 0x9d, 0x01, 0x2a, 0x40, 0x00,
				      0x40, 0x00, 1,    2,    3,    4,    5,    6};
	struct stream s;
	start(&s, true, TSR_CODEC_VP8);
	for (int i = 0; i < 9 * 20; i++)
		assert_true(push(&s, (uint32_t)i * 4500, vp8, sizeof(vp8), START_US + i * (S / 20)));
	tsr_stats *stats = g_new0(tsr_stats, 1);
	tsr_recording_get_stats(s.h.recording, stats);
	assert_in_range(stats->track[0].decode_errors, 170, 180);
	g_free(stats);
	assert_told(&s, "decode_errors ");
}

/* Hundreds of megabytes at once: more than the workers can take over between two turns. */
static void packets_that_come_too_fast(void **state)
{
	(void)state;
	static const uint8_t opus[1200] = {0xf8};
	struct stream s;
	unsigned refused = 0;
	start(&s, false, TSR_CODEC_OPUS);
	for (int i = 0; i < 200000 && refused < 100; i++)
		refused += !push(&s, (uint32_t)i * 960, opus, sizeof(opus), tsr_now_us());
	assert_int_equal(refused, 100);
	harness_stop(&s.h, NULL);
	assert_non_null(strstr(s.h.warnings, "inbox_full "));
	assert_null(strstr(strstr(s.h.warnings, "inbox_full ") + 1, "inbox_full "));
	harness_finish(&s.h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_that_jumps_with_each_packet),
		cmocka_unit_test(frames_that_cannot_be_decoded),
		cmocka_unit_test(packets_that_come_too_fast),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
