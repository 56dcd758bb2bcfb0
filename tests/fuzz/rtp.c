/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of the RTP and RTCP parsers: the input is one packet. */
#include "recorder/rtp/packet.h"

#include "targets.h"

void fuzz_rtp(const uint8_t *data, size_t size)
{
	struct rtp_packet pkt;
	struct rtcp_sr sr;
	if (rtp_parse(data, size, &pkt) == TSR_OK && pkt.payload_size > 0) {
		FUZZ_ASSERT(pkt.payload > data && pkt.payload + pkt.payload_size <= data + size);
		FUZZ_ASSERT(pkt.payload_type < 128 && pkt.arrival_us == 0);
		int8_t turns = rtp_orientation(data, size, (uint8_t)(pkt.seq % 16));
		FUZZ_ASSERT(turns >= -1 && turns <= 3);
	}
	(void)rtp_is_rtcp(data, size);
	const uint8_t *end = data + size;
	size_t left;
	tsr_error err;
	do {
		left = size;
		err = rtcp_next_sr(&data, &size, &sr);
		FUZZ_ASSERT(data + size == end);
		FUZZ_ASSERT(err == TSR_OK ? size < left : err == TSR_E_NOTFOUND || err == TSR_E_MALFORMED);
	} while (err == TSR_OK);
}
