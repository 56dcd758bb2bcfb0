/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "packet.h"

#include "../common/reader.h"

#define RTP_VERSION 2
#define RTCP_SR     200
#define RTCP_FIRST  192
#define RTCP_LAST   223

/* The payload's size once padding is off (RFC 3550 section 5.1: the last byte counts the padding, itself included). */
static bool strip_padding(struct rtp_packet *pkt)
{
	uint8_t padding = pkt->payload_size > 0 ? pkt->payload[pkt->payload_size - 1] : 0;
	if (padding > pkt->payload_size)
		return false;
	pkt->bad_padding = padding == 0;
	pkt->payload_size -= padding;
	return true;
}

tsr_error rtp_parse(const uint8_t *data, size_t size, struct rtp_packet *out)
{
	struct reader r = reader_of(data, size);
	uint8_t first = reader_u8(&r), second = reader_u8(&r);
	struct rtp_packet pkt = {.marker = second & 0x80, .payload_type = second & 0x7f, .quarter_turns = -1};
	pkt.seq = reader_be16(&r);
	pkt.timestamp = reader_be32(&r);
	pkt.ssrc = reader_be32(&r);
	if (!reader_ok(&r) || first >> 6 != RTP_VERSION)
		return TSR_E_MALFORMED;
	reader_skip(&r, (size_t)(first & 0x0f) * 4); /* CSRCs */
	if (first & 0x10) {                          /* header extension: profile, length in 32-bit words */
		reader_skip(&r, 2);
		reader_skip(&r, (size_t)reader_be16(&r) * 4);
	}
	if (!reader_ok(&r))
		return TSR_E_MALFORMED;
	pkt.payload = r.p;
	pkt.payload_size = r.left;
	if (first & 0x20 && !strip_padding(&pkt))
		return TSR_E_MALFORMED;
	*out = pkt;
	return TSR_OK;
}

/* RFC 8285 sections 4.2 and 4.3: elements with a header of one byte or two. The first byte of the one with this id, or -1. */
static int find_element(struct reader r, bool two_bytes, uint8_t id)
{
	while (r.left > 0) {
		uint8_t header = reader_u8(&r);
		if (header == 0) /* padding */
			continue;
		uint8_t found = two_bytes ? header : header >> 4;
		size_t size = two_bytes ? reader_u8(&r) : (size_t)(header & 15) + 1;
		if (!two_bytes && found == 15) /* reserved: ends the list */
			return -1;
		const uint8_t *value = reader_bytes(&r, size);
		if (found == id)
			return value != NULL && size > 0 ? value[0] : -1;
	}
	return -1;
}

int8_t rtp_orientation(const uint8_t *data, size_t size, uint8_t id)
{
	struct reader r = reader_of(data, size);
	uint8_t first = reader_u8(&r);
	if (id == 0 || !(first & 0x10))
		return -1;
	reader_skip(&r, 11 + (size_t)(first & 0x0f) * 4);
	uint16_t profile = reader_be16(&r);
	size_t extension_size = (size_t)reader_be16(&r) * 4;
	const uint8_t *extension = reader_bytes(&r, extension_size);
	bool two_bytes = (profile & 0xfff0) == 0x1000;
	if (extension == NULL || (profile != 0xbede && !two_bytes))
		return -1;
	/* 0 0 0 0 C F R1 R0: C and F, of the camera in the back and of a mirrored picture, are not for a recording. */
	int value = find_element(reader_of(extension, extension_size), two_bytes, id);
	return value < 0 ? -1 : (int8_t)(value & 3);
}

tsr_error rtcp_next_sr(const uint8_t **data, size_t *size, struct rtcp_sr *out)
{
	struct reader r = reader_of(*data, *size);
	while (r.left > 0) {
		uint8_t first = reader_u8(&r), type = reader_u8(&r);
		size_t body_size = (size_t)reader_be16(&r) * 4;
		const uint8_t *body = reader_bytes(&r, body_size);
		if (!reader_ok(&r) || first >> 6 != RTP_VERSION)
			return TSR_E_MALFORMED;
		if (type != RTCP_SR)
			continue;
		struct reader sr = reader_of(body, body_size);
		struct rtcp_sr report = {.ssrc = reader_be32(&sr)};
		report.ntp = reader_be64(&sr);
		report.rtp_ts = reader_be32(&sr);
		if (!reader_ok(&sr))
			return TSR_E_MALFORMED;
		*out = report;
		*data = r.p;
		*size = r.left;
		return TSR_OK;
	}
	return TSR_E_NOTFOUND;
}

bool rtp_is_rtcp(const uint8_t *data, size_t size)
{
	return size >= 2 && data[1] >= RTCP_FIRST && data[1] <= RTCP_LAST;
}
