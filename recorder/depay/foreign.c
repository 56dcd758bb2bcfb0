/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "foreign.h"

/* RFC 6184 section 5.2: what only the interleaved mode has. */
enum { STAP_B = 25, MTAP16 = 26, MTAP24 = 27, FU_B = 29 };

#define TS_PACKET_BYTES 188
#define TS_SYNC_BYTE    0x47

/* RFC 2250 section 2. Of one packet it may be by chance. */
static bool is_transport_stream(const struct rtp_packet *pkt)
{
	if (pkt->payload_size % TS_PACKET_BYTES != 0 || pkt->payload_size < 2 * TS_PACKET_BYTES)
		return false;
	for (size_t at = 0; at < pkt->payload_size; at += TS_PACKET_BYTES)
		if (pkt->payload[at] != TS_SYNC_BYTE)
			return false;
	return true;
}

/* libwebrtc's generic format: a byte that says whether a picture begins (2) and whether it is a keyframe (1), and then the picture, as
 * an Annex B stream. As a NAL unit's header that would have the temporal ID -1, which RFC 7798 section 1.1.4 forbids. */
static bool begins_generic(const struct rtp_packet *pkt)
{
	const uint8_t *p = pkt->payload;
	if (pkt->payload_size < 6 || (p[0] != 2 && p[0] != 3) || p[1] != 0 || p[2] != 0)
		return false;
	return p[3] == 1 || (p[3] == 0 && p[4] == 1);
}

static bool is_interleaved(const struct rtp_packet *pkt)
{
	uint8_t type = pkt->payload_size > 0 ? pkt->payload[0] & 0x1f : 0;
	return type == STAP_B || type == MTAP16 || type == MTAP24 || type == FU_B;
}

const struct foreign *foreign_find(tsr_codec codec, const struct rtp_packet *pkt)
{
	static const struct foreign generic = {"the H.265 of Safari before 18, a format of its own and not RFC 7798",
					       true},
				    interleaved = {"H.264 in the interleaved mode of RFC 6184, packetization-mode=2",
						   false},
				    transport_stream = {"an MPEG transport stream, RFC 2250", true};
	if (codec == TSR_CODEC_H265 && begins_generic(pkt))
		return &generic;
	if (codec == TSR_CODEC_H264 && is_interleaved(pkt))
		return &interleaved;
	return tsr_codec_is_video(codec) && is_transport_stream(pkt) ? &transport_stream : NULL;
}
