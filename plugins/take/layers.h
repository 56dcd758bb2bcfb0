/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which of the layers of simulcast is recorded: the best that is wanted and really arrives. It is changed at a keyframe of the new one
 * only. A layer has stopped when it is silent for long by its own rate of pictures, while others go on: a window that is shared at a
 * picture a second is silent most of the time. A layer that begins in mid-stream is changed to when a report has told how its timestamps
 * lie to the others'. */
#ifndef TSR_PLUGINS_LAYERS_H
#define TSR_PLUGINS_LAYERS_H

#include <stdbool.h>
#include <stdint.h>

#define LAYERS_MOST 3

struct layers {
	int wanted;  /* the best one to take */
	int current; /* that is recorded; -1 = none yet */
	struct layers_one {
		bool reported;                /* a sender report of it came */
		int64_t begun_us;             /* arrival of its first packet with a payload; 0 = never */
		int64_t packet_us;            /* arrival of its newest packet with a payload; 0 = never */
		int64_t frame_us;             /* ... and of the newest picture */
		int64_t interval_us;          /* between two pictures, the longest of the latest; 0 = not known */
		uint32_t ts;                  /* of the newest picture */
		unsigned missed[LAYERS_MOST]; /* pictures of the others since */
	} layer[LAYERS_MOST];
	int64_t begun_us;     /* when the first one was chosen */
	int64_t asked_us;     /* when a keyframe was last asked for, to change; 0 = never */
	int64_t ask_pause_us; /* until the next time */
};

void layers_init(struct layers *l, int wanted);

/* A sender report of a layer has come. */
void layers_report(struct layers *l, int layer);

/* A packet of a layer has arrived that has more in it than padding; `keyframe`: one begins in it. True: it is to be recorded. *ask: a
 * keyframe would let the layer change for the better. */
bool layers_take(struct layers *l, int layer, uint32_t ts, bool keyframe, int64_t now_us, bool *ask);

#endif
