/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the recorder must understand of H.265 (ITU-T H.265 sections 7.3.1 to 7.3.6): where a picture begins, what can be
 * decoded alone, how large it is, and the parameter sets it needs. NAL units are given without start code. */
#ifndef TSR_BITSTREAM_H265_H
#define TSR_BITSTREAM_H265_H

#include "paramset.h"

#define H265_NAL_HEADER_SIZE 2

/* nal_unit_type (table 7-1) */
enum {
	H265_NAL_RSV_VCL_R15 = 15, /* up to it the even ones are sub-layer non-reference pictures */
	H265_NAL_BLA_W_LP = 16,    /* the first of the IRAP pictures */
	H265_NAL_CRA = 21,         /* the last one that is in use */
	H265_NAL_RSV_IRAP_23 = 23,
	H265_NAL_LAST_VCL = 31,
	H265_NAL_VPS = 32,
	H265_NAL_SPS = 33,
	H265_NAL_PPS = 34,
	H265_NAL_AUD = 35,
	H265_NAL_END_OF_SEQUENCE = 36,
	H265_NAL_FILLER = 38,
	H265_NAL_PREFIX_SEI = 39,
	H265_NAL_SUFFIX_SEI = 40,
	H265_NAL_LAST = 47, /* higher ones belong to the payload format */
};

static inline unsigned h265_nal_type(uint8_t header)
{
	return header >> 1 & 0x3f;
}

struct h265_sps {
	uint32_t id;
	uint32_t vps_id;
	uint8_t sub_layers;
	uint16_t width; /* of the conformance window */
	uint16_t height;
	int8_t reorder; /* sps_max_num_reorder_pics of the highest sub-layer; -1 where it cannot be read */
};

struct h265_slice {
	bool first; /* of its picture */
	uint32_t pps_id;
};

/* Both: TSR_OK and *out, or TSR_E_MALFORMED. */
TSR_MUST_USE tsr_error h265_parse_sps(const uint8_t *nal, size_t size, struct h265_sps *out);
TSR_MUST_USE tsr_error h265_parse_slice(const uint8_t *nal, size_t size, struct h265_slice *out);

/* The parameter sets of a stream. Zeroed is empty. */
struct h265_sets {
	struct paramset_list vps;
	struct paramset_list sps;
	struct paramset_list pps;
};

void h265_sets_finish(struct h265_sets *sets);

/* An access unit begins. */
void h265_sets_new_unit(struct h265_sets *sets);

/* Keeps a VPS, SPS or PPS. TSR_OK, TSR_E_MALFORMED, TSR_E_LIMIT or TSR_E_NOMEM. */
TSR_MUST_USE tsr_error h265_sets_put(struct h265_sets *sets, const uint8_t *nal, size_t size);

/* The SPS that a slice with this pps_id uses, and whether it, the PPS and the VPS came with this access unit. TSR_OK and both
 * set, or TSR_E_NOTFOUND when one of the three is not known. */
TSR_MUST_USE tsr_error h265_sets_find(const struct h265_sets *sets, uint32_t pps_id, struct h265_sps *sps,
				      bool *in_unit);

/* Appends all VPSs, SPSs and PPSs in this order, in Annex B form. Errors as buf_append. */
TSR_MUST_USE tsr_error h265_sets_write(const struct h265_sets *sets, struct buf *out);

#endif
