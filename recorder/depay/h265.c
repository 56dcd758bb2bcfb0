/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * H.265: RFC 7798, without decoding order numbers (sprop-max-don-diff is 0 in WebRTC): single NAL units, aggregation packets,
 * fragmentation units; of PACI packets the extension is skipped and the payload taken. */
#include "../bitstream/h265.h"

#include "../bitstream/annexb.h"
#include "../bitstream/bits.h"
#include "../bitstream/sei.h"
#include "../common/reader.h"

#include "codecs.h"
#include "nals.h"
#include "picture.h"

/* RFC 7798 section 4.4 */
enum { AGGREGATION = 48, FRAGMENTATION = 49, PACI = 50 };

static const uint8_t access_unit_delimiter[] = {0, 0, 0, 1, H265_NAL_AUD << 1, 1, 0x50};

struct h265 {
	struct gather g;
	struct picture picture;
	struct h265_sets sets;
	bool sets_in_band; /* keyframes come with their parameter sets, as far as is known */
	bool had_sets;     /* the access unit before had any */
	enum depay_entry accepted;
	/* The access unit being gathered: */
	bool has_slice;
	bool has_irap;
	bool recovers; /* it has a recovery point */
	bool has_sets;
	bool referenced;
	uint32_t pps_id; /* of its first slice */
	uint8_t temporal_id;
	bool in_fragment;
	size_t fragment_at; /* where its NAL unit begins in g.data */
};

static tsr_error h265_init(void *state, const struct depay_config *config)
{
	struct h265 *s = state;
	gather_init(&s->g);
	struct reader r = reader_of(config->parameter_sets, config->parameter_sets_size);
	const uint8_t *nal;
	size_t size;
	tsr_error err = TSR_OK;
	while (err != TSR_E_NOMEM && annexb_next(&r, &nal, &size))
		err = h265_sets_put(&s->sets, nal, size);
	/* What an SDP says that is no parameter set is of no use, but no reason to refuse the stream. */
	return err == TSR_E_NOMEM ? err : TSR_OK;
}

static void h265_finish(void *state)
{
	struct h265 *s = state;
	gather_finish(&s->g);
	h265_sets_finish(&s->sets);
}

static void begin_unit(struct depay *d, struct h265 *s, const struct rtp_packet *pkt, bool lost)
{
	gather_open(&s->g, pkt, lost);
	gather_append(d, &s->g, access_unit_delimiter, sizeof(access_unit_delimiter));
	h265_sets_new_unit(&s->sets);
	s->had_sets = s->has_sets;
	s->has_slice = s->has_irap = s->recovers = s->has_sets = s->referenced = s->in_fragment = false;
}

static void malformed(struct depay *d, struct h265 *s)
{
	depay_malformed(d);
	gather_spoil(&s->g);
}

/* What a decoder begins with needs its parameter sets in front of it and tells its size. False: they are not known. */
static bool complete_entry(struct depay *d, struct h265 *s, struct h265_sps *sps)
{
	bool in_unit;
	if (h265_sets_find(&s->sets, s->pps_id, sps, &in_unit) != TSR_OK)
		return false;
	if (s->has_irap)
		s->sets_in_band = in_unit;
	if (in_unit)
		return true;
	struct buf sets;
	buf_init(&sets, LIMIT_FRAME_BYTES);
	tsr_error err = h265_sets_write(&s->sets, &sets);
	if (err == TSR_OK)
		gather_insert(d, &s->g, sizeof(access_unit_delimiter), sets.data, sets.len);
	buf_finish(&sets);
	return err == TSR_OK;
}

/* Whether a decoder may begin with the picture. */
static bool is_entry(const struct h265 *s)
{
	struct h265_sps sps;
	bool in_unit;
	if (s->has_irap || !s->has_slice || s->recovers || s->accepted != DEPAY_ENTRY_WITH_SETS)
		return s->has_irap || (s->has_slice && (s->recovers || s->accepted == DEPAY_ENTRY_ANY));
	return s->has_sets && !s->had_sets && h265_sets_find(&s->sets, s->pps_id, &sps, &in_unit) == TSR_OK && in_unit;
}

static void end_unit(struct depay *d, struct h265 *s)
{
	struct frame frame;
	struct h265_sps sps = {0};
	if (s->in_fragment)
		gather_spoil(&s->g);
	bool entry = is_entry(s);
	if (!s->g.spoiled && entry && !complete_entry(d, s, &sps)) {
		entry = false;
		sps = (struct h265_sps){0};
		if (s->has_irap)
			gather_spoil(&s->g);
	}
	if (!s->g.spoiled && !s->has_slice) {
		gather_discard(&s->g); /* parameter sets alone; they are kept */
		return;
	}
	if (!gather_close(d, &s->g, &frame))
		return;
	frame.keyframe = entry;
	if (entry)
		s->accepted = DEPAY_ENTRY_KEYFRAME;
	frame.width = sps.width;
	frame.height = sps.height;
	frame.reorder = sps.reorder;
	frame.droppable = !s->referenced;
	frame.temporal_id = s->temporal_id;
	depay_emit(d, &frame);
}

/* Looks at a slice segment, the first or a later one of its access unit. */
static void see_slice(struct depay *d, struct h265 *s, const uint8_t *nal, size_t size)
{
	struct h265_slice slice;
	struct h265_sps sps;
	unsigned type = h265_nal_type(nal[0]), temporal_id = (nal[1] & 7u) - 1;
	if (h265_parse_slice(nal, size, &slice) != TSR_OK) {
		malformed(d, s);
		return;
	}
	bool in_unit = false;
	bool known = h265_sets_find(&s->sets, slice.pps_id, &sps, &in_unit) == TSR_OK;
	bool irap = type >= H265_NAL_BLA_W_LP && type <= H265_NAL_CRA;
	bool lacks_sets = irap && s->sets_in_band && !in_unit;
	if (s->g.after_loss && !s->has_slice && (!slice.first || lacks_sets))
		gather_spoil(&s->g); /* what was lost may belong to this picture */
	if (!s->has_slice)
		s->pps_id = slice.pps_id;
	s->has_slice = true;
	s->temporal_id = (uint8_t)temporal_id; /* the same in the whole access unit */
	s->has_irap = s->has_irap || irap;
	/* A sub-layer non-reference picture may still serve the sub-layers above its own (section 7.4.2.2). */
	bool droppable = type < H265_NAL_RSV_VCL_R15 && type % 2 == 0 && known && temporal_id + 1 == sps.sub_layers;
	s->referenced = s->referenced || !droppable;
}

static void keep_set(struct depay *d, struct h265 *s, const uint8_t *nal, size_t size, bool alone)
{
	tsr_error err = h265_sets_put(&s->sets, nal, annexb_trim(nal, size));
	if (err == TSR_OK)
		s->sets_in_band = s->has_sets = true;
	else if (err != TSR_E_MALFORMED)
		gather_too_large(d, &s->g);
	else if (alone)
		malformed(d, s);
}

static bool is_valid(const uint8_t header[H265_NAL_HEADER_SIZE])
{
	return h265_nal_type(header[0]) <= H265_NAL_LAST && !(header[0] & 0x80) && (header[1] & 7) != 0;
}

/* Looks at a NAL unit that is there in full; it may be one of several in the place of one (not `alone`). */
static void see_nal(struct depay *d, void *state, const uint8_t *nal, size_t size, bool alone)
{
	struct h265 *s = state;
	if (size < H265_NAL_HEADER_SIZE || !is_valid(nal)) {
		if (alone)
			malformed(d, s);
		return;
	}
	unsigned type = h265_nal_type(nal[0]);
	if (type >= H265_NAL_VPS && type <= H265_NAL_PPS)
		keep_set(d, s, nal, size, alone);
	else if (type == H265_NAL_PREFIX_SEI)
		s->recovers =
			s->recovers || sei_has_recovery_point(nal + H265_NAL_HEADER_SIZE, size - H265_NAL_HEADER_SIZE);
	else if (type <= H265_NAL_LAST_VCL)
		see_slice(d, s, nal, size);
}

static enum nal_kind kind_of(uint8_t header)
{
	unsigned type = h265_nal_type(header);
	return type <= H265_NAL_LAST_VCL ? NAL_SLICE : type == H265_NAL_AUD ? NAL_DELIMITER : NAL_OTHER;
}

static const struct nal_ops nal_ops = {kind_of, see_nal};

/* A NAL unit in two parts: its header and what follows. */
static void take_nal(struct depay *d, struct h265 *s, const uint8_t header[H265_NAL_HEADER_SIZE],
		     const struct reader *body)
{
	if (s->in_fragment) /* its end never came */
		gather_spoil(&s->g);
	s->in_fragment = false;
	gather_append(d, &s->g, annexb_start_code, ANNEXB_START_CODE_SIZE);
	size_t at = s->g.data.len;
	gather_append(d, &s->g, header, H265_NAL_HEADER_SIZE);
	gather_append(d, &s->g, body->p, body->left);
	nals_see(d, &s->g, at, &nal_ops, s);
}

/* Section 4.4.2 */
static void take_aggregation(struct depay *d, struct h265 *s, struct reader *r)
{
	do {
		size_t size = reader_be16(r);
		struct reader nal = {.p = reader_bytes(r, size), .left = size};
		bool empty = reader_ok(r) && size == 0; /* some senders fill up with those */
		const uint8_t *header = nal.p ? reader_bytes(&nal, H265_NAL_HEADER_SIZE) : NULL;
		if (header == NULL && !empty) {
			malformed(d, s);
			return;
		}
		if (!empty)
			take_nal(d, s, header, &nal);
	} while (r->left > 0 && !nals_padding_left(r));
}

/* Section 4.4.3 */
static void take_fragment(struct depay *d, struct h265 *s, const uint8_t payload_header[H265_NAL_HEADER_SIZE],
			  struct reader *r)
{
	uint8_t fu_header = reader_u8(r);
	bool start = fu_header & 0x80, end = fu_header & 0x40;
	unsigned type = fu_header & 0x3f;
	uint8_t header[] = {(uint8_t)((payload_header[0] & 0x81) | type << 1), payload_header[1]};
	/* What was packetized with a start code in front: its first two zero bytes were taken for the header. */
	bool coded = header[0] == 0 && header[1] == 0 && (start ? r->left > 0 && r->p[0] <= 1 : s->in_fragment);
	if (!reader_ok(r) || (!is_valid(header) && !coded)) {
		malformed(d, s);
		return;
	}
	if (start == s->in_fragment) /* the end of one or the start of this one never came */
		gather_spoil(&s->g);
	if (start) {
		gather_append(d, &s->g, annexb_start_code, ANNEXB_START_CODE_SIZE);
		s->fragment_at = s->g.data.len;
		gather_append(d, &s->g, header, sizeof(header));
	}
	gather_append(d, &s->g, r->p, r->left);
	s->in_fragment = !end;
	if (end && !s->g.spoiled)
		nals_see(d, &s->g, s->fragment_at, &nal_ops, s);
}

static void take_payload(struct depay *d, struct h265 *s, const uint8_t header[H265_NAL_HEADER_SIZE], struct reader *r)
{
	switch (h265_nal_type(header[0])) {
	case AGGREGATION: take_aggregation(d, s, r); break;
	case FRAGMENTATION: take_fragment(d, s, header, r); break;
	default: take_nal(d, s, header, r);
	}
}

/* Section 4.4.4: A, cType, PHSsize, F0 to F2, Y; then an extension of PHSsize bytes, and the payload of a packet whose header
 * is made of A, cType and the PACI's own. */
static void take_paci(struct depay *d, struct h265 *s, const uint8_t paci_header[H265_NAL_HEADER_SIZE],
		      struct reader *r)
{
	uint16_t fields = reader_be16(r);
	uint8_t header[] = {(uint8_t)(fields >> 8 & 0xfe) | (paci_header[0] & 1), paci_header[1]};
	reader_skip(r, fields >> 4 & 0x1f);
	if (!reader_ok(r))
		malformed(d, s);
	else
		take_payload(d, s, header, r);
}

/* What a NAL unit's bytes begin with. */
static enum picture_part part_of_nal(unsigned type, uint8_t header_end, const struct reader *body)
{
	bool coded = (header_end & 7) == 0; /* a start code */
	if (type <= H265_NAL_LAST_VCL && !coded && body->left > 0)
		return body->p[0] & 0x80 ? PART_FIRST : PART_LATER; /* first_slice_segment_in_pic_flag */
	bool tail = (type >= H265_NAL_END_OF_SEQUENCE && type <= H265_NAL_FILLER) || type == H265_NAL_SUFFIX_SEI;
	return tail ? PART_TAIL : PART_FIRST;
}

static enum picture_part part_of(const struct rtp_packet *pkt)
{
	struct reader r = reader_of(pkt->payload, pkt->payload_size);
	unsigned type = h265_nal_type(reader_u8(&r));
	uint8_t header_end = reader_u8(&r);
	if (type == PACI) {
		uint16_t fields = reader_be16(&r);
		reader_skip(&r, fields >> 4 & 0x1f);
		type = fields >> 9 & 0x3f;
	}
	if (type == AGGREGATION) {
		while (r.left > 0 && reader_be16(&r) == 0)
			;
		type = h265_nal_type(reader_u8(&r));
		header_end = reader_u8(&r);
	} else if (type == FRAGMENTATION) {
		uint8_t fu_header = reader_u8(&r);
		if (!(fu_header & 0x80))
			return PART_TAIL;
		type = fu_header & 0x3f;
	}
	return part_of_nal(type, header_end, &r);
}

/* Ends the unit that is open, if it was over before this packet, and begins one, if none is open. */
static void place_packet(struct depay *d, struct h265 *s, const struct rtp_packet *pkt, bool lost)
{
	enum picture_part part = part_of(pkt);
	if (s->g.open && picture_is_over(&s->picture, &s->g, pkt, lost, part))
		end_unit(d, s);
	if (s->g.open)
		return;
	begin_unit(d, s, pkt, lost);
	picture_begins(&s->picture, &s->g, lost, part);
}

static void h265_push(struct depay *d, void *state, const struct rtp_packet *pkt, bool lost)
{
	struct h265 *s = state;
	if (s->g.open && lost)
		gather_spoil(&s->g);
	if (picture_may_end(&s->picture, &s->g, pkt))
		place_packet(d, s, pkt, lost);
	struct reader r = reader_of(pkt->payload, pkt->payload_size);
	const uint8_t *header = reader_bytes(&r, H265_NAL_HEADER_SIZE);
	if (header == NULL)
		malformed(d, s);
	else if (h265_nal_type(header[0]) == PACI)
		take_paci(d, s, header, &r);
	else
		take_payload(d, s, header, &r);
	if (picture_ends(&s->picture, &s->g, pkt->marker, s->has_slice))
		end_unit(d, s);
}

static void h265_settle(struct depay *d, void *state, bool silence)
{
	struct h265 *s = state;
	if (picture_is_settled(&s->picture, &s->g, silence) && !s->in_fragment)
		end_unit(d, s);
}

static void h265_flush(struct depay *d, void *state)
{
	struct h265 *s = state;
	h265_settle(d, state, true);
	if (s->g.open && !s->has_slice && !s->in_fragment && !s->g.spoiled)
		gather_discard(&s->g);
	gather_drop(d, &s->g);
}

static void h265_accept_entry(void *state, enum depay_entry entry)
{
	struct h265 *s = state;
	s->accepted = entry;
}

const struct depay_ops depay_h265 = {
	.codec = TSR_CODEC_H265,
	.state_size = sizeof(struct h265),
	.init = h265_init,
	.finish = h265_finish,
	.push = h265_push,
	.flush = h265_flush,
	.settle = h265_settle,
	.accept_entry = h265_accept_entry,
};
