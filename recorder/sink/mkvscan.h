/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finds out how much of a Matroska file of ours (common/matroska.h) that ends anywhere is whole: it is walked element by element up to the last
 * whole block. Bytes are read by a function of the caller, so that it can be fuzzed. Constant memory, but for the index. */
#ifndef TSR_SINK_MKVSCAN_H
#define TSR_SINK_MKVSCAN_H

#include "../common/limits.h"
#include "../common/matroska.h"
#include "window.h"

struct mkvscan_track {
	unsigned number;
	tsr_codec codec;
	uint64_t frames;
	int64_t first_ms, last_ms;
	struct matroska_end end;
};

struct mkvscan {
	struct window file; /* its `read` and `ctx` are set before */

	/* Results. */
	bool ours;           /* it is such a file, or the beginning of one */
	bool begun;          /* it has a whole head and Tracks */
	uint64_t segment_at; /* where the Segment's content begins */
	size_t info_size;
	uint64_t whole;   /* behind the last whole block; 0 = there is none */
	uint64_t end;     /* of the file */
	uint64_t cues_at; /* where Cues stand behind the last block, and are whole; 0 = nowhere */
	uint64_t cues_end;
	bool complete; /* the head says what is there: it was finished */
	unsigned tracks;
	struct mkvscan_track track[LIMIT_TRACKS];
	struct matroska_index index; /* owned: mkvscan_finish */

	/* The scan's own. */
	uint64_t cluster_at, cluster_content;
	bool in_cluster, has_time;
	int64_t cluster_ms, cued_ms;
};

/* All but `file` is zero. 0, or -1 and errno of a failed read. */
int mkvscan_run(struct mkvscan *s);

void mkvscan_finish(struct mkvscan *s);

/* When the last frame ends. */
int64_t mkvscan_duration_ms(const struct mkvscan *s);

#endif
