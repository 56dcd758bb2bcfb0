/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * janus-tsrec convert, in three parts: what the user asked for (convert_options.c), where it goes (destination.c), doing it
 * (convert.c). */
#ifndef TSREC_CONVERT_H
#define TSREC_CONVERT_H

#include "capture/payloads.h"
#include "tsrec.h"

struct convert_options {
	char **paths; /* inputs, then the output; NULL-terminated */
	unsigned input_count;
	struct payloads *payloads;
	GArray *ssrcs;               /* uint32_t: these alone; empty = all */
	tsr_recording_config config; /* all but folder, id and filename */
	bool force;
	bool stats;
	bool quiet;
	bool verbose;
};

/* Fills *o from the command line. EXIT_DONE, or what to exit with (it was told why). */
int convert_options_parse(struct convert_options *o, int argc, char **argv);
void convert_options_finish(struct convert_options *o);

/* An output file's place, and what lay there before. */
struct destination {
	char *path; /* FOLDER/FILENAME.ts */
	char *folder;
	char *filename; /* without .ts */
	tsr_container container;
	char *old; /* where the file that was there waits; NULL = there was none */
	char *old_report;
};

/* False when the path cannot be one of a .ts file (told why). */
bool destination_init(struct destination *out, const char *path);

/* With `force` a file that lies there (and its report) is set aside; without, it is an error. False: told why. */
bool destination_prepare(struct destination *out, bool force);

/* Removes what was set aside, or puts it back when there is no new file. */
void destination_settle(struct destination *out, bool written);

/* Frees the strings. */
void destination_finish(struct destination *out);

#endif
