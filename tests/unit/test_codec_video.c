/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * VP8, VP9 and AV1 to H.264: every picture comes out, at its time, in the form that the muxer wants. */
#include "codec_util.h"

static const struct {
	const char *name;
	tsr_codec codec;
	const char *encoder;
	const char *options;
	enum AVPixelFormat format;
} kinds[] = {
	{"vp8", TSR_CODEC_VP8, "libvpx", VPX_LIVE, AV_PIX_FMT_YUV420P},
	{"vp9", TSR_CODEC_VP9, "libvpx-vp9", VPX_LIVE, AV_PIX_FMT_YUV420P},
	{"vp9 4:4:4", TSR_CODEC_VP9, "libvpx-vp9", VPX_LIVE, AV_PIX_FMT_YUV444P},
	{"vp9 10 bit", TSR_CODEC_VP9, "libvpx-vp9", VPX_LIVE, AV_PIX_FMT_YUV420P10},
	{"av1", TSR_CODEC_AV1, "libaom-av1", AV1_LIVE, AV_PIX_FMT_YUV420P},
	{"av1 10 bit", TSR_CODEC_AV1, "libaom-av1", AV1_LIVE, AV_PIX_FMT_YUV420P10},
	{"av1 grey", TSR_CODEC_AV1, "libaom-av1", AV1_LIVE, AV_PIX_FMT_GRAY8},
};
#define KINDS (int)(sizeof(kinds) / sizeof(kinds[0]))

static struct source open_kind(int kind, int width, int height)
{
	return source_video(kinds[kind].encoder, width, height, kinds[kind].format, kinds[kind].options);
}

struct look {
	int width, height;
	int worst; /* largest difference of brightness from what was drawn */
};

static void look_at_picture(const AVFrame *f, int n, void *user)
{
	struct look *look = user;
	AVFrame *drawn = av_frame_alloc();
	look->width = f->width;
	look->height = f->height;
	drawn->width = f->width;
	drawn->height = f->height;
	drawn->format = AV_PIX_FMT_YUV420P;
	assert_int_equal(f->format, AV_PIX_FMT_YUV420P);
	assert_true(av_frame_get_buffer(drawn, 0) >= 0);
	draw(drawn, n);
	int64_t sum = 0;
	for (int y = 0; y < f->height; y++)
		for (int x = 0; x < f->width; x++)
			sum += abs(f->data[0][y * f->linesize[0] + x] - drawn->data[0][y * drawn->linesize[0] + x]);
	int difference = (int)(sum / ((int64_t)f->width * f->height));
	if (difference > look->worst)
		look->worst = difference;
	av_frame_free(&drawn);
}

/* Which NAL unit types an access unit has, as bits. */
static unsigned nal_types(const struct frame *f)
{
	unsigned types = 0;
	for (size_t i = 0; i + 3 < f->size; i++)
		if (f->data[i] == 0 && f->data[i + 1] == 0 && f->data[i + 2] == 1)
			types |= 1u << (f->data[i + 3] & 31);
	return types;
}

static void every_picture_comes_out(void **state)
{
	(void)state;
	for (int kind = 0; kind < KINDS; kind++) {
		struct outcome o = {0};
		struct codec *c = make_codec(kinds[kind].codec, NULL, NULL, &o);
		struct source s = open_kind(kind, 320, 180);
		for (int i = 0; i < 70; i++) {
			struct frame frame = source_picture(&s, kinds[kind].codec, false);
			frame.arrival_us = i;
			assert_int_equal(codec_push(c, &frame), TSR_OK);
			assert_int_equal(o.count, i + 1); /* nothing is held back */
			assert_int_equal(o.kept[i].frame.pts_90k, frame.pts_90k);
			assert_int_equal(o.kept[i].frame.arrival_us, i);
			assert_int_equal(o.kept[i].frame.codec, TSR_CODEC_H264);
		}
		assert_int_equal(codec_flush(c), TSR_OK);
		assert_int_equal(o.count, 70);
		const struct codec_stats *stats = codec_stats(c);
		assert_int_equal(stats->frames_in, 70);
		assert_int_equal(stats->frames_out, 70);
		assert_int_equal(stats->decode_errors, 0);
		assert_true(stats->cpu_us > 0);
		assert_int_equal(codec_format(c)->width, 320);
		assert_int_equal(codec_format(c)->height, 180);
		struct look look = {0};
		assert_int_equal(outcome_decode(&o, AV_CODEC_ID_H264, codec_format(c), look_at_picture, &look), 70);
		assert_int_equal(look.width, 320);
		assert_int_equal(look.height, 180);
		assert_in_range(look.worst, 0, 6);
		codec_destroy(c);
		source_free(&s);
		outcome_free(&o);
	}
}

static void access_units_are_as_the_muxer_wants(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct codec *c = make_codec(TSR_CODEC_VP8, NULL, NULL, &o);
	struct source s = open_kind(0, 160, 120);
	push_pictures(c, &s, TSR_CODEC_VP8, 130);
	for (int i = 0; i < o.count; i++) {
		const struct frame *f = &o.kept[i].frame;
		static const uint8_t delimiter[] = {0, 0, 0, 1, 9};
		assert_memory_equal(f->data, delimiter, sizeof(delimiter));
		/* every two seconds a keyframe, with its parameter sets */
		assert_int_equal(f->keyframe, i % 60 == 0);
		const unsigned sets = 1u << 7 | 1u << 8, idr = 1u << 5;
		assert_int_equal(nal_types(f) & (sets | idr), f->keyframe ? sets | idr : 0);
		assert_int_equal(f->width, f->keyframe ? 160 : 0);
		assert_int_equal(f->height, f->keyframe ? 120 : 0);
	}
	codec_destroy(c);
	source_free(&s);
	outcome_free(&o);
}

/* A size that cannot be in 4:2:0 loses a row and a column; an encoder without delimiters gets them. */
static void delimiters_are_added_when_the_encoder_has_none(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct codec *c =
		make_codec(TSR_CODEC_VP8, NULL, &(struct codec_settings){.video_encoder_options = "aud=0"}, &o);
	struct source s = open_kind(0, 161, 121);
	push_pictures(c, &s, TSR_CODEC_VP8, 10);
	for (int i = 0; i < o.count; i++) {
		static const uint8_t delimiter[] = {0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1};
		assert_memory_equal(o.kept[i].frame.data, delimiter, sizeof(delimiter));
	}
	assert_int_equal(o.kept[0].frame.width, 160);
	assert_int_equal(o.kept[0].frame.height, 120);
	assert_int_equal(outcome_decode(&o, AV_CODEC_ID_H264, codec_format(c), NULL, NULL), 10);
	codec_destroy(c);
	source_free(&s);
	outcome_free(&o);
}

/* Lookahead holds frames back; the end brings them. */
static void what_the_encoder_holds_comes_out_at_the_end(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct codec *c = make_codec(TSR_CODEC_VP8, NULL,
				     &(struct codec_settings){.video_encoder_options = "tune=film:rc-lookahead=10",
							      .video_preset = "superfast"},
				     &o);
	struct source s = open_kind(0, 160, 120);
	push_pictures(c, &s, TSR_CODEC_VP8, 30);
	assert_in_range(o.count, 1, 29);
	assert_int_equal(codec_flush(c), TSR_OK);
	assert_int_equal(o.count, 30);
	assert_int_equal(outcome_decode(&o, AV_CODEC_ID_H264, codec_format(c), NULL, NULL), 30);
	codec_destroy(c);
	source_free(&s);
	outcome_free(&o);
}

static void more_threads_hold_nothing_back(void **state)
{
	(void)state;
	for (int kind = 0; kind < KINDS; kind++) {
		struct outcome o = {0};
		struct codec *c = make_codec(kinds[kind].codec, NULL, &(struct codec_settings){.video_threads = 3}, &o);
		struct source s = open_kind(kind, 320, 180);
		push_pictures(c, &s, kinds[kind].codec, 10);
		assert_int_equal(o.count, 10);
		assert_int_equal(outcome_decode(&o, AV_CODEC_ID_H264, codec_format(c), NULL, NULL), 10);
		codec_destroy(c);
		source_free(&s);
		outcome_free(&o);
	}
}

static void a_loss_is_told_to_the_next_stage(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct codec *c = make_codec(TSR_CODEC_VP8, NULL, NULL, &o);
	struct source s = open_kind(0, 160, 120);
	for (int i = 0; i < 10; i++) {
		struct frame frame = source_picture(&s, TSR_CODEC_VP8, false);
		frame.discontinuity = i == 4;
		assert_int_equal(codec_push(c, &frame), TSR_OK);
		assert_int_equal(o.kept[i].frame.discontinuity, i == 4);
	}
	codec_destroy(c);
	source_free(&s);
	outcome_free(&o);
}

/* A frame that does not decode is counted and the others go on: all pictures before it, all from the next keyframe on. What
 * is made of those between, which refer to it, is the decoder's affair (dav1d gives none, libavcodec most). A keyframe is
 * wished for until one comes. */
static void bad_frames_are_counted_and_passed_over(void **state)
{
	(void)state;
	enum { BAD = 10, KEYFRAME = 20, END = 30 };
	for (int kind = 0; kind < KINDS; kind++) {
		struct outcome o = {0};
		struct codec *c = make_codec(kinds[kind].codec, NULL, NULL, &o);
		struct source s = open_kind(kind, 320, 180);
		int64_t pts_90k[END];
		for (int i = 0; i < END; i++) {
			static const uint8_t nonsense[] = {0xde, 0xad, 0xbe, 0xef, 0xde, 0xad, 0xbe, 0xef};
			struct frame frame = source_picture(&s, kinds[kind].codec, i == KEYFRAME);
			pts_90k[i] = frame.pts_90k;
			if (i == BAD) {
				frame.data = nonsense;
				frame.size = sizeof(nonsense);
			}
			assert_int_equal(codec_push(c, &frame), TSR_OK);
			assert_int_equal(codec_wants_keyframe(c), i >= BAD && i < KEYFRAME);
		}
		const int lost = (int)codec_stats(c)->decode_errors;
		assert_in_range(lost, 1, KEYFRAME - BAD);
		assert_int_equal(o.count, END - lost);
		for (int i = 0; i < BAD; i++)
			assert_int_equal(o.kept[i].frame.pts_90k, pts_90k[i]);
		for (int i = KEYFRAME; i < END; i++)
			assert_int_equal(o.kept[o.count - END + i].frame.pts_90k, pts_90k[i]);
		assert_int_equal(outcome_decode(&o, AV_CODEC_ID_H264, codec_format(c), NULL, NULL), o.count);
		codec_destroy(c);
		source_free(&s);
		outcome_free(&o);
	}
}

static void nothing_is_decoded_before_a_keyframe(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct codec *c = make_codec(TSR_CODEC_VP8, NULL, NULL, &o);
	struct source s = open_kind(0, 160, 120);
	for (int i = 0; i < 10; i++) {
		struct frame frame = source_picture(&s, TSR_CODEC_VP8, i == 5);
		if (i == 0)
			continue;
		assert_int_equal(codec_push(c, &frame), TSR_OK);
		assert_int_equal(codec_wants_keyframe(c), i < 5);
	}
	assert_int_equal(o.count, 5);
	assert_int_equal(o.kept[0].frame.pts_90k, 5 * FRAME_90K);
	assert_int_equal(codec_stats(c)->decode_errors, 0);
	codec_destroy(c);
	source_free(&s);
	outcome_free(&o);
}

/* VP9 with spatial layers brings several pictures in one superframe (VP9 bitstream specification, annex B). */
static void the_best_layer_of_a_superframe_counts(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct codec *c = make_codec(TSR_CODEC_VP9, NULL, NULL, &o);
	struct source low = open_kind(1, 160, 90), high = open_kind(1, 320, 180);
	struct frame a = source_picture(&low, TSR_CODEC_VP9, true), b = source_picture(&high, TSR_CODEC_VP9, true);
	uint8_t *super = malloc(a.size + b.size + 6);
	size_t at = 0;
	memcpy(super, a.data, a.size);
	memcpy(super + a.size, b.data, b.size);
	at = a.size + b.size;
	super[at++] = 0xc0 | 1 << 3 | 1; /* two frames, two bytes for a size */
	super[at++] = (uint8_t)a.size;
	super[at++] = (uint8_t)(a.size >> 8);
	super[at++] = (uint8_t)b.size;
	super[at++] = (uint8_t)(b.size >> 8);
	super[at] = super[a.size + b.size];
	b.data = super;
	b.size = at + 1;
	assert_int_equal(codec_push(c, &b), TSR_OK);
	assert_int_equal(o.count, 1);
	assert_int_equal(o.kept[0].frame.width, 320);
	free(super);
	codec_destroy(c);
	source_free(&low);
	source_free(&high);
	outcome_free(&o);
}

static void an_error_of_the_next_stage_is_handed_up(void **state)
{
	(void)state;
	struct outcome o = {.fail_at = 3};
	struct codec *c = make_codec(TSR_CODEC_VP8, NULL, NULL, &o);
	struct source s = open_kind(0, 160, 120);
	push_pictures(c, &s, TSR_CODEC_VP8, 2);
	struct frame frame = source_picture(&s, TSR_CODEC_VP8, false);
	assert_int_equal(codec_push(c, &frame), TSR_E_NOSPACE);
	codec_destroy(c);
	source_free(&s);
	outcome_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_picture_comes_out),
		cmocka_unit_test(access_units_are_as_the_muxer_wants),
		cmocka_unit_test(delimiters_are_added_when_the_encoder_has_none),
		cmocka_unit_test(what_the_encoder_holds_comes_out_at_the_end),
		cmocka_unit_test(more_threads_hold_nothing_back),
		cmocka_unit_test(a_loss_is_told_to_the_next_stage),
		cmocka_unit_test(bad_frames_are_counted_and_passed_over),
		cmocka_unit_test(nothing_is_decoded_before_a_keyframe),
		cmocka_unit_test(the_best_layer_of_a_superframe_counts),
		cmocka_unit_test(an_error_of_the_next_stage_is_handed_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
