/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One recording: what its parts share. Each part has a header of its own, which says what it needs from here and what it does; what
 * a part alone knows is in its own struct. For the files directly in recorder/.
 *
 *     lifecycle.c   what the host does with it             engine.c   all recordings and the threads that serve them
 *     turn.c        what a thread does with it, 50 times a second
 *     track.c       packet -> jitter buffer -> depacketizer -> start -> clock map -> keyframe gate -> codec
 *     start.c       frames wait until it is known where they belong
 *     output.c      the file: frames of all tracks -> muxer -> sink; limits
 *     segment.c     one file after another
 *     ending.c      files that have ended, and with the last one the recording
 *     events.c      what the host is told
 *
 * A recording is worked on by one thread at a time, which holds `turn`; what has no lock named beside it belongs to that thread. */
#ifndef TSR_RECORDING_H
#define TSR_RECORDING_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/limits.h"
#include "common/service.h"
#include "gap.h"
#include "recorder.h"
#include "rtp/clockmap.h"
#include "start.h"

#define US_PER_S 1000000

struct tsr_recording {
	struct service_item item; /* first: a turn finds its recording by it */
	atomic_int refs;
	tsr_engine *engine;
	tsr_recording *prev, *next;  /* engine's list */
	struct service *lane;        /* NULL offline */
	bool offline;                /* the same, for those who do not hold `turn`: a recording changes its lane */
	tsr_recording_config config; /* strings are owned, filename is set */
	int64_t started_utc_us;

	pthread_mutex_t turn;
	int64_t now_us; /* of this turn; offline: the newest packet's arrival */
	bool in_turn;   /* offline: a stop from within a turn is carried out behind it */

	/* The parts. */
	struct inbox *inbox;
	struct track *track[LIMIT_TRACKS];
	atomic_uint tracks; /* rises only; a track is whole before it is counted */
	struct output *out;
	struct endings *endings;
	struct events *events;
	struct hls *hls; /* NULL = no playlist */

	/* The one timeline. */
	struct timeline timeline;
	struct start start;
	bool paused;
	int64_t paused_us;           /* since when */
	int64_t paused_90k;          /* cut out of the timeline so far */
	int64_t first_90k, last_90k; /* recording time of what is in the file */
	bool any_written;
	struct gaps gaps;

	/* What a turn watches. */
	atomic_llong packet_us; /* arrival of the newest packet pushed; 0 = none */
	bool stalled;
	uint64_t inbox_dropped; /* packets, as last looked at */
	int64_t inbox_told_us;
	int shedding; /* overload.c */
	int64_t shed_changed_us;

	/* How it ends. */
	tsr_error error; /* for good */
	atomic_bool stopping;
	_Atomic(const char *) reason;
	atomic_int state; /* tsr_state */
};

/* r->turn held. An error that ends the recording; the first one counts. */
static inline void recording_fail(tsr_recording *r, tsr_error err)
{
	if (r->error == TSR_OK)
		r->error = err;
}

/* How long a track that goes on may keep its frames back: for a missing packet, or because it has nothing to say (DTX sends each 400 ms). */
static inline int64_t recording_wait_us(const tsr_recording *r)
{
	const int64_t least_us = US_PER_S / 2;
	return r->config.reorder_wait_us > least_us ? r->config.reorder_wait_us : least_us;
}

static inline int64_t ms_of_90k(int64_t ticks)
{
	return ticks / 90;
}

/* r->turn held. Of what lies before end_90k in the file. */
static inline int64_t recording_duration_ms(const tsr_recording *r, int64_t end_90k)
{
	return r->any_written && end_90k > r->first_90k ? ms_of_90k(end_90k - r->first_90k) : 0;
}

#endif
