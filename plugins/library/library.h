/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The door of library/: the recordings that have ended, as the folder has them: files with a report of ours, and files that an
 * earlier run left unfinished. What was read is kept, so that asking again costs a look at the folder, not at each report. */
#ifndef TSR_PLUGINS_LIBRARY_H
#define TSR_PLUGINS_LIBRARY_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* One recording: all files with its id (a segment each). Constant; any thread. */
struct library_item {
	gint refs;
	char *id;
	char *name;    /* NULL = none */
	char *profile; /* NULL = none, or not known */
	char *secret;  /* as library_hide made it; NULL = none */
	char *stamp;   /* of the take that made it; NULL = not known */
	bool private;
	bool interrupted; /* not finished: it waits for recovery */
	bool recovered;
	int64_t started_us; /* UTC */
	int64_t ended_us;
	int64_t duration_ms;
	uint64_t bytes;
	GPtrArray *files; /* char *: names below the folder, without ending, in order */
};

struct library;

struct library *library_create(const char *folder);
void library_destroy(struct library *library); /* NULL is fine */

/* Something has ended or was removed: the next question looks at the folder again, however soon it comes. */
void library_changed(struct library *library);

/* All of them, newest first, with a reference each (the array drops them). Looks at the folder, once a second at most. */
GPtrArray *library_items(struct library *library);

/* With a reference, or NULL. */
struct library_item *library_find(struct library *library, const char *id);
void library_item_unref(struct library_item *item);

/* The reports of its files, without what is nobody's business; a new array. */
json_t *library_reports(const struct library *library, const struct library_item *item);

/* "finished" or "interrupted"; and the status of it, as documented at `list`: a new reference. */
const char *library_item_state(const struct library_item *item);
json_t *library_item_json(const struct library_item *item);

/* What is written into a report about who may see the recording (tsr_recording_config.host); g_free. `secret` may be NULL. */
char *library_host_text(const char *stamp, const char *profile, bool private, const char *secret);

/* Whether `secret` is the one that was hidden; both may be NULL, which never fits. */
bool library_secret_fits(const struct library_item *item, const char *secret);

#endif
