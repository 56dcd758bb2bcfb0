/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the writer and the recovery of MP4 files (ISO 14496-12) share: the beginning of a file, the index of its samples, and the moov that is made
 * of both at its end.
 *
 *     running                                 finished
 *       ftyp                                    ftyp
 *       free, MP4_PLACEHOLDER_BYTES             mdat, its head in the place of the free box ┐
 *       moov: tracks without samples, mvex        …                                         │
 *       free: room for more tracks                …                                         │
 *       moof, mdat; the next after                …                                         │
 *       MP4_FRAGMENT_MS and at keyframes          …                                         │
 *       …                                         …                                         ┘
 *                                               moov: tracks with all samples
 *
 * While it runs it is a fragmented file, which plays up to its last whole fragment. Its end is a moov that is appended, and then the head of one
 * large mdat, which hides the fragments: an ordinary file, of which nothing was copied.
 *
 * Parameter sets of H.264 and H.265 stay in the samples of the fragments (avc3, hev1). As long as each keyframe begins with those of the track's
 * description, the moov of the end passes them over (avc1, hvc1). */
#ifndef TSR_COMMON_MP4_H
#define TSR_COMMON_MP4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec.h"
#include "frame.h"
#include "isobmff.h"
#include "limits.h"

#define MP4_FRAGMENT_MS 250
/* Samples of one fragment, of all tracks: a moof stays below MP4_MOOF_BYTES. */
#define MP4_FRAGMENT_SAMPLES 1024
#define MP4_MOOF_BYTES       (20 * 1024)
#define MP4_MOVIE_TIMESCALE  90000
/* What becomes the head of the mdat. */
#define MP4_PLACEHOLDER_BYTES BOX_LARGE_HEAD_BYTES
/* The first moov with the room behind it: about 700 bytes a track. */
#define MP4_INIT_BYTES  (12 * 1024)
#define MP4_TITLE_BYTES 230

/* ---- the index ---- */

/* Numbers, in blocks: it grows without being copied, and is not larger than what is in it. Zeroed is empty. */
struct mp4_list {
	struct mp4_block *first, *last;
	size_t count;
};

struct mp4_sample {
	uint32_t size;     /* below 2^31 */
	int64_t dts;       /* in the track's timescale, from 0 on; rises */
	int32_t offset;    /* from dts to when it is shown */
	uint32_t duration; /* as far as known when it was written */
	bool key;
	bool plain; /* a keyframe that begins with the track's parameter sets; and no others are in it. True of other codecs */
};

struct mp4_track {
	bool described;
	tsr_codec codec;
	uint32_t timescale;
	uint16_t width, height;
	uint8_t quarter_turns; /* clockwise, to be upright */
	uint32_t skip;         /* what is not to be heard of the first samples, in the timescale (Opus pre-skip) */
	struct buf entry;      /* its sample entry, a whole box, as in a running file */
	struct buf sets;       /* as they begin a keyframe; empty for other codecs */

	uint32_t samples;
	struct mp4_list sizes;   /* highest bit: a keyframe */
	struct mp4_list deltas;  /* to the next; one fewer */
	struct mp4_list offsets; /* none as long as all are 0 */
	struct mp4_list chunks;  /* three numbers each: position (high, low), samples */
	bool changes;            /* a sample at least is not plain */
	uint32_t keys;
	int64_t first_dts, last_dts, end; /* of what is shown */
	int32_t first_offset;
	uint32_t last_duration;
};

struct mp4_movie {
	uint64_t creation; /* seconds since 1904, UTC */
	struct buf udta;   /* a whole box */
	struct mp4_track track[LIMIT_TRACKS];
};

void mp4_movie_finish(struct mp4_movie *movie);
void mp4_track_finish(struct mp4_track *t);

/* TSR_OK, TSR_E_NOMEM, TSR_E_LIMIT (a distance that has no place in it). After an error the index is not complete, for good. */
TSR_MUST_USE tsr_error mp4_track_add(struct mp4_track *t, const struct mp4_sample *sample);

/* The samples that come next, `count` of them, lie one behind the other from `position` on. Errors as above. */
TSR_MUST_USE tsr_error mp4_track_add_chunk(struct mp4_track *t, uint64_t position, uint32_t count);

/* ---- a track's description ---- */

/* Describes a track: `record` is what bitstream/config_record.h makes of its first picture, empty of sound. `width`, `height` and `quarter_turns` are
 * set before. TSR_E_UNSUPPORTED (codec), TSR_E_MALFORMED (what `format` says of sound), else as buf_append. */
TSR_MUST_USE tsr_error mp4_describe(struct mp4_track *t, const struct track_format *format, const struct buf *record);

/* Appends the sample entry; of a finished file, when `running` is false. */
void mp4_write_entry(const struct mp4_track *t, bool running, struct box_writer *w);

/* From the box that mp4_write_entry wrote into a running file. TSR_E_MALFORMED, else as buf_append. */
TSR_MUST_USE tsr_error mp4_read_entry(struct mp4_track *t, const struct box *entry);

/* Whether a sample as it is stored is `plain` (struct mp4_sample). False also when it is not of the format: NAL units behind their lengths. `peek` gives
 * bytes of it, borrowed until the next call, or NULL. */
typedef const uint8_t *(*mp4_peek)(void *ctx, size_t at, size_t size);
bool mp4_is_plain(const struct mp4_track *t, mp4_peek peek, void *ctx, size_t size, bool key);

/* ---- the beginning ---- */

/* ftyp and the placeholder; the file is ours by them. */
#define MP4_FTYP_BYTES 40
#define MP4_INIT_AT    (MP4_FTYP_BYTES + MP4_PLACEHOLDER_BYTES)
#define MP4_MEDIA_AT   (MP4_INIT_AT + MP4_INIT_BYTES)

/* Sets `udta`. The title may be NULL; about MP4_TITLE_BYTES of it are taken. Errors as buf_append. */
TSR_MUST_USE tsr_error mp4_set_title(struct mp4_movie *movie, const char *title);

/* Appends MP4_INIT_AT bytes. */
void mp4_write_ftyp(struct box_writer *w);

/* Appends MP4_INIT_BYTES: the moov of a running file with all tracks that are described, and the room behind it. TSR_E_LIMIT when they do not fit. */
void mp4_write_init(const struct mp4_movie *movie, struct box_writer *w);

/* Reads what mp4_write_init wrote, into a zeroed movie. Errors as buf_append; TSR_E_MALFORMED. */
TSR_MUST_USE tsr_error mp4_read_init(struct mp4_movie *movie, const uint8_t *data, size_t size);

/* A trak box, of which `tables` more bytes come later, in its stbl, which is last; MP4_RUNNING: of a running file, with nothing in it. */
#define MP4_RUNNING UINT64_MAX
void mp4_write_trak(const struct mp4_movie *movie, unsigned id, uint64_t tables, struct box_writer *w);
void mp4_write_mvhd(const struct mp4_movie *movie, uint64_t duration, struct box_writer *w);

/* ---- the end ---- */

/* The earliest time that something is shown or heard, in MP4_MOVIE_TIMESCALE, and when the track ends. */
int64_t mp4_track_begin(const struct mp4_track *t);
int64_t mp4_track_end(const struct mp4_track *t);
/* Whether the samples of the end pass the parameter sets over. */
bool mp4_track_is_plain(const struct mp4_track *t);

/* Takes a part of the moov. */
typedef tsr_error (*mp4_emit)(void *ctx, const uint8_t *data, size_t size);

/* The moov of a finished file, in parts. TSR_OK, TSR_E_NOMEM, TSR_E_LIMIT (beyond 4 GiB), or what `emit` returned. */
TSR_MUST_USE tsr_error mp4_write_moov(const struct mp4_movie *movie, mp4_emit emit, void *ctx);

/* What replaces the placeholder when the moov stands at `moov_at`. */
void mp4_mdat_head(uint64_t moov_at, uint8_t out[MP4_PLACEHOLDER_BYTES]);

#endif
