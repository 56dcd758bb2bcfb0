/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests of the codec stage share: sources that libavcodec's own encoders make, a collector of what comes out, and
 * decoders to look at it. */
#ifndef TSR_TESTS_CODEC_UTIL_H
#define TSR_TESTS_CODEC_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/cmocka.h"

#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>

#include "../../recorder/codec/codec.h"
#include "../../recorder/common/log.h"

#define FRAME_90K 3000 /* 30 frames a second */

#define VPX_LIVE "deadline=realtime:cpu-used=8:lag-in-frames=0"
#define AV1_LIVE "usage=realtime:cpu-used=8:lag-in-frames=0"

/* ---- an encoder that makes input ---------------------------------------------------------------------------------- */

struct source {
	AVCodecContext *ctx;
	AVFrame *frame;
	AVPacket *packet;
	int64_t next; /* in pictures or samples */
};

static inline struct source source_alloc(const char *encoder)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(encoder);
	struct source s = {NULL, av_frame_alloc(), av_packet_alloc(), 0};
	assert_non_null(codec);
	s.ctx = avcodec_alloc_context3(codec);
	assert_non_null(s.ctx);
	s.ctx->log_level_offset = 100;
	s.ctx->thread_count = 1;
	return s;
}

static inline void source_open(struct source *s, const char *options)
{
	AVDictionary *dict = NULL;
	assert_true(av_dict_parse_string(&dict, options, "=", ":", 0) >= 0);
	assert_true(avcodec_open2(s->ctx, NULL, &dict) >= 0);
	assert_int_equal(av_dict_count(dict), 0);
	av_dict_free(&dict);
}

/* Pictures that move, one frame out for each at once. `options` of the encoder as key=value:key=value. */
static inline struct source source_video(const char *encoder, int width, int height, enum AVPixelFormat format,
					 const char *options)
{
	struct source s = source_alloc(encoder);
	s.ctx->width = width;
	s.ctx->height = height;
	s.ctx->pix_fmt = format;
	s.ctx->time_base = (AVRational){1, 90000};
	s.ctx->framerate = (AVRational){30, 1};
	s.ctx->gop_size = 10000;
	s.ctx->max_b_frames = 0;
	s.ctx->bit_rate = 500000;
	source_open(&s, options);
	s.frame->width = width;
	s.frame->height = height;
	s.frame->format = format;
	assert_true(av_frame_get_buffer(s.frame, 0) >= 0);
	return s;
}

static inline void source_free(struct source *s)
{
	avcodec_free_context(&s->ctx);
	av_frame_free(&s->frame);
	av_packet_free(&s->packet);
}

/* A ramp of brightness that moves with n; 4:2:0, 4:4:4 or no colour at all, 8 or 10 bits. */
static inline void draw(AVFrame *f, int64_t n)
{
	bool wide = f->format == AV_PIX_FMT_YUV420P10;
	for (int plane = 0; plane < 3 && f->data[plane] != NULL; plane++) {
		int half = plane > 0 && f->format != AV_PIX_FMT_YUV444P;
		for (int y = 0; y < f->height >> half; y++) {
			uint8_t *row = f->data[plane] + (ptrdiff_t)y * f->linesize[plane];
			for (int x = 0; x < f->width >> half; x++) {
				int value = plane ? 128 : 100 + (int)((x + y + 3 * n) & 63) * 2;
				if (wide)
					((uint16_t *)row)[x] = (uint16_t)(value << 2);
				else
					row[x] = (uint8_t)value;
			}
		}
	}
}

/* Encodes the frame as it is; the packet is in s->packet. False: the encoder wants more first. */
static inline bool source_encode(struct source *s)
{
	assert_true(avcodec_send_frame(s->ctx, s->frame) >= 0);
	av_packet_unref(s->packet);
	return avcodec_receive_packet(s->ctx, s->packet) >= 0;
}

/* The next picture as a coded frame, `data` borrowed until the next call. */
static inline struct frame source_picture(struct source *s, tsr_codec codec, bool keyframe)
{
	assert_true(av_frame_make_writable(s->frame) >= 0);
	draw(s->frame, s->next);
	s->frame->pts = s->next * FRAME_90K;
	s->frame->pict_type = keyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
	assert_true(source_encode(s));
	bool key = s->packet->flags & AV_PKT_FLAG_KEY;
	return (struct frame){
		.codec = codec,
		.data = s->packet->data,
		.size = (size_t)s->packet->size,
		.pts_90k = s->next++ * FRAME_90K,
		.keyframe = key,
		.width = key ? (uint16_t)s->ctx->width : 0,
		.height = key ? (uint16_t)s->ctx->height : 0,
	};
}

/* ---- what comes out ------------------------------------------------------------------------------------------------ */

struct kept {
	struct frame frame; /* its data are owned */
};

struct outcome {
	struct kept *kept;
	int count;
	int keyframes;
	int fail_at; /* the emit of this number (1, 2, …) fails with TSR_E_NOSPACE; 0 = none */
};

/* For codec_create's `emit`; ctx is a struct outcome. Holds the contract: pts rise, bytes are there. */
static inline int outcome_take(void *ctx, const struct frame *frame)
{
	struct outcome *o = ctx;
	if (o->fail_at != 0 && o->count + 1 >= o->fail_at)
		return TSR_E_NOSPACE;
	if (o->count > 0)
		assert_true(frame->pts_90k > o->kept[o->count - 1].frame.pts_90k);
	assert_true(frame->size > 0);
	if ((o->count & (o->count - 1)) == 0)
		o->kept = realloc(o->kept, sizeof(*o->kept) * (size_t)(o->count > 0 ? 2 * o->count : 1));
	struct kept *k = &o->kept[o->count++];
	k->frame = *frame;
	uint8_t *data = malloc(frame->size + AV_INPUT_BUFFER_PADDING_SIZE);
	memcpy(data, frame->data, frame->size);
	memset(data + frame->size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
	k->frame.data = data;
	o->keyframes += frame->keyframe;
	return TSR_OK;
}

static inline void outcome_free(struct outcome *o)
{
	for (int i = 0; i < o->count; i++)
		free((void *)o->kept[i].frame.data);
	free(o->kept);
	*o = (struct outcome){0};
}

/* ---- looking at it --------------------------------------------------------------------------------------------------- */

/* Decodes kept frames, in order; each result goes to `look` with its number. Returns how many there were. */
static inline int outcome_decode(const struct outcome *o, enum AVCodecID id, const struct track_format *format,
				 void (*look)(const AVFrame *f, int n, void *user), void *user)
{
	AVCodecContext *ctx = avcodec_alloc_context3(avcodec_find_decoder(id));
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	int count = 0;
	ctx->thread_count = 1;
	ctx->pkt_timebase = (AVRational){1, 90000};
	ctx->err_recognition = AV_EF_EXPLODE;
	ctx->extradata = av_mallocz(TRACK_EXTRADATA_MAX + AV_INPUT_BUFFER_PADDING_SIZE);
	memcpy(ctx->extradata, format->extradata, format->extradata_size);
	ctx->extradata_size = (int)format->extradata_size;
	assert_true(avcodec_open2(ctx, NULL, NULL) >= 0);
	for (int i = 0; i <= o->count; i++) {
		if (i < o->count) {
			packet->data = (uint8_t *)o->kept[i].frame.data;
			packet->size = (int)o->kept[i].frame.size;
			packet->pts = packet->dts = o->kept[i].frame.pts_90k;
		}
		assert_true(avcodec_send_packet(ctx, i < o->count ? packet : NULL) >= 0);
		while (avcodec_receive_frame(ctx, frame) >= 0) {
			if (look != NULL)
				look(frame, count, user);
			count++;
		}
	}
	avcodec_free_context(&ctx);
	av_packet_free(&packet);
	av_frame_free(&frame);
	return count;
}

static inline void look_at_size(const AVFrame *f, int n, void *user)
{
	struct frame *sizes = user;
	sizes[n].width = (uint16_t)f->width;
	sizes[n].height = (uint16_t)f->height;
}

/* ---- the stage --------------------------------------------------------------------------------------------------------- */

static inline struct codec *make_codec(tsr_codec in, const struct track_format *format,
				       const struct codec_settings *settings, struct outcome *o)
{
	struct track_format f = format != NULL ? *format : (struct track_format){0};
	struct codec *c = NULL;
	f.codec = in;
	assert_int_equal(
		codec_create(route_find(in, TSR_CONTAINER_TS, TSR_AUDIO_TRANSCODE), &f, settings, outcome_take, o, &c),
		TSR_OK);
	assert_non_null(c);
	return c;
}

/* Pushes the next `count` pictures of a source. */
static inline void push_pictures(struct codec *c, struct source *s, tsr_codec codec, int count)
{
	for (int i = 0; i < count; i++) {
		struct frame frame = source_picture(s, codec, false);
		assert_int_equal(codec_push(c, &frame), TSR_OK);
	}
}

/* What the stage logs, the last line of it. */
static char logged[1024];

static inline void keep_log(tsr_log_level level, const char *line)
{
	(void)level;
	strncpy(logged, line, sizeof(logged) - 1);
}

#endif
