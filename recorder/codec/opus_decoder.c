/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opus by libopus itself: libavcodec's wrapper gives no access to the redundancy (in-band FEC, RFC 6716 section 2.1.7) that a
 * packet carries for the one before it. */
#include <libswresample/swresample.h>
#include <opus_multistream.h>
#include <stdlib.h>
#include <string.h>

#include "audio_decoder.h"
#include "audio_layout.h"
#include "opus_head.h"

/* libopus conceals in units of 2.5 ms. */
#define CONCEAL_UNIT (AUDIO_RATE / 400)
/* How long libopus makes up sound: it covers the 400 ms between two packets of discontinuous transmission, whose background
 * noise would otherwise come and go. After that, silence. */
#define CONCEAL_MAX (AUDIO_RATE / 2)
/* Where sound goes over into silence and back, the last sample before fades out and the first ones after fade in: no click,
 * whatever this version of libopus made up last. All silence is longer than this: a multiple of CONCEAL_UNIT. */
#define FADE CONCEAL_UNIT

struct opus_decoder {
	struct audio_decoder base;
	/* One of the two. A single stream has a decoder of its own: at each packet the multistream one asks for sizes that
	 * libopus works out anew, with a CPUID instruction that costs a virtual machine more than the sound does. */
	OpusDecoder *single;
	OpusMSDecoder *multi;
	SwrContext *remix;  /* NULL unless libopus cannot give the channels that are wanted */
	int channels;       /* that libopus gives */
	int concealed;      /* samples made up by libopus since the last packet */
	int packet_samples; /* of the last packet */
	int samples;        /* decoded and not read yet, in `interleaved` */
	int silent;         /* samples of silence since the last sound, up to FADE */
	float last[AUDIO_MAX_CHANNELS];
	float interleaved[];
};

/* libopus counts channels in Vorbis order (RFC 7845 section 5.1.1.2), libavcodec in the order of its channel masks. */
static const uint8_t vorbis_index[OPUS_MAX_CHANNELS][OPUS_MAX_CHANNELS] = {
	{0},
	{0, 1},
	{0, 2, 1},                /* L R C */
	{0, 1, 2, 3},             /* L R BL BR */
	{0, 2, 1, 3, 4},          /* L R C BL BR */
	{0, 2, 1, 5, 3, 4},       /* L R C LFE BL BR */
	{0, 2, 1, 6, 5, 3, 4},    /* L R C LFE BC SL SR */
	{0, 2, 1, 7, 5, 6, 3, 4}, /* L R C LFE BL BR SL SR */
};

static void destroy(struct audio_decoder *base)
{
	struct opus_decoder *d = (struct opus_decoder *)base;
	opus_decoder_destroy(d->single);
	opus_multistream_decoder_destroy(d->multi);
	swr_free(&d->remix);
	free(d);
}

/* Samples per channel that a packet decodes to; 0 when it is malformed. */
static int packet_samples(const struct frame *frame)
{
	int samples = opus_packet_get_nb_samples(frame->data, (opus_int32)frame->size, AUDIO_RATE);
	return samples < 0 ? 0 : samples;
}

/* Full scale. Packets made for it decode to millions, at which the encoder would give up; NaN becomes a number too. */
static float clip(float sample)
{
	return sample > -1.0f ? (sample < 1.0f ? sample : 1.0f) : -1.0f;
}

/* `samples` of `interleaved` into planes with the output's channels. */
static void spread(struct opus_decoder *d, int samples, float *const *planes)
{
	float *in = d->interleaved;
	for (int i = 0; i < samples * d->channels; i++)
		in[i] = clip(in[i]);
	if (d->remix != NULL) {
		const uint8_t *from[] = {(const uint8_t *)in};
		swr_convert(d->remix, (uint8_t **)planes, samples, from, samples);
	} else if (d->channels == 2) {
		for (int i = 0; i < samples; i++) {
			planes[0][i] = in[2 * i];
			planes[1][i] = in[2 * i + 1];
		}
	} else {
		for (int c = 0; c < d->channels; c++)
			for (int i = 0; i < samples; i++)
				planes[c][i] = in[i * d->channels + c];
	}
}

/* What libopus gave, as sound that begins and ends without a click. */
static void sound(struct opus_decoder *d, int samples, float *const *planes)
{
	spread(d, samples, planes);
	int fade = d->silent == 0 ? 0 : samples < FADE ? samples : FADE;
	for (int c = 0; c < d->base.channels && samples > 0; c++) {
		for (int i = 0; i < fade; i++)
			planes[c][i] *= (float)i / FADE;
		d->last[c] = planes[c][samples - 1];
	}
	d->silent = 0;
}

/* Into `interleaved`. A packet, the redundancy in it (fec), or without one what libopus makes up. Samples or libopus's error. */
static int run_decoder(struct opus_decoder *d, const struct frame *frame, int samples, bool fec)
{
	const uint8_t *data = frame != NULL ? frame->data : NULL;
	opus_int32 size = frame != NULL ? (opus_int32)frame->size : 0;
	if (d->single != NULL)
		return opus_decode_float(d->single, data, size, d->interleaved, samples, fec);
	return opus_multistream_decode_float(d->multi, data, size, d->interleaved, samples, fec);
}

static tsr_error decode(struct audio_decoder *base, const struct frame *frame)
{
	struct opus_decoder *d = (struct opus_decoder *)base;
	int ret = run_decoder(d, frame, AUDIO_BLOCK, false);
	if (ret <= 0)
		return ret == OPUS_ALLOC_FAIL ? TSR_E_NOMEM : TSR_E_CODEC;
	d->samples = ret;
	d->packet_samples = ret;
	d->concealed = 0;
	return TSR_OK;
}

static int read_samples(struct audio_decoder *base, float *const *planes)
{
	struct opus_decoder *d = (struct opus_decoder *)base;
	int samples = d->samples;
	sound(d, samples, planes);
	d->samples = 0;
	return samples;
}

static int silence(struct opus_decoder *d, int64_t wanted, float *const *planes)
{
	int samples = wanted < AUDIO_BLOCK ? (int)wanted : AUDIO_BLOCK;
	for (int c = 0; c < d->base.channels; c++)
		memset(planes[c], 0, (size_t)samples * sizeof(float));
	for (int i = 0; i < samples && d->silent < FADE; i++) {
		d->silent++;
		for (int c = 0; c < d->base.channels; c++)
			planes[c][i] = d->last[c] * (float)(FADE - d->silent) / FADE;
	}
	return samples;
}

/* The end of a gap that was a loss comes from the redundancy in the next packet, what is before it from libopus's own
 * concealment (which is also what libopus falls back to when there is no redundancy). */
static int conceal(struct audio_decoder *base, const struct frame *next, int64_t missing, float *const *planes)
{
	struct opus_decoder *d = (struct opus_decoder *)base;
	int64_t gap = (missing + CONCEAL_UNIT / 2) / CONCEAL_UNIT * CONCEAL_UNIT;
	int redundant = next->discontinuity ? packet_samples(next) : 0;
	bool fec = redundant > 0 && gap == redundant;
	int64_t samples = redundant;
	if (!fec) {
		int64_t chunk = d->packet_samples > 0 ? d->packet_samples : AUDIO_RATE / 50;
		samples = gap > redundant ? gap - redundant : gap;
		if (d->concealed >= CONCEAL_MAX)
			return silence(d, samples, planes);
		if (samples > chunk)
			samples = chunk;
	}
	int ret = run_decoder(d, fec ? next : NULL, (int)samples, fec);
	if (ret <= 0)
		return silence(d, samples, planes);
	d->concealed += ret;
	sound(d, ret, planes);
	return ret;
}

static int delay(struct audio_decoder *base)
{
	(void)base;
	return 0;
}

static const struct audio_decoder_ops opus_ops = {destroy, decode, read_samples, conceal, delay};

static tsr_error make_remix(struct opus_decoder *d)
{
	AVChannelLayout from = audio_layout(d->channels), to = audio_layout(d->base.channels);
	if (swr_alloc_set_opts2(&d->remix, &to, AV_SAMPLE_FMT_FLTP, AUDIO_RATE, &from, AV_SAMPLE_FMT_FLT, AUDIO_RATE, 0,
				NULL) < 0 ||
	    swr_init(d->remix) < 0)
		return TSR_E_NOMEM;
	return TSR_OK;
}

static tsr_error make_decoder(struct opus_decoder *d, const struct opus_layout *layout)
{
	uint8_t mapping[OPUS_MAX_CHANNELS];
	int ret;
	for (int i = 0; i < d->channels; i++)
		mapping[i] = layout->mapping[vorbis_index[d->channels - 1][i]];
	if (layout->streams == 1 && d->channels == layout->coupled + 1 && mapping[0] == 0 &&
	    mapping[d->channels - 1] == d->channels - 1)
		d->single = opus_decoder_create(AUDIO_RATE, d->channels, &ret);
	else
		d->multi = opus_multistream_decoder_create(AUDIO_RATE, d->channels, layout->streams, layout->coupled,
							   mapping, &ret);
	if (d->single == NULL && d->multi == NULL)
		return ret == OPUS_ALLOC_FAIL ? TSR_E_NOMEM : TSR_E_UNSUPPORTED;
	return TSR_OK;
}

tsr_error opus_decoder_new(const struct track_format *in, int channels, struct audio_decoder **out)
{
	struct opus_layout layout;
	tsr_error err = opus_layout_of(in, &layout);
	if (err != TSR_OK)
		return err;
	/* A single stream is made mono or stereo by libopus for nothing. */
	if (layout.streams == 1 && (channels == 1 || channels == 2))
		layout = (struct opus_layout){(uint8_t)channels, 1, (uint8_t)(channels - 1), {0, 1}};
	struct opus_decoder *d = calloc(1, sizeof(*d) + sizeof(float) * AUDIO_BLOCK * layout.channels);
	if (d == NULL)
		return TSR_E_NOMEM;
	d->base.ops = &opus_ops;
	d->base.channels = channels ? channels : layout.channels;
	d->channels = layout.channels;
	err = make_decoder(d, &layout);
	if (err == TSR_OK && d->base.channels != d->channels)
		err = make_remix(d);
	if (err != TSR_OK) {
		destroy(&d->base);
		return err;
	}
	*out = &d->base;
	return TSR_OK;
}
