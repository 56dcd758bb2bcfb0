/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tsclock.h"

#include <string.h>

#define PID_PAT 0
#define PID_PMT 0x1000 /* libavformat's */
#define TIMES   ((uint64_t)1 << 33)

/* From one PCR to the next; ISO 13818-1 section 2.7.2 allows 100 ms. */
#define STEP_90K (90 * 90)
/* TR 101 290 wants the tables each 500 ms and each PID of theirs each 5 s. */
#define TABLES_90K (400 * 90)
#define PID_90K    (4000 * 90)
/* A frame has come when the clock makes its next step. */
#define MARGIN_90K (100 * 90)
/* What a track may be slower by than another, besides what it waits for: encoders, silence that is made up, turns. */
#define SLOWER_90K (300 * 90)
/* A pause of more than a minute is jumped over. */
#define PAUSE_90K (60 * 90000)

void tsclock_init(struct tsclock *c, struct sink *sink, int64_t wait_90k)
{
	*c = (struct tsclock){.sink = sink, .lead_90k = wait_90k + SLOWER_90K + MARGIN_90K};
}

static struct tsclock_pid *find_pid(struct tsclock *c, uint16_t pid)
{
	for (unsigned i = 0; i < c->pids; i++)
		if (c->pid[i].pid == pid)
			return &c->pid[i];
	if (c->pids == TSCLOCK_PIDS)
		return NULL;
	c->pid[c->pids] = (struct tsclock_pid){.pid = pid};
	return &c->pid[c->pids++];
}

void tsclock_set_tracks(struct tsclock *c, const uint16_t *pids, unsigned count)
{
	for (unsigned i = 0; i < c->pids; i++)
		c->pid[i].track = false;
	for (unsigned i = 0; i < count; i++) {
		struct tsclock_pid *p = find_pid(c, pids[i]);
		if (p == NULL)
			continue;
		p->track = true;
		p->seen_90k = c->pcr_90k;
	}
}

void tsclock_begin_frame(struct tsclock *c, int64_t dts_90k)
{
	c->due = true;
	c->frame_90k = dts_90k;
}

void tsclock_note_gap(struct tsclock *c)
{
	c->gap = true;
}

void tsclock_begin_segment(struct tsclock *c)
{
	c->begins = true;
}

/* ---- packets ------------------------------------------------------------------------------------------------------- */

static uint16_t pid_of(const uint8_t *packet)
{
	return (uint16_t)((packet[1] & 0x1f) << 8 | packet[2]);
}

/* ISO 13818-1 section 2.4.3.5: 33 bits at 90 kHz, 6 reserved, 9 at 27 MHz. */
static void put_pcr(uint8_t *field, int64_t pcr_90k)
{
	uint64_t base = (uint64_t)pcr_90k % TIMES;
	field[0] = (uint8_t)(base >> 25);
	field[1] = (uint8_t)(base >> 17);
	field[2] = (uint8_t)(base >> 9);
	field[3] = (uint8_t)(base >> 1);
	field[4] = (uint8_t)(base << 7) | 0x7e;
	field[5] = 0;
}

#define NO_PCR INT64_MIN

/* A packet without payload, which repeats the counter of the one before it (section 2.4.3.3). */
static tsr_error write_empty(struct tsclock *c, uint16_t pid, int64_t pcr_90k, bool announced)
{
	struct tsclock_pid *p = find_pid(c, pid);
	uint8_t packet[TS_PACKET];
	memset(packet, 0xff, sizeof(packet));
	packet[0] = 0x47;
	packet[1] = (uint8_t)(pid >> 8);
	packet[2] = (uint8_t)pid;
	packet[3] = 0x20 | (p != NULL ? (p->next - 1) & 15 : 0);
	packet[4] = TS_PACKET - 5;
	packet[5] = announced ? 0x80 : 0;
	if (pcr_90k != NO_PCR) {
		packet[5] |= 0x10;
		put_pcr(packet + 6, pcr_90k);
	}
	if (p != NULL)
		p->seen_90k = c->pcr_90k;
	return sink_write(c->sink, packet, sizeof(packet));
}

static tsr_error write_pcr(struct tsclock *c, int64_t pcr_90k, bool announced)
{
	c->ticks = true;
	c->pcr_90k = pcr_90k;
	return write_empty(c, c->pcr_pid, pcr_90k, announced);
}

static void number(struct tsclock *c, uint8_t *packet)
{
	struct tsclock_pid *p = find_pid(c, pid_of(packet));
	if (p == NULL || (packet[3] & 0x10) == 0)
		return;
	packet[3] = (uint8_t)((packet[3] & 0xf0) | p->next);
	p->next = (p->next + 1) & 15;
	p->seen_90k = c->pcr_90k;
}

/* ---- time goes on -------------------------------------------------------------------------------------------------- */

static tsr_error write_tables(struct tsclock *c)
{
	tsr_error err = TSR_OK;
	c->tables_90k = c->pcr_90k;
	for (unsigned i = 0; err == TSR_OK && i < c->tables; i++) {
		number(c, c->table[i]);
		err = sink_write(c->sink, c->table[i], TS_PACKET);
	}
	return err;
}

/* What has to come again by now. */
static tsr_error keep_up(struct tsclock *c)
{
	tsr_error err = TSR_OK;
	if (c->pcr_90k - c->tables_90k >= TABLES_90K)
		err = write_tables(c);
	for (unsigned i = 0; err == TSR_OK && i < c->pids; i++)
		if (c->pid[i].track && c->pcr_90k - c->pid[i].seen_90k >= PID_90K)
			err = write_empty(c, c->pid[i].pid, NO_PCR, false);
	return err;
}

/* A new time base: no time passes, so all that is due is as near as before. */
static tsr_error jump(struct tsclock *c, int64_t to_90k, bool announced)
{
	int64_t step_90k = to_90k - c->pcr_90k;
	c->tables_90k += step_90k;
	for (unsigned i = 0; i < c->pids; i++)
		c->pid[i].seen_90k += step_90k;
	return write_pcr(c, to_90k, announced);
}

/* Where the clock has to be when a frame of this time is written; *late = it would be past that. */
static int64_t clock_for(const struct tsclock *c, int64_t dts_90k, bool *late)
{
	int64_t newest_90k = c->ticks && c->newest_90k > dts_90k ? c->newest_90k : dts_90k;
	int64_t pcr_90k = newest_90k - c->lead_90k;
	*late = dts_90k - MARGIN_90K < pcr_90k;
	return pcr_90k;
}

static tsr_error go_on(struct tsclock *c)
{
	bool late;
	int64_t pcr_90k = clock_for(c, c->frame_90k, &late);
	if (!c->ticks || c->frame_90k > c->newest_90k)
		c->newest_90k = c->frame_90k;
	if (late) {
		int64_t least_90k = c->newest_90k - c->frame_90k + 2 * MARGIN_90K;
		c->lead_90k += c->lead_90k / 2; /* what grows late does so step by step */
		if (c->lead_90k < least_90k)
			c->lead_90k = least_90k;
		pcr_90k = c->newest_90k - c->lead_90k;
	}
	bool announced = c->ticks && (c->gap || late || pcr_90k - c->pcr_90k > PAUSE_90K);
	c->gap = false;
	if (!c->ticks || announced)
		return jump(c, pcr_90k, announced);
	tsr_error err = keep_up(c);
	while (err == TSR_OK && pcr_90k - c->pcr_90k > STEP_90K) {
		err = write_pcr(c, c->pcr_90k + STEP_90K, false);
		if (err == TSR_OK)
			err = keep_up(c);
	}
	return err;
}

/* ---- libavformat's packets ----------------------------------------------------------------------------------------- */

/* Tables are kept to be repeated. They come all at once, the PAT first. */
static void keep_table(struct tsclock *c, const uint8_t *packet)
{
	uint16_t pid = pid_of(packet);
	if (pid != PID_PAT && pid != PID_PMT)
		return;
	if (pid == PID_PAT)
		c->tables = 0;
	if (c->tables < TSCLOCK_TABLES)
		memcpy(c->table[c->tables++], packet, TS_PACKET);
	c->tables_90k = c->pcr_90k;
	c->begins = false;
	if (pid == PID_PMT && (packet[1] & 0x40) != 0) /* pointer_field, then PCR_PID (section 2.4.4.8) */
		c->pcr_pid = (uint16_t)((packet[4 + 1 + 8] & 0x1f) << 8 | packet[4 + 1 + 9]);
}

static bool is_of_track(struct tsclock *c, const uint8_t *packet)
{
	const struct tsclock_pid *p = find_pid(c, pid_of(packet));
	return p != NULL && p->track;
}

static void set_pcr(struct tsclock *c, uint8_t *packet)
{
	bool has_pcr = (packet[3] & 0x20) != 0 && packet[4] >= 7 && (packet[5] & 0x10) != 0;
	if (!has_pcr || pid_of(packet) != c->pcr_pid)
		return;
	c->pcr_90k = c->newest_90k - c->lead_90k;
	put_pcr(packet + 6, c->pcr_90k);
}

tsr_error tsclock_take(struct tsclock *c, uint8_t *packets, size_t size)
{
	size_t done = 0;
	for (size_t at = 0; at + TS_PACKET <= size; at += TS_PACKET) {
		uint8_t *packet = packets + at;
		keep_table(c, packet);
		if (c->due && is_of_track(c, packet)) {
			c->due = false;
			tsr_error err = at > done ? sink_write(c->sink, packets + done, at - done) : TSR_OK;
			if (err == TSR_OK && c->begins)
				err = write_tables(c);
			c->begins = false;
			if (err == TSR_OK)
				err = go_on(c);
			if (err != TSR_OK)
				return err;
			done = at;
		}
		set_pcr(c, packet);
		number(c, packet);
	}
	return size > done ? sink_write(c->sink, packets + done, size - done) : TSR_OK;
}

size_t tsclock_room(const struct tsclock *c, int64_t dts_90k)
{
	bool late;
	int64_t pcr_90k = clock_for(c, dts_90k, &late), ahead_90k = pcr_90k - c->pcr_90k;
	size_t packets = 1 + c->tables + c->pids;
	if (c->ticks && !late && ahead_90k > 0 && ahead_90k <= PAUSE_90K)
		packets += (size_t)(ahead_90k / STEP_90K + ahead_90k / TABLES_90K * c->tables +
				    ahead_90k / PID_90K * c->pids);
	return packets * TS_PACKET;
}
