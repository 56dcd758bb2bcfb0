/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Parameter sets of one kind (SPS, PPS or VPS) kept by their id, for keyframes that come without them. Not thread-safe. */
#ifndef TSR_BITSTREAM_PARAMSET_H
#define TSR_BITSTREAM_PARAMSET_H

#include <stdbool.h>

#include "../common/buf.h"
#include "../common/limits.h"

struct paramset {
	uint8_t *nal; /* owned by the list */
	size_t size;
	uint32_t id;
	uint32_t parent; /* id of the set it refers to: a PPS's SPS, an SPS's VPS */
	bool in_unit;    /* it came (again) with the access unit being gathered */
};

/* Oldest first. A zeroed struct is an empty list. */
struct paramset_list {
	struct paramset sets[LIMIT_PARAMETER_SETS];
	unsigned count;
};

/* Frees the sets; a zeroed list is fine. */
void paramset_finish(struct paramset_list *list);

/* An access unit begins: clears in_unit of all. */
void paramset_new_unit(struct paramset_list *list);

/* Copies one in, in the place of an earlier one with its id; the oldest go for what the limits have no room for. Sets in_unit.
 * TSR_OK, TSR_E_LIMIT (above LIMIT_PARAMETER_SET_BYTES) or TSR_E_NOMEM; on failure nothing changed. */
TSR_MUST_USE tsr_error paramset_put(struct paramset_list *list, uint32_t id, uint32_t parent, const uint8_t *nal,
				    size_t size);

/* Valid until the list changes; NULL when there is none with this id. */
const struct paramset *paramset_find(const struct paramset_list *list, uint32_t id);

/* Appends all of them in Annex B form. Errors as buf_append. */
TSR_MUST_USE tsr_error paramset_write(const struct paramset_list *list, struct buf *out);

#endif
