/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sender reports: each goes to the clock of its track. */
#include "recording.h"
#include "rtp/packet.h"
#include "track.h"

/* A compound packet may report of several tracks, and Janus hands it over as one of them. What no track carries now may be of any that
 * has layers: it is known when one switches to it. */
static void take_report(struct track *t, const struct rtcp_sr *sr, int64_t arrival_us)
{
	const tsr_recording *r = t->r;
	for (unsigned i = 0; i < r->tracks; i++) {
		struct track *other = r->track[i];
		if (!other->ended && clockmap_carries(&other->clock, sr->ssrc)) {
			clockmap_sr(&other->clock, sr, arrival_us);
			return;
		}
	}
	for (unsigned i = 0; i < r->tracks; i++)
		if (r->track[i] == t || (r->track[i]->video && !r->track[i]->ended))
			clockmap_sr(&r->track[i]->clock, sr, arrival_us);
}

void track_rtcp(struct track *t, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct rtcp_sr sr;
	tsr_error err;
	while ((err = rtcp_next_sr(&data, &size, &sr)) == TSR_OK)
		take_report(t, &sr, arrival_us);
	if (err == TSR_E_MALFORMED)
		t->stats.malformed++;
}
