/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one timeline, under a simulated peer whose clocks are made to lie: each test drives two senders and looks at where
 * the same capture instant lands in the recording on both tracks. Nothing sleeps. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../lib/cmocka.h"
#include "recorder/rtp/clockmap.h"

#define S        1000000LL
#define NTP_1970 2208988800LL

/* A sender: its RTP clock reads capture time times (1 + ppm), shifted; its packets arrive delay_us later. */
struct sender {
	struct clockmap cm;
	uint32_t rate;
	uint32_t ssrc;
	double ppm;
	int64_t rtp_offset;     /* ticks */
	int64_t rtp_stopped_us; /* how long its clock stood still so far */
	int64_t delay_us;
	int64_t ntp_offset_us;
	int64_t sr_every_us; /* 0 = none */
	int64_t sr_next_us;
	unsigned jumps;
	int64_t last_90k;
};

static uint32_t rtp_at(const struct sender *s, int64_t capture_us)
{
	double us = (double)(capture_us - s->rtp_stopped_us) * (1 + s->ppm / 1e6);
	return (uint32_t)(int64_t)(llround(us * s->rate / 1e6) + s->rtp_offset);
}

static void report(struct sender *s, int64_t capture_us)
{
	int64_t utc_us = capture_us + s->ntp_offset_us + 1700000000 * S;
	uint64_t seconds = (uint64_t)(utc_us / S + NTP_1970);
	uint64_t fraction = ((uint64_t)(utc_us % S) << 32) / 1000000;
	struct rtcp_sr sr = {.ntp = seconds << 32 | fraction, .rtp_ts = rtp_at(s, capture_us), .ssrc = s->ssrc};
	clockmap_sr(&s->cm, &sr, capture_us + s->delay_us);
}

/* One frame captured at capture_us; returns its recording time. */
static int64_t send(struct sender *s, int64_t capture_us)
{
	bool jumped;
	s->last_90k = clockmap_map(&s->cm, rtp_at(s, capture_us), capture_us + s->delay_us, &jumped);
	s->jumps += jumped;
	if (s->sr_every_us != 0 && capture_us >= s->sr_next_us) {
		report(s, capture_us);
		s->sr_next_us = capture_us + s->sr_every_us;
	}
	return s->last_90k;
}

struct pair {
	struct timeline tl;
	struct sender video, audio;
	int64_t now_us;
};

static struct pair *new_pair(bool reports)
{
	struct pair *p = calloc(1, sizeof(*p));
	p->video = (struct sender){
		.rate = 90000, .rtp_offset = 12345, .sr_every_us = reports ? S : 0, .sr_next_us = S / 2};
	p->audio = (struct sender){
		.rate = 48000, .rtp_offset = 4000000000, .sr_every_us = reports ? 5 * S : 0, .sr_next_us = 2 * S};
	clockmap_init(&p->video.cm, &p->tl, 90000);
	clockmap_init(&p->audio.cm, &p->tl, 48000);
	p->now_us = 100 * S;
	p->video.sr_next_us += p->now_us;
	p->audio.sr_next_us += p->now_us;
	return p;
}

/* Sends both tracks every 20 ms for so long. Returns the largest offset (video minus audio, ms) of the same instant. */
static double run(struct pair *p, int64_t duration_us)
{
	double worst = 0;
	for (int64_t end = p->now_us + duration_us; p->now_us < end; p->now_us += 20000) {
		double offset = (double)(send(&p->video, p->now_us) - send(&p->audio, p->now_us)) / 90;
		worst = fabs(offset) > fabs(worst) ? offset : worst;
	}
	return worst;
}

static double recorded_s(const struct pair *p)
{
	return (double)p->video.last_90k / 90000;
}

static void starts_on_arrival_time(void **state)
{
	(void)state;
	struct pair *p = new_pair(false);
	bool jumped;
	assert_int_equal(clockmap_map(&p->video.cm, 77, 5 * S, &jumped), 0);
	assert_int_equal(clockmap_map(&p->video.cm, 77 + 3000, 5 * S + 33333, &jumped), 3000);
	assert_int_equal(clockmap_map(&p->audio.cm, 1000, 5 * S + 250000, &jumped), 22500);
	assert_int_equal(clockmap_map(&p->audio.cm, 1960, 5 * S + 290000, &jumped), 22500 + 1800);
	free(p);
}

/* Whatever the first frame waited for is no reason to be out of step until the reports have put it right. */
static void a_late_first_packet_is_made_good(void **state)
{
	(void)state;
	for (int reports = 0; reports < 2; reports++) {
		struct pair *p = new_pair(reports != 0);
		p->video.delay_us = 60000;
		send(&p->audio, p->now_us);
		int64_t before = send(&p->video, p->now_us);
		p->video.delay_us = 10000;
		for (int i = 1; i < 15; i++) {
			p->now_us += 20000;
			int64_t at = send(&p->video, p->now_us);
			assert_true(at > before + 20 * 90 * 7 / 10); /* slewed, not stepped */
			before = at;
			send(&p->audio, p->now_us);
		}
		p->now_us += 20000;
		double worst = run(p, 5 * S);
		assert_true(fabs(worst) < 11); /* what is left is what its packets really take longer */
		free(p);
	}
}

/* Video arrives 80 ms late against audio: wrong by that at first, right after the reports, and never by a step. */
static void reports_align_the_tracks(void **state)
{
	(void)state;
	struct pair *p = new_pair(true);
	p->video.delay_us = 80000;
	int64_t before = 0;
	for (int i = 0; i < 3000; i++, p->now_us += 20000) {
		int64_t pts = send(&p->audio, p->now_us);
		if (i > 0)
			assert_in_range(pts - before, 1800 - 10, 1800 + 10); /* 20 ms, give or take 0.1 */
		before = pts;
		send(&p->video, p->now_us);
	}
	assert_true(fabs(run(p, S)) < 1);
	assert_int_equal(p->video.jumps + p->audio.jumps, 0);
	free(p);
}

static void a_timestamp_jump_is_not_hours_of_silence(void **state)
{
	(void)state;
	static const int64_t jumps[] = {3 * 3600 * 48000LL, -3 * 3600 * 48000LL, 5 * 48000, -30 * 48000};
	for (int reports = 0; reports < 2; reports++)
		for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
			struct pair *p = new_pair(reports);
			run(p, 20 * S);
			p->audio.rtp_offset += jumps[i];
			assert_true(fabs(run(p, 20 * S)) < 25);
			assert_int_equal(p->audio.jumps, 1);
			assert_int_equal(p->video.jumps, 0);
			assert_true(fabs(recorded_s(p) - 40) < 0.1);
			free(p);
		}
}

/* A phone call: the microphone's clock stood still for 8 s, then packets go on as if nothing had been. */
static void a_clock_that_stood_still_is_tied_anew(void **state)
{
	(void)state;
	for (int reports = 0; reports < 2; reports++) {
		struct pair *p = new_pair(reports);
		run(p, 20 * S);
		p->now_us += 8 * S;
		p->audio.rtp_stopped_us = 8 * S;
		run(p, 10 * S); /* time to notice */
		assert_true(fabs(run(p, 10 * S)) < 25);
		assert_true(fabs(recorded_s(p) - 48) < 0.1);
		free(p);
	}
}

/* A microphone was changed: no report says for seconds that its clock stood still, but other tracks went on. */
static void a_pause_that_stays_is_tied_anew(void **state)
{
	(void)state;
	for (int reports = 0; reports < 2; reports++) {
		struct pair *p = new_pair(reports);
		run(p, 21 * S);
		p->now_us += 400000;
		p->audio.rtp_stopped_us = 400000;
		clockmap_doubt(&p->audio.cm, 60000);
		run(p, 80000);
		assert_int_equal(p->audio.jumps, 1);
		assert_true(fabs(run(p, 20 * S)) < 25);
		assert_int_equal(p->audio.jumps + p->video.jumps, 1);
		free(p);
	}
}

/* A sender that was held up, or a network: what comes then, at once or at one and a half times its pace, was timed right all along. */
static void a_pause_that_is_caught_up_with_changes_nothing(void **state)
{
	(void)state;
	static const int64_t pauses_us[] = {400000, 3 * S};
	for (unsigned i = 0; i < 4; i++) {
		struct pair *p = new_pair(true);
		int64_t late_us = pauses_us[i / 2], step_us = i % 2 != 0 ? 20000 / 3 : 20000;
		run(p, 21 * S);
		clockmap_doubt(&p->audio.cm, 60000);
		for (; late_us > 0; p->now_us += 20000, late_us -= step_us) {
			p->audio.delay_us = late_us;
			send(&p->video, p->now_us);
			send(&p->audio, p->now_us);
		}
		p->audio.delay_us = 0;
		assert_true(fabs(run(p, 20 * S)) < 25);
		assert_int_equal(p->audio.jumps + p->video.jumps, 0);
		free(p);
	}
}

/* The network's queue grows by 400 ms in 2 s, while a sender that is silent sends a packet each 400 ms (DTX). */
static void a_queue_that_grows_between_pauses_changes_nothing(void **state)
{
	(void)state;
	struct pair *p = new_pair(true);
	run(p, 21 * S);
	for (int i = 0; i < 10; i++, p->now_us += 400000) {
		clockmap_doubt(&p->audio.cm, i % 2 != 0 ? 60000 : 0);
		p->video.delay_us = p->audio.delay_us = (i < 5 ? i : 5) * 80000;
		send(&p->video, p->now_us);
		send(&p->audio, p->now_us);
	}
	assert_true(fabs(run(p, 5 * S)) < 25);
	assert_int_equal(p->audio.jumps + p->video.jumps, 0);
	free(p);
}

/* 5 % off, and nobody reports: it is followed, with no jump and no two frames in one place. */
static void a_clock_that_runs_off_is_followed(void **state)
{
	(void)state;
	static const double ppm[] = {50000, -50000};
	for (unsigned i = 0; i < 2; i++) {
		struct pair *p = new_pair(false);
		p->video.ppm = ppm[i];
		double worst = 0;
		for (int n = 0; n < 60 * 50; n++) {
			int64_t before = p->video.last_90k;
			double offset = run(p, 20000);
			worst = fabs(offset) > fabs(worst) ? offset : worst;
			assert_true(n == 0 || p->video.last_90k > before + 20 * 90 / 2);
		}
		printf("RTP clock %+.0f %%, 60 s: at most %.0f ms off\n", ppm[i] / 10000, worst);
		assert_int_equal(p->video.jumps, 0);
		assert_true(fabs(worst) < 1300);
		assert_true(fabs(recorded_s(p) - 60) < 1.3);
		free(p);
	}
}

/* The network holds everything back for 5 s, then delivers it at once: the timestamps were right all along. */
static void a_stalled_network_changes_nothing(void **state)
{
	(void)state;
	struct pair *p = new_pair(true);
	run(p, 20 * S);
	int64_t stall_end = p->now_us + 5 * S;
	for (; p->now_us < stall_end; p->now_us += 20000) {
		p->video.delay_us = p->audio.delay_us = stall_end - p->now_us;
		send(&p->video, p->now_us);
		send(&p->audio, p->now_us);
	}
	p->video.delay_us = p->audio.delay_us = 0;
	assert_true(fabs(run(p, 20 * S)) < 25);
	assert_int_equal(p->video.jumps + p->audio.jumps, 0);
	assert_true(fabs(recorded_s(p) - 45) < 0.1);
	free(p);
}

static void a_stepped_ntp_clock_changes_nothing(void **state)
{
	(void)state;
	static const int64_t steps[] = {3600 * S, -2 * S, 700000};
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct pair *p = new_pair(true);
		p->video.delay_us = 30000;
		run(p, 60 * S);
		p->video.ntp_offset_us = p->audio.ntp_offset_us = steps[i];
		assert_true(fabs(run(p, 60 * S)) < 10);
		assert_int_equal(p->video.jumps + p->audio.jumps, 0);
		free(p);
	}
}

/* A restarted sender whose timestamps begin anywhere goes on at arrival time; one whose timestamps go on is left alone. */
static void a_restart_goes_on_at_arrival_time(void **state)
{
	(void)state;
	struct pair *p = new_pair(true);
	run(p, 20 * S);
	clockmap_restart(&p->audio.cm);
	run(p, S);
	assert_int_equal(p->audio.jumps, 0);
	clockmap_restart(&p->audio.cm);
	p->audio.rtp_offset += 48000 / 2; /* half a second off: too little for a jump in mid-stream */
	assert_true(fabs(run(p, 10 * S)) < 25);
	assert_int_equal(p->audio.jumps, 1);
	free(p);
}

/* Simulcast: the video goes over to another layer, whose timestamps begin elsewhere and whose first picture, a large one, takes
 * 150 ms on its way. A report of that layer says where it belongs; without one arrival time has to do. */
static void another_layer_goes_where_its_report_says(void **state)
{
	(void)state;
	static const struct {
		int64_t heard_before_us; /* 0 = never */
		double within_ms;
	} cases[] = {{S, 1}, {10 * S, 1}, {0, 151}, {60 * S, 151}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pair *p = new_pair(true);
		run(p, 70 * S);
		uint32_t before = p->video.ssrc;
		p->video.ssrc = 77;
		p->video.rtp_offset += 90 * 120; /* 120 ms: too little to show against arrival time */
		if (cases[i].heard_before_us != 0)
			report(&p->video, p->now_us - cases[i].heard_before_us);
		assert_int_equal(p->video.cm.ssrc, before);
		clockmap_set_ssrc(&p->video.cm, 77);
		p->video.delay_us = 150000;
		p->video.sr_next_us = p->now_us + 60 * S;
		assert_true(fabs(run(p, 20000)) <= cases[i].within_ms);
		p->video.delay_us = 0;
		double offset = fabs(run(p, S));
		assert_true(offset <= cases[i].within_ms);
		assert_true(cases[i].within_ms < 10 || offset > 100); /* so that the table can fail */
		assert_int_equal(p->video.jumps, 0);
		free(p);
	}
}

static void drift(bool reports, double video_ppm, double audio_ppm)
{
	struct pair *p = new_pair(reports);
	p->video.ppm = video_ppm;
	p->audio.ppm = audio_ppm;
	double worst = run(p, 30 * 3600 * S);
	double end = run(p, S);
	print_message("30 h, video %+g ppm, audio %+g ppm, %s: offset at most %.2f ms, at the end %.2f ms\n", video_ppm,
		      audio_ppm, reports ? "sender reports" : "arrival time alone", worst, end);
	assert_true(fabs(worst) < 20 && fabs(end) < 20);
	assert_int_equal(p->video.jumps + p->audio.jumps, 0);
	assert_true(p->video.last_90k > 1LL << 33); /* beyond the 33 bits of a PTS */
	free(p);
}

static void thirty_hours_of_drift(void **state)
{
	(void)state;
	drift(true, 50, -50);
	drift(false, 50, -50);
	drift(true, 100, 0);
}

static void refuses_reports_without_sense(void **state)
{
	(void)state;
	struct pair *p = new_pair(true);
	run(p, 10 * S);
	bool jumped;
	(void)clockmap_map(&p->audio.cm, rtp_at(&p->audio, p->now_us), p->now_us, &jumped);
	int64_t before = p->audio.cm.slew_target_us;
	struct rtcp_sr lie = {.ntp = (uint64_t)1 << 40, .rtp_ts = rtp_at(&p->audio, p->now_us) + 48000 * 600};
	clockmap_sr(&p->audio.cm, &lie, p->now_us);
	lie = (struct rtcp_sr){.ntp = 0};
	clockmap_sr(&p->audio.cm, &lie, p->now_us);
	assert_int_equal(p->audio.cm.stats.reports_refused, 1);
	assert_int_equal(p->audio.cm.slew_target_us, before);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_on_arrival_time),
		cmocka_unit_test(a_late_first_packet_is_made_good),
		cmocka_unit_test(reports_align_the_tracks),
		cmocka_unit_test(a_timestamp_jump_is_not_hours_of_silence),
		cmocka_unit_test(a_clock_that_stood_still_is_tied_anew),
		cmocka_unit_test(a_pause_that_stays_is_tied_anew),
		cmocka_unit_test(a_pause_that_is_caught_up_with_changes_nothing),
		cmocka_unit_test(a_queue_that_grows_between_pauses_changes_nothing),
		cmocka_unit_test(a_clock_that_runs_off_is_followed),
		cmocka_unit_test(a_stalled_network_changes_nothing),
		cmocka_unit_test(a_stepped_ntp_clock_changes_nothing),
		cmocka_unit_test(a_restart_goes_on_at_arrival_time),
		cmocka_unit_test(another_layer_goes_where_its_report_says),
		cmocka_unit_test(thirty_hours_of_drift),
		cmocka_unit_test(refuses_reports_without_sense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
