/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine: all recordings, the lanes that serve them, the writers. */
#ifndef TSR_ENGINE_H
#define TSR_ENGINE_H

#include "common/service.h"
#include "recorder.h"
#include "sink/file.h"

/* Each recording is served so often. With the writers' 200 ms it bounds what a crash can take. */
#define ENGINE_TURN_PERIOD_US 20000

/* The engine keeps a reference until engine_forget, when the last event was delivered. TSR_E_BUSY when it is closing. */
TSR_MUST_USE tsr_error engine_remember(tsr_engine *engine, tsr_recording *r);
void engine_forget(tsr_recording *r);
/* From now on the recording gets its turns, in the lane of those that copy. The lane has a reference; who serves it gives it back when
 * it is served no more. */
void engine_serve(tsr_engine *engine, tsr_recording *r, bool (*serve)(struct service_item *item, int64_t now_us));
/* For `serve`, r->turn held: it is served by the transcoding lane from now on. True = it was not so far; then engine_hand_over
 * follows, r->turn not held, and `serve` returns false. */
bool engine_change_lane(tsr_recording *r);
void engine_hand_over(tsr_recording *r);
/* The engine's writers; NULL offline. */
struct writers *engine_writers(const tsr_engine *engine);

#endif
