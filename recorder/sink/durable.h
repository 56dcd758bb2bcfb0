/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The few system calls on which durability rests, in one place, so that a build for the fault tests can leave one out
 * (-DTSR_FAULT_NO_FDATASYNC, _NO_FSYNC, _NO_DIRSYNC) and see those tests fail. Each returns 0, or -1 and errno. */
#ifndef TSR_SINK_DURABLE_H
#define TSR_SINK_DURABLE_H

#include "../common/error.h"

/* The data of a file that goes on growing, and its size. */
TSR_MUST_USE int durable_data(int fd);

/* A file that is complete: data and everything else. */
TSR_MUST_USE int durable_file(int fd);

/* The names in a folder. */
TSR_MUST_USE int durable_folder(int fd);

/* Renames within an open folder, never replacing: EEXIST when `to` is there. */
TSR_MUST_USE int durable_rename(int folder, const char *from, const char *to);

#endif
