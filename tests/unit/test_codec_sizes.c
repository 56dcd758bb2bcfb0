/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures that change their size, or have a size that nobody should decode. */
#include "../../recorder/codec/scale.h"
#include "../../recorder/common/limits.h"
#include "codec_util.h"

static struct source open_vp8(int width, int height)
{
	return source_video("libvpx", width, height, AV_PIX_FMT_YUV420P, VPX_LIVE);
}

/* Pushes `count` pictures of a new source of this size, from picture number `from` on. */
static void push_size(struct codec *c, int width, int height, int from, int count)
{
	struct source s = open_vp8(width, height);
	s.next = from;
	push_pictures(c, &s, TSR_CODEC_VP8, count);
	source_free(&s);
}

static void output_follows_the_source(void **state)
{
	(void)state;
	static const int sizes[][2] = {{320, 180}, {640, 360}, {160, 90}, {90, 160}, {321, 181}, {16, 16}, {2, 2}};
	const int count = sizeof(sizes) / sizeof(sizes[0]);
	struct outcome o = {0};
	struct frame seen[7 * 5];
	struct codec *c = make_codec(TSR_CODEC_VP8, NULL, NULL, &o);
	for (int i = 0; i < count; i++) {
		push_size(c, sizes[i][0], sizes[i][1], i * 5, 5);
		assert_int_equal(codec_format(c)->width, sizes[i][0] & ~1);
		assert_int_equal(codec_format(c)->height, sizes[i][1] & ~1);
	}
	assert_int_equal(o.count, count * 5);
	assert_int_equal(outcome_decode(&o, AV_CODEC_ID_H264, codec_format(c), look_at_size, seen), count * 5);
	for (int i = 0; i < o.count; i++) {
		assert_int_equal(o.kept[i].frame.keyframe, i % 5 == 0);
		assert_int_equal(seen[i].width, sizes[i / 5][0] & ~1);
		assert_int_equal(seen[i].height, sizes[i / 5][1] & ~1);
	}
	codec_destroy(c);
	outcome_free(&o);
}

/* With lookahead the old size's frames are still in the encoder when the new size arrives. */
static void no_frame_is_lost_when_the_size_changes(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct codec *c =
		make_codec(TSR_CODEC_VP8, NULL, &(struct codec_settings){.video_encoder_options = "tune=film"}, &o);
	push_size(c, 320, 180, 0, 20);
	push_size(c, 160, 90, 20, 20);
	assert_int_equal(codec_flush(c), TSR_OK);
	assert_int_equal(o.count, 40);
	assert_int_equal(outcome_decode(&o, AV_CODEC_ID_H264, codec_format(c), NULL, NULL), 40);
	codec_destroy(c);
	outcome_free(&o);
}

/* ---- constant size --------------------------------------------------------------------------------------------------- */

/* Brightness at a place of the picture: the bars are black (16), what was drawn is 100 and above. */
static bool black(const AVFrame *f, int x, int y)
{
	return f->data[0][y * f->linesize[0] + x] < 32;
}

static void look_at_bars(const AVFrame *f, int n, void *user)
{
	(void)user;
	assert_int_equal(f->width, 320);
	assert_int_equal(f->height, 240);
	/* 320x180 leaves bars of 30 rows above and below, 240x320 in 240 rows is 180 wide: 70 columns on each side */
	bool wide = n < 5;
	assert_int_equal(black(f, 160, 4), wide);
	assert_int_equal(black(f, 160, 26), wide);
	assert_int_equal(black(f, 160, 235), wide);
	assert_int_equal(black(f, 4, 120), !wide);
	assert_int_equal(black(f, 64, 120), !wide);
	assert_int_equal(black(f, 315, 120), !wide);
	assert_false(black(f, 160, 34));
	assert_false(black(f, 160, 120));
	assert_false(black(f, 74, 120));
	assert_false(black(f, 245, 205));
	/* no colour in the bars */
	int corner = f->data[1][2 * f->linesize[1] + 2];
	assert_in_range(corner, 126, 130);
}

static void a_constant_size_is_letterboxed(void **state)
{
	(void)state;
	struct outcome o = {0};
	const struct codec_settings settings = {.video_width = 320, .video_height = 240};
	struct codec *c = make_codec(TSR_CODEC_VP8, NULL, &settings, &o);
	assert_int_equal(codec_format(c)->width, 320);
	push_size(c, 320, 180, 0, 5);
	push_size(c, 240, 320, 5, 5);
	assert_int_equal(o.count, 10);
	assert_int_equal(o.keyframes, 1); /* one encoder all the way */
	assert_int_equal(outcome_decode(&o, AV_CODEC_ID_H264, codec_format(c), look_at_bars, NULL), 10);
	codec_destroy(c);
	outcome_free(&o);
}

static void letterbox_keeps_the_aspect(void **state)
{
	(void)state;
	static const struct {
		int src_width, src_height, width, height;
		struct scale_rect rect;
	} rows[] = {
		{1280, 720, 1280, 720, {0, 0, 1280, 720}},
		{640, 480, 1280, 720, {160, 0, 960, 720}},
		{720, 1280, 1280, 720, {436, 0, 406, 720}},
		{1920, 800, 1280, 720, {0, 92, 1280, 534}},
		{8192, 2, 320, 240, {0, 118, 320, 2}},
		{2, 8192, 320, 240, {158, 0, 2, 240}},
		{1, 1, 2, 2, {0, 0, 2, 2}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scale_rect r =
			scale_letterbox(rows[i].src_width, rows[i].src_height, rows[i].width, rows[i].height);
		assert_memory_equal(&r, &rows[i].rect, sizeof(r));
	}
}

/* ---- orientation --------------------------------------------------------------------------------------------------------- */

/* A picture that is black in its upper left quarter alone, to be turned. */
static void push_turned(struct codec *c, struct source *s, unsigned quarter_turns)
{
	assert_true(av_frame_make_writable(s->frame) >= 0);
	for (int plane = 0; plane < 3; plane++)
		for (int y = 0; y < s->frame->height >> (plane > 0); y++)
			memset(s->frame->data[plane] + (ptrdiff_t)y * s->frame->linesize[plane], plane > 0 ? 128 : 200,
			       (size_t)(s->frame->width >> (plane > 0)));
	for (int y = 0; y < s->frame->height / 2; y++)
		memset(s->frame->data[0] + (ptrdiff_t)y * s->frame->linesize[0], 16, (size_t)s->frame->width / 2);
	s->frame->pts = s->next * FRAME_90K;
	assert_true(source_encode(s));
	struct frame frame = {.codec = TSR_CODEC_VP8,
			      .data = s->packet->data,
			      .size = (size_t)s->packet->size,
			      .pts_90k = s->next++ * FRAME_90K,
			      .keyframe = s->packet->flags & AV_PKT_FLAG_KEY,
			      .quarter_turns = (uint8_t)quarter_turns};
	assert_int_equal(codec_push(c, &frame), TSR_OK);
}

/* The quarter that is black goes round clockwise; `user` is the constant size, if there is one. */
static void look_at_corners(const AVFrame *f, int n, void *user)
{
	const int *size = user;
	int turns = n / 3, right = f->width * 2 / 3, bottom = f->height * 2 / 3, left = f->width / 3,
	    top = f->height / 3;
	assert_int_equal(f->width, size != NULL ? size[0] : turns % 2 ? 180 : 320);
	assert_int_equal(f->height, size != NULL ? size[1] : turns % 2 ? 320 : 180);
	assert_int_equal(black(f, left, top), turns == 0);
	assert_int_equal(black(f, right, top), turns == 1);
	assert_int_equal(black(f, right, bottom), turns == 2);
	assert_int_equal(black(f, left, bottom), turns == 3);
}

static void pictures_are_turned_upright(void **state)
{
	(void)state;
	static int size[] = {240, 240};
	for (int constant = 0; constant < 2; constant++) {
		const struct codec_settings settings = {.video_width = constant ? (uint16_t)size[0] : 0,
							.video_height = constant ? (uint16_t)size[1] : 0};
		struct outcome o = {0};
		struct codec *c = make_codec(TSR_CODEC_VP8, NULL, &settings, &o);
		struct source s = open_vp8(320, 180);
		for (unsigned n = 0; n < 12; n++)
			push_turned(c, &s, n / 3);
		assert_int_equal(o.count, 12);
		assert_int_equal(o.keyframes, constant ? 1 : 4);
		assert_int_equal(
			outcome_decode(&o, AV_CODEC_ID_H264, codec_format(c), look_at_corners, constant ? size : NULL),
			12);
		source_free(&s);
		codec_destroy(c);
		outcome_free(&o);
	}
}

/* ---- limits -------------------------------------------------------------------------------------------------------------- */

/* RFC 6386 section 9.1: a keyframe's first ten bytes. */
static void write_vp8_header(uint8_t *data, int width, int height)
{
	static const uint8_t start[] = {0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a};
	memcpy(data, start, sizeof(start));
	data[6] = (uint8_t)width;
	data[7] = (uint8_t)(width >> 8);
	data[8] = (uint8_t)height;
	data[9] = (uint8_t)(height >> 8);
}

static void huge_pictures_are_refused_undecoded(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct codec *c = make_codec(TSR_CODEC_VP8, NULL, NULL, &o);
	push_size(c, 160, 120, 0, 3);
	uint8_t data[200] = {0};
	write_vp8_header(data, 16383, 16383);
	struct frame frame = {.codec = TSR_CODEC_VP8, .data = data, .size = sizeof(data), .pts_90k = 3 * FRAME_90K};
	frame.keyframe = true;
	frame.width = frame.height = 16383;
	int64_t before_us = codec_stats(c)->cpu_us;
	assert_int_equal(codec_push(c, &frame), TSR_OK);
	assert_int_equal(codec_stats(c)->refused, 1);
	assert_in_range(codec_stats(c)->cpu_us - before_us, 0, 1000);
	assert_true(codec_wants_keyframe(c));
	/* nor what refers to it */
	frame.keyframe = false;
	frame.width = frame.height = 0;
	assert_int_equal(codec_push(c, &frame), TSR_OK);
	assert_int_equal(codec_stats(c)->refused, 2);
	assert_int_equal(codec_stats(c)->decode_errors, 0);
	push_size(c, 160, 120, 4, 3);
	assert_int_equal(o.count, 6);
	assert_false(codec_wants_keyframe(c));
	codec_destroy(c);
	outcome_free(&o);
}

/* The decoder itself has the limit too, for a size that the frame's header did not tell. */
static void a_decoder_has_the_limit_too(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct codec *c = make_codec(TSR_CODEC_VP8, NULL, NULL, &o);
	uint8_t data[200] = {0};
	write_vp8_header(data, 16383, 16383);
	struct frame frame = {.codec = TSR_CODEC_VP8, .data = data, .size = sizeof(data), .keyframe = true};
	assert_int_equal(codec_push(c, &frame), TSR_OK);
	assert_int_equal(codec_stats(c)->decode_errors, 1);
	push_size(c, 160, 120, 4, 3);
	assert_int_equal(o.count, 3);
	codec_destroy(c);
	outcome_free(&o);
}

static void a_side_or_an_area_above_the_limit_is_refused(void **state)
{
	(void)state;
	static const int sizes[][2] = {{LIMIT_DIMENSION + 1, 2},
				       {2, LIMIT_DIMENSION + 1},
				       {LIMIT_DIMENSION, LIMIT_PIXELS / LIMIT_DIMENSION + 1}};
	for (int i = 0; i < 3; i++) {
		struct outcome o = {0};
		struct codec *c = make_codec(TSR_CODEC_VP9, NULL, NULL, &o);
		const uint8_t data[16] = {0};
		struct frame frame = {.codec = TSR_CODEC_VP9, .data = data, .size = sizeof(data), .keyframe = true};
		frame.width = (uint16_t)sizes[i][0];
		frame.height = (uint16_t)sizes[i][1];
		assert_int_equal(codec_push(c, &frame), TSR_OK);
		assert_int_equal(codec_stats(c)->refused, 1);
		assert_int_equal(codec_stats(c)->decode_errors, 0);
		codec_destroy(c);
		outcome_free(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_follows_the_source),
		cmocka_unit_test(no_frame_is_lost_when_the_size_changes),
		cmocka_unit_test(a_constant_size_is_letterboxed),
		cmocka_unit_test(letterbox_keeps_the_aspect),
		cmocka_unit_test(pictures_are_turned_upright),
		cmocka_unit_test(huge_pictures_are_refused_undecoded),
		cmocka_unit_test(a_decoder_has_the_limit_too),
		cmocka_unit_test(a_side_or_an_area_above_the_limit_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
