/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the configuration asks for: encoders and options that are there, or are named when they are not; and leaving work
 * out when the machine cannot keep up. */
#include "codec_util.h"

static struct source open_vp8(void)
{
	return source_video("libvpx", 160, 120, AV_PIX_FMT_YUV420P, VPX_LIVE);
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	static const struct {
		tsr_codec in;
		struct codec_settings settings;
		tsr_error err;
		const char *missing;
		const char *logged; /* part of the line */
	} rows[] = {
		{TSR_CODEC_VP8, {0}, TSR_OK, NULL, ""},
		{TSR_CODEC_VP9, {0}, TSR_OK, NULL, ""},
		{TSR_CODEC_AV1, {0}, TSR_OK, NULL, ""},
		{TSR_CODEC_OPUS, {0}, TSR_OK, NULL, ""},
		{TSR_CODEC_MULTIOPUS, {0}, TSR_OK, NULL, ""},
		{TSR_CODEC_PCMU, {0}, TSR_OK, NULL, ""},
		{TSR_CODEC_PCMA, {0}, TSR_OK, NULL, ""},
		{TSR_CODEC_G722, {0}, TSR_OK, NULL, ""},
		{TSR_CODEC_L16, {0}, TSR_OK, NULL, ""},
		{TSR_CODEC_H264, {.video_encoder = "nosuch"}, TSR_OK, NULL, ""}, /* copied: nothing is needed */
		{TSR_CODEC_VP8, {.video_encoder = "nosuch"}, TSR_E_UNSUPPORTED, "nosuch", "\"nosuch\""},
		{TSR_CODEC_VP8, {.video_encoder = "mpeg4"}, TSR_E_UNSUPPORTED, "mpeg4", "H.264 encoder \"mpeg4\""},
		{TSR_CODEC_VP8, {.video_encoder = "h264"}, TSR_E_UNSUPPORTED, "h264", "\"h264\""}, /* a decoder */
		{TSR_CODEC_OPUS, {.audio_encoder = "nosuch"}, TSR_E_UNSUPPORTED, "nosuch", "\"nosuch\""},
		{TSR_CODEC_OPUS, {.audio_encoder = "flac"}, TSR_E_UNSUPPORTED, "flac", "AAC encoder \"flac\""},
		{TSR_CODEC_VP8, {.video_preset = "nosuch"}, TSR_E_CODEC, "libx264", "libx264 does not open"},
		{TSR_CODEC_VP8,
		 {.video_encoder_options = "nosuch=1"},
		 TSR_E_CODEC,
		 "libx264",
		 "nosuch=1: no such option"},
		{TSR_CODEC_VP8, {.video_encoder_options = "crf=x"}, TSR_E_CODEC, "libx264", "option crf=x"},
		{TSR_CODEC_VP8, {.video_encoder_options = "crf"}, TSR_E_CODEC, "libx264", "\"crf\" are not key=value"},
		{TSR_CODEC_VP8, {.video_encoder_options = "bf=2"}, TSR_E_CODEC, "libx264", "B-frames"},
		{TSR_CODEC_VP8, {.video_encoder_options = "crf=30:profile=baseline"}, TSR_OK, NULL, ""},
		{TSR_CODEC_VP8, {.video_preset = "ultrafast", .video_bitrate = 300000}, TSR_OK, NULL, ""},
		{TSR_CODEC_VP8, {.video_threads = 4, .video_encoder_options = ""}, TSR_OK, NULL, ""},
	};
	tsr_log_set(keep_log, TSR_LOG_DEBUG);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *missing = NULL;
		const struct route *route = route_find(rows[i].in, TSR_CONTAINER_TS, TSR_AUDIO_TRANSCODE);
		logged[0] = '\0';
		assert_int_equal(codec_available(route, &rows[i].settings, &missing), rows[i].err);
		assert_non_null(strstr(logged, rows[i].logged));
		if (rows[i].missing != NULL)
			assert_string_equal(missing, rows[i].missing);
	}
	tsr_log_set(NULL, TSR_LOG_ERROR);
}

static void a_codec_that_cannot_work_is_not_made(void **state)
{
	(void)state;
	static const struct {
		tsr_codec in;
		struct codec_settings settings;
		tsr_error err;
	} rows[] = {
		{TSR_CODEC_VP8, {.video_encoder = "nosuch"}, TSR_E_UNSUPPORTED},
		{TSR_CODEC_VP8, {.video_encoder_options = "nosuch=1"}, TSR_E_CODEC},
		{TSR_CODEC_OPUS, {.audio_encoder = "nosuch"}, TSR_E_UNSUPPORTED},
		{TSR_CODEC_OPUS, {.audio_channels = 9}, TSR_E_UNSUPPORTED},
		{TSR_CODEC_VP8, {.video_width = 16384, .video_height = 16}, TSR_E_LIMIT},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct codec *c = NULL;
		struct track_format in = {.codec = rows[i].in};
		const struct route *route = route_find(rows[i].in, TSR_CONTAINER_TS, TSR_AUDIO_TRANSCODE);
		assert_int_equal(codec_create(route, &in, &rows[i].settings, outcome_take, NULL, &c), rows[i].err);
		assert_null(c);
	}
}

/* What only shows when the encoder opens is told by the first picture. */
static void an_encoder_that_does_not_open_is_an_error(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct codec *c = make_codec(TSR_CODEC_VP8, NULL, &(struct codec_settings){.video_preset = "nosuch"}, &o);
	struct source s = open_vp8();
	struct frame frame = source_picture(&s, TSR_CODEC_VP8, false);
	assert_int_equal(codec_push(c, &frame), TSR_E_CODEC);
	codec_destroy(c);
	source_free(&s);
	outcome_free(&o);
}

static void settings_are_copied(void **state)
{
	(void)state;
	struct outcome o = {0};
	char encoder[] = "libx264", options[] = "crf=40";
	struct codec *c = make_codec(TSR_CODEC_VP8, NULL,
				     &(struct codec_settings){.video_encoder = encoder,
							      .video_encoder_options = options,
							      .keyframe_interval_ms = 100},
				     &o);
	memset(encoder, 'x', sizeof(encoder) - 1);
	memset(options, 'x', sizeof(options) - 1);
	struct source s = open_vp8();
	push_pictures(c, &s, TSR_CODEC_VP8, 10);
	assert_int_equal(o.count, 10);
	assert_int_equal(o.keyframes, 4); /* every 100 ms */
	codec_destroy(c);
	source_free(&s);
	outcome_free(&o);
}

/* ---- leaving work out ---------------------------------------------------------------------------------------------------- */

/* 30 pictures, every third droppable, the 10th and 20th keyframes, at a level of shedding that is 0 again from the 15th. */
static void push_shedding(struct codec *c, int level)
{
	struct source s = open_vp8();
	for (int i = 0; i < 30; i++) {
		struct frame frame = source_picture(&s, TSR_CODEC_VP8, i == 10 || i == 20);
		frame.droppable = i % 3 == 1 && !frame.keyframe;
		codec_set_load_shedding(c, i < 15 ? level : 0);
		assert_int_equal(codec_push(c, &frame), TSR_OK);
	}
	source_free(&s);
}

static void work_is_left_out_by_levels(void **state)
{
	(void)state;
	static const struct {
		int level;
		int shed;
		int wanted_frames[30]; /* numbers of the first ones, up to a 0 */
	} rows[] = {
		{0, 0, {0}},
		{-5, 0, {0}},
		/* 1, 4, 7, 13 were droppable */
		{1, 4, {0, 2, 3, 5, 6, 8, 9, 10, 11, 12, 14, 15, 16}},
		/* and of the others every second */
		{2, 10, {2, 5, 8, 10, 12, 15, 16}},
		/* keyframes; then nothing can be decoded before the next */
		{3, 18, {0, 10, 20, 21, 22}},
		{9, 18, {0, 10, 20, 21, 22}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome o = {0};
		struct codec *c = make_codec(TSR_CODEC_VP8, NULL, NULL, &o);
		push_shedding(c, rows[i].level);
		assert_int_equal(codec_stats(c)->frames_shed, rows[i].shed);
		assert_int_equal(o.count, 30 - rows[i].shed);
		for (int n = 0; n < 30 && (n == 0 || rows[i].wanted_frames[n] != 0); n++)
			if (rows[i].wanted_frames[1] != 0)
				assert_int_equal(o.kept[n].frame.pts_90k, rows[i].wanted_frames[n] * FRAME_90K);
		assert_int_equal(codec_stats(c)->decode_errors, 0);
		assert_false(codec_wants_keyframe(c));
		assert_int_equal(outcome_decode(&o, AV_CODEC_ID_H264, codec_format(c), NULL, NULL), o.count);
		codec_destroy(c);
		outcome_free(&o);
	}
}

static void a_keyframe_is_wanted_while_only_keyframes_count(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct codec *c = make_codec(TSR_CODEC_VP8, NULL, NULL, &o);
	struct source s = open_vp8();
	push_pictures(c, &s, TSR_CODEC_VP8, 1);
	assert_false(codec_wants_keyframe(c));
	codec_set_load_shedding(c, 3);
	push_pictures(c, &s, TSR_CODEC_VP8, 1);
	assert_true(codec_wants_keyframe(c));
	codec_set_load_shedding(c, 0);
	push_pictures(c, &s, TSR_CODEC_VP8, 1);
	assert_true(codec_wants_keyframe(c));
	assert_int_equal(o.count, 1);
	codec_destroy(c);
	source_free(&s);
	outcome_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(a_codec_that_cannot_work_is_not_made),
		cmocka_unit_test(an_encoder_that_does_not_open_is_an_error),
		cmocka_unit_test(settings_are_copied),
		cmocka_unit_test(work_is_left_out_by_levels),
		cmocka_unit_test(a_keyframe_is_wanted_while_only_keyframes_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
