/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hlscheck.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKET 188

static void wrong(struct hls_list *l, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void wrong(struct hls_list *l, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_string_append_vprintf(l->errors, format, args);
	va_end(args);
	g_string_append_c(l->errors, '\n');
}

static void segment_free(void *data)
{
	struct hls_segment *s = data;
	g_free(s->uri);
	g_free(s);
}

static struct hls_segment *segment(const struct hls_list *l, unsigned i)
{
	return g_ptr_array_index(l->segments, i);
}

/* ---- the text ---- */

/* What is read before a segment's URI. */
struct pending {
	struct hls_segment next;
	bool has_length, has_range, has_offset;
	unsigned targets, versions, types, ends, sequences, discontinuity_sequences;
	int64_t follows_ms; /* UTC at which the next segment begins, if nothing else is said */
};

/* The value of `tag` when the line is that. */
static const char *tag_value(const char *line, const char *tag)
{
	return g_str_has_prefix(line, tag) ? line + strlen(tag) : NULL;
}

static int64_t number(struct hls_list *l, const char *text)
{
	char *end;
	int64_t value = g_ascii_strtoll(text, &end, 10);
	if (end == text || *end != '\0' || value < 0)
		wrong(l, "no decimal integer (4.2): %s", text);
	return value;
}

static void take_length(struct hls_list *l, struct pending *p, const char *value)
{
	char *end;
	p->next.seconds = g_ascii_strtod(value, &end);
	if (end == value || *end != ',')
		wrong(l, "EXTINF needs a duration and a comma (4.3.2.1): %s", value);
	if (p->has_length)
		wrong(l, "two EXTINF for one segment (4.3.2.1)");
	if (strchr(value, '.') != NULL && l->version < 3)
		wrong(l, "a decimal EXTINF needs version 3 (7)");
	p->has_length = true;
}

static void take_range(struct hls_list *l, struct pending *p, const char *value)
{
	char rest;
	int n = sscanf(value, "%" SCNu64 "@%" SCNu64 "%c", &p->next.size, &p->next.offset, &rest);
	if (n < 1 || n > 2 || p->next.size == 0)
		wrong(l, "EXT-X-BYTERANGE is n[@o] (4.3.2.2): %s", value);
	if (l->version < 4)
		wrong(l, "EXT-X-BYTERANGE needs version 4 (4.3.2.2)");
	p->has_range = true;
	p->has_offset = n == 2;
}

static void take_time(struct hls_list *l, struct pending *p, const char *value)
{
	GDateTime *t = g_date_time_new_from_iso8601(value, NULL);
	if (t == NULL || !g_str_has_suffix(value, "Z"))
		wrong(l, "EXT-X-PROGRAM-DATE-TIME is ISO 8601 with a time zone (4.3.2.6): %s", value);
	else
		p->next.utc_ms = g_date_time_to_unix(t) * 1000 + g_date_time_get_microsecond(t) / 1000;
	if (t != NULL)
		g_date_time_unref(t);
}

static void take_tag(struct hls_list *l, struct pending *p, const char *line)
{
	const char *value;
	bool any = l->segments->len > 0;
	if ((value = tag_value(line, "#EXT-X-VERSION:"))) {
		l->version = (int)number(l, value);
		if (++p->versions > 1)
			wrong(l, "more than one EXT-X-VERSION (4.3.1.2)");
	} else if ((value = tag_value(line, "#EXT-X-TARGETDURATION:"))) {
		l->target_s = number(l, value);
		if (++p->targets > 1 || any)
			wrong(l, "EXT-X-TARGETDURATION once, before the segments (4.3.3)");
	} else if ((value = tag_value(line, "#EXT-X-MEDIA-SEQUENCE:"))) {
		l->sequence = number(l, value);
		l->has_sequence = true;
		if (++p->sequences > 1 || any)
			wrong(l, "EXT-X-MEDIA-SEQUENCE once, before the segments (4.3.3.2)");
	} else if ((value = tag_value(line, "#EXT-X-DISCONTINUITY-SEQUENCE:"))) {
		l->discontinuity_sequence = number(l, value);
		if (++p->discontinuity_sequences > 1 || any || p->next.discontinuity)
			wrong(l, "EXT-X-DISCONTINUITY-SEQUENCE once, before segments and discontinuities (4.3.3.3)");
	} else if ((value = tag_value(line, "#EXT-X-PLAYLIST-TYPE:"))) {
		l->event = strcmp(value, "EVENT") == 0;
		if (++p->types > 1 || (!l->event && strcmp(value, "VOD") != 0))
			wrong(l, "EXT-X-PLAYLIST-TYPE once, EVENT or VOD (4.3.3.5)");
	} else if ((value = tag_value(line, "#EXTINF:"))) {
		take_length(l, p, value);
	} else if ((value = tag_value(line, "#EXT-X-BYTERANGE:"))) {
		take_range(l, p, value);
	} else if ((value = tag_value(line, "#EXT-X-PROGRAM-DATE-TIME:"))) {
		take_time(l, p, value);
	} else if (strcmp(line, "#EXT-X-DISCONTINUITY") == 0) {
		p->next.discontinuity = true;
	} else if (strcmp(line, "#EXT-X-INDEPENDENT-SEGMENTS") == 0) {
		l->independent = true;
	} else if (strcmp(line, "#EXT-X-ENDLIST") == 0) {
		l->ended = true;
		if (++p->ends > 1)
			wrong(l, "more than one EXT-X-ENDLIST (4.3.3.4)");
	} else if (g_str_has_prefix(line, "#EXT-X-STREAM-INF") || g_str_has_prefix(line, "#EXT-X-MEDIA:")) {
		wrong(l, "a tag of master playlists in a media playlist (4.3.4)");
	} else if (g_str_has_prefix(line, "#EXT") && strcmp(line, "#EXTM3U") != 0) {
		wrong(l, "not a tag that this recorder writes: %s", line);
	}
}

static void take_uri(struct hls_list *l, struct pending *p, const char *uri)
{
	struct hls_segment *before = l->segments->len > 0 ? segment(l, l->segments->len - 1) : NULL;
	if (!p->has_length)
		wrong(l, "a segment without EXTINF (4.3.2.1): %s", uri);
	if (llround(p->next.seconds) > l->target_s)
		wrong(l, "a segment of %.3f s is above EXT-X-TARGETDURATION %" PRId64 " (4.3.3.1)", p->next.seconds,
		      l->target_s);
	if (p->has_range && !p->has_offset) {
		if (before == NULL || before->size == 0 || strcmp(before->uri, uri) != 0)
			wrong(l, "EXT-X-BYTERANGE without offset needs a range of the same file before it (4.3.2.2)");
		else
			p->next.offset = before->offset + before->size;
	}
	if (p->next.utc_ms == 0)
		p->next.utc_ms = p->next.discontinuity ? 0 : p->follows_ms;
	p->follows_ms = p->next.utc_ms != 0 ? p->next.utc_ms + llround(p->next.seconds * 1000) : 0;
	struct hls_segment *s = g_memdup2(&p->next, sizeof(p->next));
	s->uri = g_strdup(uri);
	g_ptr_array_add(l->segments, s);
	p->next = (struct hls_segment){0};
	p->has_length = p->has_range = p->has_offset = false;
}

static void parse(struct hls_list *l, const char *text)
{
	struct pending p = {0};
	if (!g_str_has_prefix(text, "#EXTM3U\n"))
		wrong(l, "the first line must be #EXTM3U (4.3.1.1)");
	if (!g_utf8_validate(text, -1, NULL) || g_str_has_prefix(text, "\xef\xbb\xbf") || strchr(text, '\r') != NULL)
		wrong(l, "UTF-8 without BOM or control characters (4.1)");
	if (!g_str_has_suffix(text, "\n"))
		wrong(l, "the last line is not whole (4.1)");
	char **lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line != NULL; line++) {
		if ((*line)[0] == '#')
			take_tag(l, &p, *line);
		else if ((*line)[0] != '\0')
			take_uri(l, &p, *line);
	}
	g_strfreev(lines);
	if (p.targets != 1)
		wrong(l, "EXT-X-TARGETDURATION is required (4.3.3.1)");
	if (p.has_length || p.has_range || p.next.discontinuity)
		wrong(l, "tags of a segment without its URI");
}

/* ---- the media ---- */

/* As a server finds it: by its final name, else as it runs. */
static char *find_media(const char *folder, const char *uri)
{
	char *name = g_uri_unescape_string(uri, NULL), *path = g_build_filename(folder, name, NULL);
	if (!g_file_test(path, G_FILE_TEST_EXISTS) && g_str_has_suffix(path, ".ts")) {
		char *running = g_strdup_printf("%.*s.recording.ts", (int)strlen(path) - 3, path);
		g_free(path);
		path = running;
	}
	g_free(name);
	return path;
}

struct contents {
	bool pat, pmt, frame, key_first, picture;
	unsigned tables;
	int64_t first_90k;
	uint16_t pmt_pid, picture_pid;
};

static const uint8_t *payload_of(const uint8_t *p)
{
	size_t at = 4 + ((p[3] & 0x20) != 0 ? (size_t)p[4] + 1 : 0);
	return (p[3] & 0x10) != 0 && at < PACKET ? p + at : NULL;
}

static void take_pmt(struct contents *c, const uint8_t *section)
{
	size_t length = (size_t)(section[1] & 0x0f) << 8 | section[2],
	       info = (size_t)(section[10] & 0x0f) << 8 | section[11];
	c->pmt = true;
	/* The streams alone: versions and PCR may change with nothing that a player sees. */
	for (size_t at = 12 + info; at + 5 <= 3 + length - 4 && at + 5 < PACKET;) {
		uint16_t pid = (uint16_t)((section[at + 1] & 0x1f) << 8 | section[at + 2]);
		c->tables = c->tables * 31 + section[at] * 8192u + pid;
		if (c->picture_pid == 0 && (section[at] == 0x1b || section[at] == 0x24))
			c->picture_pid = pid;
		at += 5 + ((size_t)(section[at + 3] & 0x0f) << 8 | section[at + 4]);
	}
}

static void take_pes(struct contents *c, const uint8_t *packet, const uint8_t *pes, uint16_t pid)
{
	bool key = (packet[3] & 0x20) != 0 && packet[4] > 0 && (packet[5] & 0x40) != 0;
	if (!c->frame && (pes[7] & 0x80) != 0)
		c->first_90k = (int64_t)(pes[9] >> 1 & 7) << 30 | (int64_t)pes[10] << 22 |
			       (int64_t)(pes[11] >> 1) << 15 | (int64_t)pes[12] << 7 | pes[13] >> 1;
	c->frame = true;
	if (pid == c->picture_pid && !c->picture) {
		c->picture = true;
		c->key_first = key;
	}
}

static void take_packet(struct hls_list *l, struct contents *c, const uint8_t *p)
{
	uint16_t pid = (uint16_t)((p[1] & 0x1f) << 8 | p[2]);
	const uint8_t *payload = payload_of(p);
	if (p[0] != 0x47) {
		wrong(l, "a segment does not consist of whole TS packets (3.2)");
		return;
	}
	if ((p[1] & 0x40) == 0 || payload == NULL)
		return;
	if (pid == 0) {
		c->pat = true;
		c->pmt_pid = (uint16_t)((payload[11] & 0x1f) << 8 | payload[12]);
	} else if (c->pat && pid == c->pmt_pid && !c->pmt) {
		take_pmt(c, payload + 1);
	} else if (payload[0] == 0 && payload[1] == 0 && payload[2] == 1) {
		if (!c->pmt && !c->frame)
			wrong(l, "a segment's first frame is before its PAT and PMT (3.2)");
		take_pes(c, p, payload, pid);
	}
}

static void check_contents(struct hls_list *l, struct hls_segment *s, const uint8_t *data, size_t size)
{
	struct contents c = {0};
	if (size % PACKET != 0)
		wrong(l, "%s: %zu bytes are no whole packets (3.2)", s->uri, size);
	for (size_t at = 0; at + PACKET <= size; at += PACKET)
		take_packet(l, &c, data + at);
	if (!c.frame)
		wrong(l, "%s@%" PRIu64 ": a segment without a frame", s->uri, s->offset);
	if (l->independent && c.picture && !c.key_first)
		wrong(l, "%s@%" PRIu64 ": does not begin with a keyframe (4.3.5.1)", s->uri, s->offset);
	s->first_90k = c.first_90k;
	s->tables = c.tables;
}

static void check_media(struct hls_list *l, const char *folder)
{
	char *open_path = NULL;
	GMappedFile *file = NULL;
	for (unsigned i = 0; i < l->segments->len; i++) {
		struct hls_segment *s = segment(l, i);
		char *path = find_media(folder, s->uri);
		if (g_strcmp0(path, open_path) != 0) {
			g_clear_pointer(&file, g_mapped_file_unref);
			g_free(open_path);
			open_path = g_strdup(path);
			file = g_mapped_file_new(path, FALSE, NULL);
		}
		size_t bytes = file != NULL ? g_mapped_file_get_length(file) : 0;
		size_t size = s->size != 0 ? s->size : bytes;
		if (bytes == 0 || s->offset > bytes || size > bytes - s->offset)
			wrong(l, "%s has no bytes %" PRIu64 "+%zu (6.2.1: what is listed must be there)", s->uri,
			      s->offset, size);
		else
			check_contents(l, s, (const uint8_t *)g_mapped_file_get_contents(file) + s->offset, size);
		g_free(path);
	}
	g_clear_pointer(&file, g_mapped_file_unref);
	g_free(open_path);
}

/* Discontinuities where they must be, and times as they are. */
static void check_order(struct hls_list *l)
{
	for (unsigned i = 1; i < l->segments->len; i++) {
		const struct hls_segment *a = segment(l, i - 1), *b = segment(l, i);
		if (b->discontinuity)
			continue;
		if (a->tables != b->tables)
			wrong(l,
			      "segment %u has other tracks than the one before, without EXT-X-DISCONTINUITY (4.3.2.3)",
			      i);
		double step = (double)(b->first_90k - a->first_90k) / 90000;
		if (fabs(step - a->seconds) > 0.2)
			wrong(l, "segment %u: EXTINF %.3f, but the next begins %.3f s later (4.3.2.1, 4.3.2.3)", i - 1,
			      a->seconds, step);
		if (a->utc_ms != 0 && b->utc_ms != 0 && fabs((double)(b->utc_ms - a->utc_ms) / 1000 - a->seconds) > 0.2)
			wrong(l, "segment %u: EXT-X-PROGRAM-DATE-TIME does not follow (4.3.2.6)", i);
	}
	if (l->segments->len > 0 && segment(l, 0)->utc_ms == 0)
		wrong(l, "no EXT-X-PROGRAM-DATE-TIME at the first segment");
}

struct hls_list *hls_check_text(const char *text, const char *folder)
{
	struct hls_list *l = g_new0(struct hls_list, 1);
	l->version = 1;
	l->segments = g_ptr_array_new_with_free_func(segment_free);
	l->errors = g_string_new(NULL);
	parse(l, text);
	check_media(l, folder);
	check_order(l);
	return l;
}

struct hls_list *hls_check(const char *path)
{
	char *text = NULL, *folder = g_path_get_dirname(path);
	if (!g_file_get_contents(path, &text, NULL, NULL))
		text = g_strdup("");
	struct hls_list *l = hls_check_text(text, folder);
	g_free(text);
	g_free(folder);
	return l;
}

/* ---- other checks ---- */

char *hls_check_master(const char *path)
{
	char *text = NULL, *error = NULL;
	if (!g_file_get_contents(path, &text, NULL, NULL))
		return g_strdup("it is not there");
	const char *info = strstr(text, "\n#EXT-X-STREAM-INF:"), *end = info != NULL ? strchr(info + 1, '\n') : NULL;
	if (!g_str_has_prefix(text, "#EXTM3U\n"))
		error = g_strdup("the first line must be #EXTM3U (4.3.1.1)");
	else if (strstr(text, "#EXTINF") != NULL || strstr(text, "#EXT-X-TARGETDURATION") != NULL)
		error = g_strdup("tags of media playlists (4.3.3)");
	else if (info == NULL || end == NULL || end[1] == '\0' || end[1] == '#')
		error = g_strdup("EXT-X-STREAM-INF and a URI after it (4.3.4.2)");
	else if (!g_regex_match_simple("[:,]BANDWIDTH=[1-9][0-9]*(,|\\n)", info, 0, 0))
		error = g_strdup("BANDWIDTH is required (4.3.4.2)");
	else if (!g_regex_match_simple("[:,]CODECS=\"[^\"]+\"", info, 0, 0))
		error = g_strdup("no CODECS (4.3.4.2)");
	g_free(text);
	return error;
}

static char *check_window_update(const struct hls_list *a, const struct hls_list *b)
{
	int64_t removed = b->sequence - a->sequence;
	unsigned discontinuities = 0;
	if (removed < 0)
		return g_strdup("EXT-X-MEDIA-SEQUENCE went back (6.2.2)");
	for (int64_t i = 0; i < (int64_t)a->segments->len; i++) {
		const struct hls_segment *s = segment(a, (unsigned)i);
		if (i < removed) {
			discontinuities += s->discontinuity;
			continue;
		}
		if (i - removed >= (int64_t)b->segments->len)
			return g_strdup("segments went at the end (6.2.1)");
		const struct hls_segment *t = segment(b, (unsigned)(i - removed));
		if (strcmp(s->uri, t->uri) != 0 || s->offset != t->offset || s->size != t->size)
			return g_strdup("a segment changed its number (6.2.2)");
	}
	if (removed <= (int64_t)a->segments->len &&
	    b->discontinuity_sequence != a->discontinuity_sequence + discontinuities)
		return g_strdup("EXT-X-DISCONTINUITY-SEQUENCE does not count what went (6.2.2)");
	return a->target_s != b->target_s ? g_strdup("EXT-X-TARGETDURATION changed (6.2.1)") : NULL;
}

char *hls_check_update(const char *before, const char *after)
{
	if (strstr(before, "#EXT-X-PLAYLIST-TYPE:EVENT\n") != NULL)
		return g_str_has_prefix(after, before)
			       ? NULL
			       : g_strdup("an EVENT playlist changed but by lines at its end (4.3.3.5)");
	struct hls_list *a = hls_check_text(before, "/nonexistent"), *b = hls_check_text(after, "/nonexistent");
	char *error = check_window_update(a, b);
	hls_free(a);
	hls_free(b);
	return error;
}

unsigned hls_discontinuities(const struct hls_list *l)
{
	unsigned count = 0;
	for (unsigned i = 0; i < l->segments->len; i++)
		count += segment(l, i)->discontinuity;
	return count;
}

double hls_seconds(const struct hls_list *l)
{
	double sum = 0;
	for (unsigned i = 0; i < l->segments->len; i++)
		sum += segment(l, i)->seconds;
	return sum;
}

void hls_free(struct hls_list *l)
{
	g_ptr_array_unref(l->segments);
	g_string_free(l->errors, TRUE);
	g_free(l);
}
