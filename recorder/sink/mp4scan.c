/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mp4scan.h"

#include <errno.h>
#include <string.h>

#include "../common/reader.h"

/* What a loss of power leaves in the place of bytes that were not written yet. No coded picture ends in so many zeroes. */
#define ZERO_BYTES 64
/* Of decoding times, so that what is made of them stays far from the edge: 23 years at 48 kHz. */
#define LATEST (UINT64_C(1) << 45)

#define TRUN_DATA_OFFSET 0x000001u
#define TRUN_DURATION    0x000100u
#define TRUN_SIZE        0x000200u
#define TRUN_FLAGS       0x000400u
#define TRUN_TIME_OFFSET 0x000800u
#define NON_SYNC         0x00010000u

static const uint8_t *look(struct mp4scan *s, uint64_t at, size_t size)
{
	return window_look(&s->file, at, size);
}

/* The size of the box at `at`, which is of that type and has the usual head; 0 when it is none (errno of a failed read, else 0). */
static uint32_t box_at(struct mp4scan *s, uint64_t at, const char *type)
{
	const uint8_t *head = look(s, at, BOX_HEAD_BYTES);
	uint32_t size = head != NULL && memcmp(head + 4, type, 4) == 0 ? box_get_u32(head) : 0;
	return size >= BOX_HEAD_BYTES && size <= s->end - at ? size : 0;
}

/* ---- the beginning ---- */

/* Whether these bytes of the file's beginning are as they should be, as far as there are any, or zeroes. */
static bool may_be(const uint8_t *data, const uint8_t *expected, size_t size)
{
	static const uint8_t zeroes[MP4_INIT_AT];
	return memcmp(data, expected, size) == 0 || memcmp(data, zeroes, size) == 0;
}

/* Whether it begins with the ftyp and the placeholder, or what became of that. False also when it is too short for that. */
static bool read_ftyp(struct mp4scan *s)
{
	uint8_t expected[MP4_INIT_AT];
	struct buf out = {.data = expected, .alloc = sizeof(expected), .cap = sizeof(expected)};
	struct box_writer w = {.out = &out};
	mp4_write_ftyp(&w);
	size_t size = s->end < MP4_INIT_AT ? (size_t)s->end : MP4_INIT_AT;
	const uint8_t *data = look(s, 0, size);
	if (data == NULL)
		return false;
	s->ours = may_be(data, expected, size);
	if (size < MP4_INIT_AT)
		return false;
	if (memcmp(data, expected, MP4_INIT_AT) == 0)
		return true;
	s->sealed = memcmp(data, expected, MP4_FTYP_BYTES) == 0 && box_get_u32(data + MP4_FTYP_BYTES) == 1 &&
		    memcmp(data + MP4_FTYP_BYTES + 4, "mdat", 4) == 0;
	return s->sealed;
}

/* 0, or -1 and errno. */
static int read_beginning(struct mp4scan *s)
{
	if (!read_ftyp(s))
		return errno != 0 ? -1 : 0;
	uint32_t moov = box_at(s, MP4_INIT_AT, "moov"), room = moov != 0 ? box_at(s, MP4_INIT_AT + moov, "free") : 0;
	const uint8_t *data = room != 0 && moov <= WINDOW_BYTES ? look(s, MP4_INIT_AT, moov) : NULL;
	if (data == NULL) {
		s->ours = !s->sealed;
		return errno != 0 ? -1 : 0;
	}
	s->media_at = (uint64_t)MP4_INIT_AT + moov + room;
	tsr_error err = mp4_read_init(&s->movie, data, moov);
	if (err == TSR_E_NOMEM) {
		errno = ENOMEM;
		return -1;
	}
	s->begun = err == TSR_OK;
	s->ours = s->begun || !s->sealed;
	return 0;
}

/* ---- a fragment ---- */

static size_t entry_bytes(uint32_t fields)
{
	return 4 * ((fields & TRUN_DURATION ? 1 : 0) + (fields & TRUN_SIZE ? 1 : 0) + (fields & TRUN_FLAGS ? 1 : 0) +
		    (fields & TRUN_TIME_OFFSET ? 1 : 0));
}

/* The sample at *entry, which goes on behind it. Its `dts` is that of the call; sound is of keyframes alone. */
static struct mp4_sample next_sample(const struct mp4scan_run *run, const uint8_t **entry, uint64_t dts)
{
	struct mp4_sample sample = {.dts = (int64_t)dts, .key = true, .plain = run->plain};
	const uint8_t *at = *entry;
	sample.duration = box_get_u32(at);
	sample.size = box_get_u32(at + 4);
	at += 8;
	if ((run->fields & TRUN_FLAGS) != 0) {
		sample.key = (box_get_u32(at) & NON_SYNC) == 0;
		at += 4;
	}
	if ((run->fields & TRUN_TIME_OFFSET) != 0)
		sample.offset = (int32_t)box_get_u32(at);
	*entry += entry_bytes(run->fields);
	return sample;
}

static bool is_known(const struct mp4scan *s, uint32_t id)
{
	return id >= 1 && id <= LIMIT_TRACKS && s->movie.track[id - 1].described;
}

static bool has_run(const struct mp4scan *s, unsigned id)
{
	for (unsigned i = 0; i < s->runs; i++)
		if (s->run[i].id == id)
			return true;
	return false;
}

/* As put_traf() of the writer makes it. A track whose description was lost with the power is passed over. */
static bool read_traf(struct mp4scan *s, const struct box *traf, uint64_t moof_at)
{
	struct box tfhd, tfdt, trun;
	const uint32_t needed = TRUN_DATA_OFFSET | TRUN_DURATION | TRUN_SIZE,
		       known = needed | TRUN_FLAGS | TRUN_TIME_OFFSET;
	if (!box_find(traf->data, traf->size, "tfhd", &tfhd) || tfhd.size < 8 ||
	    !box_find(traf->data, traf->size, "tfdt", &tfdt) || tfdt.size < 12 || tfdt.data[0] != 1 ||
	    !box_find(traf->data, traf->size, "trun", &trun) || trun.size < 12)
		return false;
	uint32_t id = box_get_u32(tfhd.data + 4);
	struct mp4scan_run run = {.id = id - 1,
				  .dts = box_get_u64(tfdt.data + 4),
				  .fields = box_get_u32(trun.data) & 0xffffff,
				  .count = box_get_u32(trun.data + 4),
				  .position = moof_at + box_get_u32(trun.data + 8),
				  .entry = trun.data + 12,
				  .plain = true};
	if ((run.fields & needed) != needed || (run.fields & ~known) != 0 || run.dts > LATEST || run.count == 0 ||
	    (trun.size - 12) / entry_bytes(run.fields) < run.count)
		return false;
	if (!is_known(s, id))
		return true;
	if (has_run(s, run.id))
		return false;
	s->run[s->runs++] = run;
	return true;
}

static bool read_moof(struct mp4scan *s, uint64_t at, size_t size)
{
	const uint8_t *data = s->moof + BOX_HEAD_BYTES;
	size_t left = size - BOX_HEAD_BYTES;
	struct box box;
	s->runs = 0;
	while (box_next(&data, &left, &box))
		if (box_is(&box, "traf") && !read_traf(s, &box, at))
			return false;
	return left == 0;
}

/* ---- its samples ---- */

static const uint8_t *peek(void *ctx, size_t at, size_t size)
{
	struct mp4scan *s = ctx;
	return size <= WINDOW_BYTES ? look(s, s->sample_at + at, size) : NULL;
}

static bool ends_in_zeroes(struct mp4scan *s, uint32_t size)
{
	static const uint8_t zeroes[ZERO_BYTES];
	if (size < ZERO_BYTES)
		return false;
	const uint8_t *tail = look(s, s->sample_at + size - ZERO_BYTES, ZERO_BYTES);
	return tail == NULL || memcmp(tail, zeroes, ZERO_BYTES) == 0;
}

/* Looks into each. False when one is not whole. */
static bool check_run(struct mp4scan *s, struct mp4scan_run *run, uint64_t data_at, uint64_t data_end)
{
	const struct mp4_track *t = &s->movie.track[run->id];
	const uint8_t *entry = run->entry;
	bool video = tsr_codec_is_video(t->codec);
	uint64_t dts = run->dts;
	s->sample_at = run->position;
	if (t->samples > 0 && (dts < (uint64_t)t->last_dts || dts - (uint64_t)t->last_dts > UINT32_MAX))
		return false;
	for (uint32_t i = 0; i < run->count; i++) {
		struct mp4_sample sample = next_sample(run, &entry, dts);
		if (s->sample_at < data_at || sample.size > data_end - s->sample_at || sample.size > INT32_MAX ||
		    (video && ends_in_zeroes(s, sample.size)))
			return false;
		bool plain = mp4_is_plain(t, peek, s, sample.size, sample.key) &&
			     (i == 0 || !sample.key || t->sets.len == 0);
		run->plain &= plain;
		s->sample_at += sample.size;
		dts += sample.duration;
	}
	return true;
}

static void note_time(struct mp4scan *s, const struct mp4scan_run *run, const struct mp4_sample *sample)
{
	const struct mp4_track *t = &s->movie.track[run->id];
	int64_t pts = sample->dts + sample->offset;
	int64_t time_90k = pts / t->timescale * 90000 + pts % t->timescale * 90000 / t->timescale;
	if (t->samples == 0)
		s->first_90k[run->id] = s->last_90k[run->id] = time_90k;
	if (time_90k > s->last_90k[run->id])
		s->last_90k[run->id] = time_90k;
}

/* 0, or -1 and errno. */
static int index_run(struct mp4scan *s, const struct mp4scan_run *run)
{
	struct mp4_track *t = &s->movie.track[run->id];
	const uint8_t *entry = run->entry;
	uint64_t dts = run->dts;
	tsr_error err = mp4_track_add_chunk(t, run->position, run->count);
	for (uint32_t i = 0; i < run->count && err == TSR_OK; i++) {
		struct mp4_sample sample = next_sample(run, &entry, dts);
		note_time(s, run, &sample);
		err = mp4_track_add(t, &sample);
		dts += sample.duration;
	}
	errno = err == TSR_OK ? 0 : ENOMEM;
	return err == TSR_OK ? 0 : -1;
}

/* Takes the fragment at *at, if it is there as a whole, and goes behind it. 1, 0 when it is not, -1 and errno. */
static int take_fragment(struct mp4scan *s, uint64_t *at)
{
	uint32_t moof = box_at(s, *at, "moof"), mdat = 0;
	const uint8_t *data = moof != 0 && moof <= sizeof(s->moof) ? look(s, *at, moof) : NULL;
	if (data != NULL) {
		memcpy(s->moof, data, moof);
		mdat = box_at(s, *at + moof, "mdat");
	}
	if (mdat == 0 || !read_moof(s, *at, moof))
		return errno != 0 ? -1 : 0;
	uint64_t data_at = *at + moof + BOX_HEAD_BYTES, data_end = *at + moof + mdat;
	for (unsigned i = 0; i < s->runs; i++)
		if (!check_run(s, &s->run[i], data_at, data_end))
			return errno != 0 ? -1 : 0;
	for (unsigned i = 0; i < s->runs; i++)
		if (index_run(s, &s->run[i]) != 0)
			return -1;
	*at = data_end;
	return 1;
}

/* ---- all of it ---- */

/* Whether the file, which was finished, has all that belongs to it: the moov behind the fragments, where the head of the mdat says. */
static bool is_complete(struct mp4scan *s)
{
	uint8_t expected[MP4_PLACEHOLDER_BYTES];
	uint32_t moov = s->whole != 0 && s->sealed ? box_at(s, s->whole, "moov") : 0;
	if (moov == 0 || s->whole + moov != s->end)
		return false;
	mp4_mdat_head(s->whole, expected);
	const uint8_t *head = look(s, MP4_FTYP_BYTES, MP4_PLACEHOLDER_BYTES);
	return head != NULL && memcmp(head, expected, MP4_PLACEHOLDER_BYTES) == 0;
}

int mp4scan_run(struct mp4scan *s)
{
	errno = 0;
	if (window_find_end(&s->file, &s->end) != 0)
		return -1;
	errno = 0;
	if (read_beginning(s) != 0)
		return -1;
	if (!s->begun)
		return 0;
	uint64_t at = s->media_at;
	int took;
	while ((took = take_fragment(s, &at)) > 0)
		if (s->runs > 0)
			s->whole = at;
	if (took < 0)
		return -1;
	s->complete = is_complete(s);
	return 0;
}

void mp4scan_finish(struct mp4scan *s)
{
	mp4_movie_finish(&s->movie);
}
