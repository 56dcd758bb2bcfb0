/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tscheck.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "media.h"
#include "tools/tr101290.h"

#define NAL_DELIMITER 9

static tsr_codec codec_of(enum AVCodecID id)
{
	switch (id) {
	case AV_CODEC_ID_H264: return TSR_CODEC_H264;
	case AV_CODEC_ID_HEVC: return TSR_CODEC_H265;
	case AV_CODEC_ID_OPUS: return TSR_CODEC_OPUS;
	case AV_CODEC_ID_AAC: return TSR_CODEC_AAC;
	default: return TSR_CODEC_NONE;
	}
}

static AVCodecContext *open_decoder(const AVCodecParameters *parameters)
{
	const AVCodec *codec = avcodec_find_decoder(parameters->codec_id);
	AVCodecContext *decoder = avcodec_alloc_context3(codec);
	g_assert(codec != NULL && decoder != NULL);
	g_assert(avcodec_parameters_to_context(decoder, parameters) >= 0);
	decoder->err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER;
	decoder->thread_count = 1;
	g_assert(avcodec_open2(decoder, codec, NULL) >= 0);
	return decoder;
}

static void decode(struct tscheck_stream *s, AVCodecContext *decoder, const AVPacket *packet, AVFrame *frame)
{
	int err = avcodec_send_packet(decoder, packet);
	s->errors += err < 0;
	while (err >= 0) {
		err = avcodec_receive_frame(decoder, frame);
		if (err == AVERROR(EAGAIN) || err == AVERROR_EOF)
			return;
		s->errors += err < 0 || frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0;
		s->decoded += err >= 0;
		s->samples += err >= 0 ? frame->nb_samples : 0;
		av_frame_unref(frame);
	}
}

void tscheck_add_nal(void *ctx, const uint8_t *nal, size_t size)
{
	guint64 length = size;
	if ((nal[0] & 31) == NAL_DELIMITER)
		return;
	g_checksum_update(ctx, (const guchar *)&length, sizeof(length));
	g_checksum_update(ctx, nal, (gssize)size);
}

static void count_nal(void *ctx, const uint8_t *nal, size_t size)
{
	struct tscheck_stream *s = ctx;
	s->nal_count += (nal[0] & 31) != NAL_DELIMITER;
	tscheck_add_nal(s->nals, nal, size);
}

static void note_packet(struct tscheck_stream *s, const AVPacket *packet)
{
	if (s->packets == 0)
		s->first_90k = s->last_90k = packet->pts;
	s->backwards += packet->pts < s->last_90k;
	if (packet->pts - s->last_90k > s->longest_gap_90k) {
		s->longest_gap_90k = packet->pts - s->last_90k;
		s->gap_end_90k = packet->pts;
	}
	s->last_90k = packet->pts;
	s->packets++;
	s->keyframes += (packet->flags & AV_PKT_FLAG_KEY) != 0;
	if (s->codec == TSR_CODEC_H264)
		media_each_nal(packet->data, (size_t)packet->size, count_nal, s);
}

static void read_all(struct tscheck *check, AVFormatContext *format, AVCodecContext **decoders)
{
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	int err;
	while ((err = av_read_frame(format, packet)) >= 0) {
		unsigned index = (unsigned)packet->stream_index;
		if (index < check->count) {
			note_packet(&check->stream[index], packet);
			decode(&check->stream[index], decoders[index], packet, frame);
		}
		av_packet_unref(packet);
	}
	check->read_errors += err != AVERROR_EOF;
	for (unsigned i = 0; i < check->count; i++)
		decode(&check->stream[i], decoders[i], NULL, frame);
	av_frame_free(&frame);
	av_packet_free(&packet);
}

static void read_streams(const char *path, struct tscheck *out)
{
	av_log_set_level(AV_LOG_QUIET);
	AVFormatContext *format = NULL;
	AVCodecContext *decoders[TSCHECK_MAX_STREAMS] = {0};
	if (avformat_open_input(&format, path, NULL, NULL) < 0 || avformat_find_stream_info(format, NULL) < 0)
		g_error("%s does not open", path);
	out->count = MIN(format->nb_streams, TSCHECK_MAX_STREAMS);
	for (unsigned i = 0; i < out->count; i++) {
		const AVCodecParameters *parameters = format->streams[i]->codecpar;
		out->stream[i] = (struct tscheck_stream){.codec = codec_of(parameters->codec_id),
							 .width = parameters->width,
							 .height = parameters->height,
							 .nals = g_checksum_new(G_CHECKSUM_SHA256)};
		decoders[i] = open_decoder(parameters);
	}
	read_all(out, format, decoders);
	for (unsigned i = 0; i < out->count; i++)
		avcodec_free_context(&decoders[i]);
	avformat_close_input(&format);
}

/* ---- TR 101 290 ---------------------------------------------------------------------------------------------------- */

struct strict {
	const char *path;
	bool may_pause;
	struct tr101290 *checks;
	unsigned new_clocks;
};

static void fail_finding(void *ctx, const struct tr_finding *f)
{
	const struct strict *strict = ctx;
	if (f->check == TR_PTS_REPETITION && strict->may_pause)
		return;
	g_error("%s: byte %" G_GUINT64_FORMAT ", %" G_GINT64_FORMAT " ms, PID 0x%x: %s: %s", strict->path, f->offset,
		f->time_ms, f->pid, tr_check_name(f->check), f->text);
}

static void take_packet(void *ctx, const uint8_t *packet)
{
	struct strict *strict = ctx;
	const uint8_t announced_pcr = 0x90;
	tr101290_take(strict->checks, packet);
	strict->new_clocks += (packet[3] & 0x20) != 0 && packet[4] > 0 && (packet[5] & announced_pcr) == announced_pcr;
}

static void check_strictly(const char *path, bool may_pause, struct tscheck *out)
{
	struct strict strict = {.path = path, .may_pause = may_pause};
	struct ts_scan *scan = g_new(struct ts_scan, 1);
	strict.checks = tr101290_new(fail_finding, &strict);
	if (tsfile_scan(path, &(struct ts_watch){.packet = take_packet, .ctx = &strict}, scan) != TSR_OK)
		g_error("%s cannot be read", path);
	tr101290_end(strict.checks);
	g_free(strict.checks);
	out->new_clocks = strict.new_clocks;
	out->tables = scan->pmt_versions;
	g_free(scan);
}

/* ---- from outside -------------------------------------------------------------------------------------------------- */

void tscheck_file(const char *path, struct tscheck *out)
{
	*out = (struct tscheck){0};
	if (g_str_has_suffix(path, ".ts")) /* else it is one to compare with */
		check_strictly(path, false, out);
	read_streams(path, out);
}

void tscheck_file_with_pauses(const char *path, struct tscheck *out)
{
	*out = (struct tscheck){0};
	check_strictly(path, true, out);
	read_streams(path, out);
}

void tscheck_finish(struct tscheck *check)
{
	for (unsigned i = 0; i < check->count; i++)
		g_checksum_free(check->stream[i].nals);
	*check = (struct tscheck){0};
}

const struct tscheck_stream *tscheck_find(const struct tscheck *check, tsr_codec codec)
{
	for (unsigned i = 0; i < check->count; i++)
		if (check->stream[i].codec == codec)
			return &check->stream[i];
	g_error("there is no %s stream", tsr_codec_name(codec));
}
