/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mp4.h"

#include <string.h>

#define FLAGS_SYNC     0x02000000u /* depends on no other */
#define FLAGS_NON_SYNC 0x01010000u

#define LANGUAGE_UND 0x55c4
/* 80 ms, in Opus's 48 kHz (RFC 7845 section 4.6). */
#define OPUS_PRE_ROLL 3840
#define OPUS_PACKET   960
#define APP           "janus-tsrecorder"

static const char magic[BOX_LARGE_HEAD_BYTES - BOX_HEAD_BYTES + 1] = "tsrecord";

void mp4_movie_finish(struct mp4_movie *movie)
{
	for (unsigned i = 0; i < LIMIT_TRACKS; i++)
		mp4_track_finish(&movie->track[i]);
	buf_finish(&movie->udta);
}

/* ---- a track ---- */

static void put_matrix(unsigned quarter_turns, uint32_t width, uint32_t height, struct box_writer *w)
{
	static const int8_t turn[4][4] = {{1, 0, 0, 1}, {0, 1, -1, 0}, {-1, 0, 0, -1}, {0, -1, 1, 0}};
	const int8_t *m = turn[quarter_turns & 3];
	uint32_t x = m[0] < 0 || m[2] < 0 ? (m[0] < 0 ? width : height) : 0;
	uint32_t y = m[1] < 0 || m[3] < 0 ? (m[1] < 0 ? width : height) : 0;
	const uint32_t matrix[9] = {(uint32_t)m[0] << 16,
				    (uint32_t)m[1] << 16,
				    0,
				    (uint32_t)m[2] << 16,
				    (uint32_t)m[3] << 16,
				    0,
				    x << 16,
				    y << 16,
				    0x40000000};
	for (unsigned i = 0; i < 9; i++)
		box_u32(w, matrix[i]);
}

/* Section 8.3.2 */
static void put_tkhd(const struct mp4_movie *movie, unsigned id, uint64_t duration, struct box_writer *w)
{
	const struct mp4_track *t = &movie->track[id];
	bool video = tsr_codec_is_video(t->codec);
	size_t box = box_begin_full(w, "tkhd", 1, 3); /* enabled, in the movie */
	box_u64(w, movie->creation);
	box_u64(w, movie->creation);
	box_u32(w, id + 1);
	box_u32(w, 0);
	box_u64(w, duration);
	box_zeroes(w, 12);
	box_u16(w, video ? 0 : 0x0100); /* volume */
	box_u16(w, 0);
	put_matrix(t->quarter_turns, t->width, t->height, w);
	box_u32(w, (uint32_t)t->width << 16);
	box_u32(w, (uint32_t)t->height << 16);
	box_end(w, box);
}

static void put_edit(uint64_t duration, int64_t media_time, struct box_writer *w)
{
	box_u64(w, duration);
	box_u64(w, (uint64_t)media_time);
	box_u32(w, 0x00010000);
}

static int64_t first_of_all(const struct mp4_movie *movie)
{
	int64_t first = INT64_MAX;
	for (unsigned i = 0; i < LIMIT_TRACKS; i++) {
		int64_t begin = movie->track[i].samples > 0 ? mp4_track_begin(&movie->track[i]) : INT64_MAX;
		first = begin < first ? begin : first;
	}
	return first;
}

/* Section 8.6.6: nothing up to the track's beginning, then what it has from its first picture or what is to be heard on. Returns when it ends. */
static int64_t put_edts(const struct mp4_movie *movie, const struct mp4_track *t, struct box_writer *w)
{
	int64_t begin = mp4_track_begin(t), wait = begin - first_of_all(movie), length = mp4_track_end(t) - begin;
	int64_t media_time = (int64_t)t->first_offset + t->skip;
	length = length > 0 ? length : 0;
	if (wait == 0 && media_time == 0)
		return length;
	size_t edts = box_begin(w, "edts");
	size_t elst = box_begin_full(w, "elst", 1, 0);
	box_u32(w, wait > 0 ? 2 : 1);
	if (wait > 0)
		put_edit((uint64_t)wait, -1, w);
	put_edit((uint64_t)length, media_time, w);
	box_end(w, elst);
	box_end(w, edts);
	return wait + length;
}

static void put_mdhd(const struct mp4_movie *movie, const struct mp4_track *t, uint64_t duration, struct box_writer *w)
{
	size_t box = box_begin_full(w, "mdhd", 1, 0);
	box_u64(w, movie->creation);
	box_u64(w, movie->creation);
	box_u32(w, t->timescale);
	box_u64(w, duration);
	box_u16(w, LANGUAGE_UND);
	box_u16(w, 0);
	box_end(w, box);
}

static void put_hdlr(const char *type, const char *maker, const char *name, struct box_writer *w)
{
	size_t box = box_begin_full(w, "hdlr", 0, 0);
	box_u32(w, 0);
	box_bytes(w, type, 4);
	box_bytes(w, maker, 4);
	box_zeroes(w, 8);
	box_bytes(w, name, strlen(name) + 1);
	box_end(w, box);
}

static void put_media_header(bool video, struct box_writer *w)
{
	size_t box = video ? box_begin_full(w, "vmhd", 0, 1) : box_begin_full(w, "smhd", 0, 0);
	box_zeroes(w, video ? 8 : 4);
	box_end(w, box);
	size_t dinf = box_begin(w, "dinf");
	size_t dref = box_begin_full(w, "dref", 0, 0);
	box_u32(w, 1);
	box_end(w, box_begin_full(w, "url ", 0, 1)); /* in this file */
	box_end(w, dref);
	box_end(w, dinf);
}

static void put_stsd(const struct mp4_track *t, bool running, struct box_writer *w)
{
	size_t box = box_begin_full(w, "stsd", 0, 0);
	box_u32(w, 1);
	mp4_write_entry(t, running, w);
	box_end(w, box);
}

/* Section 10.1: how many samples must be decoded before one that sounds as it should. */
static void put_roll(const struct mp4_track *t, struct box_writer *w)
{
	uint32_t each = t->last_duration > 0 ? t->last_duration : OPUS_PACKET;
	unsigned distance = t->codec == TSR_CODEC_OPUS ? (OPUS_PRE_ROLL + each - 1) / each : 1;
	size_t box = box_begin_full(w, "sgpd", 1, 0);
	box_bytes(w, "roll", 4);
	box_u32(w, 2); /* length of each */
	box_u32(w, 1);
	box_u16(w, (unsigned)-(int)distance);
	box_end(w, box);
	box = box_begin_full(w, "sbgp", 0, 0);
	box_bytes(w, "roll", 4);
	box_u32(w, 1);
	box_u32(w, t->samples);
	box_u32(w, 1);
	box_end(w, box);
}

static void put_empty_tables(struct box_writer *w)
{
	static const char tables[][5] = {"stts", "stsc", "stsz", "stco"};
	for (unsigned i = 0; i < 4; i++) {
		size_t box = box_begin_full(w, tables[i], 0, 0);
		box_zeroes(w, i == 2 ? 8 : 4);
		box_end(w, box);
	}
}

void mp4_write_trak(const struct mp4_movie *movie, unsigned id, uint64_t tables, struct box_writer *w)
{
	const struct mp4_track *t = &movie->track[id];
	const bool running = tables == MP4_RUNNING, video = tsr_codec_is_video(t->codec);
	uint64_t more = running ? 0 : tables;
	size_t trak = box_begin(w, "trak");
	size_t tkhd = w->out->len;
	put_tkhd(movie, id, 0, w);
	int64_t end = running ? 0 : put_edts(movie, t, w);
	if (w->error == TSR_OK)
		box_put_u64(w->out->data + tkhd + 36, (uint64_t)end);
	size_t mdia = box_begin(w, "mdia");
	put_mdhd(movie, t, running ? 0 : (uint64_t)(t->last_dts - t->first_dts) + t->last_duration, w);
	put_hdlr(video ? "vide" : "soun", "\0\0\0", video ? "video" : "sound", w);
	size_t minf = box_begin(w, "minf");
	put_media_header(video, w);
	size_t stbl = box_begin(w, "stbl");
	put_stsd(t, running, w);
	if (running)
		put_empty_tables(w);
	else if (!video)
		put_roll(t, w);
	box_end_with(w, stbl, more);
	box_end_with(w, minf, more);
	box_end_with(w, mdia, more);
	box_end_with(w, trak, more);
}

/* ---- the movie ---- */

void mp4_write_ftyp(struct box_writer *w)
{
	static const char brands[] = "isomiso2iso4iso5iso6mp41";
	size_t box = box_begin(w, "ftyp");
	box_bytes(w, "isom", 4);
	box_u32(w, 0x200);
	box_bytes(w, brands, sizeof(brands) - 1);
	box_end(w, box);
	box = box_begin(w, "free");
	box_bytes(w, magic, MP4_PLACEHOLDER_BYTES - BOX_HEAD_BYTES);
	box_end(w, box);
}

void mp4_mdat_head(uint64_t moov_at, uint8_t out[MP4_PLACEHOLDER_BYTES])
{
	box_put_u32(out, 1);
	memcpy(out + 4, "mdat", 4);
	box_put_u64(out + 8, moov_at - MP4_FTYP_BYTES);
}

/* Section 8.2.2 */
void mp4_write_mvhd(const struct mp4_movie *movie, uint64_t duration, struct box_writer *w)
{
	size_t box = box_begin_full(w, "mvhd", 1, 0);
	box_u64(w, movie->creation);
	box_u64(w, movie->creation);
	box_u32(w, MP4_MOVIE_TIMESCALE);
	box_u64(w, duration);
	box_u32(w, 0x00010000); /* rate */
	box_u16(w, 0x0100);     /* volume */
	box_zeroes(w, 10);
	put_matrix(0, 0, 0, w);
	box_zeroes(w, 24);
	box_u32(w, LIMIT_TRACKS + 1); /* next_track_ID */
	box_end(w, box);
}

/* As players read it from iTunes' files. */
static void put_text(const char *type, const char *text, size_t size, struct box_writer *w)
{
	size_t box = box_begin(w, type);
	size_t data = box_begin_full(w, "data", 0, 1); /* UTF-8 */
	box_u32(w, 0);
	box_bytes(w, text, size);
	box_end(w, data);
	box_end(w, box);
}

tsr_error mp4_set_title(struct mp4_movie *movie, const char *title)
{
	struct box_writer w = {.out = &movie->udta};
	size_t size = title != NULL ? strnlen(title, MP4_TITLE_BYTES + 1) : 0;
	if (size > MP4_TITLE_BYTES) /* cut between two characters */
		for (size = MP4_TITLE_BYTES; size > 0 && ((unsigned char)title[size] & 0xc0) == 0x80; size--)
			;
	buf_init(&movie->udta, MP4_INIT_BYTES);
	size_t udta = box_begin(&w, "udta");
	size_t meta = box_begin_full(&w, "meta", 0, 0);
	put_hdlr("mdir", "appl", "", &w);
	size_t ilst = box_begin(&w, "ilst");
	if (size > 0)
		put_text("\251nam", title, size, &w);
	put_text("\251too", APP, strlen(APP), &w);
	box_end(&w, ilst);
	box_end(&w, meta);
	box_end(&w, udta);
	return w.error;
}

static void put_trex(const struct mp4_movie *movie, unsigned id, struct box_writer *w)
{
	size_t box = box_begin_full(w, "trex", 0, 0);
	box_u32(w, id + 1);
	box_u32(w, 1);
	box_u32(w, 0);
	box_u32(w, 0);
	box_u32(w, tsr_codec_is_video(movie->track[id].codec) ? FLAGS_NON_SYNC : FLAGS_SYNC);
	box_end(w, box);
}

void mp4_write_init(const struct mp4_movie *movie, struct box_writer *w)
{
	size_t moov = box_begin(w, "moov");
	mp4_write_mvhd(movie, 0, w);
	for (unsigned i = 0; i < LIMIT_TRACKS; i++)
		if (movie->track[i].described)
			mp4_write_trak(movie, i, MP4_RUNNING, w);
	size_t mvex = box_begin(w, "mvex");
	for (unsigned i = 0; i < LIMIT_TRACKS; i++)
		if (movie->track[i].described)
			put_trex(movie, i, w);
	box_end(w, mvex);
	box_bytes(w, movie->udta.data, movie->udta.len);
	box_end(w, moov);
	size_t size = w->out->len - moov;
	if (w->error == TSR_OK && size + BOX_HEAD_BYTES > MP4_INIT_BYTES)
		w->error = TSR_E_LIMIT;
	if (w->error != TSR_OK)
		return;
	size_t room = box_begin(w, "free");
	box_zeroes(w, MP4_INIT_BYTES - size - BOX_HEAD_BYTES);
	box_end(w, room);
}

/* ---- and back ---- */

/* A box within others, by their types, one after another. */
static bool find_within(const struct box *outer, const char *path, struct box *out)
{
	*out = *outer;
	for (; *path != '\0'; path += 4)
		if (!box_find(out->data, out->size, path, out))
			return false;
	return true;
}

static unsigned quarter_turns_of(const uint8_t *matrix)
{
	int32_t a = (int32_t)box_get_u32(matrix), b = (int32_t)box_get_u32(matrix + 4);
	return a > 0 ? 0 : b > 0 ? 1 : a < 0 ? 2 : b < 0 ? 3 : 0;
}

static tsr_error read_trak(struct mp4_movie *movie, const struct box *trak)
{
	struct box tkhd, mdhd, stsd, entry;
	if (!find_within(trak, "tkhd", &tkhd) || tkhd.size < 96 || tkhd.data[0] != 1 ||
	    !find_within(trak, "mdiamdhd", &mdhd) || mdhd.size < 24 || mdhd.data[0] != 1 ||
	    !find_within(trak, "mdiaminfstblstsd", &stsd) || stsd.size < 8)
		return TSR_E_MALFORMED;
	const uint8_t *data = stsd.data + 8;
	size_t left = stsd.size - 8;
	uint32_t id = box_get_u32(tkhd.data + 20);
	if (id == 0 || id > LIMIT_TRACKS || movie->track[id - 1].described || !box_next(&data, &left, &entry))
		return TSR_E_MALFORMED;
	struct mp4_track *t = &movie->track[id - 1];
	t->timescale = box_get_u32(mdhd.data + 20);
	if (t->timescale == 0)
		return TSR_E_MALFORMED;
	t->quarter_turns = (uint8_t)quarter_turns_of(tkhd.data + 52);
	t->width = (uint16_t)(box_get_u32(tkhd.data + 88) >> 16);
	t->height = (uint16_t)(box_get_u32(tkhd.data + 92) >> 16);
	return mp4_read_entry(t, &entry);
}

tsr_error mp4_read_init(struct mp4_movie *movie, const uint8_t *data, size_t size)
{
	struct box moov, box;
	if (!box_next(&data, &size, &moov) || !box_is(&moov, "moov") || !box_find(moov.data, moov.size, "mvhd", &box) ||
	    box.size < 12 || box.data[0] != 1)
		return TSR_E_MALFORMED;
	movie->creation = box_get_u64(box.data + 4);
	data = moov.data;
	size = moov.size;
	tsr_error err = TSR_OK;
	while (err == TSR_OK && box_next(&data, &size, &box)) {
		if (box_is(&box, "trak")) {
			err = read_trak(movie, &box);
		} else if (box_is(&box, "udta") && movie->udta.len == 0) {
			buf_init(&movie->udta, MP4_INIT_BYTES);
			err = buf_append(&movie->udta, box.data - BOX_HEAD_BYTES, box.size + BOX_HEAD_BYTES);
		}
	}
	return err;
}
