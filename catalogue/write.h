/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing what was seen on the disk. */
#ifndef TSR_CATALOGUE_WRITE_H
#define TSR_CATALOGUE_WRITE_H

#include "catalogue_private.h"
#include "look.h"

/* How many files are looked at or written together: what a writer waits for at most are so many. */
#define CATALOGUE_BATCH 256

/* A name and what was seen of it. */
struct sighting {
	char *name;
	struct look look;
};

/* Writes what was seen of files, together; and looks again until that is what is there. Clears the looks. */
void catalogue_put(struct catalogue *c, struct sighting *sightings, unsigned count);

/* Ends claims of processes that are gone: of one recording, or of all (`id` NULL). */
void catalogue_settle(struct catalogue *c, const char *id);

#endif
