/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a picture of H.264 or H.265 ends. The marker bit says so (RFC 6184 section 5.1, RFC 7798 section 4.1), or else a new timestamp;
 * but some senders (x264 with sliced threads, cameras) set the marker on each slice, and give each a timestamp of its own, a few ticks
 * later. Then the slices themselves tell: one that does not begin a picture goes on with the one before. A picture that the marker
 * ended waits for the next packet until it is known what this sender means by it; later ones do not. */
#ifndef TSR_DEPAY_PICTURE_H
#define TSR_DEPAY_PICTURE_H

#include "gather.h"

/* What a packet begins with. */
enum picture_part {
	PART_FIRST, /* a picture: its first slice, or what goes before that */
	PART_LATER, /* a slice that is not the first of its picture */
	PART_TAIL,  /* anything else that goes on with what is there */
};

/* Zeroed is the state before the first packet. */
struct picture {
	enum { MARKER_UNPROVEN, MARKER_ENDS_PICTURE, MARKER_ENDS_SLICE } marker;
	bool marked; /* the open picture has a slice, and the latest packet the marker: it may be over */
};

/* Whether it matters what this packet begins with: not within a picture, which is nearly always. */
bool picture_may_end(const struct picture *p, const struct gather *g, const struct rtp_packet *pkt);

/* Whether the open picture was over before this packet, which picture_may_end() asked about. A loss right before it (`lost`) spoiled the
 * picture. */
bool picture_is_over(struct picture *p, const struct gather *g, const struct rtp_packet *pkt, bool lost,
		     enum picture_part part);

/* A picture was begun with this packet: spoils it when its beginning is missing. */
void picture_begins(struct picture *p, struct gather *g, bool lost, enum picture_part part);

/* The packet is taken; `has_slice`: the picture has one. Whether the picture is over. */
bool picture_ends(struct picture *p, const struct gather *g, bool marker, bool has_slice);

/* Whether the open picture is whole as far as anybody can tell: after a loss, when its marker may be trusted; at the end, or when nothing
 * has come for long (`silence`), when it had one at all. */
bool picture_is_settled(const struct picture *p, const struct gather *g, bool silence);

#endif
