/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine from packets to a file that plays: simulated senders, a simulated network, and the file as FFmpeg sees it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "harness.h"
#include "sender.h"
#include "tscheck.h"

#define START_US             1700000000000000LL
#define FRAMES_90K(media, n) ((int64_t)(n) * (media)->frame_us * 9 / 100)

struct feed {
	struct harness *harness;
	unsigned track;
};

static void push(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct feed *f = ctx;
	bool taken = rtcp ? tsr_push_rtcp(f->harness->recording, f->track, data, size, arrival_us)
			  : tsr_push_rtp(f->harness->recording, f->track, data, size, arrival_us);
	assert_true(taken);
}

static struct sender make_sender(const struct media *media, packet_fn send, void *ctx)
{
	return (struct sender){.media = media,
			       .payload_type = media->codec == TSR_CODEC_OPUS ? 111 : 96,
			       .ssrc = 0x1000 + (uint32_t)media->codec,
			       .start_us = START_US,
			       .seq = 65500, /* wraps soon, as does the timestamp */
			       .ts = 4294900000u,
			       .send = send,
			       .ctx = ctx};
}

/* Both streams, each frame when it is due, with a sender report of each every second. */
static void play(struct sender *video, struct sender *audio, int64_t until_us)
{
	int64_t report_us = 0;
	for (;;) {
		struct sender *next = sender_next_us(video) <= sender_next_us(audio) ? video : audio;
		int64_t now_us = sender_next_us(next);
		if (now_us >= until_us)
			return;
		for (; report_us < now_us; report_us += G_USEC_PER_SEC) {
			sender_report(video, report_us);
			sender_report(audio, report_us);
		}
		sender_frame(next);
	}
}

/* The checksum of the NAL units that `frames` frames of a medium have. */
static GChecksum *nals_of(const struct media *media, uint64_t frames)
{
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
	for (uint64_t i = 0; i < frames; i++) {
		const struct media_frame *frame = media_frame(media, i);
		media_each_nal(frame->data, frame->size, tscheck_add_nal, sum);
	}
	return sum;
}

static void assert_plays(const struct tscheck_stream *s)
{
	assert_int_equal(s->errors, 0);
	assert_int_equal(s->backwards, 0);
	assert_true(s->decoded > 0);
}

/* What must hold of any recording of `seconds` in which nothing was lost. */
static void assert_whole(const struct tscheck *check, const struct sender *video, const struct sender *audio,
			 tsr_codec audio_codec)
{
	const struct tscheck_stream *v = tscheck_find(check, TSR_CODEC_H264);
	const struct tscheck_stream *a = tscheck_find(check, audio_codec);
	assert_int_equal(check->count, 2);
	assert_int_equal(check->read_errors, 0);
	assert_plays(v);
	assert_plays(a);
	assert_int_equal(v->packets, video->frames);
	assert_int_equal(v->decoded, video->frames);
	assert_true(ABS(v->last_90k - v->first_90k - FRAMES_90K(video->media, video->frames - 1)) < 90);
	assert_true(v->longest_gap_90k <= FRAMES_90K(video->media, 1) + 90);
	int64_t sent = (int64_t)audio->frames * 960;
	assert_true(a->samples >= sent && a->samples <= sent + 4096); /* the encoder's delay and last frame */
	assert_true(ABS(v->first_90k - a->first_90k) < 90 * 40);
}

static void record_both(const struct media *video_media, const tsr_recording_config *config, unsigned seconds)
{
	struct harness h;
	harness_start(&h, true, config);
	bool copy = config->audio_mode == TSR_AUDIO_COPY, copied_video = video_media->codec == TSR_CODEC_H264;
	struct feed video_feed = {&h, harness_track(&h, video_media->codec)};
	struct feed audio_feed = {&h, harness_track(&h, TSR_CODEC_OPUS)};
	struct sender video = make_sender(video_media, push, &video_feed),
		      audio = make_sender(media_opus, push, &audio_feed);
	play(&video, &audio, (int64_t)seconds * G_USEC_PER_SEC);
	tsr_stats *stats = g_new0(tsr_stats, 1);
	harness_stop(&h, stats);
	assert_non_null(h.path);
	assert_int_equal(h.events[TSR_EVENT_RECORDING], 1);
	assert_int_equal(h.events[TSR_EVENT_FINISHED], 1);
	assert_true(ABS(h.duration_ms - (int64_t)seconds * 1000) < 100);
	assert_string_equal(h.warnings, "");
	assert_int_equal(stats->track[0].frames, video.frames);
	assert_int_equal(stats->track[0].packets, video.packets);
	assert_int_equal(stats->track[1].packets, audio.packets);
	assert_int_equal(stats->track[0].lost + stats->track[1].lost, 0);
	assert_int_equal(stats->track[0].transcode, !copied_video);
	struct tscheck check;
	tscheck_file(h.path, &check);
	assert_whole(&check, &video, &audio, copy ? TSR_CODEC_OPUS : TSR_CODEC_AAC);
	if (copied_video) { /* not a bit of the video has changed */
		GChecksum *sent = nals_of(video_media, video.frames);
		assert_string_equal(g_checksum_get_string(sent),
				    g_checksum_get_string(tscheck_find(&check, TSR_CODEC_H264)->nals));
		g_checksum_free(sent);
	}
	tscheck_finish(&check);
	g_free(stats);
	harness_finish(&h);
}

static void test_h264_and_opus_copied(void **state)
{
	(void)state;
	record_both(media_h264, &(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY}, 20);
}

static void test_h264_copied_opus_to_aac(void **state)
{
	(void)state;
	record_both(media_h264, &(tsr_recording_config){.audio_mode = TSR_AUDIO_TRANSCODE}, 10);
}

static void test_vp8_to_h264(void **state)
{
	(void)state;
	record_both(media_vp8, &(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY}, 8);
}

/* ---- what the network does ------------------------------------------------------------------------------------------ */

/* Reordered and repeated packets leave no trace. */
static void test_shuffled_is_the_same(void **state)
{
	(void)state;
	for (guint32 seed = 1; seed <= 5; seed++) {
		struct harness h;
		harness_start(&h, true, NULL);
		struct feed feed = {&h, harness_track(&h, TSR_CODEC_H264)};
		struct network net;
		network_init(&net, seed, push, &feed);
		struct sender video = make_sender(media_h264, network_send, &net);
		sender_frame(&video); /* nobody can know what comes before the first packet */
		net.duplicate = 0.1;
		net.reorder = 0.2;
		while (video.frames < 300)
			sender_frame(&video);
		network_finish(&net);
		tsr_stats *stats = g_new0(tsr_stats, 1);
		harness_stop(&h, stats);
		assert_true(stats->track[0].reordered > 20);
		assert_int_equal(stats->track[0].duplicate + stats->track[0].late, net.duplicated);
		assert_int_equal(stats->track[0].lost, 0);
		struct tscheck check;
		tscheck_file(h.path, &check);
		GChecksum *sent = nals_of(media_h264, 300);
		assert_plays(&check.stream[0]);
		assert_string_equal(g_checksum_get_string(sent), g_checksum_get_string(check.stream[0].nals));
		g_checksum_free(sent);
		tscheck_finish(&check);
		g_free(stats);
		harness_finish(&h);
	}
}

/* With packets lost for good, what is in the file still decodes without an error; nothing is lost but what the network lost. */
static void test_loss(void **state)
{
	(void)state;
	static const struct {
		double loss;
		double least_video; /* share of the frames that must be in the file: waiting for keyframes costs most */
		double least_audio;
	} rows[] = {{0.0, 1.0, 1.0}, {0.002, 0.85, 0.995}, {0.02, 0.5, 0.97}, {0.05, 0.25, 0.94}, {0.2, 0.03, 0.78}};
	printf("# loss   packets    lost  video frames of sent   audio frames of sent\n");
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct harness h;
		harness_start(&h, true, &(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY});
		struct feed video_feed = {&h, harness_track(&h, TSR_CODEC_H264)};
		struct feed audio_feed = {&h, harness_track(&h, TSR_CODEC_OPUS)};
		struct network video_net, audio_net;
		network_init(&video_net, 7, push, &video_feed);
		network_init(&audio_net, 8, push, &audio_feed);
		video_net.loss = audio_net.loss = rows[i].loss;
		video_net.reorder = audio_net.reorder = 0.02;
		struct sender video = make_sender(media_h264, network_send, &video_net);
		struct sender audio = make_sender(media_opus, network_send, &audio_net);
		play(&video, &audio, 60 * (int64_t)G_USEC_PER_SEC);
		network_finish(&video_net);
		network_finish(&audio_net);
		tsr_stats *stats = g_new0(tsr_stats, 1);
		harness_stop(&h, stats);
		const tsr_track_stats *v = &stats->track[0], *a = &stats->track[1];
		/* Lost is what lies between packets that came; reports are lost, too, and are no packets. */
		assert_true(v->lost + a->lost <= video_net.lost + audio_net.lost);
		assert_true(v->lost + a->lost + 130 >= video_net.lost + audio_net.lost);
		assert_int_equal(v->malformed + a->malformed, 0);
		assert_true((double)v->frames_written >= rows[i].least_video * (double)video.frames);
		assert_true((double)a->frames_written >= rows[i].least_audio * (double)audio.frames);
		assert_int_equal(v->frames_written + v->frames_skipped + v->frames_damaged <= video.frames, 1);
		struct tscheck check;
		tscheck_file(h.path, &check);
		for (unsigned s = 0; s < check.count; s++)
			assert_plays(&check.stream[s]);
		printf("# %4.1f %% %8" G_GUINT64_FORMAT " %7" G_GUINT64_FORMAT "     %6" G_GUINT64_FORMAT
		       " of %-6" G_GUINT64_FORMAT "       %6" G_GUINT64_FORMAT " of %-6" G_GUINT64_FORMAT "\n",
		       rows[i].loss * 100, v->packets + a->packets, v->lost + a->lost, v->frames_written, video.frames,
		       a->frames_written, audio.frames);
		tscheck_finish(&check);
		g_free(stats);
		harness_finish(&h);
	}
}

/* What becomes of a GOP after a loss: by default it is left out, concealing keeps each frame that is whole. Both ask for a keyframe. */
static void test_on_loss(void **state)
{
	(void)state;
	for (int conceal = 0; conceal < 2; conceal++) {
		struct harness h;
		harness_start(
			&h, true,
			&(tsr_recording_config){.on_loss = conceal ? TSR_ON_LOSS_CONCEAL : TSR_ON_LOSS_WAIT_KEYFRAME});
		struct feed feed = {&h, harness_track(&h, TSR_CODEC_H264)};
		struct network net;
		network_init(&net, 1, push, &feed);
		struct sender video = make_sender(media_h264, network_send, &net);
		unsigned asked = 0;
		while (video.frames < 90) {
			net.loss = video.frames == 40; /* one whole frame */
			sender_frame(&video);
			if (video.frames == 35)
				asked = h.events[TSR_EVENT_KEYFRAME_NEEDED];
		}
		network_finish(&net);
		tsr_stats *stats = g_new0(tsr_stats, 1);
		harness_stop(&h, stats);
		assert_int_equal(stats->track[0].frames, 89);
		assert_int_equal(stats->track[0].frames_skipped, conceal ? 0 : 19); /* up to the keyframe, number 60 */
		assert_int_equal(stats->track[0].frames_written, conceal ? 89 : 70);
		assert_true(h.events[TSR_EVENT_KEYFRAME_NEEDED] > asked);
		struct tscheck check;
		tscheck_file(h.path, &check);
		assert_int_equal(check.stream[0].packets, stats->track[0].frames_written);
		if (!conceal)
			assert_plays(&check.stream[0]);
		tscheck_finish(&check);
		g_free(stats);
		harness_finish(&h);
	}
}

/* A loss in each second: as many gaps, also those that are too many to be kept. */
static void test_gaps_beyond_the_cap_are_counted(void **state)
{
	(void)state;
	struct harness h;
	harness_start(&h, true, NULL);
	struct feed feed = {&h, harness_track(&h, TSR_CODEC_H264)};
	struct network net;
	network_init(&net, 1, push, &feed);
	struct sender video = make_sender(media_h264, network_send, &net);
	const unsigned seconds = TSR_MAX_GAPS + 20;
	while (video.frames < seconds * 30) { /* frame 30 is a keyframe again */
		net.loss = video.frames % 30 == 10;
		sender_frame(&video);
	}
	network_finish(&net);
	tsr_stats *stats = g_new0(tsr_stats, 1);
	harness_stop(&h, stats);
	assert_int_equal(stats->gaps, seconds);
	for (unsigned i = 0; i < TSR_MAX_GAPS; i++) {
		assert_string_equal(stats->gap[i].cause, "loss");
		assert_int_equal(stats->gap[i].frames, 19); /* from the first one after the loss to the keyframe */
		assert_in_range(stats->gap[i].end_ms - stats->gap[i].start_ms, 600, 667);
	}
	g_free(stats);
	harness_finish(&h);
}

/* ---- beginnings and ends -------------------------------------------------------------------------------------------- */

static void test_nothing_recorded_leaves_no_file(void **state)
{
	(void)state;
	struct harness h;
	harness_start(&h, true, NULL);
	harness_track(&h, TSR_CODEC_H264);
	harness_stop(&h, NULL);
	assert_null(h.path);
	assert_int_equal(h.events[TSR_EVENT_FINISHED], 1);
	GDir *dir = g_dir_open(h.folder, 0, NULL);
	assert_null(g_dir_read_name(dir));
	g_dir_close(dir);
	harness_finish(&h);
}

/* The first packets show the middle of a picture: video begins with the next keyframe, and it was asked for. */
static void test_video_begins_with_a_keyframe(void **state)
{
	(void)state;
	struct harness h;
	harness_start(&h, true, NULL);
	struct feed feed = {&h, harness_track(&h, TSR_CODEC_H264)};
	struct sender video = make_sender(media_h264, push, &feed);
	video.frames = 10; /* the keyframe was the first; the next one is number 30 */
	while (video.frames < 60)
		sender_frame(&video);
	harness_stop(&h, NULL);
	assert_int_equal(h.events[TSR_EVENT_KEYFRAME_NEEDED],
			 2); /* at once, and 350 ms later: the first may have been ignored */
	struct tscheck check;
	tscheck_file(h.path, &check);
	assert_plays(&check.stream[0]);
	assert_int_equal(check.stream[0].packets, 30);
	tscheck_finish(&check);
	harness_finish(&h);
}

/* A track that comes a minute later is in the file as well, at its time. */
static void test_late_track(void **state)
{
	(void)state;
	struct harness h;
	harness_start(&h, true, &(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY});
	struct feed audio_feed = {&h, harness_track(&h, TSR_CODEC_OPUS)}, video_feed = {&h, 0};
	struct sender audio = make_sender(media_opus, push, &audio_feed),
		      video = make_sender(media_h264, push, &video_feed);
	while (sender_next_us(&audio) < 60 * (int64_t)G_USEC_PER_SEC)
		sender_frame(&audio);
	video_feed.track = harness_track(&h, TSR_CODEC_H264);
	video.start_us += 60 * (int64_t)G_USEC_PER_SEC;
	for (int i = 0; i < 300; i++) {
		sender_frame(&video);
		sender_frame(&audio);
		if (i % 2 == 0)
			sender_frame(&audio);
	}
	harness_stop(&h, NULL);
	struct tscheck check;
	tscheck_file(h.path, &check);
	const struct tscheck_stream *v = tscheck_find(&check, TSR_CODEC_H264),
				    *a = tscheck_find(&check, TSR_CODEC_OPUS);
	assert_plays(v);
	assert_plays(a);
	assert_int_equal(v->packets, 300);
	assert_int_equal(a->packets, audio.frames);
	assert_true(ABS(v->first_90k - a->first_90k - 60 * 90000) < 90 * 20);
	tscheck_finish(&check);
	harness_finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_h264_and_opus_copied),
		cmocka_unit_test(test_h264_copied_opus_to_aac),
		cmocka_unit_test(test_vp8_to_h264),
		cmocka_unit_test(test_shuffled_is_the_same),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_on_loss),
		cmocka_unit_test(test_gaps_beyond_the_cap_are_counted),
		cmocka_unit_test(test_nothing_recorded_leaves_no_file),
		cmocka_unit_test(test_video_begins_with_a_keyframe),
		cmocka_unit_test(test_late_track),
	};
	return cmocka_run_group_tests(tests, media_setup, media_teardown);
}
