/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What RTP payload types mean: the static ones of RFC 3551, and what the user says by --map or an SDP file (RFC 8866). */
#ifndef TSREC_PAYLOADS_H
#define TSREC_PAYLOADS_H

#include <stddef.h>
#include <stdint.h>

#include "recorder/recorder.h"

/* H.264/H.265 parameter sets from an fmtp line, Annex B. Two of each kind fit by far. */
#define PAYLOAD_PARAMETER_SETS 1024

struct payload_format {
	tsr_codec codec;               /* TSR_CODEC_NONE: unknown */
	bool ignored;                  /* known, but no medium of its own: rtx, ulpfec, telephone-event … */
	uint32_t clock_rate;           /* 0 = the codec's own */
	uint8_t channels;              /* 0 = the codec's own */
	bool stereo;                   /* Opus: its sender means to send it so */
	uint8_t red_payload_type;      /* RFC 2198; 0 = none */
	uint8_t orientation_extension; /* id of urn:3gpp:video-orientation; 0 = none */
	uint8_t parameter_sets[PAYLOAD_PARAMETER_SETS];
	size_t parameter_sets_size;
};

struct payloads;

struct payloads *payloads_create(void);
void payloads_destroy(struct payloads *p);

/* Takes "[PORT:]PT=CODEC[/RATE[/CHANNELS]]". TSR_OK, TSR_E_INVAL, or TSR_E_UNSUPPORTED (codec unknown); `why` gets a sentence. */
TSR_MUST_USE tsr_error payloads_add_map(struct payloads *p, const char *text, char *why, size_t why_size);

/* Takes the m-lines of an SDP file's text. TSR_OK, or TSR_E_MALFORMED when it has none that says anything. */
TSR_MUST_USE tsr_error payloads_add_sdp(struct payloads *p, const char *text);

/* The meaning of a payload type that was sent to a UDP port: a rule for that port first, then one for any port, then RFC 3551's
 * static types. NULL when nothing is known; borrowed. `p` may be NULL. */
const struct payload_format *payloads_find(const struct payloads *p, uint16_t port, uint8_t payload_type);

#define URI_VIDEO_ORIENTATION "urn:3gpp:video-orientation"

/* Reads the format parameters (RFC 8866 section 6.15) of a codec into *format: sprop-parameter-sets, sprop-vps/sps/pps,
 * channel_mapping, stereo, sprop-stereo. Unknown ones are ignored. */
void payload_read_fmtp(struct payload_format *format, const char *fmtp);

#endif
