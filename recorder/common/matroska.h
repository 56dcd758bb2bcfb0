/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the writer and the recovery of Matroska files (RFC 9559) share: the head of a file, which is completed in place at its end,
 * and the index that comes behind its last cluster.
 *
 *     EBML header
 *     Segment, of unknown size
 *       SeekHead, and room for the entry of the Cues    ┐ the head: MATROSKA_HEAD_BYTES, written again at the end in one
 *       Info: TimestampScale, Duration (room at first)  ┘ piece
 *             title, date, application
 *       Tracks, with room for more entries
 *       Cluster, of unknown size, with SimpleBlocks; the next one begins after MATROSKA_CLUSTER_MS and at keyframes
 *       …
 *       Cues (only when it is complete)
 *
 * A file that ends after any block plays: players take what is there. Segment and clusters keep their unknown size (RFC 8794 section 6.2), as those
 * of browsers' own recorders do: nothing behind the head is written twice. Times are in milliseconds. */
#ifndef TSR_COMMON_MATROSKA_H
#define TSR_COMMON_MATROSKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec.h"
#include "ebml.h"

#define MATROSKA_CLUSTER_MS 250
/* As application, by which recovery knows its files. */
#define MATROSKA_APP "janus-tsrecorder"

/* From the beginning of the Segment's content to the Duration. */
#define MATROSKA_HEAD_BYTES 92
/* Where, counted from the Segment's content: Info, behind the SeekHead. */
#define MATROSKA_INFO_AT 68
/* Of Info's id and size, the latter in two bytes. */
#define MATROSKA_INFO_HEAD 6

struct matroska_head {
	size_t info_size; /* of Info's content */
	bool complete;    /* else the rest is not known yet */
	uint64_t cues_at; /* in the Segment's content; 0 = there are none */
	int64_t duration_ms;
};

/* Appends MATROSKA_HEAD_BYTES. Errors as buf_append. */
TSR_MUST_USE tsr_error matroska_head_write(const struct matroska_head *head, struct buf *out);

/* Where one can start to play. */
struct matroska_cue {
	int64_t time_ms;
	uint64_t cluster; /* its offset in the Segment's content */
	uint32_t block;   /* its offset in the cluster's content */
	uint8_t track;    /* number */
};

/* In the order of the file. Zeroed is empty. */
struct matroska_index {
	struct matroska_cue *cue;
	size_t count, alloc;
};

void matroska_index_finish(struct matroska_index *index);

/* Adds it, unless it lies less than MATROSKA_CUE_INTERVAL_MS behind the last one; when memory is out, it is left out. */
#define MATROSKA_CUE_INTERVAL_MS 1000
void matroska_index_add(struct matroska_index *index, const struct matroska_cue *cue);

/* Appends the Cues. Errors as buf_append. */
TSR_MUST_USE tsr_error matroska_index_write(const struct matroska_index *index, struct buf *out);

/* An upper bound of their size. */
size_t matroska_index_bytes(const struct matroska_index *index);

/* When the last of each track ends, from the times of its blocks. Zeroed is empty. */
struct matroska_end {
	int64_t last_ms, step_ms; /* of one track: its latest block, and how long before it the one before was */
	bool any;
};

void matroska_end_note(struct matroska_end *end, int64_t time_ms);
int64_t matroska_end_ms(const struct matroska_end *end);

/* CodecID, and back; NULL and TSR_CODEC_NONE when there is none. G.711 and G.722 are A_MS/ACM, which a format tag tells apart. */
const char *matroska_codec_id(tsr_codec codec);
uint16_t matroska_format_tag(tsr_codec codec);
tsr_codec matroska_codec_of(const char *id, size_t size, uint16_t format_tag);

#endif
