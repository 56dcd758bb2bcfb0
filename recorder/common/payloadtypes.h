/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A set of RTP payload types (7 bits each). Zero-initialised it is empty. */
#ifndef TSR_COMMON_PAYLOADTYPES_H
#define TSR_COMMON_PAYLOADTYPES_H

#include <stdbool.h>
#include <stdint.h>

typedef struct tsr_payload_types {
	uint64_t bits[2];
} tsr_payload_types;

static inline void tsr_payload_types_add(tsr_payload_types *set, uint8_t type)
{
	set->bits[type >> 6 & 1] |= UINT64_C(1) << (type & 63);
}

static inline bool tsr_payload_types_has(const tsr_payload_types *set, uint8_t type)
{
	return set->bits[type >> 6 & 1] >> (type & 63) & 1;
}

static inline bool tsr_payload_types_empty(const tsr_payload_types *set)
{
	return (set->bits[0] | set->bits[1]) == 0;
}

#endif
