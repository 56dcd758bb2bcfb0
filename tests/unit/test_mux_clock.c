/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The clock of a file, as TR 101 290 wants it whatever the tracks do: PCRs, tables and PIDs in time, no frame after its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"

#include "recorder/mux/mux.h"
#include "recorder/sink/memory.h"
#include "tools/tr101290.h"

#define V 0
#define A 1
#define S 90000

static const struct mux_track tracks[] = {
	{.id = V, .format = {.codec = TSR_CODEC_H264}},
	{.id = A,
	 .format = {.codec = TSR_CODEC_OPUS,
		    .sample_rate = 48000,
		    .channels = 2,
		    .extradata_size = 19,
		    .extradata = {'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 2, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0}}},
};

/* A stretch of frames, [from, to) at an interval, in s; a track's frames are written `late` s after those of that time. */
struct stretch {
	unsigned track;
	double from, to, every, late;
};

static tsr_error write_frame(struct mux *m, unsigned track, int64_t pts)
{
	static const uint8_t picture[2000] = {0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1, 0x65, 0x55},
			     sound[100] = {0xfc, 1, 2, 3};
	struct frame frame = {.codec = tracks[track].format.codec,
			      .data = track == V ? picture : sound,
			      .size = track == V ? sizeof(picture) : sizeof(sound),
			      .pts_90k = pts,
			      .dts_90k = pts,
			      .keyframe = track == A || pts % (2 * S) == 0};
	return mux_write(m, track, &frame);
}

#define STRETCHES 4

/* All frames in the order in which they come. */
static void write_stretches(struct mux *m, struct buf *bytes, const struct stretch *stretch)
{
	unsigned done[STRETCHES] = {0};
	for (;;) {
		int next = -1;
		double earliest = 0;
		for (int i = 0; i < STRETCHES && stretch[i].every > 0; i++) {
			const struct stretch *s = &stretch[i];
			double at = s->from + done[i] * s->every, comes = at + s->late;
			if (at < s->to - 1e-6 && (next < 0 || comes < earliest)) {
				next = i;
				earliest = comes;
			}
		}
		if (next < 0)
			return;
		const struct stretch *s = &stretch[next];
		int64_t pts = (int64_t)((s->from + done[next]++ * s->every) * S);
		struct frame frame = {.size = s->track == V ? 2000 : 100, .pts_90k = pts, .dts_90k = pts};
		size_t room = mux_packetized_size(m, &frame), before = bytes->len;
		assert_int_equal(write_frame(m, s->track, pts), TSR_OK);
		assert_true(bytes->len - before <= room);
	}
}

struct seen {
	unsigned findings[TR_CHECKS];
	char first[300];
};

static void take_finding(void *ctx, const struct tr_finding *f)
{
	struct seen *seen = ctx;
	seen->findings[f->check]++;
	if (seen->first[0] == '\0')
		snprintf(seen->first, sizeof(seen->first), "%s at %lld ms, PID 0x%x: %s", tr_check_name(f->check),
			 (long long)f->time_ms, f->pid, f->text);
}

static void ignore(void *ctx, const struct sink_result *result)
{
	(void)ctx;
	(void)result;
}

static bool is_announced(const uint8_t *p)
{
	return (p[3] & 0x20) != 0 && p[4] > 0 && (p[5] & 0x90) == 0x90;
}

static void time_goes_on_whatever_the_tracks_do(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct stretch stretch[STRETCHES];
		unsigned announced;   /* clocks that begin anew */
		size_t most;          /* bytes; 0 = any */
		enum tr_check though; /* a finding that the input makes; TR_CHECKS = none */
	} rows[] = {
		{"camera and microphone", {{V, 0, 10, 0.04, 0}, {A, 0, 10, 0.02, 0}}, 0, 0, TR_CHECKS},
		{"the camera is off for 6 s",
		 {{V, 0, 5, 0.04, 0}, {V, 11, 15, 0.04, 0}, {A, 0, 15, 0.02, 0}},
		 0,
		 0,
		 TR_CHECKS},
		{"the camera never goes on", {{A, 0, 15, 0.02, 0}}, 0, 0, TR_CHECKS},
		{"a screen at a frame a second", {{V, 0, 20, 1, 0}}, 0, 0, TR_CHECKS},
		{"... with sound", {{V, 0, 20, 1, 0}, {A, 0, 20, 0.02, 0}}, 0, 0, TR_CHECKS},
		{"a slide every 20 s", {{V, 0, 100, 20, 0}}, 0, 0, TR_CHECKS},
		{"nobody does anything for 30 s",
		 {{V, 0, 5, 0.04, 0}, {A, 0, 5, 0.02, 0}, {V, 35, 40, 0.04, 0}, {A, 35, 40, 0.02, 0}},
		 0,
		 0,
		 TR_PTS_REPETITION},
		{"... for three hours", {{V, 0, 5, 0.04, 0}, {V, 10000, 10005, 0.04, 0}}, 1, 800000, TR_CHECKS},
		{"the microphone is off for 20 s",
		 {{V, 0, 25, 0.04, 0}, {A, 0, 2, 0.02, 0}, {A, 22, 25, 0.02, 0}},
		 0,
		 0,
		 TR_PTS_REPETITION},
		{"sound late by 700 ms", {{V, 0, 10, 0.04, 0}, {A, 0, 10, 0.02, 0.7}}, 0, 0, TR_CHECKS},
		{"pictures late by 700 ms", {{V, 0, 10, 0.04, 0.7}, {A, 0, 10, 0.02, 0}}, 0, 0, TR_CHECKS},
		{"pictures late by 3 s", {{V, 0, 10, 0.04, 3}, {A, 0, 10, 0.02, 0}}, 1, 0, TR_CHECKS},
		{"... from the middle on",
		 {{V, 0, 5, 0.04, 0}, {V, 5, 10, 0.04, 3}, {A, 0, 10, 0.02, 0}},
		 1,
		 0,
		 TR_CHECKS},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf bytes;
		buf_init(&bytes, 16 << 20);
		struct sink *sink = memory_sink_create(&bytes);
		struct mux *m = NULL;
		assert_int_equal(mux_create(&(struct mux_config){.wait_90k = S / 2}, sink, &m), TSR_OK);
		assert_int_equal(mux_set_tracks(m, tracks, 2), TSR_OK);
		write_stretches(m, &bytes, rows[i].stretch);
		struct seen seen = {0};
		struct tr101290 *strict = tr101290_new(take_finding, &seen);
		unsigned announced = 0;
		for (size_t at = 0; at < bytes.len; at += TS_PACKET) {
			tr101290_take(strict, bytes.data + at);
			announced += is_announced(bytes.data + at);
		}
		tr101290_end(strict);
		free(strict);
		for (int c = 0; c < TR_CHECKS; c++)
			if ((seen.findings[c] > 0) != (c == (int)rows[i].though))
				fail_msg("%s: %s: %u, first %s", rows[i].what, tr_check_name(c), seen.findings[c],
					 seen.first);
		if (announced != rows[i].announced || (rows[i].most > 0 && bytes.len > rows[i].most))
			fail_msg("%s: %u clocks begin anew, %zu bytes", rows[i].what, announced, bytes.len);
		mux_destroy(m);
		sink_finish(sink, ignore, NULL);
		buf_finish(&bytes);
	}
}

/* What it costs beside the media, in packets: with pictures nothing, for the PCR is on them. */
static void it_costs_little(void **state)
{
	(void)state;
	static const struct {
		struct stretch stretch[STRETCHES];
		unsigned most; /* packets a second besides the frames' own */
	} rows[] = {
		{{{V, 0, 20, 0.04, 0}, {A, 0, 20, 0.02, 0}}, 7},     /* tables */
		{{{A, 0, 20, 0.02, 0}}, 7 + 12},                     /* and 11 or 12 PCRs, the camera being announced */
		{{{V, 0, 20, 0.1, 0}, {A, 0, 20, 0.02, 0}}, 7 + 10}, /* a PCR a picture is not enough */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf bytes;
		buf_init(&bytes, 16 << 20);
		struct sink *sink = memory_sink_create(&bytes);
		struct mux *m = NULL;
		assert_int_equal(mux_create(&(struct mux_config){.wait_90k = S / 2}, sink, &m), TSR_OK);
		assert_int_equal(mux_set_tracks(m, tracks, 2), TSR_OK);
		write_stretches(m, &bytes, rows[i].stretch);
		unsigned others = 0;
		for (size_t at = 0; at < bytes.len; at += TS_PACKET) {
			const uint8_t *p = bytes.data + at;
			bool media = (p[1] & 0x1f) == 1 && (p[3] & 0x10) != 0;
			others += !media;
		}
		if (others > rows[i].most * 20)
			fail_msg("row %zu: %u packets", i, others);
		mux_destroy(m);
		sink_finish(sink, ignore, NULL);
		buf_finish(&bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_goes_on_whatever_the_tracks_do),
		cmocka_unit_test(it_costs_little),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
