/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How long an Opus packet lasts (RFC 6716 section 3). */
#ifndef TSR_BITSTREAM_OPUS_H
#define TSR_BITSTREAM_OPUS_H

#include <stddef.h>
#include <stdint.h>

#include "../common/error.h"

/* Samples at 48 kHz, 120 to 5760. A multistream packet (RFC 7845 section 3) says it in its first stream alike.
 * TSR_OK and *out, or TSR_E_MALFORMED when the frame count is missing or makes no sense. */
TSR_MUST_USE tsr_error opus_packet_samples(const uint8_t *data, size_t size, uint32_t *out);

#endif
