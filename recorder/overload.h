/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When transcoding falls behind real time: leave out work in steps, tell each, and come back when it has caught up. Audio
 * and copies are never touched.
 *
 * From its recording it needs the turn's time, the tracks' codecs, and events. */
#ifndef TSR_OVERLOAD_H
#define TSR_OVERLOAD_H

#include "recorder.h"

/* r->turn held. lag_us: how old the newest packet handled in this turn was. */
void overload_watch(tsr_recording *r, int64_t lag_us);

#endif
