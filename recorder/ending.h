/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The end of a file: its sink finishes it in the background, while the stages may be at work on the next segment already. The last
 * file's end is the recording's.
 *
 * From its recording it needs the configuration, the reason, the state, events, and the engine that lets go of it. */
#ifndef TSR_ENDING_H
#define TSR_ENDING_H

#include "common/latency.h"
#include "recorder.h"
#include "sink/sink.h"

struct endings;
struct playlist_file;

/* Sums over the files that have finished. */
struct sink_totals {
	uint64_t writes, flushes;
	tsr_latency write_latency, flush_latency;
};

/* A file that nothing more goes into. */
struct ended_file {
	struct sink *sink;            /* taken over; NULL = it could not be opened */
	struct playlist_file *listed; /* taken over; NULL = without a playlist */
	const char *name;             /* below the folder, without ending; copied */
	int64_t started_utc_us;
	const tsr_stats *stats; /* of this file alone; copied */
	bool discard;           /* nothing came */
	bool last;              /* its end is the recording's */
};

struct endings *ending_create(void);
/* Every file has ended, or none was ever expected. */
void ending_destroy(struct endings *e);

/* r->turn held. One more file will have to end. */
void ending_expect_file(tsr_recording *r);
/* Whether another file may be begun. Each has memory of its own: when the disk does not finish earlier ones, the one being written
 * goes on. */
bool ending_has_room(tsr_recording *r);
/* r->turn held. */
void ending_begin(tsr_recording *r, const struct ended_file *file);
/* r->turn not held, after a turn: the sinks that were closed in it go their own way. (Offline they call back at once, and whoever is
 * told may ask for statistics.) The recording may be gone afterwards, unless the caller has a reference. */
void ending_settle(tsr_recording *r);

/* Any thread. The oldest byte that is not durable, over all files that are being finished (0 = none), and the bytes they had in memory. */
int64_t ending_exposure(tsr_recording *r, size_t *buffered);
/* Any thread. */
void ending_get_totals(tsr_recording *r, struct sink_totals *out);
/* Bytes of earlier segments in files that are complete and durable. Any thread. */
uint64_t ending_bytes(const tsr_recording *r);

/* The stages end: from now on `final`, owned from here on, is what can be read; it is brought up to date when the last file has ended.
 * r->turn held. */
void ending_keep_stats(tsr_recording *r, tsr_stats *final);
/* Whether ending_keep_stats was called: the stages are gone. r->turn held. */
bool ending_has_stats(const tsr_recording *r);
/* False = not kept yet. Any thread. */
bool ending_get_stats(tsr_recording *r, tsr_stats *out);
/* Until the last event was delivered. */
void ending_wait(tsr_recording *r);

#endif
