/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The JSON API: from a message to the handler of its request, and back. */
#ifndef TSR_PLUGINS_API_H
#define TSR_PLUGINS_API_H

#include <jansson.h>
#include <plugins/plugin.h> /* Janus's */

/* Waits for the requests that are being worked on, and for their threads to be gone. No more may come. */
void api_drain(void);

janus_plugin_result *api_handle_message(janus_plugin_session *handle, char *transaction, json_t *message, json_t *jsep);
json_t *api_handle_admin_message(json_t *message);

#endif
