/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is told of a track from which nothing can be recorded: it does not begin, does not decode, comes to no frame. */
#ifndef TSR_TROUBLE_H
#define TSR_TROUBLE_H

struct track;

/* r->turn held. Once a turn. */
void trouble_tell(struct track *t);

#endif
