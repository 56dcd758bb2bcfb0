/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the segments of a recording's playlist begin: at a keyframe, or where no picture follows without one; anew where tables, the timeline
 * or the size of the picture change (RFC 8216 section 4.3.2.3). And that there is a keyframe in time.
 *
 * From its recording it needs the configuration, the tracks, the timeline with its pauses, and what has come into the file so far.
 * r->turn is held in all of it, unless it says otherwise. NULL is a recording without a playlist. */
#ifndef TSR_HLS_H
#define TSR_HLS_H

#include "mux/mux.h"
#include "playlist.h"
#include "recorder.h"
#include "track.h"

struct hls;

/* NULL with TSR_OK when none is wanted; TSR_E_INVAL (what is asked for cannot be had), TSR_E_NOMEM. */
TSR_MUST_USE tsr_error hls_create(const tsr_recording *r, struct hls **out);
void hls_destroy(struct hls *h);

/* The recording goes on in a new file, which has not been opened yet. */
struct playlist_file *hls_new_file(struct hls *h, const tsr_recording *r, const char *name);
/* What the tables of the file say has changed: what follows is another set of tracks. */
void hls_note_tables(struct hls *h);
/* This frame is the next one in the file. Where a segment begins, the muxer is told. */
void hls_frame(struct hls *h, struct track *t, const struct frame *frame, struct sink *sink, struct mux *mux);
/* Nothing more comes into this file. next_90k: where the next one goes on; INT64_MIN = there is none. */
void hls_end_file(struct hls *h, struct sink *sink, int64_t next_90k);
/* What time brings: while nothing comes, what there is can be seen. */
void hls_poll(struct hls *h, const tsr_recording *r, struct sink *sink);
/* No file will follow. */
void hls_close(struct hls *h);

/* Where the playlist lies; empty while it lists nothing. Any thread. */
void hls_get_path(struct hls *h, const tsr_recording *r, char *out, size_t size);

#endif
