/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a track lies from its first frame on, with senders that behave as libwebrtc does, on a machine that is late: a picture is stamped
 * when it is taken, and takes a while to be encoded; a packet of sound is sent when it is whole, and its reports take the time at which
 * that was for the time of its first sample; and what arrives is often held up. Everything is simulated, and the same each time. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../lib/cmocka.h"
#include "recorder/rtp/clockmap.h"

#define S        1000000LL
#define MS       1000LL
#define NTP_1970 2208988800LL
#define BEGIN_US (5000 * S)

struct track {
	struct clockmap cm;
	int64_t step_us, lasts_us, encode_us; /* between two packets; of sound in one; after it was captured */
	uint32_t rate, ts0;
	double ppm;
	int64_t next_us;   /* capture of the next packet */
	int64_t report_us; /* when the next report is due; 0 = none comes */
	int64_t report_step_us;
	int64_t sent_us; /* the latest packet, and of which timestamp */
	uint32_t sent_ts;
	double error_ms; /* recording time less capture, of the latest */
};

struct scene {
	const char *name;
	int64_t video_report_us, audio_report_us; /* the first one, after the beginning; 0 = none ever */
	int64_t late_us;                          /* how late the machine may be, three times out of ten */
	int64_t keyframe_us;                      /* what the first picture takes longer */
	int64_t hold_us;                          /* how long nothing is mapped, only listened to, at most */
	double ppm;                               /* of the sound's clock */
	uint32_t ts0;
	int64_t other_ntp_us; /* how far the sound's NTP clock is off the picture's */
	double start_ms,
		later_ms; /* sound and picture are apart by so much at most: from the first frame on, and after 10 s */
};

struct world {
	struct timeline tl;
	struct track video, audio;
	struct held {
		struct track *track;
		uint32_t ts;
		int64_t captured_us, latest_us;
	} held[200];
	unsigned holds;
	bool mapping;
	uint32_t seed;
	const struct scene *scene;
	double worst_start_ms, worst_later_ms;
};

static int64_t random_below(struct world *w, int64_t below)
{
	w->seed = w->seed * 1664525 + 1013904223;
	return below > 0 ? (int64_t)(w->seed >> 8) % below : 0;
}

/* What is done at once is late by a millisecond; on a busy machine sometimes by much. */
static int64_t late(struct world *w)
{
	bool much = random_below(w, 10) < 3;
	return random_below(w, much && w->scene->late_us > MS ? w->scene->late_us : MS);
}

static uint32_t timestamp(const struct track *t, int64_t capture_us)
{
	return t->ts0 +
	       (uint32_t)(int64_t)llround((double)(capture_us - BEGIN_US) * (1 + t->ppm / 1e6) * t->rate / 1e6);
}

static void map(struct world *w, const struct held *h)
{
	bool jumped;
	int64_t pts = clockmap_map(&h->track->cm, h->ts, h->latest_us, &jumped);
	assert_false(jumped);
	h->track->error_ms = (double)pts / 90 - (double)(h->captured_us - BEGIN_US) / 1e3;
	if (!w->video.cm.emitted || !w->audio.cm.emitted)
		return;
	double apart = fabs(w->video.error_ms - w->audio.error_ms);
	w->worst_start_ms = fmax(w->worst_start_ms, apart);
	if (h->captured_us > BEGIN_US + 10 * S)
		w->worst_later_ms = fmax(w->worst_later_ms, apart);
}

static void start_mapping(struct world *w)
{
	int64_t video_us = clockmap_begin_us(&w->video.cm), audio_us = clockmap_begin_us(&w->audio.cm);
	if (w->holds > 0)
		timeline_start(&w->tl, video_us < audio_us ? video_us : audio_us);
	w->mapping = true;
	for (unsigned i = 0; i < w->holds; i++)
		map(w, &w->held[i]);
}

static void send_packet(struct world *w, struct track *t)
{
	int64_t whole_us = t->next_us + t->lasts_us + t->encode_us;
	t->sent_us = whole_us + late(w) + (t == &w->video && t->sent_us == 0 ? w->scene->keyframe_us : 0);
	t->sent_ts = timestamp(t, t->next_us);
	struct held h = {.track = t, .ts = t->sent_ts, .captured_us = t->next_us};
	h.latest_us = t->sent_us + late(w) - t->lasts_us;
	t->next_us += t->step_us;
	if (!w->mapping) {
		clockmap_listen(&t->cm, 0, h.ts, h.latest_us);
		assert_true(w->holds < sizeof(w->held) / sizeof(w->held[0]));
		w->held[w->holds++] = h;
		if (w->tl.ntp_known || h.captured_us >= BEGIN_US + w->scene->hold_us)
			start_mapping(w);
	} else {
		map(w, &h);
	}
}

static void report(struct world *w, struct track *t)
{
	int64_t at_us = t->report_us, utc_us = at_us + 1700000000 * S;
	if (t == &w->audio)
		utc_us += w->scene->other_ntp_us;
	/* The picture's was taken when it says; sound goes on since it was sent. */
	uint32_t sound_ts = t->sent_ts + (uint32_t)((at_us - t->sent_us) * (int64_t)t->rate / S);
	struct rtcp_sr sr = {
		.ntp = (uint64_t)(utc_us / S + NTP_1970) << 32 | ((uint64_t)(utc_us % S) << 32) / 1000000,
		.rtp_ts = t->lasts_us > 0 ? sound_ts : timestamp(t, at_us),
	};
	clockmap_sr(&t->cm, &sr, at_us + late(w));
	t->report_us += t->report_step_us;
}

static void play(struct world *w, const struct scene *scene, uint32_t seed)
{
	*w = (struct world){.scene = scene, .seed = seed};
	w->video = (struct track){.rate = 90000, .step_us = 50 * MS, .encode_us = 8 * MS, .report_step_us = S};
	w->audio = (struct track){.rate = 48000, .step_us = 20 * MS, .lasts_us = 20 * MS, .report_step_us = 5 * S};
	w->video.ts0 = w->audio.ts0 = scene->ts0;
	w->audio.ppm = scene->ppm;
	w->video.next_us = w->audio.next_us = BEGIN_US;
	w->video.report_us = scene->video_report_us != 0 ? BEGIN_US + scene->video_report_us : INT64_MAX;
	w->audio.report_us = scene->audio_report_us != 0 ? BEGIN_US + scene->audio_report_us : INT64_MAX;
	clockmap_init(&w->video.cm, &w->tl, 90000);
	clockmap_init(&w->audio.cm, &w->tl, 48000);
	w->mapping = scene->hold_us == 0;
	while (w->audio.next_us < BEGIN_US + 60 * S) {
		struct track *t = w->video.next_us <= w->audio.next_us ? &w->video : &w->audio;
		for (int i = 0; i < 2; i++) {
			struct track *r = i == 0 ? &w->video : &w->audio;
			if (r->report_us <= t->next_us && r->sent_us != 0)
				report(w, r);
		}
		send_packet(w, t);
	}
}

/* clang-format off */
static const struct scene scenes[] = {
	/*                                    reports of picture, sound  late     keyframe  hold      ppm   timestamps  NTP       at most */
	{"idle, as Chromium reports",           400 * MS, 2300 * MS,     0,       60 * MS,  500 * MS, 0,    12345,      0,        4,  4},
	{"busy, as Chromium reports",           400 * MS, 2300 * MS,     40 * MS, 60 * MS,  500 * MS, 0,    12345,      0,        16, 5},
	{"very busy",                           400 * MS, 2300 * MS,     80 * MS, 150 * MS, 500 * MS, 0,    12345,      0,        20, 5},
	{"the sound reports first",             2300 * MS, 300 * MS,     40 * MS, 60 * MS,  500 * MS, 0,    12345,      0,        20, 5},
	{"the picture alone reports",           400 * MS, 0,             40 * MS, 60 * MS,  500 * MS, 0,    12345,      0,        16, 5},
	{"the sound alone reports",             0, 400 * MS,             40 * MS, 60 * MS,  500 * MS, 0,    12345,      0,        12, 12},
	{"the first report comes too late",     900 * MS, 2300 * MS,     40 * MS, 60 * MS,  500 * MS, 0,    12345,      0,        16, 5},
	{"nothing is waited for",               400 * MS, 2300 * MS,     0,       60 * MS,  0,        0,    12345,      0,        75, 4},
	{"nobody reports",                      0, 0,                    0,       60 * MS,  500 * MS, 0,    12345,      0,        12, 12},
	{"the sound's clock runs fast",         400 * MS, 2300 * MS,     40 * MS, 60 * MS,  500 * MS, 100,  12345,      0,        16, 5},
	{"the sound's clock runs slow",         400 * MS, 2300 * MS,     40 * MS, 60 * MS,  500 * MS, -100, 12345,      0,        16, 5},
	{"timestamps wrap in the first second", 400 * MS, 2300 * MS,     40 * MS, 60 * MS,  500 * MS, 0,    0xffffe000, 0,        16, 5},
	{"each has an NTP clock of its own",    400 * MS, 2300 * MS,     40 * MS, 60 * MS,  500 * MS, 0,    12345,      -3600 * S, 16, 12},
};
/* clang-format on */

static void sound_and_picture_are_together_from_the_first_frame_on(void **state)
{
	(void)state;
	struct world *w = malloc(sizeof(*w));
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		double start_ms = 0, later_ms = 0;
		for (uint32_t seed = 1; seed <= 50; seed++) {
			play(w, &scenes[i], seed);
			start_ms = fmax(start_ms, w->worst_start_ms);
			later_ms = fmax(later_ms, w->worst_later_ms);
		}
		print_message("%s: at most %.1f ms apart, after 10 s %.1f ms\n", scenes[i].name, start_ms, later_ms);
		assert_true(start_ms <= scenes[i].start_ms);
		assert_true(later_ms <= scenes[i].later_ms);
	}
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_and_picture_are_together_from_the_first_frame_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
