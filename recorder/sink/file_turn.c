/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The writer's half of the file sink: from memory to the page cache, from there to the disk, and the end of a file.
 *
 * What a failure means for the file:
 * - a write fails (disk full, quota, I/O): the file is cut after the last frame that was written whole. What is there can
 *   still be synced and gets its final name, so that it plays; the error is told with it.
 * - a sync fails: the kernel may have dropped the pages and forgotten the error, so a second sync that succeeds proves
 *   nothing. The file keeps its running name, and recovery looks at what the disk really holds. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../common/clock.h"
#include "../common/log.h"
#include "durable.h"
#include "file_private.h"
#include "recover_format.h"
#include "textfile.h"

_Static_assert(sizeof(off_t) == 8, "a file may have more than 2 GiB");

/* 16 MiB in one call. */
#define VECTORS 256
/* How often free space is looked at. */
#define SPACE_INTERVAL_US 1000000

struct batch {
	struct chunk_list bytes;
	struct file_patch *patches; /* of earlier ones, latest first */
	char *note;                 /* to be written, too; NULL = none */
	bool finishing;
	bool usable; /* no lasting error so far */
};

/* lock held. */
void file_set_flush(struct file_sink *f, const struct file_sink_flush *flush)
{
	f->sync = flush->sync;
	f->flush_interval_us = flush->interval_us;
	uint64_t moves = f->threshold.moves;
	threshold_init(&f->threshold, flush->threshold, flush->adaptive, flush->threshold_min, flush->threshold_max);
	f->threshold.moves = moves;
	f->stats.flush_threshold = f->threshold.bytes;
	f->flush_changed = false;
}

static struct batch take(struct file_sink *f)
{
	struct batch b;
	pthread_mutex_lock(&f->lock);
	bool usable = f->fd >= 0 && (f->stats.error == TSR_OK || f->stats.error == TSR_E_NOMEM);
	b = (struct batch){
		.bytes = f->queue, .patches = f->patches, .note = f->note, .finishing = f->finishing, .usable = usable};
	f->queue = (struct chunk_list){0};
	f->patches = NULL;
	f->note = NULL;
	if (f->flush_changed)
		file_set_flush(f, &f->flush_wanted);
	if (f->unsafe_oldest_us == 0 && b.usable)
		f->unsafe_oldest_us = f->queue_oldest_us;
	f->queue_oldest_us = 0;
	f->stats.oldest_unsafe_us = f->unsafe_oldest_us;
	pthread_mutex_unlock(&f->lock);
	return b;
}

static void fail_with(struct file_sink *f, tsr_error err, int err_errno, const char *what)
{
	pthread_mutex_lock(&f->lock);
	bool first = f->stats.error == TSR_OK;
	if (first) {
		f->stats.error = err;
		f->stats.error_errno = err_errno;
	}
	pthread_mutex_unlock(&f->lock);
	if (first)
		log_line(TSR_LOG_ERROR, f->log_id, "%s failed after %" PRIu64 " bytes: %s", what, f->written,
			 err_errno != 0 ? strerror(err_errno) : tsr_strerror(err));
}

static void fail(struct file_sink *f, int err, const char *what)
{
	fail_with(f, tsr_error_from_errno(err), err, what);
}

static void count_write(struct file_sink *f, uint64_t bytes_written, int64_t latency_us, int64_t now_us)
{
	pthread_mutex_lock(&f->lock);
	f->stats.writes++;
	f->stats.bytes_written = bytes_written;
	f->stats.last_write_us = now_us;
	tsr_latency_note(&f->stats.write_latency, latency_us);
	pthread_mutex_unlock(&f->lock);
}

/* The vectors of `list` from byte `skip` on. */
static int vectors_of(const struct chunk_list *list, size_t skip, struct iovec vectors[VECTORS])
{
	int count = 0;
	for (struct chunk *c = list->head; c != NULL && count < VECTORS; c = c->next) {
		if (skip >= c->used) {
			skip -= c->used;
			continue;
		}
		vectors[count++] = (struct iovec){c->data + skip, c->used - skip};
		skip = 0;
	}
	return count;
}

/* Writes it all, with one call as a rule. The bytes written; fewer than list->bytes means errno. */
static size_t write_list(struct file_sink *f, const struct chunk_list *list)
{
	size_t done = 0;
	while (done < list->bytes) {
		struct iovec vectors[VECTORS];
		int count = vectors_of(list, done, vectors);
		int64_t start_us = clock_now_us();
		ssize_t n = pwritev(f->fd, vectors, count, (off_t)(f->written + done));
		int saved = errno;
		int64_t now_us = clock_now_us();
		if (n > 0)
			done += (size_t)n;
		count_write(f, f->written + done, now_us - start_us, now_us);
		errno = n == 0 ? EIO : saved;
		if (n == 0 || (n < 0 && saved != EINTR))
			break;
	}
	return done;
}

/* Whether a frame may end right before this packet: it begins a PES packet or a table (payload_unit_start_indicator,
 * ISO 13818-1 section 2.4.3.3), and frames come one after another. */
static bool begins_unit(const uint8_t *packet)
{
	return (packet[1] & 0x40) != 0;
}

/* How much of the first `written` bytes of `list` are whole frames; SIZE_MAX when not one frame begins there. */
static size_t whole_frames(const struct chunk_list *list, size_t written)
{
	size_t boundary = SIZE_MAX, at = 0;
	for (const struct chunk *c = list->head; c != NULL; at += c->used, c = c->next)
		for (size_t i = 0; i + TS_PACKET_BYTES <= c->used && at + i <= written; i += TS_PACKET_BYTES)
			if (begins_unit(c->data + i))
				boundary = at + i;
	return boundary;
}

/* Where the last frame in the file begins, which an earlier turn wrote in part; 0 when it cannot be found. */
static uint64_t last_frame(const struct file_sink *f)
{
	uint8_t packet[TS_PACKET_BYTES];
	for (uint64_t at = f->written; at >= sizeof(packet); at -= sizeof(packet)) {
		ssize_t n = pread(f->fd, packet, sizeof(packet), (off_t)(at - sizeof(packet)));
		if (n == sizeof(packet) && begins_unit(packet))
			return at - sizeof(packet);
	}
	return 0;
}

/* As recovery finds it, which is how a file is cut that has no packets: looks through all of it. With `complete`, it is made a complete
 * one too. */
static bool mend(struct file_sink *f, bool complete)
{
	const struct recover_format *format = recover_format_of(f->container);
	struct recover_found found;
	void *state = calloc(1, format->state_size);
	bool good = state != NULL && format->scan(state, f->fd, &found) == 0 && found.ours && found.bytes > 0 &&
		    (!complete || format->complete(state, f->fd, &found) == 0) &&
		    ftruncate(f->fd, (off_t)found.bytes) == 0;
	if (good) {
		f->written = found.bytes;
		f->durable = f->durable < f->written ? f->durable : f->written;
	}
	f->digest_stale = true;
	if (state != NULL && format->clear != NULL)
		format->clear(state);
	free(state);
	return good;
}

/* After a failed write: the file ends with its last whole frame again. How much of the batch is left. */
static size_t cut_at_frame(struct file_sink *f, const struct chunk_list *list, size_t written)
{
	f->torn = true;
	if (f->container != TSR_CONTAINER_TS) {
		f->leave = !mend(f, false);
		return 0;
	}
	size_t kept = whole_frames(list, written);
	if (kept == SIZE_MAX) {
		kept = 0;
		f->written = last_frame(f);
		if (f->durable > f->written)
			f->durable = f->written;
		f->digest_stale = true;
	}
	if (ftruncate(f->fd, (off_t)(f->written + kept)) != 0)
		f->leave = true;
	return kept;
}

/* NAME.recording.json. The media come first, and at the end there is a report soon. */
static void write_note(struct file_sink *f, struct batch *b)
{
	bool wanted = b->note != NULL && f->fd >= 0 && !b->finishing;
	char *name = wanted ? beneath_join(f->name, "", SUFFIX_NOTE) : NULL;
	tsr_error err = name != NULL ? textfile_put(f->folder, name, b->note, strlen(b->note), f->mode) : TSR_OK;
	if (err != TSR_OK)
		log_line(TSR_LOG_WARNING, f->log_id, "the note %s could not be written: %s", name, tsr_strerror(err));
	free(name);
	free(b->note);
}

static void remove_note(const struct file_sink *f)
{
	char *name = beneath_join(f->place.base, "", SUFFIX_NOTE);
	if (name != NULL)
		unlinkat(f->place.folder, name, 0);
	free(name);
}

static void look_at_space(struct file_sink *f, int64_t now_us)
{
	struct statvfs st;
	if (f->fd < 0 || (f->space_looked_us != 0 && now_us - f->space_looked_us < SPACE_INTERVAL_US))
		return;
	f->space_looked_us = now_us;
	uint64_t bytes = fstatvfs(f->fd, &st) == 0 ? (uint64_t)st.f_bavail * st.f_frsize : UINT64_MAX;
	pthread_mutex_lock(&f->lock);
	f->stats.free_bytes = bytes;
	pthread_mutex_unlock(&f->lock);
}

static void digest_list(struct digest *d, const struct chunk_list *list, size_t size)
{
	for (const struct chunk *c = list->head; d != NULL && c != NULL && size > 0; c = c->next) {
		size_t part = c->used < size ? c->used : size;
		digest_update(d, c->data, part);
		size -= part;
	}
}

/* Replaces bytes of the file. 0, or -1 and errno. */
static int write_patch(struct file_sink *f, const struct file_patch *p)
{
	f->digest_stale = true;
	return recover_write(f->fd, p->data, p->size, p->offset);
}

/* Oldest first: they may overlap. */
static void write_patches(struct file_sink *f, struct batch *b)
{
	struct file_patch *ordered = NULL;
	for (struct file_patch *p = b->patches, *next; p != NULL; p = next) {
		next = p->next;
		p->next = ordered;
		ordered = p;
	}
	for (struct file_patch *p = ordered, *next; p != NULL; p = next) {
		next = p->next;
		if (b->usable && write_patch(f, p) != 0) {
			fail(f, errno, "write");
			b->usable = false;
		}
		free(p);
	}
}

static void write_batch(struct file_sink *f, struct batch *b)
{
	size_t size = b->bytes.bytes, kept = 0;
	write_patches(f, b);
	if (size > 0 && b->usable) {
		kept = write_list(f, &b->bytes);
		if (kept < size) {
			fail(f, errno, "write");
			kept = cut_at_frame(f, &b->bytes, kept);
		}
		digest_list(f->digest, &b->bytes, kept);
		f->written += kept;
	}
	chunk_list_release(&b->bytes, f->pool);
	pthread_mutex_lock(&f->lock);
	f->stats.buffered -= size;
	f->stats.bytes_written = f->written;
	f->stats.bytes_durable = f->durable;
	pthread_mutex_unlock(&f->lock);
	if (kept > 0 && f->tell_written != NULL)
		f->tell_written(f->tell_ctx, f->written);
}

static bool flush_due(const struct file_sink *f, int64_t now_us)
{
	if (!f->sync || f->leave || f->written == f->durable)
		return false;
	if (f->written - f->durable >= f->threshold.bytes)
		return true;
	/* The turn nearest to the interval: neither 200 ms too late nor an extra flush each second. */
	return f->flush_interval_us > 0 && now_us + WRITER_PERIOD_US / 2 - f->unsafe_oldest_us >= f->flush_interval_us;
}

static void count_flush(struct file_sink *f, int64_t latency_us, int64_t now_us)
{
	threshold_learn(&f->threshold, latency_us);
	f->unsafe_oldest_us = 0;
	f->durable = f->written;
	pthread_mutex_lock(&f->lock);
	f->stats.flushes++;
	f->stats.bytes_durable = f->durable;
	f->stats.last_flush_us = now_us;
	f->stats.oldest_unsafe_us = 0;
	tsr_latency_note(&f->stats.flush_latency, latency_us);
	f->stats.flush_threshold = f->threshold.bytes;
	f->stats.threshold_moves = f->threshold.moves;
	pthread_mutex_unlock(&f->lock);
	log_line(TSR_LOG_VERBOSE, f->log_id, "flushed: %" PRIu64 " bytes durable, %" PRId64 " ms", f->durable,
		 latency_us / 1000);
}

/* The data with `sync_call`, and at the first time the file's name too: data that nobody finds is not durable. */
static bool flush(struct file_sink *f, int (*sync_call)(int fd))
{
	int64_t start_us = clock_now_us();
	if (sync_call(f->fd) != 0 || (!f->name_durable && place_sync(&f->place) != 0)) {
		fail(f, errno, "sync");
		f->leave = true;
		return false;
	}
	f->name_durable = true;
	int64_t now_us = clock_now_us();
	count_flush(f, now_us - start_us, now_us);
	return true;
}

/* The muxer's last word, which says that all the rest is there: so that must be durable first. */
static bool complete(struct file_sink *f)
{
	if (f->torn || f->end_patch == NULL)
		return true;
	if (write_patch(f, f->end_patch) == 0)
		return flush(f, durable_data);
	fail(f, errno, "write");
	return false;
}

/* Makes the file complete and durable under its final name. Whether it has that name now. */
static bool seal(struct file_sink *f)
{
	/* The name about to vanish needs no sync of its own. */
	f->name_durable = true;
	if (f->torn && f->container != TSR_CONTAINER_TS && !mend(f, true))
		f->leave = true;
	if (f->leave || !flush(f, durable_file) || !complete(f))
		return false;
	if (!beneath_is_same(f->place.folder, f->running_name, f->fd)) {
		fail(f, EACCES, "rename: the file was replaced; it");
		return false;
	}
	if (durable_rename(f->place.folder, f->running_name, f->finished_name) != 0) {
		fail(f, errno, "rename");
		return false;
	}
	if (place_sync(&f->place) != 0)
		fail(f, errno, "sync of the folder");
	return true;
}

static void finish(struct file_sink *f)
{
	struct sink_result result = {.bytes = f->written};
	char hex[DIGEST_HEX_BYTES] = "";
	if (f->fd < 0) {
		/* It could not even be created. */
	} else if (f->discard || f->written == 0) {
		result.bytes = 0;
		if (beneath_is_same(f->place.folder, f->running_name, f->fd))
			unlinkat(f->place.folder, f->running_name, 0);
		remove_note(f);
		place_unmake(&f->place);
	} else {
		result.path = seal(f) ? f->finished_path : f->running_path;
		result.bytes = f->written;
		if (f->digest != NULL && f->digest_stale)
			digest_file(f->fd, f->written, hex);
		else if (f->digest != NULL)
			digest_end(f->digest, hex);
	}
	result.stats = &f->stats;
	result.error = f->stats.error;
	result.error_errno = f->stats.error_errno;
	result.sha256 = hex[0] != '\0' ? hex : NULL;
	if (result.path != NULL)
		log_line(TSR_LOG_INFO, f->log_id, "%s: %s, %" PRIu64 " bytes",
			 result.error == TSR_OK ? "finished" : tsr_strerror(result.error), result.path, result.bytes);
	f->done(f->done_ctx, &result);
}

bool file_turn(struct file_sink *f, int64_t now_us)
{
	if (!f->created) {
		errno = 0;
		tsr_error err = file_create(f);
		if (err != TSR_OK)
			fail_with(f, err, errno, "creation");
	}
	struct batch b = take(f);
	write_batch(f, &b);
	write_note(f, &b);
	if (b.finishing) {
		finish(f);
		file_free(f);
		return false;
	}
	/* Not the turn's own time: the write may have taken long. */
	if (flush_due(f, clock_now_us()))
		flush(f, durable_data);
	look_at_space(f, now_us);
	return true;
}
