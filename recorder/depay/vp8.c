/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * VP8: RFC 7741. */
#include "../bitstream/vpx.h"
#include "../common/reader.h"

#include "codecs.h"
#include "gather.h"

struct vp8 {
	struct gather g;
	bool droppable;
	uint8_t temporal_id;
};

struct descriptor {
	bool frame_start;   /* first packet of a frame: S set, partition 0 */
	bool non_reference; /* N */
	uint8_t temporal_id;
};

static tsr_error vp8_init(void *state, const struct depay_config *config)
{
	(void)config;
	struct vp8 *s = state;
	gather_init(&s->g);
	return TSR_OK;
}

static void vp8_finish(void *state)
{
	struct vp8 *s = state;
	gather_finish(&s->g);
}

/* RFC 7741 section 4.2. Leaves the payload in `r`; false when there is none. */
static bool parse_descriptor(struct reader *r, struct descriptor *out)
{
	uint8_t first = reader_u8(r);
	*out = (struct descriptor){.frame_start = (first & 0x17) == 0x10, .non_reference = first & 0x20};
	if (first & 0x80) { /* X */
		uint8_t extension = reader_u8(r);
		if (extension & 0x80 && reader_u8(r) & 0x80) /* I, and M: a PictureID of 15 bits */
			reader_skip(r, 1);
		if (extension & 0x40) /* L: TL0PICIDX */
			reader_skip(r, 1);
		uint8_t layer = extension & 0x30 ? reader_u8(r) : 0; /* T or K: TID, Y and KEYIDX share a byte */
		out->temporal_id = extension & 0x20 ? layer >> 6 : 0;
	}
	bool valid = reader_ok(r) && r->left > 0;
	out->frame_start = out->frame_start && valid;
	return valid;
}

static void end_frame(struct depay *d, struct vp8 *s)
{
	struct frame frame;
	struct vpx_frame header = {0};
	if (!s->g.spoiled && vp8_parse_frame(s->g.data.data, s->g.data.len, &header) != TSR_OK) {
		depay_malformed(d);
		gather_spoil(&s->g);
	}
	if (!gather_close(d, &s->g, &frame))
		return;
	frame.keyframe = header.keyframe;
	frame.width = header.width;
	frame.height = header.height;
	frame.droppable = s->droppable;
	frame.temporal_id = s->temporal_id;
	depay_emit(d, &frame);
}

static void vp8_push(struct depay *d, void *state, const struct rtp_packet *pkt, bool lost)
{
	struct vp8 *s = state;
	struct reader r = reader_of(pkt->payload, pkt->payload_size);
	struct descriptor descriptor;
	bool valid = parse_descriptor(&r, &descriptor);
	if (s->g.open && lost)
		gather_spoil(&s->g);
	if (s->g.open && (s->g.rtp_ts != pkt->timestamp || descriptor.frame_start))
		end_frame(d, s);
	if (!s->g.open) {
		gather_open(&s->g, pkt, lost);
		s->droppable = descriptor.non_reference;
		s->temporal_id = descriptor.temporal_id;
		if (!descriptor.frame_start)
			gather_spoil(&s->g);
	}
	if (valid) {
		gather_append(d, &s->g, r.p, r.left);
	} else {
		depay_malformed(d);
		gather_spoil(&s->g);
	}
	if (pkt->marker)
		end_frame(d, s);
}

static void vp8_flush(struct depay *d, void *state)
{
	struct vp8 *s = state;
	gather_drop(d, &s->g);
}

const struct depay_ops depay_vp8 = {TSR_CODEC_VP8, sizeof(struct vp8), vp8_init, vp8_finish, vp8_push, vp8_flush};
