/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opus and the others to AAC: the right sound, in the right channel, at the right time. */
#include "codec_audio_util.h"

/* Two seconds of a source through the stage. */
static struct heard convert(tsr_codec codec, struct source *s, const struct track_format *in,
			    const struct codec_settings *settings, struct outcome *o)
{
	struct codec *c = make_codec(codec, in, settings, o);
	int64_t first = 0, end = 0;
	for (int i = 0; i < 100; i++) {
		struct frame frame = source_sound(s, codec, tones);
		if (i == 0)
			first = frame.pts_90k;
		frame.arrival_us = i;
		end = frame.pts_90k + 20 * MS_90K;
		assert_int_equal(codec_push(c, &frame), TSR_OK);
	}
	assert_int_equal(codec_flush(c), TSR_OK);
	const struct codec_stats *stats = codec_stats(c);
	assert_int_equal(stats->frames_in, 100);
	assert_int_equal(stats->frames_out, o->count);
	assert_int_equal(stats->concealed + stats->decode_errors, 0);
	assert_true(stats->cpu_us > 0);
	struct heard h = hear(o, codec_format(c));
	assert_in_range(h.start_90k - first + 2, 0, 4);
	/* the end to within one AAC frame, and nothing missing */
	assert_in_range(h.start_90k + o->count * 1920 - end + 4, 0, 1920 + 4);
	assert_int_equal(codec_format(c)->codec, TSR_CODEC_AAC);
	assert_int_equal(codec_format(c)->sample_rate, RATE);
	assert_int_equal(codec_format(c)->channels, h.channels);
	/* ISO 14496-3 section 1.6.2.1: AAC-LC, 48 kHz */
	assert_int_equal(codec_format(c)->extradata[0] >> 3, 2);
	assert_int_equal((codec_format(c)->extradata[0] & 7) << 1 | codec_format(c)->extradata[1] >> 7, 3);
	for (int i = 0; i < o->count; i++) {
		assert_int_equal(o->kept[i].frame.samples, 1024);
		assert_true(o->kept[i].frame.keyframe);
		assert_int_equal(o->kept[i].frame.codec, TSR_CODEC_AAC);
	}
	codec_destroy(c);
	return h;
}

/* Every channel has its own tone and no other's, all through. */
static void check_tones(const struct heard *h, double lowest)
{
	for (int c = 0; c < h->channels; c++) {
		for (int from = RATE / 4; from + RATE / 4 < h->count; from += RATE / 4) {
			for (int other = 0; other < h->channels; other++) {
				double level = tone_level(h, c, from, RATE / 4, tone_of(other));
				if (other == c)
					assert_true(level > lowest && level < 0.45);
				else
					assert_true(level < 0.02);
			}
		}
	}
}

static void opus_is_heard_in_every_channel(void **state)
{
	(void)state;
	static const struct {
		int channels;
		tsr_codec codec;
		const char *options;
	} rows[] = {
		{1, TSR_CODEC_OPUS, ""},
		{2, TSR_CODEC_OPUS, ""},
		{2, TSR_CODEC_OPUS, "application=voip"},
		{3, TSR_CODEC_MULTIOPUS, "mapping_family=1"},
		{4, TSR_CODEC_MULTIOPUS, "mapping_family=1"},
		{5, TSR_CODEC_MULTIOPUS, "mapping_family=1"},
		{6, TSR_CODEC_MULTIOPUS, "mapping_family=1"},
		{7, TSR_CODEC_MULTIOPUS, "mapping_family=1"},
		{8, TSR_CODEC_MULTIOPUS, "mapping_family=1"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct source s = source_opus(rows[i].channels, rows[i].options);
		struct outcome o = {0};
		struct track_format in = {.channels = (uint8_t)rows[i].channels};
		struct heard h = convert(rows[i].codec, &s, &in, NULL, &o);
		assert_int_equal(h.channels, rows[i].channels);
		check_tones(&h, 0.3);
		heard_free(&h);
		outcome_free(&o);
		source_free(&s);
	}
}

static float one_tone(int c, double t)
{
	(void)c;
	return tones(0, t);
}

/* A caller's Opus is negotiated as stereo and sent in mono (RFC 7587 section 6.1). The first packet decides: what comes in the other way
 * later is mixed, for players take no change in mid-stream. */
static void stays_as_it_begins(void **state)
{
	(void)state;
	for (int stereo = 0; stereo < 2; stereo++) {
		struct outcome out = {0};
		struct source mono = source_opus(1, ""), both = source_opus(2, "");
		struct codec *c = make_codec(TSR_CODEC_OPUS, &(struct track_format){.channels = 2}, NULL, &out);
		for (int i = 0; i < 100; i++) {
			bool first = i < 50;
			struct source *s = first != (stereo != 0) ? &mono : &both;
			struct frame frame = source_sound(s, TSR_CODEC_OPUS, s == &mono ? one_tone : tones);
			mono.next = both.next = s->next;
			assert_int_equal(codec_push(c, &frame), TSR_OK);
			assert_int_equal(codec_format(c)->channels, 1 + stereo);
		}
		assert_int_equal(codec_flush(c), TSR_OK);
		struct heard heard = hear(&out, codec_format(c));
		assert_int_equal(heard.channels, 1 + stereo);
		for (int ch = 0; ch <= stereo; ch++)
			for (int half = 0; half < 2; half++) {
				/* Both channels in one are each at half their level. */
				bool own = (half == 0) == (stereo != 0);
				int tone = own ? tone_of(ch) : tone_of(0);
				assert_true(tone_level(&heard, ch, half * RATE + RATE / 4, RATE / 2, tone) > 0.15);
			}
		heard_free(&heard);
		outcome_free(&out);
		codec_destroy(c);
		source_free(&mono);
		source_free(&both);
	}
}

static void telephone_codecs_are_heard(void **state)
{
	(void)state;
	static const struct {
		tsr_codec codec;
		const char *encoder;
		int rate;
		uint32_t told_rate; /* of the track: the RTP clock's, or none */
		int channels;
	} rows[] = {
		{TSR_CODEC_PCMU, "pcm_mulaw", 8000, 8000, 1},  {TSR_CODEC_PCMA, "pcm_alaw", 8000, 0, 1},
		{TSR_CODEC_PCMU, "pcm_mulaw", 8000, 8000, 2},  {TSR_CODEC_G722, "g722", 16000, 8000, 1},
		{TSR_CODEC_L16, "pcm_s16be", 48000, 0, 2},     {TSR_CODEC_L16, "pcm_s16be", 44100, 44100, 2},
		{TSR_CODEC_L16, "pcm_s16be", 16000, 16000, 1},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AVChannelLayout layout;
		av_channel_layout_default(&layout, rows[i].channels);
		struct source s = source_audio(rows[i].encoder, layout, rows[i].rate, "");
		struct outcome o = {0};
		struct track_format in = {.sample_rate = rows[i].told_rate, .channels = (uint8_t)rows[i].channels};
		struct heard h = convert(rows[i].codec, &s, &in, NULL, &o);
		assert_int_equal(h.channels, rows[i].channels);
		check_tones(&h, 0.3);
		heard_free(&h);
		outcome_free(&o);
		source_free(&s);
	}
}

static void channels_are_mixed_as_configured(void **state)
{
	(void)state;
	static const struct {
		tsr_codec codec;
		int from, to;
	} rows[] = {
		{TSR_CODEC_OPUS, 2, 1}, {TSR_CODEC_OPUS, 1, 2}, {TSR_CODEC_MULTIOPUS, 6, 2},
		{TSR_CODEC_L16, 2, 1},  {TSR_CODEC_L16, 1, 2},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AVChannelLayout layout;
		av_channel_layout_default(&layout, rows[i].from);
		struct source s = rows[i].codec == TSR_CODEC_L16
					  ? source_audio("pcm_s16be", layout, RATE, "")
					  : source_opus(rows[i].from, rows[i].from > 2 ? "mapping_family=1" : "");
		struct outcome o = {0};
		struct track_format in = {.channels = (uint8_t)rows[i].from};
		struct codec_settings settings = {.audio_channels = (uint8_t)rows[i].to};
		struct heard h = convert(rows[i].codec, &s, &in, &settings, &o);
		assert_int_equal(h.channels, rows[i].to);
		/* the left channel's tone is in the left, or in the only one */
		assert_true(tone_level(&h, 0, RATE / 2, RATE / 2, tone_of(0)) > 0.1);
		if (rows[i].to == 1)
			assert_true(tone_level(&h, 0, RATE / 2, RATE / 2, tone_of(1)) > 0.1);
		if (rows[i].from == 1)
			assert_true(tone_level(&h, 1, RATE / 2, RATE / 2, tone_of(0)) > 0.1);
		if (rows[i].from == 6)
			assert_true(tone_level(&h, 1, RATE / 2, RATE / 2, tone_of(0)) < 0.01);
		heard_free(&h);
		outcome_free(&o);
		source_free(&s);
	}
}

/* A beep from 1.5 s of recording time on is heard from then on. */
static float late_beep(int c, double t)
{
	(void)c;
	return t < 0.5 ? 0 : 0.5f * (float)sin(2 * M_PI * 1000 * (t - 0.5));
}

static void sound_is_heard_when_it_was_made(void **state)
{
	(void)state;
	static const struct {
		tsr_codec codec;
		const char *encoder;
		int rate;
	} rows[] = {{TSR_CODEC_OPUS, "libopus", RATE},
		    {TSR_CODEC_PCMU, "pcm_mulaw", 8000},
		    {TSR_CODEC_L16, "pcm_s16be", 44100}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct source s =
			source_audio(rows[i].encoder, (AVChannelLayout)AV_CHANNEL_LAYOUT_MONO, rows[i].rate, "");
		struct outcome o = {0};
		struct track_format in = {.channels = 1, .sample_rate = (uint32_t)rows[i].rate};
		struct codec *c = make_codec(rows[i].codec, &in, NULL, &o);
		for (int n = 0; n < 50; n++) {
			struct frame frame = source_sound(&s, rows[i].codec, late_beep);
			assert_int_equal(codec_push(c, &frame), TSR_OK);
		}
		assert_int_equal(codec_flush(c), TSR_OK);
		struct heard h = hear(&o, codec_format(c));
		int onset = 0;
		while (onset < h.count && fabsf(h.sample[0][onset]) < 0.1f)
			onset++;
		int wanted = sample_at(&h, 90000 + 500 * MS_90K);
		/* to half a millisecond */
		assert_in_range(onset - wanted + 24, 0, 48);
		codec_destroy(c);
		heard_free(&h);
		outcome_free(&o);
		source_free(&s);
	}
}

/* One frame of 50 is nonsense: it counts, and what it should have been is made up. */
static void check_nonsense(tsr_codec codec, struct source *s)
{
	struct outcome o = {0};
	struct codec *c = make_codec(codec, &(struct track_format){.channels = 2}, NULL, &o);
	for (int i = 0; i < 50; i++) {
		/* Opus, RFC 6716 section 3.2.5: code 3 without its frame count. L16: a quarter of a sample. */
		static const uint8_t nonsense[] = {0x03};
		struct frame frame = source_sound(s, codec, tones);
		if (i == 20) {
			frame.data = nonsense;
			frame.size = sizeof(nonsense);
		}
		assert_int_equal(codec_push(c, &frame), TSR_OK);
	}
	assert_int_equal(codec_flush(c), TSR_OK);
	assert_int_equal(codec_stats(c)->decode_errors, 1);
	assert_int_equal(codec_stats(c)->concealed, 1);
	assert_in_range(o.count, 46, 48);
	struct heard h = hear(&o, codec_format(c));
	codec_destroy(c);
	heard_free(&h);
	outcome_free(&o);
	source_free(s);
}

static void what_does_not_decode_is_counted(void **state)
{
	(void)state;
	struct source opus = source_opus(2, "");
	struct source l16 = source_audio("pcm_s16be", (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO, RATE, "");
	check_nonsense(TSR_CODEC_OPUS, &opus);
	check_nonsense(TSR_CODEC_L16, &l16);
}

/* A packet may be longer than what is worked on at a time. */
static void a_long_packet_is_heard_whole(void **state)
{
	(void)state;
	struct source s = source_audio("pcm_mulaw", (AVChannelLayout)AV_CHANNEL_LAYOUT_MONO, 8000, "");
	struct outcome o = {0};
	struct codec *c = make_codec(TSR_CODEC_PCMU, NULL, NULL, &o);
	uint8_t *second = malloc(8000);
	for (int i = 0; i < 50; i++) {
		struct frame frame = source_sound(&s, TSR_CODEC_PCMU, tones);
		assert_int_equal(frame.size, 160);
		memcpy(second + i * 160, frame.data, 160);
	}
	for (int i = 0; i < 3; i++) {
		struct frame frame = {.codec = TSR_CODEC_PCMU, .data = second, .size = 8000, .pts_90k = i * 90000};
		assert_int_equal(codec_push(c, &frame), TSR_OK);
	}
	assert_int_equal(codec_flush(c), TSR_OK);
	assert_int_equal(codec_stats(c)->concealed, 0);
	assert_in_range(o.count, 3 * RATE / 1024, 3 * RATE / 1024 + 2);
	struct heard h = hear(&o, codec_format(c));
	check_tones(&h, 0.3);
	free(second);
	codec_destroy(c);
	heard_free(&h);
	outcome_free(&o);
	source_free(&s);
}

/* Random packets are mostly valid Opus, of a sound far beyond full scale. */
static void noise_of_an_attacker_stays_in_bounds(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct codec *c = make_codec(TSR_CODEC_OPUS, NULL, NULL, &o);
	uint64_t seed = 1;
	for (int i = 0; i < 3000; i++) {
		uint8_t bytes[1275];
		for (size_t k = 0; k < sizeof(bytes); k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			bytes[k] = (uint8_t)(seed >> 56);
		}
		bytes[0] &= i % 4 ? 0xfc : 0xff; /* one frame in the packet, mostly */
		struct frame frame = {.codec = TSR_CODEC_OPUS, .data = bytes, .pts_90k = i * 20 * MS_90K};
		frame.size = 1 + (size_t)(seed >> 32) % sizeof(bytes);
		frame.discontinuity = i % 10 == 0;
		assert_int_equal(codec_push(c, &frame), TSR_OK);
	}
	assert_int_equal(codec_flush(c), TSR_OK);
	assert_in_range(codec_stats(c)->decode_errors, 1, 1000);
	assert_int_equal(codec_stats(c)->encode_errors, 0);
	struct heard h = hear(&o, codec_format(c));
	for (int i = 0; i < h.count; i++)
		assert_true(fabsf(h.sample[0][i]) < 4);
	codec_destroy(c);
	heard_free(&h);
	outcome_free(&o);
}

static void what_cannot_be_recorded_is_refused(void **state)
{
	(void)state;
	static const struct track_format rows[] = {
		{.codec = TSR_CODEC_PCMU, .channels = 3},      {.codec = TSR_CODEC_L16, .channels = 6},
		{.codec = TSR_CODEC_L16, .sample_rate = 4000}, {.codec = TSR_CODEC_L16, .sample_rate = 1000000},
		{.codec = TSR_CODEC_MULTIOPUS, .channels = 9},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct codec *c = NULL;
		assert_int_equal(codec_create(route_find(rows[i].codec, TSR_CONTAINER_TS, TSR_AUDIO_TRANSCODE),
					      &rows[i], NULL, outcome_take, NULL, &c),
				 TSR_E_UNSUPPORTED);
		assert_null(c);
	}
}

static void an_error_of_the_next_stage_is_handed_up(void **state)
{
	(void)state;
	struct outcome o = {.fail_at = 2};
	struct source s = source_opus(2, "");
	struct codec *c = make_codec(TSR_CODEC_OPUS, NULL, NULL, &o);
	tsr_error err = TSR_OK;
	for (int i = 0; i < 10 && err == TSR_OK; i++) {
		struct frame frame = source_sound(&s, TSR_CODEC_OPUS, tones);
		err = codec_push(c, &frame);
	}
	assert_int_equal(err, TSR_E_NOSPACE);
	assert_int_equal(codec_stats(c)->encode_errors, 0);
	codec_destroy(c);
	outcome_free(&o);
	source_free(&s);
}

/* Nothing came: nothing goes. */
static void an_end_without_a_beginning_is_quiet(void **state)
{
	(void)state;
	struct outcome o = {0};
	struct codec *c = make_codec(TSR_CODEC_OPUS, NULL, NULL, &o);
	assert_int_equal(codec_flush(c), TSR_OK);
	assert_int_equal(o.count, 0);
	codec_destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opus_is_heard_in_every_channel),
		cmocka_unit_test(stays_as_it_begins),
		cmocka_unit_test(telephone_codecs_are_heard),
		cmocka_unit_test(channels_are_mixed_as_configured),
		cmocka_unit_test(sound_is_heard_when_it_was_made),
		cmocka_unit_test(what_does_not_decode_is_counted),
		cmocka_unit_test(a_long_packet_is_heard_whole),
		cmocka_unit_test(noise_of_an_attacker_stays_in_bounds),
		cmocka_unit_test(what_cannot_be_recorded_is_refused),
		cmocka_unit_test(an_error_of_the_next_stage_is_handed_up),
		cmocka_unit_test(an_end_without_a_beginning_is_quiet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
