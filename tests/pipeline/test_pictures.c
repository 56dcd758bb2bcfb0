/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * H.264 and H.265 as cameras, OBS and others send them: each picture of the source is in the file, unharmed and in its place. */
#include <string.h>

#include "../lib/cmocka.h"
#include "harness.h"
#include "pictures.h"
#include "sender.h"

#define START_US 1700000000000000LL

#define X264_ONE_KEYFRAME "preset=veryfast:tune=zerolatency:g=1000:forced-idr=1"
#define X265              "preset=ultrafast:x265-params=log-level=none"

struct take {
	struct harness h;
	struct picture_sender sender;
	tsr_stats *stats;
	struct shown shown;
};

static void start(struct take *t, tsr_codec codec, const struct picture_sender *as)
{
	*t = (struct take){.sender = *as};
	harness_start(&t->h, true, NULL);
	t->sender.recording = t->h.recording;
	t->sender.start_us = START_US;
	t->sender.track = harness_track(&t->h, codec);
}

static void stop(struct take *t)
{
	t->stats = g_new0(tsr_stats, 1);
	harness_stop(&t->h, t->stats);
	assert_non_null(t->h.path);
	shown_of_file(t->h.path, &t->shown);
	assert_int_equal(t->shown.errors + t->shown.misordered, 0);
	assert_int_equal(t->shown.packets, t->stats->track[0].frames_written);
}

static void finish(struct take *t)
{
	shown_free(&t->shown);
	g_free(t->stats);
	harness_finish(&t->h);
}

/* What was made is shown, picture by picture, each when it should be. */
static void assert_same(const struct shown *shown, const struct shown *made)
{
	assert_int_equal(shown->sums->len, made->sums->len);
	for (guint i = 0; i < made->sums->len; i++) {
		assert_string_equal(shown->sums->pdata[i], made->sums->pdata[i]);
		if (i == 0)
			continue;
		int64_t step =
			g_array_index(shown->pts_90k, int64_t, i) - g_array_index(shown->pts_90k, int64_t, i - 1);
		assert_in_range(step, PICTURE_90K - 2, PICTURE_90K + 2);
	}
}

static void record_all(const char *encoder, const char *options, unsigned pictures, const struct picture_sender *as)
{
	struct encoded *e = encoded_make(encoder, options, pictures);
	struct shown made;
	struct take t;
	print_message("  %s %s\n", encoder, options);
	shown_of_encoded(e, &made);
	assert_int_equal(made.sums->len, pictures);
	start(&t, e->codec, as);
	pictures_send(&t.sender, e, 0, pictures);
	stop(&t);
	const tsr_track_stats *s = &t.stats->track[0];
	assert_int_equal(s->frames_damaged + s->malformed + s->frames_skipped, 0);
	assert_same(&t.shown, &made);
	shown_free(&made);
	encoded_free(e);
	finish(&t);
}

static void each_slice_is_sent_like_a_picture(void **state)
{
	(void)state;
	static const struct picture_sender senders[] = {
		{0}, {.marks_slices = true}, {.slice_90k = 7}, {.marks_slices = true, .slice_90k = 7}};
	for (size_t i = 0; i < G_N_ELEMENTS(senders); i++) {
		record_all("libx264", X264_ONE_KEYFRAME ":slices=4", 30, &senders[i]);
		record_all("libx265", X265 "\\:slices=2\\:ctu=16\\:bframes=0", 30, &senders[i]);
	}
}

static void a_picture_is_one_nal_unit(void **state)
{
	(void)state;
	record_all("libx264", X264_ONE_KEYFRAME, 20, &(struct picture_sender){.joins = true});
	record_all("libx264", X264_ONE_KEYFRAME ":aud=1:slices=3", 20, &(struct picture_sender){.joins = true});
	record_all("libx265", X265 "\\:bframes=0\\:aud=1", 20, &(struct picture_sender){.joins = true});
}

static void aggregations_are_filled_up(void **state)
{
	(void)state;
	record_all("libx264", X264_ONE_KEYFRAME, 20, &(struct picture_sender){.pads = true});
	record_all("libx265", X265 "\\:bframes=0", 20, &(struct picture_sender){.pads = true});
}

/* OBS, cameras: each picture is shown when its timestamp says, and the DTS are as far behind as the stream says. */
static void b_frames_are_shown_in_order(void **state)
{
	(void)state;
	static const struct {
		const char *encoder, *options;
		int reorder;
	} streams[] = {
		{"libx264", "preset=medium:bf=2:g=25:b_strategy=0:b-pyramid=none:rc-lookahead=5", 1},
		{"libx264", "preset=medium:bf=3:g=25:b_strategy=0:rc-lookahead=5", 2},
		{"libx264", "preset=medium:bf=7:g=1000:rc-lookahead=8", 2},
		{"libx264", "preset=medium:bf=3:g=25:b_strategy=0:slices=3:rc-lookahead=5", 2},
		{"libx265",
		 "preset=fast:x265-params=log-level=none\\:bframes=4\\:keyint=25\\:b-adapt=0\\:no-open-gop=1", 2},
		{"libx265", "preset=fast:x265-params=log-level=none\\:bframes=4\\:keyint=25\\:b-adapt=0\\:open-gop=1",
		 2},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(streams); i++) {
		struct encoded *e = encoded_make(streams[i].encoder, streams[i].options, 80);
		struct shown made;
		struct take t;
		print_message("  %s %s\n", streams[i].encoder, streams[i].options);
		shown_of_encoded(e, &made);
		start(&t, e->codec, &(struct picture_sender){0});
		pictures_send(&t.sender, e, 0, 80);
		stop(&t);
		assert_same(&t.shown, &made);
		assert_string_equal(t.h.warnings, "b_frames ");
		assert_int_equal(t.stats->track[0].reorder_frames, streams[i].reorder);
		assert_in_range(t.shown.longest_wait, streams[i].reorder * PICTURE_90K, 9 * PICTURE_90K);
		shown_free(&made);
		encoded_free(e);
		finish(&t);
	}
}

static void push_sound(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct take *t = ctx;
	if (!rtcp)
		assert_true(tsr_push_rtp(t->h.recording, 1, data, size, arrival_us));
}

/* With sound beside it: what the file begins with waits, so that the picture is in its place from the first one on. */
static void b_frames_beside_sound(void **state)
{
	(void)state;
	struct encoded *e = encoded_make("libx264", "preset=medium:bf=3:g=25:b_strategy=0:rc-lookahead=5", 80);
	struct shown made;
	struct take t;
	shown_of_encoded(e, &made);
	start(&t, e->codec, &(struct picture_sender){0});
	assert_int_equal(harness_track(&t.h, TSR_CODEC_OPUS), 1);
	struct sender sound = {.media = media_opus,
			       .payload_type = 111,
			       .ssrc = 2,
			       .start_us = START_US,
			       .send = push_sound,
			       .ctx = &t};
	for (unsigned n = 0; n < 80; n++) {
		while (sender_next_us(&sound) <= (int64_t)n * G_USEC_PER_SEC / 30)
			sender_frame(&sound);
		picture_send(&t.sender, e, n);
	}
	stop(&t);
	assert_same(&t.shown, &made);
	shown_free(&made);
	encoded_free(e);
	finish(&t);
}

/* Whether what is shown ends as what was made does, for so many pictures. */
static void assert_same_end(const struct shown *shown, const struct shown *made, guint count)
{
	assert_true(shown->sums->len >= count);
	for (guint i = 1; i <= count; i++)
		assert_string_equal(shown->sums->pdata[shown->sums->len - i], made->sums->pdata[made->sums->len - i]);
}

/* Pictures from `first` on, without number `lost`. */
static void send_with_loss(struct take *t, const struct encoded *e, unsigned first, unsigned lost)
{
	pictures_send(&t->sender, e, first, lost);
	picture_lose(&t->sender);
	pictures_send(&t->sender, e, lost + 1, e->packets->len);
}

/* Intra refresh (H.264) and gradual decoding refresh (H.265): recovery points and parameter sets, no IDR but the first. What was lost, or came
 * before the recording began, heals within a refresh or two. */
static void a_recovery_point_is_an_entry(void **state)
{
	(void)state;
	static const struct {
		const char *encoder, *options;
		unsigned first, most; /* left out */
		bool heals;           /* to the last bit; x265's refresh leaves traces */
	} streams[] = {
		{"libx264", "preset=veryfast:tune=zerolatency:intra-refresh=1:g=20", 0, 40, true},
		{"libx264", "preset=veryfast:tune=zerolatency:intra-refresh=1:g=20", 7, 54, true},
		{"libx265",
		 "preset=fast:x265-params=log-level=none\\:intra-refresh=1\\:keyint=20\\:bframes=0\\:repeat-headers="
		 "1\\:ctu=16",
		 0, 100},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(streams); i++) {
		struct encoded *e = encoded_make(streams[i].encoder, streams[i].options, 180);
		struct shown made;
		struct take t;
		print_message("  %s %s\n", streams[i].encoder, streams[i].options);
		shown_of_encoded(e, &made);
		start(&t, e->codec, &(struct picture_sender){0});
		send_with_loss(&t, e, streams[i].first, 45);
		stop(&t);
		const tsr_track_stats *s = &t.stats->track[0];
		assert_in_range(s->frames_skipped, 1, streams[i].most);
		assert_int_equal(s->frames_written + s->frames_skipped, 179 - streams[i].first);
		if (streams[i].heals)
			assert_same_end(&t.shown, &made, 15);
		else
			assert_int_equal(t.shown.sums->len, s->frames_written);
		assert_string_equal(t.h.warnings, "");
		shown_free(&made);
		encoded_free(e);
		finish(&t);
	}
}

/* No keyframe comes for keyframe_timeout, at the start or after a loss: the picture goes through, and that is told. Later losses do not cost
 * as much. */
static void a_keyframe_is_not_waited_for_for_ever(void **state)
{
	(void)state;
	static const char *const encoders[][2] = {
		{"libx264", "preset=veryfast:tune=zerolatency:g=10000"},
		{"libx265", X265 "\\:bframes=0\\:keyint=10000"},
	};
	for (size_t i = 0; i < 2 * G_N_ELEMENTS(encoders); i++) {
		struct encoded *e = encoded_make(encoders[i / 2][0], encoders[i / 2][1], 450);
		struct take t;
		bool late = i % 2; /* the parameter sets come, and the keyframe behind them is lost */
		print_message("  %s %s, %s\n", encoders[i / 2][0], encoders[i / 2][1],
			      late ? "from the start" : "after a loss");
		start(&t, e->codec, &(struct picture_sender){.only_sets = late});
		pictures_send(&t.sender, e, 0, 1);
		t.sender.only_sets = false;
		send_with_loss(&t, e, 1, 40);
		stop(&t);
		const tsr_track_stats *s = &t.stats->track[0];
		assert_in_range(s->frames_skipped, 295, late ? 380 : 320);
		assert_true(s->keyframe_requests >= 9);
		assert_int_equal(s->frames_written + s->frames_skipped, 449 - late);
		assert_string_equal(t.h.warnings, late ? "no_keyframe without_keyframe " : "without_keyframe ");
		encoded_free(e);
		finish(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_slice_is_sent_like_a_picture),
		cmocka_unit_test(a_picture_is_one_nal_unit),
		cmocka_unit_test(aggregations_are_filled_up),
		cmocka_unit_test(b_frames_are_shown_in_order),
		cmocka_unit_test(b_frames_beside_sound),
		cmocka_unit_test(a_recovery_point_is_an_entry),
		cmocka_unit_test(a_keyframe_is_not_waited_for_for_ever),
	};
	return cmocka_run_group_tests(tests, media_setup, media_teardown);
}
