/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the users of libavcodec in this folder share. */
#ifndef TSR_CODEC_LAVC_H
#define TSR_CODEC_LAVC_H

#include <libavcodec/avcodec.h>

#include "../common/error.h"

/* For AVCodecContext.log_level_offset: libavcodec logs per packet and to stderr; what matters we count or log ourselves. (It
 * keeps only eight bits of a level, so more would wrap.) */
#define LAVC_LOG_NOTHING 100

/* TSR_E_NOMEM or TSR_E_CODEC for an AVERROR. */
tsr_error lavc_error(int averror);

/* Makes `packet` hold a copy of the bytes with the padding that libavcodec demands, in a buffer that is used again for the
 * next packet as soon as no decoder refers to it. Do not av_packet_unref() between. TSR_OK or TSR_E_NOMEM. */
TSR_MUST_USE tsr_error lavc_load_packet(AVPacket *packet, const uint8_t *data, size_t size, int64_t pts);

/* Sets one option of the encoder or of libavcodec. What is refused is logged by name. TSR_OK, TSR_E_CODEC or TSR_E_NOMEM. */
TSR_MUST_USE tsr_error lavc_set_option(AVCodecContext *ctx, const char *key, const char *value);

/* Sets options given as "key=value:key=value"; NULL and "" set none. As lavc_set_option. */
TSR_MUST_USE tsr_error lavc_set_options(AVCodecContext *ctx, const char *options);

/* avcodec_open2 with its failure logged. TSR_OK, TSR_E_NOMEM or TSR_E_CODEC. */
TSR_MUST_USE tsr_error lavc_open(AVCodecContext *ctx);

#endif
