/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pictures.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <string.h>

#include "capfile.h"
#include "media.h"

#define WIDTH  160
#define HEIGHT 96
#define MTU    900

/* ---- encoder ------------------------------------------------------------------------------------------------------- */

static void free_packet(gpointer packet)
{
	AVPacket *p = packet;
	av_packet_free(&p);
}

static void draw(AVFrame *f, unsigned n)
{
	for (int plane = 0; plane < 3; plane++)
		for (int y = 0; y < f->height >> (plane > 0); y++)
			for (int x = 0; x < f->width >> (plane > 0); x++)
				f->data[plane][y * f->linesize[plane] + x] =
					(uint8_t)(plane ? 96 + n % 64 : 40 + ((x + y + 5 * n) & 127));
}

static void take_packets(AVCodecContext *ctx, GPtrArray *packets)
{
	AVPacket *packet = av_packet_alloc();
	while (avcodec_receive_packet(ctx, packet) >= 0) {
		g_ptr_array_add(packets, packet);
		packet = av_packet_alloc();
	}
	av_packet_free(&packet);
}

struct encoded *encoded_make(const char *encoder, const char *options, unsigned pictures)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(encoder);
	AVCodecContext *ctx = avcodec_alloc_context3(codec);
	AVDictionary *dict = NULL;
	g_assert(codec != NULL && ctx != NULL && av_dict_parse_string(&dict, options, "=", ":", 0) >= 0);
	ctx->width = WIDTH;
	ctx->height = HEIGHT;
	ctx->pix_fmt = AV_PIX_FMT_YUV420P;
	ctx->time_base = (AVRational){1, 30};
	ctx->framerate = (AVRational){30, 1};
	ctx->thread_count = 1;
	av_log_set_level(AV_LOG_QUIET);
	g_assert(avcodec_open2(ctx, codec, &dict) >= 0 && av_dict_count(dict) == 0);
	av_dict_free(&dict);
	struct encoded *e = g_new0(struct encoded, 1);
	e->codec = codec->id == AV_CODEC_ID_HEVC ? TSR_CODEC_H265 : TSR_CODEC_H264;
	e->packets = g_ptr_array_new_with_free_func(free_packet);
	AVFrame *frame = av_frame_alloc();
	frame->width = WIDTH;
	frame->height = HEIGHT;
	frame->format = AV_PIX_FMT_YUV420P;
	g_assert(av_frame_get_buffer(frame, 0) >= 0);
	for (unsigned n = 0; n <= pictures; n++) {
		g_assert(av_frame_make_writable(frame) >= 0);
		draw(frame, n);
		frame->pts = n;
		g_assert(avcodec_send_frame(ctx, n < pictures ? frame : NULL) >= 0);
		take_packets(ctx, e->packets);
	}
	g_assert(e->packets->len == pictures);
	av_frame_free(&frame);
	avcodec_free_context(&ctx);
	return e;
}

void encoded_free(struct encoded *e)
{
	g_ptr_array_free(e->packets, TRUE);
	g_free(e);
}

/* ---- what is shown --------------------------------------------------------------------------------------------------- */

static AVCodecContext *open_decoder(enum AVCodecID id)
{
	const AVCodec *codec = avcodec_find_decoder(id);
	AVCodecContext *ctx = avcodec_alloc_context3(codec);
	g_assert(codec != NULL && ctx != NULL);
	ctx->thread_count = 1;
	ctx->pkt_timebase = (AVRational){1, 90000};
	ctx->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT; /* while a refresh goes on */
	g_assert(avcodec_open2(ctx, codec, NULL) >= 0);
	return ctx;
}

static char *sum_of(const AVFrame *f)
{
	GChecksum *sum = g_checksum_new(G_CHECKSUM_MD5);
	for (int plane = 0; plane < 3; plane++)
		for (int y = 0; y < f->height >> (plane > 0); y++)
			g_checksum_update(sum, f->data[plane] + (ptrdiff_t)y * f->linesize[plane],
					  f->width >> (plane > 0));
	char *text = g_strdup(g_checksum_get_string(sum));
	g_checksum_free(sum);
	return text;
}

static void show(struct shown *s, AVCodecContext *decoder, const AVPacket *packet, AVFrame *frame)
{
	s->errors += avcodec_send_packet(decoder, packet) < 0;
	while (avcodec_receive_frame(decoder, frame) >= 0) {
		int64_t pts = frame->pts;
		g_ptr_array_add(s->sums, sum_of(frame));
		g_array_append_val(s->pts_90k, pts);
		av_frame_unref(frame);
	}
}

static void shown_init(struct shown *s)
{
	*s = (struct shown){.sums = g_ptr_array_new_with_free_func(g_free),
			    .pts_90k = g_array_new(FALSE, FALSE, sizeof(int64_t))};
}

void shown_of_encoded(const struct encoded *e, struct shown *out)
{
	AVCodecContext *decoder = open_decoder(e->codec == TSR_CODEC_H265 ? AV_CODEC_ID_HEVC : AV_CODEC_ID_H264);
	AVFrame *frame = av_frame_alloc();
	shown_init(out);
	for (guint i = 0; i <= e->packets->len; i++)
		show(out, decoder, i < e->packets->len ? e->packets->pdata[i] : NULL, frame);
	av_frame_free(&frame);
	avcodec_free_context(&decoder);
}

static void note_times(struct shown *s, const AVPacket *packet, int64_t *last_dts)
{
	s->packets++;
	s->keyframes += (packet->flags & AV_PKT_FLAG_KEY) != 0;
	s->misordered += packet->dts > packet->pts || (s->packets > 1 && packet->dts <= *last_dts);
	s->longest_wait = MAX(s->longest_wait, packet->pts - packet->dts);
	*last_dts = packet->dts;
}

void shown_of_file(const char *path, struct shown *out)
{
	AVFormatContext *format = NULL;
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	int64_t last_dts = 0;
	av_log_set_level(AV_LOG_QUIET);
	if (avformat_open_input(&format, path, NULL, NULL) < 0 || avformat_find_stream_info(format, NULL) < 0)
		g_error("%s does not open", path);
	int video = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
	g_assert(video >= 0);
	AVCodecContext *decoder = open_decoder(format->streams[video]->codecpar->codec_id);
	shown_init(out);
	for (; av_read_frame(format, packet) >= 0; av_packet_unref(packet)) {
		if (packet->stream_index != video)
			continue;
		note_times(out, packet, &last_dts);
		show(out, decoder, packet, frame);
	}
	show(out, decoder, NULL, frame);
	av_frame_free(&frame);
	av_packet_free(&packet);
	avcodec_free_context(&decoder);
	avformat_close_input(&format);
}

void shown_free(struct shown *s)
{
	g_ptr_array_free(s->sums, TRUE);
	g_array_free(s->pts_90k, TRUE);
}

/* ---- packets ----------------------------------------------------------------------------------------------------------- */

struct picture {
	struct picture_sender *sender;
	tsr_codec codec;
	GPtrArray *nals; /* GByteArray */
};

static void add_nal(void *ctx, const uint8_t *nal, size_t size)
{
	const struct picture *p = ctx;
	if (p->sender->joins && p->nals->len > 0) {
		GByteArray *all = p->nals->pdata[0];
		g_byte_array_append(all, (const guint8 *)"\0\0\0\1", 4);
		g_byte_array_append(all, nal, (guint)size);
		return;
	}
	g_ptr_array_add(p->nals, g_byte_array_append(g_byte_array_new(), nal, (guint)size));
}

static bool is_slice(const struct picture *p, const GByteArray *nal)
{
	unsigned type = p->codec == TSR_CODEC_H265 ? nal->data[0] >> 1 & 63 : nal->data[0] & 31;
	return p->codec == TSR_CODEC_H265 ? type < 32 : type <= 5;
}

static void send_packet(struct picture_sender *s, bool marker, uint32_t ts, int64_t us, const GByteArray *payload)
{
	GByteArray *rtp = g_byte_array_new();
	put8(rtp, 0x80);
	put8(rtp, 96 | (marker ? 0x80 : 0));
	put_be16(rtp, s->seq++);
	put_be32(rtp, ts);
	put_be32(rtp, 0x1234);
	g_byte_array_append(rtp, payload->data, payload->len);
	if (s->deliver != NULL)
		s->deliver(s->ctx, rtp->data, rtp->len, us);
	else
		g_assert(tsr_push_rtp(s->recording, s->track, rtp->data, rtp->len, us));
	g_byte_array_free(rtp, TRUE);
}

/* A single NAL unit, an aggregation of one and an empty one, or fragments. */
static void send_nal(const struct picture *p, const GByteArray *nal, bool marker, uint32_t ts, int64_t us)
{
	bool h265 = p->codec == TSR_CODEC_H265;
	guint head = h265 ? 2 : 1;
	unsigned type = h265 ? nal->data[0] >> 1 & 63 : nal->data[0] & 31;
	GByteArray *payload = g_byte_array_new();
	if (nal->len <= MTU && p->sender->pads) {
		g_byte_array_append(payload, h265 ? (const guint8 *)"\x60\1\0\0" : (const guint8 *)"\x78\0\0",
				    h265 ? 4 : 3);
		put_be16(payload, nal->len);
	}
	if (nal->len <= MTU) {
		g_byte_array_append(payload, nal->data, nal->len);
		send_packet(p->sender, marker, ts, us, payload);
	}
	for (guint at = head; nal->len > MTU && at < nal->len; at += MTU) {
		bool end = at + MTU >= nal->len;
		g_byte_array_set_size(payload, 0);
		put8(payload, h265 ? 49 << 1 : (nal->data[0] & 0xe0) | 28);
		if (h265)
			put8(payload, nal->data[1]);
		put8(payload, type | (at == head ? 0x80 : 0) | (end ? 0x40 : 0));
		g_byte_array_append(payload, nal->data + at, MIN(MTU, nal->len - at));
		send_packet(p->sender, marker && end, ts, us, payload);
	}
	g_byte_array_free(payload, TRUE);
}

void picture_send(struct picture_sender *s, const struct encoded *e, unsigned n)
{
	const AVPacket *packet = e->packets->pdata[n];
	struct picture p = {s, e->codec, g_ptr_array_new()};
	uint32_t ts = 1000000 + (uint32_t)(packet->pts * PICTURE_90K);
	int64_t us = s->start_us + (int64_t)n * G_USEC_PER_SEC / 30;
	media_each_nal(packet->data, (size_t)packet->size, add_nal, &p);
	for (guint i = 0; i < p.nals->len; i++) {
		const GByteArray *nal = p.nals->pdata[i];
		bool last = i + 1 == p.nals->len;
		if (s->only_sets && is_slice(&p, nal)) {
			picture_lose(s);
			g_byte_array_free(p.nals->pdata[i], TRUE);
			continue;
		}
		send_nal(&p, nal, last || (s->marks_slices && is_slice(&p, nal)), ts, us);
		ts += is_slice(&p, nal) ? s->slice_90k : 0;
		g_byte_array_free(p.nals->pdata[i], TRUE);
	}
	g_ptr_array_free(p.nals, TRUE);
}

void pictures_send(struct picture_sender *s, const struct encoded *e, unsigned first, unsigned end)
{
	for (unsigned n = first; n < end; n++)
		picture_send(s, e, n);
}

void picture_lose(struct picture_sender *s)
{
	s->seq++;
}
