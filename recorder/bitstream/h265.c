/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "h265.h"

#include "bits.h"

#define MAX_SPS_ID 15
#define MAX_PPS_ID 63

#define MAX_DPB_PICTURES 16

#define NAL_HEADER_BITS (8 * H265_NAL_HEADER_SIZE)

void h265_sets_finish(struct h265_sets *sets)
{
	paramset_finish(&sets->vps);
	paramset_finish(&sets->sps);
	paramset_finish(&sets->pps);
}

void h265_sets_new_unit(struct h265_sets *sets)
{
	paramset_new_unit(&sets->vps);
	paramset_new_unit(&sets->sps);
	paramset_new_unit(&sets->pps);
}

/* Section 7.3.3, with profilePresentFlag set */
static void skip_profile_tier_level(struct bits *b, unsigned sub_layers)
{
	bool profile[8] = {0}, level[8] = {0};
	bits_skip(b, 88 + 8);
	if (sub_layers <= 1)
		return;
	for (unsigned i = 0; i < 8; i++) { /* those that are not there have two zero bits instead */
		profile[i] = bits_flag(b) && i < sub_layers - 1;
		level[i] = bits_flag(b) && i < sub_layers - 1;
	}
	for (unsigned i = 0; i < 8; i++)
		bits_skip(b, (profile[i] ? 88 : 0) + (level[i] ? 8 : 0));
}

/* Samples that are left of `coded` inside the conformance window; 0 when that is no picture. */
static uint16_t cropped(uint64_t coded, uint64_t crop, unsigned unit)
{
	return crop * unit < coded && coded - crop * unit <= UINT16_MAX ? (uint16_t)(coded - crop * unit) : 0;
}

/* Section 7.3.2.2.1: from bit_depth_luma_minus8 through the sub-layers' ordering */
static int8_t parse_reorder(struct bits *b, unsigned sub_layers)
{
	uint32_t reorder = 0;
	bits_ue(b); /* bit depths */
	bits_ue(b);
	bits_ue(b); /* log2_max_pic_order_cnt_lsb_minus4 */
	for (unsigned left = bits_flag(b) ? sub_layers : 1; left > 0; left--) {
		bits_ue(b); /* sps_max_dec_pic_buffering_minus1 */
		reorder = bits_ue(b);
		bits_ue(b); /* sps_max_latency_increase_plus1 */
	}
	return bits_ok(b) && reorder < MAX_DPB_PICTURES ? (int8_t)reorder : -1;
}

/* Section 7.3.2.2.1, up to the conformance window, and what is told of the order of pictures */
tsr_error h265_parse_sps(const uint8_t *nal, size_t size, struct h265_sps *out)
{
	struct bits b = bits_of_nal(nal, size);
	struct h265_sps sps = {0};
	bits_skip(&b, NAL_HEADER_BITS);
	sps.vps_id = bits_u(&b, 4);
	sps.sub_layers = (uint8_t)(bits_u(&b, 3) + 1);
	bits_skip(&b, 1); /* sps_temporal_id_nesting_flag */
	skip_profile_tier_level(&b, sps.sub_layers);
	sps.id = bits_ue(&b);
	unsigned chroma = bits_ue(&b);
	bool valid = chroma <= 3;
	if (chroma == 3 && bits_flag(&b)) /* separate_colour_plane_flag */
		chroma = 0;
	uint64_t width = bits_ue(&b), height = bits_ue(&b);
	uint64_t crop_x = 0, crop_y = 0;
	if (bits_flag(&b)) { /* conformance_window_flag */
		crop_x = (uint64_t)bits_ue(&b) + bits_ue(&b);
		crop_y = (uint64_t)bits_ue(&b) + bits_ue(&b);
	}
	sps.width = cropped(width, crop_x, chroma == 1 || chroma == 2 ? 2 : 1);
	sps.height = cropped(height, crop_y, chroma == 1 ? 2 : 1);
	if (!valid || !bits_ok(&b) || sps.sub_layers > 7 || sps.id > MAX_SPS_ID || sps.width == 0 || sps.height == 0)
		return TSR_E_MALFORMED;
	sps.reorder = parse_reorder(&b, sps.sub_layers);
	*out = sps;
	return TSR_OK;
}

/* Section 7.3.6.1: the first elements of a slice segment header */
tsr_error h265_parse_slice(const uint8_t *nal, size_t size, struct h265_slice *out)
{
	struct bits b = bits_of_nal(nal, size);
	struct h265_slice slice = {0};
	unsigned type = h265_nal_type((uint8_t)bits_u(&b, 8));
	bits_skip(&b, 8);
	slice.first = bits_flag(&b);
	if (type >= H265_NAL_BLA_W_LP && type <= H265_NAL_RSV_IRAP_23)
		bits_skip(&b, 1); /* no_output_of_prior_pics_flag */
	slice.pps_id = bits_ue(&b);
	if (!bits_ok(&b) || slice.pps_id > MAX_PPS_ID)
		return TSR_E_MALFORMED;
	*out = slice;
	return TSR_OK;
}

tsr_error h265_sets_put(struct h265_sets *sets, const uint8_t *nal, size_t size)
{
	struct bits b = bits_of_nal(nal, size);
	unsigned type = h265_nal_type((uint8_t)bits_u(&b, 8));
	bits_skip(&b, 8);
	if (type == H265_NAL_SPS) {
		struct h265_sps sps;
		tsr_error err = h265_parse_sps(nal, size, &sps);
		return err == TSR_OK ? paramset_put(&sets->sps, sps.id, sps.vps_id, nal, size) : err;
	}
	if (type == H265_NAL_VPS) {
		uint32_t id = bits_u(&b, 4);
		return bits_ok(&b) ? paramset_put(&sets->vps, id, 0, nal, size) : TSR_E_MALFORMED;
	}
	uint32_t id = bits_ue(&b), sps_id = bits_ue(&b);
	if (!bits_ok(&b) || type != H265_NAL_PPS || id > MAX_PPS_ID || sps_id > MAX_SPS_ID)
		return TSR_E_MALFORMED;
	return paramset_put(&sets->pps, id, sps_id, nal, size);
}

tsr_error h265_sets_find(const struct h265_sets *sets, uint32_t pps_id, struct h265_sps *out, bool *in_unit)
{
	const struct paramset *pps = paramset_find(&sets->pps, pps_id);
	const struct paramset *sps = pps ? paramset_find(&sets->sps, pps->parent) : NULL;
	const struct paramset *vps = sps ? paramset_find(&sets->vps, sps->parent) : NULL;
	if (vps == NULL || h265_parse_sps(sps->nal, sps->size, out) != TSR_OK)
		return TSR_E_NOTFOUND;
	*in_unit = pps->in_unit && sps->in_unit && vps->in_unit;
	return TSR_OK;
}

tsr_error h265_sets_write(const struct h265_sets *sets, struct buf *out)
{
	tsr_error err = paramset_write(&sets->vps, out);
	if (err == TSR_OK)
		err = paramset_write(&sets->sps, out);
	return err == TSR_OK ? paramset_write(&sets->pps, out) : err;
}
