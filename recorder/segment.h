/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The files of a recording, one after another: name, sink, note, and what is counted in each.
 *
 * From its recording it needs the configuration, the tracks' counts, what has come into the file so far, and the engine's
 * writers. r->turn is held in all of it. */
#ifndef TSR_SEGMENT_H
#define TSR_SEGMENT_H

#include <sys/types.h>

#include "recorder.h"
#include "sink/sink.h"

struct playlist_file;

/* Zeroed at first. */
struct segment {
	struct sink *sink; /* NULL = none is open */
	unsigned number;   /* 0 = the first or only file */
	char *name;        /* below the folder, without ending */
	char *path;        /* while it runs */
	int64_t start_90k;
	int64_t started_utc_us;
	dev_t device;                 /* of the file system */
	struct playlist_file *listed; /* NULL = without a playlist */
	uint64_t bytes_before;        /* given to earlier segments' sinks */
	tsr_stats *before;            /* when this segment began; NULL in the first */
};

void segment_finish(struct segment *s);

/* TSR_OK; TSR_E_NOSPACE (less than min_free_space) or an error of file_sink_create. */
TSR_MUST_USE tsr_error segment_open(tsr_recording *r, struct segment *s);
/* The one after that which was closed. */
TSR_MUST_USE tsr_error segment_next(tsr_recording *r, struct segment *s, int64_t start_90k);
/* Nothing more goes into the file; `last` ends the recording. */
void segment_close(tsr_recording *r, struct segment *s, bool last);
/* Takes an open file back, as if it had never been. */
void segment_discard(struct segment *s);

/* By the configuration's limits for a segment. */
bool segment_is_full(const tsr_recording *r, const struct segment *s, int64_t pts_90k);
/* Given to all sinks so far. */
uint64_t segment_total_bytes(const struct segment *s);
/* Something changed that the note of the file tells. */
void segment_note(const tsr_recording *r, struct segment *s);
/* How often to flush has changed. */
void segment_set_flush(const tsr_recording *r, struct segment *s);
/* Path, number, and what the sinks tell. */
void segment_get_stats(tsr_recording *r, const struct segment *s, tsr_stats *out, int64_t now_us);

#endif
