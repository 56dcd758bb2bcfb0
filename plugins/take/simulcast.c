/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <glib.h>
#include <rtp.h> /* Janus's */
#include <string.h>
#include <utils.h> /* Janus's */

#include "simulcast.h"

/* A layer that was silent for so long does not arrive any more. Congestion control stops and starts the better layers;
 * a low one at 5 frames a second is silent for 200 ms anyway. */
#define LAYER_TIMEOUT_US 1000000
/* A keyframe for changing the layer is asked for this often at most. */
#define ASK_PERIOD_US 1000000

void simulcast_init(struct simulcast *s, const struct take_layers *layers, tsr_codec codec, int wanted)
{
	*s = (struct simulcast){.codec = codec, .layers = *layers, .wanted = wanted, .current = -1};
	for (int i = 0; i < TAKE_LAYERS; i++)
		s->active |= layers->ssrc[i] != 0 || layers->rid[i][0];
}

bool simulcast_same_layers(const struct simulcast *x, const struct simulcast *y)
{
	const struct take_layers *a = &x->layers, *b = &y->layers;
	return x->active == y->active && a->rid_extension == b->rid_extension &&
	       !memcmp(a->rid, b->rid, sizeof(a->rid)) &&
	       (a->rid[0][0] || a->rid[1][0] || a->rid[2][0] || !memcmp(a->ssrc, b->ssrc, sizeof(a->ssrc)));
}

/* Which layer a packet is of; learns the SSRCs from the rids, which are sent until the receiver's first report. */
static int layer_of(struct simulcast *s, const char *packet, size_t size, uint32_t ssrc)
{
	for (int i = 0; i < TAKE_LAYERS; i++) {
		if (s->layers.ssrc[i] == ssrc)
			return i;
	}
	char rid[17] = "";
	if (!s->layers.rid_extension ||
	    janus_rtp_header_extension_parse_rid((char *)packet, (int)size, s->layers.rid_extension, rid,
						 sizeof(rid)) != 0)
		return -1;
	for (int i = 0; i < TAKE_LAYERS; i++) {
		if (s->layers.rid[i][0] && !strcmp(s->layers.rid[i], rid)) {
			s->layers.ssrc[i] = ssrc;
			return i;
		}
	}
	return -1;
}

static bool begins_keyframe(tsr_codec codec, const char *packet, size_t size)
{
	int payload_size = 0;
	const char *payload = janus_rtp_payload((char *)packet, (int)size, &payload_size);
	if (!payload || payload_size <= 0)
		return false;
	switch (codec) {
	case TSR_CODEC_H264: return janus_h264_is_keyframe(payload, payload_size);
	case TSR_CODEC_H265: return janus_h265_is_keyframe(payload, payload_size);
	case TSR_CODEC_VP8: return janus_vp8_is_keyframe(payload, payload_size);
	case TSR_CODEC_VP9: return janus_vp9_is_keyframe(payload, payload_size);
	case TSR_CODEC_AV1: return janus_av1_is_keyframe(payload, payload_size);
	default: return false;
	}
}

static bool arrives(const struct simulcast *s, int layer, int64_t now_us)
{
	return s->arrived_us[layer] && now_us - s->arrived_us[layer] < LAYER_TIMEOUT_US;
}

/* The best layer up to the wanted one that arrives; without any, the lowest above it. */
static int best_layer(const struct simulcast *s, int64_t now_us)
{
	for (int i = s->wanted; i >= 0; i--) {
		if (arrives(s, i, now_us))
			return i;
	}
	for (int i = s->wanted + 1; i < TAKE_LAYERS; i++) {
		if (arrives(s, i, now_us))
			return i;
	}
	return -1;
}

bool simulcast_select(struct simulcast *s, const char *packet, size_t size, int64_t now_us, bool *ask)
{
	uint32_t ssrc;
	if (size < 12)
		return false;
	memcpy(&ssrc, packet + 8, sizeof(ssrc));
	int layer = layer_of(s, packet, size, ntohl(ssrc));
	if (layer < 0)
		return false;
	s->arrived_us[layer] = now_us;
	int best = best_layer(s, now_us);
	if (best != s->current) {
		if (layer == best && begins_keyframe(s->codec, packet, size)) {
			s->current = best;
		} else if (now_us - s->asked_us >= ASK_PERIOD_US) {
			s->asked_us = now_us;
			*ask = true;
		}
	}
	return layer == s->current;
}
