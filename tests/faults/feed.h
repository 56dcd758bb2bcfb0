/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parts of feed, the program that the fault tests kill, starve and lie to. It uses the engine as the plugin does and
 * tells what it does on stdout, one line at a time, each with a write of its own: what was told before a kill was told. */
#ifndef TEST_FEED_H
#define TEST_FEED_H

#include <glib.h>

#include "recorder/recorder.h"

/* Writes one line on stdout. Any thread. */
void tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A result of the engine as one word. */
const char *error_word(tsr_error err);

/* The modes of feed: arguments from the mode's own on; an exit code. */
int feed_record(int argc, char **argv);
int feed_recover(int argc, char **argv);
int feed_names(int argc, char **argv);
int feed_create(int argc, char **argv);

#endif
