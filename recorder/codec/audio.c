/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opus, G.711, G.722 and L16 to AAC. The frames' pts are the truth and the samples have to fit: what is missing between two
 * frames is made up, what is too much is left out, and a slow drift is taken up by playing a hair slower or faster. So the
 * sound stays beside the picture, however the sender's clock runs and whatever got lost. */
#include <libavutil/mathematics.h>
#include <stdlib.h>
#include <string.h>

#include "audio_decoder.h"
#include "audio_encoder.h"
#include "audio_layout.h"
#include "codec.h"
#include "ops.h"
#include "stretch.h"

#define MS (AUDIO_RATE / 1000)
/* A frame later than this begins after a gap (muted, or the sender sent nothing in a silence); what is less is the clock
 * map's steering. After a loss, one missing frame may be as short as 2.5 ms. */
#define GAP         (20 * MS)
#define GAP_IF_LOST (2 * MS)
/* What audio_idle() has not filled by then (there was no turn, or the timestamps alone say so) stays a gap in the file: a jump of a
 * clock must not cost hours of encoding. */
#define GAP_MAX (60 * AUDIO_RATE)
/* Where steering begins and ends, and one part in how many it may take: 0.8 %, an eighth of a semitone. */
#define STEER_BEGIN (5 * MS)
#define STEER_END   MS
#define STEER_PART  128

/* Bit of an Opus packet's first byte (RFC 6716 section 3.1). */
#define OPUS_TOC_STEREO 0x04

struct audio {
	struct track_format in;
	const struct codec_settings *settings; /* the codec's */
	bool may_widen; /* the first packet decides: callers send Opus in mono, whatever was negotiated, at half the cost of stereo */
	struct audio_decoder *decoder;
	struct audio_encoder encoder;
	bool started;
	bool lost; /* something is missing right before the next frame */
	bool steering;
	int frame_samples; /* of the last frame */
	int64_t arrival_us;
	float *planes[AUDIO_MAX_CHANNELS];    /* a block as decoded ... */
	float *stretched[AUDIO_MAX_CHANNELS]; /* ... and steered */
};

static tsr_error new_decoder(const struct track_format *in, int channels, struct audio_decoder **out)
{
	if (channels > AUDIO_MAX_CHANNELS)
		return TSR_E_UNSUPPORTED;
	bool opus = in->codec == TSR_CODEC_OPUS || in->codec == TSR_CODEC_MULTIOPUS;
	return opus ? opus_decoder_new(in, channels, out) : pcm_decoder_new(in, channels, out);
}

static tsr_error audio_available(tsr_codec in, const struct codec_settings *settings, const char **missing)
{
	struct audio_decoder *decoder = NULL;
	struct audio_encoder encoder = {0};
	*missing = tsr_codec_name(in);
	tsr_error err = new_decoder(&(struct track_format){.codec = in}, settings->audio_channels, &decoder);
	if (err != TSR_OK)
		return err;
	*missing = settings->audio_encoder;
	err = audio_encoder_init(&encoder, settings, decoder->channels);
	audio_encoder_finish(&encoder);
	decoder->ops->destroy(decoder);
	return err;
}

static tsr_error allocate_planes(struct audio *a)
{
	for (int i = 0; i < a->decoder->channels; i++) {
		a->planes[i] = malloc(AUDIO_BLOCK * sizeof(float));
		a->stretched[i] = malloc((AUDIO_BLOCK + AUDIO_BLOCK / STEER_PART) * sizeof(float));
		if (a->planes[i] == NULL || a->stretched[i] == NULL)
			return TSR_E_NOMEM;
	}
	return TSR_OK;
}

static void release(struct audio *a)
{
	if (a->decoder != NULL)
		a->decoder->ops->destroy(a->decoder);
	a->decoder = NULL;
	audio_encoder_finish(&a->encoder);
	for (int i = 0; i < AUDIO_MAX_CHANNELS; i++) {
		free(a->planes[i]);
		free(a->stretched[i]);
		a->planes[i] = a->stretched[i] = NULL;
	}
}

/* Decoder, encoder and format for so many channels (0 = as the source), in place of those that are there. */
static tsr_error set_up(struct codec *c, struct audio *a, int channels)
{
	release(a);
	tsr_error err = new_decoder(&a->in, channels, &a->decoder);
	if (err == TSR_OK)
		err = allocate_planes(a);
	if (err == TSR_OK)
		err = audio_encoder_init(&a->encoder, a->settings, a->decoder->channels);
	if (err != TSR_OK)
		return err;
	const AVCodecContext *ctx = a->encoder.ctx;
	struct track_format *format = codec_edit_format(c);
	if (ctx->extradata_size <= 0 || ctx->extradata_size > TRACK_EXTRADATA_MAX)
		return TSR_E_CODEC;
	format->sample_rate = AUDIO_RATE;
	format->channels = (uint8_t)a->decoder->channels;
	format->extradata_size = (size_t)ctx->extradata_size;
	memcpy(format->extradata, ctx->extradata, format->extradata_size);
	return TSR_OK;
}

static tsr_error audio_init(struct codec *c, void *state, const struct track_format *in,
			    const struct codec_settings *settings)
{
	struct audio *a = state;
	a->in = *in;
	a->settings = settings;
	a->may_widen = in->codec == TSR_CODEC_OPUS && in->channels == 2 && settings->audio_channels == 0;
	return set_up(c, a, a->may_widen ? 1 : settings->audio_channels);
}

static void audio_finish(void *state)
{
	release(state);
}

static tsr_error encode(struct codec *c, struct audio *a, bool end)
{
	struct frame out;
	tsr_error err = audio_encoder_send(&a->encoder, end);
	while (err == TSR_OK) {
		err = audio_encoder_receive(&a->encoder, &out);
		if (err != TSR_OK)
			break;
		out.arrival_us = a->arrival_us;
		err = codec_emit(c, &out);
		if (err != TSR_OK)
			return err;
	}
	if (err == TSR_E_EOF)
		return TSR_OK;
	codec_edit_stats(c)->encode_errors++;
	return err;
}

static tsr_error write_samples(struct codec *c, struct audio *a, float *const *planes, int from, int count)
{
	while (count > 0) {
		int taken = audio_encoder_take(&a->encoder, planes, from, count);
		from += taken;
		count -= taken;
		if (!audio_encoder_full(&a->encoder))
			continue;
		tsr_error err = encode(c, a, false);
		if (err != TSR_OK)
			return err;
	}
	return TSR_OK;
}

/* Completes a frame that was begun. */
static tsr_error complete(struct codec *c, struct audio *a)
{
	if (a->encoder.filled == 0)
		return TSR_OK;
	audio_encoder_pad(&a->encoder);
	return encode(c, a, false);
}

/* Of a frame that is missing. */
static int missing_samples(const struct audio *a)
{
	return a->frame_samples > 0 ? a->frame_samples : GAP;
}

/* Makes up what is missing before `frame`, which belongs at `position`; an empty frame is one that has not come yet. */
static tsr_error fill(struct codec *c, struct audio *a, const struct frame *frame, int64_t position)
{
	int64_t missing = position - a->encoder.position;
	int unit = missing_samples(a);
	codec_edit_stats(c)->concealed += (uint64_t)((missing + unit - 1) / unit);
	while (missing >= GAP_IF_LOST) {
		int count = a->decoder->ops->conceal(a->decoder, frame, missing, a->planes);
		tsr_error err = write_samples(c, a, a->planes, 0, count);
		if (err != TSR_OK || count <= 0)
			return err;
		missing -= count;
	}
	return TSR_OK;
}

/* How many samples `count` samples that belong `late` samples after the ones before them should become. */
static int steer(struct audio *a, int64_t late, int count)
{
	int64_t off = late < 0 ? -late : late;
	if (off > STEER_BEGIN)
		a->steering = true;
	else if (off <= STEER_END)
		a->steering = false;
	if (!a->steering)
		return count;
	int64_t most = count / STEER_PART;
	return count + (int)(late > most ? most : late < -most ? -most : late);
}

/* Writes the block in a->planes, which belongs at `position`. */
static tsr_error place(struct codec *c, struct audio *a, int64_t position, int count)
{
	int64_t late = position - a->encoder.position;
	if (late <= -GAP) {
		/* Its time has been written already. */
		int skip = -late < count ? (int)-late : count;
		return write_samples(c, a, a->planes, skip, count - skip);
	}
	int steered = steer(a, late, count);
	if (steered == count)
		return write_samples(c, a, a->planes, 0, count);
	for (int i = 0; i < a->decoder->channels; i++)
		stretch(a->planes[i], count, a->stretched[i], steered);
	return write_samples(c, a, a->stretched, 0, steered);
}

/* Gets the encoder to where `frame` belongs. */
static tsr_error bridge(struct codec *c, struct audio *a, const struct frame *frame, int64_t position)
{
	int64_t missing = position - a->encoder.position;
	if (a->started && missing < (a->lost ? GAP_IF_LOST : GAP))
		return TSR_OK;
	if (a->started && missing <= GAP_MAX)
		return fill(c, a, frame, position);
	tsr_error err = complete(c, a);
	audio_encoder_seek(&a->encoder, position);
	a->started = true;
	return err;
}

static tsr_error audio_push(struct codec *c, void *state, const struct frame *frame)
{
	struct audio *a = state;
	tsr_error err = TSR_OK;
	a->arrival_us = frame->arrival_us;
	a->lost |= frame->discontinuity;
	/* Later it stays as it is: players take no change of channels in mid-stream. */
	if (a->may_widen && frame->size > 0 && frame->data[0] & OPUS_TOC_STEREO)
		err = set_up(c, a, 2);
	a->may_widen = false;
	if (err != TSR_OK)
		return err;
	struct audio_decoder *d = a->decoder;
	int64_t position = av_rescale(frame->pts_90k, AUDIO_RATE, 90000) - d->ops->delay(d);
	err = bridge(c, a, frame, position);
	if (err != TSR_OK)
		return err;
	err = d->ops->decode(d, frame);
	a->lost = err != TSR_OK;
	if (err == TSR_E_CODEC) {
		codec_edit_stats(c)->decode_errors++;
		return TSR_OK;
	}
	int count;
	a->frame_samples = 0;
	while (err == TSR_OK && (count = d->ops->read(d, a->planes)) > 0) {
		err = place(c, a, position, count);
		position += count;
		a->frame_samples += count;
	}
	return err;
}

/* As time goes by, so that the file has no hole while somebody is muted, and nobody waits for its filling afterwards. */
static tsr_error audio_idle(struct codec *c, void *state, int64_t pts_90k)
{
	struct audio *a = state;
	int64_t position = av_rescale(pts_90k, AUDIO_RATE, 90000);
	int64_t missing = position - a->encoder.position;
	if (!a->started || missing < GAP || missing > GAP_MAX)
		return TSR_OK;
	/* Whole frames: so they can be counted, however often this is called. */
	return fill(c, a, &(struct frame){0}, position - missing % missing_samples(a));
}

static tsr_error audio_flush(struct codec *c, void *state)
{
	struct audio *a = state;
	if (!a->started || a->encoder.ctx == NULL)
		return TSR_OK;
	tsr_error err = complete(c, a);
	return err != TSR_OK ? err : encode(c, a, true);
}

const struct codec_ops audio_ops = {
	.state_size = sizeof(struct audio),
	.available = audio_available,
	.init = audio_init,
	.finish = audio_finish,
	.push = audio_push,
	.flush = audio_flush,
	.idle = audio_idle,
};
