/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The direct-write file sink: NAME.recording.ts (or .mkv …: container.h) while it grows, NAME.ts when it is complete and durable. */
#ifndef TSR_SINK_FILE_H
#define TSR_SINK_FILE_H

#include <sys/types.h>

#include "../common/container.h"
#include "sink.h"
#include "writers.h"

/* When what was written is made durable. */
struct file_sink_flush {
	uint64_t threshold;  /* bytes; durable at the latest after so many */
	int64_t interval_us; /* ... or this long; 0 = by threshold alone */
	bool sync;           /* false: never fdatasync while it runs (the finish always does) */
	bool adaptive;       /* the threshold follows flush latency between the next two */
	uint64_t threshold_min, threshold_max;
};

struct file_sink_config {
	tsr_container container;
	const char *log_id; /* prefix of log lines; copied */
	const char *folder; /* existing folder, absolute or relative to the working directory; copied */
	const char *name;   /* below folder, without ending; may contain '/', whose folders are made; copied */
	struct file_sink_flush flush;
	size_t memory_cap; /* bytes; 0 = LIMIT_SINK_BYTES */
	unsigned mode;     /* of the file, e.g. 0640; 0 = 0644 */
	bool checksum;     /* SHA-256 while it is written */
	const char *note;  /* text of NAME.recording.json, there before anything is durable; copied; NULL = none */
	bool deferred;     /* created by the first writer's turn, see below */
	dev_t device;      /* with deferred: of its file system, from file_sink_device() of the file before */
	/* Told after each write how much of the file can be read, on the writer's thread, until `done` is called. NULL = nobody. */
	void (*written)(void *ctx, uint64_t bytes);
	void *written_ctx;
};

/* Creates NAME.recording.ts (O_EXCL, locked, never through a symlink, never outside folder) and adds it to `writers`; with
 * writers NULL the sink is offline: sink_write writes on the calling thread and waits for the disk.
 * TSR_OK and *out; TSR_E_EXISTS when there is a NAME of any container, running or finished; TSR_E_NOTFOUND, TSR_E_ACCESS, TSR_E_READONLY,
 * TSR_E_NOSPACE, TSR_E_IO, TSR_E_NOMEM; on failure nothing is left behind.
 * With `deferred` it does not wait for the disk: a writer thread creates the file, and what fails there is the sink's lasting
 * error, with no path in the result. For the next segment of a recording, whose worker must not stand still. */
TSR_MUST_USE tsr_error file_sink_create(const struct file_sink_config *config, struct writers *writers,
					struct sink **out);

/* The device of the file system (stat's st_dev) where its folder lies. */
dev_t file_sink_device(const struct sink *s);

/* Replaces the note, at the writer's next turn. It stays when the sink ends, unless nothing is left: whoever makes a report of
 * the file removes it. A note that cannot be written is logged; the recording goes on. Same thread as sink_write. */
void file_sink_set_note(struct sink *s, const char *note);

/* Changes that, at the writer's next turn. Same thread as sink_write. */
void file_sink_set_flush(struct sink *s, const struct file_sink_flush *flush);

/* As sink_finish, but nothing is renamed: no media came, so the file is removed. `done` gets bytes 0 and path NULL. */
void file_sink_discard(struct sink *s, sink_finished_cb done, void *ctx);

#endif
