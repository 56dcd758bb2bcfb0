/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The index of an MP4 file, and the tables that are made of it at its end (ISO 14496-12 section 8.6 and 8.7). */
#include <stdlib.h>

#include "mp4.h"

#define BLOCK_NUMBERS 1022
#define KEY           0x80000000u
/* What is gathered before it goes out. */
#define PART_BYTES        (16 * 1024)
#define NUMBERS_PER_CHUNK 3

struct mp4_block {
	struct mp4_block *next;
	uint32_t number[BLOCK_NUMBERS];
};

/* ---- lists ---- */

static tsr_error add(struct mp4_list *l, uint32_t number)
{
	size_t at = l->count % BLOCK_NUMBERS;
	if (at == 0) {
		struct mp4_block *b = malloc(sizeof(*b));
		if (b == NULL)
			return TSR_E_NOMEM;
		b->next = NULL;
		*(l->last != NULL ? &l->last->next : &l->first) = b;
		l->last = b;
	}
	l->last->number[at] = number;
	l->count++;
	return TSR_OK;
}

static void list_finish(struct mp4_list *l)
{
	for (struct mp4_block *b = l->first, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	*l = (struct mp4_list){0};
}

/* Where one reads in a list. */
struct cursor {
	const struct mp4_block *block;
	size_t at, left;
};

static struct cursor cursor_of(const struct mp4_list *l)
{
	return (struct cursor){.block = l->first, .left = l->count};
}

static bool next(struct cursor *c, uint32_t *out)
{
	if (c->left == 0)
		return false;
	*out = c->block->number[c->at++];
	c->left--;
	if (c->at == BLOCK_NUMBERS) {
		c->block = c->block->next;
		c->at = 0;
	}
	return true;
}

/* ---- the index ---- */

void mp4_track_finish(struct mp4_track *t)
{
	buf_finish(&t->entry);
	buf_finish(&t->sets);
	list_finish(&t->sizes);
	list_finish(&t->deltas);
	list_finish(&t->offsets);
	list_finish(&t->chunks);
	*t = (struct mp4_track){0};
}

static tsr_error add_offset(struct mp4_track *t, int32_t offset)
{
	tsr_error err = TSR_OK;
	if (offset == 0 && t->offsets.count == 0)
		return TSR_OK;
	while (err == TSR_OK && t->offsets.count < t->samples)
		err = add(&t->offsets, 0);
	return err == TSR_OK ? add(&t->offsets, (uint32_t)offset) : err;
}

tsr_error mp4_track_add(struct mp4_track *t, const struct mp4_sample *s)
{
	int64_t delta = s->dts - t->last_dts;
	if (s->size >= KEY || t->samples == UINT32_MAX || (t->samples > 0 && (delta < 0 || delta > UINT32_MAX)))
		return TSR_E_LIMIT;
	tsr_error err = t->samples > 0 ? add(&t->deltas, (uint32_t)delta) : TSR_OK;
	if (err == TSR_OK)
		err = add_offset(t, s->offset);
	if (err == TSR_OK)
		err = add(&t->sizes, s->size | (s->key ? KEY : 0));
	if (err != TSR_OK)
		return err;
	if (t->samples++ == 0) {
		t->first_dts = s->dts;
		t->first_offset = s->offset;
	}
	t->changes |= !s->plain;
	t->keys += s->key;
	t->last_dts = s->dts;
	t->last_duration = s->duration;
	int64_t end = s->dts + s->offset + s->duration;
	t->end = end > t->end ? end : t->end;
	return TSR_OK;
}

tsr_error mp4_track_add_chunk(struct mp4_track *t, uint64_t position, uint32_t count)
{
	tsr_error err = add(&t->chunks, (uint32_t)(position >> 32));
	if (err == TSR_OK)
		err = add(&t->chunks, (uint32_t)position);
	return err == TSR_OK ? add(&t->chunks, count) : err;
}

bool mp4_track_is_plain(const struct mp4_track *t)
{
	return !t->changes && t->keys > 0;
}

/* ---- times ---- */

static int64_t in_movie(const struct mp4_track *t, int64_t time)
{
	return (time * MP4_MOVIE_TIMESCALE + t->timescale / 2) / t->timescale;
}

int64_t mp4_track_begin(const struct mp4_track *t)
{
	return in_movie(t, t->first_dts + t->first_offset + t->skip);
}

int64_t mp4_track_end(const struct mp4_track *t)
{
	return in_movie(t, t->end);
}

/* ---- tables ---- */

struct tables {
	uint32_t stts, ctts, stsc, chunks; /* entries */
	bool has_stss, large;
	uint64_t bytes;
};

/* What goes out. */
struct output {
	struct box_writer w;
	struct buf buf;
	mp4_emit emit;
	void *ctx;
};

static void send(struct output *o, bool all)
{
	if (o->w.error != TSR_OK || (!all && o->buf.len < PART_BYTES))
		return;
	o->w.error = o->emit(o->ctx, o->buf.data, o->buf.len);
	buf_clear(&o->buf);
}

static void put(struct output *o, uint32_t number)
{
	box_u32(&o->w, number);
	send(o, false);
}

/* Of deltas and offsets: how often each comes in a row. Without an output they are counted. `last` comes behind them. */
static uint32_t runs(const struct mp4_list *list, const uint32_t *last, struct output *o)
{
	struct cursor c = cursor_of(list);
	uint32_t count = 0, length = 0, value = 0, number = 0;
	for (bool more = true; more;) {
		bool got = next(&c, &number);
		if (!got && last != NULL) {
			number = *last;
			last = NULL;
			got = true;
		}
		more = got;
		if (got && length > 0 && number == value) {
			length++;
			continue;
		}
		if (length > 0 && o != NULL) {
			put(o, length);
			put(o, value);
		}
		count += length > 0;
		value = number;
		length = 1;
	}
	return count;
}

/* Chunks with the same number of samples as the one before need no entry. */
static uint32_t chunk_runs(const struct mp4_track *t, struct output *o)
{
	struct cursor c = cursor_of(&t->chunks);
	uint32_t high, low, samples, before = 0, count = 0;
	for (uint32_t n = 1; next(&c, &high) && next(&c, &low) && next(&c, &samples); n++) {
		if (samples == before)
			continue;
		before = samples;
		count++;
		if (o != NULL) {
			put(o, n);
			put(o, samples);
			put(o, 1);
		}
	}
	return count;
}

/* Their positions; a chunk that begins with a keyframe, behind its parameter sets. */
static void put_positions(const struct mp4_track *t, bool large, struct output *o)
{
	struct cursor c = cursor_of(&t->chunks), sizes = cursor_of(&t->sizes);
	uint32_t high, low, samples, size = 0;
	bool plain = mp4_track_is_plain(t);
	while (next(&c, &high) && next(&c, &low) && next(&c, &samples)) {
		uint64_t position = (uint64_t)high << 32 | low;
		for (uint32_t i = 0; i < samples && next(&sizes, &size); i++)
			if (i == 0 && plain && (size & KEY) != 0)
				position += t->sets.len;
		if (large)
			put(o, (uint32_t)(position >> 32));
		put(o, (uint32_t)position);
	}
}

static void put_sizes(const struct mp4_track *t, struct output *o)
{
	struct cursor c = cursor_of(&t->sizes);
	uint32_t sets = mp4_track_is_plain(t) ? (uint32_t)t->sets.len : 0, size;
	while (next(&c, &size))
		put(o, (size & ~KEY) - ((size & KEY) != 0 ? sets : 0));
}

static void put_keys(const struct mp4_track *t, struct output *o)
{
	struct cursor c = cursor_of(&t->sizes);
	uint32_t size;
	for (uint32_t n = 1; next(&c, &size); n++)
		if ((size & KEY) != 0)
			put(o, n);
}

static struct tables measure(const struct mp4_track *t)
{
	uint32_t high, low, samples;
	struct cursor c = cursor_of(&t->chunks);
	struct tables m = {.chunks = (uint32_t)(t->chunks.count / NUMBERS_PER_CHUNK), .has_stss = t->keys < t->samples};
	while (next(&c, &high) && next(&c, &low) && next(&c, &samples))
		m.large |= high != 0 || low > UINT32_MAX - LIMIT_FRAME_BYTES;
	m.stts = runs(&t->deltas, &t->last_duration, NULL);
	m.ctts = t->offsets.count > 0 ? runs(&t->offsets, NULL, NULL) : 0;
	m.stsc = chunk_runs(t, NULL);
	m.bytes = 16 + (uint64_t)8 * m.stts + (m.ctts > 0 ? 16 + (uint64_t)8 * m.ctts : 0) +
		  (m.has_stss ? 16 + (uint64_t)4 * t->keys : 0) + 20 + (uint64_t)4 * t->samples + 16 +
		  (uint64_t)12 * m.stsc + 16 + (uint64_t)(m.large ? 8 : 4) * m.chunks;
	return m;
}

static void begin_table(struct output *o, const char *type, unsigned version, uint64_t bytes, uint32_t entries)
{
	size_t box = box_begin_full(&o->w, type, version, 0);
	box_u32(&o->w, entries);
	box_end_with(&o->w, box, bytes);
}

static void put_tables(const struct mp4_track *t, const struct tables *m, struct output *o)
{
	begin_table(o, "stts", 0, (uint64_t)8 * m->stts, m->stts);
	(void)runs(&t->deltas, &t->last_duration, o);
	if (m->ctts > 0) {
		begin_table(o, "ctts", 1, (uint64_t)8 * m->ctts, m->ctts); /* version 1: signed */
		(void)runs(&t->offsets, NULL, o);
	}
	if (m->has_stss) {
		begin_table(o, "stss", 0, (uint64_t)4 * t->keys, t->keys);
		put_keys(t, o);
	}
	begin_table(o, "stsz", 0, 4 + (uint64_t)4 * t->samples, 0); /* of sizes of their own */
	put(o, t->samples);
	put_sizes(t, o);
	begin_table(o, "stsc", 0, (uint64_t)12 * m->stsc, m->stsc);
	(void)chunk_runs(t, o);
	begin_table(o, m->large ? "co64" : "stco", 0, (uint64_t)(m->large ? 8 : 4) * m->chunks, m->chunks);
	put_positions(t, m->large, o);
}

/* ---- the moov ---- */

static void put_trak(const struct mp4_movie *movie, unsigned id, const struct tables *m, struct output *o)
{
	mp4_write_trak(movie, id, m->bytes, &o->w);
	put_tables(&movie->track[id], m, o);
}

static uint64_t duration_of(const struct mp4_movie *movie)
{
	int64_t first = INT64_MAX, end = 0;
	for (unsigned i = 0; i < LIMIT_TRACKS; i++) {
		const struct mp4_track *t = &movie->track[i];
		if (t->samples == 0)
			continue;
		first = mp4_track_begin(t) < first ? mp4_track_begin(t) : first;
		end = mp4_track_end(t) > end ? mp4_track_end(t) : end;
	}
	return end > first ? (uint64_t)(end - first) : 0;
}

/* How much all but the tables is. */
static uint64_t size_without_tables(const struct mp4_movie *movie, const struct tables *m, struct output *o)
{
	size_t size = BOX_HEAD_BYTES;
	mp4_write_mvhd(movie, 0, &o->w);
	for (unsigned i = 0; i < LIMIT_TRACKS; i++)
		if (movie->track[i].samples > 0)
			mp4_write_trak(movie, i, m[i].bytes, &o->w);
	size += o->buf.len + movie->udta.len;
	buf_clear(&o->buf);
	return size;
}

tsr_error mp4_write_moov(const struct mp4_movie *movie, mp4_emit emit, void *ctx)
{
	struct output o = {.emit = emit, .ctx = ctx};
	struct tables m[LIMIT_TRACKS] = {0};
	o.w.out = &o.buf;
	buf_init(&o.buf, SIZE_MAX / 2);
	uint64_t tables = 0;
	for (unsigned i = 0; i < LIMIT_TRACKS; i++) {
		if (movie->track[i].samples == 0)
			continue;
		m[i] = measure(&movie->track[i]);
		tables += m[i].bytes;
	}
	uint64_t size = size_without_tables(movie, m, &o) + tables;
	if (o.w.error == TSR_OK && size > UINT32_MAX)
		o.w.error = TSR_E_LIMIT;
	box_end_with(&o.w, box_begin(&o.w, "moov"), size - BOX_HEAD_BYTES);
	mp4_write_mvhd(movie, duration_of(movie), &o.w);
	for (unsigned i = 0; i < LIMIT_TRACKS; i++)
		if (movie->track[i].samples > 0)
			put_trak(movie, i, &m[i], &o);
	box_bytes(&o.w, movie->udta.data, movie->udta.len);
	send(&o, true);
	buf_finish(&o.buf);
	return o.w.error;
}
