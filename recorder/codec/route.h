/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copy when the container carries a codec, transcode when it does not: the table. */
#ifndef TSR_CODEC_ROUTE_H
#define TSR_CODEC_ROUTE_H

#include "../common/codec.h"
#include "../common/container.h"

struct codec_ops;

struct route {
	tsr_codec in;
	tsr_codec out;
	bool transcode;
	const struct codec_ops *ops;
};

/* The way of a codec into the container. What it carries is copied, but sound that it can have as AAC too, when `audio_mode` says so.
 * NULL when the codec cannot be recorded there. The result is constant. */
const struct route *route_find(tsr_codec in, tsr_container container, tsr_audio_mode audio_mode);

#endif
