/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How far the media in the file have come: recording time beside the bytes that carry it, until those are written. */
#ifndef TSR_PROGRESS_H
#define TSR_PROGRESS_H

#include <stdint.h>

#define PROGRESS_MARKS 64

/* Zeroed at first. */
struct progress {
	struct progress_mark {
		uint64_t bytes; /* accepted so far, of all segments */
		int64_t last_90k;
	} mark[PROGRESS_MARKS];
	unsigned first, count;
	int64_t written_90k;
};

/* So many bytes were accepted, with media up to last_90k, and so many are written. */
void progress_watch(struct progress *p, uint64_t accepted, int64_t last_90k, uint64_t written);

#endif
