/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "video_encoder.h"

#include <string.h>

#include "../common/limits.h"
#include "../common/log.h"
#include "lavc.h"

#define TIME_BASE     90000
#define DEFAULT_FPS   30 /* for rate control until time stamps tell, and for the level */
#define HIGHEST_FPS   60
#define NAL_START_AUD "\0\0\0\1\x09\xf0" /* any slice type */

/* Ours, then the preset, then the user's: what is set later wins. */
static tsr_error set_options(AVCodecContext *ctx, const struct codec_settings *s)
{
	tsr_error err = TSR_OK;
	if (strcmp(ctx->codec->name, "libx264") == 0)
		err = lavc_set_options(ctx, "preset=veryfast:tune=zerolatency:aud=1:forced-idr=1");
	if (err == TSR_OK && s->video_preset != NULL)
		err = lavc_set_option(ctx, "preset", s->video_preset);
	return err != TSR_OK ? err : lavc_set_options(ctx, s->video_encoder_options);
}

/* A context with everything set that does not depend on the picture. */
static tsr_error configure(const struct codec_settings *s, AVCodecContext **out)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(s->video_encoder);
	if (codec == NULL || codec->id != AV_CODEC_ID_H264) {
		log_line(TSR_LOG_ERROR, NULL, "libavcodec has no H.264 encoder \"%s\"", s->video_encoder);
		return TSR_E_UNSUPPORTED;
	}
	AVCodecContext *ctx = avcodec_alloc_context3(codec);
	if (ctx == NULL)
		return TSR_E_NOMEM;
	ctx->time_base = (AVRational){1, TIME_BASE};
	ctx->framerate = (AVRational){DEFAULT_FPS, 1};
	ctx->pix_fmt = AV_PIX_FMT_YUV420P;
	ctx->thread_count = s->video_threads;
	/* Time decides on keyframes; the encoder's own limit in frames must not come first. */
	ctx->gop_size = (int)((int64_t)s->keyframe_interval_ms * HIGHEST_FPS / 1000 + 1);
	ctx->max_b_frames = 0;
	if (s->video_bitrate > 0)
		ctx->bit_rate = s->video_bitrate;
	tsr_error err = set_options(ctx, s);
	if (err != TSR_OK) {
		avcodec_free_context(&ctx);
		return err;
	}
	ctx->flags &= ~AV_CODEC_FLAG_GLOBAL_HEADER; /* parameter sets belong into the stream */
	*out = ctx;
	return TSR_OK;
}

tsr_error video_encoder_init(struct video_encoder *e, const struct codec_settings *settings)
{
	*e = (struct video_encoder){.settings = settings};
	buf_init(&e->delimited, LIMIT_FRAME_BYTES);
	AVCodecContext *ctx = NULL;
	tsr_error err = configure(settings, &ctx);
	if (err != TSR_OK)
		return err;
	avcodec_free_context(&ctx);
	e->packet = av_packet_alloc();
	return e->packet != NULL ? TSR_OK : TSR_E_NOMEM;
}

void video_encoder_finish(struct video_encoder *e)
{
	video_encoder_close(e);
	av_packet_free(&e->packet);
	buf_finish(&e->delimited);
}

tsr_error video_encoder_open(struct video_encoder *e, int width, int height, const AVFrame *like)
{
	AVCodecContext *ctx = NULL;
	tsr_error err = configure(e->settings, &ctx);
	if (err != TSR_OK)
		return err;
	ctx->width = width;
	ctx->height = height;
	if (like->colorspace != AVCOL_SPC_RGB) {
		ctx->color_range = like->color_range;
		ctx->colorspace = like->colorspace;
		ctx->color_primaries = like->color_primaries;
		ctx->color_trc = like->color_trc;
	}
	err = lavc_open(ctx);
	if (err == TSR_OK && ctx->has_b_frames > 0) {
		log_line(TSR_LOG_ERROR, NULL, "encoder %s is set up for B-frames, which a recording cannot have",
			 ctx->codec->name);
		err = TSR_E_CODEC;
	}
	if (err != TSR_OK) {
		avcodec_free_context(&ctx);
		return err;
	}
	ctx->log_level_offset = LAVC_LOG_NOTHING;
	video_encoder_close(e);
	e->ctx = ctx;
	e->last_keyframe_90k = INT64_MIN;
	return TSR_OK;
}

void video_encoder_close(struct video_encoder *e)
{
	avcodec_free_context(&e->ctx);
	e->draining = false;
}

tsr_error video_encoder_send(struct video_encoder *e, AVFrame *picture)
{
	if (picture == NULL) {
		e->draining = true;
	} else {
		int64_t interval_90k = (int64_t)e->settings->keyframe_interval_ms * 90;
		bool force = e->last_keyframe_90k == INT64_MIN || picture->pts - e->last_keyframe_90k >= interval_90k;
		/* The decoder's type is still in it, and would be taken for a wish. */
		picture->pict_type = force ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
		if (force)
			e->last_keyframe_90k = picture->pts;
	}
	int ret = avcodec_send_frame(e->ctx, picture);
	return ret < 0 ? lavc_error(ret) : TSR_OK;
}

/* struct frame wants every access unit to begin with a delimiter; not every encoder can write them. */
static tsr_error delimit(struct video_encoder *e)
{
	const AVPacket *p = e->packet;
	const size_t aud_size = sizeof(NAL_START_AUD) - 1;
	buf_clear(&e->delimited);
	if ((size_t)p->size >= aud_size && memcmp(p->data, NAL_START_AUD, 5) == 0)
		return TSR_OK;
	tsr_error err = buf_append(&e->delimited, NAL_START_AUD, aud_size);
	return err != TSR_OK ? err : buf_append(&e->delimited, p->data, (size_t)p->size);
}

tsr_error video_encoder_receive(struct video_encoder *e, struct frame *out)
{
	av_packet_unref(e->packet);
	int ret = avcodec_receive_packet(e->ctx, e->packet);
	if (ret == AVERROR(EAGAIN) || ret == AVERROR_EOF)
		return TSR_E_EOF;
	if (ret < 0)
		return lavc_error(ret);
	tsr_error err = delimit(e);
	if (err != TSR_OK)
		return err;
	bool keyframe = e->packet->flags & AV_PKT_FLAG_KEY;
	bool delimited = e->delimited.len > 0;
	*out = (struct frame){
		.data = delimited ? e->delimited.data : e->packet->data,
		.size = delimited ? e->delimited.len : (size_t)e->packet->size,
		.pts_90k = e->packet->pts,
		.keyframe = keyframe,
		.width = keyframe ? (uint16_t)e->ctx->width : 0,
		.height = keyframe ? (uint16_t)e->ctx->height : 0,
	};
	return TSR_OK;
}
