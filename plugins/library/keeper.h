/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The keeper of the recordings folder: a thread in the background that completes what an earlier run left unfinished, and
 * removes what is too old or too much. */
#ifndef TSR_PLUGINS_LIBRARY_KEEPER_H
#define TSR_PLUGINS_LIBRARY_KEEPER_H

#include <stdbool.h>

/* Starts the thread; it recovers at once when the configuration says so. False when there is no thread to be had. */
bool keeper_start(void);

/* Waits for the file that is being recovered, not for those that come after it. NULL-safe: also when it was never started. */
void keeper_stop(void);

/* Recovers again, soon. */
void keeper_recover(void);

#endif
