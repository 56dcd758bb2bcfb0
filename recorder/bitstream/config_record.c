/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config_record.h"

#include "annexb.h"
#include "av1.h"
#include "bits.h"
#include "h264.h"
#include "h265.h"
#include "vpx.h"

/* Parameter sets of a kind in one frame: what the records have room for, and more than encoders use. */
#define MAX_SETS 8

struct set {
	const uint8_t *nal;
	size_t size;
};

struct sets {
	struct set set[MAX_SETS];
	unsigned count;
};

static unsigned nal_type(tsr_codec codec, const uint8_t *nal)
{
	return codec == TSR_CODEC_H264 ? h264_nal_type(nal[0]) : h265_nal_type(nal[0]);
}

static struct sets find_sets(tsr_codec codec, const uint8_t *frame, size_t size, unsigned type)
{
	struct sets sets = {0};
	struct reader r = reader_of(frame, size);
	const uint8_t *nal;
	for (size_t nal_size; sets.count < MAX_SETS && annexb_next(&r, &nal, &nal_size);)
		if (nal_size > 1 && nal_size <= UINT16_MAX && nal_type(codec, nal) == type)
			sets.set[sets.count++] = (struct set){nal, nal_size};
	return sets;
}

struct writer {
	struct buf *out;
	tsr_error error;
};

static void put(struct writer *w, const void *data, size_t size)
{
	if (w->error == TSR_OK)
		w->error = buf_append(w->out, data, size);
}

static void put_u8(struct writer *w, unsigned value)
{
	const uint8_t byte = (uint8_t)value;
	put(w, &byte, 1);
}

static void put_be16(struct writer *w, size_t value)
{
	put_u8(w, (unsigned)(value >> 8));
	put_u8(w, (unsigned)value);
}

static void put_sets(struct writer *w, const struct sets *sets)
{
	for (unsigned i = 0; i < sets->count; i++) {
		put_be16(w, sets->set[i].size);
		put(w, sets->set[i].nal, sets->set[i].size);
	}
}

/* ---- H.264 ---- */

/* What the record has for profiles beyond Main: chroma_format_idc and the bit depths, from the beginning of the SPS. */
static void put_high_profile(struct writer *w, const struct set *sps)
{
	struct bits b = bits_of_nal(sps->nal, sps->size);
	bits_skip(&b, 32);
	bits_ue(&b); /* seq_parameter_set_id */
	unsigned chroma = bits_ue(&b);
	if (chroma == 3)
		bits_skip(&b, 1); /* separate_colour_plane_flag */
	unsigned luma = bits_ue(&b), chroma_depth = bits_ue(&b);
	put_u8(w, 0xfc | (chroma & 3));
	put_u8(w, 0xf8 | (luma & 7));
	put_u8(w, 0xf8 | (chroma_depth & 7));
	put_u8(w, 0); /* SPS extensions */
}

static tsr_error write_avcc(const uint8_t *frame, size_t size, struct buf *out)
{
	const struct sets sps = find_sets(TSR_CODEC_H264, frame, size, H264_NAL_SPS),
			  pps = find_sets(TSR_CODEC_H264, frame, size, H264_NAL_PPS);
	if (sps.count == 0 || sps.set[0].size < 4 || pps.count == 0)
		return TSR_E_MALFORMED;
	struct writer w = {.out = out};
	unsigned profile = sps.set[0].nal[1];
	put_u8(&w, 1);
	put(&w, sps.set[0].nal + 1, 3); /* profile, constraints, level */
	put_u8(&w, 0xfc | 3);           /* lengths of 4 bytes */
	put_u8(&w, 0xe0 | sps.count);
	put_sets(&w, &sps);
	put_u8(&w, pps.count);
	put_sets(&w, &pps);
	if (profile == 100 || profile == 110 || profile == 122 || profile == 144)
		put_high_profile(&w, &sps.set[0]);
	return w.error;
}

/* ---- H.265 ---- */

struct hevc {
	uint8_t profile_tier_level[12]; /* general_profile_space through general_level_idc */
	unsigned sub_layers, nesting, chroma, luma_depth, chroma_depth;
};

/* ITU-T H.265 section 7.3.2.2.1, up to the bit depths */
static bool parse_hevc(const struct set *sps, struct hevc *out)
{
	struct bits b = bits_of_nal(sps->nal, sps->size);
	bits_skip(&b, 8 * H265_NAL_HEADER_SIZE + 4);
	unsigned below = bits_u(&b, 3); /* sps_max_sub_layers_minus1 */
	*out = (struct hevc){.sub_layers = below + 1, .nesting = bits_u(&b, 1)};
	for (size_t i = 0; i < sizeof(out->profile_tier_level); i++)
		out->profile_tier_level[i] = (uint8_t)bits_u(&b, 8);
	unsigned present = below > 0 ? bits_u(&b, 16) : 0; /* two bits each, of 8 */
	for (unsigned i = 0; i < below; i++)
		bits_skip(&b, (present >> (15 - 2 * i) & 1 ? 88 : 0) + (present >> (14 - 2 * i) & 1 ? 8 : 0));
	bits_ue(&b); /* sps_seq_parameter_set_id */
	out->chroma = bits_ue(&b);
	if (out->chroma == 3)
		bits_skip(&b, 1);
	bits_ue(&b); /* width, height */
	bits_ue(&b);
	if (bits_flag(&b))
		for (int i = 0; i < 4; i++)
			bits_ue(&b); /* conformance window */
	out->luma_depth = bits_ue(&b);
	out->chroma_depth = bits_ue(&b);
	return bits_ok(&b);
}

static void put_array(struct writer *w, unsigned type, const struct sets *sets)
{
	put_u8(w, type); /* array_completeness 0: there are more in the stream */
	put_be16(w, sets->count);
	put_sets(w, sets);
}

static tsr_error write_hvcc(const uint8_t *frame, size_t size, struct buf *out)
{
	const struct sets vps = find_sets(TSR_CODEC_H265, frame, size, H265_NAL_VPS),
			  sps = find_sets(TSR_CODEC_H265, frame, size, H265_NAL_SPS),
			  pps = find_sets(TSR_CODEC_H265, frame, size, H265_NAL_PPS);
	struct hevc h;
	if (vps.count == 0 || sps.count == 0 || pps.count == 0 || !parse_hevc(&sps.set[0], &h))
		return TSR_E_MALFORMED;
	struct writer w = {.out = out};
	put_u8(&w, 1);
	put(&w, h.profile_tier_level, sizeof(h.profile_tier_level));
	put_be16(&w, 0xf000); /* min_spatial_segmentation_idc: not known */
	put_u8(&w, 0xfc);     /* parallelismType: not known */
	put_u8(&w, 0xfc | (h.chroma & 3));
	put_u8(&w, 0xf8 | (h.luma_depth & 7));
	put_u8(&w, 0xf8 | (h.chroma_depth & 7));
	put_be16(&w, 0); /* avgFrameRate: not known */
	put_u8(&w, (h.sub_layers & 7) << 3 | h.nesting << 2 | 3);
	put_u8(&w, 3);
	put_array(&w, H265_NAL_VPS, &vps);
	put_array(&w, H265_NAL_SPS, &sps);
	put_array(&w, H265_NAL_PPS, &pps);
	return w.error;
}

/* ---- AV1 ---- */

/* The next OBU of a temporal unit, as bytes too. False at the end, or where it breaks its format. */
static bool next_obu(struct reader *r, struct av1_obu *obu, struct set *bytes)
{
	if (r->left == 0)
		return false;
	size_t size = av1_obu_size(r->p, r->left);
	bytes->nal = reader_bytes(r, size);
	bytes->size = size;
	return bytes->nal != NULL && av1_parse_obu(bytes->nal, size, obu) == TSR_OK;
}

static tsr_error write_av1c(const uint8_t *frame, size_t size, struct buf *out)
{
	struct reader r = reader_of(frame, size);
	struct av1_obu obu;
	struct set bytes;
	struct av1_sequence s;
	while (next_obu(&r, &obu, &bytes)) {
		if (obu.type != AV1_OBU_SEQUENCE_HEADER ||
		    av1_parse_sequence(obu.payload, obu.payload_size, &s) != TSR_OK)
			continue;
		struct writer w = {.out = out};
		put_u8(&w, 0x81);
		put_u8(&w, (unsigned)s.profile << 5 | s.level);
		put_u8(&w, (unsigned)s.tier << 7 | (unsigned)s.high_bitdepth << 6 | (unsigned)s.twelve_bit << 5 |
				   (unsigned)s.monochrome << 4 | (unsigned)s.subsampling_x << 3 |
				   (unsigned)s.subsampling_y << 2 | s.sample_position);
		put_u8(&w, 0); /* no initial_presentation_delay */
		put(&w, bytes.nal, bytes.size);
		return w.error;
	}
	return TSR_E_MALFORMED;
}

tsr_error config_record_write(tsr_codec codec, const uint8_t *frame, size_t size, struct buf *out)
{
	switch (codec) {
	case TSR_CODEC_H264: return write_avcc(frame, size, out);
	case TSR_CODEC_H265: return write_hvcc(frame, size, out);
	case TSR_CODEC_AV1: return write_av1c(frame, size, out);
	default: return TSR_OK;
	}
}

/* ---- VP9 ---- */

/* By the size of its pictures alone (VP9 levels, luma picture size): the rate is not known. */
static unsigned vp9_level(uint32_t pixels)
{
	static const struct {
		uint32_t pixels;
		unsigned level;
	} levels[] = {{36864, 10},  {73728, 11},   {122880, 20},  {245760, 21}, {552960, 30},
		      {983040, 31}, {2228224, 40}, {8912896, 50}, {0, 60}};
	unsigned i = 0;
	while (levels[i].pixels != 0 && pixels > levels[i].pixels)
		i++;
	return levels[i].level;
}

tsr_error config_record_write_vpcc(const uint8_t *frame, size_t size, struct buf *out)
{
	struct vpx_frame vpx;
	struct vp9_color color;
	if (vp9_parse_frame(frame, size, &vpx) != TSR_OK || vp9_parse_color(frame, size, &color) != TSR_OK)
		return TSR_E_MALFORMED;
	/* Sampling: 4:2:0 with chroma that lies between the rows, 4:2:2, 4:4:4; 4:4:0 has no number of its own. */
	unsigned sampling = color.subsampling_x ? (color.subsampling_y ? 1 : 2) : 3;
	struct writer w = {.out = out};
	put_be16(&w, 0x0100); /* version 1, no flags */
	put_be16(&w, 0);
	put_u8(&w, color.profile);
	put_u8(&w, vp9_level((uint32_t)vpx.width * vpx.height));
	put_u8(&w, color.bits << 4 | sampling << 1 | (unsigned)color.full_range);
	put_u8(&w, 2); /* primaries, transfer and matrix are not said */
	put_u8(&w, 2);
	put_u8(&w, color.rgb ? 0 : 2);
	put_be16(&w, 0); /* codecInitializationData */
	return w.error;
}

/* ---- frames ---- */

static tsr_error append_nals(tsr_codec codec, const uint8_t *frame, size_t size, struct buf *out)
{
	const unsigned delimiter = codec == TSR_CODEC_H264 ? H264_NAL_AUD : H265_NAL_AUD;
	struct reader r = reader_of(frame, size);
	struct writer w = {.out = out};
	const uint8_t *nal;
	for (size_t nal_size; annexb_next(&r, &nal, &nal_size);) {
		if (nal_size == 0 || nal_type(codec, nal) == delimiter)
			continue;
		put_be16(&w, nal_size >> 16);
		put_be16(&w, nal_size);
		put(&w, nal, nal_size);
	}
	return w.error;
}

static tsr_error append_obus(const uint8_t *frame, size_t size, struct buf *out)
{
	struct reader r = reader_of(frame, size);
	struct writer w = {.out = out};
	struct av1_obu obu;
	struct set bytes;
	while (next_obu(&r, &obu, &bytes))
		if (obu.type != AV1_OBU_TEMPORAL_DELIMITER)
			put(&w, bytes.nal, bytes.size);
	return w.error;
}

tsr_error config_record_append(tsr_codec codec, const uint8_t *frame, size_t size, struct buf *out)
{
	switch (codec) {
	case TSR_CODEC_H264:
	case TSR_CODEC_H265: return append_nals(codec, frame, size, out);
	case TSR_CODEC_AV1: return append_obus(frame, size, out);
	default: return buf_append(out, frame, size);
	}
}

size_t config_record_room(tsr_codec codec, size_t size)
{
	/* Where start codes have three bytes, and the smallest NAL unit one. */
	return codec == TSR_CODEC_H264 || codec == TSR_CODEC_H265 ? size + size / 4 : size;
}
