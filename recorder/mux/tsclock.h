/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What libavformat's transport stream lacks, woven into its packets on their way to the sink: a clock (PCR) that goes on whatever the
 * tracks do, tables in time, and continuity from one muxer to the next.
 *
 * libavformat writes the PCR with the frames of one track alone, and from that track's time: it stops with the track, and runs ahead of
 * one that is slower. Here it lies a fixed lead behind the newest frame of any track, so that one that comes late by less than the lead
 * still comes before its time (ISO 13818-1 section 2.4.2). Frames of the PCR's track carry it as libavformat placed it, with our value;
 * where that is too seldom, packets of that PID without payload do (section 2.4.3.5). Between frames nothing is written: time in the
 * file is the media's, and where they pause, it catches up before the next frame.
 *
 * One that comes later than the lead has room for is written all the same: the clock is set back, announced by the discontinuity indicator
 * as any new time base is, and its lead is longer from then on. */
#ifndef TSR_MUX_TSCLOCK_H
#define TSR_MUX_TSCLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/limits.h"
#include "../sink/sink.h"

#define TS_PACKET 188
/* PAT, SDT and PMT beside the tracks. */
#define TSCLOCK_PIDS (LIMIT_TRACKS + 3)
/* PAT and a PMT of LIMIT_TRACKS streams. */
#define TSCLOCK_TABLES 4

struct tsclock {
	struct sink *sink;
	uint16_t pcr_pid;   /* 0 = not known yet */
	int64_t lead_90k;   /* of the newest frame over the PCR */
	bool ticks;         /* a PCR was written */
	int64_t pcr_90k;    /* the last one */
	int64_t newest_90k; /* latest time of any frame */
	bool due;           /* a frame was begun, none of its packets has come yet */
	bool begins;        /* tables come before it, libavformat's or ours */
	bool gap;           /* something is missing before it: the time base is a new one */
	int64_t frame_90k;  /* its time */
	int64_t tables_90k; /* PCR when the tables were last written */
	unsigned tables;    /* packets of them */
	uint8_t table[TSCLOCK_TABLES][TS_PACKET];
	unsigned pids;
	struct tsclock_pid {
		uint16_t pid;
		uint8_t next;     /* its continuity counter */
		bool track;       /* of the tables in force */
		int64_t seen_90k; /* PCR at its last packet */
	} pid[TSCLOCK_PIDS];
};

/* wait_90k: how long one track may keep its frames back while others go on. The sink is borrowed. */
void tsclock_init(struct tsclock *c, struct sink *sink, int64_t wait_90k);

/* The tables that come next list these PIDs. */
void tsclock_set_tracks(struct tsclock *c, const uint16_t *pids, unsigned count);

/* The next frames are about to be given to libavformat; its time to be decoded, as it will be in the file. */
void tsclock_begin_frame(struct tsclock *c, int64_t dts_90k);

/* Frames are missing before the next one. */
void tsclock_note_gap(struct tsclock *c);

/* Whoever begins to read with the next frame finds the tables before it. */
void tsclock_begin_segment(struct tsclock *c);

/* What libavformat made of it: whole packets, which are changed. The sink's error. */
TSR_MUST_USE tsr_error tsclock_take(struct tsclock *c, uint8_t *packets, size_t size);

/* An upper bound of what is written besides a frame of this time. */
size_t tsclock_room(const struct tsclock *c, int64_t dts_90k);

#endif
