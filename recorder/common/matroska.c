/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "matroska.h"

#include <stdlib.h>
#include <string.h>

#define SEEK_BYTES      21
#define SEEK_HEAD_BYTES (5 + 3 * SEEK_BYTES)
#define DURATION_BYTES  11
/* Id, size and content of a CuePoint: numbers of 8 bytes at most. */
#define CUE_POINT_BYTES 48
#define NS_PER_MS       1000000

/* ---- the head ---- */

static void seek(struct ebml_writer *w, uint32_t id, uint64_t position)
{
	const uint8_t bytes[] = {(uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id};
	ebml_id(w, MKV_SEEK);
	ebml_size(w, SEEK_BYTES - 3, 1);
	ebml_bytes(w, MKV_SEEK_ID, bytes, sizeof(bytes));
	ebml_uint8(w, MKV_SEEK_POSITION, position);
}

static void seek_head(struct ebml_writer *w, const struct matroska_head *head)
{
	bool cues = head->complete && head->cues_at != 0;
	ebml_id(w, MKV_SEEK_HEAD);
	ebml_size(w, (cues ? 3 : 2) * SEEK_BYTES, 1);
	seek(w, MKV_INFO, MATROSKA_INFO_AT);
	seek(w, MKV_TRACKS, MATROSKA_INFO_AT + MATROSKA_INFO_HEAD + head->info_size);
	if (cues)
		seek(w, MKV_CUES, head->cues_at);
	else
		ebml_void(w, SEEK_BYTES);
}

tsr_error matroska_head_write(const struct matroska_head *head, struct buf *out)
{
	struct ebml_writer w = {.out = out};
	_Static_assert(SEEK_HEAD_BYTES == MATROSKA_INFO_AT, "Info follows the SeekHead");
	seek_head(&w, head);
	ebml_id(&w, MKV_INFO);
	ebml_size(&w, head->info_size, 2);
	ebml_id(&w, MKV_TIMESTAMP_SCALE);
	ebml_size(&w, 3, 1);
	const uint8_t scale[] = {NS_PER_MS >> 16, NS_PER_MS >> 8 & 0xff, NS_PER_MS & 0xff};
	if (w.error == TSR_OK)
		w.error = buf_append(out, scale, sizeof(scale));
	if (head->complete)
		ebml_float(&w, MKV_DURATION, (double)head->duration_ms);
	else
		ebml_void(&w, DURATION_BYTES);
	return w.error;
}

/* ---- the index ---- */

void matroska_index_finish(struct matroska_index *index)
{
	free(index->cue);
	*index = (struct matroska_index){0};
}

void matroska_index_add(struct matroska_index *index, const struct matroska_cue *cue)
{
	if (index->count > 0 && cue->time_ms - index->cue[index->count - 1].time_ms < MATROSKA_CUE_INTERVAL_MS)
		return;
	if (index->count == index->alloc) {
		size_t alloc = index->alloc > 0 ? 2 * index->alloc : 64;
		struct matroska_cue *more = realloc(index->cue, alloc * sizeof(*more));
		if (more == NULL)
			return;
		index->cue = more;
		index->alloc = alloc;
	}
	index->cue[index->count++] = *cue;
}

size_t matroska_index_bytes(const struct matroska_index *index)
{
	return 12 + index->count * CUE_POINT_BYTES;
}

tsr_error matroska_index_write(const struct matroska_index *index, struct buf *out)
{
	struct ebml_writer w = {.out = out};
	size_t cues = ebml_begin(&w, MKV_CUES);
	for (size_t i = 0; i < index->count; i++) {
		const struct matroska_cue *c = &index->cue[i];
		size_t point = ebml_begin(&w, MKV_CUE_POINT);
		ebml_uint(&w, MKV_CUE_TIME, (uint64_t)c->time_ms);
		size_t positions = ebml_begin(&w, MKV_CUE_TRACK_POSITIONS);
		ebml_uint(&w, MKV_CUE_TRACK, c->track);
		ebml_uint(&w, MKV_CUE_CLUSTER_POSITION, c->cluster);
		ebml_uint(&w, MKV_CUE_RELATIVE_POSITION, c->block);
		ebml_end(&w, positions);
		ebml_end(&w, point);
	}
	ebml_end(&w, cues);
	return w.error;
}

void matroska_end_note(struct matroska_end *end, int64_t time_ms)
{
	if (!end->any || time_ms > end->last_ms) {
		end->step_ms = end->any ? time_ms - end->last_ms : 0;
		end->last_ms = time_ms;
	}
	end->any = true;
}

int64_t matroska_end_ms(const struct matroska_end *end)
{
	/* A step that is longer than a frame can be is a pause. */
	return end->any ? end->last_ms + (end->step_ms < MATROSKA_CUE_INTERVAL_MS ? end->step_ms : 0) : 0;
}

/* ---- codecs ---- */

#define ACM "A_MS/ACM"

static const struct {
	const char *id;
	uint16_t tag; /* of WAVEFORMATEX */
} codecs[TSR_CODEC_COUNT] = {
	[TSR_CODEC_H264] = {"V_MPEG4/ISO/AVC", 0},
	[TSR_CODEC_H265] = {"V_MPEGH/ISO/HEVC", 0},
	[TSR_CODEC_VP8] = {"V_VP8", 0},
	[TSR_CODEC_VP9] = {"V_VP9", 0},
	[TSR_CODEC_AV1] = {"V_AV1", 0},
	[TSR_CODEC_OPUS] = {"A_OPUS", 0},
	[TSR_CODEC_PCMU] = {ACM, 0x0007},
	[TSR_CODEC_PCMA] = {ACM, 0x0006},
	[TSR_CODEC_G722] = {ACM, 0x028f},
	[TSR_CODEC_L16] = {"A_PCM/INT/BIG", 0},
};

const char *matroska_codec_id(tsr_codec codec)
{
	return (unsigned)codec < TSR_CODEC_COUNT ? codecs[codec].id : NULL;
}

uint16_t matroska_format_tag(tsr_codec codec)
{
	return (unsigned)codec < TSR_CODEC_COUNT ? codecs[codec].tag : 0;
}

tsr_codec matroska_codec_of(const char *id, size_t size, uint16_t format_tag)
{
	for (unsigned i = 0; i < TSR_CODEC_COUNT; i++)
		if (codecs[i].id != NULL && strlen(codecs[i].id) == size && memcmp(codecs[i].id, id, size) == 0 &&
		    codecs[i].tag == format_tag)
			return (tsr_codec)i;
	return TSR_CODEC_NONE;
}
