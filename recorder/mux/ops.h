/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a container implements: the functions of mux.h for it. */
#ifndef TSR_MUX_OPS_H
#define TSR_MUX_OPS_H

#include <stddef.h>
#include <stdint.h>

#include "../common/error.h"

struct frame;
struct mux;
struct mux_config;
struct mux_track;
struct sink;

struct mux_ops {
	tsr_error (*create)(const struct mux_config *config, struct sink *sink, struct mux **out);
	tsr_error (*set_tracks)(struct mux *m, const struct mux_track *tracks, unsigned count);
	void (*note_gap)(struct mux *m);
	void (*begin_segment)(struct mux *m); /* NULL = nothing has to be said again */
	tsr_error (*write)(struct mux *m, unsigned id, const struct frame *frame);
	tsr_error (*tick)(struct mux *m, int64_t now_us); /* NULL = nothing is held back */
	tsr_error (*finish)(struct mux *m);               /* NULL = there is nothing to do */
	void (*destroy)(struct mux *m);
	size_t (*packetized_size)(const struct mux *m, const struct frame *frame);
	int64_t (*lead_90k)(const struct mux *m);
};

/* The first member of each. */
struct mux {
	const struct mux_ops *ops;
};

extern const struct mux_ops mpegts_ops, matroska_ops, mp4_ops;

#endif
