/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mediatypes.h"

/* RFC 3551 section 6: comfort noise, and what it was before. Never a medium of its own. */
#define COMFORT_NOISE     13
#define COMFORT_NOISE_OLD 19
/* So many packets, none of an announced type, and the sender means another one than it said ... */
#define STRANGERS 8
/* ... or has changed it without saying so. FEC never stands alone for so long, and events and comfort noise are smaller than any medium. */
#define STRANGERS_LATER 250
#define MEDIA_BYTES     20

bool media_types_has(const struct media_types *m, uint8_t type)
{
	if (type == COMFORT_NOISE || type == COMFORT_NOISE_OLD)
		return false;
	if (tsr_payload_types_has(&m->announced, type) || tsr_payload_types_has(&m->taken, type) ||
	    (m->red != 0 && type == m->red))
		return true;
	return tsr_payload_types_empty(&m->announced) && tsr_payload_types_empty(&m->taken);
}

bool media_types_take(struct media_types *m, uint8_t type, size_t payload_size, bool *anew)
{
	*anew = false;
	if (type == COMFORT_NOISE || type == COMFORT_NOISE_OLD)
		return false;
	bool media = media_types_has(m, type);
	if (!media && payload_size >= MEDIA_BYTES && ++m->strangers >= (m->seen ? STRANGERS_LATER : STRANGERS))
		media = *anew = true;
	if (!media)
		return false;
	m->seen = true;
	m->strangers = 0;
	if (type != m->red || m->red == 0)
		tsr_payload_types_add(&m->taken, type);
	return true;
}
