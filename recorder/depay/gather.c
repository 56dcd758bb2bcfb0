/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather.h"

#include <string.h>

#include "../common/limits.h"

void gather_init(struct gather *g)
{
	*g = (struct gather){0};
	buf_init(&g->data, LIMIT_FRAME_BYTES);
}

void gather_finish(struct gather *g)
{
	buf_finish(&g->data);
}

void gather_open(struct gather *g, const struct rtp_packet *pkt, bool lost)
{
	/* A frame that seemed to end and goes on (a marker set too early) is as doubtful as it was. */
	bool again = g->spoiled && g->rtp_ts == pkt->timestamp;
	gather_discard(g);
	g->rtp_ts = pkt->timestamp;
	g->ssrc = pkt->ssrc;
	g->arrival_us = pkt->arrival_us;
	g->open = true;
	g->after_loss = lost || again;
}

void gather_spoil(struct gather *g)
{
	g->spoiled = true;
	buf_clear(&g->data);
}

void gather_too_large(struct depay *d, struct gather *g)
{
	depay_too_large(d);
	gather_spoil(g);
	g->too_large = true;
}

void gather_append(struct depay *d, struct gather *g, const void *bytes, size_t size)
{
	if (!g->spoiled && buf_append(&g->data, bytes, size) != TSR_OK)
		gather_too_large(d, g);
}

void gather_insert(struct depay *d, struct gather *g, size_t at, const void *bytes, size_t size)
{
	if (!g->spoiled && buf_insert(&g->data, at, bytes, size) != TSR_OK)
		gather_too_large(d, g);
}

void gather_remove(struct gather *g, size_t at, size_t size)
{
	g->data.len -= size;
	memmove(g->data.data + at, g->data.data + at + size, g->data.len - at);
}

bool gather_close(struct depay *d, struct gather *g, struct frame *frame)
{
	g->open = false;
	if (g->spoiled && !g->too_large)
		depay_damaged(d);
	if (g->spoiled)
		return false;
	*frame = (struct frame){.data = g->data.data,
				.size = g->data.len,
				.rtp_ts = g->rtp_ts,
				.ssrc = g->ssrc,
				.arrival_us = g->arrival_us};
	return true;
}

void gather_discard(struct gather *g)
{
	buf_clear(&g->data);
	g->open = g->after_loss = g->spoiled = g->too_large = false;
}

void gather_drop(struct depay *d, struct gather *g)
{
	if (g->open && !g->too_large)
		depay_damaged(d);
	gather_discard(g);
}
