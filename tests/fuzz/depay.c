/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz targets of the depacketizers. An input is
 *     1 byte       N: size of the parameter sets
 *     N bytes      parameter sets as an SDP brings them, Annex B
 * and then packets, each
 *     2 bytes      size of the payload, big-endian
 *     1 byte       flags: 1 marker, 2 lost before it, 4 RED, 8 one more lost, 16 the frame's taker fails, 32 FILLER more bytes
 *                  behind the payload (so that short inputs reach the caps)
 *     1 byte       by how much the timestamp rises, in units of 480
 *     payload      as many bytes as are left, if there are fewer
 * Every payload lies in a heap buffer of its exact size. */
#include <stdlib.h>
#include <string.h>

#include "recorder/common/limits.h"
#include "recorder/common/reader.h"
#include "recorder/depay/depay.h"

#include "targets.h"

enum { FLAG_MARKER = 1, FLAG_LOST = 2, FLAG_RED = 4, FLAG_LOST_MORE = 8, FLAG_FAIL = 16, FLAG_LONG = 32 };
enum { PAYLOAD_TYPE = 96, RED_PAYLOAD_TYPE = 63, FILLER = 1000 };

struct taker {
	tsr_codec codec;
	bool fail;
	uint64_t frames;
	uint32_t sum; /* of all bytes, so that each is read */
};

static bool begins_with(const struct frame *frame, const void *bytes, size_t size)
{
	return frame->size >= size && memcmp(frame->data, bytes, size) == 0;
}

/* What frame.h promises of each codec's frames. */
static void check_frame(const struct frame *frame)
{
	bool video = tsr_codec_is_video(frame->codec);
	FUZZ_ASSERT(frame->size > 0);
	FUZZ_ASSERT(frame->size <= (video ? LIMIT_FRAME_BYTES : LIMIT_AUDIO_FRAME_BYTES));
	FUZZ_ASSERT(video || (frame->keyframe && frame->samples > 0));
	FUZZ_ASSERT((frame->width > 0) == (video && frame->keyframe) &&
		    (frame->height > 0) == (video && frame->keyframe));
	switch (frame->codec) {
	case TSR_CODEC_H264: FUZZ_ASSERT(begins_with(frame, "\0\0\0\1\11\360\0\0\0\1", 10)); break;
	case TSR_CODEC_H265: FUZZ_ASSERT(begins_with(frame, "\0\0\0\1\106\1\120\0\0\0\1", 11)); break;
	case TSR_CODEC_AV1: FUZZ_ASSERT(begins_with(frame, "\22\0", 2)); break;
	default: break;
	}
}

static int take(void *ctx, const struct frame *frame)
{
	struct taker *taker = ctx;
	FUZZ_ASSERT(frame->codec == taker->codec);
	check_frame(frame);
	for (size_t i = 0; i < frame->size; i++)
		taker->sum += frame->data[i];
	taker->frames++;
	return taker->fail ? TSR_E_NOSPACE : TSR_OK;
}

static uint8_t *exact_copy(const uint8_t *data, size_t size, size_t filler)
{
	uint8_t *copy = malloc(size + filler ? size + filler : 1);
	FUZZ_ASSERT(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	memset(copy + size, 0x55, filler);
	return copy;
}

static size_t at_most(size_t size, const struct reader *r)
{
	return size < r->left ? size : r->left;
}

static void push_packet(struct depay *d, struct reader *r, struct taker *taker, struct rtp_packet *pkt)
{
	size_t size = reader_be16(r);
	uint8_t flags = reader_u8(r);
	pkt->timestamp += reader_u8(r) * UINT32_C(480);
	pkt->arrival_us += 20000;
	pkt->seq += 1 + !!(flags & FLAG_LOST) + !!(flags & FLAG_LOST_MORE);
	pkt->marker = flags & FLAG_MARKER;
	pkt->payload_type = flags & FLAG_RED ? RED_PAYLOAD_TYPE : PAYLOAD_TYPE;
	size = at_most(size, r);
	size_t filler = flags & FLAG_LONG ? FILLER : 0;
	uint8_t *payload = exact_copy(reader_bytes(r, size), size, filler);
	pkt->payload = payload;
	pkt->payload_size = size + filler;
	taker->fail = flags & FLAG_FAIL;
	uint64_t before = taker->frames;
	tsr_error err = depay_push(d, pkt, flags & (FLAG_LOST | FLAG_LOST_MORE));
	FUZZ_ASSERT(err == (taker->fail && taker->frames > before ? TSR_E_NOSPACE : TSR_OK));
	free(payload);
}

static void fuzz_depay(tsr_codec codec, const uint8_t *data, size_t size)
{
	struct reader r = reader_of(data, size);
	struct taker taker = {.codec = codec};
	size_t sets_size = reader_u8(&r);
	sets_size = at_most(sets_size, &r);
	uint8_t *sets = exact_copy(reader_bytes(&r, sets_size), sets_size, 0);
	struct depay_config config = {
		.channels = 2,
		.red_payload_type = tsr_codec_is_video(codec) ? 0 : RED_PAYLOAD_TYPE,
		.parameter_sets = sets,
		.parameter_sets_size = sets_size,
	};
	struct depay *d = NULL;
	FUZZ_ASSERT(depay_create(codec, &config, take, &taker, &d) == TSR_OK);
	free(sets);
	/* A little before the timestamp wraps. */
	struct rtp_packet pkt = {.timestamp = UINT32_MAX - 48000, .seq = UINT16_MAX - 10, .ssrc = 1};
	while (r.left > 0)
		push_packet(d, &r, &taker, &pkt);
	taker.fail = false;
	FUZZ_ASSERT(depay_flush(d) == TSR_OK);
	FUZZ_ASSERT(depay_stats(d)->frames == taker.frames);
	depay_destroy(d);
}

#define DEPAY_TARGET(name, codec)                                                                                      \
	void fuzz_depay_##name(const uint8_t *data, size_t size)                                                       \
	{                                                                                                              \
		fuzz_depay(codec, data, size);                                                                         \
	}

DEPAY_TARGET(av1, TSR_CODEC_AV1)
DEPAY_TARGET(g722, TSR_CODEC_G722)
DEPAY_TARGET(h264, TSR_CODEC_H264)
DEPAY_TARGET(h265, TSR_CODEC_H265)
DEPAY_TARGET(l16, TSR_CODEC_L16)
DEPAY_TARGET(multiopus, TSR_CODEC_MULTIOPUS)
DEPAY_TARGET(opus, TSR_CODEC_OPUS)
DEPAY_TARGET(pcma, TSR_CODEC_PCMA)
DEPAY_TARGET(pcmu, TSR_CODEC_PCMU)
DEPAY_TARGET(vp8, TSR_CODEC_VP8)
DEPAY_TARGET(vp9, TSR_CODEC_VP9)
