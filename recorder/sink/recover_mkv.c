/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recovery of Matroska and WebM: what is behind the last whole block is cut off, the Cues are made of the blocks that are there, and
 * synced, and then the head is completed in place: as at the end of a recording that nothing happened to. A kill in between leaves a file that
 * plays, and of which the next run makes the same. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "durable.h"
#include "mkvscan.h"
#include "recover_format.h"

struct state {
	struct mkvscan scan;
	int fd;
};

static ssize_t read_file(void *ctx, void *data, size_t size, uint64_t offset)
{
	const struct state *s = ctx;
	return recover_read(s->fd, data, size, offset);
}

static void clear(void *state)
{
	struct state *s = state;
	mkvscan_finish(&s->scan);
}

static int scan_file(void *state, int fd, struct recover_found *found)
{
	struct state *s = state;
	memset(s, 0, sizeof(*s));
	s->scan.file.read = read_file;
	s->scan.file.ctx = s;
	s->fd = fd;
	*found = (struct recover_found){0};
	if (mkvscan_run(&s->scan) != 0)
		return -1;
	found->ours = s->scan.ours;
	found->complete = s->scan.complete;
	found->bytes = s->scan.complete ? s->scan.end : s->scan.whole;
	for (unsigned i = 0; i < s->scan.tracks; i++) {
		const struct mkvscan_track *t = &s->scan.track[i];
		if (t->frames == 0)
			continue;
		found->track[found->tracks++] = (struct recover_track){.id = t->number,
								       .codec = t->codec,
								       .frames = t->frames,
								       .first_pts_90k = t->first_ms * 90,
								       .last_pts_90k = t->last_ms * 90};
	}
	if (found->tracks == 0)
		found->bytes = 0;
	return 0;
}

/* Appends the Cues at `at`; *end is behind them. A full disk does without. 0, or -1 and errno. */
static int append_cues(const struct state *s, uint64_t at, uint64_t *end)
{
	struct buf out;
	buf_init(&out, matroska_index_bytes(&s->scan.index));
	tsr_error err = s->scan.index.count > 0 ? matroska_index_write(&s->scan.index, &out) : TSR_OK;
	size_t size = err == TSR_OK ? out.len : 0;
	int failed = recover_write(s->fd, out.data, size, at);
	buf_finish(&out);
	if (failed != 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)) {
		size = 0;
		failed = ftruncate(s->fd, (off_t)at);
	}
	*end = at + size;
	return failed;
}

static int complete(void *state, int fd, struct recover_found *found)
{
	struct state *s = state;
	uint8_t bytes[MATROSKA_HEAD_BYTES];
	struct buf out = {.data = bytes, .alloc = sizeof(bytes), .cap = sizeof(bytes)};
	uint64_t cut = s->scan.whole, end;
	if (s->scan.complete)
		return 0;
	if (ftruncate(fd, (off_t)cut) != 0 || append_cues(s, cut, &end) != 0 || durable_file(fd) != 0)
		return -1;
	const struct matroska_head head = {.info_size = s->scan.info_size,
					   .complete = true,
					   .cues_at = end > cut ? cut - s->scan.segment_at : 0,
					   .duration_ms = mkvscan_duration_ms(&s->scan)};
	found->bytes = end;
	if (matroska_head_write(&head, &out) != TSR_OK) {
		errno = ENOMEM;
		return -1;
	}
	return recover_write(fd, bytes, sizeof(bytes), s->scan.segment_at);
}

const struct recover_format recover_mkv = {
	.state_size = sizeof(struct state),
	.scan = scan_file,
	.complete = complete,
	.clear = clear,
};
