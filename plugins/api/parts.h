/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What requests are about, all borrowed. */
#ifndef TSR_PLUGINS_API_PARTS_H
#define TSR_PLUGINS_API_PARTS_H

struct keeper;
struct library;
struct runtime;
struct sessions;
struct takes;
struct taps;

struct api_parts {
	struct runtime *runtime;
	struct library *library;
	struct sessions *sessions;
	struct takes *takes;
	struct taps *taps;
	struct keeper *keeper; /* NULL when there was no thread for it */
};

#endif
