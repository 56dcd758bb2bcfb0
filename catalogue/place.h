/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where to look for recordings. */
#ifndef TSR_CATALOGUE_PLACE_H
#define TSR_CATALOGUE_PLACE_H

/* Borrowed. */
struct look_place {
	const char *folder;
	const char *const *endings; /* what finished files may end in; NULL behind the last */
};

#endif
