/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Stretches of a transport stream of ours that a player may begin with: from a table to the next, where a keyframe follows. */
#ifndef TSR_SINK_TSSTRETCH_H
#define TSR_SINK_TSSTRETCH_H

#include <stdbool.h>
#include <stdint.h>

#define TSSTRETCH_UNKNOWN INT64_MIN

struct tsstretch {
	uint64_t begin, end;        /* bytes */
	int64_t begin_90k, end_90k; /* PTS of its first frame; where its last one ends */
	bool apart;                 /* it does not follow what was before it */
};

struct tsstretch_config {
	uint64_t from, to;    /* bytes; a stretch begins at `from` */
	int64_t least_90k;    /* a stretch ends at the first keyframe after that */
	int64_t most_90k;     /* or at any frame after that, if tables are before it */
	int64_t expected_90k; /* PTS with which the first would follow; TSSTRETCH_UNKNOWN = any */
	int64_t hole_90k;     /* further away from that, it is apart */
};

/* Tells each, in order. What cannot be read ends it. */
void tsstretch_find(int fd, const struct tsstretch_config *config, void (*found)(void *ctx, const struct tsstretch *s),
		    void *ctx);

/* The PTS of the first frame between these bytes; TSSTRETCH_UNKNOWN = there is none. */
int64_t tsstretch_first(int fd, uint64_t from, uint64_t to);

#endif
