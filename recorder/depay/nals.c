/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nals.h"

#include "../bitstream/annexb.h"

#define SHORT_START_CODE 3

/* Takes out the delimiter at `at`, with the start code behind it, or else the one before. */
static void remove_delimiter(struct gather *g, size_t at, size_t size, size_t code)
{
	size_t before = code > 0 ? 0 : ANNEXB_START_CODE_SIZE;
	gather_remove(g, at - before, before + size + code);
}

void nals_see(struct depay *d, struct gather *g, size_t begin, const struct nal_ops *ops, void *state)
{
	for (size_t at = begin; !g->spoiled && at < g->data.len;) {
		const uint8_t *nal = g->data.data + at;
		size_t left = g->data.len - at, prefix = annexb_prefix(nal, left);
		if (prefix > 0) {
			gather_remove(g, at, prefix);
			continue;
		}
		enum nal_kind kind = ops->kind(nal[0]);
		size_t size = kind == NAL_SLICE ? left : annexb_find_start_code(nal, left);
		size_t code = size < left ? SHORT_START_CODE : 0;
		if (kind == NAL_DELIMITER && (at == begin || code > 0)) {
			remove_delimiter(g, at, size, code);
			continue;
		}
		ops->see(d, state, nal, size, at == begin && size == left);
		at += size + code;
	}
}
