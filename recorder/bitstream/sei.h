/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Supplemental enhancement information of H.264 (section 7.3.2.3) and H.265 (section 7.3.5), whose messages are put together alike. */
#ifndef TSR_BITSTREAM_SEI_H
#define TSR_BITSTREAM_SEI_H

#include "../common/reader.h"

/* Whether one of the messages is a recovery point (H.264 section D.2.8, H.265 section D.3.8): decoding may begin with the access unit,
 * and what it shows is right after a while. `body` is the NAL unit behind its header. */
bool sei_has_recovery_point(const uint8_t *body, size_t size);

#endif
