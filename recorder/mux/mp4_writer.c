/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * MP4 (ISO 14496-12; common/mp4.h shows a file). An own writer: libavformat's hybrid of a fragmented and an ordinary file is not in FFmpeg 5.1, and
 * its fragments need a sink that can be sought in.
 *
 * Frames wait for MP4_FRAGMENT_MS, for a keyframe, or for the clock (tick), and go into the sink as one fragment. The clock makes fragments for the sink's
 * next turn, so that a crash takes no more than of a container in which nothing waits. A track is described when its first frame
 * is there, in the room behind the others: players that read the beginning before do not see it. */
#include <stdlib.h>
#include <string.h>

#include "../bitstream/config_record.h"
#include "../common/clock.h"
#include "../common/limits.h"
#include "../common/mp4.h"
#include "mux.h"
#include "ops.h"

/* Of a fragment, beside its frames. */
#define FRAGMENT_ROOM (MP4_MOOF_BYTES + BOX_HEAD_BYTES)
/* A fragment that is as large is written. */
#define FRAGMENT_BYTES (1024 * 1024)
#define UNIX_TO_1904_S INT64_C(2082844800)
/* Sound that is so near to where the sound before it ends follows it: times are rounded and steered. 1/500 s. */
#define NEAR_PARTS 500
/* A longer step is a pause, and no frame's duration. */
#define LONGEST_FRAME_S 1

/* What waits for a turn of the sink is given to it in the last ticks before: several, for neither comes to the millisecond. */
#define BEFORE_TURN_US 40000

#define FLAGS_KEY       0x02000000u /* sample_depends_on 2: no other (section 8.8.3.1) */
#define FLAGS_OTHER     0x01010000u /* 1: another; sample_is_non_sync_sample */
#define FLAGS_DROPPABLE 0x00800000u /* sample_is_depended_on 2: by none */

#define TFHD_BASE_IS_MOOF 0x020000
#define TRUN_DATA_OFFSET  0x000001
#define TRUN_DURATION     0x000100
#define TRUN_SIZE         0x000200
#define TRUN_FLAGS        0x000400
#define TRUN_TIME_OFFSET  0x000800

struct pending {
	struct mp4_sample sample;
	uint32_t flags;
};

struct track {
	bool named; /* by set_tracks */
	bool any;   /* had a frame */
	struct track_format format;
	int64_t shift;         /* of decoding times, so that none is below 0 */
	int64_t last_dts;      /* in the track's timescale */
	uint32_t duration;     /* of its latest frame, as far as known */
	bool has_offsets;      /* a waiting picture is not shown when it is decoded */
	struct pending *frame; /* which wait */
	unsigned count, alloc;
	struct buf data; /* of all that wait */
};

struct mp4 {
	struct mux base;
	struct sink *sink;
	int64_t wait_90k;
	struct mp4_movie movie;
	struct track track[LIMIT_TRACKS]; /* by id */
	struct buf out;                   /* what is written next */
	uint64_t at;                      /* bytes of the file so far */
	bool begun;                       /* its beginning is written */
	bool has_base;
	int64_t base_90k; /* recording time of the file's 0 */
	uint32_t sequence;
	bool has_video;
	bool incomplete; /* the index is, for want of memory */
	/* The fragment that waits. */
	unsigned waiting;
	size_t waiting_bytes;
	int64_t start_90k, end_90k;
	bool key;
	int64_t since_us; /* by tick; 0 = not told yet */
	void (*fragment)(void *ctx, const struct mux_fragment *fragment);
	void *fragment_ctx;
};

static void destroy(struct mux *mux)
{
	struct mp4 *m = (struct mp4 *)mux;
	for (unsigned i = 0; i < LIMIT_TRACKS; i++) {
		free(m->track[i].frame);
		buf_finish(&m->track[i].data);
	}
	buf_finish(&m->out);
	mp4_movie_finish(&m->movie);
	free(m);
}

static tsr_error create(const struct mux_config *config, struct sink *sink, struct mux **out)
{
	struct mp4 *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return TSR_E_NOMEM;
	m->base.ops = &mp4_ops;
	m->sink = sink;
	m->wait_90k = config->wait_90k;
	m->fragment = config->fragment;
	m->fragment_ctx = config->fragment_ctx;
	buf_init(&m->out, SIZE_MAX / 2);
	for (unsigned i = 0; i < LIMIT_TRACKS; i++)
		buf_init(&m->track[i].data, SIZE_MAX / 2);
	m->movie.creation = (uint64_t)(clock_utc_us() / 1000000 + UNIX_TO_1904_S);
	tsr_error err = mp4_set_title(&m->movie, config->title);
	if (err == TSR_OK)
		*out = &m->base;
	else
		destroy(&m->base);
	return err;
}

static tsr_error set_tracks(struct mux *mux, const struct mux_track *tracks, unsigned count)
{
	struct mp4 *m = (struct mp4 *)mux;
	if (count == 0 || count > LIMIT_TRACKS)
		return TSR_E_INVAL;
	for (unsigned i = 0; i < count; i++) {
		if (tracks[i].id >= LIMIT_TRACKS)
			return TSR_E_INVAL;
		if (!tsr_container_carries(TSR_CONTAINER_MP4, tracks[i].format.codec))
			return TSR_E_UNSUPPORTED;
	}
	for (unsigned i = 0; i < LIMIT_TRACKS; i++)
		m->track[i].named = false;
	m->has_video = false;
	for (unsigned i = 0; i < count; i++) {
		m->has_video |= tsr_codec_is_video(tracks[i].format.codec);
		m->track[tracks[i].id].named = true;
		m->track[tracks[i].id].format = tracks[i].format;
	}
	return TSR_OK;
}

static void note_gap(struct mux *mux)
{
	(void)mux; /* times say it */
}

static tsr_error send(struct mp4 *m, const struct buf *bytes)
{
	tsr_error err = bytes->len > 0 ? sink_write(m->sink, bytes->data, bytes->len) : TSR_OK;
	m->at += bytes->len;
	return err;
}

/* ---- tracks ---- */

static tsr_error record_of(const struct frame *frame, struct buf *out)
{
	if (frame->codec == TSR_CODEC_VP9)
		return config_record_write_vpcc(frame->data, frame->size, out);
	return config_record_write(frame->codec, frame->data, frame->size, out);
}

/* TSR_E_MALFORMED when its first frame does not tell enough. */
static tsr_error describe_track(struct mp4 *m, unsigned id, const struct frame *frame)
{
	const struct track_format *f = &m->track[id].format;
	struct mp4_track *t = &m->movie.track[id];
	bool video = tsr_codec_is_video(f->codec);
	if (video && (!frame->keyframe || (frame->width == 0 && f->width == 0)))
		return TSR_E_MALFORMED;
	t->width = frame->width != 0 ? frame->width : f->width;
	t->height = frame->height != 0 ? frame->height : f->height;
	t->quarter_turns = frame->quarter_turns;
	struct buf record;
	buf_init(&record, MP4_INIT_BYTES);
	tsr_error err = record_of(frame, &record);
	if (err == TSR_OK)
		err = mp4_describe(t, f, &record);
	buf_finish(&record);
	return err;
}

/* All tracks that are described, in m->out. */
static tsr_error make_init(struct mp4 *m)
{
	struct box_writer w = {.out = &m->out};
	buf_clear(&m->out);
	mp4_write_init(&m->movie, &w);
	return w.error;
}

static tsr_error describe(struct mp4 *m, unsigned id, const struct frame *frame)
{
	tsr_error err = describe_track(m, id, frame);
	if (err == TSR_OK)
		err = make_init(m);
	if (err != TSR_OK) {
		mp4_track_finish(&m->movie.track[id]);
		return err == TSR_E_LIMIT ? TSR_E_MALFORMED : err; /* what cannot be described is left out alone */
	}
	return m->begun ? sink_patch(m->sink, MP4_INIT_AT, m->out.data, m->out.len, false) : TSR_OK;
}

/* ---- the fragment ---- */

static void put_sample(const struct track *t, const struct pending *p, struct box_writer *w)
{
	box_u32(w, p->sample.duration);
	box_u32(w, p->sample.size);
	if (!tsr_codec_is_video(t->format.codec))
		return;
	box_u32(w, p->flags);
	if (t->has_offsets)
		box_u32(w, (uint32_t)p->sample.offset);
}

/* Returns where its data_offset stands. */
static size_t put_traf(const struct track *t, unsigned id, struct box_writer *w)
{
	uint32_t fields = TRUN_DATA_OFFSET | TRUN_DURATION | TRUN_SIZE;
	if (tsr_codec_is_video(t->format.codec))
		fields |= TRUN_FLAGS | (t->has_offsets ? TRUN_TIME_OFFSET : 0);
	size_t traf = box_begin(w, "traf");
	size_t box = box_begin_full(w, "tfhd", 0, TFHD_BASE_IS_MOOF);
	box_u32(w, id + 1);
	box_end(w, box);
	box = box_begin_full(w, "tfdt", 1, 0);
	box_u64(w, (uint64_t)t->frame[0].sample.dts);
	box_end(w, box);
	box = box_begin_full(w, "trun", 1, fields); /* version 1: signed offsets */
	box_u32(w, t->count);
	size_t data_offset = w->out->len;
	box_u32(w, 0);
	for (unsigned i = 0; i < t->count; i++)
		put_sample(t, &t->frame[i], w);
	box_end(w, box);
	box_end(w, traf);
	return data_offset;
}

static tsr_error put_moof(struct mp4 *m)
{
	struct box_writer w = {.out = &m->out};
	size_t offset_at[LIMIT_TRACKS] = {0};
	size_t moof = box_begin(&w, "moof");
	size_t box = box_begin_full(&w, "mfhd", 0, 0);
	box_u32(&w, ++m->sequence);
	box_end(&w, box);
	for (unsigned i = 0; i < LIMIT_TRACKS; i++)
		if (m->track[i].count > 0)
			offset_at[i] = put_traf(&m->track[i], i, &w);
	box_end(&w, moof);
	if (w.error != TSR_OK)
		return w.error;
	size_t data = m->out.len - moof + BOX_HEAD_BYTES;
	for (unsigned i = 0; i < LIMIT_TRACKS; i++) {
		if (m->track[i].count > 0)
			box_put_u32(m->out.data + offset_at[i], (uint32_t)data);
		data += m->track[i].data.len;
	}
	box_end_with(&w, box_begin(&w, "mdat"), m->waiting_bytes);
	return w.error;
}

static void add_to_index(struct mp4 *m, unsigned id, uint64_t position)
{
	const struct track *t = &m->track[id];
	struct mp4_track *index = &m->movie.track[id];
	tsr_error err = m->incomplete ? TSR_E_NOMEM : mp4_track_add_chunk(index, position, t->count);
	for (unsigned i = 0; i < t->count && err == TSR_OK; i++)
		err = mp4_track_add(index, &t->frame[i].sample);
	m->incomplete = err != TSR_OK;
}

static tsr_error send_data(struct mp4 *m)
{
	tsr_error err = TSR_OK;
	for (unsigned i = 0; i < LIMIT_TRACKS; i++) {
		struct track *t = &m->track[i];
		if (t->count == 0)
			continue;
		add_to_index(m, i, m->at);
		if (err == TSR_OK)
			err = send(m, &t->data);
		buf_clear(&t->data);
		t->count = 0;
		t->has_offsets = false;
	}
	return err;
}

static void tell(const struct mp4 *m, uint64_t from)
{
	const struct mux_fragment fragment = {.offset = from,
					      .size = m->at - from,
					      .start_90k = m->start_90k,
					      .length_90k = m->end_90k - m->start_90k,
					      .keyframe = m->key};
	if (m->fragment != NULL)
		m->fragment(m->fragment_ctx, &fragment);
}

/* Writes what waits. */
static tsr_error flush(struct mp4 *m)
{
	struct box_writer w = {.out = &m->out};
	if (m->waiting == 0)
		return TSR_OK;
	buf_clear(&m->out);
	if (!m->begun) {
		mp4_write_ftyp(&w);
		mp4_write_init(&m->movie, &w);
	}
	uint64_t from = m->at + m->out.len;
	tsr_error err = w.error == TSR_OK ? put_moof(m) : w.error;
	if (err == TSR_OK)
		err = send(m, &m->out);
	m->begun |= err == TSR_OK;
	if (err == TSR_OK)
		err = send_data(m);
	if (err == TSR_OK)
		tell(m, from);
	m->waiting = 0;
	m->waiting_bytes = 0;
	m->since_us = 0;
	return err;
}

static tsr_error tick(struct mux *mux, int64_t now_us)
{
	struct mp4 *m = (struct mp4 *)mux;
	if (m->waiting == 0)
		return TSR_OK;
	if (m->since_us == 0)
		m->since_us = now_us;
	struct sink_stats stats;
	sink_get_stats(m->sink, &stats);
	/* Nobody knows when the first one comes. */
	bool turn = stats.last_write_us == 0 || now_us - stats.last_write_us >= SINK_PERIOD_US - BEFORE_TURN_US;
	return turn || now_us - m->since_us >= SINK_PERIOD_US ? flush(m) : TSR_OK;
}

/* ---- frames ---- */

/* When the frame is decoded, in the track's timescale, and how much later it is shown. Nothing lies before the file's beginning. */
static void place(const struct mp4 *m, const struct track *t, const struct frame *frame, struct mp4_sample *out)
{
	int64_t pts = frame->pts_90k - m->base_90k, least = t->any ? t->last_dts + 1 : 0;
	pts = pts > 0 ? pts : 0;
	if (tsr_codec_is_video(frame->codec)) {
		int64_t dts = frame->dts_90k - m->base_90k + t->shift;
		out->dts = dts > least ? dts : least;
		out->offset = (int32_t)(pts - out->dts);
		return;
	}
	int64_t rate = t->format.sample_rate, time = (pts * rate + 45000) / 90000, follows = t->last_dts + t->duration;
	if (t->any && time - follows < rate / NEAR_PARTS && follows - time < rate / NEAR_PARTS)
		time = follows;
	out->dts = time > least ? time : least;
}

static bool is_pause(const struct track *t, const struct frame *frame, int64_t dts)
{
	int64_t rate = tsr_codec_is_video(frame->codec) ? MP4_MOVIE_TIMESCALE : t->format.sample_rate;
	return t->any && dts - t->last_dts > LONGEST_FRAME_S * rate;
}

/* The frame before lasts up to this one, unless there is a pause between them: then what came before it is a fragment of its own. */
static void settle_duration(struct track *t, const struct frame *frame, int64_t dts)
{
	if (!t->any || is_pause(t, frame, dts))
		return;
	uint32_t duration = (uint32_t)(dts - t->last_dts);
	if (frame->samples == 0 || t->duration == 0)
		t->duration = duration;
	if (t->count > 0)
		t->frame[t->count - 1].sample.duration = duration;
}

static bool fragment_is_over(const struct mp4 *m, const struct frame *frame)
{
	bool starts = tsr_codec_is_video(frame->codec) && frame->keyframe;
	return m->waiting > 0 && (starts || frame->pts_90k - m->start_90k >= MP4_FRAGMENT_MS * 90 ||
				  m->waiting == MP4_FRAGMENT_SAMPLES || m->waiting_bytes >= FRAGMENT_BYTES);
}

static tsr_error keep_sample(struct track *t, const struct pending *p)
{
	if (t->count == t->alloc) {
		unsigned alloc = t->alloc > 0 ? 2 * t->alloc : 16;
		struct pending *more = realloc(t->frame, alloc * sizeof(*more));
		if (more == NULL)
			return TSR_E_NOMEM;
		t->frame = more;
		t->alloc = alloc;
	}
	t->frame[t->count++] = *p;
	return TSR_OK;
}

static uint32_t flags_of(const struct frame *frame)
{
	return (frame->keyframe ? FLAGS_KEY : FLAGS_OTHER) | (frame->droppable ? FLAGS_DROPPABLE : 0);
}

static void note_times(struct mp4 *m, const struct frame *frame, uint32_t duration_90k)
{
	bool video = tsr_codec_is_video(frame->codec);
	if (m->waiting == 0) {
		m->start_90k = m->end_90k = frame->pts_90k;
		m->key = video ? frame->keyframe : !m->has_video;
	}
	int64_t end = frame->pts_90k + duration_90k;
	m->end_90k = end > m->end_90k ? end : m->end_90k;
}

static const uint8_t *peek(void *ctx, size_t at, size_t size)
{
	(void)size; /* it is all there */
	return (const uint8_t *)ctx + at;
}

/* Adds it to those that wait. */
static tsr_error take(struct mp4 *m, unsigned id, const struct frame *frame, struct pending *p)
{
	struct track *t = &m->track[id];
	size_t before = t->data.len;
	tsr_error err = config_record_append(frame->codec, frame->data, frame->size, &t->data);
	size_t size = t->data.len - before;
	if (err == TSR_OK && (size == 0 || size > LIMIT_FRAME_BYTES * 2))
		err = TSR_E_MALFORMED;
	p->sample.size = (uint32_t)size;
	p->sample.plain =
		err == TSR_OK && mp4_is_plain(&m->movie.track[id], peek, t->data.data + before, size, frame->keyframe);
	if (err == TSR_OK)
		err = keep_sample(t, p);
	if (err != TSR_OK) {
		t->data.len = before;
		return err;
	}
	t->any = true;
	t->last_dts = p->sample.dts;
	t->has_offsets |= p->sample.offset != 0;
	note_times(m, frame, (uint32_t)((uint64_t)p->sample.duration * 90000 / m->movie.track[id].timescale));
	m->waiting++;
	m->waiting_bytes += size;
	return TSR_OK;
}

/* As in Matroska: the first file's 0 is the recording's; a later one begins near 0, with room for what belongs before its first picture. */
static void begin_time(struct mp4 *m, int64_t pts_90k)
{
	m->base_90k = pts_90k > m->wait_90k ? pts_90k - m->wait_90k : 0;
	m->has_base = true;
}

static tsr_error write_frame(struct mux *mux, unsigned id, const struct frame *frame)
{
	struct mp4 *m = (struct mp4 *)mux;
	if (id >= LIMIT_TRACKS || !m->track[id].named)
		return TSR_E_INVAL;
	struct track *t = &m->track[id];
	if (!m->has_base)
		begin_time(m, frame->pts_90k);
	tsr_error err = m->movie.track[id].described ? TSR_OK : describe(m, id, frame);
	if (err != TSR_OK)
		return err;
	if (!t->any && frame->dts_90k < m->base_90k)
		t->shift = m->base_90k - frame->dts_90k;
	struct pending p = {.flags = flags_of(frame), .sample = {.key = frame->keyframe}};
	place(m, t, frame, &p.sample);
	settle_duration(t, frame, p.sample.dts);
	if (fragment_is_over(m, frame) || is_pause(t, frame, p.sample.dts))
		err = flush(m);
	if (frame->samples > 0)
		t->duration = frame->samples;
	p.sample.duration = t->duration;
	return err == TSR_OK ? take(m, id, frame, &p) : err;
}

/* ---- the end ---- */

static tsr_error send_part(void *ctx, const uint8_t *data, size_t size)
{
	struct mp4 *m = ctx;
	m->at += size;
	return sink_write(m->sink, data, size);
}

static tsr_error finish(struct mux *mux)
{
	struct mp4 *m = (struct mp4 *)mux;
	uint8_t head[MP4_PLACEHOLDER_BYTES];
	tsr_error err = flush(m);
	if (err != TSR_OK || !m->begun)
		return err;
	if (m->incomplete) /* it stays a fragmented file */
		return TSR_E_NOMEM;
	mp4_mdat_head(m->at, head);
	err = mp4_write_moov(&m->movie, send_part, m);
	return err == TSR_OK ? sink_patch(m->sink, MP4_FTYP_BYTES, head, sizeof(head), true) : err;
}

static size_t packetized_size(const struct mux *mux, const struct frame *frame)
{
	const struct mp4 *m = (const struct mp4 *)mux;
	return config_record_room(frame->codec, frame->size) + m->waiting_bytes + FRAGMENT_ROOM +
	       (m->begun ? 0 : MP4_MEDIA_AT);
}

static int64_t lead_90k(const struct mux *mux)
{
	(void)mux;
	return 0;
}

const struct mux_ops mp4_ops = {
	.create = create,
	.set_tracks = set_tracks,
	.note_gap = note_gap,
	.write = write_frame,
	.tick = tick,
	.finish = finish,
	.destroy = destroy,
	.packetized_size = packetized_size,
	.lead_90k = lead_90k,
};
