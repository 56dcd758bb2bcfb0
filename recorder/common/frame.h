/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What travels between the stages after depacketizing: one coded frame, and the format of a track. */
#ifndef TSR_COMMON_FRAME_H
#define TSR_COMMON_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec.h"

/* One access unit (video) or one packet's worth of audio. `data` is borrowed: it is valid until the call that was given
 * the frame returns; whoever needs it longer copies it.
 *
 * Bytes per codec: H.264/H.265 are Annex B access units that begin with an access unit delimiter and carry their
 * parameter sets on every keyframe; VP8/VP9 are the bare frame (VP9 SVC: the layers as one superframe); AV1 is a temporal
 * unit of the low-overhead format with its temporal delimiter; audio is the RTP payload's coded bytes; AAC is raw
 * (no ADTS). */
#define FRAME_EARLIEST_DTS_90K                                                                                         \
	(-9000)                  /* the first pictures may be decoded so long before the recording's time begins */
#define FRAME_MAX_REORDER     16 /* of H.264 and H.265 alike */
#define FRAME_REORDER_UNKNOWN (-1)
struct frame {
	tsr_codec codec;
	const uint8_t *data;
	size_t size;
	uint32_t rtp_ts;    /* as on the wire; meaningless after the codec stage */
	uint32_t ssrc;      /* likewise */
	int64_t arrival_us; /* monotonic clock, of the frame's first packet */
	int64_t pts_90k;    /* recording time at which it is shown or heard; set by the recorder */
	int64_t dts_90k; /* recording time at which it is decoded: strictly rising per track, never after pts_90k, and before it only
			       where video is not shown in the order in which it comes (B-frames); from FRAME_EARLIEST_DTS_90K on */
	uint32_t samples;   /* audio: duration in units of its sample rate; 0 when unknown */
	bool keyframe;      /* video: decodable on its own; audio: always true */
	bool discontinuity; /* something of this track was lost right before this frame */
	bool droppable;     /* video: no other frame refers to it */
	uint8_t temporal_id; /* video: its temporal layer; no frame refers to one of a higher layer. 0 when there are none */
	uint8_t quarter_turns; /* video: to be turned clockwise so often by 90 degrees to be upright, 0 to 3, as the sender says */
	uint16_t width; /* video: set on keyframes when the bitstream tells; 0 otherwise */
	uint16_t height;
	int8_t reorder; /* video: likewise; how many frames may come before one and be shown after it (B-frames), 0 to
			   FRAME_MAX_REORDER, or FRAME_REORDER_UNKNOWN */
};

/* How a track's frames are to be declared in the container. Plain data, copied by value. */
#define TRACK_EXTRADATA_MAX 64
struct track_format {
	tsr_codec codec;
	uint16_t width; /* video; 0 when not known yet */
	uint16_t height;
	uint32_t sample_rate;                   /* audio, Hz */
	uint8_t channels;                       /* audio, 1 to 8 */
	uint8_t extradata[TRACK_EXTRADATA_MAX]; /* AAC: AudioSpecificConfig; Opus: OpusHead (RFC 7845 section 5.1) */
	size_t extradata_size;
};

/* Who takes frames: return value 0, or a tsr_error that the producer hands up unchanged. */
typedef int (*frame_cb)(void *ctx, const struct frame *frame);

#endif
