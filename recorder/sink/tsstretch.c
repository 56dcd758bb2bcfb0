/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tsstretch.h"

#include <string.h>

#include "recover_format.h"

#define PACKET      188
#define BLOCK_BYTES (256 * PACKET)
#define PID_PAT     0
#define TIMES       ((int64_t)1 << 33)
/* What a frame lasts that no other follows. */
#define FRAME_90K 3000
#define NOWHERE   UINT64_MAX

struct finder {
	const struct tsstretch_config *config;
	void (*found)(void *ctx, const struct tsstretch *s);
	void *ctx;
	struct tsstretch now;
	bool any;           /* frame in `now` */
	bool pictures;      /* there are some: only theirs are keyframes */
	uint64_t tables;    /* they begin here, and no frame has come since; NOWHERE = none */
	int64_t newest_90k; /* of all frames */
};

/* The PTS of a frame that this packet begins with (ISO 13818-1 section 2.4.3.7); *random_access as section 2.4.3.5 has it. */
static int64_t pts_of(const uint8_t *p, bool *random_access, bool *picture)
{
	bool adapted = (p[3] & 0x20) != 0;
	size_t at = 4 + (adapted ? (size_t)p[4] + 1 : 0);
	*random_access = adapted && p[4] > 0 && (p[5] & 0x40) != 0;
	if (p[0] != 0x47 || (p[1] & 0x40) == 0 || (p[3] & 0x10) == 0 || at + 14 > PACKET)
		return TSSTRETCH_UNKNOWN;
	const uint8_t *pes = p + at;
	*picture = pes[3] >= 0xe0 && pes[3] <= 0xef;
	if (pes[0] != 0 || pes[1] != 0 || pes[2] != 1 || pes[3] < 0xbd || (pes[7] & 0x80) == 0)
		return TSSTRETCH_UNKNOWN;
	return (int64_t)(pes[9] >> 1 & 7) << 30 | (int64_t)pes[10] << 22 | (int64_t)(pes[11] >> 1) << 15 |
	       (int64_t)pes[12] << 7 | pes[13] >> 1;
}

/* The one of the times that a PTS of 33 bits may mean that is next to another. */
static int64_t near(int64_t pts_90k, int64_t other_90k)
{
	int64_t away = (pts_90k - other_90k) % TIMES;
	if (away < 0)
		away += TIMES;
	return other_90k + (away >= TIMES / 2 ? away - TIMES : away);
}

static void end_stretch(struct finder *f, uint64_t at, int64_t next_90k)
{
	f->now.end = at;
	f->now.end_90k = next_90k;
	if (f->any && at > f->now.begin && next_90k > f->now.begin_90k)
		f->found(f->ctx, &f->now);
	f->now = (struct tsstretch){.begin = at};
	f->any = false;
}

static void begin_stretch(struct finder *f, int64_t pts_90k)
{
	const struct tsstretch_config *c = f->config;
	bool first = f->now.begin == c->from;
	if (first && c->expected_90k != TSSTRETCH_UNKNOWN) {
		pts_90k = near(pts_90k, c->expected_90k);
		int64_t away = pts_90k - c->expected_90k;
		f->now.apart = away > c->hole_90k || away < -c->hole_90k;
	}
	f->now.begin_90k = f->newest_90k = pts_90k;
	f->any = true;
}

static void take(struct finder *f, const uint8_t *packet, uint64_t at)
{
	const struct tsstretch_config *c = f->config;
	bool key;
	if (packet[0] == 0x47 && (packet[1] & 0x1f) == 0 && packet[2] == PID_PAT)
		f->tables = at;
	bool picture;
	int64_t pts_90k = pts_of(packet, &key, &picture);
	if (pts_90k == TSSTRETCH_UNKNOWN)
		return;
	f->pictures |= picture;
	key = key && picture == f->pictures;
	if (f->any) {
		pts_90k = near(pts_90k, f->newest_90k);
		int64_t length = pts_90k - f->now.begin_90k;
		if (f->tables != NOWHERE && ((key && length >= c->least_90k) || length >= c->most_90k))
			end_stretch(f, f->tables, pts_90k);
	}
	if (!f->any)
		begin_stretch(f, pts_90k);
	f->tables = NOWHERE;
	if (pts_90k > f->newest_90k)
		f->newest_90k = pts_90k;
}

void tsstretch_find(int fd, const struct tsstretch_config *config, void (*found)(void *ctx, const struct tsstretch *s),
		    void *ctx)
{
	uint8_t block[BLOCK_BYTES];
	struct finder f = {.config = config, .found = found, .ctx = ctx, .tables = NOWHERE, .now.begin = config->from};
	uint64_t at = config->from;
	while (at + PACKET <= config->to) {
		ssize_t size = recover_read(fd, block, BLOCK_BYTES, at);
		if (size < PACKET)
			break;
		for (ssize_t i = 0; i + PACKET <= size && at + PACKET <= config->to; i += PACKET, at += PACKET)
			take(&f, block + i, at);
	}
	end_stretch(&f, at, f.newest_90k + FRAME_90K);
}

int64_t tsstretch_first(int fd, uint64_t from, uint64_t to)
{
	uint8_t block[BLOCK_BYTES];
	bool key, picture;
	for (uint64_t at = from; at + PACKET <= to;) {
		ssize_t size = recover_read(fd, block, BLOCK_BYTES, at);
		if (size < PACKET)
			break;
		for (ssize_t i = 0; i + PACKET <= size && at + PACKET <= to; i += PACKET, at += PACKET) {
			int64_t pts_90k = pts_of(block + i, &key, &picture);
			if (pts_90k != TSSTRETCH_UNKNOWN)
				return pts_90k;
		}
	}
	return TSSTRETCH_UNKNOWN;
}
