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
	}
	tsr_error err = rtcp_find_sr(data, size, &sr);
	FUZZ_ASSERT(err == TSR_OK || err == TSR_E_NOTFOUND || err == TSR_E_MALFORMED);
	(void)rtp_is_rtcp(data, size);
}
