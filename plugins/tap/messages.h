/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What another plugin is told by its own users: some of it changes who may be heard, and its callbacks for media do not tell. Noted before the
 * plugin gets the message, which is its own from then on, and takes effect when its answer says that it did. */
#ifndef TSR_PLUGINS_TAP_MESSAGES_H
#define TSR_PLUGINS_TAP_MESSAGES_H

#include <jansson.h>

#include "hook.h"
#include "known.h"

/* A message that matters. */
struct message {
	const struct known_word *word; /* NULL = it does not matter */
	char *room, *peer, *mid;       /* NULL = not named */
	bool mute;
};

void message_note(const struct hook *hook, const json_t *body, struct message *message);

/* The description that comes with one, of a plugin that does not tell what it says; `jsep` may be NULL. */
void message_describes(struct hook *hook, janus_plugin_session *handle, const json_t *jsep);

/* `answer` is borrowed; NULL = none. What was noted is freed. */
void message_answered(const struct hook *hook, struct message *message, const json_t *answer);

#endif
