/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the subcommands of janus-tsrec share. */
#ifndef TSREC_H
#define TSREC_H

#include <glib.h>
#include <jansson.h>

#include "recorder/recorder.h"

/* Exit codes, as the man page documents them. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_USAGE = 1,
	EXIT_INPUT = 2, /* nothing in the input could be used */
	EXIT_PARTIAL =
		3, /* a part of the input was cut off, damaged or left out; verify: the file is not what its report says */
	EXIT_OUTPUT = 4,  /* the output could not be written */
	EXIT_MISSING = 5, /* this build of libavcodec lacks what was asked for */
};

/* Each runs one subcommand and returns an exit code. argv[0] is the subcommand's name. */
int convert_main(int argc, char **argv);
int inspect_main(int argc, char **argv);
int list_main(int argc, char **argv);
int recover_main(int argc, char **argv);
int verify_main(int argc, char **argv);

/* "janus-tsrec: message" on stderr. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Parses a subcommand's options. False after an error, which was told; --help prints and exits. `arguments` is what stands
 * behind the options in the usage line, `description` the text below them. */
bool parse_options(int *argc, char ***argv, const GOptionEntry *entries, const char *arguments, const char *summary,
		   const char *description);

/* "1:02:03.4" */
void format_duration(int64_t ms, char *text, size_t size);

/* The whole of *stats as a JSON object, owned by the caller. */
json_t *stats_to_json(const tsr_stats *stats);

/* Prints a JSON value on stdout and releases it. */
void print_json(json_t *value);

#endif
