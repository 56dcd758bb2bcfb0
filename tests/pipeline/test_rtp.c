/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * RTP as it really comes: streams of two simulated senders, changed on their way as networks, phones and cameras change them. */
#include <string.h>

#include "../lib/cmocka.h"
#include "harness.h"
#include "sender.h"
#include "tscheck.h"

#define S          G_USEC_PER_SEC
#define START_US   1700000000000000LL
#define MAX_PACKET 1500

struct stream;

/* What becomes of a packet: pushes it, changed or not, or others. */
typedef void (*mangle_fn)(struct stream *s, const uint8_t *data, size_t size, int64_t arrival_us);

struct stream {
	struct harness *harness;
	unsigned track;
	struct sender sender;
	mangle_fn mangle;
	unsigned packets; /* so far */
	unsigned changed; /* of those */
	uint8_t kept[MAX_PACKET];
	size_t kept_size;
};

static void push(struct stream *s, const uint8_t *data, size_t size, int64_t arrival_us)
{
	assert_true(tsr_push_rtp(s->harness->recording, s->track, data, size, arrival_us));
}

static void on_packet(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct stream *s = ctx;
	if (rtcp)
		assert_true(tsr_push_rtcp(s->harness->recording, s->track, data, size, arrival_us));
	else if (s->mangle != NULL)
		s->mangle(s, data, size, arrival_us);
	else
		push(s, data, size, arrival_us);
	s->packets++;
}

static void stream_start(struct stream *s, struct harness *h, const struct media *media, mangle_fn mangle)
{
	*s = (struct stream){.harness = h, .track = harness_track(h, media->codec), .mangle = mangle};
	s->sender = (struct sender){.media = media,
				    .payload_type = 96,
				    .ssrc = 7,
				    .start_us = START_US,
				    .seq = 1, /* as Janus numbers them */
				    .send = on_packet,
				    .ctx = s};
}

static void play(struct stream *s, unsigned frames)
{
	for (unsigned i = 0; i < frames; i++)
		sender_frame(&s->sender);
}

struct result {
	struct harness h;
	tsr_stats *stats;
	struct tscheck check;
};

/* `check` looks at the file: tscheck_file, or what allows for pictures that are far apart. */
static void finish_as(struct result *r, void (*check)(const char *path, struct tscheck *out))
{
	r->stats = g_new0(tsr_stats, 1);
	harness_stop(&r->h, r->stats);
	assert_non_null(r->h.path);
	check(r->h.path, &r->check);
	for (unsigned i = 0; i < r->check.count; i++)
		assert_int_equal(r->check.stream[i].errors + r->check.stream[i].backwards, 0);
}

static void finish(struct result *r)
{
	finish_as(r, tscheck_file);
}

static void release(struct result *r)
{
	tscheck_finish(&r->check);
	g_free(r->stats);
	harness_finish(&r->h);
}

static void start(struct result *r)
{
	harness_start(&r->h, true, &(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY});
}

static const tsr_track_stats *record(struct result *r, const struct media *media, mangle_fn mangle, unsigned frames)
{
	struct stream s;
	start(r);
	stream_start(&s, &r->h, media, mangle);
	play(&s, frames);
	finish(r);
	return &r->stats->track[s.track];
}

/* ---- order ---- */

/* The packet after the first comes before it: with H.264, a slice before the parameter sets. */
static void swap_the_first_two(struct stream *s, const uint8_t *data, size_t size, int64_t arrival_us)
{
	if (s->packets == 0) {
		memcpy(s->kept, data, size);
		s->kept_size = size;
		return;
	}
	push(s, data, size, arrival_us);
	if (s->packets == 1)
		push(s, s->kept, s->kept_size, arrival_us + 300);
}

static void first_packets_out_of_order(void **state)
{
	(void)state;
	const struct media *const media[] = {media_h264, media_opus};
	for (size_t i = 0; i < G_N_ELEMENTS(media); i++) {
		struct result r;
		const unsigned frames = 29; /* of H.264: one keyframe */
		const tsr_track_stats *t = record(&r, media[i], swap_the_first_two, frames);
		assert_int_equal(t->frames_written, frames);
		assert_int_equal(t->lost + t->late + t->duplicate + t->frames_skipped, 0);
		assert_int_equal(t->reordered, 1);
		assert_int_equal(r.check.stream[0].packets, frames);
		release(&r);
	}
}

/* A re-INVITE: the phone goes on with its SSRC and its clock, its numbers begin anew. */
static void the_sequence_restarts_a_little_way_back(void **state)
{
	(void)state;
	static const unsigned back[] = {1, 2, 500, 2047};
	for (size_t i = 0; i < G_N_ELEMENTS(back); i++) {
		struct result r;
		struct stream s;
		start(&r);
		stream_start(&s, &r.h, media_opus, NULL);
		play(&s, 2500);
		s.sender.seq = (uint16_t)(s.sender.seq - back[i] - 1);
		play(&s, 400);
		finish(&r);
		const tsr_track_stats *t = &r.stats->track[0];
		assert_int_equal(t->restarts, 1);
		assert_int_equal(t->frames_written, 2900);
		assert_int_equal(t->lost + t->late + t->duplicate + t->clock_jumps, 0);
		assert_true(r.check.stream[0].longest_gap_90k <= 1900);
		release(&r);
	}
}

/* ---- two SSRCs on one track ---- */

static void two_ssrcs_in_turn(void **state)
{
	(void)state;
	struct result r;
	struct stream a;
	start(&r);
	stream_start(&a, &r.h, media_opus, NULL);
	struct sender b = a.sender;
	b.ssrc = 8;
	b.seq = 30000;
	b.ts = 1000000;
	for (unsigned i = 0; i < 500; i++) {
		sender_frame(&a.sender);
		sender_frame(&b);
	}
	for (unsigned i = 0; i < 500; i++)
		sender_frame(&b); /* the first has stopped */
	finish(&r);
	const tsr_track_stats *t = &r.stats->track[0];
	assert_int_equal(t->restarts, 1);
	assert_int_equal(t->lost + t->late, 0);
	assert_in_range(t->other_ssrc, 490, 500);
	assert_in_range(t->frames_written, 1000, 1010);
	assert_true(r.check.stream[0].longest_gap_90k <= 3700);
	release(&r);
}

/* ---- padding ---- */

/* A camera: the header announces padding, the last byte says 0. Only where a NAL unit ends a decoder passes over such a byte. */
static void pad_with_zero(struct stream *s, const uint8_t *data, size_t size, int64_t arrival_us)
{
	uint8_t packet[MAX_PACKET] = {0};
	memcpy(packet, data, size);
	bool whole = (data[12] & 31) < 24;
	s->changed += whole;
	packet[0] |= whole ? 0x20 : 0;
	push(s, packet, size + whole, arrival_us);
}

static void padding_of_zero_bytes(void **state)
{
	(void)state;
	struct result r;
	struct stream s;
	start(&r);
	stream_start(&s, &r.h, media_h264, pad_with_zero);
	play(&s, 90);
	finish(&r);
	const tsr_track_stats *t = &r.stats->track[0];
	assert_int_equal(t->frames_written, 90);
	assert_int_equal(t->malformed, 0);
	assert_true(s.changed > 100);
	assert_int_equal(t->bad_padding, s.changed);
	release(&r);
}

/* ---- payload types ---- */

/* What looks like nothing else: a packet with the next number, of another type. */
static void push_other(struct stream *s, uint8_t payload_type, const uint8_t *model, int64_t arrival_us)
{
	uint8_t packet[60];
	memset(packet, 0x55, sizeof(packet));
	memcpy(packet, model, 12);
	packet[1] = payload_type;
	packet[2] = (uint8_t)(s->sender.seq >> 8);
	packet[3] = (uint8_t)s->sender.seq;
	s->sender.seq++;
	push(s, packet, sizeof(packet), arrival_us);
}

/* ULPFEC (RFC 5109) with a payload type of its own, after each frame; for sound, a telephone event. */
static void add_fec(struct stream *s, const uint8_t *data, size_t size, int64_t arrival_us)
{
	push(s, data, size, arrival_us);
	if (data[1] & 0x80 || s->sender.media->codec == TSR_CODEC_OPUS)
		push_other(s, 117, data, arrival_us);
}

static void other_payload_types(void **state)
{
	(void)state;
	const struct media *const media[] = {media_h264, media_vp8, media_opus};
	for (size_t i = 0; i < G_N_ELEMENTS(media); i++) {
		struct result r;
		const tsr_track_stats *t = record(&r, media[i], add_fec, 90);
		assert_int_equal(t->frames_written, 90);
		assert_int_equal(t->other_payload, 90);
		assert_int_equal(t->lost + t->malformed + t->frames_damaged, 0);
		release(&r);
	}
}

/* Comfort noise comes first; and a sender that uses another type than it announced. */
static void the_medium_is_what_was_announced(void **state)
{
	(void)state;
	static const struct {
		uint8_t announced, first;
		unsigned written; /* of 100 frames */
	} cases[] = {{0, 13, 100}, {96, 13, 100}, {96, 101, 100}, {100, 96, 100 - 7}};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct result r;
		struct stream s;
		start(&r);
		tsr_track_config config = {.codec = TSR_CODEC_OPUS};
		if (cases[i].announced != 0)
			tsr_payload_types_add(&config.payload_types, cases[i].announced);
		stream_start(&s, &r.h, media_opus, NULL);
		assert_int_equal(tsr_recording_add_track(r.h.recording, &config, &s.track), TSR_OK);
		static const uint8_t model[12] = {0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
		if (cases[i].first != 96)
			push_other(&s, cases[i].first, model, START_US);
		play(&s, 100);
		finish(&r);
		const tsr_track_stats *t = &r.stats->track[s.track];
		assert_int_equal(t->frames_written, cases[i].written);
		assert_int_equal(t->other_payload, 100 - cases[i].written + (cases[i].first != 96));
		assert_int_equal(t->lost, 0);
		release(&r);
	}
}

/* ---- reports, clocks ---- */

struct compound {
	uint8_t bytes[200];
	size_t size;
};

static void collect(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	(void)arrival_us;
	struct compound *c = ctx;
	assert_true(rtcp && c->size + size <= sizeof(c->bytes));
	memcpy(c->bytes + c->size, data, size);
	c->size += size;
}

/* Both tracks' reports in one packet, which is handed over as the picture's. The sound starts 150 ms late on its way: its report says
 * where it lies. */
static void one_packet_reports_of_both_tracks(void **state)
{
	(void)state;
	struct result r;
	struct stream video, audio;
	start(&r);
	stream_start(&video, &r.h, media_h264, NULL);
	stream_start(&audio, &r.h, media_opus, NULL);
	audio.sender.ssrc = 9;
	for (unsigned second = 0; second < 5; second++) {
		struct compound c = {{0}, 0};
		struct sender reporters[] = {video.sender, audio.sender};
		for (int i = 0; i < 2; i++) {
			reporters[i].send = collect;
			reporters[i].ctx = &c;
			sender_report(&reporters[i], second * S + 100000);
		}
		while (sender_next_us(&video.sender) < (second + 1) * S) {
			bool due = sender_next_us(&audio.sender) < sender_next_us(&video.sender);
			sender_frame(due ? &audio.sender : &video.sender);
		}
		assert_true(tsr_push_rtcp(r.h.recording, video.track, c.bytes, c.size, START_US + (second + 1) * S));
	}
	finish(&r);
	assert_int_equal(r.stats->track[video.track].sender_reports, 5);
	assert_int_equal(r.stats->track[audio.track].sender_reports, 5);
	release(&r);
}

/* G.722 has 16000 samples a second and counts 8000 (RFC 3551 section 4.5.2), whatever the SDP says. */
static void g722_counts_8000(void **state)
{
	(void)state;
	static const uint32_t rates[] = {0, 8000, 16000};
	for (size_t i = 0; i < G_N_ELEMENTS(rates); i++) {
		struct result r;
		unsigned track;
		harness_start(&r.h, true, &(tsr_recording_config){0});
		const tsr_track_config config = {.codec = TSR_CODEC_G722, .clock_rate = rates[i]};
		assert_int_equal(tsr_recording_add_track(r.h.recording, &config, &track), TSR_OK);
		for (unsigned n = 0; n < 300; n++) {
			uint8_t packet[12 + 160] = {0x80, 9, (uint8_t)(n >> 8), (uint8_t)n};
			uint32_t ts = n * 160;
			packet[5] = (uint8_t)(ts >> 16);
			packet[6] = (uint8_t)(ts >> 8);
			packet[7] = (uint8_t)ts;
			memset(packet + 12, 0xfa, 160);
			assert_true(tsr_push_rtp(r.h.recording, track, packet, sizeof(packet), START_US + n * 20000));
		}
		finish(&r);
		assert_string_equal(r.h.warnings, "");
		assert_int_equal(r.stats->track[0].clock_jumps, 0);
		assert_in_range(r.h.duration_ms, 5950, 6080);
		release(&r);
	}
}

/* A clock that counts `rate` a second, whatever is announced: `frames` of `frame_us` each. */
struct odd_clock {
	tsr_codec codec;
	uint32_t announced, rate; /* Hz; 0 announced = the codec's own */
	int64_t frame_us;
	unsigned payload_size; /* of sound */
	bool told;
};

static void push_odd(struct harness *h, unsigned track, const struct odd_clock *c, unsigned n)
{
	uint8_t packet[12 + 4 * MAX_PACKET] = {0x80, 0x80 | 97, (uint8_t)(n >> 8), (uint8_t)n};
	int64_t at_us = n * c->frame_us;
	uint32_t ts = (uint32_t)(at_us * c->rate / S);
	for (int i = 0; i < 4; i++)
		packet[4 + i] = (uint8_t)(ts >> (24 - 8 * i));
	packet[11] = 7;
	const struct media_frame *frame = media_frame(media_vp8, n);
	static const uint8_t descriptor = 0x10; /* VP8: the first partition begins */
	size_t size = c->payload_size;
	if (c->codec == TSR_CODEC_VP8) {
		size = frame->size + 1;
		assert_true(12 + size <= sizeof(packet));
		packet[12] = descriptor;
		memcpy(packet + 13, frame->data, frame->size);
	}
	assert_true(tsr_push_rtp(h->recording, track, packet, 12 + size, START_US + at_us));
}

/* What is measured is followed, and told once. The last 10 of 14 s are as long as they were. */
static void another_clock_than_was_announced(void **state)
{
	(void)state;
	static const struct odd_clock cases[] = {
		{TSR_CODEC_VP8, 0, 90000, 33333, 0, false},
		{TSR_CODEC_VP8, 0, 1000, 33333, 0, true}, /* milliseconds */
		{TSR_CODEC_VP8, 0, 48000, 33333, 0, true},
		{TSR_CODEC_VP8, 0, 90000, 1000000, 0, false},
		{TSR_CODEC_L16, 16000, 16000, 20000, 640, false},
		{TSR_CODEC_L16, 16000, 48000, 20000, 1920, true},
		{TSR_CODEC_L16, 48000, 16000, 20000, 640, true},
		{TSR_CODEC_PCMU, 8000, 16000, 20000, 160, true},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct result r;
		unsigned track, n = 0;
		harness_start(&r.h, true, &(tsr_recording_config){0});
		const tsr_track_config config = {.codec = cases[i].codec, .clock_rate = cases[i].announced};
		assert_int_equal(tsr_recording_add_track(r.h.recording, &config, &track), TSR_OK);
		for (; n * cases[i].frame_us < 14 * S; n++)
			push_odd(&r.h, track, &cases[i], n);
		finish_as(&r, tscheck_file_with_pauses); /* before it is known, the clock jumps */
		unsigned told = 0;
		for (const char *at = r.h.warnings; (at = strstr(at, "clock_rate")) != NULL; at++)
			told++;
		if (told != cases[i].told || r.h.duration_ms < 12950 || r.h.duration_ms > 14600)
			fail_msg("%s, %u for %u: told %u times (%s), %d ms", tsr_codec_name(cases[i].codec),
				 cases[i].rate, cases[i].announced, told, r.h.warnings, (int)r.h.duration_ms);
		assert_int_equal(r.stats->track[0].frames_written, r.check.stream[0].packets);
		if (!cases[i].told)
			assert_int_equal(r.stats->track[0].clock_jumps, 0);
		release(&r);
	}
}

/* ---- formats that are none of ours ---- */

/* H.265 as Safari sent it before version 18: a byte of flags, then Annex B, in pieces. */
static void push_safari(struct harness *h, unsigned track, unsigned *seq, unsigned picture)
{
	bool keyframe = picture % 30 == 0;
	for (unsigned part = 0; part < 3; part++) {
		uint8_t packet[900] = {0x80, (uint8_t)((part == 2 ? 0x80 : 0) | 49), (uint8_t)(*seq >> 8),
				       (uint8_t)*seq};
		uint32_t ts = picture * 3000;
		for (int i = 0; i < 4; i++)
			packet[4 + i] = (uint8_t)(ts >> (24 - 8 * i));
		packet[11] = 7;
		memset(packet + 12, 0x26 + (int)part, sizeof(packet) - 12);
		packet[12] = (uint8_t)((part == 0 ? 2 : 0) | keyframe);
		static const uint8_t annexb[] = {0, 0, 0, 1, 0x40, 1};
		if (part == 0)
			memcpy(packet + 13, annexb, sizeof(annexb));
		++*seq;
		assert_true(tsr_push_rtp(h->recording, track, packet, sizeof(packet), START_US + picture * 33333));
	}
}

static char *last_line; /* of the log */

static void keep_line(tsr_log_level level, const char *line)
{
	if (level == TSR_LOG_WARNING && strstr(line, "no frame since") != NULL) {
		g_free(last_line);
		last_line = g_strdup(line);
	}
}

static void what_looks_like_something_else_is_named(void **state)
{
	(void)state;
	struct harness h;
	tsr_stats *stats = g_new0(tsr_stats, 1);
	unsigned seq = 0;
	harness_start(&h, true, &(tsr_recording_config){0});
	unsigned track = harness_track(&h, TSR_CODEC_H265);
	tsr_log_set(keep_line, TSR_LOG_WARNING);
	for (unsigned picture = 0; picture < 150; picture++)
		push_safari(&h, track, &seq, picture);
	harness_stop(&h, stats);
	tsr_log_set(NULL, TSR_LOG_INFO);
	assert_string_equal(h.warnings, "no_frames ");
	assert_non_null(last_line);
	assert_non_null(strstr(last_line, "this looks like the H.265 of Safari before 18"));
	assert_int_equal(stats->track[0].frames, 0);
	assert_int_equal(stats->track[0].malformed, 450);
	assert_null(h.path);
	g_free(last_line);
	g_free(stats);
	harness_finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_packets_out_of_order),
		cmocka_unit_test(the_sequence_restarts_a_little_way_back),
		cmocka_unit_test(two_ssrcs_in_turn),
		cmocka_unit_test(padding_of_zero_bytes),
		cmocka_unit_test(other_payload_types),
		cmocka_unit_test(the_medium_is_what_was_announced),
		cmocka_unit_test(one_packet_reports_of_both_tracks),
		cmocka_unit_test(g722_counts_8000),
		cmocka_unit_test(another_clock_than_was_announced),
		cmocka_unit_test(what_looks_like_something_else_is_named),
	};
	return cmocka_run_group_tests(tests, media_setup, media_teardown);
}
