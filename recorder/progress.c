/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "progress.h"

void progress_watch(struct progress *p, uint64_t accepted, int64_t last_90k, uint64_t written)
{
	for (; p->count > 0 && p->mark[p->first].bytes <= written; p->count--) {
		p->written_90k = p->mark[p->first].last_90k;
		p->first = (p->first + 1) % PROGRESS_MARKS;
	}
	/* When it is full the disk has stood still for long: older ones are what it has to get through. */
	if (p->count < PROGRESS_MARKS)
		p->mark[(p->first + p->count++) % PROGRESS_MARKS] = (struct progress_mark){accepted, last_90k};
}
