/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matroska and WebM as the muxer writes them: each codec is read back by libavformat and decoded, nothing is held back, a finished file is
 * sought in by its index, and what cannot be in a container is refused. */
#include "matroska_util.h"

static int setup(void **state)
{
	av_log_set_level(AV_LOG_QUIET);
	return make_folder(state);
}

static struct seen finish_and_look(struct written *w, const char *name)
{
	assert_int_equal(mux_finish(w->mux), TSR_OK);
	save(name, w->bytes.data, w->bytes.len);
	return look_with_libav(name);
}

static const struct picture_row {
	tsr_codec codec;
	const char *encoder, *options;
	enum AVCodecID id;
	bool webm;
} picture_rows[] = {
	{TSR_CODEC_H264, "libx264", "preset=ultrafast:tune=zerolatency:forced-idr=1", AV_CODEC_ID_H264, false},
	{TSR_CODEC_H264, "libx264", "preset=ultrafast:tune=zerolatency:forced-idr=1:profile=high", AV_CODEC_ID_H264,
	 false},
	{TSR_CODEC_H265, "libx265", "preset=ultrafast:tune=zerolatency:forced-idr=1:x265-params=log-level=none",
	 AV_CODEC_ID_HEVC, false},
	{TSR_CODEC_VP8, "libvpx", VPX_LIVE, AV_CODEC_ID_VP8, true},
	{TSR_CODEC_VP9, "libvpx-vp9", VPX_LIVE, AV_CODEC_ID_VP9, true},
	{TSR_CODEC_AV1, "libaom-av1", AV1_LIVE, AV_CODEC_ID_AV1, true},
};

static void pictures_of_each_codec_are_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(picture_rows); i++) {
		const struct picture_row *row = &picture_rows[i];
		for (tsr_container container = TSR_CONTAINER_MKV; container <= TSR_CONTAINER_WEBM; container++) {
			struct mux_track tracks[2] = {call_tracks()[0], call_tracks()[1]};
			tracks[0].format.codec = row->codec;
			if (container == TSR_CONTAINER_WEBM && !row->webm)
				continue;
			struct source s = source_video(row->encoder, 160, 120, AV_PIX_FMT_YUV420P, row->options);
			struct written w = {0};
			write_call(&w, container, tracks, &s, row->codec);
			const struct seen seen = finish_and_look(&w, "x.mkv");
			assert_int_equal(seen.streams, 2);
			assert_int_equal(seen.packets, w.ends->len);
			assert_int_equal(seen.pictures, PICTURES);
			assert_int_equal(seen.width, 160);
			assert_true(seen.codec[0] == row->id || seen.codec[1] == row->id);
			assert_true(seen.duration > 1.97 && seen.duration < 2.03);
			written_free(&w);
			source_free(&s);
		}
	}
}

static void sound_of_each_codec_is_read_back(void **state)
{
	(void)state;
	static const struct {
		struct track_format format;
		size_t size; /* of 20 ms */
		enum AVCodecID id;
	} rows[] = {
		{{.codec = TSR_CODEC_PCMU, .sample_rate = 8000, .channels = 1}, 160, AV_CODEC_ID_PCM_MULAW},
		{{.codec = TSR_CODEC_PCMA, .sample_rate = 8000, .channels = 1}, 160, AV_CODEC_ID_PCM_ALAW},
		{{.codec = TSR_CODEC_G722, .sample_rate = 16000, .channels = 1}, 160, AV_CODEC_ID_ADPCM_G722},
		{{.codec = TSR_CODEC_L16, .sample_rate = 48000, .channels = 2}, 3840, AV_CODEC_ID_PCM_S16BE},
	};
	uint8_t samples[3840];
	for (size_t i = 0; i < sizeof(samples); i++)
		samples[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct mux_track track = {.id = 3, .format = rows[i].format};
		struct written w = {0};
		written_start(&w, TSR_CONTAINER_MKV, &track, 1);
		for (int64_t n = 0; n < 500; n++)
			written_frame(&w, 3,
				      &(struct frame){.codec = rows[i].format.codec,
						      .data = samples,
						      .size = rows[i].size,
						      .pts_90k = n * AUDIO_90K,
						      .dts_90k = n * AUDIO_90K,
						      .keyframe = true});
		const struct seen seen = finish_and_look(&w, "x.mkv");
		assert_int_equal(seen.streams, 1);
		assert_int_equal(seen.codec[0], rows[i].id);
		assert_int_equal(seen.packets, 500);
		assert_true(seen.duration > 9.97 && seen.duration < 10.03);
		written_free(&w);
	}
}

static void a_finished_file_is_sought_in_by_its_index(void **state)
{
	(void)state;
	struct source s = source_video("libvpx", 160, 120, AV_PIX_FMT_YUV420P, VPX_LIVE);
	struct written w = {0};
	written_start(&w, TSR_CONTAINER_WEBM, call_tracks(), 1);
	for (int i = 0; i < 300; i++) {
		struct frame picture = source_picture(&s, TSR_CODEC_VP8, i % 60 == 0);
		picture.dts_90k = picture.pts_90k;
		written_frame(&w, 0, &picture);
	}
	assert_int_equal(mux_finish(w.mux), TSR_OK);
	save("x.webm", w.bytes.data, w.bytes.len);
	AVFormatContext *in = NULL;
	assert_int_equal(avformat_open_input(&in, in_folder("x.webm"), NULL, NULL), 0);
	AVPacket *packet = av_packet_alloc();
	for (int at = 9; at >= 1; at -= 2) {
		assert_true(av_seek_frame(in, -1, at * AV_TIME_BASE, AVSEEK_FLAG_BACKWARD) >= 0);
		if (at ==
		    9) /* libavformat reads the index when it is needed, and has not looked at the clusters then */
			assert_int_equal(avformat_index_get_entries_count(in->streams[0]), 5);
		assert_true(av_read_frame(in, packet) >= 0);
		assert_true(packet->flags & AV_PKT_FLAG_KEY);
		assert_int_equal(packet->pts, at / 2 * 2000);
		av_packet_unref(packet);
	}
	av_packet_free(&packet);
	avformat_close_input(&in);
	written_free(&w);
	source_free(&s);
}

/* Tracks that begin late are described when they do, others stay as they are, and what was written before stays where it is. */
static void a_track_that_comes_later_is_described_in_place(void **state)
{
	(void)state;
	struct source s = source_video("libvpx", 160, 120, AV_PIX_FMT_YUV420P, VPX_LIVE);
	struct written w = {0};
	written_start(&w, TSR_CONTAINER_MKV, &call_tracks()[1], 1);
	struct frame sound = silence(0);
	written_frame(&w, 1, &sound);
	struct frame picture = source_picture(&s, TSR_CODEC_VP8, true);
	assert_int_equal(mux_write(w.mux, 0, &picture), TSR_E_INVAL); /* nobody has named it */
	assert_int_equal(mux_set_tracks(w.mux, call_tracks(), 2), TSR_OK);
	struct frame middle = source_picture(&s, TSR_CODEC_VP8, false);
	size_t before = w.bytes.len;
	assert_int_equal(mux_write(w.mux, 0, &middle), TSR_E_MALFORMED); /* it does not tell the size */
	assert_int_equal(w.bytes.len, before);
	for (int i = 0; i < 10; i++) {
		picture = source_picture(&s, TSR_CODEC_VP8, i == 0);
		written_frame(&w, 0, &picture);
	}
	const struct seen seen = finish_and_look(&w, "x.mkv");
	assert_int_equal(seen.streams, 2);
	assert_int_equal(seen.packets, 11);
	assert_int_equal(seen.pictures, 10);
	written_free(&w);
	source_free(&s);
}

static void what_a_container_does_not_carry_is_refused(void **state)
{
	(void)state;
	static const struct {
		tsr_container container;
		tsr_codec codec;
		tsr_error error;
	} rows[] = {
		{TSR_CONTAINER_WEBM, TSR_CODEC_H264, TSR_E_UNSUPPORTED},
		{TSR_CONTAINER_WEBM, TSR_CODEC_PCMU, TSR_E_UNSUPPORTED},
		{TSR_CONTAINER_WEBM, TSR_CODEC_VP8, TSR_OK},
		{TSR_CONTAINER_MKV, TSR_CODEC_AAC, TSR_E_UNSUPPORTED},
		{TSR_CONTAINER_MKV, TSR_CODEC_H264, TSR_OK},
		{TSR_CONTAINER_TS, TSR_CODEC_VP8, TSR_E_UNSUPPORTED},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct buf bytes;
		struct mux *m = NULL;
		buf_init(&bytes, 1 << 20);
		struct sink *sink = memory_sink_create(&bytes);
		const struct mux_track track = {.format = {.codec = rows[i].codec, .sample_rate = 8000, .channels = 1}};
		assert_int_equal(mux_create(&(struct mux_config){.container = rows[i].container}, sink, &m), TSR_OK);
		assert_int_equal(mux_set_tracks(m, &track, 1), rows[i].error);
		assert_int_equal(mux_set_tracks(m, &track, 0), TSR_E_INVAL);
		mux_destroy(m);
		sink_finish(sink, ignore_result, NULL);
		buf_finish(&bytes);
	}
}

/* 30 h of sound, and a second segment that begins there: times go on beyond 32 bits of 90 kHz, and each file begins near 0. */
static void long_and_late_times_stay_right(void **state)
{
	(void)state;
	for (int late = 0; late < 2; late++) {
		const int64_t first = late ? INT64_C(30) * 3600 * 90000 : 0, step = 10 * 90000;
		struct written w = {0};
		written_start(&w, TSR_CONTAINER_MKV, &call_tracks()[1], 1);
		for (int64_t n = 0; n < 10800; n++) {
			struct frame sound = silence(first + n * step);
			written_frame(&w, 1, &sound);
		}
		assert_true(w.bytes.len < 600000);
		const struct seen seen = finish_and_look(&w, "long.mkv");
		assert_int_equal(seen.packets, 10800);
		assert_true(seen.duration > 107985 && seen.duration < 107995);
		written_free(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pictures_of_each_codec_are_read_back, setup, remove_folder),
		cmocka_unit_test_setup_teardown(sound_of_each_codec_is_read_back, setup, remove_folder),
		cmocka_unit_test_setup_teardown(a_finished_file_is_sought_in_by_its_index, setup, remove_folder),
		cmocka_unit_test_setup_teardown(a_track_that_comes_later_is_described_in_place, setup, remove_folder),
		cmocka_unit_test_setup_teardown(what_a_container_does_not_carry_is_refused, setup, remove_folder),
		cmocka_unit_test_setup_teardown(long_and_late_times_stay_right, setup, remove_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
