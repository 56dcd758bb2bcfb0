/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * MP4 as the muxer writes it: as it runs and as it is finished, by a walker of our own, and by libavformat with the decoders. */
#include <libavutil/display.h>

#include "matroska_util.h"
#include "mp4_walk.h"

#include "../../recorder/common/mp4.h"

#define X264      "preset=ultrafast:tune=zerolatency:forced-idr=1"
#define FRAGMENTS 4096

static int setup(void **state)
{
	av_log_set_level(AV_LOG_QUIET);
	return make_folder(state);
}

/* Ends it. The running file is copied before, to `running` when that is not NULL. */
static struct walk *finish_and_walk(struct written *w, struct walk **running)
{
	assert_int_equal(mux_tick(w->mux, 1), TSR_OK);
	assert_int_equal(mux_tick(w->mux, 200001), TSR_OK);
	uint8_t *copy = g_memdup2(w->bytes.data, w->bytes.len);
	size_t size = w->bytes.len;
	struct walk *before = walk_file(copy, size, false);
	save("running.mp4", copy, size);
	assert_int_equal(mux_finish(w->mux), TSR_OK);
	save("x.mp4", w->bytes.data, w->bytes.len);
	/* Of what was there nothing is changed but the placeholder. */
	assert_memory_equal(w->bytes.data, copy, 40);
	assert_memory_equal(w->bytes.data + 56, copy + 56, size - 56);
	assert_memory_equal(w->bytes.data + 44, "mdat", 4);
	if (running != NULL)
		*running = before;
	else
		free(before);
	g_free(copy);
	return walk_file(w->bytes.data, w->bytes.len, true);
}

/* Both say the same of their samples, but for parameter sets, which a finished file may pass over. */
static void assert_same_samples(const struct walk *running, const struct walk *finished)
{
	assert_int_equal(running->tracks, finished->tracks);
	for (unsigned i = 0; i < running->tracks; i++) {
		const struct walk_track *r = &running->track[i], *f = &finished->track[i];
		assert_int_equal(r->samples, f->samples);
		assert_int_equal(r->timescale, f->timescale);
		for (unsigned n = 0; n < r->samples; n++) {
			const struct walk_sample *a = &r->sample[n], *b = &f->sample[n];
			assert_int_equal(a->at + a->size, b->at + b->size);
			assert_true(a->key ? a->size >= b->size : a->size == b->size);
			assert_int_equal(a->key, b->key);
			assert_int_equal(a->dts - r->sample[0].dts, b->dts);
			assert_int_equal(a->offset, b->offset);
		}
	}
}

static const struct picture_row {
	tsr_codec codec;
	const char *encoder, *options;
	enum AVCodecID id;
	const char *running, *finished; /* sample entries */
} picture_rows[] = {
	{TSR_CODEC_H264, "libx264", X264, AV_CODEC_ID_H264, "avc3", "avc1"},
	{TSR_CODEC_H264, "libx264", X264 ":profile=high", AV_CODEC_ID_H264, "avc3", "avc1"},
	{TSR_CODEC_H265, "libx265", X264 ":x265-params=log-level=none", AV_CODEC_ID_HEVC, "hev1", "hvc1"},
	{TSR_CODEC_VP9, "libvpx-vp9", VPX_LIVE, AV_CODEC_ID_VP9, "vp09", "vp09"},
	{TSR_CODEC_AV1, "libaom-av1", AV1_LIVE, AV_CODEC_ID_AV1, "av01", "av01"},
};

static void pictures_of_each_codec_are_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(picture_rows); i++) {
		const struct picture_row *row = &picture_rows[i];
		struct mux_track tracks[2] = {call_tracks()[0], call_tracks()[1]};
		tracks[0].format.codec = row->codec;
		struct source s = source_video(row->encoder, 160, 120, AV_PIX_FMT_YUV420P, row->options);
		struct written w = {0};
		write_call(&w, TSR_CONTAINER_MP4, tracks, &s, row->codec);
		struct walk *running, *finished = finish_and_walk(&w, &running);
		assert_same_samples(running, finished);
		assert_int_equal(finished->tracks, 2);
		assert_string_equal(running->track[0].entry, row->running);
		assert_string_equal(finished->track[0].entry, row->finished);
		assert_int_equal(finished->track[0].samples, PICTURES);
		for (unsigned n = 0; n < PICTURES; n++) {
			assert_int_equal(finished->track[0].sample[n].key, n % KEY_EVERY == 0);
			assert_int_equal(finished->track[0].sample[n].dts, n * FRAME_90K);
		}
		assert_int_equal(finished->track[0].edits + finished->track[1].edits, 0);
		assert_int_equal(finished->duration, 180000);
		/* Opus: 80 ms before, in packets of 20 ms. */
		assert_string_equal(finished->track[1].entry, "Opus");
		assert_int_equal(finished->track[1].timescale, 48000);
		assert_int_equal(finished->track[1].roll, -4);
		assert_int_equal(finished->track[1].rolled, finished->track[1].samples);
		static const char *const names[] = {"running.mp4", "x.mp4"};
		for (unsigned f = 0; f < 2; f++) {
			const struct seen seen = look_with_libav(names[f]);
			assert_int_equal(seen.streams, 2);
			assert_int_equal(seen.packets, w.ends->len);
			assert_int_equal(seen.pictures, PICTURES);
			assert_int_equal(seen.width, 160);
			assert_int_equal(seen.codec[0], row->id);
			assert_true(seen.duration > 1.97 && seen.duration < 2.03);
		}
		free(running);
		free(finished);
		written_free(&w);
		source_free(&s);
	}
}

/* An AudioSpecificConfig of AAC-LC, 48 kHz, stereo. */
static const struct track_format aac = {
	.codec = TSR_CODEC_AAC, .sample_rate = 48000, .channels = 2, .extradata = {0x11, 0x90}, .extradata_size = 2};

static void times_that_are_a_little_off_make_sound_without_holes(void **state)
{
	(void)state;
	const struct mux_track track = {.id = 2, .format = aac};
	const uint8_t data[200] = {0x21};
	struct written w = {0};
	written_start(&w, TSR_CONTAINER_MP4, &track, 1);
	for (int64_t n = 0; n < 1000; n++) { /* 1024 samples are 1920 at 90 kHz; a second without sound in the middle */
		int64_t pts_90k = n * 1920 + n % 3 + (n >= 500 ? 90000 : 0);
		written_frame(&w, 2,
			      &(struct frame){.codec = TSR_CODEC_AAC,
					      .data = data,
					      .size = sizeof(data),
					      .pts_90k = pts_90k,
					      .dts_90k = pts_90k,
					      .samples = 1024,
					      .keyframe = true});
	}
	struct walk *finished = finish_and_walk(&w, NULL);
	const struct walk_track *t = &finished->track[0];
	assert_int_equal(t->samples, 1000);
	assert_string_equal(t->entry, "mp4a");
	assert_int_equal(t->roll, -1);
	for (unsigned n = 0; n < 1000; n++) {
		if (n == 499)
			assert_in_range(t->sample[n].duration, 1024 + 48000 - 2, 1024 + 48000 + 2);
		else
			assert_int_equal(t->sample[n].duration, 1024);
	}
	const struct seen seen = look_with_libav("x.mp4");
	assert_int_equal(seen.codec[0], AV_CODEC_ID_AAC);
	assert_int_equal(seen.packets, 1000);
	free(finished);
	written_free(&w);
}

/* Pictures of H.264 as if they were shown in another order than they come: only their times are looked at. */
static void pictures_in_another_order_keep_both_times(void **state)
{
	(void)state;
	struct mux_track track = call_tracks()[0];
	track.format.codec = TSR_CODEC_H264;
	struct source s = source_video("libx264", 160, 120, AV_PIX_FMT_YUV420P, X264);
	struct written w = {0};
	static const int shown[] = {0, 3, 1, 2, 6, 4, 5, 9, 7, 8};
	written_start(&w, TSR_CONTAINER_MP4, &track, 1);
	for (int i = 0; i < 10; i++) {
		struct frame picture = source_picture(&s, TSR_CODEC_H264, i == 0);
		picture.pts_90k = shown[i] * FRAME_90K;
		picture.dts_90k = (i - 1) * FRAME_90K; /* the first before the recording's beginning */
		if (i > 2 && i % 3 == 0)               /* in MP4 alone it may be shown before it is decoded */
			picture.dts_90k = picture.pts_90k;
		written_frame(&w, 0, &picture);
	}
	struct walk *running, *finished = finish_and_walk(&w, &running);
	assert_same_samples(running, finished);
	const struct walk_track *t = &finished->track[0];
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal((int64_t)t->sample[i].dts + t->sample[i].offset, shown[i] * FRAME_90K);
	assert_true(t->sample[2].offset < 0);
	free(running);
	free(finished);
	written_free(&w);
	source_free(&s);
}

/* Sound begins, a picture 700 ms later, and a third track never: a running file has them where they are, a finished one by its edit list. */
static void a_track_that_comes_later_is_described_in_place(void **state)
{
	(void)state;
	struct source s = source_video("libx264", 160, 120, AV_PIX_FMT_YUV420P, X264);
	struct mux_track tracks[3] = {call_tracks()[0], call_tracks()[1], {.id = 2, .format = aac}};
	tracks[0].format.codec = TSR_CODEC_H264;
	struct written w = {0};
	written_start(&w, TSR_CONTAINER_MP4, &tracks[1], 1);
	for (int i = 0; i < 35; i++) {
		struct frame sound = silence(i * AUDIO_90K);
		written_frame(&w, 1, &sound);
	}
	assert_true(w.bytes.len > MP4_MEDIA_AT);
	struct frame picture = source_picture(&s, TSR_CODEC_H264, true);
	assert_int_equal(mux_write(w.mux, 0, &picture), TSR_E_INVAL); /* nobody has named it */
	assert_int_equal(mux_set_tracks(w.mux, tracks, 3), TSR_OK);
	struct frame middle = source_picture(&s, TSR_CODEC_H264, false);
	assert_int_equal(mux_write(w.mux, 0, &middle), TSR_E_MALFORMED); /* it does not tell the size */
	for (int i = 0; i < 10; i++) {
		picture = source_picture(&s, TSR_CODEC_H264, i == 0);
		picture.pts_90k = picture.dts_90k = 63000 + i * FRAME_90K;
		picture.quarter_turns = 1;
		written_frame(&w, 0, &picture);
	}
	struct walk *running, *finished = finish_and_walk(&w, &running);
	assert_same_samples(running, finished);
	assert_int_equal(running->track[0].sample[0].dts, 63000);
	assert_int_equal(finished->track[0].edits, 2);
	assert_int_equal(finished->track[0].edit_time[0], -1);
	assert_int_equal(finished->track[0].edit_duration[0], 63000);
	assert_int_equal(finished->track[0].edit_time[1], 0);
	assert_int_equal(finished->track[0].edit_duration[1], 30000);
	assert_int_equal(finished->track[0].duration, 93000);
	assert_int_equal(finished->track[1].edits, 0);
	/* Turned clockwise, with its left edge on top. */
	assert_int_equal(finished->track[0].matrix[0], 0);
	assert_int_equal(finished->track[0].matrix[1], 0x10000);
	assert_int_equal(finished->track[0].matrix[3], (uint32_t)-0x10000);
	assert_int_equal(finished->track[0].matrix[6], 120 << 16);
	const struct seen seen = look_with_libav("x.mp4");
	assert_int_equal(seen.packets, 45);
	assert_int_equal(seen.pictures, 10);
	free(running);
	free(finished);
	written_free(&w);
	source_free(&s);
}

/* A second resolution, with parameter sets of its own. */
static void parameter_sets_that_change_stay_in_the_samples(void **state)
{
	(void)state;
	static const struct {
		tsr_codec codec;
		const char *encoder, *options, *entry;
	} rows[] = {{TSR_CODEC_H264, "libx264", X264, "avc3"},
		    {TSR_CODEC_H265, "libx265", X264 ":x265-params=log-level=none", "hev1"}};
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct mux_track track = call_tracks()[0];
		track.format.codec = rows[i].codec;
		struct written w = {0};
		written_start(&w, TSR_CONTAINER_MP4, &track, 1);
		for (int part = 0; part < 2; part++) {
			struct source s = source_video(rows[i].encoder, 160 << part, 120 << part, AV_PIX_FMT_YUV420P,
						       rows[i].options);
			for (int n = 0; n < 10; n++) {
				struct frame picture = source_picture(&s, rows[i].codec, n == 0);
				picture.pts_90k += part * 10 * FRAME_90K;
				picture.dts_90k = picture.pts_90k;
				written_frame(&w, 0, &picture);
			}
			source_free(&s);
		}
		struct walk *finished = finish_and_walk(&w, NULL);
		assert_string_equal(finished->track[0].entry, rows[i].entry);
		const struct seen seen = look_with_libav("x.mp4");
		assert_int_equal(seen.pictures, 20);
		assert_int_equal(seen.width, 320);
		free(finished);
		written_free(&w);
	}
}

/* ---- fragments ---- */

static struct mux_fragment told[FRAGMENTS];
static unsigned told_count;

static void on_fragment(void *ctx, const struct mux_fragment *fragment)
{
	(void)ctx;
	assert_true(told_count < FRAGMENTS);
	told[told_count++] = *fragment;
}

static void fragments_are_short_begin_with_keyframes_and_are_told(void **state)
{
	(void)state;
	struct mux_track tracks[2] = {call_tracks()[0], call_tracks()[1]};
	tracks[0].format.codec = TSR_CODEC_VP9;
	struct source s = source_video("libvpx-vp9", 160, 120, AV_PIX_FMT_YUV420P, VPX_LIVE);
	struct buf bytes;
	struct mux *m = NULL;
	buf_init(&bytes, 1 << 20);
	struct sink *sink = memory_sink_create(&bytes);
	told_count = 0;
	assert_int_equal(
		mux_create(&(struct mux_config){.container = TSR_CONTAINER_MP4, .fragment = on_fragment}, sink, &m),
		TSR_OK);
	assert_int_equal(mux_set_tracks(m, tracks, 2), TSR_OK);
	for (int64_t n = 0, sound_90k = 0; n < 100; n++) {
		struct frame picture = source_picture(&s, TSR_CODEC_VP9, n % 17 == 0);
		picture.dts_90k = picture.pts_90k;
		for (; sound_90k < picture.pts_90k; sound_90k += AUDIO_90K) {
			struct frame sound = silence(sound_90k);
			assert_int_equal(mux_write(m, 1, &sound), TSR_OK);
		}
		assert_int_equal(mux_write(m, 0, &picture), TSR_OK);
	}
	struct walk *running = walk_file(bytes.data, bytes.len, false);
	assert_int_equal(running->moofs, told_count);
	for (unsigned i = 0; i < told_count; i++) {
		assert_int_equal(told[i].offset, running->fragment_at[i]);
		assert_int_equal(told[i].offset + told[i].size, running->fragment_end[i]);
		assert_true(told[i].length_90k <= 22500 + AUDIO_90K + FRAME_90K);
	}
	/* Each keyframe is told as one, by the fragment that begins with it. */
	unsigned keys = 0;
	for (unsigned n = 0; n < running->track[0].samples; n++) {
		const struct walk_sample *key = &running->track[0].sample[n];
		unsigned i = 0;
		while (key->key && running->fragment_end[i] <= key->at)
			i++;
		if (!key->key)
			continue;
		assert_true(told[i].keyframe);
		assert_int_equal(told[i].start_90k, key->dts);
		keys++;
	}
	for (unsigned i = 0; i < told_count; i++)
		keys -= told[i].keyframe;
	assert_int_equal(keys, 0);
	free(running);
	mux_destroy(m);
	sink_finish(sink, ignore_result, NULL);
	buf_finish(&bytes);
	source_free(&s);
}

/* The peer sends no more: what came is in the file all the same. The first at once; later ones when the sink's turn comes, or it should have come. */
static void time_alone_writes_what_waits(void **state)
{
	(void)state;
	struct written w = {0};
	clock_replace(fake_now, NULL);
	fake_us = 8000000;
	written_start(&w, TSR_CONTAINER_MP4, &call_tracks()[1], 1);
	struct frame sound = silence(0);
	written_frame(&w, 1, &sound);
	assert_int_equal(w.bytes.len, 0);
	assert_int_equal(mux_tick(w.mux, 4000000), TSR_OK);
	assert_true(w.bytes.len > 0);
	for (unsigned i = 0; i < 2; i++) { /* it wrote at 8 s */
		size_t before = w.bytes.len;
		sound = silence((2 * i + 1) * AUDIO_90K);
		written_frame(&w, 1, &sound);
		assert_int_equal(mux_tick(w.mux, 5000000), TSR_OK);
		assert_int_equal(mux_tick(w.mux, 5199999), TSR_OK);
		assert_int_equal(w.bytes.len, before);
		assert_int_equal(mux_tick(w.mux, 5200000), TSR_OK);
		assert_true(w.bytes.len > before);
		before = w.bytes.len;
		sound = silence((2 * i + 2) * AUDIO_90K);
		written_frame(&w, 1, &sound);
		assert_int_equal(mux_tick(w.mux, fake_us + 159999), TSR_OK);
		assert_int_equal(w.bytes.len, before);
		assert_int_equal(mux_tick(w.mux, fake_us + 160000), TSR_OK);
		assert_true(w.bytes.len > before);
	}
	size_t size = w.bytes.len;
	struct walk *running = walk_file(w.bytes.data, size, false);
	assert_int_equal(running->track[0].samples, 5);
	assert_int_equal(mux_tick(w.mux, 90000000), TSR_OK);
	assert_int_equal(w.bytes.len, size);
	free(running);
	clock_replace(NULL, NULL);
	written_free(&w);
}

/* ---- what is said of it ---- */

static void title_date_and_rotation_are_told(void **state)
{
	(void)state;
	for (uint8_t turns = 0; turns < 4; turns++) {
		struct mux_track track = call_tracks()[0];
		track.format.codec = TSR_CODEC_H264;
		struct source s = source_video("libx264", 160, 120, AV_PIX_FMT_YUV420P, X264);
		struct written w = {0};
		written_start(&w, TSR_CONTAINER_MP4, &track, 1);
		for (int i = 0; i < 10; i++) {
			struct frame picture = source_picture(&s, TSR_CODEC_H264, i == 0);
			picture.dts_90k = picture.pts_90k;
			picture.quarter_turns = turns;
			written_frame(&w, 0, &picture);
		}
		free(finish_and_walk(&w, NULL));
		static const char *const names[] = {"running.mp4", "x.mp4"};
		for (unsigned f = 0; f < 2; f++) {
			AVFormatContext *in = NULL;
			assert_int_equal(avformat_open_input(&in, in_folder(names[f]), NULL, NULL), 0);
			assert_string_equal(av_dict_get(in->metadata, "title", NULL, 0)->value, "a title");
			assert_string_equal(av_dict_get(in->metadata, "encoder", NULL, 0)->value, "janus-tsrecorder");
			const char *created = av_dict_get(in->metadata, "creation_time", NULL, 0)->value;
			GDateTime *then = g_date_time_new_from_iso8601(created, NULL);
			assert_true(llabs(g_date_time_to_unix(then) - time(NULL)) < 100);
			g_date_time_unref(then);
			const int32_t *matrix = (const int32_t *)av_stream_get_side_data(
				in->streams[0], AV_PKT_DATA_DISPLAYMATRIX, NULL);
			if (turns == 0)
				assert_null(matrix);
			else /* anticlockwise, there */
				assert_int_equal(((int)-av_display_rotation_get(matrix) + 360) % 360, turns * 90);
			avformat_close_input(&in);
		}
		written_free(&w);
		source_free(&s);
	}
}

static void a_finished_file_is_sought_in_by_its_index(void **state)
{
	(void)state;
	struct mux_track track = call_tracks()[0];
	track.format.codec = TSR_CODEC_H264;
	struct source s = source_video("libx264", 160, 120, AV_PIX_FMT_YUV420P, X264);
	struct written w = {0};
	written_start(&w, TSR_CONTAINER_MP4, &track, 1);
	for (int i = 0; i < 300; i++) {
		struct frame picture = source_picture(&s, TSR_CODEC_H264, i % 60 == 0);
		picture.dts_90k = picture.pts_90k;
		written_frame(&w, 0, &picture);
	}
	assert_int_equal(mux_finish(w.mux), TSR_OK);
	save("x.mp4", w.bytes.data, w.bytes.len);
	AVFormatContext *in = NULL;
	assert_int_equal(avformat_open_input(&in, in_folder("x.mp4"), NULL, NULL), 0);
	assert_int_equal(avformat_index_get_entries_count(in->streams[0]), 300);
	AVPacket *packet = av_packet_alloc();
	for (int at = 9; at >= 1; at -= 2) {
		assert_true(av_seek_frame(in, -1, at * AV_TIME_BASE, AVSEEK_FLAG_BACKWARD) >= 0);
		assert_true(av_read_frame(in, packet) >= 0);
		assert_true(packet->flags & AV_PKT_FLAG_KEY);
		assert_int_equal(packet->pts, at / 2 * 180000);
		av_packet_unref(packet);
	}
	av_packet_free(&packet);
	avformat_close_input(&in);
	written_free(&w);
	source_free(&s);
}

/* 30 h of sound, and a second segment that begins there. */
static void long_and_late_times_stay_right(void **state)
{
	(void)state;
	for (int late = 0; late < 2; late++) {
		const int64_t first = late ? INT64_C(30) * 3600 * 90000 : 0, step = 10 * 90000;
		struct written w = {0};
		written_start(&w, TSR_CONTAINER_MP4, &call_tracks()[1], 1);
		for (int64_t n = 0; n < 10800; n++) {
			struct frame sound = silence(first + n * step);
			written_frame(&w, 1, &sound);
		}
		assert_int_equal(mux_finish(w.mux), TSR_OK);
		struct walk *finished = walk_file(w.bytes.data, w.bytes.len, true);
		assert_int_equal(finished->track[0].samples, 10800);
		assert_int_equal(finished->duration, 10799 * step + 1800);
		assert_int_equal(finished->track[0].sample[10799].dts, INT64_C(10799) * 480000);
		save("x.mp4", w.bytes.data, w.bytes.len);
		const struct seen seen = look_with_libav("x.mp4");
		assert_int_equal(seen.packets, 10800);
		free(finished);
		written_free(&w);
	}
}

static tsr_error append(void *ctx, const uint8_t *data, size_t size)
{
	return buf_append(ctx, data, size);
}

/* A file beyond 4 GiB, of which only the moov is made. */
static void places_beyond_4_gib_have_64_bits(void **state)
{
	(void)state;
	struct mp4_movie *movie = calloc(1, sizeof(*movie));
	struct mp4_track *t = &movie->track[1];
	const struct buf none = {0};
	struct buf out;
	buf_init(&out, 1 << 20);
	assert_int_equal(mp4_set_title(movie, NULL), TSR_OK);
	assert_int_equal(mp4_describe(t, &call_tracks()[1].format, &none), TSR_OK);
	for (uint32_t i = 0; i < 5000; i++) {
		const struct mp4_sample sample = {
			.size = 100, .dts = i * 960, .duration = 960, .key = true, .plain = true};
		if (i % 5 == 0)
			assert_int_equal(mp4_track_add_chunk(t, (uint64_t)i << 20, 5), TSR_OK);
		assert_int_equal(mp4_track_add(t, &sample), TSR_OK);
	}
	assert_int_equal(mp4_write_moov(movie, append, &out), TSR_OK);
	struct walk *w = calloc(1, sizeof(*w));
	struct walk_box moov;
	const uint8_t *at = out.data;
	w->size = UINT64_C(1) << 40;
	assert_true(walk_next(&at, out.data + out.len, &moov) && at == out.data + out.len);
	walk_moov(w, &moov);
	assert_int_equal(w->track[0].samples, 5000);
	assert_int_equal(w->track[0].sample[4999].at, (UINT64_C(4995) << 20) + 400);
	free(w);
	buf_finish(&out);
	mp4_movie_finish(movie);
	free(movie);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pictures_of_each_codec_are_read_back, setup, remove_folder),
		cmocka_unit_test_setup_teardown(times_that_are_a_little_off_make_sound_without_holes, setup,
						remove_folder),
		cmocka_unit_test_setup_teardown(pictures_in_another_order_keep_both_times, setup, remove_folder),
		cmocka_unit_test_setup_teardown(a_track_that_comes_later_is_described_in_place, setup, remove_folder),
		cmocka_unit_test_setup_teardown(parameter_sets_that_change_stay_in_the_samples, setup, remove_folder),
		cmocka_unit_test_setup_teardown(fragments_are_short_begin_with_keyframes_and_are_told, setup,
						remove_folder),
		cmocka_unit_test_setup_teardown(time_alone_writes_what_waits, setup, remove_folder),
		cmocka_unit_test_setup_teardown(title_date_and_rotation_are_told, setup, remove_folder),
		cmocka_unit_test_setup_teardown(a_finished_file_is_sought_in_by_its_index, setup, remove_folder),
		cmocka_unit_test_setup_teardown(long_and_late_times_stay_right, setup, remove_folder),
		cmocka_unit_test(places_beyond_4_gib_have_64_bits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
