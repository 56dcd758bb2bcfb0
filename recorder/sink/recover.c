/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recover.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
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
#include "recover_playlist.h"
#include "textfile.h"
#include "walk.h"

/* What one run needs, however many files there are. */
struct run {
	const struct recover_config *config;
	char *folder;                          /* absolute */
	_Alignas(max_align_t) uint8_t state[]; /* of the format of the file at hand */
};

/* One file of it. */
struct leftover {
	struct run *run;
	const struct recover_format *format;
	int folder; /* the file's own, borrowed */
	char running_name[NAME_MAX + 1], finished_name[NAME_MAX + 1], note_name[NAME_MAX + 1],
		report_name[NAME_MAX + 1];
	char *note;
	char *finished_path;
	int fd;
	struct stat st;
	bool complete; /* it has its final name alone: only the report is missing */
	bool renamed;  /* a kill between the two halves of durable_rename() left both names: all but that was done */
	struct recover_found found;
	char sha256[DIGEST_HEX_BYTES];
	struct recover_result result;
};

/* ---- changing ---------------------------------------------------------------------------------------------------- */

/* Makes the content final and durable. 0, or -1 and errno. */
static int seal(struct leftover *l)
{
	/* The time of the last write tells when the recording ended; it outlives the recovery. */
	const struct timespec times[2] = {l->st.st_atim, l->st.st_mtim};
	if (l->format->complete(l->run->state, l->fd, &l->found) != 0 || futimens(l->fd, times) != 0)
		return -1;
	l->result.bytes = l->found.bytes;
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
static int recover_media(struct leftover *l)
{
	struct stat st;
	if (!l->renamed && fstatat(l->folder, l->finished_name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	if (!l->renamed && seal(l) != 0) /* one that has its final name is sealed */
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
	if (l->format->scan(l->run->state, l->fd, &l->found) != 0) {
		fail(l, tsr_error_from_errno(errno), errno);
		return;
	}
	l->result.tracks = l->found.tracks;
	l->result.track = l->found.track;
	if (!l->found.ours) {
		fail(l, TSR_E_MALFORMED, 0);
		return;
	}
	l->result.bytes = l->renamed || l->complete ? (uint64_t)l->st.st_size : l->found.bytes;
	l->result.bytes_cut = (uint64_t)l->st.st_size - l->result.bytes;
	if (l->run->config->look_only)
		return;
	if (l->complete) {
		add_checksum(l);
		tell_sealed(l);
	} else if ((l->result.bytes > 0 ? recover_media(l) : remove_file(l)) != 0) {
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
	const char *ending = tsr_container_running(r->container);
	if (r->error != TSR_OK)
		log_line(TSR_LOG_WARNING, NULL, "not recovered: %s/%s%s: %s", r->folder, r->name, ending,
			 tsr_strerror(r->error));
	else if (r->path == NULL)
		log_line(TSR_LOG_INFO, NULL, "removed: %s/%s%s holds no media", r->folder, r->name, ending);
	else
		log_line(TSR_LOG_INFO, NULL, "recovered: %s, %llu bytes, %llu cut off", r->path,
			 (unsigned long long)r->bytes, (unsigned long long)r->bytes_cut);
}

static void name_files(struct leftover *l, const char *base, size_t stem)
{
	const struct {
		char *name;
		const char *suffix;
	} names[] = {
		{l->running_name, tsr_container_running(l->result.container)},
		{l->finished_name, tsr_container_ending(l->result.container)},
		{l->note_name, SUFFIX_NOTE},
		{l->report_name, SUFFIX_REPORT},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		snprintf(names[i].name, NAME_MAX + 1, "%.*s%s", (int)stem, base, names[i].suffix);
}

/* A file, and what is before its ending. */
struct candidate {
	int folder;       /* its own, open */
	const char *base; /* its name in there */
	const char *name; /* below the folder of the run */
	size_t ending;    /* length of the names' ending */
	tsr_container container;
};

static bool is_running(const char *base, struct candidate *c)
{
	bool running = false;
	size_t stem = 0;
	bool is = tsr_container_of_file(base, &c->container, &running, &stem) && running;
	c->ending = is ? strlen(base) - stem : 0;
	return is;
}

/* What `done` was told, or why it was not called. */
static tsr_error recover_one(struct run *run, const struct candidate *c)
{
	struct leftover l = {.run = run, .format = recover_format_of(c->container), .folder = c->folder, .fd = -1};
	l.result.container = c->container;
	char *stem = strndup(c->name, strlen(c->name) - c->ending);
	char *path = stem != NULL ? beneath_join(run->folder, "/", stem) : NULL;
	char *running_path = path != NULL ? beneath_join(path, "", tsr_container_running(c->container)) : NULL;
	l.finished_path = path != NULL ? beneath_join(path, "", tsr_container_ending(c->container)) : NULL;
	name_files(&l, c->base, strlen(c->base) - c->ending);
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
	if (l.format->clear != NULL)
		l.format->clear(run->state);
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

/* Whether the file of the note, with this ending, is there. */
static bool has(const struct walk_file *note, const char *ending)
{
	char name[NAME_MAX + 1];
	struct stat st;
	snprintf(name, sizeof(name), "%.*s%s", (int)(strlen(note->base) - strlen(SUFFIX_NOTE)), note->base, ending);
	return fstatat(note->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The note of a file that is not, or not again, to be recovered itself: that lacks its report alone, or is not there at all. */
static tsr_error recover_note(struct run *run, const struct walk_file *note)
{
	tsr_container container = TSR_CONTAINER_TS;
	for (unsigned i = 0; i < TSR_CONTAINER_COUNT; i++) {
		if (has(note, tsr_container_running((tsr_container)i)))
			return TSR_OK;
		if (has(note, tsr_container_ending((tsr_container)i)))
			container = (tsr_container)i;
	}
	return recover_one(run,
			   &(struct candidate){note->folder, note->base, note->name, strlen(SUFFIX_NOTE), container});
}

static void visit(void *ctx, const struct walk_file *file)
{
	struct run *run = ctx;
	const struct recover_config *config = run->config;
	if (config->cancelled != NULL && config->cancelled(config->ctx))
		return;
	tsr_error err = TSR_OK;
	struct candidate c = {.folder = file->folder, .base = file->base, .name = file->name};
	if (is_running(file->base, &c))
		err = recover_one(run, &c);
	else if (ends_with(file->base, SUFFIX_NOTE))
		err = recover_note(run, file);
	else if ((ends_with(file->base, SUFFIX_TEMPORARY) || ends_with(file->base, SUFFIX_TEMPORARY_PLAYLIST)) &&
		 !config->look_only)
		textfile_remove_stale(file->folder, file->base);
	if (err == TSR_E_ACCESS || err == TSR_E_NOMEM) /* `done` was not told */
		log_line(TSR_LOG_WARNING, NULL, "not recovered: %s/%s: %s", run->folder, file->name, tsr_strerror(err));
}

/* When the media of all are what they will be. */
static void visit_playlist(void *ctx, const struct walk_file *file)
{
	struct run *run = ctx;
	const struct recover_config *config = run->config;
	if (!recover_is_playlist(file->base) || (config->cancelled != NULL && config->cancelled(config->ctx)))
		return;
	tsr_error err = recover_playlist(file->folder, file->base, file->name);
	if (err != TSR_OK)
		log_line(TSR_LOG_WARNING, NULL, "not recovered: %s/%s: %s", run->folder, file->name, tsr_strerror(err));
}

static struct run *run_create(const struct recover_config *config, const char *folder, tsr_error *err)
{
	struct run *run = calloc(1, sizeof(*run) + recover_format_most());
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
	if (err == TSR_OK && !config->look_only)
		err = walk_folder(folder, visit_playlist, run);
	run_destroy(run);
	return err;
}

tsr_error recover_file(const char *path, const struct recover_config *config)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;
	struct candidate c = {.base = base, .name = base};
	if (!is_running(base, &c) || strlen(base) > NAME_MAX)
		return TSR_E_INVAL;
	char *folder = slash == NULL ? strdup(".") : strndup(path, slash > path ? (size_t)(slash - path) : 1);
	if (folder == NULL)
		return TSR_E_NOMEM;
	tsr_error err;
	struct run *run = run_create(config, folder, &err);
	c.folder = run != NULL ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (run != NULL)
		err = c.folder >= 0 ? recover_one(run, &c) : tsr_error_from_errno(errno);
	if (err == TSR_OK && !config->look_only)
		recover_playlist_of(c.folder, base, strlen(base) - c.ending);
	if (c.folder >= 0)
		close(c.folder);
	if (run != NULL)
		run_destroy(run);
	free(folder);
	return err;
}
