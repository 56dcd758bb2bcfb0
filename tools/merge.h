/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Several captures of one call as one: their packets by time of arrival. */
#ifndef TSREC_MERGE_H
#define TSREC_MERGE_H

#include "capture/capture.h"

struct merge_input {
	const char *path; /* borrowed */
	struct capture *capture;
	struct capture_packet next;
	int64_t shift_us; /* added to its arrival times */
	tsr_error status; /* TSR_OK while it yields; then how it ended: TSR_E_EOF is well */
};

struct merge {
	struct merge_input *inputs; /* in the order given */
	unsigned count;
	struct merge_input *taken; /* whose packet was handed out last */
};

/* Plain data: the caller fills inputs (path and capture) and count, keeps them and closes the captures afterwards. Captures that
 * do not know when they were made begin together with the earliest of the others. */
void merge_start(struct merge *m);

/* The earliest packet of all, borrowed until the next call, and the input it is from; NULL at the end of all. */
const struct capture_packet *merge_next(struct merge *m, unsigned *input);

#endif
