/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * MPEG-TS through libavformat (av_write_frame only: nothing is held back), written frame by frame into a sink. */
#ifndef TSR_MUX_MUX_H
#define TSR_MUX_MUX_H

#include "../common/error.h"
#include "../common/frame.h"
#include "../sink/sink.h"

struct mux;

struct mux_track {
	struct track_format format;
	unsigned id; /* stable for the recording: its PID is 0x100 + id */
};

struct mux_config {
	const char *title; /* DVB service name, UTF-8, of which about 230 bytes fit; NULL = none */
	int64_t wait_90k; /* one track may keep its frames back so long while others go on (a missing packet is waited for) */
};

/* Once per process: what libavformat and libavcodec have to say below an error goes nowhere. They write to the host's stderr, past
 * its log, and what matters we count or log ourselves. */
void mux_log_errors_alone(void);

/* The muxer of one file, of which no tracks are known yet. The sink is borrowed. TSR_OK and *out; TSR_E_NOMEM. One thread at a time. */
TSR_MUST_USE tsr_error mux_create(const struct mux_config *config, struct sink *sink, struct mux **out);

/* The tracks that the file has from the next frame on, 1 to LIMIT_TRACKS: PAT, SDT and PMT come before it. Again: the next version of the
 * tables, unless they say the same, and nothing else changes. TSR_OK; TSR_E_INVAL, TSR_E_UNSUPPORTED (a codec MPEG-TS does not carry), TSR_E_NOMEM: nothing can be
 * written until it succeeds. */
TSR_MUST_USE tsr_error mux_set_tracks(struct mux *m, const struct mux_track *tracks, unsigned count);

/* Frames are missing before the next one: the file's clock is announced as a new one. */
void mux_note_gap(struct mux *m);

/* Writes one frame of track id, all of it, into the sink. Its dts_90k must rise per track. TSR_OK; TSR_E_MALFORMED when
 * libavformat refuses the frame (nothing of it was written); else the sink's error. */
TSR_MUST_USE tsr_error mux_write(struct mux *m, unsigned id, const struct frame *frame);

/* NULL is fine. The sink stays open. */
void mux_destroy(struct mux *m);

/* An upper bound of what a frame becomes: for asking the sink for room. */
size_t mux_packetized_size(const struct mux *m, const struct frame *frame);

/* How far the file's clock lies behind its newest frame: longer, from a frame on that came later than that. */
int64_t mux_lead_90k(const struct mux *m);

#endif
