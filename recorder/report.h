/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * NAME.json, the report of a file, and NAME.recording.json, the note beside one that is written.
 *
 * From its recording it needs the configuration and the reason it ended for. */
#ifndef TSR_REPORT_H
#define TSR_REPORT_H

#include "recorder.h"
#include "sink/sink.h"

/* A file that has ended. Its texts are its own: those of the recording may change while a segment is being finished. */
struct report {
	const char *name;             /* of the file, below the folder, without ending */
	const char *title, *metadata; /* may be NULL */
	int64_t started_utc_us, ended_utc_us;
	const tsr_stats *stats;
	const struct sink_result *result;
};

/* The text of NAME.recording.json, which says of a file that is being written what only a running recorder knows: recovery
 * takes it into the report that it makes. g_free. r->turn held. */
char *report_note(const tsr_recording *r, int64_t started_utc_us);
/* Writes NAME.json beside NAME.ts, in place of the note. Failures are logged: the recording itself is safe. */
void report_write(const tsr_recording *r, const struct report *report);

#endif
