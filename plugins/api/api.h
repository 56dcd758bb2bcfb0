/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The JSON API: from a message to the handler of its request, and back. */
#ifndef TSR_PLUGINS_API_H
#define TSR_PLUGINS_API_H

#include <jansson.h>
#include <plugins/plugin.h> /* Janus's */

#include "../config/fields.h"
#include "../peer/session.h"

struct request {
	struct session *session; /* NULL: it came through the Admin API */
	bool admin;              /* likewise, and the admin_key is right if there is one */
	unsigned hangups;        /* of the session when the request came */
	const char *transaction;
	json_t *body;
	json_t *jsep; /* may be NULL */
	enum api_error code;
	char error[1024];
};

/* Does what a request asks for. A synchronous one returns the answer; an asynchronous one sends its event itself and returns
 * NULL. Both return request_fail(…) when they refuse. One request of a session is worked on at a time, but
 * for those that change nothing. */
typedef json_t *(*request_handler)(struct request *r);

/* Notes the error and returns NULL. */
json_t *request_fail(struct request *r, enum api_error code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Reads the parameters of the body (fields.h) into zeroed or preset `params`; on false the error is noted. The caller clears
 * `params` in both cases. */
bool request_read(struct request *r, const struct field *table, void *params);

/* Waits for the requests that are being worked on, and for their threads to be gone. No more may come. */
void api_drain(void);

janus_plugin_result *api_handle_message(janus_plugin_session *handle, char *transaction, json_t *message, json_t *jsep);
json_t *api_handle_admin_message(json_t *message);

/* The handlers. record.c: */
json_t *record_start(struct request *r);
json_t *record_configure(struct request *r);
/* control.c: */
json_t *control_pause(struct request *r);
json_t *control_resume(struct request *r);
json_t *control_split(struct request *r);
json_t *control_stop(struct request *r);
json_t *control_status(struct request *r);
/* browse.c: */
json_t *browse_list(struct request *r);
json_t *browse_info(struct request *r);
json_t *browse_delete(struct request *r);
json_t *browse_profiles(struct request *r);
/* admin.c: */
json_t *admin_stats(struct request *r);
json_t *admin_configure(struct request *r);
json_t *admin_recover(struct request *r);

#endif
