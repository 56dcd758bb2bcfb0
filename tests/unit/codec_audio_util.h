/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For the tests of audio: coded tones in, and a look at the samples that come out. */
#ifndef TSR_TESTS_CODEC_AUDIO_UTIL_H
#define TSR_TESTS_CODEC_AUDIO_UTIL_H

#include <math.h>

#include "codec_util.h"

#define RATE     48000
#define MS_90K   90
#define CHANNELS 8

/* ---- sources ----------------------------------------------------------------------------------------------------------- */

/* Amplitude of channel c at time t (seconds). */
typedef float (*sound_fn)(int c, double t);

/* A tone for each channel: 400, 500, 600 … Hz; the fourth, which is for low frequencies where there are six or more, 60 Hz. */
static inline double tone_of(int c)
{
	return c == 3 ? 60 : 400 + 100 * c;
}

static inline float tones(int c, double t)
{
	return 0.4f * (float)sin(2 * M_PI * tone_of(c) * t);
}

static inline struct source source_audio(const char *encoder, AVChannelLayout layout, int rate, const char *options)
{
	struct source s = source_alloc(encoder);
	s.ctx->ch_layout = layout;
	s.ctx->sample_rate = rate;
	s.ctx->time_base = (AVRational){1, rate};
	s.ctx->sample_fmt = strcmp(encoder, "libopus") == 0 ? AV_SAMPLE_FMT_FLT : AV_SAMPLE_FMT_S16;
	s.ctx->bit_rate = 64000 * layout.nb_channels;
	source_open(&s, options);
	s.frame->nb_samples = rate / 50;
	s.frame->ch_layout = layout;
	s.frame->sample_rate = rate;
	s.frame->format = s.ctx->sample_fmt;
	assert_true(av_frame_get_buffer(s.frame, 0) >= 0);
	return s;
}

static const AVChannelLayout speakers[CHANNELS] = {
	AV_CHANNEL_LAYOUT_MONO,    AV_CHANNEL_LAYOUT_STEREO,       AV_CHANNEL_LAYOUT_SURROUND,
	AV_CHANNEL_LAYOUT_QUAD,    AV_CHANNEL_LAYOUT_5POINT0_BACK, AV_CHANNEL_LAYOUT_5POINT1_BACK,
	AV_CHANNEL_LAYOUT_6POINT1, AV_CHANNEL_LAYOUT_7POINT1,
};

static inline struct source source_opus(int channels, const char *options)
{
	return source_audio("libopus", speakers[channels - 1], RATE, options);
}

/* The next 20 ms as a coded frame, `data` borrowed until the next call. Its pts is where its samples belong in the sound,
 * from one second on; what an Opus encoder looks ahead is in that. */
static inline struct frame source_sound(struct source *s, tsr_codec codec, sound_fn sound)
{
	int channels = s->ctx->ch_layout.nb_channels, rate = s->ctx->sample_rate;
	do {
		assert_true(av_frame_make_writable(s->frame) >= 0);
		for (int i = 0; i < s->frame->nb_samples; i++) {
			for (int c = 0; c < channels; c++) {
				float value = sound(c, (double)(s->next + i) / rate);
				if (s->frame->format == AV_SAMPLE_FMT_FLT)
					((float *)s->frame->data[0])[i * channels + c] = value;
				else
					((int16_t *)s->frame->data[0])[i * channels + c] = (int16_t)(value * 32767);
			}
		}
		s->frame->pts = s->next;
		s->next += s->frame->nb_samples;
	} while (!source_encode(s));
	return (struct frame){
		.codec = codec,
		.data = s->packet->data,
		.size = (size_t)s->packet->size,
		.pts_90k = 90000 + s->packet->pts * 90000 / rate,
		.keyframe = true,
	};
}

/* ---- what comes out ------------------------------------------------------------------------------------------------------ */

struct heard {
	int64_t start_90k;
	int count; /* samples per channel */
	int room;
	int channels;
	float *sample[CHANNELS];
};

/* Where a decoder put the sound of channel c. FFmpeg 9 names the places that were sent, where back and side are one; older
 * ones leave them unnamed and the order as it was. */
static inline int plane_of(const AVChannelLayout *layout, int c)
{
	static const enum AVChannel same[][2] = {{AV_CHAN_BACK_LEFT, AV_CHAN_SIDE_LEFT},
						 {AV_CHAN_BACK_RIGHT, AV_CHAN_SIDE_RIGHT}};
	if (layout->order == AV_CHANNEL_ORDER_UNSPEC)
		return c;
	enum AVChannel speaker = av_channel_layout_channel_from_index(&speakers[layout->nb_channels - 1], (unsigned)c);
	int index = av_channel_layout_index_from_channel(layout, speaker);
	for (int i = 0; i < 2 && index < 0; i++)
		for (int k = 0; k < 2; k++)
			if (same[i][k] == speaker)
				index = av_channel_layout_index_from_channel(layout, same[i][!k]);
	if (index < 0) {
		char name[64];
		av_channel_layout_describe(layout, name, sizeof(name));
		fail_msg("speaker %d is not in %s", speaker, name);
	}
	return index;
}

static inline void hear_frame(const AVFrame *f, int n, void *user)
{
	struct heard *h = user;
	(void)n;
	assert_int_equal(f->sample_rate, RATE);
	assert_int_equal(f->format, AV_SAMPLE_FMT_FLTP);
	h->channels = f->ch_layout.nb_channels;
	assert_true(h->count + f->nb_samples <= h->room);
	for (int c = 0; c < h->channels; c++)
		memcpy(h->sample[c] + h->count, f->extended_data[plane_of(&f->ch_layout, c)],
		       sizeof(float) * (size_t)f->nb_samples);
	h->count += f->nb_samples;
}

/* Decodes AAC and holds that its frames follow one another without a hole. */
static inline struct heard hear(const struct outcome *o, const struct track_format *format)
{
	struct heard h = {.start_90k = o->count > 0 ? o->kept[0].frame.pts_90k : 0, .room = o->count * 1024};
	for (int c = 0; c < format->channels; c++)
		h.sample[c] = malloc(sizeof(float) * (size_t)h.room);
	for (int i = 1; i < o->count; i++)
		assert_in_range(o->kept[i].frame.pts_90k - o->kept[i - 1].frame.pts_90k, 1920, 1920);
	assert_int_equal(outcome_decode(o, AV_CODEC_ID_AAC, format, hear_frame, &h), o->count);
	assert_int_equal(h.count, o->count * 1024);
	return h;
}

static inline void heard_free(struct heard *h)
{
	for (int c = 0; c < CHANNELS; c++)
		free(h->sample[c]);
}

/* The sample at a recording time. */
static inline int sample_at(const struct heard *h, int64_t pts_90k)
{
	return (int)((pts_90k - h->start_90k) * 8 / 15);
}

/* Amplitude of a frequency in `count` samples of a channel from `from` on. */
static inline double tone_level(const struct heard *h, int c, int from, int count, double frequency)
{
	double re = 0, im = 0;
	assert_true(from >= 0 && from + count <= h->count);
	for (int i = 0; i < count; i++) {
		double angle = 2 * M_PI * frequency * i / RATE;
		re += h->sample[c][from + i] * cos(angle);
		im += h->sample[c][from + i] * sin(angle);
	}
	return 2 * sqrt(re * re + im * im) / count;
}

/* Root mean square of samples. */
static inline double loudness(const struct heard *h, int c, int from, int count)
{
	double sum = 0;
	assert_true(from >= 0 && from + count <= h->count);
	for (int i = 0; i < count; i++)
		sum += (double)h->sample[c][from + i] * h->sample[c][from + i];
	return sqrt(sum / count);
}

/* Largest jump from one sample to the next that is left when a slow movement is taken away: clicks stand out. */
static inline double roughest(const struct heard *h, int c, int from, int count)
{
	double worst = 0;
	for (int i = from + 2; i < from + count; i++) {
		const float *s = h->sample[c] + i;
		double bend = fabs((double)s[0] - 2 * (double)s[-1] + (double)s[-2]);
		if (bend > worst)
			worst = bend;
	}
	return worst;
}

#endif
