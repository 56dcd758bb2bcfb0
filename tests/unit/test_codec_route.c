/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which codec goes which way, and what a copy says of itself. */
#include "../../recorder/codec/opus_head.h"
#include "codec_util.h"

static void each_codec_has_its_way(void **state)
{
	(void)state;
	static const struct {
		tsr_codec in;
		tsr_audio_mode mode;
		tsr_codec out;
		bool transcode;
	} rows[] = {
		{TSR_CODEC_H264, TSR_AUDIO_TRANSCODE, TSR_CODEC_H264, false},
		{TSR_CODEC_H265, TSR_AUDIO_TRANSCODE, TSR_CODEC_H265, false},
		{TSR_CODEC_VP8, TSR_AUDIO_COPY, TSR_CODEC_H264, true},
		{TSR_CODEC_VP9, TSR_AUDIO_TRANSCODE, TSR_CODEC_H264, true},
		{TSR_CODEC_AV1, TSR_AUDIO_TRANSCODE, TSR_CODEC_H264, true},
		{TSR_CODEC_OPUS, TSR_AUDIO_TRANSCODE, TSR_CODEC_AAC, true},
		{TSR_CODEC_OPUS, TSR_AUDIO_COPY, TSR_CODEC_OPUS, false},
		{TSR_CODEC_MULTIOPUS, TSR_AUDIO_TRANSCODE, TSR_CODEC_AAC, true},
		{TSR_CODEC_MULTIOPUS, TSR_AUDIO_COPY, TSR_CODEC_OPUS, false},
		{TSR_CODEC_PCMU, TSR_AUDIO_COPY, TSR_CODEC_AAC, true},
		{TSR_CODEC_PCMA, TSR_AUDIO_TRANSCODE, TSR_CODEC_AAC, true},
		{TSR_CODEC_G722, TSR_AUDIO_TRANSCODE, TSR_CODEC_AAC, true},
		{TSR_CODEC_L16, TSR_AUDIO_TRANSCODE, TSR_CODEC_AAC, true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct route *route = route_find(rows[i].in, TSR_CONTAINER_TS, rows[i].mode);
		assert_non_null(route);
		assert_int_equal(route->in, rows[i].in);
		assert_int_equal(route->out, rows[i].out);
		assert_int_equal(route->transcode, rows[i].transcode);
	}
	assert_null(route_find(TSR_CODEC_NONE, TSR_CONTAINER_TS, TSR_AUDIO_TRANSCODE));
	assert_null(route_find(TSR_CODEC_AAC, TSR_CONTAINER_TS, TSR_AUDIO_COPY));
}

static tsr_error copy(tsr_codec codec, struct track_format in, struct outcome *o, struct codec **c)
{
	in.codec = codec;
	return codec_create(route_find(codec, TSR_CONTAINER_TS, TSR_AUDIO_COPY), &in, NULL, outcome_take, o, c);
}

static void video_is_copied_as_it_is(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct codec *c = NULL;
	assert_int_equal(copy(TSR_CODEC_H264, (struct track_format){0}, &o, &c), TSR_OK);
	const uint8_t bytes[] = {0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1, 0x65, 1, 2, 3};
	struct frame frame = {
		.codec = TSR_CODEC_H264,
		.data = bytes,
		.size = sizeof(bytes),
		.arrival_us = 77,
		.pts_90k = 900,
		.keyframe = true,
		.discontinuity = true,
		.width = 1280,
		.height = 720,
	};
	assert_int_equal(codec_push(c, &frame), TSR_OK);
	frame.pts_90k = 3900;
	frame.width = frame.height = 0;
	assert_int_equal(codec_push(c, &frame), TSR_OK);
	assert_int_equal(codec_flush(c), TSR_OK);
	assert_int_equal(o.count, 2);
	const struct frame *f = &o.kept[0].frame;
	assert_int_equal(f->size, sizeof(bytes));
	assert_memory_equal(f->data, bytes, sizeof(bytes));
	assert_int_equal(f->pts_90k, 900);
	assert_int_equal(f->arrival_us, 77);
	assert_true(f->keyframe && f->discontinuity);
	assert_int_equal(codec_format(c)->codec, TSR_CODEC_H264);
	assert_int_equal(codec_format(c)->width, 1280);
	assert_int_equal(codec_format(c)->height, 720);
	assert_int_equal(codec_stats(c)->frames_in, 2);
	assert_int_equal(codec_stats(c)->frames_out, 2);
	assert_int_equal(codec_stats(c)->cpu_us, 0);
	codec_destroy(c);
	outcome_free(&o);
}

static void copied_opus_comes_with_its_header(void **state)
{
	(void)state;
	static const struct {
		tsr_codec codec;
		uint8_t channels;
		const char *head;
		size_t size;
	} rows[] = {
		{TSR_CODEC_OPUS, 0, "OpusHead\1\2\0\0\x80\xbb\0\0\0\0\0", 19},
		{TSR_CODEC_OPUS, 1, "OpusHead\1\1\0\0\x80\xbb\0\0\0\0\0", 19},
		{TSR_CODEC_MULTIOPUS, 6, "OpusHead\1\6\0\0\x80\xbb\0\0\0\0\1\4\2\0\4\1\2\3\5", 27},
		{TSR_CODEC_MULTIOPUS, 8, "OpusHead\1\10\0\0\x80\xbb\0\0\0\0\1\5\3\0\6\1\2\3\4\5\7", 29},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct codec *c = NULL;
		struct outcome o = {0};
		assert_int_equal(copy(rows[i].codec, (struct track_format){.channels = rows[i].channels}, &o, &c),
				 TSR_OK);
		const struct track_format *format = codec_format(c);
		assert_int_equal(format->codec, TSR_CODEC_OPUS);
		assert_int_equal(format->sample_rate, 48000);
		assert_int_equal(format->channels, rows[i].channels ? rows[i].channels : 2);
		assert_int_equal(format->extradata_size, rows[i].size);
		assert_memory_equal(format->extradata, rows[i].head, rows[i].size);
		codec_destroy(c);
	}
	struct codec *c = NULL;
	assert_int_equal(copy(TSR_CODEC_MULTIOPUS, (struct track_format){.channels = 9}, NULL, &c), TSR_E_UNSUPPORTED);
	assert_null(c);
}

static void an_opus_header_is_read_with_care(void **state)
{
	(void)state;
	static const struct {
		const char *head;
		size_t size;
		tsr_error err;
		struct opus_layout layout;
	} rows[] = {
		{"OpusHead\1\2\x38\1\x80\xbb\0\0\0\0\0", 19, TSR_OK, {2, 1, 1, {0, 1}}},
		{"OpusHead\1\2\0\0\x80\xbb\0\0\0\0\1\2\0\1\0", 23, TSR_OK, {2, 2, 0, {1, 0}}},
		{"OpusHead\1\3\0\0\x80\xbb\0\0\0\0\1\2\1\0\xff\1", 24, TSR_OK, {3, 2, 1, {0, 255, 1}}},
		{"OpusHead\1\3\0\0\x80\xbb\0\0\0\0\1\2\1\0\1\3", 24, TSR_E_MALFORMED, {0}}, /* no such channel */
		{"OpusHead\1\3\0\0\x80\xbb\0\0\0\0\1\2\1\0\1", 23, TSR_E_MALFORMED, {0}},   /* cut */
		{"OpusHead\1\3\0\0\x80\xbb\0\0\0\0\1", 19, TSR_E_MALFORMED, {0}},
		{"OpusHead\1\2\0\0\x80\xbb\0\0\0\0\1\0\0\0\0", 23, TSR_E_MALFORMED, {0}}, /* no stream */
		{"OpusHead\1\2\0\0\x80\xbb\0\0\0\0\1\1\2\0\0", 23, TSR_E_MALFORMED, {0}}, /* more pairs than streams */
		{"OpusHead\1\2\0\0\x80\xbb\0\0\0\0\1\xff\xff\0\0", 23, TSR_E_MALFORMED, {0}},
		{"OpusHead\1\2\0\0\x80\xbb\0\0\0\0", 18, TSR_E_MALFORMED, {0}},
		{"OpusHead\1\0\0\0\x80\xbb\0\0\0\0\0", 19, TSR_E_MALFORMED, {0}},
		{"OpusTags\1\2\0\0\x80\xbb\0\0\0\0\0", 19, TSR_E_MALFORMED, {0}},
		{"OpusHead\1\3\0\0\x80\xbb\0\0\0\0\0", 19, TSR_E_UNSUPPORTED, {0}},         /* family 0 ends at 2 */
		{"OpusHead\x10\2\0\0\x80\xbb\0\0\0\0\0", 19, TSR_E_UNSUPPORTED, {0}},       /* version */
		{"OpusHead\1\2\0\0\x80\xbb\0\0\0\0\2\1\1\0\1", 23, TSR_E_UNSUPPORTED, {0}}, /* ambisonics */
		{"OpusHead\1\11\0\0\x80\xbb\0\0\0\0\1\1\1\0\1", 23, TSR_E_UNSUPPORTED, {0}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct track_format format = {.codec = TSR_CODEC_MULTIOPUS, .extradata_size = rows[i].size};
		struct opus_layout layout = {0};
		memcpy(format.extradata, rows[i].head, rows[i].size);
		assert_int_equal(opus_layout_of(&format, &layout), rows[i].err);
		assert_memory_equal(&layout, &rows[i].layout, sizeof(layout));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_codec_has_its_way),
		cmocka_unit_test(video_is_copied_as_it_is),
		cmocka_unit_test(copied_opus_comes_with_its_header),
		cmocka_unit_test(an_opus_header_is_read_with_care),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
