/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finds out how much of a transport stream that ends anywhere is whole. Every PID carries units, one after another: PES
 * packets, or sections of tables. A decoder stumbles over a unit that was begun and not ended, so of every PID the last,
 * unfinished unit has to go, and with it what lies behind the last whole unit of all PIDs. Where whole units of one PID lie
 * behind an unfinished one of another, the latter's packets are overwritten in place.
 *
 * A unit is whole
 * - when it tells its length, as soon as that many bytes were there (a PES packet of 64 KiB and more cannot tell);
 * - otherwise with a packet that carries stuffing, which only a unit's last packet does (ISO 13818-1 section 2.4.3.5),
 * - or when the next unit of its PID begins, or an end mark stands there.
 *
 * The overwriting may be interrupted at any packet, and its writes may reach the disk in any order: a second scan finds the
 * same unit to be unfinished, and the same place to cut. Hence the end mark in the place of the unit's first packet: without
 * it the unit before might look unfinished.
 *
 * Constant memory; one pass over the packets, and a second one over the tail if something is to be overwritten. */
#ifndef TSR_SINK_TSSCAN_H
#define TSR_SINK_TSSCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/limits.h"
#include "tstables.h"

#define TSSCAN_PACKET_BYTES 188

struct tsscan_pid {
	uint16_t pid;
	bool pes;       /* it carries PES packets (else sections) */
	uint64_t units; /* whole ones */
	uint64_t bytes; /* payload of all its packets */
	bool has_pts;
	int64_t first_pts_90k; /* of whole units; last is unwrapped from first */
	int64_t last_pts_90k;

	/* The scan's own. */
	bool open;            /* a unit was begun and is not whole yet */
	uint64_t unit_start;  /* offset of its first packet */
	uint64_t unit_end;    /* behind its latest packet */
	uint64_t need, seen;  /* its bytes; need 0 = it does not tell */
	int64_t unit_pts_90k; /* -1 = none */
	uint64_t stray_start; /* first packet that belongs to no unit since the last whole one; UINT64_MAX = none */
	uint64_t whole_end;   /* behind the last whole unit */
	uint64_t closer_end;  /* behind the packet that showed an open unit to be whole: it stays for the next scan */
};

struct tsscan {
	uint64_t offset;  /* of the next packet */
	uint64_t packets; /* with a sync byte, null packets not counted */
	uint64_t bad;     /* without */
	struct tsscan_pid pid[LIMIT_SCAN_PIDS];
	unsigned pids;
	bool too_many;      /* there were more; nothing may be concluded then */
	uint8_t slot[8192]; /* of a PID in pid[], plus one; 0 = none */
	struct tstables tables;
};

void tsscan_init(struct tsscan *s);

/* The next packet of the stream. */
void tsscan_take(struct tsscan *s, const uint8_t packet[TSSCAN_PACKET_BYTES]);

/* After the last packet: the size to cut the file to. *rewrite_start is the first packet that tsscan_rewrite changes, or that
 * size when there is none. */
uint64_t tsscan_cut(const struct tsscan *s, uint64_t *rewrite_start);

/* Changes the packet at `offset` when it belongs to an unfinished unit; whether it did. */
bool tsscan_rewrite(const struct tsscan *s, uint64_t offset, uint8_t packet[TSSCAN_PACKET_BYTES]);

#endif
