/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recovery of MP4: what is behind the last whole fragment is cut off, the moov is made of the fragments that are there, and synced, and then the
 * placeholder becomes the head of the mdat: as at the end of a recording that nothing happened to. A kill in between leaves a file that plays, and
 * of which the next run makes the same. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "durable.h"
#include "mp4scan.h"
#include "recover_format.h"

struct state {
	struct mp4scan scan;
	int fd;
	uint64_t at; /* where the next part of the moov belongs */
};

static ssize_t read_file(void *ctx, void *data, size_t size, uint64_t offset)
{
	const struct state *s = ctx;
	return recover_read(s->fd, data, size, offset);
}

static void clear(void *state)
{
	struct state *s = state;
	mp4scan_finish(&s->scan);
}

static int scan_file(void *state, int fd, struct recover_found *found)
{
	struct state *s = state;
	memset(s, 0, sizeof(*s));
	s->scan.file.read = read_file;
	s->scan.file.ctx = s;
	s->fd = fd;
	*found = (struct recover_found){0};
	if (mp4scan_run(&s->scan) != 0)
		return -1;
	found->ours = s->scan.ours;
	found->complete = s->scan.complete;
	found->bytes = s->scan.complete ? s->scan.end : s->scan.whole;
	for (unsigned i = 0; i < LIMIT_TRACKS; i++) {
		const struct mp4_track *t = &s->scan.movie.track[i];
		if (t->samples > 0)
			found->track[found->tracks++] = (struct recover_track){.id = i + 1,
									       .codec = t->codec,
									       .frames = t->samples,
									       .first_pts_90k = s->scan.first_90k[i],
									       .last_pts_90k = s->scan.last_90k[i]};
	}
	return 0;
}

static tsr_error write_part(void *ctx, const uint8_t *data, size_t size)
{
	struct state *s = ctx;
	if (recover_write(s->fd, data, size, s->at) != 0)
		return tsr_error_from_errno(errno);
	s->at += size;
	return TSR_OK;
}

/* The placeholder as it was: of a file that cannot be finished. */
static int put_placeholder(const struct state *s)
{
	uint8_t bytes[MP4_INIT_AT];
	struct buf out = {.data = bytes, .alloc = sizeof(bytes), .cap = sizeof(bytes)};
	struct box_writer w = {.out = &out};
	mp4_write_ftyp(&w);
	return recover_write(s->fd, bytes + MP4_FTYP_BYTES, MP4_PLACEHOLDER_BYTES, MP4_FTYP_BYTES);
}

static int complete(void *state, int fd, struct recover_found *found)
{
	struct state *s = state;
	uint64_t cut = s->scan.whole;
	uint8_t head[MP4_PLACEHOLDER_BYTES];
	if (s->scan.complete)
		return 0;
	if (ftruncate(fd, (off_t)cut) != 0)
		return -1;
	s->at = cut;
	errno = 0;
	tsr_error err = mp4_write_moov(&s->scan.movie, write_part, s);
	if (err == TSR_E_NOSPACE || err == TSR_E_LIMIT) { /* it stays a file of fragments */
		found->bytes = cut;
		return ftruncate(fd, (off_t)cut) != 0 ? -1 : put_placeholder(s);
	}
	if (err != TSR_OK) {
		errno = errno != 0 ? errno : ENOMEM;
		return -1;
	}
	if (durable_file(fd) != 0)
		return -1;
	found->bytes = s->at;
	mp4_mdat_head(cut, head);
	return recover_write(fd, head, sizeof(head), MP4_FTYP_BYTES);
}

const struct recover_format recover_mp4 = {
	.state_size = sizeof(struct state),
	.scan = scan_file,
	.complete = complete,
	.clear = clear,
};
