/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "merge.h"

#include <glib.h>

static void advance(struct merge_input *in)
{
	in->status = capture_next(in->capture, &in->next);
	if (in->status == TSR_OK)
		in->next.arrival_us += in->shift_us;
}

/* Inputs that know the time of day stay where they are; the others are moved to the earliest one's first packet. */
static void align(struct merge *m)
{
	int64_t earliest_us = INT64_MAX;
	for (unsigned i = 0; i < m->count; i++) {
		const struct merge_input *in = &m->inputs[i];
		if (in->status == TSR_OK && in->capture->wall_clock)
			earliest_us = MIN(earliest_us, in->next.arrival_us);
	}
	if (earliest_us == INT64_MAX)
		return; /* all of them count from their first packet */
	for (unsigned i = 0; i < m->count; i++) {
		struct merge_input *in = &m->inputs[i];
		if (in->status == TSR_OK && !in->capture->wall_clock) {
			in->shift_us = earliest_us - in->next.arrival_us;
			in->next.arrival_us = earliest_us;
		}
	}
}

void merge_start(struct merge *m)
{
	for (unsigned i = 0; i < m->count; i++)
		advance(&m->inputs[i]);
	align(m);
}

const struct capture_packet *merge_next(struct merge *m, unsigned *input)
{
	if (m->taken != NULL)
		advance(m->taken);
	m->taken = NULL;
	for (unsigned i = 0; i < m->count; i++) {
		struct merge_input *in = &m->inputs[i];
		if (in->status == TSR_OK && (m->taken == NULL || in->next.arrival_us < m->taken->next.arrival_us))
			m->taken = in;
	}
	if (m->taken == NULL)
		return NULL;
	*input = (unsigned)(m->taken - m->inputs);
	return &m->taken->next;
}
