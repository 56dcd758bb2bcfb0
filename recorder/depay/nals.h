/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Several NAL units of H.264 or H.265 where a payload should have one: what a sender made of a whole access unit, start codes and all
 * (cameras send SPS, PPS and IDR so), with delimiters, or with a start code in front. */
#ifndef TSR_DEPAY_NALS_H
#define TSR_DEPAY_NALS_H

#include "../common/reader.h"

#include "gather.h"

enum nal_kind { NAL_SLICE, NAL_DELIMITER, NAL_OTHER };

/* What differs between the two codecs. */
struct nal_ops {
	enum nal_kind (*kind)(uint8_t header);
	/* Looks at a NAL unit; `alone`: it is the only one, as it should be. */
	void (*see)(struct depay *d, void *state, const uint8_t *nal, size_t size, bool alone);
};

/* Looks at what stands in the gathered bytes from `begin` on, behind a start code of ours. Delimiters are taken out: each unit begins with
 * one of ours. Up to the first slice each NAL unit is looked at; what is behind it is fine as it is, and may be long. */
void nals_see(struct depay *d, struct gather *g, size_t begin, const struct nal_ops *ops, void *state);

/* Behind the NAL units of an aggregation packet: the last byte of padding of which the header says that there is none. */
static inline bool nals_padding_left(const struct reader *r)
{
	return r->left == 1 && r->p[0] == 0;
}

#endif
