/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Wraps the callbacks of another plugin. Each plugin's table (struct janus_plugin) is a static object that the core calls
 * through every time; its members are const, but the object is not, and lies in writable memory. So a pointer that is
 * stored there takes effect at once. What we put there looks at the call first and then calls the original, always, with
 * exactly what it got: plugins write into the packets that they are given.
 *
 * All of it is static: Janus's callbacks have no pointer of ours, and a thread may still be inside when we end. */
#ifndef TSR_PLUGINS_TAP_HOOKS_H
#define TSR_PLUGINS_TAP_HOOKS_H

#include <stdbool.h>

#include "../config/config.h"
#include "hook.h"

/* Two steps, both done once, one call at a time; `slot` (below HOOKS_MAX) is the plugin's own. NULL with one sentence in `error` when its
 * table cannot be written.
 *
 * hooks_listen wraps what is rare: how handles begin and end, what they are told, and RTCP. Whom a room has muted and how senders' clocks lie
 * must have been heard when a recording begins. */
struct hook *hooks_listen(unsigned slot, janus_plugin *plugin, janus_callbacks *gateway, const struct known *known,
			  char *error, size_t error_size);

/* ... and RTP as well: from now on each packet comes by us. */
struct hook *hooks_wrap(unsigned slot, janus_plugin *plugin, janus_callbacks *gateway, const struct known *known,
			char *error, size_t error_size);

/* Puts back what stood in the tables, where nobody else has wrapped them since. */
void hooks_restore(void);

/* Janus's table of the plugin of this package; NULL with API_NOT_FOUND or API_UNSUPPORTED in *code and one sentence in `error` when
 * it is not loaded, or this Janus cannot tell. */
janus_plugin *hooks_find(const char *package, enum api_error *code, char *error, size_t error_size);

/* Whether the whole range may be written, by the list of mappings in the file `maps` (/proc/self/maps). */
bool hooks_writable(const char *maps, const void *start, size_t size);

#endif
