/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The samples follow the frames' time: through loss, mute and discontinuous transmission, drift, jitter and overlap. */
#include <malloc.h>

#include "../../recorder/codec/stretch.h"
#include "codec_audio_util.h"

#define STEP (20 * MS_90K)

struct rig {
	struct source source;
	struct outcome outcome;
	struct codec *codec;
	struct heard heard;
	int64_t end_90k; /* of the last frame pushed */
	bool mu_law;
};

static struct rig rig_up(bool mu_law, int channels, const char *options)
{
	struct rig r = {.mu_law = mu_law};
	AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
	r.source = mu_law ? source_audio("pcm_mulaw", mono, 8000, "") : source_opus(channels, options);
	return r;
}

/* The next 20 ms of sound, pushed at its time plus `shift_90k`. */
static void push(struct rig *r, sound_fn sound, int64_t shift_90k, bool lost_before)
{
	tsr_codec in = r->mu_law ? TSR_CODEC_PCMU : TSR_CODEC_OPUS;
	struct frame frame = source_sound(&r->source, in, sound);
	struct track_format format = {.channels = (uint8_t)r->source.ctx->ch_layout.nb_channels};
	if (r->codec == NULL)
		r->codec = make_codec(in, &format, NULL, &r->outcome);
	frame.pts_90k += shift_90k;
	frame.discontinuity = lost_before;
	assert_int_equal(codec_push(r->codec, &frame), TSR_OK);
	r->end_90k = frame.pts_90k + STEP;
}

/* The next 20 ms of sound come into being and nobody gets them. */
static void lose(struct rig *r, sound_fn sound)
{
	source_sound(&r->source, TSR_CODEC_OPUS, sound);
}

static void finish(struct rig *r)
{
	assert_int_equal(codec_flush(r->codec), TSR_OK);
	r->heard = hear(&r->outcome, codec_format(r->codec));
	/* never more than time that passed, to within an AAC frame and what steering leaves */
	assert_in_range(r->heard.start_90k + r->outcome.count * 1920 - r->end_90k + 6 * MS_90K, 0, 1920 + 12 * MS_90K);
	assert_int_equal(codec_stats(r->codec)->decode_errors, 0);
}

static void rig_down(struct rig *r)
{
	codec_destroy(r->codec);
	heard_free(&r->heard);
	outcome_free(&r->outcome);
	source_free(&r->source);
}

/* ---- gaps ---------------------------------------------------------------------------------------------------------------- */

static void gaps_are_filled(void **state)
{
	(void)state;
	static const struct {
		bool mu_law;
		bool lost;
		int missing; /* frames */
		int concealed;
	} rows[] = {
		{false, true, 1, 1},  {false, true, 2, 2},    {false, true, 7, 7},      {false, true, 200, 200},
		{false, false, 1, 1}, {false, false, 19, 19}, {false, false, 500, 500}, {true, true, 1, 1},
		{true, true, 3, 3},   {true, false, 19, 19},  {true, false, 500, 500},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig r = rig_up(rows[i].mu_law, 2, "");
		for (int n = 0; n < 50; n++)
			push(&r, tones, 0, false);
		for (int n = 0; n < rows[i].missing; n++)
			lose(&r, tones);
		push(&r, tones, 0, rows[i].lost);
		for (int n = 0; n < 50; n++)
			push(&r, tones, 0, false);
		finish(&r);
		assert_int_equal(codec_stats(r.codec)->concealed, rows[i].concealed);
		/* what comes after the gap is at its time: the phase of the tone tells */
		int at = sample_at(&r.heard, r.end_90k) - RATE / 2;
		double sine = 0, cosine = 0;
		for (int n = 0; n < RATE / 4; n++) {
			double t = (double)(at + n) / RATE + (double)(r.heard.start_90k - 90000) / 90000;
			sine += r.heard.sample[0][at + n] * sin(2 * M_PI * 400 * t);
			cosine += r.heard.sample[0][at + n] * cos(2 * M_PI * 400 * t);
		}
		assert_true(sine > 0 && fabs(cosine) < 0.1 * sine);
		rig_down(&r);
	}
}

/* A long gap is silent from half a second on, and its edges do not click. */
static void mute_is_silent(void **state)
{
	(void)state;
	for (int mu_law = 0; mu_law < 2; mu_law++) {
		struct rig r = rig_up(mu_law, 1, "");
		for (int n = 0; n < 50; n++)
			push(&r, tones, 0, false);
		for (int n = 0; n < 100; n++)
			lose(&r, tones);
		for (int n = 0; n < 50; n++)
			push(&r, tones, 0, false);
		finish(&r);
		int mute = sample_at(&r.heard, 90000 + 50 * STEP), voice = mute + 2 * RATE;
		assert_true(loudness(&r.heard, 0, mute - RATE / 4, RATE / 4) > 0.2);
		assert_true(loudness(&r.heard, 0, mute + RATE * 6 / 10, RATE * 13 / 10) < 0.001);
		assert_true(loudness(&r.heard, 0, voice + RATE / 50, RATE / 4) > 0.2);
		/* a 400 Hz tone of 0.4 bends by 0.0011 from sample to sample; cutting it off bends it by up to 0.4 */
		double rough = roughest(&r.heard, 0, mute - RATE / 10, 2 * RATE + RATE / 5);
		assert_true(rough < 0.01);
		rig_down(&r);
	}
}

/* However long the gap is, neither end of it clicks, nor the place where concealment gives way to silence: every version of
 * libopus makes up something else. */
static void no_gap_clicks(void **state)
{
	(void)state;
	static const int rows[] = {1, 2, 5, 10, 20, 24, 25, 26, 30, 50}; /* frames */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig r = rig_up(false, 2, "");
		for (int n = 0; n < 50; n++)
			push(&r, tones, 0, false);
		for (int n = 0; n < rows[i]; n++)
			lose(&r, tones);
		for (int n = 0; n < 50; n++)
			push(&r, tones, 0, n == 0);
		finish(&r);
		int from = sample_at(&r.heard, 90000 + 48 * STEP),
		    to = sample_at(&r.heard, 90000 + (52 + rows[i]) * STEP);
		for (int c = 0; c < 2; c++)
			assert_true(roughest(&r.heard, c, from, to - from) < 0.015);
		rig_down(&r);
	}
}

/* The same while time goes by: the silence is there before the voice comes back, and is all there is of it. */
static void mute_is_filled_as_time_goes_by(void **state)
{
	(void)state;
	for (int mu_law = 0; mu_law < 2; mu_law++) {
		struct rig r = rig_up(mu_law, 1, "");
		for (int n = 0; n < 50; n++)
			push(&r, tones, 0, false);
		int before = r.outcome.count;
		const int64_t muted = 90000 + 50 * STEP;
		for (int n = 0; n < 50; n++) {
			assert_int_equal(codec_idle(r.codec, muted + n * STEP), TSR_OK);
			lose(&r, tones);
		}
		assert_in_range(r.outcome.count - before, 45, 48); /* frames of 1024 samples in 0.98 s */
		for (int n = 0; n < 50; n++)
			push(&r, tones, 0, false);
		finish(&r);
		for (int i = 1; i < r.outcome.count; i++)
			assert_int_equal(r.outcome.kept[i].frame.pts_90k - r.outcome.kept[i - 1].frame.pts_90k, 1920);
		int mute = sample_at(&r.heard, muted), voice = mute + RATE;
		assert_true(loudness(&r.heard, 0, mute + RATE * 6 / 10, RATE * 3 / 10) < 0.001);
		assert_true(loudness(&r.heard, 0, voice + RATE / 50, RATE / 4) > 0.2);
		assert_true(roughest(&r.heard, 0, mute - RATE / 10, RATE + RATE / 5) < 0.04);
		rig_down(&r);
	}
}

/* Discontinuous transmission: a packet every 400 ms, nothing lost. */
static void silence_of_the_sender_is_filled(void **state)
{
	(void)state;
	struct rig r = rig_up(false, 1, "application=voip");
	for (int n = 0; n < 400; n++) {
		if (n < 50 || n % 20 == 0)
			push(&r, tones, 0, false);
		else
			lose(&r, tones);
	}
	finish(&r);
	assert_int_equal(codec_stats(r.codec)->concealed, 10 + 16 * 19);
	rig_down(&r);
}

/* Nobody wants an hour of silence after an hour of mute: the time goes on, the file does not grow. */
static void a_very_long_gap_stays_one(void **state)
{
	(void)state;
	struct rig r = rig_up(false, 2, "");
	for (int n = 0; n < 50; n++)
		push(&r, tones, 0, false);
	const int64_t hour = (int64_t)3600 * 90000;
	for (int n = 0; n < 50; n++)
		push(&r, tones, hour, n == 0);
	assert_int_equal(codec_flush(r.codec), TSR_OK);
	assert_in_range(r.outcome.count, 94, 96);
	int64_t jump = 0;
	for (int i = 1; i < r.outcome.count; i++) {
		int64_t step = r.outcome.kept[i].frame.pts_90k - r.outcome.kept[i - 1].frame.pts_90k;
		if (step != 1920) {
			assert_int_equal(jump, 0);
			assert_int_equal(i, 50 * 960 / 1024 + 1);
			jump = step;
		}
	}
	assert_in_range(jump, hour - 1920, hour + 1920);
	assert_int_equal(codec_stats(r.codec)->concealed, 0);
	rig_down(&r);
}

/* ---- redundancy ---------------------------------------------------------------------------------------------------------- */

/* A voice that begins anew every 200 ms, out of a silence that does not announce it. */
static float words(int c, double t)
{
	double value = 0;
	(void)c;
	for (int harmonic = 1; harmonic <= 12; harmonic++)
		value += sin(2 * M_PI * 150 * harmonic * t + 3 * sin(2 * M_PI * 2 * t)) / harmonic;
	return (fmod(t, 0.2) < 0.1 ? 0.3f : 0) * (float)value;
}

/* Loudness of the words' beginnings when every packet with one is lost. */
static double beginnings_heard(const char *options)
{
	struct rig r = rig_up(false, 1, options);
	double sum = 0;
	for (int n = 0; n < 200; n++) {
		if (n % 10 == 0 && n > 50)
			lose(&r, words);
		else
			push(&r, words, 0, n % 10 == 1 && n > 50);
	}
	finish(&r);
	assert_int_equal(codec_stats(r.codec)->concealed, 14);
	for (int n = 60; n < 190; n += 10)
		sum += loudness(&r.heard, 0, sample_at(&r.heard, 90000 + n * STEP) + 100, RATE / 100);
	rig_down(&r);
	return sum / 13;
}

static void lost_opus_is_restored_from_the_next_packet(void **state)
{
	(void)state;
	const char *voice = "application=voip:b=24000:frame_duration=20:packet_loss=";
	char with[100], without[100];
	snprintf(with, sizeof(with), "%s30:fec=1", voice);
	snprintf(without, sizeof(without), "%s0:fec=0", voice);
	assert_true(beginnings_heard(without) < 0.05);
	assert_true(beginnings_heard(with) > 0.2);
}

/* ---- time that runs a little differently ------------------------------------------------------------------------------------ */

static void drift_is_followed_without_clicks(void **state)
{
	(void)state;
	static const int parts_per_million[] = {100, -100, 1000, -1000, 5000, -5000};
	for (int i = 0; i < 6; i++) {
		struct rig r = rig_up(false, 1, "");
		for (int n = 0; n < 1500; n++)
			push(&r, tones, (int64_t)n * STEP * parts_per_million[i] / 1000000, false);
		finish(&r);
		assert_int_equal(codec_stats(r.codec)->concealed, 0);
		assert_true(roughest(&r.heard, 0, RATE / 10, r.heard.count - RATE / 5) < 0.003);
		/* the tone is still one: half a per cent is not heard */
		double hertz = 400.0 * 1000000 / (1000000 + parts_per_million[i]);
		assert_true(tone_level(&r.heard, 0, 20 * RATE, RATE / 4, hertz) > 0.35);
		rig_down(&r);
	}
}

static void jitter_is_ignored(void **state)
{
	(void)state;
	struct rig steady = rig_up(false, 1, ""), nervous = rig_up(false, 1, "");
	for (int n = 0; n < 200; n++) {
		push(&steady, tones, 0, false);
		push(&nervous, tones, n * 7 % 10 * MS_90K / 3, false);
	}
	finish(&steady);
	finish(&nervous);
	assert_int_equal(codec_stats(nervous.codec)->concealed, 0);
	assert_int_equal(steady.heard.count, nervous.heard.count);
	for (int i = 0; i < steady.heard.count; i++)
		assert_true(steady.heard.sample[0][i] == nervous.heard.sample[0][i]);
	rig_down(&steady);
	rig_down(&nervous);
}

/* More samples than time: frames of 20 ms every 10 ms. */
static void overlap_is_left_out(void **state)
{
	(void)state;
	struct rig r = rig_up(false, 1, "");
	for (int n = 0; n < 300; n++)
		push(&r, tones, -(int64_t)n * STEP / 2, false);
	assert_int_equal(codec_flush(r.codec), TSR_OK);
	assert_in_range(r.outcome.count, 300 * 10 * 48 / 1024, 300 * 10 * 48 / 1024 + 3);
	rig_down(&r);
}

/* ---- for long ---------------------------------------------------------------------------------------------------------------- */

static int count_only(void *ctx, const struct frame *frame)
{
	(void)frame;
	++*(int *)ctx;
	return TSR_OK;
}

static void an_hour_of_mute_and_talk_takes_no_memory(void **state)
{
	(void)state;
	int count = 0;
	struct source s = source_opus(1, "application=voip:b=16000");
	struct codec *c = NULL;
	struct track_format in = {.codec = TSR_CODEC_OPUS, .channels = 1};
	assert_int_equal(codec_create(route_find(TSR_CODEC_OPUS, TSR_CONTAINER_TS, TSR_AUDIO_TRANSCODE), &in, NULL,
				      count_only, &count, &c),
			 TSR_OK);
	size_t settled = 0;
	/* a word of 100 ms every 30 s */
	for (int word = 0; word < 120; word++) {
		for (int n = 0; n < 5; n++) {
			struct frame frame = source_sound(&s, TSR_CODEC_OPUS, tones);
			frame.pts_90k += (int64_t)word * (30 * 90000 - 5 * STEP);
			assert_int_equal(codec_push(c, &frame), TSR_OK);
		}
		if (word == 10)
			settled = mallinfo2().uordblks;
	}
	assert_true(mallinfo2().uordblks <= settled + 4096);
	assert_int_equal(codec_flush(c), TSR_OK);
	const int elapsed = (119 * 30 * 1000 + 100) * 48 / 1024;
	assert_in_range(count, elapsed - 1, elapsed + 2);
	codec_destroy(c);
	source_free(&s);
}

static void stretching_keeps_the_ends(void **state)
{
	(void)state;
	static const int wanted[] = {953, 959, 960, 961, 967};
	for (int i = 0; i < 5; i++) {
		float in[960], out[967];
		for (int n = 0; n < 960; n++)
			in[n] = (float)sin(2 * M_PI * 3000 * n / RATE);
		stretch(in, 960, out, wanted[i]);
		assert_true(fabsf(out[0] - in[0]) < 1e-6f);
		assert_true(fabsf(out[wanted[i] - 1] - in[959]) < 1e-4f);
		for (int n = 0; n < wanted[i]; n++) {
			double t = (double)n * 959 / (wanted[i] - 1);
			assert_true(fabs(out[n] - sin(2 * M_PI * 3000 * t / RATE)) < 0.005);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_are_filled),
		cmocka_unit_test(mute_is_silent),
		cmocka_unit_test(no_gap_clicks),
		cmocka_unit_test(mute_is_filled_as_time_goes_by),
		cmocka_unit_test(silence_of_the_sender_is_filled),
		cmocka_unit_test(a_very_long_gap_stays_one),
		cmocka_unit_test(lost_opus_is_restored_from_the_next_packet),
		cmocka_unit_test(drift_is_followed_without_clicks),
		cmocka_unit_test(jitter_is_ignored),
		cmocka_unit_test(overlap_is_left_out),
		cmocka_unit_test(an_hour_of_mute_and_talk_takes_no_memory),
		cmocka_unit_test(stretching_keeps_the_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
