/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * VP9: RFC 9628, flexible and non-flexible mode. The layer frames of one picture (spatial layers on one SSRC) are joined to a
 * superframe. */
#include "../bitstream/vpx.h"
#include "../common/reader.h"

#include "codecs.h"
#include "gather.h"

struct vp9 {
	struct gather g;
	/* The picture being gathered: */
	uint32_t layer_sizes[VP9_MAX_FRAMES];
	unsigned layers;
	size_t layer_at;    /* where the last one begins in g.data */
	uint8_t spatial_id; /* of the last one */
	uint8_t temporal_id;
	uint16_t width; /* of the largest layer, from a scalability structure; 0 when there was none */
	uint16_t height;
};

struct descriptor {
	bool layered;     /* L */
	bool frame_start; /* B */
	uint8_t temporal_id, spatial_id;
	uint16_t width; /* of the last layer of a scalability structure */
	uint16_t height;
};

static tsr_error vp9_init(void *state, const struct depay_config *config)
{
	(void)config;
	struct vp9 *s = state;
	gather_init(&s->g);
	return TSR_OK;
}

static void vp9_finish(void *state)
{
	struct vp9 *s = state;
	gather_finish(&s->g);
}

/* RFC 9628 section 4.2.1 */
static void parse_scalability_structure(struct reader *r, struct descriptor *out)
{
	uint8_t first = reader_u8(r);
	for (unsigned layers = (first >> 5) + 1; first & 0x10 && layers > 0; layers--) { /* Y */
		out->width = reader_be16(r);
		out->height = reader_be16(r);
	}
	for (unsigned pictures = first & 0x08 ? reader_u8(r) : 0; pictures > 0; pictures--) /* G */
		reader_skip(r, reader_u8(r) >> 2 & 3);
}

/* RFC 9628 section 4.2. Leaves the payload in `r`; false when there is none. */
static bool parse_descriptor(struct reader *r, struct descriptor *out)
{
	uint8_t first = reader_u8(r);
	bool inter_picture = first & 0x40, flexible = first & 0x10;
	*out = (struct descriptor){.layered = first & 0x20, .frame_start = first & 0x08};
	if (first & 0x80 && reader_u8(r) & 0x80) /* I, and M: a picture ID of 15 bits */
		reader_skip(r, 1);
	if (out->layered) {
		uint8_t layer = reader_u8(r);
		out->temporal_id = layer >> 5;
		out->spatial_id = layer >> 1 & 7;
		if (!flexible)
			reader_skip(r, 1); /* TL0PICIDX */
	}
	if (inter_picture && flexible)
		for (unsigned references = 3; references > 0 && reader_u8(r) & 1; references--) /* P_DIFF, N */
			continue;
	if (first & 0x02) /* V */
		parse_scalability_structure(r, out);
	bool valid = reader_ok(r) && r->left > 0;
	out->frame_start = out->frame_start && valid;
	return valid;
}

/* The last layer frame has come to its end. */
static void end_layer(struct vp9 *s)
{
	if (s->layers > 0)
		s->layer_sizes[s->layers - 1] = (uint32_t)(s->g.data.len - s->layer_at);
}

/* There are VP9_MAX_FRAMES at most: within a picture the spatial id, of three bits, rises. */
static void begin_layer(struct vp9 *s, const struct descriptor *descriptor)
{
	end_layer(s);
	s->layers++;
	s->layer_at = s->g.data.len;
	s->spatial_id = descriptor->spatial_id;
}

/* Reads the layer frames' headers: the first one says whether the picture is a keyframe, all of them whether it may be
 * dropped. */
static tsr_error parse_picture(const struct vp9 *s, struct vpx_frame *out)
{
	struct reader r = reader_of(s->g.data.data, s->g.data.len);
	struct vpx_frame picture = {.droppable = true};
	for (unsigned i = 0; i < s->layers; i++) {
		struct vpx_frame layer;
		const uint8_t *at = reader_bytes(&r, s->layer_sizes[i]);
		if (at == NULL || vp9_parse_frame(at, s->layer_sizes[i], &layer) != TSR_OK)
			return TSR_E_MALFORMED;
		bool droppable = picture.droppable && layer.droppable;
		if (i == 0)
			picture = layer;
		picture.droppable = droppable;
	}
	if (picture.keyframe && s->layers > 1 && s->width > 0 && s->height > 0) {
		picture.width = s->width;
		picture.height = s->height;
	}
	*out = picture;
	return TSR_OK;
}

static void end_picture(struct depay *d, struct vp9 *s)
{
	struct frame frame;
	struct vpx_frame picture = {0};
	end_layer(s);
	if (!s->g.spoiled && parse_picture(s, &picture) != TSR_OK) {
		depay_malformed(d);
		gather_spoil(&s->g);
	}
	if (s->layers > 1) {
		uint8_t index[VP9_MAX_INDEX];
		gather_append(d, &s->g, index, vp9_write_superframe_index(s->layer_sizes, s->layers, index));
	}
	if (!gather_close(d, &s->g, &frame))
		return;
	frame.keyframe = picture.keyframe;
	frame.width = picture.width;
	frame.height = picture.height;
	frame.droppable = picture.droppable;
	frame.temporal_id = s->temporal_id;
	depay_emit(d, &frame);
}

static void begin_picture(struct vp9 *s, const struct rtp_packet *pkt, const struct descriptor *descriptor, bool lost)
{
	gather_open(&s->g, pkt, lost);
	s->layers = 0;
	s->spatial_id = 0;
	s->temporal_id = descriptor->temporal_id;
	s->width = s->height = 0;
	/* After a loss an upper layer may be all that came of its picture. */
	if (!descriptor->frame_start || (lost && descriptor->spatial_id > 0))
		gather_spoil(&s->g);
}

static void vp9_push(struct depay *d, void *state, const struct rtp_packet *pkt, bool lost)
{
	struct vp9 *s = state;
	struct reader r = reader_of(pkt->payload, pkt->payload_size);
	struct descriptor descriptor;
	bool valid = parse_descriptor(&r, &descriptor);
	bool next_picture = descriptor.frame_start && !(descriptor.layered && descriptor.spatial_id > s->spatial_id);
	if (s->g.open && lost)
		gather_spoil(&s->g);
	if (s->g.open && (s->g.rtp_ts != pkt->timestamp || next_picture))
		end_picture(d, s);
	if (!s->g.open)
		begin_picture(s, pkt, &descriptor, lost);
	if (!valid) {
		depay_malformed(d);
		gather_spoil(&s->g);
	}
	if (descriptor.frame_start)
		begin_layer(s, &descriptor);
	if (descriptor.width > 0) {
		s->width = descriptor.width;
		s->height = descriptor.height;
	}
	gather_append(d, &s->g, r.p, r.left);
	if (pkt->marker)
		end_picture(d, s);
}

static void vp9_flush(struct depay *d, void *state)
{
	struct vp9 *s = state;
	gather_drop(d, &s->g);
}

const struct depay_ops depay_vp9 = {TSR_CODEC_VP9, sizeof(struct vp9), vp9_init, vp9_finish, vp9_push, vp9_flush};
