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
	const struct mux_track *tracks;
	unsigned count;     /* 1 to LIMIT_TRACKS */
	unsigned version;   /* 0 to 31, of PAT and PMT: a muxer that goes on in the same file takes the next one */
	bool discontinuity; /* goes on in a file: each PID's first packet carries the discontinuity indicator */
	const char *title;  /* DVB service name, UTF-8, of which about 230 bytes fit; NULL = none */
};

/* Once per process: what libavformat and libavcodec have to say below an error goes nowhere. They write to the host's stderr, past
 * its log, and what matters we count or log ourselves. */
void mux_log_errors_alone(void);

/* Writes PAT, SDT and PMT with the first frame. The sink is borrowed. TSR_OK and *out; TSR_E_UNSUPPORTED (a codec MPEG-TS
 * does not carry), TSR_E_NOMEM. One thread at a time. */
TSR_MUST_USE tsr_error mux_create(const struct mux_config *config, struct sink *sink, struct mux **out);

/* Writes one frame of track id, all of it, into the sink. Its dts_90k must rise per track. TSR_OK; TSR_E_MALFORMED when
 * libavformat refuses the frame (nothing of it was written); else the sink's error. */
TSR_MUST_USE tsr_error mux_write(struct mux *m, unsigned id, const struct frame *frame);

/* NULL is fine. The sink stays open. */
void mux_destroy(struct mux *m);

/* An upper bound of what a frame of so many bytes becomes: for asking the sink for room. */
size_t mux_packetized_size(size_t frame_bytes);

#endif
