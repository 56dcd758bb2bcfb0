/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The video frame that a depacketizer is gathering, and whether it is still whole. The rule that all of them share: a frame is
 * handed on only when every byte of it is known to be there. Embedded in their state; not thread-safe. */
#ifndef TSR_DEPAY_GATHER_H
#define TSR_DEPAY_GATHER_H

#include "../common/buf.h"
#include "depay.h"

struct gather {
	struct buf data;
	uint32_t rtp_ts;
	uint32_t ssrc;
	int64_t arrival_us; /* of the first packet */
	bool open;          /* a frame is being gathered */
	bool after_loss; /* ... whose first packet came right after a loss: what it begins with tells whether it is whole */
	bool spoiled;   /* ... of which something is missing or broken */
	bool too_large; /* ... and that because it went past the cap (and was counted) */
};

void gather_init(struct gather *g);
void gather_finish(struct gather *g);

/* Begins a frame with the packet's times. */
void gather_open(struct gather *g, const struct rtp_packet *pkt, bool lost);

/* A part of the open frame is missing or broken. Its bytes are forgotten at once. */
void gather_spoil(struct gather *g);

/* Something of the open frame went past its cap: counts that and spoils the frame. */
void gather_too_large(struct depay *d, struct gather *g);

/* Appends to the open frame; one that is spoiled takes nothing. Past the cap: gather_too_large. */
void gather_append(struct depay *d, struct gather *g, const void *bytes, size_t size);
void gather_insert(struct depay *d, struct gather *g, size_t at, const void *bytes, size_t size);

/* Takes bytes out again. */
void gather_remove(struct gather *g, size_t at, size_t size);

/* Ends the open frame. True when it is whole: *frame is filled with its bytes and times, to be completed and emitted.
 * Otherwise it was counted as damaged. */
bool gather_close(struct depay *d, struct gather *g, struct frame *frame);

/* Ends the open frame, if any, without handing it on or counting it. */
void gather_discard(struct gather *g);

/* For the ops' flush: an open frame can't be known to be whole. */
void gather_drop(struct depay *d, struct gather *g);

#endif
