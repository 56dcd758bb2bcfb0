/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Captures: files that hold the RTP of a call. A reader yields their packets in the order in which they arrived and tells
 * what streams they belong to. It works in constant memory, whatever the file's length, and trusts nothing in it.
 *
 * A format is one struct capture_ops, listed in capture.c. One thread at a time. */
#ifndef TSREC_CAPTURE_H
#define TSREC_CAPTURE_H

#include "payloads.h"
#include "recorder/recorder.h"
#include "source.h"

/* Streams of one file; a capture of a busy server has more, the rest is counted. */
#define CAPTURE_MAX_STREAMS 64

/* One RTP stream: everything one sender sent of one medium. */
struct capture_stream {
	struct payload_format format;    /* codec TSR_CODEC_NONE: not known, name it with --map or --sdp */
	uint8_t payload_type;            /* of its first media packet */
	tsr_payload_types payload_types; /* that are its medium; empty = not known */
	uint32_t ssrc;                   /* the latest: a source may change it */
	char label[128];                 /* "10.0.0.1:5004 > 10.0.0.2:40000", or what a .mjr says of itself */
};

/* What was left out, by cause. */
struct capture_counters {
	uint64_t packets; /* yielded */
	uint64_t not_rtp; /* no UDP, or UDP that is no RTP */
	uint64_t
		ignored; /* RTP that carries no medium of its own: RTX, FEC, telephone events; yielded within a stream */
	uint64_t unexplained; /* RTP of types that nobody explained on the SSRC of a medium: yielded with it */
	uint64_t copies; /* packets that the file has twice: captured on two interfaces, or on both sides of a relay */
	uint64_t fragments;        /* of IP: not reassembled */
	uint64_t truncated;        /* the capture kept only a part of it */
	uint64_t unknown_rtcp;     /* RTCP of no stream that is known */
	uint64_t unsupported_link; /* frames of a link layer that is not known */
	uint64_t over_limit;       /* of streams beyond CAPTURE_MAX_STREAMS */
	uint64_t skipped_bytes;    /* damaged bytes that were passed over */
};

/* One packet; data is borrowed until the next call. */
struct capture_packet {
	unsigned stream;
	bool rtcp;
	const uint8_t *data;
	size_t size;
	int64_t arrival_us; /* never falls within one capture; see wall_clock */
};

struct capture {
	const struct capture_ops *ops;
	struct source *source;
	const struct payloads *payloads; /* borrowed; may be NULL */
	struct capture_stream streams[CAPTURE_MAX_STREAMS];
	unsigned stream_count;
	struct capture_counters counters;
	bool wall_clock;   /* arrival_us is UTC since 1970; otherwise it counts from the first packet */
	bool void_times;   /* the file's times of arrival tell nothing: arrival_us is by the senders' RTP clocks */
	char problem[160]; /* why open or next failed, for people */
};

struct capture_ops {
	const char *name;
	size_t state_size; /* zeroed before open; reached through capture_state() */
	bool (*probe)(const uint8_t *head, size_t size);
	/* TSR_OK, or TSR_E_MALFORMED or TSR_E_UNSUPPORTED with c->problem set. The state owns nothing: there is nothing to close. */
	tsr_error (*open)(struct capture *c);
	tsr_error (*next)(struct capture *c, struct capture_packet *out);
};

/* Opens a file and finds out which format it has. TSR_OK and *out (owned by the caller); TSR_E_NOTFOUND, TSR_E_ACCESS, TSR_E_IO,
 * TSR_E_UNSUPPORTED (no capture, or one that cannot be used), TSR_E_MALFORMED, with a sentence in why. `payloads` says what the
 * payload types mean and is borrowed until capture_close; NULL = nothing is known. */
TSR_MUST_USE tsr_error capture_open(const char *path, const struct payloads *payloads, struct capture **out, char *why,
				    size_t why_size);

/* TSR_OK and *out; TSR_E_EOF at the end of a whole file; TSR_E_MALFORMED when the rest is cut off or damaged (c->problem says
 * where); TSR_E_IO. After anything but TSR_OK there are no more packets. A stream's index in *out is below stream_count, which
 * may have grown. */
TSR_MUST_USE tsr_error capture_next(struct capture *c, struct capture_packet *out);

/* NULL is fine. */
void capture_close(struct capture *c);

/* For the readers. */
void *capture_state(struct capture *c);
void capture_problem(struct capture *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

extern const struct capture_ops capture_mjr;
extern const struct capture_ops capture_pcap;

#endif
