/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include "request.h"

json_t *request_fail(struct request *r, enum api_error code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	r->code = code;
	g_vsnprintf(r->error, sizeof(r->error), fmt, args);
	va_end(args);
	return NULL;
}

bool request_read(struct request *r, const struct field *table, void *params)
{
	r->code = fields_read(table, r->body, FIELDS_FROM_REQUEST, "request", params, r->error, sizeof(r->error));
	return r->code == API_OK;
}
