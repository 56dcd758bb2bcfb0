/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sender.h"

#include <string.h>

#define NTP_UNIX_SECONDS 2208988800u /* 1900 to 1970 */

static void put_be16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put_be32(uint8_t *p, uint32_t v)
{
	put_be16(p, v >> 16);
	put_be16(p + 2, v & 0xffff);
}

/* ---- time ---------------------------------------------------------------------------------------------------------- */

/* A packet of sound is sent when its last sample was heard; its timestamp is that of the first. */
static int64_t lasts_us(const struct sender *s)
{
	return s->media->codec == TSR_CODEC_OPUS ? 20000 : 0;
}

int64_t sender_next_us(const struct sender *s)
{
	return (int64_t)((double)s->frames * (double)s->media->frame_us / (1 + s->drift_ppm / 1e6)) + lasts_us(s);
}

/* The media clock at a moment of the network's time. */
static uint32_t timestamp_at(const struct sender *s, int64_t at_us)
{
	double ticks = (double)at_us * (1 + s->drift_ppm / 1e6) * tsr_codec_clock_rate(s->media->codec) / 1e6;
	return s->ts + (uint32_t)(uint64_t)(ticks + 0.5);
}

/* ---- packets ------------------------------------------------------------------------------------------------------- */

struct burst {
	struct sender *sender;
	int64_t arrival_us;
	uint32_t ts;
	uint8_t held[SENDER_MTU + 64]; /* the latest packet waits here: only the last one of a frame bears the marker */
	size_t held_size;
};

static void flush_packet(struct burst *b, bool marker)
{
	struct sender *s = b->sender;
	if (b->held_size == 0)
		return;
	b->held[0] = 0x80;
	b->held[1] = (uint8_t)(s->payload_type | (marker ? 0x80 : 0));
	put_be16(b->held + 2, s->seq++);
	put_be32(b->held + 4, b->ts);
	put_be32(b->held + 8, s->ssrc);
	s->packets++;
	s->bytes += b->held_size - 12;
	s->send(s->ctx, false, b->held, b->held_size, b->arrival_us);
	b->held_size = 0;
}

static void add_packet(struct burst *b, const void *head, size_t head_size, const void *payload, size_t size)
{
	flush_packet(b, false);
	g_assert(12 + head_size + size <= sizeof(b->held));
	if (head_size > 0)
		memcpy(b->held + 12, head, head_size);
	if (size > 0)
		memcpy(b->held + 12 + head_size, payload, size);
	b->held_size = 12 + head_size + size;
}

/* Parameter sets go into one STAP-A, whatever is too large into FU-A, as Chromium does it. */
static void send_nal(void *ctx, const uint8_t *nal, size_t size)
{
	struct burst *b = ctx;
	uint8_t type = nal[0] & 31;
	if (type == 7 || type == 8) {
		uint8_t length[2];
		put_be16(length, (unsigned)size);
		if (type == 7)
			add_packet(b, "\x78", 1, NULL, 0);
		g_assert(b->held_size > 0 && b->held_size + 2 + size <= sizeof(b->held));
		memcpy(b->held + b->held_size, length, 2);
		memcpy(b->held + b->held_size + 2, nal, size);
		b->held_size += 2 + size;
		return;
	}
	if (size <= SENDER_MTU) {
		add_packet(b, NULL, 0, nal, size);
		return;
	}
	for (size_t at = 1; at < size;) {
		size_t part = MIN(size - at, SENDER_MTU - 2);
		uint8_t fu[2] = {(uint8_t)((nal[0] & 0xe0) | 28),
				 (uint8_t)(type | (at == 1 ? 0x80 : 0) | (at + part == size ? 0x40 : 0))};
		add_packet(b, fu, 2, nal + at, part);
		at += part;
	}
}

static void send_vp8(struct burst *b, const struct media_frame *frame)
{
	uint16_t picture = b->sender->frames & 0x7fff;
	for (size_t at = 0; at < frame->size;) {
		size_t part = MIN(frame->size - at, SENDER_MTU - 4);
		uint8_t head[4] = {(uint8_t)(0x80 | (at == 0 ? 0x10 : 0)), 0x80, (uint8_t)(0x80 | picture >> 8),
				   (uint8_t)picture};
		add_packet(b, head, 4, frame->data + at, part);
		at += part;
	}
}

void sender_frame(struct sender *s)
{
	const struct media_frame *frame = media_frame(s->media, s->frames);
	int64_t at_us = sender_next_us(s);
	int64_t arrival_us = s->start_us + at_us + s->delay_us;
	s->arrived_us = s->delay_us > 0 ? MAX(arrival_us, s->arrived_us) : arrival_us;
	struct burst b = {.sender = s, .arrival_us = s->arrived_us, .ts = timestamp_at(s, at_us - lasts_us(s))};
	if (s->media->codec == TSR_CODEC_H264)
		media_each_nal(frame->data, frame->size, send_nal, &b);
	else if (s->media->codec == TSR_CODEC_VP8)
		send_vp8(&b, frame);
	else
		add_packet(&b, NULL, 0, frame->data, frame->size);
	flush_packet(&b, s->media->codec != TSR_CODEC_OPUS);
	s->frames++;
}

void sender_report(struct sender *s, int64_t at_us)
{
	int64_t utc_us = s->start_us + at_us;
	uint8_t sr[28] = {0x80, 200, 0, 6};
	put_be32(sr + 4, s->ssrc);
	put_be32(sr + 8, (uint32_t)(utc_us / G_USEC_PER_SEC + NTP_UNIX_SECONDS));
	put_be32(sr + 12, (uint32_t)(((uint64_t)(utc_us % G_USEC_PER_SEC) << 32) / G_USEC_PER_SEC));
	put_be32(sr + 16, timestamp_at(s, at_us));
	put_be32(sr + 20, (uint32_t)s->packets);
	put_be32(sr + 24, (uint32_t)s->bytes);
	s->send(s->ctx, true, sr, sizeof(sr), utc_us);
}

/* ---- network ------------------------------------------------------------------------------------------------------- */

struct network_packet {
	int64_t arrival_us;
	bool rtcp;
	GBytes *bytes;
};

static void free_packet(gpointer data)
{
	struct network_packet *p = data;
	g_bytes_unref(p->bytes);
	g_free(p);
}

void network_init(struct network *n, guint32 seed, packet_fn deliver, void *ctx)
{
	*n = (struct network){.rand = g_rand_new_with_seed(seed), .deliver = deliver, .ctx = ctx, .delay_us = 40000};
	n->held = g_ptr_array_new_with_free_func(free_packet);
}

static void hold(struct network *n, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct network_packet *p = g_new(struct network_packet, 1);
	*p = (struct network_packet){.arrival_us = arrival_us, .rtcp = rtcp, .bytes = g_bytes_new(data, size)};
	guint at = n->held->len;
	while (at > 0 && ((struct network_packet *)n->held->pdata[at - 1])->arrival_us > arrival_us)
		at--;
	g_ptr_array_insert(n->held, (gint)at, p);
}

static void deliver_until(struct network *n, int64_t us)
{
	guint count = 0;
	for (; count < n->held->len; count++) {
		const struct network_packet *p = n->held->pdata[count];
		if (p->arrival_us > us)
			break;
		gsize size = 0;
		const uint8_t *data = g_bytes_get_data(p->bytes, &size);
		n->deliver(n->ctx, p->rtcp, data, size, p->arrival_us);
	}
	if (count > 0)
		g_ptr_array_remove_range(n->held, 0, count);
}

void network_send(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct network *n = ctx;
	deliver_until(n, arrival_us);
	if (g_rand_double(n->rand) < n->loss) {
		n->lost++;
		return;
	}
	int64_t delay_us = g_rand_double(n->rand) < n->reorder ? g_rand_int_range(n->rand, 0, (gint32)n->delay_us) : 0;
	hold(n, rtcp, data, size, arrival_us + delay_us);
	if (g_rand_double(n->rand) < n->duplicate) {
		n->duplicated++;
		hold(n, rtcp, data, size, arrival_us + g_rand_int_range(n->rand, 0, (gint32)n->delay_us));
	}
}

void network_finish(struct network *n)
{
	deliver_until(n, INT64_MAX);
	g_ptr_array_free(n->held, TRUE);
	g_rand_free(n->rand);
}
