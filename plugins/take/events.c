/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Events of the engine as the API tells them. */
#include <glib.h>
#include <string.h>

#include "inside.h"

static void add_file(json_t *result, const char *folder, const tsr_event *event)
{
	if (event->path) {
		json_object_set_new(result, "file", json_string(naming_below(folder, event->path)));
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

json_t *take_event_result(struct take *take, const tsr_event *event)
{
	json_t *result = json_pack("{s:s, s:s}", "status", tsr_event_name(event->type), "id", take->facts.id);
	switch (event->type) {
	case TSR_EVENT_RECORDING:
		if (event->path)
			json_object_set_new(result, "file", json_string(naming_below(take->folder, event->path)));
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
