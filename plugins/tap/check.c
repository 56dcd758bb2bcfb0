/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether a room may be recorded is asked of its plugin, in the words of its own API and through the callback that the Admin API
 * uses: it runs those requests at once, in this process. */
#include <glib.h>

#include "inside.h"

/* The plugin's answer to {"request":…,"room":…,"secret":…}; a new reference, or NULL. */
static json_t *ask(struct hook *hook, const char *request, json_t *room, const char *secret)
{
	if (!hook->plugin->handle_admin_message)
		return NULL;
	json_t *message = json_pack("{s:s, s:O}", "request", request, "room", room);
	if (secret)
		json_object_set_new(message, "secret", json_string(secret));
	json_t *answer = hook->plugin->handle_admin_message(message);
	json_decref(message);
	return answer;
}

bool check_exists(struct hook *hook, json_t *room)
{
	json_t *answer = ask(hook, "exists", room, NULL);
	bool exists = json_is_true(json_object_get(answer, "exists"));
	json_decref(answer);
	return exists;
}

static bool is_listed(json_t *participants, json_t *id)
{
	size_t i;
	json_t *participant;
	json_array_foreach(participants, i, participant)
	{
		if (json_equal(json_object_get(participant, "id"), id))
			return true;
	}
	return false;
}

json_t *check_missing(struct hook *hook, json_t *room, json_t *ids)
{
	json_t *answer = ask(hook, "listparticipants", room, NULL), *id;
	json_t *participants = json_object_get(answer, "participants");
	json_t *missing = json_is_array(participants) ? json_array() : NULL;
	size_t i;
	json_array_foreach(ids, i, id)
	{
		if (missing && !is_listed(participants, id))
			json_array_append_new(missing, json_deep_copy(id));
	}
	json_decref(answer);
	return missing;
}

bool check_recorded(struct hook *hook, json_t *info)
{
	const struct known *known = hook->known;
	bool recorded = false;
	size_t i;
	json_t *item;
	if (known->recorded) {
		json_array_foreach(json_object_get(info, "streams"), i, item)
		{
			recorded = recorded || json_is_string(json_object_get(item, known->recorded));
		}
	}
	if (known->recorded_room) {
		json_t *answer = ask(hook, "list", json_object_get(info, known->room), NULL);
		json_array_foreach(json_object_get(answer, "list"), i, item)
		{
			recorded = recorded || (json_equal(json_object_get(item, known->room),
							   json_object_get(info, known->room)) &&
						json_is_true(json_object_get(item, known->recorded_room)));
		}
		json_decref(answer);
	}
	return recorded;
}

enum api_error check_room(struct hook *hook, json_t *room, const char *secret, bool admin, char *error,
			  size_t error_size)
{
	if (admin) {
		if (check_exists(hook, room))
			return API_OK;
		g_snprintf(error, error_size, "%s has no such room", hook->known->package);
		return API_NOT_FOUND;
	}
	/* "" where none was given: some plugins want the member even so. */
	json_t *answer = ask(hook, hook->known->check, room, secret ? secret : "");
	int code = (int)json_integer_value(json_object_get(answer, "error_code"));
	enum api_error err = !answer                        ? API_UNAUTHORIZED
			     : code == 0                    ? API_OK
			     : code == hook->known->no_room ? API_NOT_FOUND
							    : API_UNAUTHORIZED;
	json_decref(answer);
	if (err == API_NOT_FOUND)
		g_snprintf(error, error_size, "%s has no such room", hook->known->package);
	else if (err != API_OK)
		g_snprintf(error, error_size, "this needs the room's secret, or the admin_key");
	return err;
}
