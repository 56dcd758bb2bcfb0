/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tracks that stop and come back, sound that is muted, a picture that comes at another rate; and what a running recording takes over:
 * its note, and how it is flushed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "call.h"
#include "tscheck.h"

#define S G_USEC_PER_SEC

static struct call *with_tracks(const tsr_recording_config *config)
{
	struct call *c = call_start(config);
	call_add_tracks(c);
	return c;
}

#define AUDIO_TRACK 1 /* as call_add_tracks() adds them */

static void mute(struct call *c, bool muted)
{
	c->audio_track = muted ? -1 : AUDIO_TRACK;
}

static const tsr_recording_config copy_all = {.audio_mode = TSR_AUDIO_COPY};
static const tsr_recording_config sound_to_aac = {.audio_mode = TSR_AUDIO_TRANSCODE};

static void a_track_comes_back(void **state)
{
	(void)state;
	struct call *c = with_tracks(&sound_to_aac);
	call_run(c, 3 * S);
	for (int i = 0; i < 20; i++) {
		for (unsigned track = 0; track < 2; track++)
			tsr_recording_end_track(c->h.recording, track);
		call_run(c, S / 5);
		for (unsigned track = 0; track < 2; track++) {
			tsr_codec codec = (int)track == c->video_track ? TSR_CODEC_H264 : TSR_CODEC_OPUS;
			const tsr_track_config config = {.codec = codec}, other = {.codec = TSR_CODEC_VP8};
			assert_int_equal(tsr_recording_resume_track(c->h.recording, track, &other), TSR_E_INVAL);
			assert_int_equal(tsr_recording_resume_track(c->h.recording, track, &config), TSR_OK);
			assert_int_equal(tsr_recording_resume_track(c->h.recording, track, &config),
					 TSR_E_INVAL); /* it is not ended */
		}
		assert_int_equal(
			tsr_recording_resume_track(c->h.recording, 2, &(tsr_track_config){.codec = TSR_CODEC_OPUS}),
			TSR_E_INVAL);
		call_run(c, S);
	}
	tsr_stats *stats = g_new0(tsr_stats, 1);
	harness_stop(&c->h, stats);
	assert_int_equal(stats->tracks, 2);
	struct tscheck check;
	tscheck_file(c->h.path, &check);
	assert_int_equal(check.count, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(check.stream[i].errors + check.stream[i].backwards, 0);
		assert_int_equal(stats->track[i].frames_written, check.stream[i].packets);
		assert_in_range(check.stream[i].last_90k - check.stream[i].first_90k, 90000 * 26,
				90000 * 27 + 90000); /* of 27 s */
		assert_int_equal(stats->track[i].lost + stats->track[i].clock_jumps + stats->track[i].malformed, 0);
	}
	/* What is counted goes on: 23 of 27 seconds were pushed. */
	assert_in_range(stats->track[c->audio_track].packets, 23 * 50 - 20, 23 * 50 + 20);
	tscheck_finish(&check);
	g_free(stats);
	call_end(c);
}

/* Nothing comes while somebody is muted: the sound has no hole, and ends with the picture. */
static void muted_sound_is_silence(void **state)
{
	(void)state;
	struct call *c = with_tracks(&sound_to_aac);
	call_run(c, 3 * S);
	mute(c, true);
	call_run(c, 90 * S); /* more than the codec would fill at once */
	mute(c, false);
	call_run(c, 3 * S);
	mute(c, true);
	call_run(c, 10 * S);
	harness_stop(&c->h, NULL);
	struct tscheck check;
	tscheck_file(c->h.path, &check);
	const struct tscheck_stream *a = tscheck_find(&check, TSR_CODEC_AAC), *v = tscheck_find(&check, TSR_CODEC_H264);
	assert_int_equal(a->errors + a->backwards + v->errors, 0);
	assert_true(a->longest_gap_90k < 90000 / 20);
	assert_true(ABS(v->last_90k - a->last_90k) < 90000 * 3 / 2);
	tscheck_finish(&check);
	call_end(c);
}

/* Paused while muted: the pause is no silence. */
static void a_pause_in_mute_is_left_out(void **state)
{
	(void)state;
	struct call *c = with_tracks(&sound_to_aac);
	call_run(c, 3 * S);
	mute(c, true);
	call_run(c, 3 * S);
	assert_int_equal(tsr_recording_pause(c->h.recording), TSR_OK);
	call_run(c, 20 * S);
	assert_int_equal(tsr_recording_resume(c->h.recording), TSR_OK);
	call_run(c, 3 * S);
	mute(c, false);
	call_run(c, 3 * S);
	harness_stop(&c->h, NULL);
	struct tscheck check;
	tscheck_file(c->h.path, &check);
	const struct tscheck_stream *a = tscheck_find(&check, TSR_CODEC_AAC), *v = tscheck_find(&check, TSR_CODEC_H264);
	assert_in_range(c->h.duration_ms, 11500, 12300);
	assert_true(a->longest_gap_90k < 90000 / 20);
	assert_int_equal(a->backwards, 0);
	assert_true(ABS(v->last_90k - a->last_90k) < 90000 / 5);
	tscheck_finish(&check);
	call_end(c);
}

/* Copied sound has nothing to fill a gap with: it stays one, and what follows is in its place. */
static void a_gap_in_copied_sound_stays(void **state)
{
	(void)state;
	struct call *c = with_tracks(&copy_all);
	call_run(c, 3 * S);
	mute(c, true);
	call_run(c, 4 * S);
	mute(c, false);
	call_run(c, 3 * S);
	harness_stop(&c->h, NULL);
	struct tscheck check;
	tscheck_file_with_pauses(c->h.path, &check);
	const struct tscheck_stream *a = tscheck_find(&check, TSR_CODEC_OPUS),
				    *v = tscheck_find(&check, TSR_CODEC_H264);
	assert_in_range(a->longest_gap_90k, 90000 * 4, 90000 * 4 + 90000 / 20);
	assert_in_range(a->packets, 6 * 50 - 3, 6 * 50 + 3);
	assert_int_equal(a->backwards, 0);
	assert_true(ABS(v->last_90k - a->last_90k) < 90000 / 10);
	tscheck_finish(&check);
	call_end(c);
}

/* The audio's sender has no source for so long: its clock stands still. */
static void take_microphone(struct call *c, int64_t duration_us)
{
	c->audio.start_us += duration_us;
	call_run(c, duration_us);
}

/* As Chromium reports without a source: behind the last packet's timestamp its clock goes on at a sixth of its rate. */
static void report_without_microphone(struct call *c, int64_t since_us)
{
	int64_t ran_us = since_us / 6;
	struct sender s = c->audio;
	s.start_us -= ran_us;
	sender_report(&s, sender_next_us(&s) + ran_us);
}

/* The sound of the first 3 s, and so much of what comes next, is followed by none for so long, or by silence. */
static void look_for_gap(const char *path, bool copied, int64_t gap_us, int64_t early_us)
{
	struct tscheck check;
	(copied ? tscheck_file_with_pauses : tscheck_file)(path, &check);
	const struct tscheck_stream *a = tscheck_find(&check, copied ? TSR_CODEC_OPUS : TSR_CODEC_AAC);
	const struct tscheck_stream *v = tscheck_find(&check, TSR_CODEC_H264), *other = v->packets > 0 ? v : a;
	/* What was sent at 3 s begins 20 ms before. */
	int64_t gap_90k = copied ? gap_us * 9 / 100 : 0, end_90k = a->gap_end_90k - other->first_90k - 3 * 90000 + 1800;
	assert_in_range(a->longest_gap_90k, gap_90k, gap_90k + 90000 / 20);
	assert_true(!copied || ABS(end_90k - gap_90k - early_us * 9 / 100) < 900);
	assert_int_equal(a->errors + a->backwards, 0);
	assert_true(ABS(other->last_90k - a->last_90k) < 90000 / 10);
	tscheck_finish(&check);
}

/* So long without; what a peer may send then, since it went (0 = nothing). */
struct absence {
	int64_t lasts_us, report_us, packet_us;
	bool alone; /* no other track sends */
};

static void be_without_microphone(struct call *c, const struct absence *a)
{
	int64_t since_us = a->report_us;
	if (a->report_us > 0) {
		take_microphone(c, a->report_us);
		report_without_microphone(c, a->report_us);
	}
	if (a->packet_us > 0) {
		take_microphone(c, a->packet_us - since_us);
		since_us = a->packet_us;
		sender_frame(&c->audio);
	}
	take_microphone(c, a->lasts_us - since_us);
}

static void check_absence(const struct absence *absence, bool copied)
{
	struct call *c = with_tracks(copied ? &copy_all : &sound_to_aac);
	if (absence->alone)
		c->video_track = -1;
	call_run(c, 2 * S);
	sender_report(&c->video, 2 * S);
	sender_report(&c->audio, 2 * S);
	call_run(c, S);
	be_without_microphone(c, absence);
	call_run(c, 2 * S);
	sender_report(&c->audio, 5 * S);
	sender_report(&c->video, 5 * S + absence->lasts_us);
	call_run(c, 3 * S);
	tsr_stats *stats = g_new0(tsr_stats, 1);
	harness_stop(&c->h, stats);
	const tsr_track_stats *audio = &stats->track[AUDIO_TRACK];
	int64_t frames = absence->lasts_us / 20000;
	assert_int_equal(audio->clock_jumps, absence->packet_us > 0 ? 2 : 1);
	/* What was left out because silence stood in its place would be made up again later. */
	assert_in_range(audio->concealed, copied ? 0 : frames - 3, copied ? 0 : frames + 3);
	look_for_gap(c->h.path, copied, absence->packet_us > 0 ? absence->packet_us : absence->lasts_us,
		     absence->lasts_us < S || absence->alone ? 60000 : 0);
	g_free(stats);
	call_end(c);
}

/* Nothing that is said after it is lost or waits for a report, whatever came meanwhile. */
static void a_microphone_comes_back(void **state)
{
	(void)state;
	static const struct absence absences[] = {
		{.lasts_us = 4 * S},
		{.lasts_us = 4 * S, .report_us = 460000},
		{.lasts_us = 4 * S, .report_us = 1400000},
		{.lasts_us = 4 * S, .report_us = 3900000},
		{.lasts_us = 4 * S, .report_us = 1400000, .packet_us = 2600000},
		{.lasts_us = 400000},
		{.lasts_us = 400000, .report_us = 300000},
		{.lasts_us = 900000},
		{.lasts_us = 400000, .alone = true},
		{.lasts_us = 4 * S, .alone = true},
	};
	for (unsigned i = 0; i < 2 * G_N_ELEMENTS(absences); i++)
		check_absence(&absences[i / 2], i % 2 != 0);
}

/* Sound was held up, by the peer's processor while its video went on, or by the network when there is no other track; and comes at one
 * and a half times its pace until it has caught up. */
static void sound_that_was_held_up_catches_up(void **state)
{
	(void)state;
	for (int alone = 0; alone < 2; alone++) {
		struct call *c = with_tracks(&sound_to_aac);
		if (alone)
			c->video_track = -1;
		call_run(c, 3 * S);
		struct sender held = c->audio;
		c->audio.start_us += 3 * S / 2;
		call_run(c, alone ? S : 400000);
		for (int64_t late_us = alone ? S : 400000; late_us > 0; late_us -= 10000) {
			c->audio.start_us = held.start_us + late_us;
			call_run(c, 10000);
		}
		c->audio.start_us = held.start_us;
		call_run(c, 3 * S);
		tsr_stats *stats = g_new0(tsr_stats, 1);
		harness_stop(&c->h, stats);
		assert_int_equal(stats->track[AUDIO_TRACK].clock_jumps + stats->track[AUDIO_TRACK].concealed, 0);
		look_for_gap(c->h.path, false, 0, 0);
		g_free(stats);
		call_end(c);
	}
}

/* 30 pictures a second become 10, and 30 again. */
static void another_frame_rate(void **state)
{
	(void)state;
	struct call *c = with_tracks(&copy_all);
	char *path = media_path("small.h264");
	struct media *slow = media_load(path, 10);
	const struct {
		struct media *media;
		unsigned frames;
	} parts[] = {{media_h264, 120}, {slow, 40}, {media_h264, 120}}; /* 4 s each */
	for (int i = 0; i < 3; i++) {
		struct sender part = c->video;
		part.media = parts[i].media;
		part.start_us += i * 4 * S;
		part.ts = (uint32_t)i * 4 * 90000;
		part.frames = 0;
		while (part.frames < parts[i].frames)
			sender_frame(&part);
		c->video.seq = part.seq;
	}
	tsr_stats *stats = g_new0(tsr_stats, 1);
	harness_stop(&c->h, stats);
	struct tscheck check;
	tscheck_file(c->h.path, &check);
	const struct tscheck_stream *v = tscheck_find(&check, TSR_CODEC_H264);
	assert_int_equal(v->packets, 280);
	assert_int_equal(v->errors + v->backwards, 0);
	assert_in_range(v->longest_gap_90k, 9000 - 90, 9000 + 90);
	assert_in_range(v->last_90k - v->first_90k, 12 * 90000 - 3000 - 90, 12 * 90000 - 3000 + 90);
	assert_int_equal(stats->track[0].clock_jumps + stats->track[0].lost, 0);
	tscheck_finish(&check);
	g_free(stats);
	media_free(slow);
	g_free(path);
	call_end(c);
}

/* What a crash would need is there as soon as something is written, follows a change, and goes when there is a report. */
static void the_note_follows(void **state)
{
	(void)state;
	struct harness h;
	harness_start(&h, false,
		      &(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY, .report = true, .name = "before"});
	struct call c = {.h = h, .audio_track = (int)harness_track(&h, TSR_CODEC_OPUS)};
	c.audio = (struct sender){.media = media_opus,
				  .payload_type = 111,
				  .ssrc = 2,
				  .start_us = tsr_now_us(),
				  .send = call_push_audio,
				  .ctx = &c};
	char *note = g_build_filename(h.folder, "test.recording.json", NULL), *text = NULL;
	const char *const names[] = {"before", "after"};
	for (int i = 0; i < 2; i++) {
		const tsr_recording_changes changes = {.max_duration_us = -1, .max_size = -1, .name = names[i]};
		assert_int_equal(tsr_recording_change(h.recording, &changes), TSR_OK);
		char *wanted = g_strdup_printf("\"name\": \"%s\"", names[i]);
		bool found = false;
		for (int n = 0; n < 100 && !found; n++) {
			sender_frame(&c.audio);
			g_usleep(20000);
			found = g_file_get_contents(note, &text, NULL, NULL) && strstr(text, wanted) != NULL;
			g_free(g_steal_pointer(&text));
		}
		assert_true(found);
		g_free(wanted);
	}
	harness_stop(&h, NULL);
	assert_false(g_file_test(note, G_FILE_TEST_EXISTS));
	g_free(note);
	harness_finish(&h);
}

/* Flushed by the threshold from now on, instead of each second. */
static void flushing_changes_while_it_runs(void **state)
{
	(void)state;
	struct harness h;
	harness_start(&h, false, &(tsr_recording_config){.audio_mode = TSR_AUDIO_COPY});
	const tsr_flush flush = {.threshold = 65536,
				 .interval_us = 300000,
				 .adaptive = true,
				 .threshold_min = 32768,
				 .threshold_max = 131072};
	const tsr_recording_changes changes = {.max_duration_us = -1, .max_size = -1, .flush = &flush};
	tsr_stats *stats = g_new0(tsr_stats, 1);
	tsr_recording_get_stats(h.recording, stats);
	assert_int_equal(stats->flush_threshold, 4 * 1024 * 1024);
	assert_int_equal(tsr_recording_change(h.recording, &changes), TSR_OK);
	for (int n = 0; n < 100 && stats->flush_threshold > 131072; n++) {
		g_usleep(20000);
		tsr_recording_get_stats(h.recording, stats);
	}
	assert_int_equal(stats->flush_threshold, 65536);
	g_free(stats);
	harness_stop(&h, NULL);
	harness_finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_track_comes_back),
		cmocka_unit_test(muted_sound_is_silence),
		cmocka_unit_test(a_pause_in_mute_is_left_out),
		cmocka_unit_test(a_gap_in_copied_sound_stays),
		cmocka_unit_test(a_microphone_comes_back),
		cmocka_unit_test(sound_that_was_held_up_catches_up),
		cmocka_unit_test(another_frame_rate),
		cmocka_unit_test(the_note_follows),
		cmocka_unit_test(flushing_changes_while_it_runs),
	};
	return cmocka_run_group_tests(tests, media_setup, media_teardown);
}
