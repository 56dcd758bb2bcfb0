/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * MPEG-TS through libavformat (av_write_frame only: nothing is held back). A track's PID is 0x100 + its id. */

#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <stdlib.h>
#include <string.h>

#include "../common/limits.h"
#include "mux.h"
#include "ops.h"
#include "tsclock.h"

#define FIRST_PID 0x100
/* A whole number of TS packets, so that even a piece of a large frame ends with one. */
#define IO_BYTES (TS_PACKET * 348)
/* How often libavformat leaves room for its clock in the frames of the PCR's track, in ms, besides those that can be decoded alone: with each
 * picture. Sound can be, so each frame of it has it whatever is said here. */
#define PCR_PERIOD "20"
/* In s. What comes of PAT and PMT besides those at keyframes is tsclock's. */
#define PAT_PERIOD "86400"
#define SDT_PERIOD "1.5"
/* What the first PCR of a recording is, about; the lead and whatever it grows by do not take it below 0. */
#define FIRST_PCR_90K 9000

struct mpegts {
	struct mux base;
	AVFormatContext *format; /* NULL until the tracks are known */
	AVPacket *packet;
	struct sink *sink;
	char *title;
	unsigned version; /* of the tables */
	unsigned count;   /* of the tracks that they name; 0 = none yet */
	struct mux_track track[LIMIT_TRACKS];
	int64_t offset_90k; /* from recording time to the file's */
	tsr_error error;    /* the sink's, for good */
	unsigned id[LIMIT_TRACKS];
	struct tsclock clock;
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
	struct mpegts *m = opaque;
	if (m->error == TSR_OK)
		m->error = tsclock_take(&m->clock, (uint8_t *)data, (size_t)size); /* of the buffer, which is ours */
	return m->error == TSR_OK ? size : AVERROR(EIO);
}

static tsr_error open_io(struct mpegts *m)
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

static tsr_error add_stream(struct mpegts *m, const struct mux_track *track)
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
static void set_names(struct mpegts *m, const char *title)
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

static void set_options(const struct mpegts *m, AVDictionary **options)
{
	/* A video PES below 64 KiB carries its length too, so that a cut file shows whether its last one is whole. */
	av_dict_set_int(options, "omit_video_pes_length", 0, 0);
	av_dict_set_int(options, "tables_version", (int)m->version & 31, 0);
	av_dict_set_int(options, "mpegts_copyts", 1, 0);
	av_dict_set(options, "pcr_period", PCR_PERIOD, 0);
	av_dict_set(options, "pat_period", PAT_PERIOD, 0);
	av_dict_set(options, "sdt_period", SDT_PERIOD, 0);
}

static tsr_error open_muxer(struct mpegts *m, const struct mux_track *tracks, unsigned count)
{
	if (avformat_alloc_output_context2(&m->format, NULL, "mpegts", NULL) < 0)
		return TSR_E_NOMEM;
	tsr_error err = open_io(m);
	for (unsigned i = 0; err == TSR_OK && i < count; i++)
		err = add_stream(m, &tracks[i]);
	if (err != TSR_OK)
		return err;
	m->format->max_delay = 0;
	/* The offset has room for FRAME_EARLIEST_DTS_90K; to shift the times is not for each muxer to decide. */
	m->format->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
	set_names(m, m->title);
	AVDictionary *options = NULL;
	set_options(m, &options);
	int ret = avformat_write_header(m->format, &options);
	av_dict_free(&options);
	if (ret < 0)
		return ret == AVERROR(ENOMEM) ? TSR_E_NOMEM : TSR_E_UNSUPPORTED;
	return TSR_OK;
}

/* No trailer: MPEG-TS has none, and nothing is held back. */
static void close_muxer(struct mpegts *m)
{
	if (m->format == NULL)
		return;
	AVIOContext *pb = m->format->pb;
	avformat_free_context(m->format);
	m->format = NULL;
	if (pb != NULL) {
		av_freep(&pb->buffer);
		avio_context_free(&pb);
	}
}

static void destroy(struct mux *mux)
{
	struct mpegts *m = (struct mpegts *)mux;
	close_muxer(m);
	av_packet_free(&m->packet);
	free(m->title);
	free(m);
}

static tsr_error create(const struct mux_config *config, struct sink *sink, struct mux **out)
{
	struct mpegts *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return TSR_E_NOMEM;
	m->base.ops = &mpegts_ops;
	m->sink = sink;
	tsclock_init(&m->clock, sink, config->wait_90k);
	m->offset_90k = m->clock.lead_90k + FIRST_PCR_90K - FRAME_EARLIEST_DTS_90K;
	m->packet = av_packet_alloc();
	m->title = config->title != NULL ? strdup(config->title) : NULL;
	if (m->packet == NULL || (config->title != NULL && m->title == NULL)) {
		destroy(&m->base);
		return TSR_E_NOMEM;
	}
	*out = &m->base;
	return TSR_OK;
}

/* Of AAC they say no more than that it is: how many channels it has is in its frames. */
static bool tables_say_the_same(const struct mpegts *m, const struct mux_track *tracks, unsigned count)
{
	bool same = count == m->count;
	for (unsigned i = 0; same && i < count; i++) {
		const struct track_format *now = &tracks[i].format, *before = &m->track[i].format;
		same = tracks[i].id == m->track[i].id && now->codec == before->codec &&
		       (now->codec == TSR_CODEC_AAC || now->channels == before->channels);
	}
	return same;
}

static tsr_error set_tracks(struct mux *mux, const struct mux_track *tracks, unsigned count)
{
	struct mpegts *m = (struct mpegts *)mux;
	if (count == 0 || count > LIMIT_TRACKS)
		return TSR_E_INVAL;
	close_muxer(m);
	if (m->count > 0 && !tables_say_the_same(m, tracks, count))
		m->version++;
	memcpy(m->track, tracks, count * sizeof(*tracks));
	m->count = count;
	tsr_error err = open_muxer(m, tracks, count);
	if (err != TSR_OK) {
		close_muxer(m);
		return err;
	}
	uint16_t pids[LIMIT_TRACKS];
	for (unsigned i = 0; i < count; i++)
		pids[i] = (uint16_t)(FIRST_PID + tracks[i].id);
	tsclock_set_tracks(&m->clock, pids, count);
	return TSR_OK;
}

static void note_gap(struct mux *mux)
{
	tsclock_note_gap(&((struct mpegts *)mux)->clock);
}

static void begin_segment(struct mux *mux)
{
	tsclock_begin_segment(&((struct mpegts *)mux)->clock);
}

static int stream_index(const struct mpegts *m, unsigned id)
{
	for (unsigned i = 0; i < m->format->nb_streams; i++)
		if (m->id[i] == id)
			return (int)i;
	return -1;
}

static tsr_error write_frame(struct mux *mux, unsigned id, const struct frame *frame)
{
	struct mpegts *m = (struct mpegts *)mux;
	int index = m->format != NULL ? stream_index(m, id) : -1;
	if (index < 0)
		return TSR_E_INVAL;
	AVPacket *pkt = m->packet;
	pkt->data = (uint8_t *)frame->data; /* libavformat does not write into packets it does not own */
	pkt->size = (int)frame->size;
	pkt->stream_index = index;
	pkt->pts = frame->pts_90k + m->offset_90k;
	pkt->dts = frame->dts_90k + m->offset_90k;
	pkt->flags = frame->keyframe ? AV_PKT_FLAG_KEY : 0;
	tsclock_begin_frame(&m->clock, pkt->dts);
	int ret = av_write_frame(m->format, pkt);
	/* libavformat gathers small audio frames into one PES, up to half a second of them: a NULL packet flushes it. */
	if (ret >= 0 && !tsr_codec_is_video(frame->codec))
		ret = av_write_frame(m->format, NULL);
	avio_flush(m->format->pb);
	if (m->error != TSR_OK)
		return m->error;
	return ret < 0 ? TSR_E_MALFORMED : TSR_OK;
}

static size_t packetized_size(const struct mux *mux, const struct frame *frame)
{
	const struct mpegts *m = (const struct mpegts *)mux;
	/* 184 payload bytes a packet, less when tables and PCRs come along. */
	size_t packets = frame->size / 176 + 8;
	return packets * TS_PACKET + tsclock_room(&m->clock, frame->dts_90k + m->offset_90k);
}

static int64_t lead_90k(const struct mux *mux)
{
	return ((const struct mpegts *)mux)->clock.lead_90k;
}

const struct mux_ops mpegts_ops = {
	.create = create,
	.set_tracks = set_tracks,
	.note_gap = note_gap,
	.begin_segment = begin_segment,
	.write = write_frame,
	.destroy = destroy,
	.packetized_size = packetized_size,
	.lead_90k = lead_90k,
};
