/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of the scanner of MP4 files: the input is the file. Whatever it is, what is whole lies within it; and when it is completed as
 * recovery does it, a second look finds it complete, with the same frames. */
#include <stdlib.h>
#include <string.h>

#include "recorder/sink/mp4scan.h"

#include "targets.h"

struct file {
	const uint8_t *data;
	size_t size;
};

static ssize_t read_file(void *ctx, void *data, size_t size, uint64_t offset)
{
	const struct file *f = ctx;
	if (offset >= f->size)
		return 0;
	size_t part = size < f->size - offset ? size : f->size - (size_t)offset;
	memcpy(data, f->data + offset, part);
	return (ssize_t)part;
}

static struct mp4scan *scan(struct file *f)
{
	struct mp4scan *s = calloc(1, sizeof(*s));
	FUZZ_ASSERT(s != NULL);
	s->file.read = read_file;
	s->file.ctx = f;
	FUZZ_ASSERT(mp4scan_run(s) == 0);
	FUZZ_ASSERT(s->end == f->size && s->whole <= s->end && (!s->complete || (s->sealed && s->whole < s->end)));
	return s;
}

static uint64_t frames(const struct mp4scan *s)
{
	uint64_t count = 0;
	for (unsigned i = 0; i < LIMIT_TRACKS; i++)
		count += s->movie.track[i].samples;
	return count;
}

static tsr_error append(void *ctx, const uint8_t *data, size_t size)
{
	return buf_append(ctx, data, size);
}

static void complete(const struct mp4scan *s, struct buf *out)
{
	uint8_t head[MP4_PLACEHOLDER_BYTES];
	FUZZ_ASSERT(mp4_write_moov(&s->movie, append, out) == TSR_OK);
	FUZZ_ASSERT(box_get_u32(out->data + s->whole) == out->len - s->whole);
	mp4_mdat_head(s->whole, head);
	memcpy(out->data + MP4_FTYP_BYTES, head, sizeof(head));
}

void fuzz_mp4scan(const uint8_t *data, size_t size)
{
	struct file f = {data, size};
	struct mp4scan *s = scan(&f);
	FUZZ_ASSERT((s->whole > 0) == (frames(s) > 0));
	if (s->ours && s->begun && s->whole > 0) {
		struct buf out;
		buf_init(&out, SIZE_MAX / 2);
		FUZZ_ASSERT(buf_append(&out, data, (size_t)s->whole) == TSR_OK);
		complete(s, &out);
		struct file completed = {out.data, out.len};
		struct mp4scan *again = scan(&completed);
		FUZZ_ASSERT(again->ours && again->complete && again->whole == s->whole && frames(again) == frames(s));
		mp4scan_finish(again);
		free(again);
		buf_finish(&out);
	}
	mp4scan_finish(s);
	free(s);
}
