/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the muxer's bytes go. A sink takes whole frames (of TS: whole packets), never blocks its caller (unless it was made for
 * offline use), and tells beforehand whether it has room, so that what does not fit is left out as whole frames. */
#ifndef TSR_SINK_SINK_H
#define TSR_SINK_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/error.h"
#include "../common/latency.h"

/* How often what was given to a file's sink is written (offline: at once). */
#define SINK_PERIOD_US 200000

/* What is known of a sink at a moment. Computed from bytes really written and synced, never from intentions. */
struct sink_stats {
	uint64_t bytes_accepted;  /* given to sink_write */
	uint64_t bytes_written;   /* in the page cache */
	uint64_t bytes_durable;   /* synced */
	int64_t last_write_us;    /* monotonic; 0 = never */
	int64_t last_flush_us;    /* monotonic; 0 = never */
	int64_t oldest_unsafe_us; /* when the oldest byte that is not durable was accepted; 0 = all are */
	uint64_t writes;          /* write calls */
	uint64_t flushes;         /* fdatasync calls that succeeded */
	tsr_latency write_latency, flush_latency;
	uint64_t flush_threshold; /* in force (it moves when it is adaptive) */
	uint64_t threshold_moves;
	size_t buffered;     /* bytes waiting in memory */
	uint64_t free_bytes; /* on the file system, as last looked at; UINT64_MAX = not known */
	tsr_error error;     /* the first failure, for good; TSR_OK while all is well */
	int error_errno;     /* its errno */
};

/* How a sink ended. Strings are borrowed for the call. */
struct sink_result {
	tsr_error error; /* TSR_OK: complete, durable, under its final name */
	int error_errno;
	const char *path; /* absolute path under which it lies now */
	uint64_t bytes;
	const char *sha256;             /* 64 hex digits, or NULL when not asked for */
	const struct sink_stats *stats; /* the last ones */
};

/* Called exactly once per sink, on a writer thread (on the calling thread for offline and memory sinks), after the rename. */
typedef void (*sink_finished_cb)(void *ctx, const struct sink_result *result);

struct sink {
	const struct sink_ops *ops;
};

struct sink_ops {
	tsr_error (*write)(struct sink *s, const uint8_t *data, size_t size);
	bool (*has_room)(struct sink *s, size_t size, bool audio);
	void (*get_stats)(struct sink *s, struct sink_stats *out);
	void (*finish)(struct sink *s, sink_finished_cb done, void *ctx);
	tsr_error (*patch)(struct sink *s, uint64_t offset, const uint8_t *data, size_t size, bool at_end);
};

/* Takes one frame's bytes, in TS whole packets (copied before it returns). Returns the sink's lasting error, if any. One thread at a time. */
TSR_MUST_USE static inline tsr_error sink_write(struct sink *s, const uint8_t *data, size_t size)
{
	return s->ops->write(s, data, size);
}

/* Replaces bytes that were given to the sink before, of one call of sink_write (copied before it returns). What is written after it reaches the
 * file after it. With `at_end`, of which there may be one: when the sink ends well, after all else is durable and before the rename; then
 * it is made durable too. Returns the sink's lasting error, if any; TSR_E_NOMEM. Same thread as sink_write. */
TSR_MUST_USE static inline tsr_error sink_patch(struct sink *s, uint64_t offset, const uint8_t *data, size_t size,
						bool at_end)
{
	return s->ops->patch(s, offset, data, size, at_end);
}

/* Whether a frame of about `size` bytes fits. Audio may use the reserve of limits.h. Same thread as sink_write. */
static inline bool sink_has_room(struct sink *s, size_t size, bool audio)
{
	return s->ops->has_room(s, size, audio);
}

/* A snapshot. Any thread, until sink_finish. */
static inline void sink_get_stats(struct sink *s, struct sink_stats *out)
{
	s->ops->get_stats(s, out);
}

/* Ends the sink: writes what waits, syncs, renames, syncs the folder, then calls `done`, then frees the sink. The caller must
 * not use it any more. */
static inline void sink_finish(struct sink *s, sink_finished_cb done, void *ctx)
{
	s->ops->finish(s, done, ctx);
}

#endif
