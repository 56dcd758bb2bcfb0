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

/* {"tsrecorder":"event","result":…} to the peer (with a JSEP, if any), and the same to the event handlers. The references
 * stay the caller's. */
void event_send(struct session *session, const char *transaction, json_t *result, json_t *jsep);

/* {"tsrecorder":"event","error_code":…,"error":…}; a new reference. */
json_t *event_error(enum api_error code, const char *text);

/* The part of an absolute path below the recordings folder. */
const char *event_file_name(const char *folder, const char *path);

/* "2024-01-31T12:00:00Z"; a new reference. */
json_t *event_time(int64_t utc_us);

#endif
