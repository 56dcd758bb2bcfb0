/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a template to the name of a file, with what a peer chose made harmless. */
#ifndef TSR_PLUGINS_CONFIG_NAMING_H
#define TSR_PLUGINS_CONFIG_NAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct naming {
	const char *id;
	const char *name;                  /* NULL = none */
	const char *profile;               /* NULL = none */
	const char *room, *peer, *display; /* of a handle of another plugin; NULL = none */
	int64_t utc_us;
};

/* Expands {id} {name} {date} {time} {profile} {room} {peer} {display}; "/" makes folders. The result (g_free) is below the recordings folder, without
 * ending. NULL with one sentence in `error` when the template or what comes out of it is not a name that is allowed. */
char *naming_expand(const char *template, const struct naming *naming, char *error, size_t error_size);

/* An id from the time and chance (g_free). */
char *naming_new_id(int64_t utc_us);

/* By chance, so that no two are the same (g_free). */
char *naming_new_stamp(void);

/* The part of an absolute path below the recordings folder. */
const char *naming_below(const char *folder, const char *path);

#endif
