/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Long recordings, simulated: memory that does not grow, clocks that drift for more than a day, many starts and stops. The figures
 * are printed. */
#include <stdio.h>
#include <stdlib.h>

#include "../lib/cmocka.h"
#include "harness.h"
#include "sender.h"
#include "tools/tsfile.h"
#include "usage.h"

#define START_US  1700000000000000LL
#define SECOND_US ((int64_t)G_USEC_PER_SEC)

struct feed {
	tsr_recording *recording;
	unsigned track;
};

static void push(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct feed *f = ctx;
	bool taken = rtcp ? tsr_push_rtcp(f->recording, f->track, data, size, arrival_us)
			  : tsr_push_rtp(f->recording, f->track, data, size, arrival_us);
	assert_true(taken);
}

static struct media *load(const char *name, unsigned rate)
{
	char *path = media_path(name);
	struct media *media = media_load(path, rate);
	g_free(path);
	return media;
}

static struct sender make_sender(const struct media *media, uint8_t payload_type, struct feed *feed)
{
	return (struct sender){.media = media,
			       .payload_type = payload_type,
			       .ssrc = payload_type,
			       .start_us = START_US,
			       .ts = 0xfffff000u,
			       .send = push,
			       .ctx = feed};
}

/* Two streams with sender reports, as Chromium sends them: video every second, audio every five. */
struct call {
	struct sender video, audio;
	int64_t video_report_us, audio_report_us;
};

static void play_until(struct call *c, int64_t until_us)
{
	for (;;) {
		struct sender *next = sender_next_us(&c->video) <= sender_next_us(&c->audio) ? &c->video : &c->audio;
		int64_t now_us = sender_next_us(next);
		if (now_us >= until_us)
			return;
		for (; c->video_report_us < now_us; c->video_report_us += SECOND_US)
			sender_report(&c->video, c->video_report_us);
		for (; c->audio_report_us < now_us; c->audio_report_us += 5 * SECOND_US)
			sender_report(&c->audio, c->audio_report_us);
		sender_frame(next);
	}
}

/* ---- memory ---------------------------------------------------------------------------------------------------------- */

/* Then two good seconds, after which nothing is on the way or waited for: what is still held is held for good. */
static void play_over_bad_network(struct call *c, struct network *networks, int64_t until_us)
{
	for (int i = 0; i < 2; i++)
		networks[i].loss = networks[i].reorder = networks[i].duplicate = 0.003;
	play_until(c, until_us - 2 * SECOND_US);
	for (int i = 0; i < 2; i++)
		networks[i].loss = networks[i].reorder = networks[i].duplicate = 0;
	play_until(c, until_us);
}

/* Ten minutes of a call with video of 1 Mb/s, some packets of which come late, twice or never. */
static void ten_minutes(tsr_audio_mode mode, const char *what)
{
	struct media *video = load("gray.h264", 30), *audio = load("small.opus", 50);
	media_pad(video, 4200);
	struct harness h;
	harness_start(&h, true, &(tsr_recording_config){.audio_mode = mode, .flush.no_sync = true});
	struct feed feeds[2] = {{h.recording, harness_track(&h, TSR_CODEC_H264)},
				{h.recording, harness_track(&h, TSR_CODEC_OPUS)}};
	struct network networks[2];
	struct call c = {.video = make_sender(video, 96, &feeds[0]), .audio = make_sender(audio, 111, &feeds[1])};
	struct sender *senders[2] = {&c.video, &c.audio};
	for (int i = 0; i < 2; i++) {
		network_init(&networks[i], 1 + (guint32)i, push, &feeds[i]);
		senders[i]->send = network_send;
		senders[i]->ctx = &networks[i];
	}
	play_over_bad_network(&c, networks, 30 * SECOND_US);
	struct usage begin = usage_now();
	play_over_bad_network(&c, networks, 600 * SECOND_US);
	struct usage end = usage_now();
	network_finish(&networks[0]);
	network_finish(&networks[1]);
	harness_stop(&h, NULL);
	assert_int_equal(h.error, TSR_OK);
	printf("# %s: from 30 s to 600 s the heap grew by %td bytes, resident memory by %td KiB; %" G_GUINT64_FORMAT
	       " packets, %" G_GUINT64_FORMAT " bytes in the file\n",
	       what, (ptrdiff_t)(end.heap - begin.heap), ((ptrdiff_t)end.rss - (ptrdiff_t)begin.rss) / 1024,
	       c.video.packets + c.audio.packets, h.bytes);
	if (usage_tells_memory()) {
		assert_true((ptrdiff_t)(end.heap - begin.heap) < 4 * 1024);
		assert_true((ptrdiff_t)(end.rss - begin.rss) < 512 * 1024);
	}
	harness_finish(&h);
	media_free(video);
	media_free(audio);
}

static void test_memory_of_a_copy(void **state)
{
	(void)state;
	ten_minutes(TSR_AUDIO_COPY, "copied");
}

static void test_memory_of_an_audio_transcode(void **state)
{
	(void)state;
	ten_minutes(TSR_AUDIO_TRANSCODE, "audio to AAC");
}

/* ---- clocks ---------------------------------------------------------------------------------------------------------- */

#define HOURS 30

struct offsets {
	const struct sender *audio, *video;
	uint64_t audio_frames, video_frames;   /* seen so far */
	double audio_error_us, video_error_us; /* of the newest frame: recording time less true time */
	double worst_us, worst_settled_us;     /* A/V offset: over all, and after the first minute */
};

static void note_frame(void *ctx, const struct ts_stream *stream, int64_t pts_90k)
{
	struct offsets *o = ctx;
	const struct sender *s = stream->video ? o->video : o->audio;
	uint64_t number = stream->video ? o->video_frames++ : o->audio_frames++;
	double true_us = (double)number * (double)s->media->frame_us / (1 + s->drift_ppm / 1e6);
	double error_us = (double)pts_90k * 100 / 9 - true_us;
	if (stream->video)
		o->video_error_us = error_us;
	else
		o->audio_error_us = error_us;
	if (o->video_frames == 0 || o->audio_frames == 0)
		return;
	double offset_us = ABS(o->audio_error_us - o->video_error_us);
	o->worst_us = MAX(o->worst_us, offset_us);
	if (true_us > 60e6)
		o->worst_settled_us = MAX(o->worst_settled_us, offset_us);
}

/* The microphone's clock runs 100 ppm fast: uncorrected it would lead by 10.8 s at the end. Few and small frames make it quick. */
static void test_thirty_hours_of_drift(void **state)
{
	(void)state;
	struct media *video = load("gray.h264", 1), *audio = load("small.opus", 2);
	struct harness h;
	harness_start(&h, true, &(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY, .flush.no_sync = true});
	struct feed feeds[2] = {{h.recording, harness_track(&h, TSR_CODEC_H264)},
				{h.recording, harness_track(&h, TSR_CODEC_OPUS)}};
	struct call c = {.video = make_sender(video, 96, &feeds[0]), .audio = make_sender(audio, 111, &feeds[1])};
	c.audio.drift_ppm = 100;
	int64_t begun_us = g_get_monotonic_time();
	play_until(&c, 3600 * SECOND_US);
	struct usage begin = usage_now();
	play_until(&c, HOURS * 3600 * SECOND_US);
	struct usage end = usage_now();
	double took_s = (double)(g_get_monotonic_time() - begun_us) / 1e6;
	tsr_stats *stats = g_new0(tsr_stats, 1);
	harness_stop(&h, stats);
	assert_non_null(h.path);
	struct offsets offsets = {.audio = &c.audio, .video = &c.video};
	struct ts_scan *scan = g_new0(struct ts_scan, 1);
	assert_int_equal(tsfile_scan(h.path, &(struct ts_watch){.frame = note_frame, .ctx = &offsets}, scan), TSR_OK);
	int64_t last_90k = scan->stream[0].last_pts_90k;
	printf("# %d h at 100 ppm: A/V offset at most %.2f ms (%.2f ms after the first minute), corrected by %.1f s; "
	       "%.1f h in the file, wrapped %d times; from the first hour on the heap grew by %td bytes, resident "
	       "memory by %td KiB; "
	       "it took %.1f s\n",
	       HOURS, offsets.worst_us / 1e3, offsets.worst_settled_us / 1e3,
	       (double)stats->track[1].clock_corrected_us / 1e6, (double)tsfile_duration_ms(scan) / 3.6e6,
	       (int)(last_90k >> 33), (ptrdiff_t)(end.heap - begin.heap),
	       ((ptrdiff_t)end.rss - (ptrdiff_t)begin.rss) / 1024, took_s);
	if (usage_tells_memory()) {
		assert_true((ptrdiff_t)(end.heap - begin.heap) < 4 * 1024);
		assert_true((ptrdiff_t)(end.rss - begin.rss) < 1024 * 1024);
	}
	assert_true(offsets.worst_us < 20e3);
	assert_int_equal(offsets.video_frames, c.video.frames);
	assert_int_equal(offsets.audio_frames, c.audio.frames);
	assert_int_equal(last_90k >> 33, 1);
	assert_int_equal(scan->stream[0].dts_backwards + scan->stream[1].dts_backwards, 0);
	assert_int_equal(scan->lost_packets + scan->bad_tables, 0);
	assert_true(ABS(tsfile_duration_ms(scan) - HOURS * 3600 * 1000) < 2000);
	assert_int_equal(stats->track[0].clock_jumps + stats->track[1].clock_jumps, 0);
	g_free(scan);
	g_free(stats);
	harness_finish(&h);
	media_free(video);
	media_free(audio);
}

/* ---- starts and stops ------------------------------------------------------------------------------------------------ */

static void count_end(void *user, const tsr_event *event)
{
	if (event->type == TSR_EVENT_FINISHED)
		g_atomic_int_inc((gint *)user);
}

enum { BATCH = 25, BATCHES = 10, WARM_UP_BATCHES = 2 };

static tsr_recording *record_a_little(tsr_engine *engine, const char *folder, unsigned number, struct media *video,
				      gint *ended)
{
	char id[32];
	tsr_recording *recording = NULL;
	g_snprintf(id, sizeof(id), "r%u", number);
	tsr_recording_config config = {
		.folder = folder, .id = id, .flush.no_sync = true, .on_event = count_end, .user = ended};
	assert_int_equal(tsr_recording_create(engine, &config, &recording), TSR_OK);
	struct feed feed = {.recording = recording};
	assert_int_equal(tsr_recording_add_track(recording, &(tsr_track_config){.codec = TSR_CODEC_H264}, &feed.track),
			 TSR_OK);
	struct sender s = make_sender(video, 96, &feed);
	s.start_us = tsr_now_us();
	for (int i = 0; i < 10; i++)
		sender_frame(&s);
	tsr_recording_stop(recording, "stop");
	return recording;
}

static void wait_and_check(tsr_recording *recording)
{
	tsr_stats *stats = g_new0(tsr_stats, 1);
	tsr_recording_wait(recording);
	tsr_recording_get_stats(recording, stats);
	assert_int_equal(stats->state, TSR_STATE_FINISHED);
	assert_int_equal(stats->track[0].frames_written, 10);
	tsr_recording_unref(recording);
	g_free(stats);
}

/* An engine with its threads comes, records many at a time, and goes; what it leaves is nothing. */
static void test_starts_and_stops(void **state)
{
	(void)state;
	struct media *video = load("gray.h264", 25);
	char *folder = g_dir_make_tmp("tsr-pipeline-XXXXXX", NULL);
	struct usage begin = {0}, end = {0};
	gint ended = 0;
	for (unsigned batch = 0; batch < BATCHES; batch++) {
		tsr_recording *recordings[BATCH];
		tsr_engine *engine = tsr_engine_create(NULL);
		for (unsigned i = 0; i < BATCH; i++)
			recordings[i] = record_a_little(engine, folder, batch * BATCH + i, video, &ended);
		for (unsigned i = 0; i < BATCH; i++)
			wait_and_check(recordings[i]);
		tsr_engine_destroy(engine);
		end = usage_now();
		if (batch + 1 == WARM_UP_BATCHES)
			begin = end;
	}
	printf("# %d starts and stops: the heap grew by %td bytes, resident memory by %td KiB, descriptors by %d, "
	       "threads by %d\n",
	       (BATCHES - WARM_UP_BATCHES) * BATCH, (ptrdiff_t)(end.heap - begin.heap),
	       ((ptrdiff_t)end.rss - (ptrdiff_t)begin.rss) / 1024, (int)(end.descriptors - begin.descriptors),
	       (int)(end.threads - begin.threads));
	assert_int_equal(ended, BATCHES * BATCH);
	assert_int_equal(end.descriptors, begin.descriptors);
	assert_int_equal(end.threads, begin.threads);
	if (usage_tells_memory())
		assert_true((ptrdiff_t)(end.heap - begin.heap) < 4 * 1024);
	remove_folder(folder);
	g_free(folder);
	media_free(video);
}

int main(int argc, char **argv)
{
	(void)argc;
	usage_be_exact(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_of_a_copy),
		cmocka_unit_test(test_memory_of_an_audio_transcode),
		cmocka_unit_test(test_thirty_hours_of_drift),
		cmocka_unit_test(test_starts_and_stops),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
