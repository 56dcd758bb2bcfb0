/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine with its threads, used from many at once as Janus uses it: media on one thread, requests on another, questions from
 * a third. ThreadSanitizer watches in `tests/run tsan`. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "../lib/cmocka.h"
#include "harness.h"
#include "sender.h"
#include "tscheck.h"
#include "usage.h"

enum { CALLS = 12, PUSHERS = 4, ROUNDS = 3, FRAMES = 120 };

static char *folder;

/* One peer. */
struct peer {
	tsr_recording *recording;
	bool transcodes;
	unsigned video, audio;
	struct sender video_sender, audio_sender;
	struct feed {
		struct peer *peer;
		bool is_video;
	} feeds[2];
	atomic_int events[TSR_EVENT_FAILED + 1];
	atomic_int last_events; /* finished or failed: one, and nothing behind it */
	atomic_int events_after_last;
	char *path; /* by the last event */
	bool stop_early;
};

static void on_event(void *user, const tsr_event *event)
{
	struct peer *p = user;
	if (atomic_load(&p->last_events) > 0)
		atomic_fetch_add(&p->events_after_last, 1);
	atomic_fetch_add(&p->events[event->type], 1);
	if (event->type == TSR_EVENT_FINISHED || event->type == TSR_EVENT_FAILED) {
		p->path = g_strdup(event->path);
		atomic_fetch_add(&p->last_events, 1);
	}
}

/* Refused packets are no failure here: a stop may have come first. */
static void push(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	const struct feed *f = ctx;
	unsigned track = f->is_video ? f->peer->video : f->peer->audio;
	if (rtcp)
		(void)tsr_push_rtcp(f->peer->recording, track, data, size, arrival_us);
	else
		(void)tsr_push_rtp(f->peer->recording, track, data, size, arrival_us);
}

static struct peer *start_peer(tsr_engine *engine, unsigned round, unsigned number)
{
	struct peer *p = g_new0(struct peer, 1);
	char id[32];
	g_snprintf(id, sizeof(id), "call-%u-%u", round, number);
	p->transcodes = number % 4 == 3;
	p->stop_early = number % 3 == 2;
	tsr_recording_config config = {.folder = folder,
				       .id = id,
				       .audio_mode = p->transcodes ? TSR_AUDIO_TRANSCODE : TSR_AUDIO_COPY,
				       .flush.no_sync = number % 2,
				       .report = number % 5 == 0,
				       .on_event = on_event,
				       .user = p};
	if (tsr_recording_create(engine, &config, &p->recording) != TSR_OK)
		g_error("tsr_recording_create");
	const struct media *video = p->transcodes ? media_vp8 : media_h264;
	if (tsr_recording_add_track(p->recording, &(tsr_track_config){.codec = video->codec}, &p->video) != TSR_OK)
		g_error("tsr_recording_add_track");
	int64_t now_us = tsr_now_us();
	p->feeds[0] = (struct feed){p, true};
	p->feeds[1] = (struct feed){p, false};
	p->video_sender = (struct sender){
		.media = video, .payload_type = 96, .ssrc = 1, .start_us = now_us, .send = push, .ctx = &p->feeds[0]};
	p->audio_sender = (struct sender){.media = media_opus,
					  .payload_type = 111,
					  .ssrc = 2,
					  .start_us = now_us,
					  .send = push,
					  .ctx = &p->feeds[1]};
	return p;
}

/* What the loop threads of Janus do: several peers on each, one frame after another. The audio track comes by a renegotiation. */
struct pusher {
	struct peer **peers;
	unsigned first;
	atomic_int *frames_done; /* of all pushers together */
};

static void *push_media(void *arg)
{
	const struct pusher *w = arg;
	for (unsigned frame = 0; frame < FRAMES; frame++) {
		for (unsigned i = w->first; i < CALLS; i += PUSHERS) {
			struct peer *p = w->peers[i];
			if (frame == 3 &&
			    tsr_recording_add_track(p->recording, &(tsr_track_config){.codec = TSR_CODEC_OPUS},
						    &p->audio) != TSR_OK)
				p->audio = UINT_MAX; /* stopped already: pushes to it are refused */
			sender_frame(&p->video_sender);
			if (frame >= 3)
				sender_frame(&p->audio_sender);
			if (frame % 30 == 10)
				sender_report(&p->video_sender, sender_next_us(&p->video_sender));
		}
		atomic_fetch_add(w->frames_done, 1);
	}
	return NULL;
}

/* What requests do, in the middle of it all. */
struct controller {
	struct peer **peers;
	atomic_int *frames_done;
	atomic_bool over;
};

static void *ask_and_control(void *arg)
{
	struct controller *c = arg;
	tsr_stats *stats = g_new(tsr_stats, 1);
	unsigned turn = 0;
	while (!atomic_load(&c->over)) {
		struct peer *p = c->peers[turn++ % CALLS];
		tsr_recording *mine = tsr_recording_ref(p->recording);
		tsr_recording_get_stats(mine, stats);
		if (stats->tracks > 2)
			g_error("%u tracks", stats->tracks);
		if (turn % 5 == 0 && tsr_recording_pause(mine) == TSR_OK && tsr_recording_resume(mine) != TSR_OK)
			tsr_recording_get_stats(mine, stats); /* stopped in between */
		if (p->stop_early && atomic_load(c->frames_done) > PUSHERS * FRAMES / 2)
			tsr_recording_stop(mine, "stop");
		tsr_recording_unref(mine);
	}
	g_free(stats);
	return NULL;
}

static void check_peer(struct peer *p)
{
	assert_int_equal(p->last_events, 1);
	assert_int_equal(p->events_after_last, 0);
	assert_int_equal(p->events[TSR_EVENT_FINISHED], 1);
	tsr_stats *stats = g_new(tsr_stats, 1);
	tsr_recording_get_stats(p->recording, stats);
	assert_int_equal(stats->state, TSR_STATE_FINISHED);
	g_free(stats);
	if (p->path != NULL) { /* not when it was stopped before its first keyframe */
		struct tscheck check;
		tscheck_file(p->path, &check);
		for (unsigned i = 0; i < check.count; i++) {
			assert_int_equal(check.stream[i].errors, 0);
			assert_int_equal(check.stream[i].backwards, 0);
		}
		tscheck_finish(&check);
	}
	tsr_recording_unref(p->recording);
	g_free(p->path);
	g_free(p);
}

static void run_round(unsigned round)
{
	struct peer *peers[CALLS];
	struct pusher pushers[PUSHERS];
	pthread_t push_threads[PUSHERS], control_threads[2];
	atomic_int frames_done = 0;
	tsr_engine *engine = tsr_engine_create(NULL);
	assert_non_null(engine);
	for (unsigned i = 0; i < CALLS; i++)
		peers[i] = start_peer(engine, round, i);
	struct controller controller = {.peers = peers, .frames_done = &frames_done};
	for (unsigned i = 0; i < PUSHERS; i++) {
		pushers[i] = (struct pusher){peers, i, &frames_done};
		assert_int_equal(pthread_create(&push_threads[i], NULL, push_media, &pushers[i]), 0);
	}
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&control_threads[i], NULL, ask_and_control, &controller), 0);
	for (unsigned i = 0; i < PUSHERS; i++)
		pthread_join(push_threads[i], NULL);
	/* In the last round nobody stops anything: the engine's end has to. */
	for (unsigned i = 0; round + 1 < ROUNDS && i < CALLS; i += 2)
		tsr_recording_stop(peers[i]->recording, "hangup");
	for (unsigned i = 0; round + 1 < ROUNDS && i < CALLS; i += 2)
		tsr_recording_wait(peers[i]->recording);
	if (round + 1 < ROUNDS) {
		atomic_store(&controller.over, true);
		for (unsigned i = 0; i < 2; i++)
			pthread_join(control_threads[i], NULL);
	}
	tsr_engine_destroy(engine);
	if (round + 1 == ROUNDS) { /* questions were asked to the end, and behind it */
		atomic_store(&controller.over, true);
		for (unsigned i = 0; i < 2; i++)
			pthread_join(control_threads[i], NULL);
	}
	for (unsigned i = 0; i < CALLS; i++)
		check_peer(peers[i]);
}

static void test_many_threads(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++)
		run_round(round);
}

/* Recordings come and go on several threads while others run. */
struct starter {
	tsr_engine *engine;
	unsigned number;
	atomic_int *finished;
};

static void count_finished(void *user, const tsr_event *event)
{
	if (event->type == TSR_EVENT_FINISHED)
		atomic_fetch_add((atomic_int *)user, 1);
}

static void *start_and_stop(void *arg)
{
	const struct starter *s = arg;
	for (unsigned i = 0; i < 20; i++) {
		char id[32];
		tsr_recording *recording = NULL;
		g_snprintf(id, sizeof(id), "short-%u-%u", s->number, i);
		tsr_recording_config config = {.folder = folder,
					       .id = id,
					       .flush.no_sync = true,
					       .on_event = count_finished,
					       .user = s->finished};
		unsigned track = 0;
		if (tsr_recording_create(s->engine, &config, &recording) != TSR_OK ||
		    tsr_recording_add_track(recording, &(tsr_track_config){.codec = TSR_CODEC_OPUS}, &track) != TSR_OK)
			g_error("%s cannot be started", id);
		uint8_t rtp[20] = {0x80, 111, 0, (uint8_t)i, 0, 0, 0, 0, 0, 0, 0, 1, 0xfc};
		(void)tsr_push_rtp(recording, track, rtp, sizeof(rtp), tsr_now_us());
		if (i % 2 == 0)
			tsr_recording_stop(recording, "stop");
		tsr_recording_unref(recording); /* half of them are stopped by the engine's end */
	}
	return NULL;
}

static void test_starts_on_many_threads(void **state)
{
	(void)state;
	pthread_t threads[PUSHERS];
	struct starter starters[PUSHERS];
	atomic_int finished = 0;
	tsr_engine *engine = tsr_engine_create(&(tsr_engine_config){.copy_workers = 2});
	for (unsigned i = 0; i < PUSHERS; i++) {
		starters[i] = (struct starter){engine, i, &finished};
		assert_int_equal(pthread_create(&threads[i], NULL, start_and_stop, &starters[i]), 0);
	}
	for (unsigned i = 0; i < PUSHERS; i++)
		pthread_join(threads[i], NULL);
	tsr_engine_destroy(engine);
	assert_int_equal(finished, PUSHERS * 20);
}

/* A pause before the first packet cuts nothing out of a timeline that has not begun. */
static void test_paused_before_it_begins(void **state)
{
	(void)state;
	struct harness h;
	harness_start(&h, false, &(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY});
	unsigned track = harness_track(&h, TSR_CODEC_OPUS);
	assert_int_equal(tsr_recording_pause(h.recording), TSR_OK);
	g_usleep(700000);
	assert_int_equal(tsr_recording_resume(h.recording), TSR_OK);
	int64_t now_us = tsr_now_us();
	uint8_t packet[] = {0x80, 111, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xf8, 0xff, 0xfe};
	for (uint32_t i = 0; i < 100; i++) {
		packet[3] = (uint8_t)i;
		packet[5] = (uint8_t)(i * 960 >> 16), packet[6] = (uint8_t)(i * 960 >> 8),
		packet[7] = (uint8_t)(i * 960);
		assert_true(tsr_push_rtp(h.recording, track, packet, sizeof(packet), now_us + i * 20000));
	}
	tsr_stats *stats = g_new0(tsr_stats, 1);
	harness_stop(&h, stats);
	assert_in_range(h.duration_ms, 1900, 2020); /* and not 100 steps of a tick for the first 700 ms */
	assert_in_range(stats->track[0].last_pts_90k - stats->track[0].first_pts_90k, 99 * 1800 - 90, 99 * 1800 + 90);
	g_free(stats);
	harness_finish(&h);
}

static int setup(void **state)
{
	media_setup(state);
	folder = g_dir_make_tmp("tsr-pipeline-XXXXXX", NULL);
	return folder == NULL;
}

static int teardown(void **state)
{
	media_teardown(state);
	remove_folder(folder);
	g_free(folder);
	return 0;
}

int main(int argc, char **argv)
{
	(void)argc;
	usage_be_watchable(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_threads),
		cmocka_unit_test(test_starts_on_many_threads),
		cmocka_unit_test(test_paused_before_it_begins),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
