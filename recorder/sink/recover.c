/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recover.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/log.h"
#include "beneath.h"
#include "digest.h"
#include "durable.h"
#include "textfile.h"
#include "walk.h"

#define BLOCK_BYTES (1024 * TSSCAN_PACKET_BYTES)

/* What one run needs, however many files there are. */
struct run {
	const struct recover_config *config;
	char *folder; /* absolute */
	struct tsscan scan;
	uint8_t block[BLOCK_BYTES];
};

/* One file of it. */
struct leftover {
	struct run *run;
	int folder; /* the file's own, borrowed */
	char running_name[NAME_MAX + 1], finished_name[NAME_MAX + 1], note_name[NAME_MAX + 1],
		report_name[NAME_MAX + 1];
	char *note;
	char *finished_path;
	int fd;
	struct stat st;
	bool complete;   /* it has its final name alone: only the report is missing */
	bool renamed;    /* a kill between the two halves of durable_rename() left both names: all but that was done */
	uint64_t zeroes; /* packets of nothing but zeroes, as a crash may leave them */
	char sha256[DIGEST_HEX_BYTES];
	struct recover_result result;
};

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* Up to a block from `offset` on; 0 at the end, -1 and errno. */
static ssize_t read_block(struct leftover *l, uint64_t offset)
{
	size_t size = 0;
	while (size < BLOCK_BYTES) {
		ssize_t n = pread(l->fd, l->run->block + size, BLOCK_BYTES - size, (off_t)(offset + size));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		size += (size_t)n;
	}
	return (ssize_t)size;
}

static bool all_zero(const uint8_t *data, size_t size)
{
	return size == 0 || (data[0] == 0 && memcmp(data, data + 1, size - 1) == 0);
}

/* 0, or -1 and errno. */
static int scan_file(struct leftover *l)
{
	struct tsscan *scan = &l->run->scan;
	tsscan_init(scan);
	for (;;) {
		ssize_t size = read_block(l, scan->offset);
		if (size < 0)
			return -1;
		for (ssize_t i = 0; i + TSSCAN_PACKET_BYTES <= size; i += TSSCAN_PACKET_BYTES) {
			const uint8_t *packet = l->run->block + i;
			l->zeroes += all_zero(packet, TSSCAN_PACKET_BYTES);
			tsscan_take(scan, packet);
		}
		if (size == BLOCK_BYTES)
			continue;
		/* The rest of a packet: part of ours, or of nobody knows what. */
		size_t rest = (size_t)size % TSSCAN_PACKET_BYTES;
		const uint8_t *tail = l->run->block + size - rest;
		if (rest > 0 && tail[0] != 0x47 && !all_zero(tail, rest))
			scan->bad++;
		return 0;
	}
}

/* Whether it is worth keeping: a whole unit of media. */
static bool has_media(const struct tsscan *scan)
{
	for (unsigned i = 0; i < scan->pids; i++)
		if (scan->pid[i].pes && scan->pid[i].units > 0)
			return true;
	return false;
}

/* Whether it may be cut or removed. A file that only happens to have this name must not suffer. */
static bool is_transport_stream(const struct leftover *l)
{
	const struct tsscan *scan = &l->run->scan;
	return !scan->too_many && scan->bad - l->zeroes <= scan->packets / 2;
}

/* ---- changing ---------------------------------------------------------------------------------------------------- */

/* 0, or -1 and errno. */
static int write_block(struct leftover *l, uint64_t offset, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = pwrite(l->fd, l->run->block + done, size - done, (off_t)(offset + done));
		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Overwrites what is unfinished in front of `cut`. 0, or -1 and errno. */
static int rewrite(struct leftover *l, uint64_t start, uint64_t cut)
{
	for (uint64_t at = start; at < cut;) {
		ssize_t size = read_block(l, at);
		if (size < TSSCAN_PACKET_BYTES) {
			errno = size < 0 ? errno : EIO;
			return -1;
		}
		size -= size % TSSCAN_PACKET_BYTES;
		bool changed = false;
		for (ssize_t i = 0; i < size && at + (uint64_t)i < cut; i += TSSCAN_PACKET_BYTES)
			changed |= tsscan_rewrite(&l->run->scan, at + (uint64_t)i, l->run->block + i);
		if (changed && write_block(l, at, (size_t)size) != 0)
			return -1;
		at += (uint64_t)size;
	}
	return 0;
}

/* Makes the content final and durable. 0, or -1 and errno. */
static int seal(struct leftover *l, uint64_t rewrite_start)
{
	/* The time of the last write tells when the recording ended; it outlives the recovery. */
	const struct timespec times[2] = {l->st.st_atim, l->st.st_mtim};
	uint64_t cut = l->result.bytes;
	bool change = cut != (uint64_t)l->st.st_size || rewrite_start < cut;
	if (change && (rewrite(l, rewrite_start, cut) != 0 || ftruncate(l->fd, (off_t)cut) != 0))
		return -1;
	if (change && futimens(l->fd, times) != 0)
		return -1;
	return durable_file(l->fd);
}

/* Gives the file its final name, for good. 0, or -1 and errno. */
static int rename_file(struct leftover *l)
{
	int failed = l->renamed ? unlinkat(l->folder, l->running_name, 0)
				: durable_rename(l->folder, l->running_name, l->finished_name);
	if (failed != 0)
		return -1;
	l->result.path = l->finished_path;
	return durable_folder(l->folder);
}

/* Calls `sealed` with the path the file is about to have. */
static void tell_sealed(const struct leftover *l)
{
	struct recover_result coming = l->result;
	coming.path = l->finished_path;
	if (l->run->config->sealed != NULL)
		l->run->config->sealed(l->run->config->ctx, &coming);
}

/* Once there is a report the note has done its work. */
static void drop_note(const struct leftover *l)
{
	struct stat st;
	if (l->note != NULL && fstatat(l->folder, l->report_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		unlinkat(l->folder, l->note_name, 0);
}

static void add_checksum(struct leftover *l)
{
	if (l->run->config->checksum)
		digest_file(l->fd, l->result.bytes, l->sha256);
	l->result.sha256 = l->sha256[0] != '\0' ? l->sha256 : NULL;
}

/* 0, or -1 and errno. */
static int recover_media(struct leftover *l, uint64_t rewrite_start)
{
	struct stat st;
	if (!l->renamed && fstatat(l->folder, l->finished_name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	if (seal(l, rewrite_start) != 0)
		return -1;
	add_checksum(l);
	tell_sealed(l);
	return rename_file(l);
}

/* 0, or -1 and errno. */
static int remove_file(struct leftover *l)
{
	if (l->note != NULL)
		unlinkat(l->folder, l->note_name, 0);
	if (unlinkat(l->folder, l->running_name, 0) != 0)
		return -1;
	l->result.path = NULL;
	return durable_folder(l->folder);
}

static void fail(struct leftover *l, tsr_error err, int err_errno)
{
	l->result.error = err;
	l->result.error_errno = err_errno;
}

/* ---- one file ------------------------------------------------------------------------------------------------------ */

static void recover_held(struct leftover *l)
{
	l->note = textfile_read(l->folder, l->note_name);
	l->result.note = l->note;
	if (scan_file(l) != 0) {
		fail(l, tsr_error_from_errno(errno), errno);
		return;
	}
	l->result.scan = &l->run->scan;
	if (!is_transport_stream(l)) {
		fail(l, TSR_E_MALFORMED, 0);
		return;
	}
	uint64_t rewrite_start = (uint64_t)l->st.st_size;
	l->result.bytes = l->renamed || l->complete ? rewrite_start : tsscan_cut(&l->run->scan, &rewrite_start);
	if (!l->renamed && !l->complete && !has_media(&l->run->scan))
		l->result.bytes = 0;
	l->result.bytes_cut = (uint64_t)l->st.st_size - l->result.bytes;
	if (l->run->config->look_only)
		return;
	if (l->complete) {
		add_checksum(l);
		tell_sealed(l);
	} else if ((l->result.bytes > 0 ? recover_media(l, rewrite_start) : remove_file(l)) != 0) {
		fail(l, tsr_error_from_errno(errno), errno);
		return;
	}
	drop_note(l);
}

/* Opens the file and makes sure that nobody else is at it and that it is still this name's. */
static tsr_error hold_as(struct leftover *l, const char *name)
{
	int flags = (l->run->config->look_only ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK;
	l->fd = beneath_open(l->folder, name, flags, 0);
	if (l->fd < 0)
		return tsr_error_from_errno(errno);
	if (fstat(l->fd, &l->st) != 0 || !S_ISREG(l->st.st_mode))
		return TSR_E_ACCESS;
	if (flock(l->fd, LOCK_EX | LOCK_NB) != 0)
		return tsr_error_from_errno(errno);
	/* Its recorder may have finished it between our open and our lock, and written to it until then. */
	return beneath_is_same(l->folder, name, l->fd) && fstat(l->fd, &l->st) == 0 ? TSR_OK : TSR_E_NOTFOUND;
}

/* Whether the note is of a file that has everything else. What is of no use is removed. */
static bool lacks_report(const struct leftover *l)
{
	struct stat st;
	if (fstatat(l->folder, l->note_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	bool lacks = fstatat(l->folder, l->finished_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		     fstatat(l->folder, l->report_name, &st, AT_SYMLINK_NOFOLLOW) != 0;
	if (l->run->config->look_only)
		return false; /* there is nothing to tell of it that its name does not say */
	if (!lacks)
		unlinkat(l->folder, l->note_name, 0);
	return lacks && l->run->config->sealed != NULL;
}

static tsr_error hold(struct leftover *l)
{
	tsr_error err = hold_as(l, l->running_name);
	if (err == TSR_OK)
		l->renamed = l->st.st_nlink > 1 && beneath_is_same(l->folder, l->finished_name, l->fd);
	if (err != TSR_E_NOTFOUND || l->fd >= 0 || !lacks_report(l))
		return err;
	l->complete = true;
	return hold_as(l, l->finished_name);
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t size = strlen(name), suffix_size = strlen(suffix);
	return size > suffix_size && strcmp(name + size - suffix_size, suffix) == 0;
}

static void log_result(const struct recover_result *r)
{
	if (r->error != TSR_OK)
		log_line(TSR_LOG_WARNING, NULL, "not recovered: %s/%s%s: %s", r->folder, r->name, SUFFIX_RUNNING,
			 tsr_strerror(r->error));
	else if (r->path == NULL)
		log_line(TSR_LOG_INFO, NULL, "removed: %s/%s%s holds no media", r->folder, r->name, SUFFIX_RUNNING);
	else
		log_line(TSR_LOG_INFO, NULL, "recovered: %s, %llu bytes, %llu cut off", r->path,
			 (unsigned long long)r->bytes, (unsigned long long)r->bytes_cut);
}

static void name_files(struct leftover *l, const char *base, int stem)
{
	const struct {
		char *name;
		const char *suffix;
	} names[] = {
		{l->running_name, SUFFIX_RUNNING},
		{l->finished_name, SUFFIX_FINISHED},
		{l->note_name, SUFFIX_NOTE},
		{l->report_name, SUFFIX_REPORT},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		snprintf(names[i].name, NAME_MAX + 1, "%.*s%s", stem, base, names[i].suffix);
}

/* `name` ends in `suffix`. What `done` was told, or why it was not called. */
static tsr_error recover_one(struct run *run, int folder, const char *base, const char *name, const char *suffix)
{
	struct leftover l = {.run = run, .folder = folder, .fd = -1};
	char *stem = strndup(name, strlen(name) - strlen(suffix));
	char *path = stem != NULL ? beneath_join(run->folder, "/", stem) : NULL;
	char *running_path = path != NULL ? beneath_join(path, "", SUFFIX_RUNNING) : NULL;
	l.finished_path = path != NULL ? beneath_join(path, "", SUFFIX_FINISHED) : NULL;
	name_files(&l, base, (int)(strlen(base) - strlen(suffix)));
	tsr_error err = TSR_E_NOMEM;
	if (running_path == NULL || l.finished_path == NULL)
		goto out;
	err = hold(&l);
	if (err != TSR_OK)
		goto out;
	l.result.folder = run->folder;
	l.result.name = stem;
	l.result.path = l.complete ? l.finished_path : running_path;
	l.result.ended_utc_us = (int64_t)l.st.st_mtim.tv_sec * 1000000 + l.st.st_mtim.tv_nsec / 1000;
	recover_held(&l);
	err = l.result.error;
	if (!run->config->look_only)
		log_result(&l.result);
	run->config->done(run->config->ctx, &l.result);
out:
	if (l.fd >= 0)
		close(l.fd);
	free(l.note);
	free(stem);
	free(path);
	free(running_path);
	free(l.finished_path);
	return err;
}

/* ---- from outside -------------------------------------------------------------------------------------------------- */

/* Whether the note's file is still, or again, to be recovered itself. */
static bool has_running(const struct walk_file *note)
{
	char name[NAME_MAX + 1];
	struct stat st;
	snprintf(name, sizeof(name), "%.*s%s", (int)(strlen(note->base) - strlen(SUFFIX_NOTE)), note->base,
		 SUFFIX_RUNNING);
	return fstatat(note->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void visit(void *ctx, const struct walk_file *file)
{
	struct run *run = ctx;
	const struct recover_config *config = run->config;
	if (config->cancelled != NULL && config->cancelled(config->ctx))
		return;
	tsr_error err = TSR_OK;
	if (ends_with(file->base, SUFFIX_RUNNING))
		err = recover_one(run, file->folder, file->base, file->name, SUFFIX_RUNNING);
	else if (ends_with(file->base, SUFFIX_NOTE) && !has_running(file))
		err = recover_one(run, file->folder, file->base, file->name, SUFFIX_NOTE);
	else if (ends_with(file->base, SUFFIX_TEMPORARY) && !config->look_only)
		textfile_remove_stale(file->folder, file->base);
	if (err == TSR_E_ACCESS || err == TSR_E_NOMEM) /* `done` was not told */
		log_line(TSR_LOG_WARNING, NULL, "not recovered: %s/%s: %s", run->folder, file->name, tsr_strerror(err));
}

static struct run *run_create(const struct recover_config *config, const char *folder, tsr_error *err)
{
	struct run *run = calloc(1, sizeof(*run));
	if (run == NULL) {
		*err = TSR_E_NOMEM;
		return NULL;
	}
	run->config = config;
	run->folder = realpath(folder, NULL);
	if (run->folder != NULL)
		return run;
	*err = tsr_error_from_errno(errno);
	free(run);
	return NULL;
}

static void run_destroy(struct run *run)
{
	free(run->folder);
	free(run);
}

tsr_error recover_folder(const char *folder, const struct recover_config *config)
{
	tsr_error err;
	struct run *run = run_create(config, folder, &err);
	if (run == NULL)
		return err;
	err = walk_folder(folder, visit, run);
	run_destroy(run);
	return err;
}

tsr_error recover_file(const char *path, const struct recover_config *config)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;
	if (!ends_with(base, SUFFIX_RUNNING) || strlen(base) > NAME_MAX)
		return TSR_E_INVAL;
	char *folder = slash == NULL ? strdup(".") : strndup(path, slash > path ? (size_t)(slash - path) : 1);
	if (folder == NULL)
		return TSR_E_NOMEM;
	tsr_error err;
	struct run *run = run_create(config, folder, &err);
	int fd = run != NULL ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (run != NULL)
		err = fd >= 0 ? recover_one(run, fd, base, base, SUFFIX_RUNNING) : tsr_error_from_errno(errno);
	if (fd >= 0)
		close(fd);
	if (run != NULL)
		run_destroy(run);
	free(folder);
	return err;
}
