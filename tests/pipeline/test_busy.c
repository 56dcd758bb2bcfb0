/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A machine that cannot encode as fast as pictures come, in real time: pictures are left out in steps that are told, never sound, and
 * never those of a recording that is copied, on the same engine. */
#include <stdio.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "harness.h"
#include "sender.h"
#include "tscheck.h"

#define SECONDS 6

struct stream {
	tsr_recording *recording;
	unsigned track;
	struct sender sender;
};

static void push(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	const struct stream *s = ctx;
	if (!rtcp)
		assert_true(tsr_push_rtp(s->recording, s->track, data, size, arrival_us));
}

static void start(struct stream *s, tsr_recording *recording, struct media *media, int64_t now_us)
{
	*s = (struct stream){.recording = recording};
	if (tsr_recording_add_track(recording, &(tsr_track_config){.codec = media->codec}, &s->track) != TSR_OK)
		g_error("tsr_recording_add_track");
	s->sender = (struct sender){
		.media = media, .payload_type = 96, .ssrc = s->track + 1, .start_us = now_us, .send = push, .ctx = s};
}

/* Each stream's frames when they are due. */
static void send_in_real_time(struct stream *streams, unsigned count)
{
	for (;;) {
		struct stream *next = &streams[0];
		for (unsigned i = 1; i < count; i++)
			if (sender_next_us(&streams[i].sender) < sender_next_us(&next->sender))
				next = &streams[i];
		int64_t due_us = sender_next_us(&next->sender);
		if (due_us >= SECONDS * G_USEC_PER_SEC)
			return;
		int64_t early_us = next->sender.start_us + due_us - tsr_now_us();
		if (early_us > 0)
			g_usleep((gulong)early_us);
		sender_frame(&next->sender);
	}
}

static void sheds_pictures_and_nothing_else(void **state)
{
	(void)state;
	/* A small picture, to be encoded as a large one with more pains than any machine can take in real time. */
	const tsr_recording_config dear = {
		.audio_mode = TSR_AUDIO_TRANSCODE,
		.encoding = {.video_preset = "placebo", .video_width = 1280, .video_height = 720},
	};
	struct harness h;
	harness_start(&h, false, &dear);
	tsr_recording *copied = NULL;
	const tsr_recording_config cheap = {.folder = h.folder, .id = "copied", .audio_mode = TSR_AUDIO_COPY};
	assert_int_equal(tsr_recording_create(h.engine, &cheap, &copied), TSR_OK);

	struct stream streams[4];
	int64_t now_us = tsr_now_us();
	start(&streams[0], h.recording, media_vp8, now_us);
	start(&streams[1], h.recording, media_opus, now_us);
	start(&streams[2], copied, media_h264, now_us);
	start(&streams[3], copied, media_opus, now_us);
	send_in_real_time(streams, 4);

	tsr_stats *stats = g_new0(tsr_stats, 1);
	tsr_recording_stop(copied, "stop");
	tsr_recording_wait(copied);
	tsr_recording_get_stats(copied, stats);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(stats->track[i].frames_written, streams[2 + i].sender.frames);
		assert_int_equal(stats->track[i].frames_dropped, 0);
	}
	harness_stop(&h, stats);
	printf("# %u pictures sent, %u left out; %u packets of sound sent; told: %s\n",
	       (unsigned)streams[0].sender.frames, (unsigned)stats->track[0].frames_dropped,
	       (unsigned)streams[1].sender.frames, h.warnings);
	assert_non_null(strstr(h.warnings, "transcoder_overload"));
	assert_true(stats->track[0].frames_dropped > 0);
	assert_int_equal(stats->inbox_dropped_packets, 0);
	assert_int_equal(stats->track[1].frames_dropped, 0);
	struct tscheck check;
	tscheck_file(h.path, &check);
	const struct tscheck_stream *picture = tscheck_find(&check, TSR_CODEC_H264),
				    *sound = tscheck_find(&check, TSR_CODEC_AAC);
	assert_int_equal(picture->errors + sound->errors, 0);
	assert_true(picture->packets > 0 && picture->packets < streams[0].sender.frames);
	assert_true(sound->samples >= (int64_t)streams[1].sender.frames * 960);
	tscheck_finish(&check);
	g_free(stats);
	tsr_recording_unref(copied);
	harness_finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sheds_pictures_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, media_setup, media_teardown);
}
