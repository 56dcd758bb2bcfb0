/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The records that ISO containers and Matroska say at a track's beginning how to decode it with: avcC (ISO 14496-15 section 5.3.3), hvcC (section
 * 8.3.3), av1C (AV1 in ISOBMFF section 2.3) and vpcC; and frames as they are stored there. */
#ifndef TSR_BITSTREAM_CONFIG_RECORD_H
#define TSR_BITSTREAM_CONFIG_RECORD_H

#include "../common/buf.h"
#include "../common/codec.h"

/* Appends the record, made from a keyframe as frame.h has it. Nothing for codecs that need none. TSR_OK; TSR_E_MALFORMED when the frame lacks what it
 * says; else as buf_append. */
TSR_MUST_USE tsr_error config_record_write(tsr_codec codec, const uint8_t *frame, size_t size, struct buf *out);

/* Appends the content of a vpcC box (VP Codec ISO Media File Format Binding, version 1.0), made from a keyframe of VP9. Errors as above. */
TSR_MUST_USE tsr_error config_record_write_vpcc(const uint8_t *frame, size_t size, struct buf *out);

/* Appends the frame as it is stored: of H.264 and H.265 each NAL unit behind its length in 4 bytes, without access unit delimiters; of AV1 without
 * temporal delimiters; others as they are. Errors as buf_append. */
TSR_MUST_USE tsr_error config_record_append(tsr_codec codec, const uint8_t *frame, size_t size, struct buf *out);

/* An upper bound of what that appends. */
size_t config_record_room(tsr_codec codec, size_t size);

#endif
