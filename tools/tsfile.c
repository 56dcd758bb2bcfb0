/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tsfile.h"

#include <glib.h>
#include <string.h>

#include "capture/source.h"
#include "section.h"

#define SYNC_BYTE 0x47
#define PID_PAT   0
#define PID_NULL  0x1fff
#define TABLE_PAT 0
#define TABLE_PMT 2
#define PTS_WRAP  ((int64_t)1 << 33)

/* ---- tables (section 2.4.4) ---------------------------------------------------------------------------------------- */

static void read_pat(struct ts_scan *scan, struct sections *tables, const struct section *s)
{
	for (size_t at = 8; at + 4 <= s->size; at += 4) {
		int pid = get_be16(s->data + at + 2) & 0x1fff;
		if (get_be16(s->data + at) == 0) /* the network's table */
			continue;
		if (pid != scan->pmt_pid)
			sections_also(tables, (uint16_t)pid);
		scan->pmt_pid = pid;
		return;
	}
}

/* Private data tell what they are by a registration descriptor (section 2.6.8). */
static bool has_registration(const uint8_t *p, size_t left, const char *wanted)
{
	while (left >= 2 && left - 2 >= p[1]) {
		if (p[0] == 5 && p[1] >= 4 && memcmp(p + 2, wanted, 4) == 0)
			return true;
		left -= 2u + p[1];
		p += 2u + p[1];
	}
	return false;
}

static void name_stream(struct ts_stream *stream, const uint8_t *descriptors, size_t size)
{
	static const struct {
		uint8_t type;
		bool video;
		const char *kind;
	} kinds[] = {{0x0f, false, "aac"}, {0x11, false, "aac"}, {0x1b, true, "h264"}, {0x24, true, "h265"}};
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (kinds[i].type == stream->stream_type) {
			stream->video = kinds[i].video;
			g_strlcpy(stream->kind, kinds[i].kind, sizeof(stream->kind));
			return;
		}
	}
	if (stream->stream_type == 6 && has_registration(descriptors, size, "Opus"))
		g_strlcpy(stream->kind, "opus", sizeof(stream->kind));
	else
		g_snprintf(stream->kind, sizeof(stream->kind), "type 0x%02x", stream->stream_type);
}

static struct ts_stream *find_stream(struct ts_scan *scan, uint16_t pid)
{
	for (unsigned i = 0; i < scan->stream_count; i++)
		if (scan->stream[i].pid == pid)
			return &scan->stream[i];
	return NULL;
}

static void read_pmt(struct ts_scan *scan, const uint8_t *section, size_t size)
{
	if (size < 12)
		return;
	int version = section[5] >> 1 & 31;
	if (version == scan->pmt_version)
		return;
	scan->pmt_version = version;
	scan->pmt_versions++;
	size_t at = 12 + (size_t)(get_be16(section + 10) & 0xfff);
	while (at + 5 <= size) {
		uint16_t pid = get_be16(section + at + 1) & 0x1fff;
		size_t info = get_be16(section + at + 3) & 0xfff;
		if (info > size - at - 5)
			return;
		if (find_stream(scan, pid) == NULL && scan->stream_count < TSFILE_MAX_STREAMS) {
			struct ts_stream *stream = &scan->stream[scan->stream_count++];
			*stream = (struct ts_stream){.pid = pid, .stream_type = section[at]};
			name_stream(stream, section + at + 5, info);
		}
		at += 5 + info;
	}
}

/* A scan under way. */
struct reading {
	struct ts_scan *scan;
	const struct ts_watch *watch;
	struct sections tables;
};

static void read_section(void *ctx, const struct section *s)
{
	struct reading *reading = ctx;
	struct ts_scan *scan = reading->scan;
	if (s->pid != PID_PAT && s->pid != scan->pmt_pid)
		return;
	if (s->fault != NULL)
		scan->bad_tables++;
	else if (s->pid == PID_PAT && s->data[0] == TABLE_PAT)
		read_pat(scan, &reading->tables, s);
	else if (s->pid == scan->pmt_pid && s->data[0] == TABLE_PMT)
		read_pmt(scan, s->data, s->size);
}

/* What the first bytes of a TS packet say (section 2.4.3.2). */
struct ts_head {
	uint16_t pid;
	bool begins; /* a PES packet or a section */
	bool discontinuity;
	bool random_access;
	uint8_t continuity;
	const uint8_t *payload;
	size_t left;
};

/* ---- frames (PES packets, section 2.4.3.6) -------------------------------------------------------------------------- */

static int64_t read_time(const uint8_t *p)
{
	return (int64_t)(p[0] >> 1 & 7) << 30 | (int64_t)(get_be16(p + 1) >> 1) << 15 | get_be16(p + 3) >> 1;
}

/* From one time to another, the shortest way across the wrap. */
static int64_t time_step(int64_t from, int64_t to)
{
	int64_t step = (to - from) % PTS_WRAP;
	return step > PTS_WRAP / 2 ? step - PTS_WRAP : step < -PTS_WRAP / 2 ? step + PTS_WRAP : step;
}

/* Frames come in the order of their DTS, which is the PTS where it is not there. Returns the PTS, unwrapped. */
static int64_t note_times(struct ts_stream *s, int64_t pts, int64_t dts)
{
	if (!s->has_pts) {
		s->has_pts = true;
		s->first_pts_90k = s->last_pts_90k = pts;
		s->last_dts_90k = dts;
		return pts;
	}
	int64_t step = time_step(s->last_dts_90k, dts);
	s->dts_backwards += step < 0;
	s->longest_gap_90k = MAX(s->longest_gap_90k, step);
	s->last_dts_90k += step;
	int64_t unwrapped = s->last_pts_90k + time_step(s->last_pts_90k, pts);
	s->last_pts_90k = MAX(s->last_pts_90k, unwrapped);
	return unwrapped;
}

static void begin_frame(struct ts_stream *s, const uint8_t *p, size_t left, const struct ts_watch *watch)
{
	s->in_frame = left >= 9 && p[0] == 0 && p[1] == 0 && p[2] == 1;
	if (!s->in_frame)
		return;
	s->frames++;
	size_t length = get_be16(p + 4);
	s->missing_bytes = length > 0 ? (int64_t)length + 6 : 0;
	if ((p[7] & 0x80) != 0 && left >= 14) {
		bool has_dts = (p[7] & 0x40) != 0 && left >= 19;
		int64_t pts = note_times(s, read_time(p + 9), read_time(p + (has_dts ? 14 : 9)));
		if (watch->frame != NULL)
			watch->frame(watch->ctx, s, pts);
	}
	if (left >= 9u + p[8])
		s->payload_bytes -= 9u + p[8]; /* the head is no payload; its packet is added as a whole */
}

static void read_frame_part(struct ts_stream *s, const struct ts_head *head, const struct ts_watch *watch)
{
	if (head->begins)
		begin_frame(s, head->payload, head->left, watch);
	if (!s->in_frame)
		return;
	s->payload_bytes += head->left;
	if (s->missing_bytes > 0)
		s->missing_bytes = MAX(s->missing_bytes - (int64_t)head->left, 0);
}

/* ---- packets (section 2.4.3.2) -------------------------------------------------------------------------------------- */

/* False when there is no payload to be had. */
static bool read_head(const uint8_t *packet, struct ts_head *head)
{
	size_t start = 4;
	bool has_adaptation = packet[3] & 0x20;
	*head = (struct ts_head){
		.pid = get_be16(packet + 1) & 0x1fff, .begins = packet[1] & 0x40, .continuity = packet[3] & 15};
	if (has_adaptation) {
		start += 1u + packet[4];
		head->discontinuity = packet[4] > 0 && (packet[5] & 0x80) != 0;
		head->random_access = packet[4] > 0 && (packet[5] & 0x40) != 0;
	}
	if ((packet[3] & 0x10) == 0 || start >= TS_PACKET)
		return false;
	head->payload = packet + start;
	head->left = TS_PACKET - start;
	return true;
}

static void check_continuity(struct ts_scan *scan, struct ts_stream *s, const struct ts_head *head)
{
	bool follows = head->continuity == ((s->continuity + 1) & 15);
	bool repeated = head->continuity == s->continuity;
	if (s->seen && !follows && !repeated && !head->discontinuity) {
		s->lost_packets++;
		scan->lost_packets++;
	}
	s->seen = true;
	s->continuity = head->continuity;
}

static void read_packet(struct reading *reading, const uint8_t *packet)
{
	struct ts_scan *scan = reading->scan;
	struct ts_head head;
	scan->packets++;
	if (packet[0] != SYNC_BYTE) {
		scan->bad_sync++;
		return;
	}
	scan->transport_errors += (packet[1] & 0x80) != 0;
	if (!read_head(packet, &head) || head.pid == PID_NULL)
		return;
	sections_take(&reading->tables, head.pid, head.begins, head.payload, head.left);
	struct ts_stream *stream = find_stream(scan, head.pid);
	if (stream == NULL)
		return;
	stream->packets++;
	stream->random_access += head.random_access;
	check_continuity(scan, stream, &head);
	read_frame_part(stream, &head, reading->watch);
}

/* ---- files ---------------------------------------------------------------------------------------------------------- */

/* A stretch of the file that begins with a packet. */
static void read_packets(struct reading *reading, const uint8_t *bytes, size_t size)
{
	const struct ts_watch *watch = reading->watch;
	size_t at = 0;
	for (; at + TS_PACKET <= size; at += TS_PACKET) {
		if (watch->packet != NULL)
			watch->packet(watch->ctx, bytes + at);
		read_packet(reading, bytes + at);
	}
	reading->scan->trailing_bytes = size - at;
	reading->scan->bytes += size;
	if (watch->bytes != NULL)
		watch->bytes(watch->ctx, bytes, size);
}

tsr_error tsfile_scan(const char *path, const struct ts_watch *watch, struct ts_scan *out)
{
	static const struct ts_watch nobody;
	struct source *source = NULL;
	tsr_error err = source_open(path, &source);
	if (err != TSR_OK)
		return err;
	*out = (struct ts_scan){.pmt_pid = -1, .pmt_version = -1};
	struct reading *reading = g_new(struct reading, 1);
	reading->scan = out;
	reading->watch = watch != NULL ? watch : &nobody;
	sections_init(&reading->tables, read_section, reading);
	size_t size = 0;
	const size_t whole = SOURCE_WINDOW / TS_PACKET * TS_PACKET;
	while ((size = source_available(source, whole)) > 0) {
		read_packets(reading, source_peek(source, size), size);
		source_skip(source, size);
	}
	for (unsigned i = 0; i < out->stream_count; i++)
		out->stream[i].last_frame_cut = out->stream[i].missing_bytes > 0;
	g_free(reading);
	err = source_error(source);
	source_close(source);
	return err;
}

int64_t tsfile_duration_ms(const struct ts_scan *scan)
{
	int64_t first = INT64_MAX, last = INT64_MIN;
	for (unsigned i = 0; i < scan->stream_count; i++) {
		if (scan->stream[i].has_pts) {
			first = MIN(first, scan->stream[i].first_pts_90k);
			last = MAX(last, scan->stream[i].last_pts_90k);
		}
	}
	return last > first ? (last - first) / 90 : 0;
}

bool tsfile_probe(const char *path)
{
	struct source *source = NULL;
	if (source_open(path, &source) != TSR_OK)
		return false;
	size_t size = source_available(source, (size_t)TS_PACKET * 4);
	const uint8_t *bytes = source_peek(source, size);
	bool looks_like_it = size >= TS_PACKET && bytes != NULL;
	for (size_t at = 0; looks_like_it && at + TS_PACKET <= size; at += TS_PACKET)
		looks_like_it = bytes[at] == SYNC_BYTE;
	source_close(source);
	return looks_like_it;
}
