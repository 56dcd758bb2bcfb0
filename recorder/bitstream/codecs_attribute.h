/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a player is told of a codec beforehand: the names of RFC 6381, as HLS's CODECS attribute has them. */
#ifndef TSR_BITSTREAM_CODECS_ATTRIBUTE_H
#define TSR_BITSTREAM_CODECS_ATTRIBUTE_H

#include <stddef.h>
#include <stdint.h>

#include "../common/codec.h"

/* Of a keyframe of H.264 or H.265 (Annex B, with its parameter sets), e.g. "avc1.42e01f" (ISO 14496-15 section E.3). What cannot be
 * told leaves `out` as it is. */
void codecs_attribute_video(tsr_codec codec, const uint8_t *frame, size_t size, char *out, size_t out_size);

#endif
