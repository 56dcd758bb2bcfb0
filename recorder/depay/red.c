/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "red.h"

#include "../common/reader.h"

/* RFC 2198 section 3: headers of four bytes, the primary's of one, then the blocks in the same order. */
unsigned red_split(const struct rtp_packet *pkt, struct rtp_packet out[LIMIT_RED_BLOCKS])
{
	struct reader r = reader_of(pkt->payload, pkt->payload_size);
	unsigned count = 0;
	bool more = true;
	while (more && count < LIMIT_RED_BLOCKS && reader_ok(&r)) {
		struct rtp_packet *block = &out[count++];
		uint8_t first = reader_u8(&r);
		*block = *pkt;
		block->payload_type = first & 0x7f;
		more = first & 0x80;
		if (more) {
			uint32_t fields = reader_be24(&r);
			block->timestamp -= fields >> 10;
			block->payload_size = fields & 0x3ff;
		}
	}
	if (more)
		return 0;
	for (unsigned i = 0; i + 1 < count; i++)
		out[i].payload = reader_bytes(&r, out[i].payload_size);
	out[count - 1].payload = r.p;
	out[count - 1].payload_size = r.left;
	return reader_ok(&r) ? count : 0;
}
