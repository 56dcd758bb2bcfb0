/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * G.711, G.722 and L16 by libavcodec, resampled to 48 kHz. Gaps are filled before the resampler, so that its filter runs
 * through them without a break. */
#include <libavcodec/avcodec.h>
#include <libswresample/swresample.h>
#include <stdlib.h>

#include "audio_decoder.h"
#include "audio_layout.h"
#include "lavc.h"

/* The last sample before a gap fades out, the first samples after it fade in, over 1/400 s: no click. */
#define FADE_DIVISOR 400
/* Samples that are resampled at once; what comes out stays below AUDIO_BLOCK. */
#define SLICE_DIVISOR 10
#define MAX_CHANNELS  2

struct pcm_decoder {
	struct audio_decoder base;
	AVCodecContext *ctx;
	AVPacket *packet;
	AVFrame *frame; /* interleaved 16-bit samples, those before `read` are done */
	SwrContext *swr;
	int read;
	int fade; /* position in the fade-out (> 0) of the gap being filled */
	bool fade_in;
	int16_t last[MAX_CHANNELS];
	int16_t *silence; /* one slice */
};

static const struct {
	tsr_codec codec;
	enum AVCodecID id;
	int sample_rate; /* 0 = as the track says */
} table[] = {
	{TSR_CODEC_PCMU, AV_CODEC_ID_PCM_MULAW, 0},
	{TSR_CODEC_PCMA, AV_CODEC_ID_PCM_ALAW, 0},
	/* Its RTP clock runs at 8 kHz by an old mistake (RFC 3551 section 4.5.2). */
	{TSR_CODEC_G722, AV_CODEC_ID_ADPCM_G722, 16000},
	{TSR_CODEC_L16, AV_CODEC_ID_PCM_S16BE, 0},
};

static void destroy(struct audio_decoder *base)
{
	struct pcm_decoder *d = (struct pcm_decoder *)base;
	avcodec_free_context(&d->ctx);
	av_packet_free(&d->packet);
	av_frame_free(&d->frame);
	swr_free(&d->swr);
	free(d->silence);
	free(d);
}

static int slice(const struct pcm_decoder *d)
{
	return d->ctx->sample_rate / SLICE_DIVISOR;
}

static int convert(struct pcm_decoder *d, const int16_t *samples, int count, float *const *planes)
{
	const uint8_t *from[] = {(const uint8_t *)samples};
	int ret = swr_convert(d->swr, (uint8_t **)planes, AUDIO_BLOCK, from, count);
	return ret < 0 ? 0 : ret;
}

static tsr_error decode(struct audio_decoder *base, const struct frame *frame)
{
	struct pcm_decoder *d = (struct pcm_decoder *)base;
	tsr_error err = lavc_load_packet(d->packet, frame->data, frame->size, AV_NOPTS_VALUE);
	if (err != TSR_OK)
		return err;
	int ret = avcodec_send_packet(d->ctx, d->packet);
	if (ret >= 0)
		ret = avcodec_receive_frame(d->ctx, d->frame);
	if (ret < 0)
		return lavc_error(ret);
	int channels = d->ctx->ch_layout.nb_channels;
	int count = d->frame->nb_samples;
	int16_t *samples = (int16_t *)d->frame->data[0];
	int fade = d->fade_in ? d->ctx->sample_rate / FADE_DIVISOR : 0;
	for (int i = 0; i < fade && i < count; i++)
		for (int c = 0; c < channels; c++)
			samples[i * channels + c] = (int16_t)(samples[i * channels + c] * i / fade);
	for (int c = 0; c < channels && count > 0; c++)
		d->last[c] = samples[(count - 1) * channels + c];
	d->fade_in = false;
	d->fade = 0;
	d->read = 0;
	return TSR_OK;
}

static int read_samples(struct audio_decoder *base, float *const *planes)
{
	struct pcm_decoder *d = (struct pcm_decoder *)base;
	int count = d->frame->nb_samples - d->read;
	if (count <= 0)
		return 0;
	if (count > slice(d))
		count = slice(d);
	const int16_t *from = (const int16_t *)d->frame->data[0] + d->read * d->ctx->ch_layout.nb_channels;
	d->read += count;
	return convert(d, from, count, planes);
}

static int conceal(struct audio_decoder *base, const struct frame *next, int64_t missing, float *const *planes)
{
	(void)next;
	struct pcm_decoder *d = (struct pcm_decoder *)base;
	int channels = d->ctx->ch_layout.nb_channels;
	int fade = d->ctx->sample_rate / FADE_DIVISOR;
	int64_t wanted = (missing * d->ctx->sample_rate + AUDIO_RATE - 1) / AUDIO_RATE;
	int count = wanted < slice(d) ? (int)wanted : slice(d);
	for (int i = 0; i < count; i++) {
		if (d->fade < fade)
			d->fade++;
		for (int c = 0; c < channels; c++)
			d->silence[i * channels + c] = (int16_t)(d->last[c] * (fade - d->fade) / fade);
	}
	d->fade_in = true;
	return convert(d, d->silence, count, planes);
}

static int delay(struct audio_decoder *base)
{
	struct pcm_decoder *d = (struct pcm_decoder *)base;
	return (int)swr_get_delay(d->swr, AUDIO_RATE);
}

static const struct audio_decoder_ops pcm_ops = {destroy, decode, read_samples, conceal, delay};

static tsr_error open_decoder(struct pcm_decoder *d, enum AVCodecID id, int sample_rate, int channels)
{
	const AVCodec *codec = avcodec_find_decoder(id);
	if (codec == NULL)
		return TSR_E_UNSUPPORTED;
	d->ctx = avcodec_alloc_context3(codec);
	d->packet = av_packet_alloc();
	d->frame = av_frame_alloc();
	if (d->ctx == NULL || d->packet == NULL || d->frame == NULL)
		return TSR_E_NOMEM;
	d->ctx->log_level_offset = LAVC_LOG_NOTHING;
	d->ctx->sample_rate = sample_rate;
	d->ctx->ch_layout = audio_layout(channels);
	d->ctx->thread_count = 1;
	return lavc_open(d->ctx);
}

static tsr_error make_resampler(struct pcm_decoder *d)
{
	AVChannelLayout to = audio_layout(d->base.channels);
	if (swr_alloc_set_opts2(&d->swr, &to, AV_SAMPLE_FMT_FLTP, AUDIO_RATE, &d->ctx->ch_layout, AV_SAMPLE_FMT_S16,
				d->ctx->sample_rate, 0, NULL) < 0)
		return TSR_E_NOMEM;
	if (swr_init(d->swr) < 0)
		return TSR_E_UNSUPPORTED;
	d->silence = calloc((size_t)slice(d) * MAX_CHANNELS, sizeof(int16_t));
	return d->silence == NULL ? TSR_E_NOMEM : TSR_OK;
}

tsr_error pcm_decoder_new(const struct track_format *in, int channels, struct audio_decoder **out)
{
	int source_channels = in->channels ? in->channels : 1;
	uint32_t sample_rate = in->sample_rate ? in->sample_rate : tsr_codec_clock_rate(in->codec);
	enum AVCodecID id = AV_CODEC_ID_NONE;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].codec != in->codec)
			continue;
		id = table[i].id;
		if (table[i].sample_rate != 0)
			sample_rate = (uint32_t)table[i].sample_rate;
	}
	if (id == AV_CODEC_ID_NONE || source_channels > MAX_CHANNELS || sample_rate < 8000 || sample_rate > 192000)
		return TSR_E_UNSUPPORTED;
	struct pcm_decoder *d = calloc(1, sizeof(*d));
	if (d == NULL)
		return TSR_E_NOMEM;
	d->base.ops = &pcm_ops;
	d->base.channels = channels ? channels : source_channels;
	tsr_error err = open_decoder(d, id, (int)sample_rate, source_channels);
	if (err == TSR_OK)
		err = make_resampler(d);
	if (err != TSR_OK) {
		destroy(&d->base);
		return err;
	}
	*out = &d->base;
	return TSR_OK;
}
