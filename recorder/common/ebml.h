/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * EBML (RFC 8794), as far as Matroska files of ours need it: element ids, and writing elements into a buffer. */
#ifndef TSR_COMMON_EBML_H
#define TSR_COMMON_EBML_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "error.h"

/* RFC 9559 section 5.1 */
enum {
	EBML_HEADER = 0x1A45DFA3,
	EBML_VERSION = 0x4286,
	EBML_READ_VERSION = 0x42F7,
	EBML_MAX_ID_LENGTH = 0x42F2,
	EBML_MAX_SIZE_LENGTH = 0x42F3,
	EBML_DOC_TYPE = 0x4282,
	EBML_DOC_TYPE_VERSION = 0x4287,
	EBML_DOC_TYPE_READ_VERSION = 0x4285,
	EBML_VOID = 0xEC,
	MKV_SEGMENT = 0x18538067,
	MKV_SEEK_HEAD = 0x114D9B74,
	MKV_SEEK = 0x4DBB,
	MKV_SEEK_ID = 0x53AB,
	MKV_SEEK_POSITION = 0x53AC,
	MKV_INFO = 0x1549A966,
	MKV_TIMESTAMP_SCALE = 0x2AD7B1,
	MKV_DURATION = 0x4489,
	MKV_DATE = 0x4461,
	MKV_TITLE = 0x7BA9,
	MKV_MUXING_APP = 0x4D80,
	MKV_WRITING_APP = 0x5741,
	MKV_TRACKS = 0x1654AE6B,
	MKV_TRACK_ENTRY = 0xAE,
	MKV_TRACK_NUMBER = 0xD7,
	MKV_TRACK_UID = 0x73C5,
	MKV_TRACK_TYPE = 0x83,
	MKV_FLAG_LACING = 0x9C,
	MKV_LANGUAGE = 0x22B59C,
	MKV_CODEC_ID = 0x86,
	MKV_CODEC_PRIVATE = 0x63A2,
	MKV_CODEC_DELAY = 0x56AA,
	MKV_SEEK_PRE_ROLL = 0x56BB,
	MKV_VIDEO = 0xE0,
	MKV_PIXEL_WIDTH = 0xB0,
	MKV_PIXEL_HEIGHT = 0xBA,
	MKV_AUDIO = 0xE1,
	MKV_SAMPLING_FREQUENCY = 0xB5,
	MKV_CHANNELS = 0x9F,
	MKV_BIT_DEPTH = 0x6264,
	MKV_CLUSTER = 0x1F43B675,
	MKV_TIMESTAMP = 0xE7,
	MKV_SIMPLE_BLOCK = 0xA3,
	MKV_BLOCK_GROUP = 0xA0,
	MKV_POSITION = 0xA7,
	MKV_PREV_SIZE = 0xAB,
	MKV_CUES = 0x1C53BB6B,
	MKV_CUE_POINT = 0xBB,
	MKV_CUE_TIME = 0xB3,
	MKV_CUE_TRACK_POSITIONS = 0xB7,
	MKV_CUE_TRACK = 0xF7,
	MKV_CUE_CLUSTER_POSITION = 0xF1,
	MKV_CUE_RELATIVE_POSITION = 0xF0,
	MKV_TAGS = 0x1254C367,
	MKV_ATTACHMENTS = 0x1941A469,
	MKV_CHAPTERS = 0x1043A770,
};

#define EBML_UNKNOWN_SIZE UINT64_MAX
/* A size that is not known yet, in 8 bytes (RFC 8794 section 6.2). */
extern const uint8_t ebml_unknown_size[8];

/* An element's id and size, as they stand at `data`: how many bytes both have. 0 when that is no id or no size, or there are fewer than
 * `left` bytes of them. */
size_t ebml_read_head(const uint8_t *data, size_t left, uint32_t *id, uint64_t *size);

/* The big-endian number of `size` bytes, 8 at most. */
uint64_t ebml_read_uint(const uint8_t *data, size_t size);

/* Append elements; the first error stays, and nothing is appended after it. */
struct ebml_writer {
	struct buf *out;
	tsr_error error;
};

void ebml_id(struct ebml_writer *w, uint32_t id);
/* In `length` bytes, 1 to 8. */
void ebml_size(struct ebml_writer *w, uint64_t size, unsigned length);
void ebml_bytes(struct ebml_writer *w, uint32_t id, const void *data, size_t size);
void ebml_string(struct ebml_writer *w, uint32_t id, const char *text);
void ebml_uint(struct ebml_writer *w, uint32_t id, uint64_t value);
/* In 8 bytes whatever it is. */
void ebml_uint8(struct ebml_writer *w, uint32_t id, uint64_t value);
void ebml_float(struct ebml_writer *w, uint32_t id, double value);
/* `total` bytes that say nothing; 2 to 127, or from 9 on. */
void ebml_void(struct ebml_writer *w, size_t total);
/* An element of others: returns where its content begins, for ebml_end, which fills in the size. Below 256 MiB. */
size_t ebml_begin(struct ebml_writer *w, uint32_t id);
void ebml_end(struct ebml_writer *w, size_t begin);

#endif
