/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <glib.h>
#include <rtp.h> /* Janus's */
#include <string.h>
#include <utils.h> /* Janus's */

#include "simulcast.h"

_Static_assert(TAKE_LAYERS == LAYERS_MOST, "one for each");

void simulcast_init(struct simulcast *s, const struct take_layers *layers, tsr_codec codec, int wanted)
{
	*s = (struct simulcast){.codec = codec, .layers = *layers};
	layers_init(&s->choice, wanted);
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

/* Senders probe for bandwidth with packets of nothing but padding, on layers that do not send, too. */
static bool has_payload(const char *packet, size_t size)
{
	int payload_size = 0;
	if (!janus_rtp_payload((char *)packet, (int)size, &payload_size))
		return false;
	int padding = packet[0] & 0x20 ? (uint8_t)packet[size - 1] : 0;
	return payload_size > padding;
}

bool simulcast_select(struct simulcast *s, const char *packet, size_t size, int64_t now_us, bool *ask)
{
	uint32_t ssrc, ts;
	if (size < 12)
		return false;
	memcpy(&ts, packet + 4, sizeof(ts));
	memcpy(&ssrc, packet + 8, sizeof(ssrc));
	int layer = layer_of(s, packet, size, ntohl(ssrc));
	if (layer < 0)
		return false;
	if (!has_payload(packet, size))
		return layer == s->choice.current; /* its number is used up */
	return layers_take(&s->choice, layer, ntohl(ts), begins_keyframe(s->codec, packet, size), now_us, ask);
}

#define RTCP_SR 200

void simulcast_report(struct simulcast *s, const char *packet, size_t size)
{
	while (size >= 8) {
		uint16_t words;
		uint32_t ssrc;
		memcpy(&words, packet + 2, sizeof(words));
		memcpy(&ssrc, packet + 4, sizeof(ssrc));
		for (int i = 0; (uint8_t)packet[1] == RTCP_SR && i < TAKE_LAYERS; i++) {
			if (s->layers.ssrc[i] == ntohl(ssrc))
				layers_report(&s->choice, i);
		}
		size_t bytes = ((size_t)ntohs(words) + 1) * 4;
		if (bytes > size)
			return;
		packet += bytes;
		size -= bytes;
	}
}
