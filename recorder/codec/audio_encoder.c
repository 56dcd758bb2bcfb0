/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audio_encoder.h"

#include <libavutil/mathematics.h>
#include <string.h>

#include "../common/log.h"
#include "audio_decoder.h"
#include "audio_layout.h"
#include "lavc.h"

#define DEFAULT_BITRATE_PER_CHANNEL 64000
/* libavcodec's own encoder tries each frame up to five times to meet the bit rate, and raises the precision of a pure tone
 * for ever. With a constant quality it tries once; 120 is the quality at which its "fast" coder aims at the bit rate. That
 * takes half the time or less, at the same signal-to-noise ratio in the bands that matter. */
#define NATIVE_AAC_OPTIONS "aac_coder=fast:flags=+qscale:global_quality=120"

static tsr_error open_encoder(struct audio_encoder *e, const struct codec_settings *s, int channels)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(s->audio_encoder);
	if (codec == NULL || codec->id != AV_CODEC_ID_AAC) {
		log_line(TSR_LOG_ERROR, NULL, "libavcodec has no AAC encoder \"%s\"", s->audio_encoder);
		return TSR_E_UNSUPPORTED;
	}
	e->ctx = avcodec_alloc_context3(codec);
	if (e->ctx == NULL)
		return TSR_E_NOMEM;
	e->ctx->sample_fmt = AV_SAMPLE_FMT_FLTP;
	e->ctx->sample_rate = AUDIO_RATE;
	e->ctx->time_base = (AVRational){1, AUDIO_RATE};
	e->ctx->ch_layout = audio_layout(channels);
	e->ctx->bit_rate = s->audio_bitrate > 0 ? s->audio_bitrate : DEFAULT_BITRATE_PER_CHANNEL * channels;
	e->ctx->thread_count = 1;
	e->ctx->flags |= AV_CODEC_FLAG_GLOBAL_HEADER; /* AudioSpecificConfig beside the frames, no ADTS in them */
	tsr_error err = TSR_OK;
	if (strcmp(codec->name, "aac") == 0)
		err = lavc_set_options(e->ctx, NATIVE_AAC_OPTIONS);
	if (err == TSR_OK)
		err = lavc_open(e->ctx);
	e->ctx->log_level_offset = LAVC_LOG_NOTHING;
	return err;
}

tsr_error audio_encoder_init(struct audio_encoder *e, const struct codec_settings *settings, int channels)
{
	*e = (struct audio_encoder){.first = INT64_MIN};
	tsr_error err = open_encoder(e, settings, channels);
	if (err != TSR_OK)
		return err;
	e->packet = av_packet_alloc();
	e->frame = av_frame_alloc();
	if (e->packet == NULL || e->frame == NULL)
		return TSR_E_NOMEM;
	e->frame->format = e->ctx->sample_fmt;
	e->frame->sample_rate = AUDIO_RATE;
	e->frame->nb_samples = e->ctx->frame_size;
	e->frame->ch_layout = audio_layout(channels);
	return av_frame_get_buffer(e->frame, 0) < 0 ? TSR_E_NOMEM : TSR_OK;
}

void audio_encoder_finish(struct audio_encoder *e)
{
	avcodec_free_context(&e->ctx);
	av_packet_free(&e->packet);
	av_frame_free(&e->frame);
	*e = (struct audio_encoder){0};
}

void audio_encoder_seek(struct audio_encoder *e, int64_t position)
{
	e->position = position;
	if (e->first == INT64_MIN)
		e->first = position;
}

bool audio_encoder_full(const struct audio_encoder *e)
{
	return e->filled == e->frame->nb_samples;
}

int audio_encoder_take(struct audio_encoder *e, float *const *planes, int from, int count)
{
	int room = e->frame->nb_samples - e->filled;
	if (count > room)
		count = room;
	for (int c = 0; c < e->ctx->ch_layout.nb_channels; c++)
		memcpy((float *)e->frame->extended_data[c] + e->filled, planes[c] + from,
		       (size_t)count * sizeof(float));
	e->filled += count;
	e->position += count;
	return count;
}

void audio_encoder_pad(struct audio_encoder *e)
{
	int room = e->frame->nb_samples - e->filled;
	if (e->filled == 0)
		return;
	for (int c = 0; c < e->ctx->ch_layout.nb_channels; c++)
		memset((float *)e->frame->extended_data[c] + e->filled, 0, (size_t)room * sizeof(float));
	e->filled += room;
	e->position += room;
}

tsr_error audio_encoder_send(struct audio_encoder *e, bool end)
{
	e->frame->pts = e->position - e->filled;
	int ret = avcodec_send_frame(e->ctx, end ? NULL : e->frame);
	if (ret < 0)
		return lavc_error(ret);
	e->filled = 0;
	/* The encoder has copied the samples; should it still refer to the frame, this makes another. */
	return av_frame_make_writable(e->frame) < 0 ? TSR_E_NOMEM : TSR_OK;
}

tsr_error audio_encoder_receive(struct audio_encoder *e, struct frame *out)
{
	do {
		int ret = avcodec_receive_packet(e->ctx, e->packet);
		if (ret == AVERROR(EAGAIN) || ret == AVERROR_EOF)
			return TSR_E_EOF;
		if (ret < 0)
			return lavc_error(ret);
		/* The encoder's run-in lies before the first sample, where the recording may not have begun. */
	} while (e->packet->pts < e->first);
	*out = (struct frame){
		.data = e->packet->data,
		.size = (size_t)e->packet->size,
		.pts_90k = av_rescale_rnd(e->packet->pts, 90000, AUDIO_RATE, AV_ROUND_DOWN),
		.samples = (uint32_t)e->frame->nb_samples,
		.keyframe = true,
	};
	return TSR_OK;
}
