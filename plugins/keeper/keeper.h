/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The door of keeper/: a thread in the background that completes what an earlier run left unfinished in the recordings
 * folder, and removes what is too old or too much. */
#ifndef TSR_PLUGINS_KEEPER_H
#define TSR_PLUGINS_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

struct keeper;
struct library;
struct runtime;

/* What the keeper asks of others, and tells them; on its thread. */
struct keeper_host {
	/* Whether a recording runs: its finished segments stay. */
	bool (*is_running)(void *user, const char *id);
	/* What a crash left of recordings has been completed. */
	void (*recovered)(void *user);
	void *user;
};

/* Starts the thread; it recovers at once when the configuration says so. NULL when there is no thread to be had. All
 * that is given must outlive it. */
struct keeper *keeper_create(struct runtime *runtime, struct library *library, const struct keeper_host *host);

/* Waits for the file that is being recovered, not for those that come after it. NULL is fine. */
void keeper_destroy(struct keeper *keeper);

/* Recovers again, soon. NULL is fine. */
void keeper_recover(struct keeper *keeper);

/* How long the latest turn of retention took, in microseconds; -1 = there was none yet. NULL is fine. */
int64_t keeper_retention_us(struct keeper *keeper);

#endif
