/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../bitstream/h264.h"
#include "../bitstream/h265.h"
#include "../common/reader.h"

#include "depay.h"

/* RFC 6184 section 5.4, RFC 7798 section 4.4 */
enum { STAP_A = 24, AGGREGATION = 48 };

/* The delimiter, or the sets that go before a keyframe. A keyframe whose sets the SDP has may have them before it all the same. */
static bool begins_h264(struct reader r)
{
	uint8_t type = reader_u8(&r) & 0x1f;
	if (type == STAP_A) {
		reader_skip(&r, 2);
		type = reader_u8(&r) & 0x1f;
	}
	return type == H264_NAL_SPS || type == H264_NAL_AUD;
}

static bool begins_h265(struct reader r)
{
	uint8_t type = reader_u8(&r) >> 1 & 0x3f;
	if (type == AGGREGATION) {
		reader_skip(&r, 3);
		type = reader_u8(&r) >> 1 & 0x3f;
	}
	return type == H265_NAL_VPS || type == H265_NAL_AUD;
}

/* RFC 7741 section 4.2 and 4.3: the first partition's beginning, and no P in its header. */
static bool begins_vp8(struct reader r)
{
	uint8_t first = reader_u8(&r), extension = first & 0x80 ? reader_u8(&r) : 0;
	if (extension & 0x80 && reader_u8(&r) & 0x80)
		reader_skip(&r, 1); /* a picture ID of 15 bits */
	reader_skip(&r, (extension & 0x40 ? 1 : 0) + (extension & 0x30 ? 1 : 0));
	return (first & 0x1f) == 0x10 && !(reader_u8(&r) & 1) && reader_ok(&r);
}

/* RFC 9628 section 4.2: B without P, of the lowest spatial layer. */
static bool begins_vp9(struct reader r)
{
	uint8_t first = reader_u8(&r);
	if (first & 0x80 && reader_u8(&r) & 0x80)
		reader_skip(&r, 1); /* a picture ID of 15 bits */
	uint8_t spatial_id = first & 0x20 ? reader_u8(&r) >> 1 & 7 : 0;
	return (first & 0x48) == 0x08 && spatial_id == 0;
}

/* "RTP Payload Format For AV1" section 4.4: N without Z. */
static bool begins_av1(struct reader r)
{
	return (reader_u8(&r) & 0x88) == 0x08;
}

bool depay_begins(tsr_codec codec, const struct rtp_packet *pkt)
{
	struct reader r = reader_of(pkt->payload, pkt->payload_size);
	if (r.left == 0)
		return false;
	switch (codec) {
	case TSR_CODEC_H264: return begins_h264(r);
	case TSR_CODEC_H265: return begins_h265(r);
	case TSR_CODEC_VP8: return begins_vp8(r);
	case TSR_CODEC_VP9: return begins_vp9(r);
	case TSR_CODEC_AV1: return begins_av1(r);
	default: return false;
	}
}
