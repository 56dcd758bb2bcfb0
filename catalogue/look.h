/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What lies on the disk under one name: the truth that the database repeats. A handful of system calls each. */
#ifndef TSR_CATALOGUE_LOOK_H
#define TSR_CATALOGUE_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "catalogue.h"
#include "place.h"

#define LOOK_RUNNING ".recording" /* and the ending of a finished file */
#define LOOK_NOTE    ".recording.json"
#define LOOK_REPORT  ".json"

#define LOOK_ENDING_BYTES 16

/* By what it is seen whether a file is still as it was read: times and size of the report, or of an unfinished file. */
struct look_mark {
	enum catalogue_state state;
	int64_t seen_us, seen_size;
	char ending[LOOK_ENDING_BYTES]; /* of the finished file */
};

struct look {
	bool there; /* else nothing of ours is, and the rest is zero */
	struct look_mark mark;
	char *id; /* NULL: it runs, and has no note that would tell */
	char *title, *profile, *secret, *stamp;
	bool is_private, recovered;
	int64_t started_us, ended_us, duration_ms;
	uint64_t bytes;
	int64_t written_us;
	uint64_t disk_bytes; /* with its report, of what retention may remove; else 0 */
};

void look_at(const struct look_place *place, const char *name, struct look *look);
void look_clear(struct look *look);

/* Whether the file is as it was. One that runs, as long as somebody holds it. */
bool look_is_same(const struct look_place *place, const char *name, const struct look_mark *mark);

/* Whether there is anything to look at. */
bool look_is_there(const struct look_place *place, const char *name);

#endif
