/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>

#include "../runtime/runtime.h"
#include "events.h"

const char *event_file_name(const char *folder, const char *path)
{
	size_t length = strlen(folder);
	while (length > 1 && folder[length - 1] == '/')
		length--;
	if (strncmp(folder, path, length) || path[length] != '/')
		return path;
	return path + length + 1;
}

json_t *event_time(int64_t utc_us)
{
	GDateTime *time = g_date_time_new_from_unix_utc(utc_us / 1000000);
	char *text = time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
	json_t *json = text ? json_string(text) : json_null();
	g_free(text);
	if (time)
		g_date_time_unref(time);
	return json;
}

static void add_file(json_t *result, const char *folder, const tsr_event *event)
{
	if (event->path) {
		json_object_set_new(result, "file", json_string(event_file_name(folder, event->path)));
		json_object_set_new(result, "path", json_string(event->path));
	}
	json_object_set_new(result, "bytes", json_integer((json_int_t)event->bytes));
	json_object_set_new(result, "duration_ms", json_integer(event->duration_ms));
	if (event->sha256)
		json_object_set_new(result, "sha256", json_string(event->sha256));
}

static void add_track(json_t *result, struct take *take, int track)
{
	char mid[32];
	int mindex = take_mindex(take, track, mid);
	if (mindex < 0)
		return;
	json_object_set_new(result, "mindex", json_integer(mindex));
	json_object_set_new(result, "mid", json_string(mid));
}

static void add_error(json_t *result, const tsr_event *event)
{
	json_object_set_new(result, "error_code", json_integer(api_error_of(event->error)));
	json_object_set_new(result, "error", json_string(event->text ? event->text : tsr_strerror(event->error)));
}

json_t *event_result(struct take *take, const tsr_event *event)
{
	json_t *result = json_pack("{s:s, s:s}", "status", tsr_event_name(event->type), "id", take->id);
	switch (event->type) {
	case TSR_EVENT_RECORDING:
		if (event->path)
			json_object_set_new(result, "file", json_string(event_file_name(take->folder, event->path)));
		break;
	case TSR_EVENT_WARNING:
		json_object_set_new(result, "warning", json_string(event->warning ? event->warning : "?"));
		if (event->text)
			json_object_set_new(result, "text", json_string(event->text));
		add_track(result, take, event->track);
		break;
	case TSR_EVENT_SEGMENT:
		if (event->error != TSR_OK)
			add_error(result, event);
		add_file(result, take->folder, event);
		break;
	case TSR_EVENT_FAILED:
		add_error(result, event);
		/* fall through */
	case TSR_EVENT_FINISHED:
		add_file(result, take->folder, event);
		json_object_set_new(result, "reason", json_string(event->reason ? event->reason : "error"));
		break;
	default: break;
	}
	return result;
}

/* Event handlers get all that happens, so the name of it is "event" there, as in Janus's own plugins. */
static json_t *for_handlers(json_t *result)
{
	json_t *event = json_copy(result);
	json_object_set(event, "event", json_object_get(result, "status"));
	json_object_del(event, "status");
	return event;
}

void event_send(struct session *session, const char *transaction, json_t *result, json_t *jsep)
{
	json_t *message = json_pack("{s:s, s:O}", "tsrecorder", "event", "result", result);
	session_push(session, transaction, message, jsep);
	json_decref(message);
	session_notify(session, for_handlers(result));
}

json_t *event_error(enum api_error code, const char *text)
{
	/* A sentence that repeats what a peer sent may have been cut within a character, which is no JSON string. */
	char *valid = g_utf8_make_valid(text, -1);
	json_t *error = json_pack("{s:s, s:i, s:s}", "tsrecorder", "event", "error_code", (int)code, "error", valid);
	g_free(valid);
	return error;
}

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
