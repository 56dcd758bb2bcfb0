/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Calls recorded in other containers than TS: everything is copied, nothing is lost, times are right, and files are complete when they have
 * their final names. libavformat reads them, and decodes without an error. */
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "call.h"

#define S G_USEC_PER_SEC

struct seen {
	unsigned packets[2], errors, backwards; /* of video and sound */
	int64_t first_ms[2], last_ms[2];
	enum AVCodecID codec[2];
};

static void decode(AVCodecContext *ctx, const AVPacket *packet, AVFrame *frame, struct seen *seen)
{
	seen->errors += avcodec_send_packet(ctx, packet) < 0;
	while (avcodec_receive_frame(ctx, frame) >= 0)
		;
}

static AVCodecContext *open_decoder(const AVCodecParameters *par)
{
	AVCodecContext *ctx = avcodec_alloc_context3(avcodec_find_decoder(par->codec_id));
	assert_non_null(ctx);
	assert_true(avcodec_parameters_to_context(ctx, par) >= 0);
	ctx->thread_count = 1;
	ctx->err_recognition = AV_EF_EXPLODE;
	assert_true(avcodec_open2(ctx, NULL, NULL) >= 0);
	return ctx;
}

static void take_packet(struct seen *seen, unsigned kind, const AVStream *st, const AVPacket *packet)
{
	int64_t time_ms = av_rescale_q(packet->pts, st->time_base, (AVRational){1, 1000});
	if (seen->packets[kind]++ == 0)
		seen->first_ms[kind] = time_ms;
	else
		seen->backwards += time_ms < seen->last_ms[kind];
	seen->last_ms[kind] = time_ms;
}

static struct seen look(const char *path)
{
	struct seen seen = {0};
	AVFormatContext *in = NULL;
	AVCodecContext *decoder[2] = {NULL, NULL};
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	if (avformat_open_input(&in, path, NULL, NULL) != 0)
		fail_msg("%s does not open", path);
	while (av_read_frame(in, packet) >= 0) {
		const AVStream *st = in->streams[packet->stream_index];
		unsigned kind = st->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
		if (decoder[kind] == NULL)
			decoder[kind] = open_decoder(st->codecpar);
		seen.codec[kind] = st->codecpar->codec_id;
		take_packet(&seen, kind, st, packet);
		decode(decoder[kind], packet, frame, &seen);
		av_packet_unref(packet);
	}
	for (unsigned i = 0; i < 2; i++) {
		if (decoder[i] != NULL)
			decode(decoder[i], NULL, frame, &seen);
		avcodec_free_context(&decoder[i]);
	}
	av_packet_free(&packet);
	av_frame_free(&frame);
	avformat_close_input(&in);
	return seen;
}

static struct call *start(tsr_container container, struct media *video, const tsr_recording_config *base)
{
	tsr_recording_config config = base != NULL ? *base : (tsr_recording_config){0};
	config.container = container;
	struct call *c = call_start(&config);
	c->video.media = video;
	return c;
}

static void add_tracks(struct call *c)
{
	c->video_track = (int)harness_track(&c->h, c->video.media->codec);
	c->audio_track = (int)harness_track(&c->h, TSR_CODEC_OPUS);
}

/* What was finished is that, and says so. */
static void assert_complete(const char *path)
{
	tsr_contents contents;
	assert_int_equal(tsr_look_into(path, &contents), TSR_OK);
	assert_true(contents.ours && contents.complete && contents.whole == contents.bytes);
}

static void everything_is_copied_and_in_sync(void **state)
{
	(void)state;
	const struct {
		tsr_container container;
		struct media *video;
		enum AVCodecID id;
		const char *name;
	} rows[] = {
		{TSR_CONTAINER_MKV, media_h264, AV_CODEC_ID_H264, "/test.mkv"},
		{TSR_CONTAINER_MKV, media_vp8, AV_CODEC_ID_VP8, "/test.mkv"},
		{TSR_CONTAINER_WEBM, media_vp8, AV_CODEC_ID_VP8, "/test.webm"},
		{TSR_CONTAINER_MP4, media_h264, AV_CODEC_ID_H264, "/test.mp4"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct call *c = start(rows[i].container, rows[i].video,
				       &(tsr_recording_config){.report = true, .audio_mode = TSR_AUDIO_COPY});
		tsr_stats stats;
		add_tracks(c);
		call_run(c, 20 * S);
		harness_stop(&c->h, &stats);
		assert_true(g_str_has_suffix(c->h.path, rows[i].name));
		assert_complete(c->h.path);
		const struct seen seen = look(c->h.path);
		assert_int_equal(seen.codec[0], rows[i].id);
		assert_int_equal(seen.codec[1], AV_CODEC_ID_OPUS);
		assert_int_equal(seen.packets[0], c->video.frames);
		assert_int_equal(seen.packets[1], c->audio.frames);
		assert_int_equal(seen.errors + seen.backwards, 0);
		for (unsigned t = 0; t < 2; t++) {
			assert_false(stats.track[t].transcode);
			assert_int_equal(seen.first_ms[t], 0);
			assert_in_range(seen.last_ms[t], 19900, 20000);
		}
		call_end(c);
	}
}

static void what_a_container_does_not_carry_is_no_track(void **state)
{
	(void)state;
	struct call *c = start(TSR_CONTAINER_WEBM, media_vp8, NULL);
	unsigned index;
	assert_int_equal(tsr_recording_add_track(c->h.recording, &(tsr_track_config){.codec = TSR_CODEC_H264}, &index),
			 TSR_E_UNSUPPORTED);
	assert_int_equal(tsr_recording_add_track(c->h.recording, &(tsr_track_config){.codec = TSR_CODEC_PCMU}, &index),
			 TSR_E_UNSUPPORTED);
	add_tracks(c);
	call_run(c, S);
	harness_stop(&c->h, NULL);
	assert_complete(c->h.path);
	call_end(c);
}

static void segments_lose_nothing_and_begin_near_zero(void **state)
{
	(void)state;
	struct call *c = start(TSR_CONTAINER_MKV, media_h264, &(tsr_recording_config){.segment_duration_us = 3 * S});
	unsigned video = 0, audio = 0, files = 0;
	add_tracks(c);
	call_run(c, 20 * S);
	harness_stop(&c->h, NULL);
	for (unsigned n = 1; n < 10; n++) {
		char *path = g_strdup_printf("%s/test-%05u.mkv", c->h.folder, n);
		if (g_file_test(path, G_FILE_TEST_EXISTS)) {
			assert_complete(path);
			const struct seen seen = look(path);
			assert_int_equal(seen.errors + seen.backwards, 0);
			assert_true(seen.first_ms[0] >= 0 && seen.first_ms[0] <= 600);
			video += seen.packets[0];
			audio += seen.packets[1];
			files++;
		}
		g_free(path);
	}
	assert_int_equal(files, c->h.events[TSR_EVENT_SEGMENT] + 1);
	assert_true(files >= 4);
	assert_int_equal(video, c->video.frames);
	assert_int_equal(audio, c->audio.frames);
	call_end(c);
}

/* The camera begins after 5 s; nobody for 30 s; a pause of 10 s, which leaves no hole. */
static void late_tracks_silence_and_pauses_keep_their_times(void **state)
{
	(void)state;
	struct call *c = start(TSR_CONTAINER_MKV, media_vp8, NULL);
	c->audio_track = (int)harness_track(&c->h, TSR_CODEC_OPUS);
	call_run(c, 5 * S);
	c->video_track = (int)harness_track(&c->h, TSR_CODEC_VP8);
	call_run(c, 5 * S);
	int video = c->video_track, audio = c->audio_track;
	c->video_track = c->audio_track = -1;
	call_run(c, 30 * S);
	c->video_track = video;
	c->audio_track = audio;
	call_run(c, 5 * S);
	assert_int_equal(tsr_recording_pause(c->h.recording), TSR_OK);
	call_run(c, 10 * S);
	assert_int_equal(tsr_recording_resume(c->h.recording), TSR_OK);
	call_run(c, 5 * S);
	harness_stop(&c->h, NULL);
	assert_complete(c->h.path);
	const struct seen seen = look(c->h.path);
	assert_int_equal(seen.errors + seen.backwards, 0);
	assert_int_equal(seen.first_ms[1], 0);
	assert_true(seen.first_ms[0] >= 5000 && seen.first_ms[0] < 7000); /* its first keyframe */
	assert_true(seen.last_ms[0] > 49000 && seen.last_ms[0] <= 50100);
	assert_true(ABS(seen.last_ms[0] - seen.last_ms[1]) < 100);
	call_end(c);
}

/* With threads, a file system and time as they are: what was written before the end is readable at any moment. */
static void a_file_that_grows_can_be_looked_into(void **state)
{
	(void)state;
	struct harness h;
	harness_start(&h, false,
		      &(tsr_recording_config){.container = TSR_CONTAINER_WEBM, .start_wait_us = -1, .report = true});
	struct call c = {.video_track = -1, .audio_track = (int)harness_track(&h, TSR_CODEC_OPUS)};
	c.h = h;
	struct sender audio = {.media = media_opus,
			       .payload_type = 111,
			       .ssrc = 2,
			       .start_us = tsr_now_us(),
			       .send = call_push_audio,
			       .ctx = &c};
	tsr_contents contents = {0};
	char *running = g_strdup_printf("%s/test.recording.webm", h.folder);
	for (int i = 0; i < 40 && contents.tracks == 0; i++) {
		for (int n = 0; n < 5; n++)
			sender_frame(&audio);
		g_usleep(100000);
		assert_int_equal(tsr_look_into(running, &contents), TSR_OK);
		assert_true(contents.ours && !contents.complete);
	}
	assert_int_equal(contents.tracks, 1);
	harness_stop(&h, NULL);
	assert_complete(h.path);
	assert_int_equal(look(h.path).packets[1], audio.frames);
	g_free(running);
	harness_finish(&h);
}

/* A name is one recording's, whatever its container. */
static void a_name_is_taken_in_every_container(void **state)
{
	(void)state;
	struct call *c = start(TSR_CONTAINER_MKV, media_h264, NULL);
	tsr_recording *other = NULL;
	tsr_recording_config config = {.folder = c->h.folder, .id = "other", .filename = "test"};
	assert_int_equal(tsr_recording_create(c->h.engine, &config, &other), TSR_E_EXISTS);
	add_tracks(c);
	call_run(c, S);
	harness_stop(&c->h, NULL);
	config.container = TSR_CONTAINER_WEBM;
	assert_int_equal(tsr_recording_create(c->h.engine, &config, &other), TSR_E_EXISTS);
	call_end(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_copied_and_in_sync),
		cmocka_unit_test(what_a_container_does_not_carry_is_no_track),
		cmocka_unit_test(segments_lose_nothing_and_begin_near_zero),
		cmocka_unit_test(late_tracks_silence_and_pauses_keep_their_times),
		cmocka_unit_test(a_file_that_grows_can_be_looked_into),
		cmocka_unit_test(a_name_is_taken_in_every_container),
	};
	av_log_set_level(AV_LOG_QUIET);
	return cmocka_run_group_tests(tests, media_setup, media_teardown);
}
