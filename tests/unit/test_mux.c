/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The muxer's promises: every frame is in the sink when mux_write returns, in whole TS packets; a later muxer goes on in the
 * same file with new tables; a refused frame writes nothing. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "recorder/mux/mux.h"
#include "recorder/sink/memory.h"

#define TS        188
#define VIDEO_PID 0x100
#define AUDIO_PID 0x101

static const struct mux_track tracks[] = {
	{.id = 0, .format = {.codec = TSR_CODEC_H264, .width = 640, .height = 480}},
	{.id = 1,
	 .format = {.codec = TSR_CODEC_OPUS,
		    .sample_rate = 48000,
		    .channels = 2,
		    .extradata_size = 19,
		    .extradata = {'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 2, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0}}},
};

struct fixture {
	struct buf bytes;
	struct sink *sink;
	struct mux *mux;
};

static void ignore(void *ctx, const struct sink_result *result)
{
	(void)ctx;
	(void)result;
}

static void start(struct fixture *f, unsigned count)
{
	const struct mux_config config = {.title = "a title", .wait_90k = 45000};
	assert_int_equal(mux_create(&config, f->sink, &f->mux), TSR_OK);
	assert_int_equal(mux_set_tracks(f->mux, tracks, count), TSR_OK);
}

static size_t room_for(const struct fixture *f, size_t size, int64_t pts)
{
	return mux_packetized_size(f->mux, &(struct frame){.size = size, .pts_90k = pts, .dts_90k = pts});
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	buf_init(&f->bytes, 16 << 20);
	f->sink = memory_sink_create(&f->bytes);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	mux_destroy(f->mux);
	sink_finish(f->sink, ignore, NULL);
	buf_finish(&f->bytes);
	free(f);
	return 0;
}

/* An access unit as the depacketizer makes it: delimiter, then one slice of `size` bytes in all. */
static tsr_error write_reordered(struct fixture *f, size_t size, int64_t pts, int64_t dts, bool key)
{
	uint8_t *au = malloc(size);
	memset(au, 0x55, size);
	memcpy(au, "\0\0\0\1\x09\xf0\0\0\0\1", 10);
	au[10] = key ? 0x65 : 0x41;
	struct frame frame = {
		.codec = TSR_CODEC_H264, .data = au, .size = size, .pts_90k = pts, .dts_90k = dts, .keyframe = key};
	tsr_error err = mux_write(f->mux, 0, &frame);
	free(au);
	return err;
}

static tsr_error write_video(struct fixture *f, size_t size, int64_t pts, bool key)
{
	return write_reordered(f, size, pts, pts, key);
}

static tsr_error write_audio(struct fixture *f, size_t size, int64_t pts)
{
	static const uint8_t packet[200] = {0xfc, 1, 2, 3};
	struct frame frame = {.codec = TSR_CODEC_OPUS,
			      .data = packet,
			      .size = size,
			      .pts_90k = pts,
			      .dts_90k = pts,
			      .keyframe = true,
			      .samples = 960};
	return mux_write(f->mux, 1, &frame);
}

static unsigned pid_of(const uint8_t *packet)
{
	return (unsigned)(packet[1] & 0x1f) << 8 | packet[2];
}

/* Payload bytes of a PID from offset on, with each packet's sync byte checked. */
static size_t payload_of(const struct buf *b, size_t from, unsigned pid)
{
	size_t bytes = 0;
	assert_int_equal(b->len % TS, 0);
	for (size_t at = from; at < b->len; at += TS) {
		const uint8_t *p = b->data + at;
		assert_int_equal(p[0], 0x47);
		if (pid_of(p) == pid && p[3] & 0x10)
			bytes += TS - 4 - (p[3] & 0x20 ? 1u + p[4] : 0u);
	}
	return bytes;
}

static void nothing_is_held_back(void **state)
{
	struct fixture *f = *state;
	start(f, 2);
	for (int i = 0; i < 50; i++) {
		size_t before = f->bytes.len, video = 300 + (size_t)i * 37, audio = 3 + (size_t)i;
		size_t video_room = room_for(f, video, i * 3000), audio_room = room_for(f, audio, i * 3000);
		assert_int_equal(write_video(f, video, i * 3000, i == 0), TSR_OK);
		size_t got = payload_of(&f->bytes, before, VIDEO_PID);
		assert_in_range(got, video + 14, video + 19); /* PES header with PTS, and DTS where it is written */
		assert_true(f->bytes.len - before <= video_room);
		before = f->bytes.len;
		assert_int_equal(write_audio(f, audio, i * 3000), TSR_OK);
		assert_true(payload_of(&f->bytes, before, AUDIO_PID) >= audio + 14);
		assert_true(f->bytes.len - before <= audio_room);
	}
}

static void a_large_frame_comes_in_whole_packets(void **state)
{
	struct fixture *f = *state;
	start(f, 1);
	size_t room = room_for(f, 1 << 20, 0);
	assert_int_equal(write_video(f, 1 << 20, 0, true), TSR_OK);
	assert_in_range(payload_of(&f->bytes, 0, VIDEO_PID), (1 << 20) + 14, (1 << 20) + 19);
	assert_true(f->bytes.len <= room);
}

/* Below 64 KiB a video PES tells its length: that is how recovery knows that the last one is whole. */
static void video_tells_its_length(void **state)
{
	struct fixture *f = *state;
	start(f, 1);
	assert_int_equal(write_video(f, 5000, 0, true), TSR_OK);
	for (size_t at = 0; at < f->bytes.len; at += TS) {
		const uint8_t *p = f->bytes.data + at;
		if (pid_of(p) != VIDEO_PID || !(p[1] & 0x40))
			continue;
		const uint8_t *pes = p + 4 + (p[3] & 0x20 ? 1 + p[4] : 0);
		assert_memory_equal(pes, "\0\0\1\xe0", 4);
		assert_in_range(pes[4] << 8 | pes[5], 5000 + 8, 5000 + 13);
		return;
	}
	fail_msg("no PES of the video was found");
}

static unsigned table_version(const struct buf *b, size_t from)
{
	for (size_t at = from; at < b->len; at += TS) {
		const uint8_t *p = b->data + at;
		size_t adaptation = p[3] & 0x20 ? 1u + p[4] : 0;
		if (pid_of(p) == 0)
			return p[4 + adaptation + 1 + 5] >> 1 & 0x1f;
	}
	return 99;
}

/* New tables alone: every counter goes on, and nothing says that the file does not. */
static void a_track_that_joins_changes_nothing_else(void **state)
{
	struct fixture *f = *state;
	start(f, 1);
	for (int i = 0; i < 5; i++)
		assert_int_equal(write_video(f, 500, i * 3000, i == 0), TSR_OK);
	assert_int_equal(table_version(&f->bytes, 0), 0);
	size_t second = f->bytes.len;
	assert_int_equal(mux_set_tracks(f->mux, tracks, 2), TSR_OK);
	for (int i = 5; i < 10; i++) {
		assert_int_equal(write_video(f, 500, i * 3000, false), TSR_OK);
		assert_int_equal(write_audio(f, 100, i * 3000), TSR_OK);
	}
	assert_int_equal(table_version(&f->bytes, second), 1);
	int counter[0x2000];
	memset(counter, 0xff, sizeof(counter));
	for (size_t at = 0; at < f->bytes.len; at += TS) {
		const uint8_t *p = f->bytes.data + at;
		unsigned pid = pid_of(p);
		assert_false(p[3] & 0x20 && p[4] > 0 && p[5] & 0x80);
		if (counter[pid] >= 0)
			assert_int_equal(p[3] & 15, (counter[pid] + (p[3] >> 4 & 1)) & 15);
		counter[pid] = p[3] & 15;
	}
	assert_true(counter[0] > 0 && counter[VIDEO_PID] > 0 && counter[AUDIO_PID] > 0);
}

static void refuses_what_it_cannot_carry(void **state)
{
	struct fixture *f = *state;
	struct mux_track vp8 = {.format = {.codec = TSR_CODEC_VP8}};
	assert_int_equal(mux_create(&(struct mux_config){0}, f->sink, &f->mux), TSR_OK);
	assert_int_equal(write_video(f, 100, 0, true), TSR_E_INVAL); /* of no track */
	assert_int_equal(mux_set_tracks(f->mux, &vp8, 1), TSR_E_UNSUPPORTED);
	assert_int_equal(mux_set_tracks(f->mux, &vp8, 0), TSR_E_INVAL);
	mux_destroy(f->mux);
	start(f, 2);
	assert_int_equal(write_video(f, 100, 9000, true), TSR_OK);
	size_t before = f->bytes.len;
	assert_int_equal(write_video(f, 100, 9000, false), TSR_E_MALFORMED); /* does not rise */
	assert_int_equal(write_audio(f, 1, 0), TSR_E_MALFORMED); /* shorter than any Opus packet with sound */
	assert_int_equal(f->bytes.len, before);
	assert_int_equal(write_video(f, 100, 9001, false), TSR_OK);
}

/* libavformat wraps at 33 bits; the numbers go on rising on our side. */
static void passes_the_pts_wrap(void **state)
{
	struct fixture *f = *state;
	start(f, 1);
	for (int64_t pts = (1LL << 33) - 9000; pts < (1LL << 33) + 9000; pts += 3000)
		assert_int_equal(write_video(f, 100, pts, true), TSR_OK);
}

/* 33 bits in five bytes, of the PTS or the DTS of a PES header. */
static int64_t time_at(const uint8_t *p)
{
	return (int64_t)(p[0] >> 1 & 7) << 30 | (int64_t)p[1] << 22 | (int64_t)(p[2] >> 1) << 15 | p[3] << 7 |
	       p[4] >> 1;
}

/* B-frames: each PES has both times, as far apart as they were given, with a DTS before the recording's time began, too. */
static void shows_pictures_in_another_order(void **state)
{
	struct fixture *f = *state;
	static const int64_t times[][2] = {
		{0, FRAME_EARLIEST_DTS_90K}, {9000, -4500}, {3000, 0}, {6000, 3000}, {18000, 6000}};
	start(f, 1);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		assert_int_equal(write_reordered(f, 100, times[i][0], times[i][1], i == 0), TSR_OK);
	size_t seen = 0;
	int64_t shift = 0;
	for (size_t at = 0; at < f->bytes.len; at += TS) {
		const uint8_t *p = f->bytes.data + at;
		if (pid_of(p) != VIDEO_PID || !(p[1] & 0x40))
			continue;
		const uint8_t *pes = p + 4 + (p[3] & 0x20 ? 1 + p[4] : 0);
		assert_int_equal(pes[7] >> 6, 3);
		shift = seen == 0 ? time_at(pes + 9) : shift;
		assert_int_equal(time_at(pes + 9) - shift, times[seen][0]);
		assert_int_equal(time_at(pes + 14) - shift, times[seen][1]);
		seen++;
	}
	assert_int_equal(seen, 5);
}

/* The service descriptor's name, without the byte that says UTF-8; its length. */
static size_t service_name(const struct buf *b, const uint8_t **name)
{
	for (size_t at = 0; at < b->len; at += TS) {
		const uint8_t *p = b->data + at;
		if (pid_of(p) != 0x11)
			continue;
		/* A pointer, 11 bytes of table, 5 of service; a long table goes on in the next packet of its PID, which follows. */
		static uint8_t section[2 * (TS - 4)];
		memcpy(section, p + 4, TS - 4);
		memcpy(section + TS - 4, p + TS + 4, TS - 4);
		const uint8_t *d = section + 1 + 11 + 5;
		assert_int_equal(d[0], 0x48);
		const uint8_t *n = d + 3 + 1 + d[3];
		assert_int_equal(d[1], 3 + d[3] + n[0]); /* both names are in it, and nothing else */
		*name = n + 1 + (n[1] == 0x15);
		return n[0] - (size_t)(n[1] == 0x15);
	}
	return 0;
}

static void a_long_title_is_cut_between_characters(void **state)
{
	struct fixture *f = *state;
	static const char *const characters[] = {"a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x8e\xa5"};
	for (unsigned i = 0; i < 4; i++) {
		char title[400] = "";
		for (size_t size = strlen(characters[i]); strlen(title) + size <= 256;)
			strcat(title, characters[i]);
		f->bytes.len = 0;
		assert_int_equal(mux_create(&(struct mux_config){.title = title}, f->sink, &f->mux), TSR_OK);
		assert_int_equal(mux_set_tracks(f->mux, tracks, 2), TSR_OK);
		assert_int_equal(write_video(f, 1000, 90000, true), TSR_OK);
		const uint8_t *name = NULL;
		size_t size = service_name(&f->bytes, &name);
		assert_in_range(size, 228, 236);
		assert_int_equal(size % strlen(characters[i]), 0);
		assert_memory_equal(name, title, size);
		mux_destroy(f->mux);
		f->mux = NULL;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_held_back, setup, teardown),
		cmocka_unit_test_setup_teardown(a_large_frame_comes_in_whole_packets, setup, teardown),
		cmocka_unit_test_setup_teardown(video_tells_its_length, setup, teardown),
		cmocka_unit_test_setup_teardown(a_track_that_joins_changes_nothing_else, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_what_it_cannot_carry, setup, teardown),
		cmocka_unit_test_setup_teardown(passes_the_pts_wrap, setup, teardown),
		cmocka_unit_test_setup_teardown(shows_pictures_in_another_order, setup, teardown),
		cmocka_unit_test_setup_teardown(a_long_title_is_cut_between_characters, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
