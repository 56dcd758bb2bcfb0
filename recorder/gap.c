/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gap.h"

static int64_t ms(int64_t ticks_90k)
{
	return ticks_90k / 90;
}

/* NULL: none is open, or it is one of those that are only counted. */
static tsr_gap *find(struct gaps *gaps, int open)
{
	return open >= 0 && open < LIMIT_GAPS ? &gaps->gap[open] : NULL;
}

void gap_add(struct gaps *gaps, int *open, unsigned track, const char *cause, int64_t pts_90k, size_t bytes)
{
	bool opens = *open < 0;
	if (opens)
		*open = (int)gaps->count++;
	tsr_gap *gap = find(gaps, *open);
	if (gap == NULL)
		return;
	if (opens)
		*gap = (tsr_gap){.track = (int)track, .cause = cause, .start_ms = ms(pts_90k)};
	gap->end_ms = ms(pts_90k);
	gap->frames++;
	gap->bytes += bytes;
}

void gap_close(struct gaps *gaps, int *open, int64_t pts_90k)
{
	tsr_gap *gap = find(gaps, *open);
	if (gap != NULL)
		gap->end_ms = ms(pts_90k);
	*open = -1;
}
