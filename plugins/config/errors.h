/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The plugin's error codes, as documented in docs/api.md. */
#ifndef TSR_PLUGINS_CONFIG_ERRORS_H
#define TSR_PLUGINS_CONFIG_ERRORS_H

#include <jansson.h>

#include "recorder/recorder.h"

enum api_error {
	API_OK = 0,
	API_NO_MESSAGE = 601,
	API_INVALID_JSON = 602,
	API_INVALID_REQUEST = 603,
	API_MISSING_ELEMENT = 604,
	API_INVALID_ELEMENT = 605,
	API_UNKNOWN_ELEMENT = 606,
	API_MISSING_OFFER = 607,
	API_INVALID_SDP = 608,
	API_NO_USABLE_CODEC = 609,
	API_WRONG_STATE = 610,
	API_NOT_FOUND = 611,
	API_EXISTS = 612,
	API_UNAUTHORIZED = 613,
	API_FOLDER = 614,
	API_DISK_FULL = 615,
	API_IO = 616,
	API_LIMIT = 617,
	API_UNSUPPORTED = 618,
	API_SHUTTING_DOWN = 619,
	API_UNKNOWN = 699,
};

/* The code that tells a peer what an error of the engine means. */
enum api_error api_error_of(tsr_error err);

/* {"tsrecorder":"event","error_code":…,"error":…}; a new reference. */
json_t *api_error_json(enum api_error code, const char *text);

#endif
