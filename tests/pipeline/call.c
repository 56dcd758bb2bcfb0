/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "call.h"

#define START_US 1700000000000000LL

static void push(struct call *c, int track, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	if (track >= 0)
		(rtcp ? tsr_push_rtcp : tsr_push_rtp)(c->h.recording, (unsigned)track, data, size, arrival_us);
}

static void push_video(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct call *c = ctx;
	push(c, c->video_track, rtcp, data, size, arrival_us);
}

void call_push_audio(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct call *c = ctx;
	push(c, c->audio_track, rtcp, data, size, arrival_us);
}

struct call *call_start(const tsr_recording_config *config)
{
	struct call *c = g_new0(struct call, 1);
	harness_start(&c->h, true, config);
	c->video = (struct sender){
		.media = media_h264, .payload_type = 96, .ssrc = 1, .start_us = START_US, .send = push_video, .ctx = c};
	c->audio = (struct sender){.media = media_opus,
				   .payload_type = 111,
				   .ssrc = 2,
				   .start_us = START_US,
				   .send = call_push_audio,
				   .ctx = c};
	c->video_track = c->audio_track = -1;
	return c;
}

void call_add_tracks(struct call *c)
{
	c->video_track = (int)harness_track(&c->h, TSR_CODEC_H264);
	c->audio_track = (int)harness_track(&c->h, TSR_CODEC_OPUS);
}

/* When its next frame arrives, on the call's clock. */
static int64_t due_us(const struct sender *s)
{
	return s->start_us - START_US + sender_next_us(s) + s->delay_us;
}

void call_run(struct call *c, int64_t duration_us)
{
	c->now_us += duration_us;
	for (;;) {
		struct sender *next = due_us(&c->video) <= due_us(&c->audio) ? &c->video : &c->audio;
		if (due_us(next) >= c->now_us)
			return;
		sender_frame(next);
	}
}

void call_end(struct call *c)
{
	harness_finish(&c->h);
	g_free(c);
}
