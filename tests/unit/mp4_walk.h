/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A look at MP4 files by ISO 14496-12, and by nothing of the writer's: boxes fill what they are in, each has what the standard wants, and the samples are
 * those that its tables, or its fragments, say. Whatever is wrong fails the test. */
#ifndef TSR_TESTS_MP4_WALK_H
#define TSR_TESTS_MP4_WALK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../lib/cmocka.h"

#define WALK_TRACKS  4
#define WALK_SAMPLES 12000

struct walk_sample {
	uint64_t at, dts;
	uint32_t size, duration;
	int32_t offset;
	bool key;
};

struct walk_track {
	uint32_t id, timescale;
	char handler[5], entry[5];
	uint64_t duration, media_duration;
	unsigned edits;
	int64_t edit_time[2];
	uint64_t edit_duration[2];
	int16_t roll;
	uint32_t rolled;
	uint32_t matrix[9];
	uint32_t default_flags;
	unsigned samples;
	struct walk_sample sample[WALK_SAMPLES];
};

struct walk {
	const uint8_t *file;
	uint64_t size;
	uint64_t duration, creation;
	unsigned tracks, moovs, moofs;
	uint64_t fragment_at[4096], fragment_end[4096];
	struct walk_track track[WALK_TRACKS];
};

static inline uint32_t w32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t w64(const uint8_t *p)
{
	return (uint64_t)w32(p) << 32 | w32(p + 4);
}

struct walk_box {
	char type[5];
	const uint8_t *at, *data, *end; /* its beginning, its content, behind it */
};

/* The next box up to `end`; fails when there is part of one. */
static inline bool walk_next(const uint8_t **at, const uint8_t *end, struct walk_box *b)
{
	if (*at == end)
		return false;
	if (end - *at < 8)
		fail_msg("%d bytes that are no box", (int)(end - *at));
	uint64_t size = w32(*at), head = 8;
	memcpy(b->type, *at + 4, 4);
	b->type[4] = '\0';
	if (size == 1) {
		assert_true(end - *at >= 16);
		size = w64(*at + 8);
		head = 16;
	}
	if (size < head || size > (uint64_t)(end - *at))
		fail_msg("box %s of %" PRIu64 " bytes in %d", b->type, size, (int)(end - *at));
	b->at = *at;
	b->data = *at + head;
	b->end = *at + size;
	*at = b->end;
	return true;
}

/* The only box of that type there. */
static inline bool walk_find(const uint8_t *at, const uint8_t *end, const char *type, struct walk_box *out)
{
	struct walk_box b;
	unsigned count = 0;
	while (walk_next(&at, end, &b))
		if (strcmp(b.type, type) == 0) {
			*out = b;
			count++;
		}
	assert_true(count <= 1);
	return count == 1;
}

static inline struct walk_box walk_need(const struct walk_box *in, const char *type)
{
	struct walk_box b;
	if (!walk_find(in->data, in->end, type, &b))
		fail_msg("no %s in %s", type, in->type);
	return b;
}

/* A table: entries of `width` bytes behind a count, which fill it. */
static inline uint32_t walk_table(const struct walk_box *b, unsigned before, unsigned width, const uint8_t **entries)
{
	uint32_t count = w32(b->data + 4 + before);
	*entries = b->data + 8 + before;
	assert_int_equal((uint64_t)(b->end - *entries), (uint64_t)count * width);
	return count;
}

static inline void walk_times(const struct walk_box *stbl, struct walk_track *t)
{
	const uint8_t *e;
	struct walk_box b = walk_need(stbl, "stts");
	uint64_t dts = 0;
	unsigned n = 0;
	for (uint32_t left = walk_table(&b, 0, 8, &e); left > 0; left--, e += 8)
		for (uint32_t i = 0; i < w32(e); i++, dts += w32(e + 4)) {
			assert_true(n < t->samples);
			t->sample[n].dts = dts;
			t->sample[n++].duration = w32(e + 4);
		}
	assert_int_equal(n, t->samples);
	assert_int_equal(dts, t->media_duration);
	if (!walk_find(stbl->data, stbl->end, "ctts", &b))
		return;
	assert_int_equal(b.data[0], 1); /* signed */
	n = 0;
	for (uint32_t left = walk_table(&b, 0, 8, &e); left > 0; left--, e += 8)
		for (uint32_t i = 0; i < w32(e); i++) {
			assert_true(n < t->samples);
			t->sample[n++].offset = (int32_t)w32(e + 4);
		}
	assert_int_equal(n, t->samples);
}

static inline void walk_places(struct walk *w, const struct walk_box *stbl, struct walk_track *t)
{
	const uint8_t *e, *places;
	struct walk_box stsc = walk_need(stbl, "stsc"), co;
	bool large = walk_find(stbl->data, stbl->end, "co64", &co);
	if (!large)
		co = walk_need(stbl, "stco");
	uint32_t chunks = walk_table(&co, 0, large ? 8 : 4, &places), runs = walk_table(&stsc, 0, 12, &e), n = 0;
	for (uint32_t run = 0; run < runs; run++, e += 12) {
		uint32_t first = w32(e), next = run + 1 < runs ? w32(e + 12) : chunks + 1;
		assert_true(first >= 1 && next > first && next <= chunks + 1);
		assert_int_equal(run == 0 ? first : 1, 1);
		assert_int_equal(w32(e + 8), 1);
		for (uint32_t chunk = first; chunk < next; chunk++) {
			uint64_t at =
				large ? w64(places + 8 * (size_t)(chunk - 1)) : w32(places + 4 * (size_t)(chunk - 1));
			for (uint32_t i = 0; i < w32(e + 4); i++) {
				assert_true(n < t->samples);
				t->sample[n].at = at;
				at += t->sample[n++].size;
				assert_true(at <= w->size);
			}
		}
	}
	assert_int_equal(n, t->samples);
}

static inline void walk_stbl(struct walk *w, const struct walk_box *stbl, struct walk_track *t)
{
	const uint8_t *e;
	struct walk_box stsd = walk_need(stbl, "stsd"), stsz = walk_need(stbl, "stsz"), b;
	assert_int_equal(w32(stsd.data + 4), 1);
	memcpy(t->entry, stsd.data + 12, 4);
	assert_int_equal(w32(stsd.data + 8), stsd.end - stsd.data - 8);
	assert_int_equal(w32(stsz.data + 4), 0);
	t->samples = walk_table(&stsz, 4, 4, &e);
	assert_true(t->samples <= WALK_SAMPLES);
	for (unsigned i = 0; i < t->samples; i++, e += 4)
		t->sample[i].size = w32(e);
	walk_times(stbl, t);
	walk_places(w, stbl, t);
	bool some = walk_find(stbl->data, stbl->end, "stss", &b);
	for (unsigned i = 0; i < t->samples; i++)
		t->sample[i].key = !some;
	for (uint32_t left = some ? walk_table(&b, 0, 4, &e) : 0; left > 0; left--, e += 4) {
		assert_true(w32(e) >= 1 && w32(e) <= t->samples);
		t->sample[w32(e) - 1].key = true;
	}
	if (walk_find(stbl->data, stbl->end, "sgpd", &b)) {
		assert_memory_equal(b.data + 4, "roll", 4);
		assert_int_equal(w32(b.data + 8), 2);
		t->roll = (int16_t)(b.data[16] << 8 | b.data[17]);
		b = walk_need(stbl, "sbgp");
		assert_int_equal(walk_table(&b, 4, 8, &e), 1);
		t->rolled = w32(e);
	}
}

static inline void walk_trak(struct walk *w, const struct walk_box *trak, struct walk_track *t)
{
	const uint8_t *e;
	struct walk_box tkhd = walk_need(trak, "tkhd"), mdia = walk_need(trak, "mdia"), mdhd = walk_need(&mdia, "mdhd"),
			hdlr = walk_need(&mdia, "hdlr"), minf = walk_need(&mdia, "minf"), edts;
	assert_int_equal(tkhd.end - tkhd.data, 104 - 8);
	t->id = w32(tkhd.data + 20);
	t->duration = w64(tkhd.data + 28);
	for (unsigned i = 0; i < 9; i++)
		t->matrix[i] = w32(tkhd.data + 52 + 4 * i);
	assert_int_equal(mdhd.end - mdhd.data, 36);
	t->timescale = w32(mdhd.data + 20);
	t->media_duration = w64(mdhd.data + 24);
	memcpy(t->handler, hdlr.data + 8, 4);
	assert_int_equal(hdlr.end[-1], 0);
	(void)walk_need(&minf, strcmp(t->handler, "vide") == 0 ? "vmhd" : "smhd");
	struct walk_box dinf = walk_need(&minf, "dinf"), dref = walk_need(&dinf, "dref");
	assert_int_equal(w32(dref.data + 4), 1);
	if (walk_find(trak->data, trak->end, "edts", &edts)) {
		struct walk_box elst = walk_need(&edts, "elst");
		t->edits = walk_table(&elst, 0, 20, &e);
		assert_true(t->edits >= 1 && t->edits <= 2);
		for (unsigned i = 0; i < t->edits; i++, e += 20) {
			t->edit_duration[i] = w64(e);
			t->edit_time[i] = (int64_t)w64(e + 8);
		}
	}
	struct walk_box stbl = walk_need(&minf, "stbl");
	walk_stbl(w, &stbl, t);
}

static inline struct walk_track *walk_track_of(struct walk *w, uint32_t id)
{
	for (unsigned i = 0; i < w->tracks; i++)
		if (w->track[i].id == id)
			return &w->track[i];
	fail_msg("no track %u", id);
	return NULL;
}

static inline void walk_moov(struct walk *w, const struct walk_box *moov)
{
	const uint8_t *at = moov->data;
	struct walk_box mvhd = walk_need(moov, "mvhd"), b;
	assert_int_equal(mvhd.end - mvhd.data, 112);
	assert_int_equal(w32(mvhd.data + 20), 90000);
	w->creation = w64(mvhd.data + 4);
	w->duration = w64(mvhd.data + 24);
	while (walk_next(&at, moov->end, &b))
		if (strcmp(b.type, "trak") == 0) {
			assert_true(w->tracks < WALK_TRACKS);
			walk_trak(w, &b, &w->track[w->tracks++]);
		}
	if (walk_find(moov->data, moov->end, "mvex", &b)) {
		struct walk_box trex;
		at = b.data;
		while (walk_next(&at, b.end, &trex))
			walk_track_of(w, w32(trex.data + 4))->default_flags = w32(trex.data + 20);
	}
	w->moovs++;
}

static inline void walk_traf(struct walk *w, const struct walk_box *moof, const struct walk_box *traf)
{
	struct walk_box tfhd = walk_need(traf, "tfhd"), tfdt = walk_need(traf, "tfdt"), trun = walk_need(traf, "trun");
	assert_int_equal(w32(tfhd.data), 0x020000); /* default-base-is-moof */
	assert_int_equal(tfdt.data[0], 1);
	struct walk_track *t = walk_track_of(w, w32(tfhd.data + 4));
	uint64_t dts = w64(tfdt.data + 4);
	uint32_t fields = w32(trun.data) & 0xffffff, count = w32(trun.data + 4);
	assert_int_equal(trun.data[0], 1);
	assert_int_equal(fields & ~0xf00u, 1);
	const uint8_t *e = trun.data + 12, *data = moof->at + w32(trun.data + 8);
	if (t->samples > 0) {
		const struct walk_sample *last = &t->sample[t->samples - 1];
		assert_true(dts > last->dts);
	}
	for (uint32_t i = 0; i < count; i++) {
		assert_true(t->samples < WALK_SAMPLES);
		struct walk_sample *s = &t->sample[t->samples++];
		uint32_t flags = t->default_flags;
		*s = (struct walk_sample){.at = (uint64_t)(data - w->file), .dts = dts};
		if (fields & 0x100)
			s->duration = w32(e), e += 4;
		if (fields & 0x200)
			s->size = w32(e), e += 4;
		if (fields & 0x400)
			flags = w32(e), e += 4;
		if (fields & 0x800)
			s->offset = (int32_t)w32(e), e += 4;
		s->key = (flags & 0x10000) == 0;
		assert_int_equal(flags >> 24 & 3, s->key ? 2 : 1); /* sample_depends_on */
		data += s->size;
		dts += s->duration;
		assert_true(data <= w->file + w->size);
	}
	assert_true(e == trun.end);
}

/* The file as it says it is: a running one by its fragments, a finished one by its tables. Freed by the caller. */
static inline struct walk *walk_file(const uint8_t *file, uint64_t size, bool finished)
{
	struct walk *w = calloc(1, sizeof(*w));
	struct walk_box b, moof = {0}, traf;
	const uint8_t *at = file;
	w->file = file;
	w->size = size;
	for (unsigned n = 0; walk_next(&at, file + size, &b); n++) {
		assert_int_equal(n == 0, strcmp(b.type, "ftyp") == 0);
		if (strcmp(b.type, "moov") == 0) {
			walk_moov(w, &b);
		} else if (strcmp(b.type, "moof") == 0) {
			assert_true(!finished && w->moovs == 1);
			struct walk_box mfhd = walk_need(&b, "mfhd");
			assert_int_equal(w32(mfhd.data + 4), ++w->moofs);
			const uint8_t *in = b.data;
			moof = b;
			while (walk_next(&in, b.end, &traf))
				if (strcmp(traf.type, "traf") == 0)
					walk_traf(w, &b, &traf);
			w->fragment_at[w->moofs - 1] = (uint64_t)(b.at - file);
		} else if (strcmp(b.type, "mdat") == 0 && !finished) {
			assert_true(b.at == moof.end);
			w->fragment_end[w->moofs - 1] = (uint64_t)(b.end - file);
		}
	}
	assert_int_equal(w->moovs, 1);
	return w;
}

#endif
