/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A worker's turn at a recording: what its inbox has goes through the tracks, and what time brings is looked at. */
#ifndef TSR_TURN_H
#define TSR_TURN_H

#include "common/service.h"
#include "recorder.h"

/* What a recording, whose first member `item` is, gets every ENGINE_TURN_PERIOD_US from one of its lane's threads. */
bool turn_serve(struct service_item *item, int64_t now_us);
/* Offline: ends the recording at once, on the caller's thread. r->turn not held. */
void turn_finish_offline(tsr_recording *r);

#endif
