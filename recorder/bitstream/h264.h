/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the recorder must understand of H.264 (ITU-T H.264 sections 7.3.1 to 7.3.3): where a picture begins, what can be
 * decoded alone, how large it is, and the parameter sets it needs. NAL units are given without start code. */
#ifndef TSR_BITSTREAM_H264_H
#define TSR_BITSTREAM_H264_H

#include "paramset.h"

/* nal_unit_type (table 7-1) */
enum {
	H264_NAL_SLICE = 1,
	H264_NAL_PARTITION_A = 2,
	H264_NAL_PARTITION_B = 3,
	H264_NAL_PARTITION_C = 4,
	H264_NAL_IDR = 5,
	H264_NAL_SEI = 6,
	H264_NAL_SPS = 7,
	H264_NAL_PPS = 8,
	H264_NAL_AUD = 9,
	H264_NAL_END_OF_SEQUENCE = 10,
	H264_NAL_END_OF_STREAM = 11,
	H264_NAL_FILLER = 12,
	H264_NAL_LAST = 23, /* higher ones belong to the payload format */
};

static inline unsigned h264_nal_type(uint8_t header)
{
	return header & 0x1f;
}

static inline unsigned h264_nal_ref_idc(uint8_t header)
{
	return header >> 5 & 3;
}

struct h264_sps {
	uint32_t id;
	uint16_t width; /* after cropping */
	uint16_t height;
	int8_t reorder; /* max_num_reorder_frames; -1 where neither the VUI nor the profile tells */
};

struct h264_slice {
	uint32_t first_mb;
	uint32_t pps_id;
};

/* Both: TSR_OK and *out, or TSR_E_MALFORMED. The slice may be a partition A. */
TSR_MUST_USE tsr_error h264_parse_sps(const uint8_t *nal, size_t size, struct h264_sps *out);
TSR_MUST_USE tsr_error h264_parse_slice(const uint8_t *nal, size_t size, struct h264_slice *out);

/* The parameter sets of a stream. Zeroed is empty. */
struct h264_sets {
	struct paramset_list sps;
	struct paramset_list pps;
};

void h264_sets_finish(struct h264_sets *sets);

/* An access unit begins. */
void h264_sets_new_unit(struct h264_sets *sets);

/* Keeps an SPS or PPS. TSR_OK, TSR_E_MALFORMED, TSR_E_LIMIT or TSR_E_NOMEM. */
TSR_MUST_USE tsr_error h264_sets_put(struct h264_sets *sets, const uint8_t *nal, size_t size);

/* The SPS that a slice with this pps_id uses, and whether it and the PPS came with this access unit. TSR_OK and both set, or
 * TSR_E_NOTFOUND when one of them is not known. */
TSR_MUST_USE tsr_error h264_sets_find(const struct h264_sets *sets, uint32_t pps_id, struct h264_sps *sps,
				      bool *in_unit);

/* Appends all SPSs, then all PPSs, in Annex B form. Errors as buf_append. */
TSR_MUST_USE tsr_error h264_sets_write(const struct h264_sets *sets, struct buf *out);

#endif
