/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looks at a finished file as a player would: demuxes and decodes it by FFmpeg's libraries, and counts what they object to. */
#ifndef TEST_TSCHECK_H
#define TEST_TSCHECK_H

#include <glib.h>

#include "recorder/recorder.h"

#define TSCHECK_MAX_STREAMS 16

struct tscheck_stream {
	tsr_codec codec;
	int width, height;
	unsigned packets;
	unsigned keyframes;
	unsigned decoded;   /* pictures, or blocks of samples */
	int64_t samples;    /* audio, per channel */
	unsigned errors;    /* packets that the decoder refused, pictures that are damaged */
	unsigned backwards; /* packets before the one before, in time */
	int64_t first_90k, last_90k;
	int64_t longest_gap_90k, gap_end_90k; /* where it ends */
	GChecksum *nals;                      /* H.264: over all NAL units but delimiters, each with its length */
	unsigned nal_count;
};

struct tscheck {
	unsigned count;
	struct tscheck_stream stream[TSCHECK_MAX_STREAMS];
	unsigned read_errors; /* of the demuxer */
	unsigned new_clocks;  /* announced: PCR begins anew there */
	unsigned tables;      /* versions of the PMT, one after another */
};

/* Fails the test when the file does not open, or is not as TR 101 290 wants it (tools/tr101290.h). */
void tscheck_file(const char *path, struct tscheck *out);
/* The same, but sound may pause for more than 700 ms: it is copied, and there was none. */
void tscheck_file_with_pauses(const char *path, struct tscheck *out);
void tscheck_finish(struct tscheck *check);

/* The first stream of a codec; fails the test when there is none. */
const struct tscheck_stream *tscheck_find(const struct tscheck *check, tsr_codec codec);

/* Adds a NAL unit to a checksum as tscheck does; ctx is a GChecksum. */
void tscheck_add_nal(void *ctx, const uint8_t *nal, size_t size);

#endif
