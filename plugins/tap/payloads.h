/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a peer's own session description says of its payload types: how a plugin is understood that does not tell what its handles send. */
#ifndef TSR_PLUGINS_TAP_PAYLOADS_H
#define TSR_PLUGINS_TAP_PAYLOADS_H

#include <stdint.h>

#define PAYLOAD_TYPES 128

/* Of all media lines of a BUNDLE group a type means the same (RFC 9143 section 9.1). */
struct payloads {
	uint8_t codec[PAYLOAD_TYPES]; /* a tsr_codec; TSR_CODEC_NONE = not said, or none that is recorded */
};

/* Reads a=rtpmap of all media lines; what it does not say stays. Any text may come. */
void payloads_read(struct payloads *payloads, const char *sdp);

#endif
