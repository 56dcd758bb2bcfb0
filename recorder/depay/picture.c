/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "picture.h"

bool picture_may_end(const struct picture *p, const struct gather *g, const struct rtp_packet *pkt)
{
	return !g->open || p->marked || g->rtp_ts != pkt->timestamp;
}

bool picture_is_over(struct picture *p, const struct gather *g, const struct rtp_packet *pkt, bool lost,
		     enum picture_part part)
{
	bool same_ts = g->rtp_ts == pkt->timestamp;
	if (lost)
		return !same_ts || part == PART_FIRST;
	if (!p->marked)
		return !same_ts && part == PART_FIRST;
	if (part == PART_LATER)
		p->marker = MARKER_ENDS_SLICE;
	else if (part == PART_FIRST && p->marker == MARKER_UNPROVEN)
		p->marker = MARKER_ENDS_PICTURE;
	return part == PART_FIRST;
}

void picture_begins(struct picture *p, struct gather *g, bool lost, enum picture_part part)
{
	p->marked = false;
	if (part != PART_LATER)
		return;
	gather_spoil(g);
	if (!lost) /* the marker before it did not end the picture */
		p->marker = MARKER_ENDS_SLICE;
}

bool picture_ends(struct picture *p, const struct gather *g, bool marker, bool has_slice)
{
	/* Some senders set the marker on parameter sets that they send by themselves. */
	p->marked = marker && (has_slice || g->spoiled);
	return p->marked && (p->marker == MARKER_ENDS_PICTURE || (p->marker == MARKER_UNPROVEN && g->spoiled));
}

bool picture_is_settled(const struct picture *p, const struct gather *g, bool silence)
{
	return g->open && !g->spoiled && p->marked && (silence || p->marker != MARKER_ENDS_SLICE);
}
