/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The door of api/: the JSON API, from a message to the handler of its request, and back. */
#ifndef TSR_PLUGINS_API_H
#define TSR_PLUGINS_API_H

#include <jansson.h>
#include <plugins/plugin.h> /* Janus's */

#include "parts.h"

struct api;

/* Its parts must outlive it. */
struct api *api_create(const struct api_parts *parts);

/* Waits for the requests that are being worked on, and for their threads to be gone. No more may come. NULL is fine. */
void api_destroy(struct api *api);

janus_plugin_result *api_handle_message(struct api *api, janus_plugin_session *handle, char *transaction,
					json_t *message, json_t *jsep);
json_t *api_handle_admin_message(struct api *api, json_t *message);

#endif
