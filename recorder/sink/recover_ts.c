/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recovery of a transport stream: what is unfinished at its end is overwritten or cut off (tsscan.h). Constant memory. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "recover_format.h"
#include "tsscan.h"

#define BLOCK_BYTES (1024 * TSSCAN_PACKET_BYTES)

struct state {
	struct tsscan scan;
	uint64_t size, rewrite_start;
	uint64_t zeroes; /* packets of nothing but zeroes, as a crash may leave them */
	uint8_t block[BLOCK_BYTES];
};

static bool all_zero(const uint8_t *data, size_t size)
{
	return size == 0 || (data[0] == 0 && memcmp(data, data + 1, size - 1) == 0);
}

/* 0, or -1 and errno. */
static int scan_packets(struct state *s, int fd)
{
	struct tsscan *scan = &s->scan;
	tsscan_init(scan);
	s->zeroes = 0;
	for (;;) {
		uint64_t at = scan->offset;
		ssize_t size = recover_read(fd, s->block, BLOCK_BYTES, at);
		if (size < 0)
			return -1;
		for (ssize_t i = 0; i + TSSCAN_PACKET_BYTES <= size; i += TSSCAN_PACKET_BYTES) {
			const uint8_t *packet = s->block + i;
			s->zeroes += all_zero(packet, TSSCAN_PACKET_BYTES);
			tsscan_take(scan, packet);
		}
		if (size == BLOCK_BYTES)
			continue;
		/* The rest of a packet: part of ours, or of nobody knows what. */
		size_t rest = (size_t)size % TSSCAN_PACKET_BYTES;
		const uint8_t *tail = s->block + size - rest;
		if (rest > 0 && tail[0] != 0x47 && !all_zero(tail, rest))
			scan->bad++;
		s->size = at + (uint64_t)size;
		return 0;
	}
}

static void add_track(struct recover_found *found, const struct tsscan *scan, const struct tsscan_pid *p)
{
	if (!p->pes || p->units == 0 || found->tracks == LIMIT_TRACKS)
		return;
	found->track[found->tracks++] = (struct recover_track){
		.id = p->pid,
		.codec = tstables_codec(&scan->tables, p->pid),
		.frames = p->units,
		.first_pts_90k = p->first_pts_90k,
		.last_pts_90k = p->last_pts_90k,
	};
}

static int scan_file(void *state, int fd, struct recover_found *found)
{
	struct state *s = state;
	*found = (struct recover_found){0};
	if (scan_packets(s, fd) != 0)
		return -1;
	const struct tsscan *scan = &s->scan;
	found->ours = !scan->too_many && scan->bad - s->zeroes <= scan->packets / 2;
	for (unsigned i = 0; i < scan->pids; i++)
		add_track(found, scan, &scan->pid[i]);
	s->rewrite_start = s->size;
	found->bytes = found->tracks > 0 ? tsscan_cut(scan, &s->rewrite_start) : 0;
	return 0;
}

/* Overwrites what is unfinished in front of `cut`. 0, or -1 and errno. */
static int rewrite(struct state *s, int fd, uint64_t cut)
{
	for (uint64_t at = s->rewrite_start; at < cut;) {
		ssize_t size = recover_read(fd, s->block, BLOCK_BYTES, at);
		if (size < TSSCAN_PACKET_BYTES) {
			errno = size < 0 ? errno : EIO;
			return -1;
		}
		size -= size % TSSCAN_PACKET_BYTES;
		bool changed = false;
		for (ssize_t i = 0; i < size && at + (uint64_t)i < cut; i += TSSCAN_PACKET_BYTES)
			changed |= tsscan_rewrite(&s->scan, at + (uint64_t)i, s->block + i);
		if (changed && recover_write(fd, s->block, (size_t)size, at) != 0)
			return -1;
		at += (uint64_t)size;
	}
	return 0;
}

static int complete(void *state, int fd, struct recover_found *found)
{
	struct state *s = state;
	if (found->bytes == s->size && s->rewrite_start >= found->bytes)
		return 0;
	return rewrite(s, fd, found->bytes) != 0 ? -1 : ftruncate(fd, (off_t)found->bytes);
}

const struct recover_format recover_ts = {
	.state_size = sizeof(struct state),
	.scan = scan_file,
	.complete = complete,
};
