/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The file sink's inside, shared by its two halves: file.c, which takes the bytes on the muxer's thread, and file_turn.c,
 * which brings them to the disk on a writer thread. Tests drive the turns themselves through it. */
#ifndef TSR_SINK_FILE_PRIVATE_H
#define TSR_SINK_FILE_PRIVATE_H

#include <pthread.h>

#include "../common/service.h"
#include "beneath.h"
#include "chunks.h"
#include "digest.h"
#include "file.h"
#include "threshold.h"

/* Bytes to be replaced. */
struct file_patch {
	struct file_patch *next;
	uint64_t offset;
	size_t size;
	uint8_t data[];
};

struct file_sink {
	struct sink base;
	struct service_item item;

	/* Constant from creation on. */
	char *log_id;
	char *folder, *name; /* as configured */
	tsr_container container;
	unsigned mode;
	size_t memory_cap;
	bool offline;
	dev_t device;
	struct chunk_pool *pool;
	struct chunk_pool own_pool; /* of an offline sink */
	void (*tell_written)(void *ctx, uint64_t bytes);
	void *tell_ctx;

	pthread_mutex_t lock;
	/* lock held: */
	struct chunk_list queue;
	int64_t queue_oldest_us; /* when its first byte came; 0 = empty */
	struct sink_stats stats;
	struct file_patch *patches, *end_patch; /* of what is not in the queue any more, latest first; of the end */
	char *note;                             /* to be written; NULL = none, or it is written */
	struct file_sink_flush flush_wanted;
	bool flush_changed;
	bool finishing, discard;
	sink_finished_cb done;
	void *done_ctx;

	/* The writer's alone. */
	bool created; /* or tried to */
	struct place place;
	char *running_name, *finished_name; /* in place.folder */
	char *running_path, *finished_path; /* absolute */
	int fd;
	uint64_t written; /* bytes in the file, all of whole frames */
	uint64_t durable;
	int64_t unsafe_oldest_us; /* when the first byte came that is taken off the queue but not durable; 0 = none */
	int64_t flush_interval_us;
	bool sync;
	struct threshold threshold;
	int64_t space_looked_us; /* when free space was last looked at */
	struct digest *digest;   /* NULL when not asked for */
	bool digest_stale;       /* it took bytes that were cut off again */
	bool name_durable;       /* the folder has been synced */
	bool torn;               /* a write failed, and it was cut after the last whole frame */
	bool leave;              /* what the disk holds is not known any more: the file keeps its running name */
};

/* Creates the sink, and unless it is deferred the file, without adding it to anything; `pool` NULL makes it offline. As
 * file_sink_create. */
TSR_MUST_USE tsr_error file_open(const struct file_sink_config *config, struct chunk_pool *pool,
				 struct file_sink **out);

/* Creates the file of a sink, once; nothing is left behind on failure. Errors as file_sink_create. */
TSR_MUST_USE tsr_error file_create(struct file_sink *f);

/* Takes over how often to flush; the writer's part. */
void file_set_flush(struct file_sink *f, const struct file_sink_flush *flush);

/* The writer's turn: writes what waits, flushes when it is due, ends the sink when that was asked for. False when the sink was
 * ended and freed. */
bool file_turn(struct file_sink *f, int64_t now_us);

/* Closes and frees without another write, rename or call to done. */
void file_free(struct file_sink *f);

#endif
