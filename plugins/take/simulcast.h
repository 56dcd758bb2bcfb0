/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Simulcast: a peer sends one picture in up to three qualities, each a stream of its own that Janus rebases on its own. One of
 * them is recorded: the best that was asked for and really arrives. It is changed at a keyframe of the new one only, and no
 * packet is rewritten: the engine maps both streams to the recording's time by their sender reports.
 *
 * (The core's own helper rewrites the packets by arrival time, and in 1.1.2 lets no AV1 through.) */
#ifndef TSR_PLUGINS_TAKE_SIMULCAST_H
#define TSR_PLUGINS_TAKE_SIMULCAST_H

#include "layers.h"
#include "take.h"

struct simulcast {
	bool active;
	tsr_codec codec;
	struct take_layers layers; /* the SSRCs are learnt */
	struct layers choice;
};

/* Not active when nothing that is described can be used. */
void simulcast_init(struct simulcast *s, const struct take_layers *layers, tsr_codec codec, int wanted);

/* Whether both describe the same layers, whatever was learnt since. */
bool simulcast_same_layers(const struct simulcast *a, const struct simulcast *b);

/* Looks at the sender reports in an RTCP packet. */
void simulcast_report(struct simulcast *s, const char *packet, size_t size);

/* Looks at a packet. True: it belongs to the layer that is recorded. *ask: a keyframe would let it change for the better. */
bool simulcast_select(struct simulcast *s, const char *packet, size_t size, int64_t now_us, bool *ask);

#endif
