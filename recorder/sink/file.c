/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The muxer's half of the file sink: creation, and taking bytes without ever touching the disk (but offline). */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../common/clock.h"
#include "../common/limits.h"
#include "../common/log.h"
#include "file_private.h"

/* An offline sink gathers this much before it writes. */
#define OFFLINE_BYTES (1024 * 1024)
/* Recovery may hold the new, still empty file for the moment it takes to see that it is empty and to remove it. */
#define LOCK_TRIES   100
#define LOCK_WAIT_NS 1000000

static void end_offline(struct file_sink *f)
{
	while (file_turn(f, clock_now_us()))
		;
}

static tsr_error file_write(struct sink *s, const uint8_t *data, size_t size)
{
	struct file_sink *f = (struct file_sink *)s;
	pthread_mutex_lock(&f->lock);
	if (f->stats.error == TSR_OK && size > 0) {
		if (chunk_list_append(&f->queue, f->pool, data, size)) {
			f->stats.bytes_accepted += size;
			f->stats.buffered += size;
			if (f->queue_oldest_us == 0)
				f->queue_oldest_us = clock_now_us();
		} else {
			f->stats.error = TSR_E_NOMEM;
			f->stats.error_errno = ENOMEM;
		}
	}
	tsr_error err = f->stats.error;
	bool full = f->offline && f->queue.bytes >= OFFLINE_BYTES;
	pthread_mutex_unlock(&f->lock);
	if (!full)
		return err;
	file_turn(f, clock_now_us());
	return f->stats.error;
}

static bool file_has_room(struct sink *s, size_t size, bool audio)
{
	struct file_sink *f = (struct file_sink *)s;
	size_t reserve = audio ? 0 : f->memory_cap / 100 * LIMIT_SINK_AUDIO_RESERVE_PERCENT;
	pthread_mutex_lock(&f->lock);
	size_t buffered = f->stats.buffered;
	pthread_mutex_unlock(&f->lock);
	return buffered + reserve <= f->memory_cap && size <= f->memory_cap - reserve - buffered;
}

static void file_get_stats(struct sink *s, struct sink_stats *out)
{
	struct file_sink *f = (struct file_sink *)s;
	pthread_mutex_lock(&f->lock);
	*out = f->stats;
	if (out->oldest_unsafe_us == 0)
		out->oldest_unsafe_us = f->queue_oldest_us;
	pthread_mutex_unlock(&f->lock);
}

dev_t file_sink_device(const struct sink *s)
{
	return ((const struct file_sink *)s)->device;
}

void file_sink_set_note(struct sink *s, const char *note)
{
	struct file_sink *f = (struct file_sink *)s;
	char *copy = strdup(note);
	pthread_mutex_lock(&f->lock);
	char *old = f->note;
	f->note = copy;
	pthread_mutex_unlock(&f->lock);
	free(old);
}

void file_sink_set_flush(struct sink *s, const struct file_sink_flush *flush)
{
	struct file_sink *f = (struct file_sink *)s;
	pthread_mutex_lock(&f->lock);
	f->flush_wanted = *flush;
	f->flush_changed = true;
	pthread_mutex_unlock(&f->lock);
}

static void end(struct file_sink *f, sink_finished_cb done, void *ctx, bool discard)
{
	pthread_mutex_lock(&f->lock);
	f->done = done;
	f->done_ctx = ctx;
	f->discard = discard;
	f->finishing = true;
	bool offline = f->offline;
	/* From here on the sink is the writer's; it may be gone at any moment. */
	pthread_mutex_unlock(&f->lock);
	if (offline)
		end_offline(f);
}

static void file_finish(struct sink *s, sink_finished_cb done, void *ctx)
{
	end((struct file_sink *)s, done, ctx, false);
}

void file_sink_discard(struct sink *s, sink_finished_cb done, void *ctx)
{
	end((struct file_sink *)s, done, ctx, true);
}

static struct file_patch *patch_new(uint64_t offset, const uint8_t *data, size_t size)
{
	struct file_patch *p = malloc(sizeof(*p) + size);
	if (p != NULL) {
		*p = (struct file_patch){.offset = offset, .size = size};
		memcpy(p->data, data, size);
	}
	return p;
}

static tsr_error file_patch(struct sink *s, uint64_t offset, const uint8_t *data, size_t size, bool at_end)
{
	struct file_sink *f = (struct file_sink *)s;
	struct file_patch *p = NULL;
	pthread_mutex_lock(&f->lock);
	tsr_error err = f->stats.error;
	uint64_t queued_from = f->stats.bytes_accepted - f->queue.bytes;
	bool queued = !at_end && offset >= queued_from;
	if (err == TSR_OK && !queued && (p = patch_new(offset, data, size)) == NULL)
		err = TSR_E_NOMEM;
	if (err == TSR_OK && queued) {
		chunk_list_replace(&f->queue, (size_t)(offset - queued_from), data, size);
	} else if (err == TSR_OK && at_end) {
		free(f->end_patch);
		f->end_patch = p;
	} else if (err == TSR_OK) {
		p->next = f->patches;
		f->patches = p;
	}
	pthread_mutex_unlock(&f->lock);
	return err;
}

static const struct sink_ops file_ops = {file_write, file_has_room, file_get_stats, file_finish, file_patch};

/* Makes the new file ours. 0, 1 when recovery has taken it away meanwhile, or -1 and errno. */
static int lock_new(struct file_sink *f)
{
	const struct timespec wait = {.tv_nsec = LOCK_WAIT_NS};
	for (int i = 0; flock(f->fd, LOCK_EX | LOCK_NB) != 0; i++) {
		if (errno != EWOULDBLOCK || i == LOCK_TRIES)
			return -1;
		nanosleep(&wait, NULL);
	}
	return beneath_is_same(f->place.folder, f->running_name, f->fd) ? 0 : 1;
}

static bool is_there(const struct file_sink *f, const char *ending)
{
	struct stat st;
	char *name = beneath_join(f->place.base, "", ending);
	bool there = name == NULL || fstatat(f->place.folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	free(name);
	return there;
}

/* Whether the name is another recording's: note and report of a name are one recording's, whatever its container. */
static bool is_taken(const struct file_sink *f)
{
	for (unsigned i = 0; i < TSR_CONTAINER_COUNT; i++)
		if (is_there(f, tsr_container_ending((tsr_container)i)) ||
		    (i != (unsigned)f->container && is_there(f, tsr_container_running((tsr_container)i))))
			return true;
	return false;
}

/* Creates NAME.recording.ts and locks it; on failure it is not there. */
static tsr_error create_locked(struct file_sink *f)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
	unsigned mode = f->mode;
	for (;;) {
		if (is_taken(f))
			return TSR_E_EXISTS;
		f->fd = beneath_open(f->place.folder, f->running_name, flags, mode != 0 ? mode : 0644);
		if (f->fd < 0)
			return tsr_error_from_errno(errno);
		int locked = lock_new(f);
		/* Two that begin at once, of two containers, see each other here. */
		bool taken = locked == 0 && is_taken(f);
		/* The umask applies to the default alone: a mode from the configuration is meant. */
		if (locked == 0 && !taken && (mode == 0 || fchmod(f->fd, (mode_t)mode) == 0))
			return TSR_OK;
		tsr_error err = taken ? TSR_E_EXISTS : tsr_error_from_errno(errno);
		if (locked != 1)
			unlinkat(f->place.folder, f->running_name, 0);
		close(f->fd);
		f->fd = -1;
		if (locked != 1)
			return err;
	}
}

static tsr_error name_file(struct file_sink *f)
{
	f->running_name = beneath_join(f->place.base, "", tsr_container_running(f->container));
	f->finished_name = beneath_join(f->place.base, "", tsr_container_ending(f->container));
	f->running_path = beneath_join(f->place.path, "", tsr_container_running(f->container));
	f->finished_path = beneath_join(f->place.path, "", tsr_container_ending(f->container));
	bool ok = f->running_name != NULL && f->finished_name != NULL && f->running_path != NULL &&
		  f->finished_path != NULL;
	return ok ? TSR_OK : TSR_E_NOMEM;
}

tsr_error file_create(struct file_sink *f)
{
	f->created = true;
	tsr_error err = place_open(&f->place, f->folder, f->name, true);
	if (err != TSR_OK)
		return err;
	err = name_file(f);
	if (err == TSR_OK)
		err = create_locked(f);
	if (err != TSR_OK)
		place_unmake(&f->place);
	return err;
}

static struct file_sink *allocate(const struct file_sink_config *config, struct chunk_pool *pool)
{
	struct file_sink *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->base.ops = &file_ops;
	f->item.serve = NULL;
	f->fd = -1;
	f->memory_cap = config->memory_cap != 0 ? config->memory_cap : LIMIT_SINK_BYTES;
	if (f->memory_cap > LIMIT_SINK_BYTES_MAX)
		f->memory_cap = LIMIT_SINK_BYTES_MAX;
	f->mode = config->mode;
	f->container = config->container;
	f->offline = pool == NULL;
	f->tell_written = config->written;
	f->tell_ctx = config->written_ctx;
	chunk_pool_init(&f->own_pool);
	f->pool = pool != NULL ? pool : &f->own_pool;
	f->stats.free_bytes = UINT64_MAX;
	file_set_flush(f, &config->flush);
	pthread_mutex_init(&f->lock, NULL);
	return f;
}

void file_free(struct file_sink *f)
{
	if (f == NULL)
		return;
	chunk_list_release(&f->queue, f->pool);
	for (struct file_patch *p = f->patches, *next; p != NULL; p = next) {
		next = p->next;
		free(p);
	}
	free(f->end_patch);
	chunk_pool_finish(&f->own_pool);
	pthread_mutex_destroy(&f->lock);
	digest_destroy(f->digest);
	if (f->fd >= 0)
		close(f->fd);
	place_close(&f->place);
	free(f->log_id);
	free(f->folder);
	free(f->name);
	free(f->note);
	free(f->running_name);
	free(f->finished_name);
	free(f->running_path);
	free(f->finished_path);
	free(f);
}

static tsr_error copy_strings(struct file_sink *f, const struct file_sink_config *config)
{
	f->log_id = config->log_id != NULL ? strdup(config->log_id) : NULL;
	f->folder = strdup(config->folder);
	f->name = strdup(config->name);
	f->note = config->note != NULL ? strdup(config->note) : NULL;
	bool ok = (f->log_id != NULL || config->log_id == NULL) && f->folder != NULL && f->name != NULL &&
		  (f->note != NULL || config->note == NULL);
	return ok ? TSR_OK : TSR_E_NOMEM;
}

tsr_error file_open(const struct file_sink_config *config, struct chunk_pool *pool, struct file_sink **out)
{
	struct file_sink *f = allocate(config, pool);
	if (f == NULL)
		return TSR_E_NOMEM;
	tsr_error err = copy_strings(f, config);
	if (err == TSR_OK && config->checksum && (f->digest = digest_create()) == NULL)
		err = TSR_E_NOMEM;
	if (err == TSR_OK)
		err = config->deferred ? beneath_check_name(config->name) : file_create(f);
	if (err == TSR_OK)
		*out = f;
	else
		file_free(f);
	return err;
}

static bool serve(struct service_item *item, int64_t now_us)
{
	return file_turn((struct file_sink *)((char *)item - offsetof(struct file_sink, item)), now_us);
}

tsr_error file_sink_create(const struct file_sink_config *config, struct writers *writers, struct sink **out)
{
	struct file_sink *f;
	tsr_error err = file_open(config, writers != NULL ? writers_pool(writers) : NULL, &f);
	if (err != TSR_OK)
		return err;
	struct stat st;
	f->item.serve = serve;
	f->device = config->device;
	if (f->created && fstat(f->fd, &st) != 0)
		err = tsr_error_from_errno(errno);
	else if (f->created)
		f->device = st.st_dev;
	if (err == TSR_OK && writers != NULL)
		err = writers_add(writers, f->device, &f->item);
	if (err != TSR_OK) {
		if (f->created) {
			unlinkat(f->place.folder, f->running_name, 0);
			place_unmake(&f->place);
		}
		file_free(f);
		return err;
	}
	*out = &f->base;
	return TSR_OK;
}
