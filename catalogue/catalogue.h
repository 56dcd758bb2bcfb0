/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What recordings there are: one SQLite database in the recordings folder, .catalogue.db, which answers in a time that does not
 * grow with their number. It knows neither Janus nor the engine. The files are the truth: a finished one has a report
 * (NAME.json), an unfinished one its running name (NAME.recording.ts, or another ending) and perhaps a note (NAME.recording.json). The database
 * can be thrown away, and is made anew from them (catalogue_scan).
 *
 *     catalogue = catalogue_open(&config)            at once, however much there is
 *     catalogue_scan(catalogue, &scan)               in the background: takes up what it does not know yet
 *     catalogue_claim(catalogue, &claim)             the id is taken, for every process that uses the folder
 *     catalogue_refresh(catalogue, name)             something has changed about this file: looks at it
 *     catalogue_release(catalogue, id)               the recording has ended: looks at its files
 *     catalogue_find / _list / _count / _oldest_file …
 *     catalogue_close(catalogue)
 *
 * Trouble with the database (damaged, of a newer version, locked, full or read-only disk, a file system without locks) is told
 * once and never the caller's: the catalogue goes on with a temporary one, and catalogue_tend comes back to the real one.
 *
 * Threads: every function may be called from any thread; those that read do not wait for those that write. Strings are UTF-8,
 * times UTC in microseconds. A "name" is that of a file below the folder, without ending. */
#ifndef TSR_CATALOGUE_H
#define TSR_CATALOGUE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define CATALOGUE_FILE   ".catalogue.db"
#define CATALOGUE_ENDING ".ts"

struct catalogue;

enum catalogue_state {
	CATALOGUE_RUNNING,     /* somebody writes it */
	CATALOGUE_INTERRUPTED, /* not finished, and nobody writes it: it waits for recovery */
	CATALOGUE_FINISHED,
	CATALOGUE_STATES,
};

const char *catalogue_state_name(enum catalogue_state state);

enum catalogue_error {
	CATALOGUE_OK,
	CATALOGUE_EXISTS,
	CATALOGUE_FAILED, /* memory is out, or not even the temporary database works; told */
};

/* One recording: all files with its id (a segment each). Owned by whoever got it. */
struct catalogue_recording {
	char *id;
	char *title;   /* NULL = none */
	char *profile; /* NULL = none, or not known */
	char *secret;  /* as its report has it; NULL = none */
	char *stamp;   /* likewise */
	bool is_private;
	bool recovered;
	enum catalogue_state state;
	int64_t started_us;
	int64_t ended_us; /* 0 while it runs */
	int64_t duration_ms;
	uint64_t bytes;
	char *ending;     /* of its finished files: ".ts"; ".recording.ts" is that of unfinished ones */
	GPtrArray *files; /* char *: names, in order */
};

void catalogue_recording_free(struct catalogue_recording *recording); /* NULL is fine */

/* ---- life ---------------------------------------------------------------------------------------------------------------- */

struct catalogue_config {
	const char *folder; /* of the recordings; must exist */
	bool read_only;     /* changes nothing on the disk */
	/* What a finished file may end in; NULL behind the last. Borrowed for as long as the catalogue is open. NULL = ".ts" alone. */
	const char *const *endings;
	/* Whether this process itself records the recording with this id: what files seem to say about it does not count then.
	 * NULL = none. */
	bool (*is_running)(void *user, const char *id);
	/* One sentence for the log; `bad` = somebody should do something. NULL = silent. Any thread. */
	void (*tell)(void *user, bool bad, const char *text);
	void *user;
};

/* Never fails but for memory (NULL). It may know nothing yet: see catalogue_needs_scan. */
struct catalogue *catalogue_open(const struct catalogue_config *config);
void catalogue_close(struct catalogue *catalogue); /* NULL is fine */

struct catalogue_scan {
	/* Asked now and then: true = leave the rest for another time. NULL = never. */
	bool (*cancelled)(void *user);
	void (*progress)(void *user, uint64_t files); /* every so many files that were looked at; may be NULL */
	void *user;
};

/* Goes through the folder and takes up what is there. What it knows already costs a look at the file's times. Constant memory;
 * blocks on the disk; one at a time. False when it was cancelled or the folder could not be read. */
bool catalogue_scan(struct catalogue *catalogue, const struct catalogue_scan *scan);

/* Whether the database has not seen all of the folder yet: it is new, or was replaced. */
bool catalogue_needs_scan(struct catalogue *catalogue);

/* Every minute or so, in the background: comes back to the database in the folder when that failed before (or was removed by
 * hand), and writes back its log. Blocks on the disk. */
void catalogue_tend(struct catalogue *catalogue);

/* ---- what changes -------------------------------------------------------------------------------------------------------- */

struct catalogue_claim {
	const char *id, *name, *ending;               /* NULL = ".ts" */
	const char *title, *profile, *secret, *stamp; /* as in struct catalogue_recording */
	bool is_private;
	int64_t started_us;
};

/* Takes the id for a recording that is about to begin, atomically among all processes. CATALOGUE_EXISTS when there is a
 * recording of that id, on the disk or claimed. CATALOGUE_FAILED is no reason not to record. */
enum catalogue_error catalogue_claim(struct catalogue *catalogue, const struct catalogue_claim *claim);

/* The recording has ended, or did not come to be: what is left of it is looked at. */
void catalogue_release(struct catalogue *catalogue, const char *id);

/* Looks at one file, in constant time, and remembers what it is now: running, interrupted, finished or gone. */
void catalogue_refresh(struct catalogue *catalogue, const char *name);

/* Gives a running recording a new title. */
void catalogue_retitle(struct catalogue *catalogue, const char *id, const char *title);

/* ---- questions ----------------------------------------------------------------------------------------------------------- */

/* NULL when there is none. Makes sure that its files are still there; and that there is none of this very name when it does not
 * know the id. */
struct catalogue_recording *catalogue_find(struct catalogue *catalogue, const char *id);

#define CATALOGUE_BIT(state) (1u << (state))

struct catalogue_filter {
	unsigned states;            /* CATALOGUE_BIT of each; 0 = any */
	int64_t since_us, until_us; /* started then or later, and before; 0 = no limit */
	const char *title;          /* exactly; NULL = any */
	bool public_only;           /* those that are not private */
	/* Go on behind this recording, the last one of an earlier list: its start and id. NULL = from the newest on. */
	const char *after_id;
	int64_t after_us;
};

/* At most `limit`, newest first (then by id), without the first `skip`: struct catalogue_recording *, owned by the array. What of
 * these is not on the disk any more is left out. */
GPtrArray *catalogue_list(struct catalogue *catalogue, const struct catalogue_filter *filter, uint64_t skip,
			  unsigned limit);

/* How many there are, wherever a list goes on. */
uint64_t catalogue_count(struct catalogue *catalogue, const struct catalogue_filter *filter);

/* Unfinished files that nobody writes. */
uint64_t catalogue_interrupted_files(struct catalogue *catalogue);

/* Of all finished files that may be removed, with their reports. */
uint64_t catalogue_bytes(struct catalogue *catalogue);

struct catalogue_file {
	char *id, *name, *ending;
	int64_t ended_us; /* when the file was last written */
	uint64_t bytes;   /* with its report */
};

void catalogue_file_free(struct catalogue_file *file); /* NULL is fine */

/* The finished file that was written last before all others; with `after`, the next one behind that. NULL = none. */
struct catalogue_file *catalogue_oldest_file(struct catalogue *catalogue, const struct catalogue_file *after);

/* The finished recordings with this profile (NULL = none) that ended before, oldest first, `limit` at most; with `after`, those behind
 * that one. An array as of catalogue_list. */
GPtrArray *catalogue_ended_before(struct catalogue *catalogue, const char *profile, int64_t before_us,
				  const struct catalogue_recording *after, unsigned limit);

/* The profile that comes behind `after` in the alphabet, of those that finished recordings have; NULL = none. g_free. */
char *catalogue_next_profile(struct catalogue *catalogue, const char *after);

struct catalogue_status {
	bool temporary; /* it works without the database in the folder */
	bool complete;  /* it has seen all of the folder */
	bool scanning;
	uint64_t scanned; /* files looked at, by this scan or the last one */
	uint64_t recordings[CATALOGUE_STATES];
	uint64_t bytes; /* as catalogue_bytes */
};

void catalogue_get_status(struct catalogue *catalogue, struct catalogue_status *status);

#endif
