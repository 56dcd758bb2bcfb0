/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matroska and WebM (RFC 9559; common/matroska.h shows a file). An own writer: libavformat's keeps a whole cluster in memory until the next one
 * begins, cannot add a track behind its header, and completes a file only by seeking in it, in an order of its own.
 *
 * Each frame goes into the sink when it comes, as a SimpleBlock of a cluster of unknown size. A track is described when its first frame is there,
 * which has the size of the picture and the parameter sets, in the room that Tracks has for more. Picture sizes change in band, parameter
 * sets stay in the frames too. Players that read the beginning before a track was described do not see it. */
#include <stdlib.h>
#include <string.h>

#include "../bitstream/config_record.h"
#include "../common/clock.h"
#include "../common/limits.h"
#include "../common/matroska.h"
#include "mux.h"
#include "ops.h"

/* Room for the description of one track, about: what is not used is taken by those that need more. */
#define ENTRY_BYTES 640
#define TRACKS_ROOM (LIMIT_TRACKS * ENTRY_BYTES)
#define TITLE_BYTES 230
/* A block's head, a cluster's and its timestamp. */
#define BLOCK_ROOM 64
/* Without pictures a player can start anywhere. */
#define AUDIO_CUE_MS     5000
#define OPUS_PRE_ROLL_NS 80000000
#define UNIX_TO_2001_S   INT64_C(978307200)
/* UIDs are of the file alone; 0 is none. */
#define FIRST_UID 1

struct track {
	bool named;     /* by set_tracks */
	bool described; /* in the file */
	struct track_format format;
	struct matroska_end end;
};

struct matroska {
	struct mux base;
	struct sink *sink;
	tsr_container container;
	char *title;
	int64_t wait_90k;
	struct track track[LIMIT_TRACKS]; /* by id */
	bool has_video;
	struct buf out;                 /* what is written next */
	struct buf entries;             /* all that Tracks has */
	uint64_t at;                    /* bytes of the file so far */
	uint64_t segment_at, tracks_at; /* where the Segment's content begins; the Tracks' */
	size_t info_size;
	bool begun;
	int64_t base_90k; /* recording time of the file's 0 */
	bool in_cluster;
	uint64_t cluster_at, cluster_content; /* its offset, and its content's */
	int64_t cluster_ms;
	int64_t cued_ms;
	struct matroska_index index;
};

static void destroy(struct mux *mux)
{
	struct matroska *m = (struct matroska *)mux;
	buf_finish(&m->out);
	buf_finish(&m->entries);
	matroska_index_finish(&m->index);
	free(m->title);
	free(m);
}

static tsr_error create(const struct mux_config *config, struct sink *sink, struct mux **out)
{
	struct matroska *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return TSR_E_NOMEM;
	m->base.ops = &matroska_ops;
	m->sink = sink;
	m->container = config->container;
	m->wait_90k = config->wait_90k;
	buf_init(&m->out, SIZE_MAX / 2);
	buf_init(&m->entries, TRACKS_ROOM);
	m->title = config->title != NULL ? strdup(config->title) : NULL;
	if (config->title != NULL && m->title == NULL) {
		destroy(&m->base);
		return TSR_E_NOMEM;
	}
	*out = &m->base;
	return TSR_OK;
}

static tsr_error set_tracks(struct mux *mux, const struct mux_track *tracks, unsigned count)
{
	struct matroska *m = (struct matroska *)mux;
	if (count == 0 || count > LIMIT_TRACKS)
		return TSR_E_INVAL;
	for (unsigned i = 0; i < count; i++) {
		if (tracks[i].id >= LIMIT_TRACKS)
			return TSR_E_INVAL;
		if (!tsr_container_carries(m->container, tracks[i].format.codec))
			return TSR_E_UNSUPPORTED;
	}
	for (unsigned i = 0; i < LIMIT_TRACKS; i++)
		m->track[i].named = false;
	m->has_video = false;
	for (unsigned i = 0; i < count; i++) {
		struct track *t = &m->track[tracks[i].id];
		t->named = true;
		t->format = tracks[i].format;
		m->has_video |= tsr_codec_is_video(t->format.codec);
	}
	return TSR_OK;
}

static void note_gap(struct mux *mux)
{
	(void)mux; /* times say it */
}

static tsr_error send(struct matroska *m)
{
	tsr_error err = sink_write(m->sink, m->out.data, m->out.len);
	m->at += m->out.len;
	return err;
}

/* ---- the beginning ---- */

/* Cut between two characters. */
static void put_title(struct ebml_writer *w, const char *title)
{
	size_t size = strnlen(title, TITLE_BYTES + 1);
	if (size > TITLE_BYTES)
		for (size = TITLE_BYTES; size > 0 && ((unsigned char)title[size] & 0xc0) == 0x80; size--)
			;
	ebml_bytes(w, MKV_TITLE, title, size);
}

/* What follows the Duration. */
static void put_info(const struct matroska *m, struct ebml_writer *w)
{
	ebml_uint8(w, MKV_DATE, (uint64_t)((clock_utc_us() - UNIX_TO_2001_S * 1000000) * 1000));
	ebml_string(w, MKV_MUXING_APP, MATROSKA_APP);
	ebml_string(w, MKV_WRITING_APP, MATROSKA_APP);
	if (m->title != NULL)
		put_title(w, m->title);
}

static void put_ebml_header(const struct matroska *m, struct ebml_writer *w)
{
	size_t header = ebml_begin(w, EBML_HEADER);
	ebml_uint(w, EBML_VERSION, 1);
	ebml_uint(w, EBML_READ_VERSION, 1);
	ebml_uint(w, EBML_MAX_ID_LENGTH, 4);
	ebml_uint(w, EBML_MAX_SIZE_LENGTH, 8);
	ebml_string(w, EBML_DOC_TYPE, m->container == TSR_CONTAINER_WEBM ? "webm" : "matroska");
	ebml_uint(w, EBML_DOC_TYPE_VERSION, 4);
	ebml_uint(w, EBML_DOC_TYPE_READ_VERSION, 2); /* SimpleBlocks */
	ebml_end(w, header);
}

/* The Tracks' content: all entries, and the room behind them. Appended. */
static void put_tracks(const struct matroska *m, struct ebml_writer *w)
{
	if (w->error == TSR_OK)
		w->error = buf_append(w->out, m->entries.data, m->entries.len);
	ebml_void(w, TRACKS_ROOM + ENTRY_BYTES - m->entries.len);
}

static tsr_error begin(struct matroska *m)
{
	struct ebml_writer w = {.out = &m->out};
	buf_clear(&m->out);
	put_info(m, &w);
	m->info_size = m->out.len + MATROSKA_HEAD_BYTES - MATROSKA_INFO_AT - MATROSKA_INFO_HEAD;
	buf_clear(&m->out);
	put_ebml_header(m, &w);
	ebml_id(&w, MKV_SEGMENT);
	if (w.error == TSR_OK)
		w.error = buf_append(&m->out, ebml_unknown_size, sizeof(ebml_unknown_size));
	size_t segment = m->out.len;
	const struct matroska_head head = {.info_size = m->info_size};
	if (w.error == TSR_OK)
		w.error = matroska_head_write(&head, &m->out);
	put_info(m, &w);
	ebml_id(&w, MKV_TRACKS);
	ebml_size(&w, TRACKS_ROOM + ENTRY_BYTES, 4);
	size_t tracks = m->out.len;
	put_tracks(m, &w);
	if (w.error != TSR_OK)
		return w.error;
	m->segment_at = segment;
	m->tracks_at = tracks;
	m->begun = true;
	return send(m);
}

/* ---- tracks ---- */

/* A_MS/ACM: WAVEFORMATEX */
static void put_wave_format(struct ebml_writer *w, const struct track_format *f)
{
	unsigned bits = f->codec == TSR_CODEC_G722 ? 4 : 8, align = f->channels;
	uint32_t bytes = f->sample_rate * f->channels * bits / 8;
	uint16_t tag = matroska_format_tag(f->codec);
	const uint8_t wave[] = {
		(uint8_t)tag,
		(uint8_t)(tag >> 8),
		f->channels,
		0,
		(uint8_t)f->sample_rate,
		(uint8_t)(f->sample_rate >> 8),
		(uint8_t)(f->sample_rate >> 16),
		0,
		(uint8_t)bytes,
		(uint8_t)(bytes >> 8),
		(uint8_t)(bytes >> 16),
		0,
		(uint8_t)align,
		0,
		(uint8_t)bits,
		0,
		0,
		0,
	};
	ebml_bytes(w, MKV_CODEC_PRIVATE, wave, sizeof(wave));
}

static void put_audio(struct ebml_writer *w, const struct track_format *f)
{
	if (matroska_format_tag(f->codec) != 0)
		put_wave_format(w, f);
	else if (f->extradata_size > 0)
		ebml_bytes(w, MKV_CODEC_PRIVATE, f->extradata, f->extradata_size);
	if (f->codec == TSR_CODEC_OPUS) {
		ebml_uint(w, MKV_CODEC_DELAY, 0); /* there is no pre-skip: nothing comes before what was sent */
		ebml_uint(w, MKV_SEEK_PRE_ROLL, OPUS_PRE_ROLL_NS);
	}
	size_t audio = ebml_begin(w, MKV_AUDIO);
	ebml_float(w, MKV_SAMPLING_FREQUENCY, f->sample_rate);
	ebml_uint(w, MKV_CHANNELS, f->channels);
	if (f->codec == TSR_CODEC_L16)
		ebml_uint(w, MKV_BIT_DEPTH, 16);
	ebml_end(w, audio);
}

static void put_video(struct ebml_writer *w, const struct track_format *f, const struct frame *frame,
		      const struct buf *record)
{
	if (record->len > 0)
		ebml_bytes(w, MKV_CODEC_PRIVATE, record->data, record->len);
	size_t video = ebml_begin(w, MKV_VIDEO);
	ebml_uint(w, MKV_PIXEL_WIDTH, frame->width != 0 ? frame->width : f->width);
	ebml_uint(w, MKV_PIXEL_HEIGHT, frame->height != 0 ? frame->height : f->height);
	ebml_end(w, video);
}

/* Appends the description of the track to the entries. TSR_E_MALFORMED when its first frame cannot be one: it does not tell enough. */
static tsr_error add_entry(struct matroska *m, unsigned id, const struct frame *frame)
{
	const struct track_format *f = &m->track[id].format;
	struct ebml_writer w = {.out = &m->entries};
	bool video = tsr_codec_is_video(f->codec);
	size_t before = m->entries.len;
	if (video && (!frame->keyframe || (frame->width == 0 && f->width == 0)))
		return TSR_E_MALFORMED;
	struct buf record;
	buf_init(&record, TRACKS_ROOM);
	w.error = config_record_write(f->codec, frame->data, frame->size, &record);
	size_t entry = ebml_begin(&w, MKV_TRACK_ENTRY);
	ebml_uint(&w, MKV_TRACK_NUMBER, id + 1);
	ebml_uint(&w, MKV_TRACK_UID, FIRST_UID + id);
	ebml_uint(&w, MKV_TRACK_TYPE, video ? 1 : 2);
	ebml_uint(&w, MKV_FLAG_LACING, 0);
	ebml_string(&w, MKV_LANGUAGE, "und");
	ebml_string(&w, MKV_CODEC_ID, matroska_codec_id(f->codec));
	if (video)
		put_video(&w, f, frame, &record);
	else
		put_audio(&w, f);
	ebml_end(&w, entry);
	buf_finish(&record);
	if (w.error != TSR_OK)
		m->entries.len = before;
	return w.error;
}

static tsr_error describe(struct matroska *m, unsigned id, const struct frame *frame)
{
	tsr_error err = add_entry(m, id, frame);
	if (err != TSR_OK) /* what cannot be described is left out alone */
		return err == TSR_E_LIMIT ? TSR_E_MALFORMED : err;
	m->track[id].described = true;
	if (!m->begun)
		return begin(m);
	struct ebml_writer w = {.out = &m->out};
	buf_clear(&m->out);
	put_tracks(m, &w);
	return w.error == TSR_OK ? sink_patch(m->sink, m->tracks_at, m->out.data, m->out.len, false) : w.error;
}

/* ---- frames ---- */

static int64_t ms_of(const struct matroska *m, int64_t pts_90k)
{
	int64_t time_90k = pts_90k - m->base_90k;
	return time_90k > 0 ? (time_90k + 45) / 90 : 0; /* what came before the file's beginning is at it */
}

/* The first file's 0 is the recording's. A later one begins near 0 too, with room for the other tracks' frames that belong before the first. */
static void begin_time(struct matroska *m, int64_t pts_90k)
{
	m->base_90k = pts_90k > m->wait_90k ? pts_90k - m->wait_90k : 0;
}

static bool cluster_is_over(const struct matroska *m, const struct frame *frame, int64_t time_ms)
{
	bool starts = tsr_codec_is_video(frame->codec) && frame->keyframe;
	return !m->in_cluster || starts || time_ms - m->cluster_ms >= MATROSKA_CLUSTER_MS ||
	       time_ms - m->cluster_ms < INT16_MIN;
}

static void put_cluster(struct matroska *m, struct ebml_writer *w, int64_t time_ms)
{
	m->in_cluster = true;
	m->cluster_at = m->at;
	m->cluster_ms = time_ms;
	ebml_id(w, MKV_CLUSTER);
	if (w->error == TSR_OK)
		w->error = buf_append(w->out, ebml_unknown_size, sizeof(ebml_unknown_size));
	m->cluster_content = m->at + w->out->len;
	ebml_uint(w, MKV_TIMESTAMP, (uint64_t)time_ms);
}

static void put_block(struct matroska *m, struct ebml_writer *w, unsigned id, const struct frame *frame,
		      int64_t time_ms)
{
	int relative = (int)(time_ms - m->cluster_ms);
	const uint8_t head[] = {
		(uint8_t)(0x80 | (id + 1)),
		(uint8_t)((unsigned)relative >> 8),
		(uint8_t)relative,
		(uint8_t)((frame->keyframe ? 0x80 : 0) | (frame->droppable ? 1 : 0)),
	};
	size_t block = ebml_begin(w, MKV_SIMPLE_BLOCK);
	if (w->error == TSR_OK)
		w->error = buf_append(w->out, head, sizeof(head));
	if (w->error == TSR_OK)
		w->error = config_record_append(frame->codec, frame->data, frame->size, w->out);
	ebml_end(w, block);
}

static void add_cue(struct matroska *m, unsigned id, const struct frame *frame, int64_t time_ms, size_t block)
{
	bool video = tsr_codec_is_video(frame->codec);
	bool start = video ? frame->keyframe
			   : !m->has_video && (m->index.count == 0 || time_ms - m->cued_ms >= AUDIO_CUE_MS);
	if (!start)
		return;
	m->cued_ms = time_ms;
	matroska_index_add(&m->index, &(struct matroska_cue){.time_ms = time_ms,
							     .cluster = m->cluster_at - m->segment_at,
							     .block = (uint32_t)(m->at + block - m->cluster_content),
							     .track = (uint8_t)(id + 1)});
}

static tsr_error write_frame(struct mux *mux, unsigned id, const struct frame *frame)
{
	struct matroska *m = (struct matroska *)mux;
	if (id >= LIMIT_TRACKS || !m->track[id].named)
		return TSR_E_INVAL;
	if (!m->begun)
		begin_time(m, frame->pts_90k);
	tsr_error err = m->track[id].described ? TSR_OK : describe(m, id, frame);
	if (err != TSR_OK)
		return err;
	int64_t time_ms = ms_of(m, frame->pts_90k);
	struct ebml_writer w = {.out = &m->out};
	buf_clear(&m->out);
	if (cluster_is_over(m, frame, time_ms))
		put_cluster(m, &w, time_ms);
	size_t block = m->out.len;
	put_block(m, &w, id, frame, time_ms);
	if (w.error != TSR_OK) {
		m->in_cluster = false; /* its head may be what was not written */
		return w.error;
	}
	add_cue(m, id, frame, time_ms, block);
	matroska_end_note(&m->track[id].end, time_ms);
	return send(m);
}

/* ---- the end ---- */

static tsr_error finish(struct mux *mux)
{
	struct matroska *m = (struct matroska *)mux;
	if (!m->begun)
		return TSR_OK;
	struct matroska_head head = {.info_size = m->info_size, .complete = true};
	for (unsigned i = 0; i < LIMIT_TRACKS; i++) {
		int64_t end_ms = matroska_end_ms(&m->track[i].end);
		head.duration_ms = end_ms > head.duration_ms ? end_ms : head.duration_ms;
	}
	buf_clear(&m->out);
	tsr_error err = TSR_OK;
	if (m->index.count > 0) {
		head.cues_at = m->at - m->segment_at;
		err = matroska_index_write(&m->index, &m->out);
		if (err == TSR_OK)
			err = send(m);
	}
	buf_clear(&m->out);
	if (err == TSR_OK)
		err = matroska_head_write(&head, &m->out);
	return err == TSR_OK ? sink_patch(m->sink, m->segment_at, m->out.data, m->out.len, true) : err;
}

static size_t packetized_size(const struct mux *mux, const struct frame *frame)
{
	const struct matroska *m = (const struct matroska *)mux;
	return config_record_room(frame->codec, frame->size) + BLOCK_ROOM +
	       (m->begun ? 0 : TRACKS_ROOM + 2 * ENTRY_BYTES);
}

static int64_t lead_90k(const struct mux *mux)
{
	(void)mux;
	return 0;
}

const struct mux_ops matroska_ops = {
	.create = create,
	.set_tracks = set_tracks,
	.note_gap = note_gap,
	.write = write_frame,
	.finish = finish,
	.destroy = destroy,
	.packetized_size = packetized_size,
	.lead_90k = lead_90k,
};
