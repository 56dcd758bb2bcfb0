/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mediatypes.h"

/* RFC 3551 section 6: comfort noise, and what it was before. Never a medium of its own. */
#define COMFORT_NOISE     13
#define COMFORT_NOISE_OLD 19
/* So many packets, none of an announced type, and the sender means another one than it said. */
#define STRANGERS 8

bool media_types_has(const struct media_types *m, uint8_t type)
{
	if (type == COMFORT_NOISE || type == COMFORT_NOISE_OLD)
		return false;
	if (tsr_payload_types_has(&m->announced, type) || tsr_payload_types_has(&m->taken, type) ||
	    (m->red != 0 && type == m->red))
		return true;
	return tsr_payload_types_empty(&m->announced) && tsr_payload_types_empty(&m->taken);
}

bool media_types_take(struct media_types *m, uint8_t type, bool *anew)
{
	*anew = false;
	if (type == COMFORT_NOISE || type == COMFORT_NOISE_OLD)
		return false;
	bool media = media_types_has(m, type);
	if (!media && !m->seen && ++m->strangers >= STRANGERS)
		media = *anew = true;
	if (!media)
		return false;
	m->seen = true;
	if (type != m->red || m->red == 0)
		tsr_payload_types_add(&m->taken, type);
	return true;
}
