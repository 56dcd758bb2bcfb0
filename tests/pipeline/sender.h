/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A WebRTC sender of one stream, simulated: media as RTP (RFC 6184, RFC 7741, RFC 7587) with sender reports, on a clock that may
 * drift, and a seeded network between it and us. */
#ifndef TEST_SENDER_H
#define TEST_SENDER_H

#include "media.h"

#define SENDER_MTU 1200

typedef void (*packet_fn)(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us);

struct sender {
	const struct media *media;
	uint8_t payload_type;
	uint32_t ssrc;
	int64_t start_us;   /* arrival of what is sent at 0 */
	int64_t delay_us;   /* of packets on their way, not of reports; 0 = none, and they may overtake each other */
	int64_t arrived_us; /* the latest one */
	double drift_ppm;   /* of its media clock; its NTP clock is right */
	uint16_t seq;       /* of the next packet */
	uint32_t ts;        /* at media time 0 */
	uint64_t frames;    /* sent so far; the next one's number */
	uint64_t packets;
	uint64_t bytes;
	packet_fn send;
	void *ctx;
};

/* When the next frame is sent, counted from start_us, in the network's time. */
int64_t sender_next_us(const struct sender *s);

/* Sends the next frame; its packets arrive together, delay_us later. */
void sender_frame(struct sender *s);

/* Sends a sender report of the moment at_us behind start_us. */
void sender_report(struct sender *s, int64_t at_us);

/* A network: loses, repeats and delays what it is given, the same for the same seed. Packets come out in order of arrival. */
struct network {
	GRand *rand;
	double loss, duplicate, reorder; /* probabilities */
	int64_t delay_us;                /* the longest, of packets that are delayed or repeated */
	packet_fn deliver;
	void *ctx;
	GPtrArray *held; /* struct network_packet, by arrival */
	uint64_t lost, duplicated;
};

void network_init(struct network *n, guint32 seed, packet_fn deliver, void *ctx);
/* A packet_fn: ctx is the network. */
void network_send(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us);
/* Delivers what is still on the way, and frees. */
void network_finish(struct network *n);

#endif
