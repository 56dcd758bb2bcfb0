/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "h264.h"

#include "bits.h"

#define MAX_SPS_ID 31
#define MAX_PPS_ID 255

#define MAX_DPB_FRAMES 16

void h264_sets_finish(struct h264_sets *sets)
{
	paramset_finish(&sets->sps);
	paramset_finish(&sets->pps);
}

void h264_sets_new_unit(struct h264_sets *sets)
{
	paramset_new_unit(&sets->sps);
	paramset_new_unit(&sets->pps);
}

/* Section 7.3.2.1.1.1 */
static void skip_scaling_list(struct bits *b, unsigned size)
{
	int last = 8, next = 8;
	for (unsigned i = 0; i < size && next != 0 && bits_ok(b); i++) {
		next = (last + bits_se(b) % 256 + 256) % 256;
		last = next != 0 ? next : last;
	}
}

static bool has_chroma_format(unsigned profile_idc)
{
	static const uint8_t profiles[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
	for (size_t i = 0; i < sizeof(profiles); i++)
		if (profiles[i] == profile_idc)
			return true;
	return false;
}

/* The part of section 7.3.2.1.1 that only high profiles have. Returns chroma_format_idc, 0 when the planes are separate. */
static unsigned parse_chroma_format(struct bits *b)
{
	unsigned chroma_format_idc = bits_ue(b);
	bool separate_planes = chroma_format_idc == 3 && bits_flag(b);
	bits_ue(b);      /* bit_depth_luma_minus8 */
	bits_ue(b);      /* bit_depth_chroma_minus8 */
	bits_skip(b, 1); /* qpprime_y_zero_transform_bypass_flag */
	if (bits_flag(b)) {
		unsigned lists = chroma_format_idc == 3 ? 12 : 8;
		for (unsigned i = 0; i < lists; i++)
			if (bits_flag(b))
				skip_scaling_list(b, i < 6 ? 16 : 64);
	}
	return separate_planes ? 0 : chroma_format_idc;
}

/* Returns pic_order_cnt_type. */
static unsigned skip_picture_order(struct bits *b)
{
	unsigned type = bits_ue(b);
	if (type == 0) {
		bits_ue(b); /* log2_max_pic_order_cnt_lsb_minus4 */
	} else if (type == 1) {
		bits_skip(b, 1); /* delta_pic_order_always_zero_flag */
		bits_se(b);      /* offset_for_non_ref_pic */
		bits_se(b);      /* offset_for_top_to_bottom_field */
		unsigned count = bits_ue(b);
		for (unsigned i = 0; i < count && bits_ok(b); i++)
			bits_se(b);
	}
	return type;
}

/* Section E.1.2 */
static void skip_hrd(struct bits *b)
{
	unsigned count = bits_ue(b) + 1;
	bits_skip(b, 4 + 4);
	for (unsigned i = 0; i < count && bits_ok(b); i++) {
		bits_ue(b);
		bits_ue(b);
		bits_skip(b, 1);
	}
	bits_skip(b, 4 * 5);
}

/* Section E.1.1. Returns max_num_reorder_frames; -1 when it is not there. */
static int8_t parse_vui(struct bits *b)
{
	if (bits_flag(b) && bits_u(b, 8) == 255) /* aspect_ratio_idc: Extended_SAR */
		bits_skip(b, 32);
	if (bits_flag(b))
		bits_skip(b, 1); /* overscan_appropriate_flag */
	if (bits_flag(b)) {
		bits_skip(b, 3 + 1); /* video_format, video_full_range_flag */
		if (bits_flag(b))
			bits_skip(b, 24); /* colour description */
	}
	if (bits_flag(b)) {
		bits_ue(b); /* chroma sample locations */
		bits_ue(b);
	}
	if (bits_flag(b))
		bits_skip(b, 32 + 32 + 1); /* timing */
	bool nal_hrd = bits_flag(b);
	if (nal_hrd)
		skip_hrd(b);
	bool vcl_hrd = bits_flag(b);
	if (vcl_hrd)
		skip_hrd(b);
	bits_skip(b, (nal_hrd || vcl_hrd) + 1); /* low_delay_hrd_flag, pic_struct_present_flag */
	if (!bits_flag(b))
		return -1;
	bits_skip(b, 1); /* motion_vectors_over_pic_boundaries_flag */
	for (int i = 0; i < 4; i++)
		bits_ue(b); /* largest picture, macroblock, vectors */
	uint32_t reorder = bits_ue(b);
	return bits_ok(b) && reorder <= MAX_DPB_FRAMES ? (int8_t)reorder : -1;
}

/* What a profile or a way of counting pictures rules out (sections A.2 and E.2.1): then none is shown after one that came later. */
static bool keeps_order(unsigned profile_idc, unsigned constraints, unsigned picture_order)
{
	bool intra = constraints & 0x10 && (profile_idc == 44 || profile_idc >= 86);
	return profile_idc == 66 || intra || picture_order == 2;
}

/* Samples that are left of `coded` after cropping (equations 7-19 to 7-22); 0 when that is no picture. */
static uint16_t cropped(uint64_t coded, uint64_t crop, unsigned unit)
{
	return crop * unit < coded && coded - crop * unit <= UINT16_MAX ? (uint16_t)(coded - crop * unit) : 0;
}

/* Section 7.3.2.1.1 */
tsr_error h264_parse_sps(const uint8_t *nal, size_t size, struct h264_sps *out)
{
	struct bits b = bits_of_nal(nal, size);
	struct h264_sps sps = {0};
	bits_skip(&b, 8);
	unsigned profile_idc = bits_u(&b, 8);
	unsigned constraints = bits_u(&b, 8);
	bits_skip(&b, 8); /* level_idc */
	sps.id = bits_ue(&b);
	unsigned chroma = has_chroma_format(profile_idc) ? parse_chroma_format(&b) : 1;
	bits_ue(&b); /* log2_max_frame_num_minus4 */
	unsigned picture_order = skip_picture_order(&b);
	bits_ue(&b);      /* max_num_ref_frames */
	bits_skip(&b, 1); /* gaps_in_frame_num_value_allowed_flag */
	uint64_t width = ((uint64_t)bits_ue(&b) + 1) * 16;
	uint64_t height = ((uint64_t)bits_ue(&b) + 1) * 16;
	unsigned fields = bits_flag(&b) ? 1 : 2; /* frame_mbs_only_flag */
	if (fields == 2)
		bits_skip(&b, 1); /* mb_adaptive_frame_field_flag */
	bits_skip(&b, 1);         /* direct_8x8_inference_flag */
	uint64_t crop_x = 0, crop_y = 0;
	if (bits_flag(&b)) {
		crop_x = (uint64_t)bits_ue(&b) + bits_ue(&b);
		crop_y = (uint64_t)bits_ue(&b) + bits_ue(&b);
	}
	sps.width = cropped(width, crop_x, chroma == 1 || chroma == 2 ? 2 : 1);
	sps.height = cropped(height * fields, crop_y, (chroma == 1 ? 2 : 1) * fields);
	if (!bits_ok(&b) || sps.id > MAX_SPS_ID || chroma > 3 || sps.width == 0 || sps.height == 0)
		return TSR_E_MALFORMED;
	sps.reorder = bits_flag(&b) ? parse_vui(&b) : -1;
	if (sps.reorder < 0 && keeps_order(profile_idc, constraints, picture_order))
		sps.reorder = 0;
	*out = sps;
	return TSR_OK;
}

/* Section 7.3.3: the first three elements of a slice header */
tsr_error h264_parse_slice(const uint8_t *nal, size_t size, struct h264_slice *out)
{
	struct bits b = bits_of_nal(nal, size);
	struct h264_slice slice = {0};
	bits_skip(&b, 8);
	slice.first_mb = bits_ue(&b);
	bits_ue(&b); /* slice_type */
	slice.pps_id = bits_ue(&b);
	if (!bits_ok(&b) || slice.pps_id > MAX_PPS_ID)
		return TSR_E_MALFORMED;
	*out = slice;
	return TSR_OK;
}

tsr_error h264_sets_put(struct h264_sets *sets, const uint8_t *nal, size_t size)
{
	if (size > 0 && h264_nal_type(nal[0]) == H264_NAL_SPS) {
		struct h264_sps sps;
		tsr_error err = h264_parse_sps(nal, size, &sps);
		return err == TSR_OK ? paramset_put(&sets->sps, sps.id, 0, nal, size) : err;
	}
	struct bits b = bits_of_nal(nal, size);
	bool is_pps = h264_nal_type((uint8_t)bits_u(&b, 8)) == H264_NAL_PPS;
	uint32_t id = bits_ue(&b);
	uint32_t sps_id = bits_ue(&b);
	if (!bits_ok(&b) || !is_pps || id > MAX_PPS_ID || sps_id > MAX_SPS_ID)
		return TSR_E_MALFORMED;
	return paramset_put(&sets->pps, id, sps_id, nal, size);
}

tsr_error h264_sets_find(const struct h264_sets *sets, uint32_t pps_id, struct h264_sps *out, bool *in_unit)
{
	const struct paramset *pps = paramset_find(&sets->pps, pps_id);
	const struct paramset *sps = pps ? paramset_find(&sets->sps, pps->parent) : NULL;
	if (sps == NULL || h264_parse_sps(sps->nal, sps->size, out) != TSR_OK)
		return TSR_E_NOTFOUND;
	*in_unit = pps->in_unit && sps->in_unit;
	return TSR_OK;
}

tsr_error h264_sets_write(const struct h264_sets *sets, struct buf *out)
{
	tsr_error err = paramset_write(&sets->sps, out);
	return err == TSR_OK ? paramset_write(&sets->pps, out) : err;
}
