/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recover_playlist.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/container.h"
#include "../common/limits.h"
#include "../common/log.h"
#include "beneath.h"
#include "stem.h"
#include "textfile.h"
#include "tsstretch.h"

/* A playlist of weeks; ours has about 100 bytes a segment. */
#define MAX_BYTES ((off_t)64 * 1024 * 1024)
/* Further apart than that, two stretches are not of one timeline. */
#define HOLE_90K 135000

struct list {
	int folder;
	const char *text; /* NUL behind it */
	int target_s;
	/* What is kept of it, ready to be written. */
	char *out;
	size_t size, room;
	/* The segment listed last. */
	char file[NAME_MAX + 1];
	uint64_t begin, end, file_bytes;
	int64_t ms;
	bool running; /* somebody may be at it, or its media were not recovered */
	bool failed;  /* memory */
};

/* ---- text ---- */

static void put(struct list *l, const char *text, size_t size)
{
	if (l->size + size > l->room) {
		size_t room = 2 * (l->size + size);
		char *more = realloc(l->out, room);
		l->failed |= more == NULL;
		if (more == NULL)
			return;
		l->out = more;
		l->room = room;
	}
	memcpy(l->out + l->size, text, size);
	l->size += size;
}

static void put_text(struct list *l, const char *text)
{
	put(l, text, strlen(text));
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A URI of ours is a file name, escaped (RFC 3986 section 2.1). False = it is none of ours. */
static bool unescape(const char *uri, size_t size, char name[NAME_MAX + 1])
{
	size_t n = 0;
	for (size_t i = 0; i < size; i++) {
		if (n == NAME_MAX || uri[i] == '/')
			return false;
		bool escaped = uri[i] == '%' && i + 2 < size && hex(uri[i + 1]) >= 0 && hex(uri[i + 2]) >= 0;
		name[n++] = escaped ? (char)(hex(uri[i + 1]) << 4 | hex(uri[i + 2])) : uri[i];
		i += escaped ? 2 : 0;
		if (name[n - 1] == '/' || name[n - 1] == '\0')
			return false;
	}
	name[n] = '\0';
	return n > 0;
}

static void put_escaped(struct list *l, const char *name)
{
	char part[4];
	for (const unsigned char *c = (const unsigned char *)name; *c != '\0'; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
			     strchr("-._~", *c) != NULL;
		snprintf(part, sizeof(part), plain ? "%c" : "%%%02X", *c);
		put_text(l, part);
	}
}

static uint64_t size_of(int folder, const char *file)
{
	struct stat st;
	return fstatat(folder, file, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

/* ---- what it lists ---- */

/* The file that it will be for good. One that is there as it is while it is written: the recording is not over. */
static void use_final_name(struct list *l, char name[NAME_MAX + 1])
{
	bool running = false;
	size_t stem = 0;
	tsr_container container;
	if (!tsr_container_of_file(name, &container, &running, &stem))
		return;
	char other[NAME_MAX + 1];
	snprintf(other, sizeof(other), "%.*s%s", (int)stem, name, tsr_container_running(container));
	l->running |= size_of(l->folder, other) > 0;
	if (running && strlen(tsr_container_ending(container)) + stem <= NAME_MAX)
		snprintf(name + stem, NAME_MAX + 1 - stem, "%s", tsr_container_ending(container));
}

/* A segment, its lines from `begin` up to the one that names its file. False = the file does not have it, so the list ends here. */
static bool take_segment(struct list *l, const char *begin, const char *uri, size_t uri_size)
{
	char name[NAME_MAX + 1];
	uint64_t size = 0, offset = 0;
	double seconds = 0;
	if (!unescape(uri, uri_size, name))
		return false;
	use_final_name(l, name);
	for (const char *line = begin; line < uri; line = strchr(line, '\n') + 1) {
		(void)sscanf(line, "#EXTINF:%lf,", &seconds);
		(void)sscanf(line, "#EXT-X-BYTERANGE:%" SCNu64 "@%" SCNu64, &size, &offset);
	}
	if (strcmp(name, l->file) != 0)
		l->file_bytes = size_of(l->folder, name);
	if (size == 0)
		size = l->file_bytes;
	if (size == 0 || offset > l->file_bytes || size > l->file_bytes - offset)
		return false;
	snprintf(l->file, sizeof(l->file), "%s", name);
	l->begin = offset;
	l->end = offset + size;
	l->ms = (int64_t)(seconds * 1000 + 0.5);
	put(l, begin, (size_t)(uri - begin));
	put_escaped(l, name);
	put_text(l, "\n");
	return true;
}

/* Whole lines alone: the last one may be cut. */
static void take_segments(struct list *l)
{
	const char *begin = l->text, *line = l->text, *end;
	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		(void)sscanf(line, "#EXT-X-TARGETDURATION:%d", &l->target_s);
		if (line[0] == '#' || end == line)
			continue;
		if (!take_segment(l, begin, line, (size_t)(end - line)))
			return;
		begin = end + 1;
	}
}

/* ---- what it does not list yet ---- */

static void put_stretch(void *ctx, const struct tsstretch *s)
{
	struct list *l = ctx;
	char lines[160];
	int64_t ms = (s->end_90k - s->begin_90k + 45) / 90;
	if (s->apart)
		put_text(l, "#EXT-X-DISCONTINUITY\n");
	snprintf(lines, sizeof(lines), "#EXTINF:%" PRId64 ".%03d,\n#EXT-X-BYTERANGE:%" PRIu64 "@%" PRIu64 "\n",
		 ms / 1000, (int)(ms % 1000), s->end - s->begin, s->begin);
	put_text(l, lines);
	put_escaped(l, l->file);
	put_text(l, "\n");
}

/* What the file has from l->end on; it goes on, if it does, at next_90k. */
static void add_rest(struct list *l, int64_t next_90k)
{
	int fd = beneath_open(l->folder, l->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return;
	const struct tsstretch_config config = {
		.from = l->end,
		.to = l->file_bytes,
		.least_90k = (int64_t)(l->target_s - 1) * 90000,
		.most_90k = (int64_t)l->target_s * 90000,
		.expected_90k = next_90k,
		.hole_90k = HOLE_90K,
	};
	tsstretch_find(fd, &config, put_stretch, l);
	close(fd);
}

static int64_t listed_until_90k(const struct list *l)
{
	int64_t first_90k = TSSTRETCH_UNKNOWN;
	int fd = beneath_open(l->folder, l->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd >= 0)
		first_90k = tsstretch_first(fd, l->begin, l->end);
	if (fd >= 0)
		close(fd);
	return first_90k != TSSTRETCH_UNKNOWN ? first_90k + l->ms * 90 : TSSTRETCH_UNKNOWN;
}

/* The file after this one, which is only there when there was time to begin it. */
static bool to_next_file(struct list *l)
{
	size_t stem = strlen(l->file) - strlen(tsr_container_ending(TSR_CONTAINER_TS));
	char next[NAME_MAX + 1];
	if (!stem_next(l->file, stem, next, sizeof(next)))
		return false;
	size_t length = strlen(next);
	snprintf(next + length, sizeof(next) - length, "%s", tsr_container_running(TSR_CONTAINER_TS));
	l->running |= size_of(l->folder, next) > 0;
	snprintf(next + length, sizeof(next) - length, "%s", tsr_container_ending(TSR_CONTAINER_TS));
	l->file_bytes = size_of(l->folder, next);
	snprintf(l->file, sizeof(l->file), "%s", next);
	l->begin = l->end = 0;
	return l->file_bytes > 0;
}

static void add_what_is_missing(struct list *l)
{
	if (l->file[0] == '\0' || l->target_s <= 0)
		return;
	int64_t next_90k = listed_until_90k(l);
	do {
		if (l->file_bytes > l->end)
			add_rest(l, next_90k);
		next_90k = TSSTRETCH_UNKNOWN; /* where a file ends was not listed: it goes on as it does */
	} while (!l->running && to_next_file(l));
}

/* ---- a playlist ---- */

static bool ends_with(const char *name, const char *suffix)
{
	size_t size = strlen(name), suffix_size = strlen(suffix);
	return size > suffix_size && strcmp(name + size - suffix_size, suffix) == 0;
}

bool recover_is_playlist(const char *base)
{
	return ends_with(base, SUFFIX_PLAYLIST) && !ends_with(base, SUFFIX_MASTER);
}

#define HEAD "#EXTM3U\n" PLAYLIST_MARK "\n"

bool recover_is_our_playlist(int folder, const char *base)
{
	char head[sizeof(HEAD)] = "";
	int fd = beneath_open(folder, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	ssize_t n = fd >= 0 ? pread(fd, head, strlen(HEAD), 0) : -1;
	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(HEAD) && strcmp(head, HEAD) == 0;
}

static tsr_error end_list(int folder, const char *base, const char *name, char *text, unsigned mode)
{
	if (strncmp(text, HEAD, strlen(HEAD)) != 0 || ends_with(text, "\n" PLAYLIST_END))
		return TSR_OK;
	struct list l = {.folder = folder, .text = text};
	take_segments(&l);
	add_what_is_missing(&l);
	put_text(&l, PLAYLIST_END);
	tsr_error err = l.failed ? TSR_E_NOMEM : TSR_OK;
	if (l.file[0] == '\0' && !l.running) { /* after a loss of power: it lists nothing that there is */
		(void)unlinkat(folder, base, 0);
	} else if (err == TSR_OK && !l.running) {
		err = textfile_replace(folder, base, l.out, l.size, mode);
		if (err == TSR_OK)
			log_line(TSR_LOG_INFO, NULL, "ended: the playlist %s", name);
	}
	free(l.out);
	return err;
}

tsr_error recover_playlist(int folder, const char *base, const char *name)
{
	struct stat st;
	int fd = beneath_open(folder, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP ? TSR_OK : tsr_error_from_errno(errno);
	tsr_error err = TSR_OK;
	char *text = NULL;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_BYTES || flock(fd, LOCK_EX | LOCK_NB) != 0)
		goto out;
	text = calloc(1, (size_t)st.st_size + 1);
	if (text == NULL)
		err = TSR_E_NOMEM;
	else if (pread(fd, text, (size_t)st.st_size, 0) != st.st_size)
		err = TSR_E_IO;
	else
		err = end_list(folder, base, name, text, st.st_mode & 0777);
out:
	free(text);
	close(fd);
	return err;
}

void recover_playlist_of(int folder, const char *base, size_t size)
{
	for (unsigned i = 0; i < 2; i++) {
		char list[NAME_MAX + 1];
		size_t stem = i == 0 ? size : stem_without_number(base, size);
		if (stem == 0 || (i == 1 && stem == size))
			continue;
		snprintf(list, sizeof(list), "%.*s%s", (int)stem, base, SUFFIX_PLAYLIST);
		tsr_error err = recover_playlist(folder, list, list);
		if (err != TSR_OK)
			log_line(TSR_LOG_WARNING, NULL, "not recovered: %s: %s", list, tsr_strerror(err));
	}
}
