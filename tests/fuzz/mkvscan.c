/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of the scanner of Matroska files: the input is the file. Whatever it is, what is whole lies within it; and when it is completed as
 * recovery does it, a second look finds it complete, with the same frames. */
#include <stdlib.h>
#include <string.h>

#include "recorder/sink/mkvscan.h"

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

static struct mkvscan *scan(struct file *f)
{
	struct mkvscan *s = calloc(1, sizeof(*s));
	FUZZ_ASSERT(s != NULL);
	s->file.read = read_file;
	s->file.ctx = f;
	FUZZ_ASSERT(mkvscan_run(s) == 0);
	FUZZ_ASSERT(s->end == f->size && s->whole <= s->end && s->tracks <= LIMIT_TRACKS);
	FUZZ_ASSERT(s->cues_at == 0 || (s->cues_at >= s->whole && s->cues_end <= s->end));
	return s;
}

static uint64_t frames(const struct mkvscan *s)
{
	uint64_t count = 0;
	for (unsigned i = 0; i < s->tracks; i++)
		count += s->track[i].frames;
	return count;
}

static void complete(const struct mkvscan *s, struct buf *out)
{
	struct matroska_head head = {
		.info_size = s->info_size, .complete = true, .duration_ms = mkvscan_duration_ms(s)};
	if (s->index.count > 0) {
		head.cues_at = s->whole - s->segment_at;
		FUZZ_ASSERT(matroska_index_write(&s->index, out) == TSR_OK);
		FUZZ_ASSERT(out->len - s->whole <= matroska_index_bytes(&s->index));
	}
	uint8_t bytes[MATROSKA_HEAD_BYTES];
	struct buf patch = {.data = bytes, .alloc = sizeof(bytes), .cap = sizeof(bytes)};
	FUZZ_ASSERT(matroska_head_write(&head, &patch) == TSR_OK && patch.len == sizeof(bytes));
	FUZZ_ASSERT(s->segment_at + sizeof(bytes) <= s->whole);
	memcpy(out->data + s->segment_at, bytes, sizeof(bytes));
}

void fuzz_mkvscan(const uint8_t *data, size_t size)
{
	struct file f = {data, size};
	struct mkvscan *s = scan(&f);
	if (s->ours && s->begun && s->whole > 0) {
		struct buf out;
		buf_init(&out, size + matroska_index_bytes(&s->index));
		FUZZ_ASSERT(buf_append(&out, data, (size_t)s->whole) == TSR_OK);
		complete(s, &out);
		struct file completed = {out.data, out.len};
		struct mkvscan *again = scan(&completed);
		FUZZ_ASSERT(again->ours && again->complete && again->whole == s->whole && frames(again) == frames(s));
		mkvscan_finish(again);
		free(again);
		buf_finish(&out);
	}
	mkvscan_finish(s);
	free(s);
}
