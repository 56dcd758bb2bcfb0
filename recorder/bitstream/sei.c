/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sei.h"

#include "bits.h"

#define RECOVERY_POINT 6

/* A number in bytes of which all but the last are 255. */
static uint32_t read_number(struct bits *b)
{
	uint32_t sum = 0, byte;
	do {
		byte = bits_u(b, 8);
		sum += byte;
	} while (byte == 255 && bits_ok(b));
	return sum;
}

bool sei_has_recovery_point(const uint8_t *body, size_t size)
{
	struct bits b = bits_of_nal(body, size);
	while (b.in.left > 1) { /* the last byte is the trailing bits */
		uint32_t type = read_number(&b), length = read_number(&b);
		if (!bits_ok(&b))
			return false;
		if (type == RECOVERY_POINT)
			return true;
		for (; length > 0 && bits_ok(&b); length--)
			bits_next_byte(&b);
		b.left = 0;
	}
	return false;
}
