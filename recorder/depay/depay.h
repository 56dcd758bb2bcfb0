/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Depacketizers: payloads of one track, in sequence order, become frames. A codec is one file with one const ops struct,
 * listed in depay.c. */
#ifndef TSR_DEPAY_DEPAY_H
#define TSR_DEPAY_DEPAY_H

#include "../common/frame.h"
#include "../rtp/packet.h"

struct depay;

/* What the SDP says of the payload format. Zeroes mean: the format's default. */
struct depay_config {
	uint32_t clock_rate;
	uint8_t channels;
	/* RFC 2198 RED: the payload type of the redundant blocks; 0 when RED is not negotiated */
	uint8_t red_payload_type;
	/* H.264 sprop-parameter-sets, decoded to Annex B by the caller; borrowed for the call. May be NULL. */
	const uint8_t *parameter_sets;
	size_t parameter_sets_size;
};

struct depay_stats {
	uint64_t frames;         /* handed on whole */
	uint64_t frames_damaged; /* dropped because a part was lost */
	uint64_t malformed;      /* payloads that break their format */
	uint64_t too_large;      /* frames beyond LIMIT_FRAME_BYTES */
	uint64_t keyframes;
	/* Since the last frame, or since the beginning: */
	unsigned packets_in_vain;  /* payloads */
	unsigned pictures_in_vain; /* timestamps */
	const char *looks_like;    /* what they plainly are instead (foreign.h); NULL = nothing that is known */
};

/* What a decoder may begin with, when no keyframe comes. */
enum depay_entry {
	DEPAY_ENTRY_KEYFRAME, /* only that, or a recovery point */
	DEPAY_ENTRY_WITH_SETS, /* a picture that comes with its parameter sets, and the one before it does not (x265's intra refresh) */
	DEPAY_ENTRY_ANY, /* any whose parameter sets are known */
};

/* All but push are NULL where there is nothing to do. */
struct depay_ops {
	tsr_codec codec;
	size_t state_size; /* zeroed before init */
	tsr_error (*init)(void *state, const struct depay_config *config);
	void (*finish)(void *state);
	/* One payload in order. `lost`: at least one packet right before it is missing. Emits 0 to n frames through
	 * depay_emit(). */
	void (*push)(struct depay *d, void *state, const struct rtp_packet *pkt, bool lost);
	/* No more packets: emit what is whole, drop what is not. */
	void (*flush)(struct depay *d, void *state);
	/* Something behind what was pushed is lost, or nothing has come for long (`silence`): emit what waits to be known whole, if it may
	 * be taken for that. */
	void (*settle)(struct depay *d, void *state, bool silence);
	void (*accept_entry)(void *state, enum depay_entry entry); /* depay_accept_entry */
};

/* TSR_OK and *out (owned by the caller), TSR_E_UNSUPPORTED for a codec without a depacketizer, or TSR_E_NOMEM.
 * Each frame goes to `emit` on the thread that pushes; `emit`'s error is returned by depay_push. Not thread-safe. */
TSR_MUST_USE tsr_error depay_create(tsr_codec codec, const struct depay_config *config, frame_cb emit, void *ctx,
				    struct depay **out);
void depay_destroy(struct depay *d);

/* Empty payloads are ignored. A bad payload is counted and spoils the frame it belongs to; it is not an error.
 * After something was lost the next whole frame has `discontinuity` set. */
TSR_MUST_USE tsr_error depay_push(struct depay *d, const struct rtp_packet *pkt, bool lost);
TSR_MUST_USE tsr_error depay_flush(struct depay *d);

/* No keyframe comes: the next such picture is handed on as one, with its parameter sets in front of it. False: with this codec there is
 * no such thing. */
bool depay_accept_entry(struct depay *d, enum depay_entry entry);

/* Nothing has come for long: what was only waiting for the next packet is handed on. Returns emit's error. */
TSR_MUST_USE tsr_error depay_settle(struct depay *d);

const struct depay_stats *depay_stats(const struct depay *d);
bool depay_supports(tsr_codec codec);

/* Whether this payload is the first of a picture that can be decoded alone, as far as a look at it tells: then nothing that is needed
 * comes before it. Any payload; false for sound. */
bool depay_begins(tsr_codec codec, const struct rtp_packet *pkt);

/* For the ops: hands a frame on (sets codec and discontinuity, counts it). */
void depay_emit(struct depay *d, struct frame *frame);
/* For the ops: the frame being gathered is lost; counts it and marks the next one with `discontinuity`. */
void depay_damaged(struct depay *d);
/* For the ops: a payload breaks its format; counts it. */
void depay_malformed(struct depay *d);
/* For the ops: a frame went past its cap; counts it. */
void depay_too_large(struct depay *d);

#endif
