/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The start of a recording: frames wait in memory before they get their times, until the first sender report of the peer tells how its
 * clock lies to ours, and for so long at most. What comes meanwhile also tells which packet of each track was held up least. So the
 * first frames lie where they belong, and nothing has to be steered afterwards.
 *
 * r->turn of the recording it is a part of is held in all of it. */
#ifndef TSR_START_H
#define TSR_START_H

#include <glib.h>

#include "common/error.h"
#include "common/frame.h"
#include "rtp/clockmap.h"

struct start {
	struct timeline *timeline;
	int64_t wait_us;
	int64_t since_us; /* when the first frame came; 0 = none yet */
	bool leaving;     /* the wait is over; frames that waited are still there, others go behind them */
	int64_t left_us;  /* since when */
	bool over;        /* nothing waits any more */
	GQueue frames;    /* struct waiting_frame */
	size_t bytes;
};

/* It waits wait_us at most, with a negative one not at all. */
void start_init(struct start *s, struct timeline *timeline, int64_t wait_us);
/* Frees what waits. */
void start_finish(struct start *s);

/* Gives the frame to `deliver`, now or when its turn comes; a copy waits. captured_us as clockmap_map has it. The error is of any frame
 * that was delivered. */
TSR_MUST_USE tsr_error start_push(struct start *s, struct clockmap *clock, const struct frame *frame,
				  int64_t captured_us, int64_t now_us, frame_cb deliver, void *ctx);

/* When it is known by now, or was waited for long enough: delivers what waits, until until_us by the clock; the rest another time. */
TSR_MUST_USE tsr_error start_poll(struct start *s, int64_t now_us, int64_t until_us);

/* Whether frames that waited are still there, though the wait is over. */
static inline bool start_is_leaving(const struct start *s)
{
	return s->leaving && !s->over;
}

/* Delivers all that waits, whatever is known; nothing waits from now on. */
TSR_MUST_USE tsr_error start_now(struct start *s);

#endif
