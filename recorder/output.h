/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The file: frames of all tracks -> muxer -> sink; segments, limits, end.
 *
 * From its recording it needs the configuration, the tracks and their formats, the turn's time, the engine's writers, events, and
 * tsr_recording_stop; it moves the timeline's end, the state and the gaps. Errors are the recording's and stop it.
 * r->turn is held in all of it. */
#ifndef TSR_OUTPUT_H
#define TSR_OUTPUT_H

#include "recorder.h"
#include "track.h"

struct output;

struct output *output_create(void);
/* No file is open. */
void output_destroy(struct output *out);

/* The first file. */
TSR_MUST_USE tsr_error output_open(tsr_recording *r);
/* Takes it back: the recording does not begin. */
void output_discard(tsr_recording *r);
/* A coded frame of t for the file. */
tsr_error output_frame(struct track *t, const struct frame *frame);
/* What time brings: a start that waited for other tracks, a failing disk, limits. */
void output_poll(tsr_recording *r);
/* Something changed that the note of the file tells. */
void output_note(tsr_recording *r);
/* How often to flush has changed. */
void output_set_flush(tsr_recording *r);
/* The next file is wanted, as soon as nothing is lost by it. False = nothing is in this one yet. */
bool output_split(tsr_recording *r);
/* t has ended: new tables leave it out. */
void output_track_ended(struct track *t);
/* Whether the host was told that the recording has begun. */
bool output_has_begun(const tsr_recording *r);
/* What waited for the tracks that have not begun goes into the file without them. */
void output_flush(tsr_recording *r);
/* Ends the file: renames or discards it, and with it the recording. */
void output_finish(tsr_recording *r);
/* Path, segment, duration, and what the sinks tell. */
void output_get_stats(tsr_recording *r, tsr_stats *out, int64_t now_us);

#endif
