/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The byte stream format of H.264 and H.265 (Annex B of both): NAL units between start codes. */
#ifndef TSR_BITSTREAM_ANNEXB_H
#define TSR_BITSTREAM_ANNEXB_H

#include "../common/buf.h"
#include "../common/reader.h"

#define ANNEXB_START_CODE_SIZE 4
extern const uint8_t annexb_start_code[ANNEXB_START_CODE_SIZE];

/* Appends a start code and the NAL unit. Errors as buf_append; on failure nothing was appended. */
TSR_MUST_USE tsr_error annexb_append(struct buf *out, const uint8_t *nal, size_t size);

/* Where the next start code (three bytes) begins; `size` when there is none. */
size_t annexb_find_start_code(const uint8_t *data, size_t size);

/* How many bytes of `size` a NAL unit has without the zero bytes behind it. */
size_t annexb_trim(const uint8_t *nal, size_t size);

/* The size of a start code that `data` begins with, two zero bytes or more and 01; 0 when it begins with something else. */
size_t annexb_prefix(const uint8_t *data, size_t size);

/* The next NAL unit of a byte stream as a borrowed pointer, without zero bytes around it. False at the end. */
bool annexb_next(struct reader *stream, const uint8_t **nal, size_t *size);

#endif
