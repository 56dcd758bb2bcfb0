/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An engine, a recording in a folder of its own, and what the recording told. */
#ifndef TEST_HARNESS_H
#define TEST_HARNESS_H

#include <glib.h>

#include "recorder/recorder.h"

struct harness {
	char *folder;
	tsr_engine *engine;
	tsr_recording *recording;
	/* Written by on_event: one call at a time, and nobody else looks before harness_stop is back. */
	unsigned events[TSR_EVENT_FAILED + 1]; /* how many of each */
	char *path;                            /* of the finished file; NULL = none */
	uint64_t bytes;
	int64_t duration_ms;
	tsr_error error;
	char *warnings; /* their names, each with a space behind it */
};

/* Makes the folder and the engine. `base` may be NULL; its folder, id and event function are set here. Fails the test on errors. */
void harness_start(struct harness *h, bool offline, const tsr_recording_config *base);

/* The index of a new track. */
unsigned harness_track(struct harness *h, tsr_codec codec);

/* Stops the recording, waits for its last event, and fills *stats (may be NULL). */
void harness_stop(struct harness *h, tsr_stats *stats);

/* Releases everything and removes the folder. */
void harness_finish(struct harness *h);

/* Removes a folder with all that is in it (no folders within). */
void remove_folder(const char *path);

#endif
