/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../config/config.h"
#include "library.h"

const char *library_item_state(const struct library_item *item)
{
	return item->interrupted ? "interrupted" : "finished";
}

json_t *library_item_json(const struct library_item *item)
{
	json_t *out = json_object(), *files = json_array();
	json_object_set_new(out, "id", json_string(item->id));
	if (item->name)
		json_object_set_new(out, "name", json_string(item->name));
	if (item->profile)
		json_object_set_new(out, "profile", json_string(item->profile));
	json_object_set_new(out, "state", json_string(library_item_state(item)));
	for (guint i = 0; i < item->files->len; i++)
		json_array_append_new(files, json_sprintf("%s%s", (const char *)g_ptr_array_index(item->files, i),
							  item->interrupted ? ".recording.ts" : ".ts"));
	json_object_set(out, "file", json_array_get(files, 0));
	json_object_set_new(out, "files", files);
	json_object_set_new(out, "started", fields_moment(item->started_us));
	json_object_set_new(out, "ended", fields_moment(item->ended_us));
	json_object_set_new(out, "duration_ms", json_integer(item->duration_ms));
	json_object_set_new(out, "bytes", json_integer((json_int_t)item->bytes));
	json_object_set_new(out, "recovered", json_boolean(item->recovered));
	return out;
}
