/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The two times of a video frame where pictures come in another order than they are shown (B-frames: OBS, cameras). They come in the
 * order in which they are decoded; RTP timestamps say when each is shown. A frame that is shown before one which came earlier gets its
 * place between those two: how the sender's clock is steered meanwhile must not change the order. Embedded in a track; what holds of
 * its other parts holds of it. */
#ifndef TSR_REORDER_H
#define TSR_REORDER_H

#include "common/frame.h"

#define REORDER_SEEN (FRAME_MAX_REORDER + 2)

struct reorder {
	uint32_t rate;  /* of the RTP clock, Hz */
	unsigned depth; /* frames that may come before one and be shown after it */
	bool learns;    /* the stream does not tell the depth: it is what was seen so far */
	bool any;       /* a frame got its times */
	bool begun;     /* ... since the timestamps began anew */
	int64_t last_dts_90k, highest_pts_90k;
	/* Times of the frames that may still be waiting to be shown, rising; the first was handed out as a DTS, the smallest of the others
	 * and the next frame's own is the next. */
	int64_t waiting_90k[FRAME_MAX_REORDER + 1];
	/* The newest frames, in the order in which they came. */
	struct reorder_frame {
		uint32_t rtp_ts;
		int64_t pts_90k;
	} seen[REORDER_SEEN];
	unsigned count, next; /* how many there are; where the next one goes */
};

/* A sender begins, the first (zeroed before) or another one whose frames come behind those so far. */
void reorder_start(struct reorder *o, uint32_t rate_hz);

/* What a keyframe says of its stream: frame.h's `reorder`. */
void reorder_set_depth(struct reorder *o, int8_t depth);

/* Timestamps that come now have nothing to do with those before. */
void reorder_forget(struct reorder *o);

/* Whether the frame with this timestamp is shown before one that came already: then *pts_90k is when. Otherwise the clock must tell. */
bool reorder_place(struct reorder *o, uint32_t rtp_ts, int64_t *pts_90k);

/* Gives a frame its dts_90k; its rtp_ts and pts_90k are set. A PTS that does not fit is raised: shown at the earliest when decoded. */
void reorder_note(struct reorder *o, struct frame *frame, bool placed);

#endif
