/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sample entries: how each codec is described in an MP4 file, and what follows from that for its samples. */
#include <string.h>

#include "mp4.h"
#include "reader.h"

/* Of what an entry has before its own boxes: SampleEntry with VisualSampleEntry or AudioSampleEntry (sections 8.5.2, 12.1.3, 12.2.3). */
#define VISUAL_ENTRY_BYTES (BOX_HEAD_BYTES + 78)
#define AUDIO_ENTRY_BYTES  (BOX_HEAD_BYTES + 28)
#define TRACK_BYTES_MOST   (60 * 1024)

static const struct {
	char running[5], plain[5]; /* types of the sample entry */
	char config[5];            /* the box with the record in it */
} types[TSR_CODEC_COUNT] = {
	[TSR_CODEC_H264] = {"avc3", "avc1", "avcC"}, [TSR_CODEC_H265] = {"hev1", "hvc1", "hvcC"},
	[TSR_CODEC_VP9] = {"vp09", "vp09", "vpcC"},  [TSR_CODEC_AV1] = {"av01", "av01", "av1C"},
	[TSR_CODEC_OPUS] = {"Opus", "Opus", "dOps"}, [TSR_CODEC_AAC] = {"mp4a", "mp4a", "esds"},
};

/* ---- parameter sets ---- */

/* NAL unit types: ITU-T H.264 table 7-1, H.265 table 7-1. */
static bool is_set(tsr_codec codec, uint8_t first)
{
	if (codec == TSR_CODEC_H264)
		return (first & 0x1f) == 7 || (first & 0x1f) == 8;
	unsigned type = first >> 1 & 0x3f;
	return type >= 32 && type <= 34;
}

static tsr_error add_set(struct reader *r, struct buf *out)
{
	uint8_t length[4];
	unsigned size = reader_be16(r);
	const uint8_t *set = reader_bytes(r, size);
	if (set == NULL)
		return TSR_E_MALFORMED;
	box_put_u32(length, size);
	tsr_error err = buf_append(out, length, sizeof(length));
	return err == TSR_OK ? buf_append(out, set, size) : err;
}

/* ISO 14496-15 section 5.3.3.1.2 */
static tsr_error read_avcc(struct reader r, struct buf *out)
{
	tsr_error err = TSR_OK;
	reader_skip(&r, 5);
	for (unsigned n = reader_u8(&r) & 0x1f; n > 0 && err == TSR_OK; n--)
		err = add_set(&r, out);
	for (unsigned n = reader_u8(&r); n > 0 && err == TSR_OK; n--)
		err = add_set(&r, out);
	return err;
}

/* Section 8.3.3.1.2 */
static tsr_error read_hvcc(struct reader r, struct buf *out)
{
	tsr_error err = TSR_OK;
	reader_skip(&r, 22);
	for (unsigned arrays = reader_u8(&r); arrays > 0 && err == TSR_OK; arrays--) {
		reader_skip(&r, 1);
		for (unsigned n = reader_be16(&r); n > 0 && err == TSR_OK; n--)
			err = add_set(&r, out);
	}
	return err;
}

/* What follows from the sample entry. */
static tsr_error read_entry(struct mp4_track *t)
{
	bool video = tsr_codec_is_video(t->codec);
	size_t before = video ? VISUAL_ENTRY_BYTES : AUDIO_ENTRY_BYTES;
	struct box config;
	if (t->entry.len < before ||
	    !box_find(t->entry.data + before, t->entry.len - before, types[t->codec].config, &config))
		return TSR_E_MALFORMED;
	struct reader r = reader_of(config.data, config.size);
	buf_clear(&t->sets);
	if (t->codec == TSR_CODEC_H264)
		return read_avcc(r, &t->sets);
	if (t->codec == TSR_CODEC_H265)
		return read_hvcc(r, &t->sets);
	if (t->codec == TSR_CODEC_OPUS) {
		reader_skip(&r, 2);
		t->skip = reader_be16(&r);
	}
	return TSR_OK;
}

static bool begins_with_sets(const struct mp4_track *t, mp4_peek peek, void *ctx, size_t size)
{
	const uint8_t *data = size > t->sets.len ? peek(ctx, 0, t->sets.len) : NULL;
	return data != NULL && memcmp(data, t->sets.data, t->sets.len) == 0;
}

bool mp4_is_plain(const struct mp4_track *t, mp4_peek peek, void *ctx, size_t size, bool key)
{
	if (t->codec != TSR_CODEC_H264 && t->codec != TSR_CODEC_H265)
		return true;
	if (t->sets.len == 0 || (key && !begins_with_sets(t, peek, ctx, size)))
		return false;
	for (size_t at = key ? t->sets.len : 0; at < size;) {
		const uint8_t *head = size - at > 4 ? peek(ctx, at, 5) : NULL;
		if (head == NULL || box_get_u32(head) > size - at - 4 || is_set(t->codec, head[4]))
			return false;
		at += 4 + (size_t)box_get_u32(head);
	}
	return true;
}

/* ---- sample entries ---- */

static void put_visual(const struct mp4_track *t, const struct buf *record, struct box_writer *w)
{
	size_t entry = box_begin(w, types[t->codec].running);
	box_zeroes(w, 6);
	box_u16(w, 1); /* data_reference_index */
	box_zeroes(w, 16);
	box_u16(w, t->width);
	box_u16(w, t->height);
	box_u32(w, 0x00480000); /* 72 dpi */
	box_u32(w, 0x00480000);
	box_u32(w, 0);
	box_u16(w, 1);      /* frame_count */
	box_zeroes(w, 32);  /* compressorname */
	box_u16(w, 0x0018); /* depth */
	box_u16(w, 0xffff);
	size_t config = box_begin(w, types[t->codec].config);
	box_bytes(w, record->data, record->len);
	box_end(w, config);
	box_end(w, entry);
}

/* Encapsulation of Opus in ISO Base Media File Format, section 4.3.2: OpusHead with its numbers turned round. */
static void put_dops(const struct track_format *f, struct box_writer *w)
{
	const uint8_t *head = f->extradata;
	size_t box = box_begin(w, "dOps");
	box_u8(w, 0);
	box_u8(w, head[9]);
	box_u16(w, (unsigned)head[10] | (unsigned)head[11] << 8);
	box_u32(w, (uint32_t)head[12] | (uint32_t)head[13] << 8 | (uint32_t)head[14] << 16 | (uint32_t)head[15] << 24);
	box_u16(w, (unsigned)head[16] | (unsigned)head[17] << 8);
	box_bytes(w, head + 18, f->extradata_size - 18); /* mapping family, and its table */
	box_end(w, box);
}

/* ISO 14496-14 section 5.6, with the descriptors of ISO 14496-1 section 7.2.6, each shorter than 128 bytes. */
static void put_esds(const struct track_format *f, struct box_writer *w)
{
	const unsigned specific = (unsigned)f->extradata_size, decoder = 13 + 2 + specific;
	size_t box = box_begin_full(w, "esds", 0, 0);
	box_u8(w, 3); /* ES_Descriptor */
	box_u8(w, 3 + 2 + decoder + 3);
	box_u16(w, 0);
	box_u8(w, 0);
	box_u8(w, 4); /* DecoderConfigDescriptor */
	box_u8(w, decoder);
	box_u8(w, 0x40);   /* ISO 14496-3 */
	box_u8(w, 0x15);   /* AudioStream */
	box_zeroes(w, 11); /* buffer size and bit rates are not known */
	box_u8(w, 5);      /* DecoderSpecificInfo */
	box_u8(w, specific);
	box_bytes(w, f->extradata, specific);
	box_u8(w, 6); /* SLConfigDescriptor: as in an MP4 file */
	box_u8(w, 1);
	box_u8(w, 2);
	box_end(w, box);
}

static void put_audio(const struct mp4_track *t, const struct track_format *f, struct box_writer *w)
{
	size_t entry = box_begin(w, types[t->codec].running);
	box_zeroes(w, 6);
	box_u16(w, 1);
	box_zeroes(w, 8);
	box_u16(w, f->channels);
	box_u16(w, 16);
	box_u32(w, 0);
	box_u32(w, t->timescale << 16);
	if (t->codec == TSR_CODEC_OPUS)
		put_dops(f, w);
	else
		put_esds(f, w);
	box_end(w, entry);
}

tsr_error mp4_describe(struct mp4_track *t, const struct track_format *format, const struct buf *record)
{
	struct box_writer w = {.out = &t->entry};
	bool video = tsr_codec_is_video(format->codec), opus = format->codec == TSR_CODEC_OPUS;
	if (types[format->codec].running[0] == '\0')
		return TSR_E_UNSUPPORTED;
	if (!video &&
	    (format->extradata_size < (opus ? 19 : 2) || format->sample_rate == 0 || format->sample_rate > UINT16_MAX))
		return TSR_E_MALFORMED;
	buf_init(&t->entry, TRACK_BYTES_MOST);
	buf_init(&t->sets, TRACK_BYTES_MOST);
	t->codec = format->codec;
	t->timescale = video ? MP4_MOVIE_TIMESCALE : format->sample_rate;
	if (video)
		put_visual(t, record, &w);
	else
		put_audio(t, format, &w);
	tsr_error err = w.error == TSR_OK ? read_entry(t) : w.error;
	t->described = err == TSR_OK;
	if (err != TSR_OK) {
		buf_finish(&t->entry);
		buf_finish(&t->sets);
	}
	return err;
}

/* Of hvc1, all parameter sets are in the record (ISO 14496-15 section 8.3.3.1.2: array_completeness). */
static void say_complete(uint8_t *record, size_t size)
{
	size_t at = 23;
	for (unsigned arrays = size > 22 ? record[22] : 0; arrays > 0 && at + 3 <= size; arrays--) {
		unsigned sets = (unsigned)record[at + 1] << 8 | record[at + 2];
		record[at] |= 0x80;
		for (at += 3; sets > 0 && at + 2 <= size; sets--)
			at += 2 + ((size_t)record[at] << 8 | record[at + 1]);
	}
}

void mp4_write_entry(const struct mp4_track *t, bool running, struct box_writer *w)
{
	size_t entry = w->out->len;
	box_bytes(w, t->entry.data, t->entry.len);
	if (w->error != TSR_OK || running || !mp4_track_is_plain(t))
		return;
	memcpy(w->out->data + entry + 4, types[t->codec].plain, 4);
	if (t->codec == TSR_CODEC_H265)
		say_complete(w->out->data + entry + VISUAL_ENTRY_BYTES + BOX_HEAD_BYTES,
			     t->entry.len - VISUAL_ENTRY_BYTES - BOX_HEAD_BYTES);
}

static tsr_codec codec_of(const uint8_t *type)
{
	for (unsigned i = 0; i < TSR_CODEC_COUNT; i++)
		if (types[i].running[0] != '\0' && memcmp(types[i].running, type, 4) == 0)
			return (tsr_codec)i;
	return TSR_CODEC_NONE;
}

tsr_error mp4_read_entry(struct mp4_track *t, const struct box *entry)
{
	t->codec = codec_of(entry->type);
	if (t->codec == TSR_CODEC_NONE)
		return TSR_E_MALFORMED;
	buf_init(&t->entry, TRACK_BYTES_MOST);
	buf_init(&t->sets, TRACK_BYTES_MOST);
	tsr_error err = buf_append(&t->entry, entry->data - BOX_HEAD_BYTES, entry->size + BOX_HEAD_BYTES);
	if (err == TSR_OK)
		err = read_entry(t);
	t->described = err == TSR_OK;
	return err;
}
