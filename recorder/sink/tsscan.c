/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tsscan.h"

#include <string.h>

#include "../common/reader.h"

#define PID_NULL 0x1fff
#define NONE     UINT64_MAX

/* One packet's header, ISO 13818-1 section 2.4.3.2. */
struct packet {
	uint16_t pid;
	uint8_t counter;
	bool unit_start;
	bool has_payload;
	bool discontinuity;
	bool stuffed; /* the adaptation field is longer than its content needs */
	struct reader payload;
};

/* Section 2.4.3.4. Whether there is more of it than its flags ask for. */
static bool parse_adaptation(struct packet *p, struct reader field)
{
	if (field.left == 0)
		return true;
	uint8_t flags = reader_u8(&field);
	p->discontinuity = (flags & 0x80) != 0;
	if ((flags & 0x10) != 0) /* PCR */
		reader_skip(&field, 6);
	if ((flags & 0x08) != 0) /* OPCR */
		reader_skip(&field, 6);
	if ((flags & 0x04) != 0) /* splice_countdown */
		reader_skip(&field, 1);
	if ((flags & 0x02) != 0) /* private data */
		reader_skip(&field, reader_u8(&field));
	if ((flags & 0x01) != 0) /* extension */
		reader_skip(&field, reader_u8(&field));
	return reader_ok(&field) && field.left > 0;
}

static bool parse_packet(struct packet *p, const uint8_t *bytes)
{
	struct reader r = reader_of(bytes, TSSCAN_PACKET_BYTES);
	*p = (struct packet){0};
	if (reader_u8(&r) != 0x47)
		return false;
	uint16_t pid = reader_be16(&r);
	uint8_t control = reader_u8(&r);
	p->pid = pid & 0x1fff;
	p->unit_start = (pid & 0x4000) != 0;
	p->counter = control & 0x0f;
	p->has_payload = (control & 0x10) != 0;
	if ((control & 0x20) != 0) {
		uint8_t size = reader_u8(&r);
		const uint8_t *field = reader_bytes(&r, size);
		if (field == NULL)
			return false;
		p->stuffed = parse_adaptation(p, reader_of(field, size));
	}
	p->payload = r;
	return true;
}

/* The unit's bytes from its first packet's payload on; 0 when it does not tell. */
static uint64_t unit_length(struct reader r, bool *pes)
{
	struct reader start = r;
	*pes = reader_be24(&start) == 1;
	if (*pes) {
		/* Section 2.4.3.6: stream_id, PES_packet_length. */
		reader_skip(&start, 1);
		uint16_t length = reader_be16(&start);
		return reader_ok(&start) && length > 0 ? 6u + length : 0;
	}
	/* Section 2.4.4: pointer_field, table_id, section_length. */
	uint8_t pointer = reader_u8(&r);
	reader_skip(&r, pointer + 1u);
	uint16_t length = reader_be16(&r) & 0xfff;
	return reader_ok(&r) ? 1u + pointer + 3u + length : 0;
}

/* Section 2.4.3.7; -1 when there is none. */
static int64_t unit_pts(struct reader r)
{
	reader_skip(&r, 6);
	uint8_t marker = reader_u8(&r), flags = reader_u8(&r);
	reader_skip(&r, 1);
	if ((marker & 0xc0) != 0x80 || (flags & 0x80) == 0)
		return -1;
	int64_t high = reader_u8(&r) >> 1 & 7, middle = reader_be16(&r) >> 1, low = reader_be16(&r) >> 1;
	return reader_ok(&r) ? high << 30 | middle << 15 | low : -1;
}

static void count_pts(struct tsscan_pid *p)
{
	if (!p->pes || p->unit_pts_90k < 0)
		return;
	if (!p->has_pts) {
		p->has_pts = true;
		p->first_pts_90k = p->last_pts_90k = p->unit_pts_90k;
		return;
	}
	/* 33 bits, sign-extended. */
	int64_t step = (int64_t)((uint64_t)(p->unit_pts_90k - p->last_pts_90k) << 31) >> 31;
	if (step > 0) /* B-frames come behind what is shown after them */
		p->last_pts_90k += step;
}

static void unit_is_whole(struct tsscan_pid *p)
{
	p->open = false;
	p->stray_start = NONE;
	p->whole_end = p->unit_end;
	p->units++;
	count_pts(p);
}

/* The next unit, or an end mark, at `offset` shows that the one before has come to its end. */
static void close_unit(struct tsscan_pid *p, uint64_t offset)
{
	if (!p->open)
		return;
	unit_is_whole(p);
	p->closer_end = offset + TSSCAN_PACKET_BYTES;
}

static struct tsscan_pid *find_pid(struct tsscan *s, uint16_t pid)
{
	if (s->slot[pid] == 0) {
		if (s->pids == LIMIT_SCAN_PIDS)
			return NULL;
		s->pid[s->pids] = (struct tsscan_pid){.pid = pid, .stray_start = NONE};
		s->slot[pid] = (uint8_t)++s->pids;
	}
	return &s->pid[s->slot[pid] - 1];
}

void tsscan_init(struct tsscan *s)
{
	memset(s, 0, sizeof(*s));
}

static void begin_unit(struct tsscan_pid *p, uint64_t offset, struct reader payload)
{
	p->open = true;
	p->unit_start = offset;
	p->need = unit_length(payload, &p->pes);
	p->seen = 0;
	p->unit_pts_90k = p->pes ? unit_pts(payload) : -1;
}

static void take_payload(struct tsscan_pid *p, const struct packet *packet, uint64_t offset)
{
	p->bytes += packet->payload.left;
	if (packet->unit_start) {
		close_unit(p, offset);
		begin_unit(p, offset, packet->payload);
	}
	if (!p->open) {
		if (p->stray_start == NONE)
			p->stray_start = offset;
		return;
	}
	p->unit_end = offset + TSSCAN_PACKET_BYTES;
	p->seen += packet->payload.left;
	if (p->need > 0 ? p->seen >= p->need : packet->stuffed)
		unit_is_whole(p);
}

void tsscan_take(struct tsscan *s, const uint8_t bytes[TSSCAN_PACKET_BYTES])
{
	struct packet packet;
	uint64_t offset = s->offset;
	s->offset += TSSCAN_PACKET_BYTES;
	if (!parse_packet(&packet, bytes)) {
		s->bad++;
		return;
	}
	if (packet.pid == PID_NULL)
		return;
	s->packets++;
	struct tsscan_pid *p = find_pid(s, packet.pid);
	if (p == NULL) {
		s->too_many = true;
		return;
	}
	if (packet.has_payload) {
		tstables_take(&s->tables, packet.pid, packet.unit_start, packet.payload);
		take_payload(p, &packet, offset);
	} else if (packet.discontinuity) {
		close_unit(p, offset);
	}
}

/* The first packet of the PID that has to go; NONE when all is whole. */
static uint64_t doomed_start(const struct tsscan_pid *p)
{
	return p->stray_start != NONE ? p->stray_start : p->open ? p->unit_start : NONE;
}

static uint64_t max_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t tsscan_cut(const struct tsscan *s, uint64_t *rewrite_start)
{
	uint64_t cut = 0;
	for (unsigned i = 0; i < s->pids; i++) {
		cut = max_of(cut, s->pid[i].whole_end);
		cut = max_of(cut, s->pid[i].closer_end);
	}
	*rewrite_start = cut;
	for (unsigned i = 0; i < s->pids; i++)
		if (doomed_start(&s->pid[i]) < *rewrite_start)
			*rewrite_start = doomed_start(&s->pid[i]);
	return cut;
}

bool tsscan_rewrite(const struct tsscan *s, uint64_t offset, uint8_t bytes[TSSCAN_PACKET_BYTES])
{
	struct packet packet;
	if (!parse_packet(&packet, bytes) || packet.pid == PID_NULL || !packet.has_payload || s->slot[packet.pid] == 0)
		return false;
	const struct tsscan_pid *p = &s->pid[s->slot[packet.pid] - 1];
	if (offset < doomed_start(p))
		return false;
	bool mark = p->open && offset == p->unit_start;
	uint16_t pid = mark ? packet.pid : PID_NULL;
	/* A packet without payload repeats the counter of the one before it (section 2.4.3.3). */
	uint8_t counter = mark ? (packet.counter - 1) & 0x0f : 0;
	memset(bytes, 0xff, TSSCAN_PACKET_BYTES);
	bytes[0] = 0x47;
	bytes[1] = (uint8_t)(pid >> 8);
	bytes[2] = (uint8_t)pid;
	bytes[3] = (mark ? 0x20 : 0x10) | counter;
	if (mark) {
		bytes[4] = TSSCAN_PACKET_BYTES - 5;
		bytes[5] = 0x80; /* discontinuity_indicator */
	}
	return true;
}
