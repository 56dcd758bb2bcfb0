/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The three ways through the codec stage, for the route table alone. */
#ifndef TSR_CODEC_OPS_H
#define TSR_CODEC_OPS_H

#include "codec.h"

extern const struct codec_ops copy_ops;  /* H.264, H.265, Opus: as they are */
extern const struct codec_ops video_ops; /* VP8, VP9, AV1 -> H.264 */
extern const struct codec_ops audio_ops; /* Opus, G.711, G.722, L16 -> AAC */

#endif
