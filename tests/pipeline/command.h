/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * janus-tsrec as a user calls it, in a folder of the test. */
#ifndef TEST_COMMAND_H
#define TEST_COMMAND_H

#include <glib.h>
#include <stdbool.h>

/* Makes the folder. Call where the build is: the program lies there. */
void command_setup(void);
/* Removes it, with all that is in it. */
void command_teardown(void);

/* Runs janus-tsrec with these arguments, NULL at the end; *out (may be NULL) gets its standard output, freed by the caller. Its exit code;
 * fails the test when it crashes, or fails in silence. */
int tsrec(char **out, ...) G_GNUC_NULL_TERMINATED;

/* A path there; freed by the caller. */
char *in_folder(const char *name);
bool is_there(const char *name);
void save(const char *name, const void *data, size_t size);

#endif
