/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The events of the API: their JSON, and their way to the peer and to Janus's event handlers. */
#ifndef TSR_PLUGINS_TAKE_EVENTS_H
#define TSR_PLUGINS_TAKE_EVENTS_H

#include <jansson.h>

#include "../peer/session.h"
#include "take.h"

/* The "result" of an engine's event; a new reference. */
json_t *event_result(struct take *take, const tsr_event *event);

#endif
