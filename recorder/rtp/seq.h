/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arithmetic on numbers that wrap: RTP sequence numbers (16 bits) and timestamps (32 bits). */
#ifndef TSR_RTP_SEQ_H
#define TSR_RTP_SEQ_H

#include <stdint.h>

/* The extended number nearest to `reference` whose low 16 bits are `seq`. */
static inline int64_t seq_extend(int64_t reference, uint16_t seq)
{
	return reference + (int16_t)(uint16_t)(seq - (uint16_t)reference);
}

/* The extended timestamp nearest to `reference` whose low 32 bits are `ts`. */
static inline int64_t ts_extend(int64_t reference, uint32_t ts)
{
	return reference + (int32_t)(ts - (uint32_t)reference);
}

#endif
