/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>

#include "messages.h"
#include "muted.h"

void message_note(const struct hook *hook, const json_t *body, struct message *message)
{
	*message = (struct message){0};
	const char *request = json_string_value(json_object_get(body, "request"));
	for (const struct known_word *word = hook->known->words; request && word->request; word++) {
		if (strcasecmp(word->request, request)) /* as Janus's plugins compare them */
			continue;
		message->word = word;
		message->room = known_id(json_object_get(body, "room"));
		message->peer = known_id(json_object_get(body, "id"));
		message->mid = g_strdup(json_string_value(json_object_get(body, "mid")));
		message->mute = json_is_true(json_object_get(body, "mute"));
		return;
	}
}

void message_describes(struct hook *hook, janus_plugin_session *handle, const json_t *jsep)
{
	const char *sdp = json_string_value(json_object_get(jsep, "sdp"));
	if (sdp && hook->known->described)
		foreign_described(hook, handle, sdp);
}

static void take_effect(const struct hook *hook, const struct message *m)
{
	switch (m->word->effect) {
	case KNOWN_MODERATES:
		if (m->peer && m->mid)
			muted_set(hook, m->room, m->peer, m->mid, m->mute);
		break;
	case KNOWN_MUTES_ROOM: muted_set(hook, m->room, NULL, NULL, true); break;
	case KNOWN_UNMUTES_ROOM: muted_set(hook, m->room, NULL, NULL, false); break;
	case KNOWN_ENDS_ROOM: muted_forget_room(hook, m->room); break;
	case KNOWN_CHANGES: break;
	}
	foreign_touch(hook);
}

void message_answered(const struct hook *hook, struct message *message, const json_t *answer)
{
	if (message->word && message->room && json_is_object(answer) && !json_object_get(answer, "error_code"))
		take_effect(hook, message);
	g_free(message->room);
	g_free(message->peer);
	g_free(message->mid);
	*message = (struct message){0};
}
