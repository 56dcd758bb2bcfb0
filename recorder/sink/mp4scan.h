/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finds out how much of an MP4 file of ours (common/mp4.h) that ends anywhere is whole: it is walked fragment by fragment, whether it was finished or not,
 * and the index of its samples is made of what they say. Constant memory, but for the index. */
#ifndef TSR_SINK_MP4SCAN_H
#define TSR_SINK_MP4SCAN_H

#include "../common/limits.h"
#include "../common/mp4.h"
#include "window.h"

/* What a fragment has of one track. */
struct mp4scan_run {
	unsigned id; /* index of the track */
	uint64_t dts;
	uint32_t fields, count;
	uint64_t position; /* in the file, of its first sample */
	const uint8_t *entry;
	bool plain;
};

struct mp4scan {
	struct window file; /* its `read` and `ctx` are set before */

	/* Results. */
	bool ours;              /* it is such a file, or the beginning of one */
	bool begun;             /* all that stands before the fragments is there */
	bool sealed;            /* its placeholder is the head of an mdat: it was finished */
	uint64_t whole;         /* behind the last whole fragment; 0 = there is none */
	uint64_t end;           /* of the file */
	bool complete;          /* it was finished, and has its moov */
	struct mp4_movie movie; /* owned: mp4scan_finish */
	int64_t first_90k[LIMIT_TRACKS], last_90k[LIMIT_TRACKS];

	/* The scan's own. */
	uint64_t media_at; /* where the first fragment belongs */
	struct mp4scan_run run[LIMIT_TRACKS];
	unsigned runs;
	uint64_t sample_at;
	uint8_t moof[MP4_MOOF_BYTES];
};

/* All but `file` is zero. 0, or -1 and errno: of a failed read, or ENOMEM. */
int mp4scan_run(struct mp4scan *s);

void mp4scan_finish(struct mp4scan *s);

#endif
