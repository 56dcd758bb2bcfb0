/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * AV1: the Alliance for Open Media's "RTP Payload Format For AV1". OBU elements become temporal units of the low-overhead
 * format; all layers of an SVC stream that come on one SSRC go into one temporal unit. */
#include "../bitstream/av1.h"

#include "codecs.h"
#include "gather.h"

/* Bits of the aggregation header, section 4.4 */
enum { AGGREGATION_Z = 0x80, AGGREGATION_Y = 0x40, AGGREGATION_W_SHIFT = 4 };

static const uint8_t temporal_delimiter[] = {AV1_OBU_TEMPORAL_DELIMITER << 3 | AV1_OBU_HAS_SIZE, 0};

struct av1 {
	struct gather g;
	struct av1_sequence sequence;
	bool has_sequence;
	bool hides_frames; /* the sender puts frames that are not shown before the one that is */
	/* The temporal unit being gathered: */
	bool begins_sequence; /* it has a sequence header */
	bool has_frame;
	bool keyframe;
	bool referenced;
	uint8_t temporal_id;
	bool in_fragment;
	size_t obu_at; /* where the OBU element that is being gathered begins in g.data */
};

static tsr_error av1_init(void *state, const struct depay_config *config)
{
	(void)config;
	struct av1 *s = state;
	gather_init(&s->g);
	return TSR_OK;
}

static void av1_finish(void *state)
{
	struct av1 *s = state;
	gather_finish(&s->g);
}

static void begin_unit(struct depay *d, struct av1 *s, const struct rtp_packet *pkt, bool lost)
{
	gather_open(&s->g, pkt, lost);
	gather_append(d, &s->g, temporal_delimiter, sizeof(temporal_delimiter));
	s->begins_sequence = s->has_frame = s->keyframe = s->referenced = s->in_fragment = false;
}

static void malformed(struct depay *d, struct av1 *s)
{
	depay_malformed(d);
	gather_spoil(&s->g);
}

static void end_unit(struct depay *d, struct av1 *s)
{
	struct frame frame;
	if (!s->g.spoiled && s->g.data.len == sizeof(temporal_delimiter)) {
		gather_discard(&s->g); /* of empty elements alone */
		return;
	}
	if (s->in_fragment || !s->has_frame)
		gather_spoil(&s->g);
	if (!gather_close(d, &s->g, &frame))
		return;
	frame.keyframe = s->keyframe && s->begins_sequence;
	frame.width = frame.keyframe ? s->sequence.width : 0;
	frame.height = frame.keyframe ? s->sequence.height : 0;
	frame.droppable = !s->referenced;
	frame.temporal_id = s->temporal_id;
	depay_emit(d, &frame);
}

/* After a loss: can what was lost belong to this temporal unit, of which this is the first frame that came? */
static bool is_doubtful(const struct av1 *s, const struct av1_obu *obu, const struct av1_frame *frame)
{
	return !s->begins_sequence && (obu->spatial_id > 0 || frame->keyframe || s->hides_frames);
}

static void see_frame(struct depay *d, struct av1 *s, const struct av1_obu *obu)
{
	struct av1_frame frame = {0};
	if (s->has_sequence && av1_parse_frame(&s->sequence, obu->payload, obu->payload_size, &frame) != TSR_OK) {
		malformed(d, s);
		return;
	}
	if (s->g.after_loss && !s->has_frame && is_doubtful(s, obu, &frame))
		gather_spoil(&s->g);
	s->hides_frames = s->hides_frames || (s->has_sequence && !frame.shown);
	s->has_frame = true;
	s->temporal_id = obu->temporal_id; /* the same in the whole temporal unit */
	s->keyframe = s->keyframe || frame.keyframe;
	s->referenced = s->referenced || !frame.droppable;
}

static void see_obu(struct depay *d, struct av1 *s, const struct av1_obu *obu)
{
	switch (obu->type) {
	case AV1_OBU_SEQUENCE_HEADER:
		s->has_sequence = av1_parse_sequence(obu->payload, obu->payload_size, &s->sequence) == TSR_OK;
		s->begins_sequence = s->has_sequence;
		if (!s->has_sequence)
			malformed(d, s);
		break;
	case AV1_OBU_FRAME_HEADER:
	case AV1_OBU_FRAME: see_frame(d, s, obu); break;
	case AV1_OBU_TILE_GROUP:
		if (!s->has_frame) /* its frame header was lost */
			gather_spoil(&s->g);
		break;
	default: break;
	}
}

/* The OBU of `size` bytes at `at` is there in full: gives it a size field, or takes it out when receivers must ignore it (section 5).
 * Returns how many bytes it has then. */
static size_t end_obu(struct depay *d, struct av1 *s, size_t at, size_t size)
{
	struct av1_obu obu;
	uint8_t *bytes = s->g.data.data + at;
	if (av1_parse_obu(bytes, size, &obu) != TSR_OK) {
		malformed(d, s);
		return 0;
	}
	if (obu.type == AV1_OBU_TEMPORAL_DELIMITER || obu.type == AV1_OBU_TILE_LIST) {
		gather_remove(&s->g, at, size);
		return 0;
	}
	see_obu(d, s, &obu);
	if (obu.has_size || s->g.spoiled)
		return size;
	uint8_t field[AV1_MAX_LEB128];
	size_t field_size = av1_write_leb128((uint32_t)obu.payload_size, field);
	*bytes |= AV1_OBU_HAS_SIZE;
	gather_insert(d, &s->g, at + obu.header_size, field, field_size);
	return size + field_size;
}

/* The element at obu_at is there in full. It should be one OBU; some senders put several with size fields into it. */
static void end_element(struct depay *d, struct av1 *s)
{
	for (size_t at = s->obu_at; !s->g.spoiled && at < s->g.data.len;)
		at += end_obu(d, s, at, av1_obu_size(s->g.data.data + at, s->g.data.len - at));
}

/* An OBU element: `continued` from the packet before, `continues` in the next one. */
static void take_element(struct depay *d, struct av1 *s, const uint8_t *data, size_t size, bool continued,
			 bool continues)
{
	if (continued != s->in_fragment) /* the end of one or the start of this one never came */
		gather_spoil(&s->g);
	if (!continued)
		s->obu_at = s->g.data.len;
	gather_append(d, &s->g, data, size);
	s->in_fragment = continues;
	if (!continues && !s->g.spoiled)
		end_element(d, s);
}

static void take_payload(struct depay *d, struct av1 *s, const struct rtp_packet *pkt)
{
	struct reader r = reader_of(pkt->payload, pkt->payload_size);
	uint8_t aggregation = reader_u8(&r);
	unsigned count = aggregation >> AGGREGATION_W_SHIFT & 3; /* W; 0 = all elements have a size */
	unsigned taken = 0;
	if (r.left == 0) {
		malformed(d, s);
		return;
	}
	do {
		size_t size = ++taken == count ? r.left : av1_read_leb128(&r);
		const uint8_t *data = reader_bytes(&r, size);
		bool continued = taken == 1 && aggregation & AGGREGATION_Z;
		bool continues = r.left == 0 && aggregation & AGGREGATION_Y;
		if (!reader_ok(&r)) {
			malformed(d, s);
			return;
		}
		if (size > 0 || continued || continues) /* some senders fill up with empty ones */
			take_element(d, s, data, size, continued, continues);
	} while (r.left > 0);
	if (taken + 1 < count) /* the last one has no size field: where nothing is left it is empty */
		malformed(d, s);
}

static void av1_push(struct depay *d, void *state, const struct rtp_packet *pkt, bool lost)
{
	struct av1 *s = state;
	if (s->g.open && lost)
		gather_spoil(&s->g);
	if (s->g.open && s->g.rtp_ts != pkt->timestamp)
		end_unit(d, s);
	if (!s->g.open)
		begin_unit(d, s, pkt, lost);
	take_payload(d, s, pkt);
	if (pkt->marker)
		end_unit(d, s);
}

static void av1_flush(struct depay *d, void *state)
{
	struct av1 *s = state;
	gather_drop(d, &s->g);
}

const struct depay_ops depay_av1 = {
	.codec = TSR_CODEC_AV1,
	.state_size = sizeof(struct av1),
	.init = av1_init,
	.finish = av1_finish,
	.push = av1_push,
	.flush = av1_flush,
};
