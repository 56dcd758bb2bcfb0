/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include "errors.h"

enum api_error api_error_of(tsr_error err)
{
	switch (err) {
	case TSR_OK: return API_OK;
	case TSR_E_INVAL: return API_INVALID_ELEMENT;
	case TSR_E_LIMIT: return API_LIMIT;
	case TSR_E_UNSUPPORTED:
	case TSR_E_CODEC: return API_UNSUPPORTED;
	case TSR_E_EXISTS: return API_EXISTS;
	case TSR_E_NOSPACE: return API_DISK_FULL;
	case TSR_E_READONLY:
	case TSR_E_ACCESS:
	case TSR_E_NOTFOUND: return API_FOLDER;
	case TSR_E_IO: return API_IO;
	case TSR_E_BUSY: return API_WRONG_STATE;
	default: return API_UNKNOWN;
	}
}

json_t *api_error_json(enum api_error code, const char *text)
{
	/* A sentence that repeats what a peer sent may have been cut within a character, which is no JSON string. */
	char *valid = g_utf8_make_valid(text, -1);
	json_t *error = json_pack("{s:s, s:i, s:s}", "tsrecorder", "event", "error_code", (int)code, "error", valid);
	g_free(valid);
	return error;
}
