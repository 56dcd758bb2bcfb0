/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copy when MPEG-TS can carry a codec, transcode when it cannot: the table. */
#ifndef TSR_CODEC_ROUTE_H
#define TSR_CODEC_ROUTE_H

#include "../common/codec.h"

struct codec_ops;

struct route {
	tsr_codec in;
	tsr_codec out;
	bool transcode;
	const struct codec_ops *ops;
};

/* The way of a codec into the container. `audio_mode` matters for Opus alone: what MPEG-TS cannot carry is always transcoded.
 * NULL when the codec cannot be recorded. The result is constant. */
const struct route *route_find(tsr_codec in, tsr_audio_mode audio_mode);

#endif
