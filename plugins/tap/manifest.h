/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The manifest of a tap, TAP.room.json: who was there, from when to when, and in which files. It is replaced as a whole, durably, and holds
 * only what has happened, so that a crash leaves the truth of a second ago. Peers that are over are in the file alone: memory does
 * not grow with them. */
#ifndef TSR_PLUGINS_TAP_MANIFEST_H
#define TSR_PLUGINS_TAP_MANIFEST_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

struct manifest;

/* For a tap of this id: TAP.room.json, or TAP-2.room.json and so on where there is one. `head` (borrowed) is what is known from the begin on.
 * Nothing is written yet. One thread, as all that follows. */
struct manifest *manifest_create(const char *folder, unsigned mode, const char *id, const json_t *head);
void manifest_destroy(struct manifest *manifest); /* NULL is fine */

/* Its name below the folder; borrowed. */
const char *manifest_name(const struct manifest *manifest);

/* A peer that is over, of which nothing changes any more; borrowed. It is there with the next manifest_write. */
void manifest_add(struct manifest *manifest, const json_t *peer);

/* Writes it: those that are over, then `present` (an array, borrowed), then the members of `tail` (borrowed). False when the disk does not
 * take it, which was told: the file is as it was, and nothing is lost for the next time. */
bool manifest_write(struct manifest *manifest, const json_t *present, const json_t *tail);

/* Completes those in the folder that a crash left, when their recordings are recovered: what became of their files, and when. Those
 * of taps that run, in whichever process, are left alone. */
void manifest_recover(const char *folder, unsigned mode);

#endif
