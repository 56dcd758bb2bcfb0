/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Frames become a file, frame by frame, nothing is held back (in MP4, for MP4_FRAGMENT_MS at most): one implementation per container (ops.h), which writes into a sink. */
#ifndef TSR_MUX_MUX_H
#define TSR_MUX_MUX_H

#include "../common/container.h"
#include "../common/error.h"
#include "../common/frame.h"
#include "../sink/sink.h"

struct mux;

struct mux_track {
	struct track_format format;
	unsigned id; /* stable for the recording: its place in the file follows from it */
};

/* A part of a file that can be given out by itself: of MP4 a moof with its mdat, for which what stands before the first of them
 * is the init segment. */
struct mux_fragment {
	uint64_t offset, size; /* in the file */
	int64_t start_90k;     /* recording time of its first frame */
	int64_t length_90k;
	bool keyframe; /* it begins with one; of files without pictures: always */
};

struct mux_config {
	tsr_container container;
	/* MP4: told of each, when it was given to the sink. NULL = nobody wants to know. */
	void (*fragment)(void *ctx, const struct mux_fragment *fragment);
	void *fragment_ctx;
	const char *title; /* UTF-8, of which about 230 bytes fit; NULL = none */
	int64_t wait_90k; /* one track may keep its frames back so long while others go on (a missing packet is waited for) */
};

/* Once per process: what libavformat and libavcodec have to say below an error goes nowhere. They write to the host's stderr, past
 * its log, and what matters we count or log ourselves. */
void mux_log_errors_alone(void);

/* The muxer of one file, of which no tracks are known yet. The sink is borrowed. TSR_OK and *out; TSR_E_NOMEM. One thread at a time. */
TSR_MUST_USE tsr_error mux_create(const struct mux_config *config, struct sink *sink, struct mux **out);

/* The tracks that the file has from the next frame on, 1 to LIMIT_TRACKS: what the container says of them comes before it. Again: what
 * is said changes, unless it is the same, and nothing else does. TSR_OK; TSR_E_INVAL, TSR_E_UNSUPPORTED (a codec that the container does
 * not carry), TSR_E_NOMEM: nothing can be written until it succeeds. */
TSR_MUST_USE tsr_error mux_set_tracks(struct mux *m, const struct mux_track *tracks, unsigned count);

/* Frames are missing before the next one: where the file has a clock, it is announced as a new one. */
void mux_note_gap(struct mux *m);

/* A player may begin with the next frame: what the container says of the tracks comes before it once more. */
void mux_begin_segment(struct mux *m);

/* Writes one frame of track id, all of it, into the sink. Its dts_90k must rise per track. TSR_OK; TSR_E_MALFORMED when
 * the container cannot take the frame (nothing of it was written); else the sink's error. */
TSR_MUST_USE tsr_error mux_write(struct mux *m, unsigned id, const struct frame *frame);

/* Time goes on: what is held back for long enough is written, without waiting for a frame. `now_us` is monotonic, and only compared with that of other
 * calls. TSR_OK or the sink's error. */
TSR_MUST_USE tsr_error mux_tick(struct mux *m, int64_t now_us);

/* The end of the file: writes its index, and completes its beginning when the sink ends. Nothing may be written after it. TSR_OK; TSR_E_NOMEM
 * (the file plays, but cannot be sought in), or the sink's error. */
TSR_MUST_USE tsr_error mux_finish(struct mux *m);

/* NULL is fine. The sink stays open. */
void mux_destroy(struct mux *m);

/* An upper bound of what a frame becomes: for asking the sink for room. NULL is a file that has not begun. */
size_t mux_packetized_size(const struct mux *m, const struct frame *frame);

/* How far the file's clock lies behind its newest frame: longer, from a frame on that came later than that. 0 where it has none. */
int64_t mux_lead_90k(const struct mux *m);

#endif
