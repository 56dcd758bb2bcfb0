/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Requests about recordings there are: info, delete; and profiles. */
#include <glib.h>
#include <string.h>

#include "../runtime/runtime.h"
#include "handlers.h"
#include "target.h"

static const struct field no_fields[] = {{0}};

json_t *browse_info(struct request *r)
{
	struct target target;
	if (json_object_get(r->body, "tap"))
		return room_status(r);
	if (!target_find(r, TARGET_SEE, &target))
		return NULL;
	json_t *recording = NULL;
	/* The latest one of the handle, ended: by now the catalogue knows more of it. */
	if (target.take && take_ended(target.take))
		target.item = catalogue_find(library_catalogue(r->parts->library), take_facts(target.take)->id);
	if (target.item) {
		recording = library_item_json(r->parts->library, target.item);
		json_object_set_new(recording, "reports", library_reports(r->parts->library, target.item));
	} else {
		recording = take_status(target.take);
	}
	target_clear(&target);
	return json_pack("{s:s, s:o}", "tsrecorder", "info", "recording", recording);
}

static void tell_deleted(const struct request *r, const struct catalogue_recording *item, const char *name)
{
	json_t *event = json_pack("{s:s, s:s, s:s+, s:s}", "event", "deleted", "id", item->id, "file", name,
				  item->ending, "reason", "request");
	if (r->session)
		session_notify(r->session, event);
	else
		runtime_notify(r->parts->runtime, NULL, event);
}

static json_t *remove_files(struct request *r, const struct catalogue_recording *item)
{
	struct config *config = runtime_config(r->parts->runtime);
	const char *folder = config_general(config)->recordings_path;
	tsr_error err = TSR_OK;
	int removed = 0;
	for (guint i = 0; i < item->files->len && err == TSR_OK; i++) {
		const char *name = g_ptr_array_index(item->files, i);
		err = tsr_remove(folder, name);
		library_look(r->parts->library, name);
		if (err == TSR_OK) {
			removed++;
			tell_deleted(r, item, name);
		}
	}
	config_unref(config);
	if (err != TSR_OK)
		return request_fail(r, api_error_of(err), "%d of %u files were removed: %s", removed, item->files->len,
				    tsr_strerror(err));
	return json_pack("{s:s, s:s, s:i}", "tsrecorder", "deleted", "id", item->id, "files", removed);
}

json_t *browse_delete(struct request *r)
{
	struct target target;
	if (!target_find(r, TARGET_CONTROL, &target))
		return NULL;
	if (target.take && take_ended(target.take))
		target.item = catalogue_find(library_catalogue(r->parts->library), take_facts(target.take)->id);
	json_t *answer = NULL;
	if (target.take && !take_ended(target.take))
		request_fail(r, API_WRONG_STATE, "it is still running");
	else if (!target.item)
		request_fail(r, API_NOT_FOUND, "it left no file, or is deleted already");
	else if (target.item->state == CATALOGUE_RUNNING)
		request_fail(r, API_WRONG_STATE, "another process is recording it");
	else if (target.item->state == CATALOGUE_INTERRUPTED)
		request_fail(r, API_WRONG_STATE, "it is not finished: it waits for recovery");
	else
		answer = remove_files(r, target.item);
	target_clear(&target);
	return answer;
}

json_t *browse_profiles(struct request *r)
{
	char none;
	if (!request_read(r, no_fields, &none))
		return NULL;
	struct config *config = runtime_config(r->parts->runtime);
	json_t *answer = json_pack("{s:s, s:o}", "tsrecorder", "profiles", "profiles", config_profiles_json(config));
	config_unref(config);
	return answer;
}
