/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tr101290.h"

#include <glib.h>
#include <string.h>

#include "capture/source.h"
#include "section.h"

#define SYNC_BYTE   0x47
#define PIDS        8192
#define PID_PAT     0
#define PID_CAT     1
#define PID_NULL    0x1fff
#define MS          27000 /* of the 27 MHz clock */
#define PCR_WRAP    (((int64_t)1 << 33) * 300)
#define PTS_WRAP    ((int64_t)1 << 33)
#define TABLE_MAX   (500 * MS)
#define PCR_MAX     (100 * MS)
#define PID_MAX     (5000LL * MS)
#define PTS_MAX_90K (700 * 90)
#define SYNC_AGAIN  5 /* packets in a row that begin as they should, before a loss of synchronisation is over */
#define STREAMS     TSFILE_MAX_STREAMS
#define NEVER       INT64_MIN

/* What is known of a PID, whatever it carries. */
struct pid_state {
	bool seen;
	uint8_t continuity;
	uint8_t repeats;       /* of its last packet */
	uint32_t last_payload; /* a checksum: a repeated packet is the same one */
};

/* A table or stream that has to come again and again. */
struct deadline {
	int64_t last; /* elapsed then */
	bool told;    /* that it stays away */
};

struct stream {
	uint16_t pid;
	bool video;
	bool sections; /* it carries no PES packets */
	bool listed;   /* in the PMT that is being read */
	bool has_pts;
	int64_t pts_90k;
	struct deadline deadline;
};

struct tr101290 {
	void (*found)(void *ctx, const struct tr_finding *finding);
	void *ctx;
	uint64_t offset;
	unsigned bad_syncs, good_syncs; /* in a row */
	bool lost_sync;
	struct pid_state pid[PIDS];
	struct sections tables;
	struct deadline pat, pmt;
	bool has_cat;
	bool told_cat;
	int pmt_pid, pcr_pid; /* -1 = not known */
	/* time */
	int64_t pcr;     /* as in the file; NEVER = none yet */
	int64_t elapsed; /* 27 MHz since the first PCR, what announced discontinuities skip left out; -1 = none yet */
	bool may_jump;   /* announced since the last PCR */
	unsigned streams;
	struct stream stream[STREAMS];
};

const char *tr_check_name(enum tr_check check)
{
	static const char *const names[TR_CHECKS] = {
		[TR_SYNC_LOSS] = "1.1 TS_sync_loss",
		[TR_SYNC_BYTE] = "1.2 Sync_byte_error",
		[TR_PAT] = "1.3 PAT_error",
		[TR_CONTINUITY] = "1.4 Continuity_count_error",
		[TR_PMT] = "1.5 PMT_error",
		[TR_PID] = "1.6 PID_error",
		[TR_TRANSPORT] = "2.1 Transport_error",
		[TR_CRC] = "2.2 CRC_error",
		[TR_PCR_REPETITION] = "2.3a PCR_repetition_error",
		[TR_PCR_DISCONTINUITY] = "2.3b PCR_discontinuity_indicator_error",
		[TR_PTS_REPETITION] = "2.5 PTS_error",
		[TR_CAT] = "2.6 CAT_error",
		[TR_PTS_BEFORE_PCR] = "PTS_before_PCR",
		[TR_SYNTAX] = "Syntax_error",
	};
	return names[check];
}

static void found(struct tr101290 *t, enum tr_check check, uint16_t pid, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void found(struct tr101290 *t, enum tr_check check, uint16_t pid, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char *text = g_strdup_vprintf(fmt, args);
	va_end(args);
	t->found(t->ctx, &(struct tr_finding){.check = check,
					      .offset = t->offset,
					      .time_ms = t->elapsed >= 0 ? t->elapsed / MS : -1,
					      .pid = pid,
					      .text = text});
	g_free(text);
}

/* The shortest way from b to a on a clock that wraps. */
static int64_t difference(int64_t a, int64_t b, int64_t wrap)
{
	int64_t d = (a - b) % wrap;
	return d > wrap / 2 ? d - wrap : d < -wrap / 2 ? d + wrap : d;
}

/* ---- deadlines ----------------------------------------------------------------------------------------------------- */

static void watch(struct tr101290 *t, struct deadline *d, int64_t most, enum tr_check check, uint16_t pid)
{
	if (d->told || t->elapsed < 0 || t->elapsed - MAX(d->last, 0) <= most)
		return;
	d->told = true;
	found(t, check, pid, "none for more than %" G_GINT64_FORMAT " ms", most / MS);
}

static void meet(struct tr101290 *t, struct deadline *d)
{
	*d = (struct deadline){.last = t->elapsed};
}

/* Time has gone on. */
static void watch_all(struct tr101290 *t)
{
	watch(t, &t->pat, TABLE_MAX, TR_PAT, PID_PAT);
	if (t->pmt_pid >= 0)
		watch(t, &t->pmt, TABLE_MAX, TR_PMT, (uint16_t)t->pmt_pid);
	for (unsigned i = 0; i < t->streams; i++)
		watch(t, &t->stream[i].deadline, PID_MAX, TR_PID, t->stream[i].pid);
}

/* ---- packets (section 2.4.3.2) ------------------------------------------------------------------------------------- */

struct packet {
	uint16_t pid;
	bool begins;
	bool scrambled;
	bool discontinuity;
	bool has_payload;
	uint8_t continuity;
	int64_t pcr; /* NEVER = none */
	const uint8_t *payload;
	size_t left;
};

/* Section 2.4.3.4; `size` bytes behind adaptation_field_length. */
static bool read_adaptation(const uint8_t *field, size_t size, struct packet *p)
{
	if (size == 0)
		return true;
	p->discontinuity = (field[0] & 0x80) != 0;
	if ((field[0] & 0x10) == 0)
		return true;
	if (size < 7)
		return false;
	uint64_t base = (uint64_t)get_be32(field + 1) << 1 | field[5] >> 7;
	p->pcr = (int64_t)(base * 300 + ((field[5] & 1u) << 8 | field[6]));
	return true;
}

static bool read_packet(const uint8_t *packet, struct packet *p)
{
	*p = (struct packet){
		.pid = get_be16(packet + 1) & 0x1fff,
		.begins = (packet[1] & 0x40) != 0,
		.scrambled = (packet[3] & 0xc0) != 0,
		.has_payload = (packet[3] & 0x10) != 0,
		.continuity = packet[3] & 15,
		.pcr = NEVER,
	};
	size_t start = 4;
	if ((packet[3] & 0x20) != 0) {
		size_t size = packet[4];
		/* With a payload there is at least a byte of it, without one the field fills the packet. */
		bool fits = p->has_payload ? size < 183 : size == 183;
		if (!fits || !read_adaptation(packet + 5, size, p))
			return false;
		start += 1 + size;
	} else if (!p->has_payload) {
		return false; /* reserved */
	}
	p->payload = packet + start;
	p->left = p->has_payload ? TS_PACKET - start : 0;
	return true;
}

static void check_sync(struct tr101290 *t, bool good)
{
	t->bad_syncs = good ? 0 : t->bad_syncs + 1;
	t->good_syncs = good ? t->good_syncs + 1 : 0;
	if (!good)
		found(t, TR_SYNC_BYTE, PID_NULL, "a packet does not begin with 0x47");
	if (t->bad_syncs == 2 && !t->lost_sync) {
		t->lost_sync = true;
		found(t, TR_SYNC_LOSS, PID_NULL, "two packets in a row do not begin with 0x47");
	}
	if (t->good_syncs >= SYNC_AGAIN)
		t->lost_sync = false;
}

static uint32_t checksum(const uint8_t *bytes, size_t size)
{
	uint32_t sum = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < size; i++)
		sum = (sum ^ bytes[i]) * 16777619u;
	return sum;
}

/* Section 2.4.3.3: the counter goes on with each packet that has a payload; such a packet may be there twice, and no more. False for
 * a packet that is a repetition. */
static bool check_continuity(struct tr101290 *t, const struct packet *p)
{
	struct pid_state *s = &t->pid[p->pid];
	uint32_t sum = checksum(p->payload, p->left);
	bool known = s->seen && !p->discontinuity;
	bool repeated = known && p->has_payload && p->continuity == s->continuity && sum == s->last_payload;
	uint8_t expected = (s->continuity + p->has_payload) & 15;
	if (repeated && ++s->repeats > 1)
		found(t, TR_CONTINUITY, p->pid, "a packet is there more than twice");
	else if (known && !repeated && p->continuity != expected)
		found(t, TR_CONTINUITY, p->pid, "the counter is %u, not %u", p->continuity, expected);
	if (!repeated && p->has_payload) {
		s->repeats = 0;
		s->last_payload = sum;
	}
	s->seen = true;
	s->continuity = p->continuity;
	return !repeated;
}

/* ---- time ---------------------------------------------------------------------------------------------------------- */

static void take_pcr(struct tr101290 *t, const struct packet *p)
{
	if (p->pid != t->pcr_pid)
		return;
	t->may_jump |= p->discontinuity;
	if (p->pcr == NEVER)
		return;
	if (t->pcr == NEVER) {
		t->elapsed = 0;
	} else if (!t->may_jump) {
		int64_t step = difference(p->pcr, t->pcr, PCR_WRAP);
		if (step > PCR_MAX)
			found(t, TR_PCR_REPETITION, p->pid, "the next PCR is %" G_GINT64_FORMAT " ms later", step / MS);
		else if (step < 0)
			found(t, TR_PCR_DISCONTINUITY, p->pid,
			      "PCR goes back by %" G_GINT64_FORMAT " ms, and nothing announces it", -step / MS);
		t->elapsed += MAX(step, 0);
	}
	t->pcr = p->pcr;
	t->may_jump = false;
	watch_all(t);
}

/* ---- tables (section 2.4.4) ---------------------------------------------------------------------------------------- */

static struct stream *find_stream(struct tr101290 *t, uint16_t pid)
{
	for (unsigned i = 0; i < t->streams; i++)
		if (t->stream[i].pid == pid)
			return &t->stream[i];
	return NULL;
}

static void list_stream(struct tr101290 *t, uint16_t pid, uint8_t type)
{
	struct stream *s = find_stream(t, pid);
	if (s == NULL && t->streams < STREAMS) {
		s = &t->stream[t->streams++];
		*s = (struct stream){.pid = pid, .deadline = {.last = t->elapsed}};
	}
	if (s == NULL)
		return;
	s->listed = true;
	s->video = type == 0x01 || type == 0x02 || type == 0x10 || type == 0x1b || type == 0x24;
	s->sections = type == 0x05 || (type >= 0x0a && type <= 0x0d) || type == 0x86;
}

static void take_pmt(struct tr101290 *t, const struct section *s)
{
	meet(t, &t->pmt);
	size_t at = 12;
	if (s->size < at || get_be16(s->data + 10) % 4096u > s->size - at) {
		found(t, TR_SYNTAX, s->pid, "the PMT is shorter than it says");
		return;
	}
	t->pcr_pid = get_be16(s->data + 8) & 0x1fff;
	at += get_be16(s->data + 10) & 0xfff;
	for (unsigned i = 0; i < t->streams; i++)
		t->stream[i].listed = false;
	while (at + 5 <= s->size) {
		list_stream(t, get_be16(s->data + at + 1) & 0x1fff, s->data[at]);
		at += 5u + (get_be16(s->data + at + 3) & 0xfff);
	}
	if (at != s->size)
		found(t, TR_SYNTAX, s->pid, "the PMT's streams do not end with it");
	unsigned kept = 0;
	for (unsigned i = 0; i < t->streams; i++)
		if (t->stream[i].listed)
			t->stream[kept++] = t->stream[i];
	t->streams = kept;
}

static void take_pat(struct tr101290 *t, const struct section *s)
{
	meet(t, &t->pat);
	for (size_t at = 8; at + 4 <= s->size; at += 4) {
		int pid = get_be16(s->data + at + 2) & 0x1fff;
		if (get_be16(s->data + at) == 0) /* the network's table */
			continue;
		if (pid != t->pmt_pid) {
			t->pmt_pid = pid;
			t->pmt = (struct deadline){.last = t->elapsed};
			sections_also(&t->tables, (uint16_t)pid);
		}
		return;
	}
}

static void take_section(void *ctx, const struct section *s)
{
	struct tr101290 *t = ctx;
	if (s->fault != NULL) {
		found(t, s->bad_crc ? TR_CRC : TR_SYNTAX, s->pid, "%s", s->fault);
		return;
	}
	uint8_t table = s->data[0];
	if (s->pid == PID_PAT) {
		if (table != 0x00)
			found(t, TR_PAT, s->pid, "a section with table_id 0x%02x", table);
		else if (s->current)
			take_pat(t, s);
	} else if (s->pid == t->pmt_pid && table == 0x02 && s->current) {
		take_pmt(t, s);
	} else if (s->pid == PID_CAT) {
		t->has_cat |= table == 0x01;
	}
}

static void check_scrambling(struct tr101290 *t, const struct packet *p)
{
	if (p->pid == PID_PAT)
		found(t, TR_PAT, p->pid, "it is scrambled");
	else if (p->pid == t->pmt_pid)
		found(t, TR_PMT, p->pid, "it is scrambled");
	if (!t->has_cat && !t->told_cat) {
		t->told_cat = true;
		found(t, TR_CAT, p->pid, "a packet is scrambled, and there is no CAT");
	}
}

/* ---- frames (section 2.4.3.6) -------------------------------------------------------------------------------------- */

static int64_t read_timestamp(const uint8_t *p)
{
	return (int64_t)(p[0] >> 1 & 7) << 30 | (int64_t)(get_be16(p + 1) >> 1) << 15 | get_be16(p + 3) >> 1;
}

static void check_times(struct tr101290 *t, struct stream *s, int64_t pts_90k, int64_t dts_90k)
{
	if (s->has_pts && !s->video && difference(pts_90k, s->pts_90k, PTS_WRAP) > PTS_MAX_90K)
		found(t, TR_PTS_REPETITION, s->pid, "the next PTS is %" G_GINT64_FORMAT " ms later",
		      difference(pts_90k, s->pts_90k, PTS_WRAP) / 90);
	s->has_pts = true;
	s->pts_90k = pts_90k;
	if (t->pcr == NEVER)
		return;
	int64_t ahead_90k = difference(dts_90k, t->pcr / 300, PTS_WRAP);
	if (ahead_90k < 0)
		found(t, TR_PTS_BEFORE_PCR, s->pid, "a frame's time is %" G_GINT64_FORMAT " ms before the PCR",
		      -ahead_90k / 90);
}

/* Table 2-22: stream_ids whose PES packets have no more than a length. */
static bool has_short_head(uint8_t stream_id)
{
	static const uint8_t ids[] = {0xbc, 0xbe, 0xbf, 0xf0, 0xf1, 0xf2, 0xf8, 0xff};
	return memchr(ids, stream_id, sizeof(ids)) != NULL;
}

static void begin_frame(struct tr101290 *t, struct stream *s, const uint8_t *p, size_t left)
{
	if (left >= 4 && has_short_head(p[3]))
		return;
	if (left < 9 || p[0] != 0 || p[1] != 0 || p[2] != 1 || (p[6] & 0xc0) != 0x80) {
		found(t, TR_SYNTAX, s->pid, "no PES packet begins where one should");
		return;
	}
	unsigned flags = p[7] >> 6;
	unsigned need = flags == 3 ? 10 : flags == 2 ? 5 : 0;
	if (flags == 1 || p[8] < need || left < 9 + need) {
		found(t, TR_SYNTAX, s->pid, "the head of a PES packet is shorter than it says");
		return;
	}
	if (flags != 0)
		check_times(t, s, read_timestamp(p + 9), read_timestamp(p + (flags == 3 ? 14 : 9)));
}

/* ---- from outside -------------------------------------------------------------------------------------------------- */

struct tr101290 *tr101290_new(void (*found_fn)(void *ctx, const struct tr_finding *finding), void *ctx)
{
	struct tr101290 *t = g_new0(struct tr101290, 1);
	t->found = found_fn;
	t->ctx = ctx;
	t->pmt_pid = t->pcr_pid = -1;
	t->pcr = NEVER;
	t->elapsed = -1;
	sections_init(&t->tables, take_section, t);
	return t;
}

static void take_good(struct tr101290 *t, const uint8_t *packet)
{
	struct packet p;
	if (!read_packet(packet, &p)) {
		found(t, TR_SYNTAX, p.pid, "the packet's adaptation field breaks its format");
		return;
	}
	if (p.pid == PID_NULL)
		return;
	if (p.scrambled)
		check_scrambling(t, &p);
	bool fresh = check_continuity(t, &p);
	take_pcr(t, &p);
	struct stream *s = find_stream(t, p.pid);
	if (s != NULL)
		meet(t, &s->deadline);
	if (!fresh || p.scrambled || !p.has_payload)
		return;
	sections_take(&t->tables, p.pid, p.begins, p.payload, p.left);
	if (s != NULL && p.begins && !s->sections)
		begin_frame(t, s, p.payload, p.left);
}

void tr101290_take(struct tr101290 *t, const uint8_t packet[TS_PACKET])
{
	bool good = packet[0] == SYNC_BYTE;
	check_sync(t, good);
	if (good && (packet[1] & 0x80) != 0) /* nothing in it is to be believed */
		found(t, TR_TRANSPORT, get_be16(packet + 1) & 0x1fff, "the packet is marked as damaged");
	else if (good)
		take_good(t, packet);
	t->offset += TS_PACKET;
}

void tr101290_end(struct tr101290 *t)
{
	if (t->pmt_pid < 0)
		found(t, TR_PAT, PID_PAT, "there is none");
	else if (t->pcr_pid < 0)
		found(t, TR_PMT, (uint16_t)t->pmt_pid, "there is none");
	else if (t->pcr == NEVER)
		found(t, TR_PCR_REPETITION, (uint16_t)t->pcr_pid, "there is none");
}
