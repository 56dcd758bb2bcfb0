/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mkvscan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of an element's id and size. */
#define HEAD_BYTES 12
/* Track, time, flags. */
#define BLOCK_HEAD_BYTES 4
/* Tracks, and any other element that is read as a whole. */
#define MOST_TRACKS_BYTES (60 * 1024)
/* What a loss of power leaves in the place of bytes that were not written yet. No coded picture ends in so many zeroes. */
#define ZERO_BYTES   64
#define AUDIO_CUE_MS 5000

struct element {
	uint32_t id;
	uint64_t at, content, size; /* size as it says */
};

static const uint8_t *look(struct mkvscan *s, uint64_t at, size_t size)
{
	return window_look(&s->file, at, size);
}

/* The element at `at`; false when there is none, or not all of its head (errno as above). */
static bool read_element(struct mkvscan *s, uint64_t at, struct element *out)
{
	const uint8_t *data = NULL;
	size_t size = HEAD_BYTES;
	for (; size >= 2 && (data = look(s, at, size)) == NULL; size--)
		if (errno != 0)
			return false;
	size_t head = data != NULL ? ebml_read_head(data, size, &out->id, &out->size) : 0;
	out->at = at;
	out->content = at + head;
	return head > 0 && (out->size == EBML_UNKNOWN_SIZE || out->size <= (uint64_t)INT64_MAX - out->content);
}

/* Whether all of it is there. */
static bool is_whole(const struct mkvscan *s, const struct element *e)
{
	return e->size != EBML_UNKNOWN_SIZE && e->content + e->size <= s->end;
}

/* ---- the beginning ---- */

/* The content of an element of the file's beginning, which is small; NULL when it is not there as a whole. */
static const uint8_t *content_of(struct mkvscan *s, const struct element *e)
{
	return is_whole(s, e) && e->size <= MOST_TRACKS_BYTES ? look(s, e->content, (size_t)e->size) : NULL;
}

/* The next element within `size` bytes. */
static bool next_in(const uint8_t **data, size_t *left, struct element *e, const uint8_t **content)
{
	size_t head = ebml_read_head(*data, *left, &e->id, &e->size);
	if (head == 0 || e->size > *left - head)
		return false;
	*content = *data + head;
	*data += head + e->size;
	*left -= head + (size_t)e->size;
	return true;
}

static void read_entry(struct mkvscan *s, const uint8_t *data, size_t left)
{
	struct element e;
	const uint8_t *content, *id = NULL;
	size_t id_size = 0;
	uint16_t tag = 0;
	struct mkvscan_track track = {0};
	while (next_in(&data, &left, &e, &content)) {
		if (e.id == MKV_TRACK_NUMBER && e.size <= 8)
			track.number = (unsigned)ebml_read_uint(content, (size_t)e.size);
		if (e.id == MKV_CODEC_ID) {
			id = content;
			id_size = (size_t)e.size;
		}
		if (e.id == MKV_CODEC_PRIVATE && e.size >= 2)
			tag = (uint16_t)(content[0] | content[1] << 8);
	}
	if (id == NULL || s->tracks == LIMIT_TRACKS)
		return;
	track.codec = matroska_codec_of((const char *)id, id_size, 0);
	if (track.codec == TSR_CODEC_NONE)
		track.codec = matroska_codec_of((const char *)id, id_size, tag);
	s->track[s->tracks++] = track;
}

static void read_tracks(struct mkvscan *s, const uint8_t *data, size_t left)
{
	struct element e;
	const uint8_t *content;
	while (next_in(&data, &left, &e, &content))
		if (e.id == MKV_TRACK_ENTRY)
			read_entry(s, content, (size_t)e.size);
}

static bool has_app(const uint8_t *data, size_t left)
{
	struct element e;
	const uint8_t *content;
	while (next_in(&data, &left, &e, &content))
		if (e.id == MKV_MUXING_APP)
			return e.size == strlen(MATROSKA_APP) && memcmp(content, MATROSKA_APP, (size_t)e.size) == 0;
	return false;
}

/* Whether these bytes of a file that has no more could be the beginning of one of ours: with the EBML header's id, or zeroes. */
static bool may_begin(struct mkvscan *s)
{
	static const uint8_t id[] = {0x1a, 0x45, 0xdf, 0xa3};
	size_t size = s->end < sizeof(id) ? (size_t)s->end : sizeof(id);
	const uint8_t *data = look(s, 0, size);
	static const uint8_t zeroes[sizeof(id)];
	return size == 0 || (data != NULL && (memcmp(data, id, size) == 0 || memcmp(data, zeroes, size) == 0));
}

static uint64_t not_begun(struct mkvscan *s, bool ours)
{
	s->ours = ours;
	return 0;
}

/* Up to where the first cluster is expected. 0 when it is not so far (s->ours says whether it may become one). */
static uint64_t read_beginning(struct mkvscan *s)
{
	struct element e;
	s->ours = may_begin(s);
	if (!read_element(s, 0, &e) || e.id != EBML_HEADER || !is_whole(s, &e))
		return 0;
	if (!read_element(s, e.content + e.size, &e) || e.id != MKV_SEGMENT)
		return 0;
	s->segment_at = e.content;
	struct element info;
	if (!read_element(s, s->segment_at + MATROSKA_INFO_AT, &info) || info.id != MKV_INFO ||
	    info.content - info.at != MATROSKA_INFO_HEAD)
		return not_begun(s, s->end < s->segment_at + MATROSKA_HEAD_BYTES);
	const uint8_t *content = content_of(s, &info);
	if (content == NULL || !has_app(content, (size_t)info.size))
		return not_begun(s, content == NULL);
	s->ours = true;
	s->info_size = (size_t)info.size;
	struct element tracks;
	if (!read_element(s, info.content + info.size, &tracks) || tracks.id != MKV_TRACKS ||
	    (content = content_of(s, &tracks)) == NULL)
		return 0;
	s->begun = true;
	read_tracks(s, content, (size_t)tracks.size);
	return tracks.content + tracks.size;
}

/* ---- clusters ---- */

static struct mkvscan_track *find_track(struct mkvscan *s, unsigned number)
{
	for (unsigned i = 0; i < s->tracks; i++)
		if (s->track[i].number == number)
			return &s->track[i];
	return NULL;
}

static bool has_video(const struct mkvscan *s)
{
	for (unsigned i = 0; i < s->tracks; i++)
		if (tsr_codec_is_video(s->track[i].codec))
			return true;
	return false;
}

static bool ends_in_zeroes(struct mkvscan *s, const struct element *e)
{
	static const uint8_t zeroes[ZERO_BYTES];
	if (e->size < ZERO_BYTES + BLOCK_HEAD_BYTES)
		return false;
	const uint8_t *tail = look(s, e->content + e->size - ZERO_BYTES, ZERO_BYTES);
	return tail == NULL || memcmp(tail, zeroes, ZERO_BYTES) == 0;
}

static void add_cue(struct mkvscan *s, const struct element *e, const struct mkvscan_track *t, int64_t time_ms,
		    bool key)
{
	bool start = tsr_codec_is_video(t->codec)
			     ? key
			     : !has_video(s) && (s->index.count == 0 || time_ms - s->cued_ms >= AUDIO_CUE_MS);
	if (!start)
		return;
	s->cued_ms = time_ms;
	matroska_index_add(&s->index, &(struct matroska_cue){.time_ms = time_ms,
							     .cluster = s->cluster_at - s->segment_at,
							     .block = (uint32_t)(e->at - s->cluster_content),
							     .track = (uint8_t)t->number});
}

/* False when it is not whole. */
static bool take_block(struct mkvscan *s, const struct element *e)
{
	if (!is_whole(s, e) || e->size < BLOCK_HEAD_BYTES || !s->has_time)
		return false;
	const uint8_t *head = look(s, e->content, BLOCK_HEAD_BYTES);
	if (head == NULL || (head[0] & 0x80) == 0)
		return false;
	int64_t time_ms = s->cluster_ms + (int16_t)(head[1] << 8 | head[2]);
	bool key = (head[3] & 0x80) != 0;
	struct mkvscan_track *t = find_track(s, head[0] & 0x7f);
	if (t == NULL) /* its description was lost with the power: players pass it over */
		return true;
	if (tsr_codec_is_video(t->codec) && ends_in_zeroes(s, e))
		return false;
	add_cue(s, e, t, time_ms, key);
	if (t->frames++ == 0)
		t->first_ms = t->last_ms = time_ms;
	t->last_ms = time_ms > t->last_ms ? time_ms : t->last_ms;
	matroska_end_note(&t->end, time_ms);
	return true;
}

/* False when it is not whole, or what cannot be there. */
static bool take_child(struct mkvscan *s, const struct element *e)
{
	switch (e->id) {
	case MKV_TIMESTAMP: {
		const uint8_t *data = is_whole(s, e) && e->size <= 8 ? look(s, e->content, (size_t)e->size) : NULL;
		uint64_t time_ms = data != NULL ? ebml_read_uint(data, (size_t)e->size) : UINT64_MAX;
		s->has_time = time_ms <= INT64_MAX / 2;
		s->cluster_ms = (int64_t)time_ms;
		return s->has_time;
	}
	case MKV_SIMPLE_BLOCK: return take_block(s, e);
	case EBML_VOID:
	case MKV_POSITION:
	case MKV_PREV_SIZE: return is_whole(s, e);
	default: return false;
	}
}

static void begin_cluster(struct mkvscan *s, const struct element *e)
{
	s->in_cluster = true;
	s->has_time = false;
	s->cluster_at = e->at;
	s->cluster_content = e->content;
}

/* Blocks, as far as they are whole. 0, or -1 and errno. */
static int read_clusters(struct mkvscan *s, uint64_t at)
{
	struct element e;
	while (read_element(s, at, &e)) {
		if (e.id == MKV_CLUSTER) {
			begin_cluster(s, &e);
			at = e.content;
			continue;
		}
		if (e.id == MKV_CUES && is_whole(s, &e) && s->whole != 0) {
			s->cues_at = e.at;
			s->cues_end = e.content + e.size;
			return 0;
		}
		errno = 0;
		if (!s->in_cluster || !take_child(s, &e))
			break;
		at = e.content + e.size;
		if (e.id == MKV_SIMPLE_BLOCK)
			s->whole = at;
	}
	return errno != 0 ? -1 : 0;
}

/* Whether the head is that of a finished file with this content. */
static bool head_fits(struct mkvscan *s)
{
	uint8_t expected[MATROSKA_HEAD_BYTES];
	uint64_t end = s->cues_at != 0 ? s->cues_end : s->whole;
	if (s->whole == 0 || end != s->end)
		return false;
	struct buf out = {.data = expected, .alloc = sizeof(expected), .cap = sizeof(expected)};
	const struct matroska_head head = {.info_size = s->info_size,
					   .complete = true,
					   .cues_at = s->cues_at != 0 ? s->cues_at - s->segment_at : 0,
					   .duration_ms = mkvscan_duration_ms(s)};
	const uint8_t *there = look(s, s->segment_at, MATROSKA_HEAD_BYTES);
	return matroska_head_write(&head, &out) == TSR_OK && there != NULL &&
	       memcmp(there, expected, MATROSKA_HEAD_BYTES) == 0;
}

int mkvscan_run(struct mkvscan *s)
{
	if (window_find_end(&s->file, &s->end) != 0)
		return -1;
	errno = 0;
	uint64_t at = read_beginning(s);
	if (errno != 0)
		return -1;
	if (at == 0)
		return 0;
	if (read_clusters(s, at) != 0)
		return -1;
	s->complete = head_fits(s);
	return 0;
}

int64_t mkvscan_duration_ms(const struct mkvscan *s)
{
	int64_t duration_ms = 0;
	for (unsigned i = 0; i < s->tracks; i++) {
		int64_t end_ms = matroska_end_ms(&s->track[i].end);
		duration_ms = end_ms > duration_ms ? end_ms : duration_ms;
	}
	return duration_ms;
}

void mkvscan_finish(struct mkvscan *s)
{
	matroska_index_finish(&s->index);
}
