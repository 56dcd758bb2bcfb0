/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The door of library/: the recordings there are, as the plugin has them. It keeps the catalogue of the recordings folder up to date,
 * in the background, and says what is written about a recording for it to be found again. Questions go to the catalogue itself. */
#ifndef TSR_PLUGINS_LIBRARY_H
#define TSR_PLUGINS_LIBRARY_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalogue/catalogue.h"

struct library;

/* Makes the recordings folder where it is not there, but not within Janus's protected_folders (Debian's have /var): these are for what
 * others name, and a folder that is there is the operator's own word. False when it cannot be used, which is told. */
bool library_make_folder(const char *path);

/* Opens the catalogue, and begins to go through the folder; waits until that is done only as long as a small folder takes. NULL when there
 * are no threads to be had. */
struct library *library_create(const char *folder);

/* Waits until what it was told is in the catalogue. NULL is fine. */
void library_destroy(struct library *library);

/* Any thread; it may wait for the disk. */
struct catalogue *library_catalogue(const struct library *library);

/* Whether it has gone through the folder since it was created, and the catalogue lacks nothing. */
bool library_is_complete(struct library *library);

/* Goes through the folder again, soon, and every hour. */
void library_rescan(struct library *library);

/* The member "catalogue" of `stats`: a new reference. */
json_t *library_stats(struct library *library);

/* ---- recordings of this process ------------------------------------------------------------------------------------- */

/* Takes the id for a recording that is about to begin. False when there is one of that id. */
bool library_begin(struct library *library, const struct catalogue_claim *claim);

/* It could not begin. May wait for the disk, as library_begin. */
void library_cancel(struct library *library, const char *id);

/* The segment at `path` is complete, and `next` (NULL = none) is written now: absolute paths. Waits for nothing. */
void library_segment(struct library *library, const char *path, const char *next);

/* It has ended; what it left lies at `path` (NULL = nothing). Waits for nothing; `done` is called when the catalogue knows, on a thread
 * of the library. */
void library_end(struct library *library, const char *id, const char *path, void (*done)(void *user), void *user);

/* Waits until everything that it was told is in the catalogue, and its `done` was called. */
void library_flush(struct library *library);

/* A file was changed: its path, absolute or below the folder, with or without ending. May wait for the disk. */
void library_look(struct library *library, const char *path);

/* ---- of a recording ------------------------------------------------------------------------------------------------- */

/* The reports of its files, without what is nobody's business; a new array. */
json_t *library_reports(const struct library *library, const struct catalogue_recording *item);

/* The status of one that this process does not record, as documented at `list`: a new reference. */
json_t *library_item_json(const struct library *library, const struct catalogue_recording *item);

/* How a secret is written where others can read: "SALT:HASH"; g_free. NULL stays NULL. */
char *library_hide_secret(const char *secret);

/* What is written into a report about who may see the recording (tsr_recording_config.host); g_free. `hidden` is the secret as hidden above,
 * or NULL. */
char *library_host_text(const char *stamp, const char *profile, bool private, const char *hidden);

/* Whether `secret` is the one that was hidden; both may be NULL, which never fits. */
bool library_secret_fits(const struct catalogue_recording *item, const char *secret);

#endif
