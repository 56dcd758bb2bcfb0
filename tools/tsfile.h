/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A look at a whole MPEG-TS file (ISO/IEC 13818-1), packet by packet: what streams it has, and whether its structure is sound.
 * Nothing is decoded. */
#ifndef TSREC_TSFILE_H
#define TSREC_TSFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "recorder/recorder.h"

#define TS_PACKET          188
#define TSFILE_MAX_STREAMS 32

struct ts_stream {
	uint16_t pid;
	uint8_t stream_type;
	char kind[16]; /* "h264", "aac", "opus", or "type 0x…" */
	bool video;
	uint64_t packets;
	uint64_t payload_bytes; /* of PES packets */
	uint64_t frames;        /* PES packets */
	uint64_t random_access; /* packets marked as a point to start at */
	uint64_t lost_packets;  /* places where the continuity counter jumped */
	uint64_t dts_backwards; /* frames to be decoded before the one before */
	bool has_pts;
	int64_t first_pts_90k; /* unwrapped; last may be behind a wrap */
	int64_t last_pts_90k;  /* of the frame shown last */
	int64_t last_dts_90k;
	int64_t longest_gap_90k; /* between two frames */
	bool last_frame_cut;     /* its length says there should be more */
	/* while scanning */
	bool seen;
	uint8_t continuity;
	bool in_frame;
	int64_t missing_bytes; /* of the frame being read; 0 = none, or its length is not told */
};

struct ts_scan {
	uint64_t bytes;
	uint64_t packets;
	uint64_t bad_sync;       /* packets that do not begin with 0x47 */
	uint64_t trailing_bytes; /* behind the last whole packet */
	uint64_t transport_errors;
	uint64_t bad_tables;   /* PAT or PMT sections with a wrong checksum */
	uint64_t lost_packets; /* of all streams */
	unsigned pmt_versions; /* different ones, one after another */
	int pmt_pid;           /* -1 = no PAT */
	int pmt_version;       /* -1 = no PMT */
	unsigned stream_count;
	struct ts_stream stream[TSFILE_MAX_STREAMS];
};

/* Who wants to see what goes by during a scan; functions that are NULL are not called. */
struct ts_watch {
	void (*packet)(void *ctx, const uint8_t packet[TS_PACKET]);
	void (*bytes)(void *ctx, const uint8_t *data, size_t size);
	void (*frame)(void *ctx, const struct ts_stream *stream, int64_t pts_90k); /* unwrapped */
	void *ctx;
};

/* Reads the file from end to end. `watch` may be NULL. TSR_OK and *out, whatever is wrong with the file; TSR_E_NOTFOUND,
 * TSR_E_ACCESS, TSR_E_UNSUPPORTED (no regular file), TSR_E_IO. */
TSR_MUST_USE tsr_error tsfile_scan(const char *path, const struct ts_watch *watch, struct ts_scan *out);

/* From the first frame of any stream to the last one. */
int64_t tsfile_duration_ms(const struct ts_scan *scan);

/* True for a file that begins like MPEG-TS. */
bool tsfile_probe(const char *path);

#endif
