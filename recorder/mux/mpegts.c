/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mux.h"

#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <stdlib.h>
#include <string.h>

#include "../common/limits.h"

#define TS_PACKET 188
#define FIRST_PID 0x100
/* A whole number of TS packets, so that even a piece of a large frame ends with one. */
#define IO_BYTES (TS_PACKET * 348)
/* PTS and DTS lie this far behind the PCR: the decoder's buffer may fill by so much (ISO/IEC 13818-1 D.0.6). */
#define PCR_LEAD_US 100000

struct mux {
	AVFormatContext *format;
	AVPacket *packet;
	struct sink *sink;
	tsr_error error; /* the sink's, for good */
	unsigned id[LIMIT_TRACKS];
};

static enum AVCodecID codec_id(tsr_codec codec)
{
	switch (codec) {
	case TSR_CODEC_H264: return AV_CODEC_ID_H264;
	case TSR_CODEC_H265: return AV_CODEC_ID_HEVC;
	case TSR_CODEC_AAC: return AV_CODEC_ID_AAC;
	case TSR_CODEC_OPUS:
	case TSR_CODEC_MULTIOPUS: return AV_CODEC_ID_OPUS;
	default: return AV_CODEC_ID_NONE;
	}
}

void mux_log_errors_alone(void)
{
	av_log_set_level(AV_LOG_ERROR);
}

#if LIBAVFORMAT_VERSION_MAJOR >= 61
static int write_bytes(void *opaque, const uint8_t *data, int size)
#else
static int write_bytes(void *opaque, uint8_t *data, int size)
#endif
{
	struct mux *m = opaque;
	if (m->error == TSR_OK)
		m->error = sink_write(m->sink, data, (size_t)size);
	return m->error == TSR_OK ? size : AVERROR(EIO);
}

static tsr_error open_io(struct mux *m)
{
	uint8_t *buffer = av_malloc(IO_BYTES);
	if (buffer == NULL)
		return TSR_E_NOMEM;
	m->format->pb = avio_alloc_context(buffer, IO_BYTES, 1, m, NULL, write_bytes, NULL);
	if (m->format->pb == NULL) {
		av_free(buffer);
		return TSR_E_NOMEM;
	}
	m->format->pb->seekable = 0;
	m->format->flags |= AVFMT_FLAG_CUSTOM_IO;
	return TSR_OK;
}

static tsr_error add_stream(struct mux *m, const struct mux_track *track)
{
	const struct track_format *f = &track->format;
	AVStream *st = avformat_new_stream(m->format, NULL);
	if (st == NULL)
		return TSR_E_NOMEM;
	m->id[st->index] = track->id;
	st->id = FIRST_PID + (int)track->id;
	st->time_base = (AVRational){1, 90000};
	AVCodecParameters *par = st->codecpar;
	par->codec_id = codec_id(f->codec);
	if (par->codec_id == AV_CODEC_ID_NONE)
		return TSR_E_UNSUPPORTED;
	if (tsr_codec_is_video(f->codec)) {
		par->codec_type = AVMEDIA_TYPE_VIDEO;
		par->width = f->width;
		par->height = f->height;
	} else {
		par->codec_type = AVMEDIA_TYPE_AUDIO;
		par->sample_rate = (int)f->sample_rate;
		av_channel_layout_default(&par->ch_layout, f->channels);
	}
	if (f->extradata_size == 0)
		return TSR_OK;
	par->extradata = av_mallocz(f->extradata_size + AV_INPUT_BUFFER_PADDING_SIZE);
	if (par->extradata == NULL)
		return TSR_E_NOMEM;
	memcpy(par->extradata, f->extradata, f->extradata_size);
	par->extradata_size = (int)f->extradata_size;
	return TSR_OK;
}

/* The service descriptor (EN 300 468 section 6.2.33) has 255 bytes for its type, two lengths and both names, one of which may begin with
 * the byte that says UTF-8. The title is cut between two characters. */
static void set_names(struct mux *m, const char *title)
{
	static const char provider[] = "janus-tsrecorder";
	char name[255 - 4 - (sizeof(provider) - 1) + 1];
	av_dict_set(&m->format->metadata, "service_provider", provider, 0);
	if (title == NULL)
		return;
	size_t size = strnlen(title, sizeof(name));
	if (size == sizeof(name))
		for (size--; size > 0 && ((unsigned char)title[size] & 0xc0) == 0x80; size--)
			;
	memcpy(name, title, size);
	name[size] = '\0';
	av_dict_set(&m->format->metadata, "service_name", name, 0);
}

static void set_options(const struct mux_config *config, AVDictionary **options)
{
	/* A video PES below 64 KiB carries its length too, so that a cut file shows whether its last one is whole. */
	av_dict_set_int(options, "omit_video_pes_length", 0, 0);
	av_dict_set_int(options, "tables_version", (int)config->version & 31, 0);
	if (config->discontinuity)
		av_dict_set(options, "mpegts_flags", "+initial_discontinuity", 0);
}

static tsr_error open_muxer(struct mux *m, const struct mux_config *config)
{
	if (avformat_alloc_output_context2(&m->format, NULL, "mpegts", NULL) < 0)
		return TSR_E_NOMEM;
	tsr_error err = open_io(m);
	for (unsigned i = 0; err == TSR_OK && i < config->count; i++)
		err = add_stream(m, &config->tracks[i]);
	if (err != TSR_OK)
		return err;
	m->format->max_delay = PCR_LEAD_US;
	/* What libavformat adds to all times has room for FRAME_EARLIEST_DTS_90K; to shift them is not for each muxer to decide. */
	m->format->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
	set_names(m, config->title);
	AVDictionary *options = NULL;
	set_options(config, &options);
	int ret = avformat_write_header(m->format, &options);
	av_dict_free(&options);
	if (ret < 0)
		return ret == AVERROR(ENOMEM) ? TSR_E_NOMEM : TSR_E_UNSUPPORTED;
	return TSR_OK;
}

tsr_error mux_create(const struct mux_config *config, struct sink *sink, struct mux **out)
{
	if (config->count == 0 || config->count > LIMIT_TRACKS)
		return TSR_E_INVAL;
	struct mux *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return TSR_E_NOMEM;
	m->sink = sink;
	m->packet = av_packet_alloc();
	tsr_error err = m->packet == NULL ? TSR_E_NOMEM : open_muxer(m, config);
	if (err != TSR_OK) {
		mux_destroy(m);
		return err;
	}
	*out = m;
	return TSR_OK;
}

static int stream_index(const struct mux *m, unsigned id)
{
	for (unsigned i = 0; i < m->format->nb_streams; i++)
		if (m->id[i] == id)
			return (int)i;
	return -1;
}

tsr_error mux_write(struct mux *m, unsigned id, const struct frame *frame)
{
	int index = stream_index(m, id);
	if (index < 0)
		return TSR_E_INVAL;
	AVPacket *pkt = m->packet;
	pkt->data = (uint8_t *)frame->data; /* libavformat does not write into packets it does not own */
	pkt->size = (int)frame->size;
	pkt->stream_index = index;
	pkt->pts = frame->pts_90k;
	pkt->dts = frame->dts_90k;
	pkt->flags = frame->keyframe ? AV_PKT_FLAG_KEY : 0;
	int ret = av_write_frame(m->format, pkt);
	/* libavformat gathers small audio frames into one PES, up to half a second of them: a NULL packet flushes it. */
	if (ret >= 0 && !tsr_codec_is_video(frame->codec))
		ret = av_write_frame(m->format, NULL);
	avio_flush(m->format->pb);
	if (m->error != TSR_OK)
		return m->error;
	return ret < 0 ? TSR_E_MALFORMED : TSR_OK;
}

void mux_destroy(struct mux *m)
{
	if (m == NULL)
		return;
	if (m->format != NULL) {
		AVIOContext *pb = m->format->pb;
		/* No trailer: MPEG-TS has none, and nothing is held back. */
		avformat_free_context(m->format);
		if (pb != NULL) {
			av_freep(&pb->buffer);
			avio_context_free(&pb);
		}
	}
	av_packet_free(&m->packet);
	free(m);
}

size_t mux_packetized_size(size_t frame_bytes)
{
	/* 184 payload bytes a packet, less when tables and PCRs come along. */
	return (frame_bytes / 176 + 8) * TS_PACKET;
}
