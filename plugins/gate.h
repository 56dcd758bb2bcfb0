/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The gate: Janus runs destroy() while callbacks of handles are still under way, and while others begin. A callback does
 * nothing when it may not enter. It is zeroed and needs no end: some come when all else is gone. */
#ifndef TSR_PLUGINS_GATE_H
#define TSR_PLUGINS_GATE_H

#include <glib.h>
#include <stdbool.h>

struct gate {
	gint open, inside;
};

void gate_open(struct gate *gate);
bool gate_enter(struct gate *gate);
void gate_leave(struct gate *gate);

/* No callback enters after this, and none is inside. False when it was not open. */
bool gate_close(struct gate *gate);

#endif
