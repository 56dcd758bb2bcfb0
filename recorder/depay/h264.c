/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * H.264: RFC 6184, packetization modes 0 and 1 (single NAL unit, STAP-A, FU-A). */
#include "../bitstream/h264.h"

#include "../bitstream/annexb.h"
#include "../bitstream/bits.h"
#include "../bitstream/sei.h"
#include "../common/reader.h"

#include "codecs.h"
#include "nals.h"
#include "picture.h"

/* RFC 6184 section 5.2, table 1 */
enum { STAP_A = 24, FU_A = 28 };

static const uint8_t access_unit_delimiter[] = {0, 0, 0, 1, H264_NAL_AUD, 0xf0};

struct h264 {
	struct gather g;
	struct picture picture;
	struct h264_sets sets;
	bool sets_in_band; /* keyframes come with their parameter sets, as far as is known */
	bool had_sets;     /* the access unit before had any */
	enum depay_entry accepted;
	/* The access unit being gathered: */
	bool has_slice;
	bool has_idr;
	bool recovers; /* it has a recovery point */
	bool has_sets;
	bool referenced;
	uint32_t pps_id; /* of its first slice */
	bool in_fragment;
	size_t fragment_at; /* where its NAL unit begins in g.data */
};

static tsr_error h264_init(void *state, const struct depay_config *config)
{
	struct h264 *s = state;
	gather_init(&s->g);
	struct reader r = reader_of(config->parameter_sets, config->parameter_sets_size);
	const uint8_t *nal;
	size_t size;
	tsr_error err = TSR_OK;
	while (err != TSR_E_NOMEM && annexb_next(&r, &nal, &size))
		err = h264_sets_put(&s->sets, nal, size);
	/* What an SDP says that is no parameter set is of no use, but no reason to refuse the stream. */
	return err == TSR_E_NOMEM ? err : TSR_OK;
}

static void h264_finish(void *state)
{
	struct h264 *s = state;
	gather_finish(&s->g);
	h264_sets_finish(&s->sets);
}

static void begin_unit(struct depay *d, struct h264 *s, const struct rtp_packet *pkt, bool lost)
{
	gather_open(&s->g, pkt, lost);
	gather_append(d, &s->g, access_unit_delimiter, sizeof(access_unit_delimiter));
	h264_sets_new_unit(&s->sets);
	s->had_sets = s->has_sets;
	s->has_slice = s->has_idr = s->recovers = s->has_sets = s->referenced = s->in_fragment = false;
}

static void malformed(struct depay *d, struct h264 *s)
{
	depay_malformed(d);
	gather_spoil(&s->g);
}

/* What a decoder begins with needs its parameter sets in front of it and tells its size. False: they are not known. */
static bool complete_entry(struct depay *d, struct h264 *s, struct h264_sps *sps)
{
	bool in_unit;
	if (h264_sets_find(&s->sets, s->pps_id, sps, &in_unit) != TSR_OK)
		return false;
	if (s->has_idr)
		s->sets_in_band = in_unit;
	if (in_unit)
		return true;
	struct buf sets;
	buf_init(&sets, LIMIT_FRAME_BYTES);
	tsr_error err = h264_sets_write(&s->sets, &sets);
	if (err == TSR_OK)
		gather_insert(d, &s->g, sizeof(access_unit_delimiter), sets.data, sets.len);
	buf_finish(&sets);
	return err == TSR_OK;
}

/* Whether a decoder may begin with the picture. */
static bool is_entry(const struct h264 *s)
{
	struct h264_sps sps;
	bool in_unit;
	if (s->has_idr || !s->has_slice || s->recovers || s->accepted != DEPAY_ENTRY_WITH_SETS)
		return s->has_idr || (s->has_slice && (s->recovers || s->accepted == DEPAY_ENTRY_ANY));
	return s->has_sets && !s->had_sets && h264_sets_find(&s->sets, s->pps_id, &sps, &in_unit) == TSR_OK && in_unit;
}

static void end_unit(struct depay *d, struct h264 *s)
{
	struct frame frame;
	struct h264_sps sps = {0};
	if (s->in_fragment)
		gather_spoil(&s->g);
	bool entry = is_entry(s);
	if (!s->g.spoiled && entry && !complete_entry(d, s, &sps)) {
		entry = false;
		sps = (struct h264_sps){0};
		if (s->has_idr)
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
	depay_emit(d, &frame);
}

/* Whether an IDR slice comes without the parameter sets that the earlier ones had with them. */
static bool lacks_sets(const struct h264 *s, uint32_t pps_id)
{
	struct h264_sps sps;
	bool in_unit = false;
	return s->sets_in_band && (h264_sets_find(&s->sets, pps_id, &sps, &in_unit) != TSR_OK || !in_unit);
}

/* Looks at a slice, the first or a later one of its access unit. */
static void see_slice(struct depay *d, struct h264 *s, const uint8_t *nal, size_t size)
{
	struct h264_slice slice;
	if (h264_parse_slice(nal, size, &slice) != TSR_OK) {
		malformed(d, s);
		return;
	}
	bool idr = h264_nal_type(nal[0]) == H264_NAL_IDR;
	if (s->g.after_loss && !s->has_slice && (slice.first_mb != 0 || (idr && lacks_sets(s, slice.pps_id))))
		gather_spoil(&s->g); /* what was lost may belong to this picture */
	if (!s->has_slice)
		s->pps_id = slice.pps_id;
	s->has_slice = true;
	s->has_idr = s->has_idr || idr;
}

static void keep_set(struct depay *d, struct h264 *s, const uint8_t *nal, size_t size, bool alone)
{
	tsr_error err = h264_sets_put(&s->sets, nal, annexb_trim(nal, size));
	if (err == TSR_OK)
		s->sets_in_band = s->has_sets = true;
	else if (err != TSR_E_MALFORMED)
		gather_too_large(d, &s->g);
	else if (alone)
		malformed(d, s);
}

/* Looks at a NAL unit that is there in full; it may be one of several in the place of one (not `alone`). */
static void see_nal(struct depay *d, void *state, const uint8_t *nal, size_t size, bool alone)
{
	struct h264 *s = state;
	unsigned type = h264_nal_type(nal[0]);
	bool valid = type > 0 && type <= H264_NAL_LAST && !(nal[0] & 0x80);
	if (!valid && alone) {
		malformed(d, s);
	} else if (type == H264_NAL_SPS || type == H264_NAL_PPS) {
		keep_set(d, s, nal, size, alone);
	} else if (type == H264_NAL_SEI) {
		s->recovers = s->recovers || sei_has_recovery_point(nal + 1, size - 1);
	} else if (type >= H264_NAL_SLICE && type <= H264_NAL_IDR) {
		s->referenced = s->referenced || h264_nal_ref_idc(nal[0]) != 0;
		if (type <= H264_NAL_PARTITION_A || type == H264_NAL_IDR)
			see_slice(d, s, nal, size);
		else if (!s->has_slice) /* a partition B or C without its A */
			gather_spoil(&s->g);
	}
}

static enum nal_kind kind_of(uint8_t header)
{
	unsigned type = h264_nal_type(header);
	return type >= H264_NAL_SLICE && type <= H264_NAL_IDR ? NAL_SLICE
	       : type == H264_NAL_AUD                         ? NAL_DELIMITER
							      : NAL_OTHER;
}

static const struct nal_ops nal_ops = {kind_of, see_nal};

static void take_nal(struct depay *d, struct h264 *s, const uint8_t *nal, size_t size)
{
	if (s->in_fragment) /* its end never came */
		gather_spoil(&s->g);
	s->in_fragment = false;
	if (s->g.spoiled) { /* but its parameter sets serve later ones */
		see_nal(d, s, nal, size, true);
		return;
	}
	gather_append(d, &s->g, annexb_start_code, ANNEXB_START_CODE_SIZE);
	size_t at = s->g.data.len;
	gather_append(d, &s->g, nal, size);
	nals_see(d, &s->g, at, &nal_ops, s);
}

/* Section 5.7.1 */
static void take_stap_a(struct depay *d, struct h264 *s, struct reader *r)
{
	do {
		size_t size = reader_be16(r);
		const uint8_t *nal = reader_bytes(r, size);
		if (!reader_ok(r)) {
			malformed(d, s);
			return;
		}
		if (size > 0) /* some senders fill up with empty ones */
			take_nal(d, s, nal, size);
	} while (r->left > 0 && !nals_padding_left(r));
}

/* Section 5.8 */
static void take_fu_a(struct depay *d, struct h264 *s, uint8_t indicator, struct reader *r)
{
	uint8_t fu_header = reader_u8(r);
	uint8_t nal_header = (indicator & 0xe0) | (fu_header & 0x1f);
	bool start = fu_header & 0x80, end = fu_header & 0x40;
	unsigned type = h264_nal_type(nal_header);
	/* What was packetized with a start code in front: its first zero byte was taken for the header. */
	bool coded = nal_header == 0 && (start ? r->left > 0 && r->p[0] == 0 : s->in_fragment);
	if (!reader_ok(r) || (type == 0 && !coded) || type > H264_NAL_LAST || indicator & 0x80) {
		malformed(d, s);
		return;
	}
	if (start == s->in_fragment) /* the end of one or the start of this one never came */
		gather_spoil(&s->g);
	if (start) {
		gather_append(d, &s->g, annexb_start_code, ANNEXB_START_CODE_SIZE);
		s->fragment_at = s->g.data.len;
		gather_append(d, &s->g, &nal_header, 1);
	}
	gather_append(d, &s->g, r->p, r->left);
	s->in_fragment = !end;
	if (end && !s->g.spoiled)
		nals_see(d, &s->g, s->fragment_at, &nal_ops, s);
}

/* What a NAL unit's bytes begin with. */
static enum picture_part part_of_nal(uint8_t header, const struct reader *body)
{
	struct bits b = bits_of_nal(body->p, body->left);
	switch (h264_nal_type(header)) {
	case H264_NAL_SLICE:
	case H264_NAL_PARTITION_A:
	case H264_NAL_IDR: return bits_ue(&b) == 0 ? PART_FIRST : PART_LATER; /* first_mb_in_slice */
	case H264_NAL_PARTITION_B:
	case H264_NAL_PARTITION_C:
	case H264_NAL_END_OF_SEQUENCE:
	case H264_NAL_END_OF_STREAM:
	case H264_NAL_FILLER: return PART_TAIL;
	default: return PART_FIRST;
	}
}

static enum picture_part part_of(const struct rtp_packet *pkt)
{
	struct reader r = reader_of(pkt->payload, pkt->payload_size);
	uint8_t header = reader_u8(&r);
	if (h264_nal_type(header) == STAP_A) {
		while (r.left > 0 && reader_be16(&r) == 0)
			;
		header = reader_u8(&r);
	} else if (h264_nal_type(header) == FU_A) {
		header = reader_u8(&r);
		if (!(header & 0x80))
			return PART_TAIL;
	}
	return part_of_nal(header, &r);
}

/* Ends the unit that is open, if it was over before this packet, and begins one, if none is open. */
static void place_packet(struct depay *d, struct h264 *s, const struct rtp_packet *pkt, bool lost)
{
	enum picture_part part = part_of(pkt);
	if (s->g.open && picture_is_over(&s->picture, &s->g, pkt, lost, part))
		end_unit(d, s);
	if (s->g.open)
		return;
	begin_unit(d, s, pkt, lost);
	picture_begins(&s->picture, &s->g, lost, part);
}

static void h264_push(struct depay *d, void *state, const struct rtp_packet *pkt, bool lost)
{
	struct h264 *s = state;
	if (s->g.open && lost)
		gather_spoil(&s->g);
	if (picture_may_end(&s->picture, &s->g, pkt))
		place_packet(d, s, pkt, lost);
	struct reader r = reader_of(pkt->payload, pkt->payload_size);
	uint8_t header = reader_u8(&r);
	switch (h264_nal_type(header)) {
	case STAP_A: take_stap_a(d, s, &r); break;
	case FU_A: take_fu_a(d, s, header, &r); break;
	default: take_nal(d, s, pkt->payload, pkt->payload_size);
	}
	if (picture_ends(&s->picture, &s->g, pkt->marker, s->has_slice))
		end_unit(d, s);
}

static void h264_settle(struct depay *d, void *state, bool silence)
{
	struct h264 *s = state;
	if (picture_is_settled(&s->picture, &s->g, silence) && !s->in_fragment)
		end_unit(d, s);
}

static void h264_flush(struct depay *d, void *state)
{
	struct h264 *s = state;
	h264_settle(d, state, true);
	if (s->g.open && !s->has_slice && !s->in_fragment && !s->g.spoiled)
		gather_discard(&s->g);
	gather_drop(d, &s->g);
}

static void h264_accept_entry(void *state, enum depay_entry entry)
{
	struct h264 *s = state;
	s->accepted = entry;
}

const struct depay_ops depay_h264 = {
	.codec = TSR_CODEC_H264,
	.state_size = sizeof(struct h264),
	.init = h264_init,
	.finish = h264_finish,
	.push = h264_push,
	.flush = h264_flush,
	.settle = h264_settle,
	.accept_entry = h264_accept_entry,
};
