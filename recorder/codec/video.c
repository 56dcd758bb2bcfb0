/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * VP8, VP9 and AV1 to H.264: decode, scale when the size or the pixel format asks for it, turn upright, encode. One picture in is one
 * picture out at once: no frame threads, no lookahead. */
#include <libavcodec/avcodec.h>

#include "../common/limits.h"
#include "codec.h"
#include "lavc.h"
#include "ops.h"
#include "rotate.h"
#include "scale.h"
#include "video_encoder.h"

struct video {
	int width; /* constant size of the output; 0 = as the source */
	int height;
	AVCodecContext *decoder;
	AVPacket *packet;
	AVFrame *picture;
	AVFrame *newer;
	struct scaler scaler;
	struct rotator rotator;
	struct video_encoder encoder;
	uint64_t *waiting;     /* frames are left out until a keyframe, and counted here */
	uint64_t before_first; /* such a counter, of which nothing is told */
	bool every_second;
	bool lossy;         /* the next frame handed on follows a loss */
	int64_t arrival_us; /* of the frame being worked on */
	uint8_t quarter_turns;
};

static const char *const decoders[TSR_CODEC_COUNT][3] = {
	[TSR_CODEC_VP8] = {"vp8", "libvpx"},
	[TSR_CODEC_VP9] = {"vp9", "libvpx-vp9"},
	/* libavcodec's own "av1" needs hardware */
	[TSR_CODEC_AV1] = {"libdav1d", "libaom-av1"},
};

static const AVCodec *find_decoder(tsr_codec in)
{
	const AVCodec *codec = NULL;
	for (int i = 0; codec == NULL && decoders[in][i] != NULL; i++)
		codec = avcodec_find_decoder_by_name(decoders[in][i]);
	return codec;
}

static tsr_error open_decoder(tsr_codec in, int threads, AVCodecContext **out)
{
	const AVCodec *codec = find_decoder(in);
	if (codec == NULL)
		return TSR_E_UNSUPPORTED;
	AVCodecContext *ctx = avcodec_alloc_context3(codec);
	if (ctx == NULL)
		return TSR_E_NOMEM;
	ctx->log_level_offset = LAVC_LOG_NOTHING;
	ctx->pkt_timebase = (AVRational){1, 90000};
	ctx->thread_type = FF_THREAD_SLICE;
	ctx->thread_count = threads;
	ctx->flags |= AV_CODEC_FLAG_LOW_DELAY;
	ctx->max_pixels = LIMIT_PIXELS;
	tsr_error err = lavc_open(ctx);
	if (err != TSR_OK) {
		avcodec_free_context(&ctx);
		return err;
	}
	*out = ctx;
	return TSR_OK;
}

static tsr_error video_available(tsr_codec in, const struct codec_settings *settings, const char **missing)
{
	AVCodecContext *decoder = NULL;
	struct video_encoder encoder = {0};
	AVFrame *like = av_frame_alloc();
	*missing = decoders[in][0];
	tsr_error err = like == NULL ? TSR_E_NOMEM : open_decoder(in, settings->video_threads, &decoder);
	if (err != TSR_OK)
		goto out;
	*missing = settings->video_encoder;
	err = video_encoder_init(&encoder, settings);
	if (err == TSR_OK)
		err = video_encoder_open(&encoder, 320, 240, like);
out:
	video_encoder_finish(&encoder);
	avcodec_free_context(&decoder);
	av_frame_free(&like);
	return err;
}

static bool too_large(int width, int height)
{
	return width > LIMIT_DIMENSION || height > LIMIT_DIMENSION || (int64_t)width * height > LIMIT_PIXELS;
}

static tsr_error video_init(struct codec *c, void *state, const struct track_format *in,
			    const struct codec_settings *settings)
{
	struct video *v = state;
	struct track_format *format = codec_edit_format(c);
	if (settings->video_width != 0 && settings->video_height != 0) {
		v->width = settings->video_width & ~1;
		v->height = settings->video_height & ~1;
	}
	if (too_large(v->width, v->height))
		return TSR_E_LIMIT;
	format->width = v->width ? (uint16_t)v->width : in->width;
	format->height = v->height ? (uint16_t)v->height : in->height;
	v->waiting = &v->before_first;
	v->packet = av_packet_alloc();
	v->picture = av_frame_alloc();
	v->newer = av_frame_alloc();
	if (v->packet == NULL || v->picture == NULL || v->newer == NULL)
		return TSR_E_NOMEM;
	tsr_error err = open_decoder(in->codec, settings->video_threads, &v->decoder);
	return err != TSR_OK ? err : video_encoder_init(&v->encoder, settings);
}

static void video_finish(void *state)
{
	struct video *v = state;
	video_encoder_finish(&v->encoder);
	scaler_finish(&v->scaler);
	rotator_finish(&v->rotator);
	avcodec_free_context(&v->decoder);
	av_packet_free(&v->packet);
	av_frame_free(&v->picture);
	av_frame_free(&v->newer);
}

/* Whether the decoder gets to see this frame. */
static bool admit(struct codec *c, struct video *v, const struct frame *frame)
{
	struct codec_stats *stats = codec_edit_stats(c);
	int shedding = codec_load_shedding(c);
	if (frame->keyframe)
		v->waiting = too_large(frame->width, frame->height) ? &stats->refused : NULL;
	else if (v->waiting == NULL && shedding >= 3)
		v->waiting = &stats->frames_shed;
	if (v->waiting != NULL) {
		++*v->waiting;
		codec_want_keyframe(c, true);
		return false;
	}
	if (frame->keyframe) {
		codec_want_keyframe(c, false);
	} else if (shedding >= 1 && frame->droppable) {
		stats->frames_shed++;
		return false;
	}
	return true;
}

static tsr_error emit_encoded(struct codec *c, struct video *v)
{
	struct frame out;
	tsr_error err;
	while ((err = video_encoder_receive(&v->encoder, &out)) == TSR_OK) {
		out.arrival_us = v->arrival_us;
		out.discontinuity = v->lossy;
		v->lossy = false;
		err = codec_emit(c, &out);
		if (err != TSR_OK)
			return err;
	}
	if (err == TSR_E_EOF)
		return TSR_OK;
	codec_edit_stats(c)->encode_errors++;
	return err;
}

/* What is still in the encoder, then away with it. */
static tsr_error drain_encoder(struct codec *c, struct video *v)
{
	if (v->encoder.ctx == NULL)
		return TSR_OK;
	tsr_error err = video_encoder_send(&v->encoder, NULL);
	if (err == TSR_OK)
		err = emit_encoded(c, v);
	video_encoder_close(&v->encoder);
	return err;
}

/* The encoder for pictures of this size; a new size gets a new one, which begins with a keyframe and parameter sets. */
static tsr_error ready_encoder(struct codec *c, struct video *v, int width, int height)
{
	const AVCodecContext *ctx = v->encoder.ctx;
	if (ctx != NULL && ctx->width == width && ctx->height == height)
		return TSR_OK;
	tsr_error err = drain_encoder(c, v);
	if (err == TSR_OK)
		err = video_encoder_open(&v->encoder, width, height, v->picture);
	if (err != TSR_OK)
		return err;
	codec_edit_format(c)->width = (uint16_t)width;
	codec_edit_format(c)->height = (uint16_t)height;
	return TSR_OK;
}

/* The decoded picture as the encoder wants it: of its size and pixel format, upright. TSR_OK and *out (borrowed); TSR_E_UNSUPPORTED when its
 * pixel format cannot be read; TSR_E_NOMEM. */
static tsr_error fit(struct video *v, AVFrame **out)
{
	const AVCodecContext *encoder = v->encoder.ctx;
	bool lies = v->quarter_turns % 2 == 1;
	int width = lies ? encoder->height : encoder->width, height = lies ? encoder->width : encoder->height;
	AVFrame *picture = v->picture;
	tsr_error err = TSR_OK;
	if (picture->width != width || picture->height != height || picture->format != encoder->pix_fmt)
		err = scaler_run(&v->scaler, v->picture, width, height, encoder->pix_fmt, &picture);
	if (err == TSR_OK && v->quarter_turns != 0)
		err = rotator_run(&v->rotator, picture, v->quarter_turns, &picture);
	*out = picture;
	return err;
}

static tsr_error encode(struct codec *c, struct video *v)
{
	AVFrame *picture = v->picture;
	/* H.264 in 4:2:0 has even sides: one row or column of an odd picture is left out. */
	picture->width &= ~1;
	picture->height &= ~1;
	bool lies = v->quarter_turns % 2 == 1;
	int width = v->width ? v->width : lies ? picture->height : picture->width;
	int height = v->height ? v->height : lies ? picture->width : picture->height;
	if (picture->width == 0 || picture->height == 0 || too_large(picture->width, picture->height)) {
		codec_edit_stats(c)->refused++;
		return TSR_OK;
	}
	tsr_error err = ready_encoder(c, v, width, height);
	if (err == TSR_OK)
		err = fit(v, &picture);
	if (err == TSR_E_UNSUPPORTED) {
		codec_edit_stats(c)->decode_errors++;
		return TSR_OK;
	}
	if (err != TSR_OK)
		return err;
	if (codec_take_make_keyframe(c))
		v->encoder.last_keyframe_90k = INT64_MIN;
	err = video_encoder_send(&v->encoder, picture);
	if (err != TSR_OK) {
		codec_edit_stats(c)->encode_errors++;
		return err;
	}
	return emit_encoded(c, v);
}

/* Decodes one frame into v->picture. A superframe with several spatial layers yields a picture for each: the last is the best.
 * TSR_OK, TSR_E_EOF (no picture) or TSR_E_NOMEM. */
static tsr_error decode(struct codec *c, struct video *v, const struct frame *frame)
{
	tsr_error err = lavc_load_packet(v->packet, frame->data, frame->size, frame->pts_90k);
	if (err != TSR_OK)
		return err;
	bool pictured = false;
	int ret = avcodec_send_packet(v->decoder, v->packet);
	while (ret >= 0 && (ret = avcodec_receive_frame(v->decoder, v->newer)) >= 0) {
		AVFrame *swap = v->picture;
		v->picture = v->newer;
		v->newer = swap;
		pictured = true;
	}
	if (ret == AVERROR(ENOMEM))
		return TSR_E_NOMEM;
	if (ret != AVERROR(EAGAIN) && ret != AVERROR_EOF) {
		codec_edit_stats(c)->decode_errors++;
		codec_want_keyframe(c, true);
	}
	if (!pictured)
		return TSR_E_EOF;
	if (v->picture->pts == AV_NOPTS_VALUE)
		v->picture->pts = frame->pts_90k;
	return TSR_OK;
}

static tsr_error video_push(struct codec *c, void *state, const struct frame *frame)
{
	struct video *v = state;
	v->lossy |= frame->discontinuity;
	v->arrival_us = frame->arrival_us;
	v->quarter_turns = frame->quarter_turns;
	if (!admit(c, v, frame))
		return TSR_OK;
	tsr_error err = decode(c, v, frame);
	if (err == TSR_E_EOF)
		return TSR_OK;
	if (err != TSR_OK)
		return err;
	v->every_second = codec_load_shedding(c) == 2 && !v->every_second;
	if (v->every_second) {
		codec_edit_stats(c)->frames_shed++;
		return TSR_OK;
	}
	return encode(c, v);
}

static tsr_error video_flush(struct codec *c, void *state)
{
	return drain_encoder(c, state);
}

const struct codec_ops video_ops = {
	.state_size = sizeof(struct video),
	.available = video_available,
	.init = video_init,
	.finish = video_finish,
	.push = video_push,
	.flush = video_flush,
};
