/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A request while it is worked on, and what its handler may do with it. */
#ifndef TSR_PLUGINS_API_REQUEST_H
#define TSR_PLUGINS_API_REQUEST_H

#include <jansson.h>

#include "../config/config.h"
#include "../peer/peer.h"
#include "parts.h"

struct request {
	const struct api_parts *parts;
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

/* Reads the parameters of the body into zeroed or preset `params`; on false the error is noted. The caller clears
 * `params` in both cases. */
bool request_read(struct request *r, const struct field *table, void *params);

#endif
