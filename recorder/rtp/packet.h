/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * RTP and RTCP as bytes: RFC 3550 sections 5.1 (header), 5.3.1 (extension), 6.4.1 (SR). */
#ifndef TSR_RTP_PACKET_H
#define TSR_RTP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/error.h"

/* A parsed packet. `payload` is borrowed from the bytes that were parsed and excludes header, CSRCs, extension and
 * padding; it may be empty (padding-only probes). */
struct rtp_packet {
	const uint8_t *payload;
	size_t payload_size;
	int64_t arrival_us; /* monotonic clock; set by the caller */
	uint32_t timestamp;
	uint32_t ssrc;
	uint16_t seq;
	uint8_t payload_type;
	bool marker;
	int8_t quarter_turns; /* what rtp_orientation() said of it, set by the caller; -1 = nothing */
	bool bad_padding;     /* the header announces padding, the last byte counts none: the payload is as it came */
};

/* TSR_OK, or TSR_E_MALFORMED when version, CSRC count, extension or padding do not fit the size; *out is set only on
 * success (arrival_us to 0). Padding of 0 bytes, which some cameras announce, is none. */
TSR_MUST_USE tsr_error rtp_parse(const uint8_t *data, size_t size, struct rtp_packet *out);

/* Looks for the header extension urn:3gpp:video-orientation (3GPP TS 26.114 section 7.4.5), which has this id, in a packet that rtp_parse()
 * took. By how many quarters pictures are to be turned clockwise, 0 to 3; -1 when it is not there. */
int8_t rtp_orientation(const uint8_t *data, size_t size, uint8_t id);

/* What a sender report says of the relation between its clocks. */
struct rtcp_sr {
	uint64_t ntp; /* 32.32 fixed point seconds since 1900 */
	uint32_t rtp_ts;
	uint32_t ssrc;
};

/* Looks for the next SR in a compound packet, which may have several (RFC 3550 section 6.1; of one peer's tracks, RFC 8108): moves *data
 * and *size behind it. TSR_OK, TSR_E_NOTFOUND (there is none in what is left, which is well-formed), or TSR_E_MALFORMED. */
TSR_MUST_USE tsr_error rtcp_next_sr(const uint8_t **data, size_t *size, struct rtcp_sr *out);

/* True when the second byte marks RTCP (RFC 5761 section 4), for captures that carry both on one port. */
bool rtp_is_rtcp(const uint8_t *data, size_t size);

#endif
