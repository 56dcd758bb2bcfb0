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

/* Writes PAT, SDT and PMT of these tracks into the sink. `version` 0 to 31: of the tables; a muxer that continues a file after
 * another takes the next one. The sink is borrowed. TSR_OK and *out; TSR_E_UNSUPPORTED, TSR_E_NOMEM, or the sink's error. */
TSR_MUST_USE tsr_error mux_create(const struct mux_track *tracks, unsigned count, unsigned version, const char *title,
				  struct sink *sink, struct mux **out);

/* Ends the tables' muxer; writes what libavformat still holds (an audio PES being gathered). The sink stays open. */
void mux_destroy(struct mux *m);

/* Writes one frame of track id, all of it, into the sink. The frame's pts_90k must rise per track. Errors as mux_create,
 * TSR_E_MALFORMED when libavformat refuses the frame (nothing was written then). */
TSR_MUST_USE tsr_error mux_write(struct mux *m, unsigned id, const struct frame *frame);

#endif
