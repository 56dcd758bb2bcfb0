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
	struct rtp_packet pkt = {.marker = second & 0x80, .payload_type = second & 0x7f};
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
