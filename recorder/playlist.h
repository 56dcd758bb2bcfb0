/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HLS of a recording (RFC 8216): a media playlist, NAME.m3u8, whose segments are stretches of the files that are recorded anyway, and a master playlist,
 * NAME.master.m3u8. Not one byte of media is written for it.
 *
 * Whoever muxes says where a segment begins (playlist_begin) and ends (playlist_end); the sinks' writers say how much of each file can be
 * read (playlist_written, playlist_file_ended). A segment is published by the writer that made its last byte readable, in their order.
 *
 * An EVENT playlist is appended to (section 4.3.3.5: it may only grow), one write() a segment whatever its length; with a window it
 * is replaced as a whole.
 *
 * Threads: playlist_add_file, _begin, _end and _close by the thread that muxes, which never waits for a disk; the others by any. */
#ifndef TSR_PLAYLIST_H
#define TSR_PLAYLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

/* Bytes of a CODECS attribute, with its zero. */
#define PLAYLIST_CODECS_BYTES 160

/* What its name ends in. */
#define PLAYLIST_SUFFIX ".m3u8"

struct playlist;
struct playlist_file;

struct playlist_config {
	const char *log_id; /* copied, as all strings */
	const char *folder;
	const char *name; /* below it, without ending */
	unsigned mode;    /* of the files; 0 = 0644 */
	int64_t target_s; /* EXT-X-TARGETDURATION: no segment is longer, rounded */
	bool whole_files; /* a segment is listed when its file has ended, by its final name and, where it is the whole file, without a range */
	bool running_names; /* files are named as they are while they are written, and the playlist is changed when they end */
	int64_t window_us; /* so much is listed, three target durations at least; 0 = all */
};

struct playlist_segment {
	uint64_t offset; /* in its file */
	int64_t utc_us;  /* when its first frame was captured */
	bool discontinuity;
};

/* What a player wants to know beforehand. Zero or empty = not known. */
struct playlist_media {
	uint16_t width, height;
	char codecs[PLAYLIST_CODECS_BYTES]; /* RFC 6381, separated by commas */
};

/* Nothing is written before the first segment. NULL when memory is out. */
struct playlist *playlist_create(const struct playlist_config *config);
/* All its files have ended, or none was begun. NULL is fine. */
void playlist_destroy(struct playlist *p);

/* Media go on in this file, named as file names below the recording's folder: while it is written, and for good. Valid until
 * playlist_file_ended. */
struct playlist_file *playlist_add_file(struct playlist *p, const char *running_name, const char *final_name);

/* A segment begins in the file added last. None is open. */
void playlist_begin(struct playlist *p, const struct playlist_segment *segment);
/* It ends before byte `offset` of the file, after `duration_90k` of media. One without bytes or time is forgotten. */
void playlist_end(struct playlist *p, uint64_t offset, int64_t duration_90k);
/* From now on the master playlist says this. */
void playlist_set_media(struct playlist *p, const struct playlist_media *media);
/* No file will be added: when the last one has ended, the playlist does (EXT-X-ENDLIST). */
void playlist_close(struct playlist *p);

/* As sink/file.h has it: `file` is a struct playlist_file. */
void playlist_written(void *file, uint64_t bytes);
/* The file has ended with so many bytes, and has its final name. Without that name (`final` false) the playlist is left to recovery. */
void playlist_file_ended(struct playlist_file *file, uint64_t bytes, bool final);

/* Whether it lists anything yet. */
bool playlist_is_published(struct playlist *p);

#endif
