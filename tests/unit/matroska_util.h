/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests of Matroska and MP4 share: files that the muxer writes into memory, and a look at them with libavformat. */
#ifndef TSR_TESTS_MATROSKA_UTIL_H
#define TSR_TESTS_MATROSKA_UTIL_H

#include <glib.h>
#include <libavformat/avformat.h>

#include "sink_util.h"

#include "codec_util.h"

#include "../../recorder/common/limits.h"
#include "../../recorder/mux/mux.h"
#include "../../recorder/sink/memory.h"

#define AUDIO_90K 1800 /* 20 ms */
#define PICTURES  60
#define KEY_EVERY 20

/* What is written, and where each frame ended. */
struct written {
	struct buf bytes;
	struct sink *sink;
	struct mux *mux;
	GArray *ends; /* size_t: sizes of the file behind each frame */
	bool holds;   /* frames wait for others */
};

static inline void ignore_result(void *ctx, const struct sink_result *result)
{
	(void)ctx;
	(void)result;
}

static inline void written_start(struct written *w, tsr_container container, const struct mux_track *tracks,
				 unsigned count)
{
	const struct mux_config config = {.container = container, .title = "a title", .wait_90k = 45000};
	w->holds = container == TSR_CONTAINER_MP4;
	buf_init(&w->bytes, 64 << 20);
	w->ends = g_array_new(FALSE, FALSE, sizeof(size_t));
	w->sink = memory_sink_create(&w->bytes);
	assert_int_equal(mux_create(&config, w->sink, &w->mux), TSR_OK);
	assert_int_equal(mux_set_tracks(w->mux, tracks, count), TSR_OK);
}

static inline void written_frame(struct written *w, unsigned id, const struct frame *frame)
{
	size_t before = w->bytes.len, room = mux_packetized_size(w->mux, frame);
	assert_int_equal(mux_write(w->mux, id, frame), TSR_OK);
	assert_in_range(w->bytes.len - before, w->holds ? 0 : frame->size > 8 ? frame->size - 8 : 1, room);
	g_array_append_val(w->ends, w->bytes.len);
}

static inline void written_free(struct written *w)
{
	mux_destroy(w->mux);
	sink_finish(w->sink, ignore_result, NULL);
	buf_finish(&w->bytes);
	g_array_unref(w->ends);
}

static inline void save(const char *name, const uint8_t *data, size_t size)
{
	FILE *f = fopen(in_folder(name), "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fclose(f);
}

/* What libavformat finds in a file. */
struct seen {
	unsigned streams, packets, pictures;
	double duration;
	enum AVCodecID codec[LIMIT_TRACKS];
	int width, height;
};

static inline unsigned decode(AVCodecContext *ctx, const AVPacket *packet, AVFrame *frame, struct seen *seen)
{
	assert_true(avcodec_send_packet(ctx, packet) >= 0);
	unsigned count = 0;
	for (; avcodec_receive_frame(ctx, frame) >= 0; count++) {
		seen->width = frame->width;
		seen->height = frame->height;
	}
	return count;
}

/* Reads all of it, decodes the first stream of pictures, and fails the test on whatever a decoder or the demuxer objects to. */
static inline struct seen look_with_libav(const char *name)
{
	struct seen seen = {0};
	AVFormatContext *in = NULL;
	assert_int_equal(avformat_open_input(&in, in_folder(name), NULL, NULL), 0);
	assert_true(avformat_find_stream_info(in, NULL) >= 0);
	seen.streams = in->nb_streams;
	seen.duration = (double)in->duration / AV_TIME_BASE;
	int video = av_find_best_stream(in, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
	AVCodecContext *ctx = NULL;
	for (unsigned i = 0; i < in->nb_streams && i < LIMIT_TRACKS; i++)
		seen.codec[i] = in->streams[i]->codecpar->codec_id;
	if (video >= 0) {
		const AVCodecParameters *par = in->streams[video]->codecpar;
		ctx = avcodec_alloc_context3(avcodec_find_decoder(par->codec_id));
		assert_true(avcodec_parameters_to_context(ctx, par) >= 0);
		ctx->thread_count = 1;
		ctx->err_recognition = AV_EF_EXPLODE;
		assert_true(avcodec_open2(ctx, NULL, NULL) >= 0);
	}
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	int got;
	while ((got = av_read_frame(in, packet)) >= 0) {
		seen.packets++;
		if (packet->stream_index == video)
			seen.pictures += decode(ctx, packet, frame, &seen);
		av_packet_unref(packet);
	}
	assert_int_equal(got, AVERROR_EOF);
	if (ctx != NULL)
		seen.pictures += decode(ctx, NULL, frame, &seen);
	av_packet_free(&packet);
	av_frame_free(&frame);
	avcodec_free_context(&ctx);
	avformat_close_input(&in);
	return seen;
}

/* H.264 and Opus-like sound: PICTURES pictures at 30 a second, a keyframe every KEY_EVERY. */
static inline const struct mux_track *call_tracks(void)
{
	static const struct mux_track tracks[] = {
		{.id = 0, .format = {.codec = TSR_CODEC_VP8}},
		{.id = 1,
		 .format = {.codec = TSR_CODEC_OPUS,
			    .sample_rate = 48000,
			    .channels = 2,
			    .extradata_size = 19,
			    .extradata = {'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0,
					  0}}},
	};
	return tracks;
}

/* A second of Opus silence in 20 ms packets is the same three bytes. */
static inline struct frame silence(int64_t pts_90k)
{
	static const uint8_t packet[] = {0xf8, 0xff, 0xfe};
	return (struct frame){.codec = TSR_CODEC_OPUS,
			      .data = packet,
			      .size = sizeof(packet),
			      .pts_90k = pts_90k,
			      .dts_90k = pts_90k,
			      .samples = 960,
			      .keyframe = true};
}

/* A call of VP8 and Opus, not finished. */
static inline void write_call(struct written *w, tsr_container container, const struct mux_track *tracks,
			      struct source *s, tsr_codec codec)
{
	int64_t sound_90k = 0;
	written_start(w, container, tracks, 2);
	for (int i = 0; i < PICTURES; i++) {
		struct frame picture = source_picture(s, codec, i % KEY_EVERY == 0);
		picture.dts_90k = picture.pts_90k;
		for (; sound_90k <= picture.pts_90k; sound_90k += AUDIO_90K) {
			struct frame sound = silence(sound_90k);
			written_frame(w, 1, &sound);
		}
		written_frame(w, 0, &picture);
	}
}

#endif
