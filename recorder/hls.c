/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hls.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "bitstream/codecs_attribute.h"
#include "codec/route.h"
#include "common/clock.h"
#include "events.h"
#include "recording.h"

#define S_90K 90000
/* Longer than that without a frame of any track: the time between is no media. Pictures of a screen may come once a second. */
#define HOLE_90K (3 * S_90K / 2)
/* A track of pictures from which nothing came for so long: what follows is sound alone. */
#define SILENT_90K S_90K
/* What rounds to the target duration is below this (RFC 8216 section 4.3.3.1). */
#define ROUNDING_90K (S_90K * 49 / 100)
/* Keyframes that come by themselves come each so many seconds, but for the rounding of their times. */
#define EARLY_90K 4500
/* A keyframe may come so much sooner than those before it. */
#define REACTION_SPARE_US 150000
/* What a picture lasts that nothing follows. */
#define PICTURE_90K 3000

struct hls {
	struct playlist *playlist;
	int64_t segment_90k; /* a segment ends at the first keyframe after so long; 0 = with its file */
	int64_t limit_90k;   /* and is never longer */
	int64_t utc_us;      /* what is to be added to our clock */
	bool utc_known;
	bool begun;             /* there was a segment */
	bool open;              /* there is one */
	int64_t start_90k;      /* its first frame */
	int64_t end_90k;        /* of all that came: where the last frame ends */
	int64_t newest_90k;     /* the newest frame of any track */
	int64_t step_90k;       /* from the one before it */
	int64_t frame_us;       /* when it came */
	int64_t paused_90k;     /* cut out of the timeline when it came */
	bool tables;            /* they have changed since the segment began */
	uint16_t width, height; /* of the pictures that are shown */
	int64_t keyframe_90k;   /* the newest one of the shown track */
	int64_t reaction_us;    /* from asking for a keyframe to its arrival, the least that is to be expected */
	int64_t reacted_us;     /* ... and the request that this was last learned from */
	int64_t late_told_us;
	struct playlist_media media;
	char video[PLAYLIST_CODECS_BYTES / 2];
};

/* ---- create, free ---- */

static struct playlist_config playlist_config_of(const tsr_recording_config *c, int64_t target_s)
{
	return (struct playlist_config){
		.log_id = c->id,
		.folder = c->folder,
		.name = c->filename,
		.mode = c->file_mode,
		.target_s = target_s,
		.whole_files = c->hls.mode == TSR_HLS_SEGMENTS,
		.running_names = c->hls.running_names,
		.window_us = c->hls.mode == TSR_HLS_SEGMENTS ? c->hls.window_us : 0,
	};
}

tsr_error hls_create(const tsr_recording *r, struct hls **out)
{
	const tsr_recording_config *c = &r->config;
	*out = NULL;
	if (c->hls.mode == TSR_HLS_OFF)
		return TSR_OK;
	bool segments = c->hls.mode == TSR_HLS_SEGMENTS;
	if (c->container != TSR_CONTAINER_TS || (segments && c->segment_duration_us <= 0))
		return TSR_E_INVAL;
	struct hls *h = calloc(1, sizeof(*h));
	if (h == NULL)
		return TSR_E_NOMEM;
	int64_t length_us = segments ? c->segment_duration_us : c->hls.segment_us;
	/* A keyframe that was asked for in vain can be asked for once more. */
	int64_t target_s = (length_us + US_PER_S - 1) / US_PER_S + 1;
	h->segment_90k = segments ? 0 : length_us * 9 / 100;
	h->limit_90k = target_s * S_90K + ROUNDING_90K;
	const struct playlist_config config = playlist_config_of(c, target_s);
	h->playlist = playlist_create(&config);
	if (h->playlist == NULL) {
		free(h);
		return TSR_E_NOMEM;
	}
	*out = h;
	return TSR_OK;
}

void hls_destroy(struct hls *h)
{
	if (h == NULL)
		return;
	playlist_destroy(h->playlist);
	free(h);
}

void hls_get_path(struct hls *h, const tsr_recording *r, char *out, size_t size)
{
	if (h != NULL && playlist_is_published(h->playlist))
		g_snprintf(out, size, "%s/%s%s", r->config.folder, r->config.filename, PLAYLIST_SUFFIX);
	else
		out[0] = '\0';
}

struct playlist_file *hls_new_file(struct hls *h, const tsr_recording *r, const char *name)
{
	if (h == NULL)
		return NULL;
	char *base = g_path_get_basename(name);
	char *running = g_strconcat(base, tsr_container_running(r->config.container), NULL);
	char *final = g_strconcat(base, tsr_container_ending(r->config.container), NULL);
	struct playlist_file *f = playlist_add_file(h->playlist, running, final);
	g_free(final);
	g_free(running);
	g_free(base);
	return f;
}

/* ---- what is known of the media ---- */

/* The pictures that a player shows: of the first track that has any. NULL = sound alone. */
static struct track *shown_track(const tsr_recording *r)
{
	for (unsigned i = 0; i < r->tracks; i++) {
		struct track *t = r->track[i];
		if (t->video && !t->ended && (t->started || !t->told_missing))
			return t;
	}
	return NULL;
}

static void describe(struct hls *h, const tsr_recording *r, const struct track *shown)
{
	struct playlist_media media = {0};
	const char *sound = NULL;
	for (unsigned i = 0; i < r->tracks && sound == NULL; i++)
		if (!r->track[i]->video && r->track[i]->started && !r->track[i]->ended)
			sound = r->track[i]->format.codec == TSR_CODEC_AAC ? "mp4a.40.2" : "opus";
	const char *picture = shown != NULL ? h->video : "";
	g_snprintf(media.codecs, sizeof(media.codecs), "%s%s%s", picture, *picture != '\0' && sound != NULL ? "," : "",
		   sound != NULL ? sound : "");
	if (shown != NULL) {
		media.width = h->width;
		media.height = h->height;
	}
	playlist_set_media(h->playlist, &media);
}

static int64_t utc_of(struct hls *h, const tsr_recording *r, int64_t at_90k)
{
	if (!h->utc_known) {
		h->utc_us = r->offline ? r->started_utc_us - r->timeline.origin_us : clock_utc_us() - clock_now_us();
		h->utc_known = true;
	}
	return h->utc_us + r->timeline.origin_us + (at_90k + r->paused_90k) * 100 / 9;
}

static uint64_t bytes_in(struct sink *sink)
{
	struct sink_stats stats;
	sink_get_stats(sink, &stats);
	return stats.bytes_accepted;
}

/* ---- segments ---- */

/* next_90k: where the next one goes on; anything before this one = nobody knows, or not where this one ends. */
static void end_segment(struct hls *h, struct sink *sink, int64_t next_90k)
{
	if (!h->open)
		return;
	int64_t end_90k = next_90k > h->start_90k ? next_90k : h->end_90k;
	playlist_end(h->playlist, bytes_in(sink), MIN(end_90k - h->start_90k, h->limit_90k));
	h->open = false;
}

static void begin_segment(struct hls *h, struct track *t, const struct frame *frame, struct sink *sink,
			  bool discontinuity)
{
	const tsr_recording *r = t->r;
	describe(h, r, shown_track(r));
	playlist_begin(h->playlist, &(struct playlist_segment){.offset = bytes_in(sink),
							       .utc_us = utc_of(h, r, frame->pts_90k),
							       .discontinuity = discontinuity && h->begun});
	h->begun = h->open = true;
	h->start_90k = frame->pts_90k;
	h->tables = false;
}

/* Whether a player can begin with this frame: it, and what comes of other tracks before the next keyframe. */
static bool can_begin(const struct track *t, const struct track *shown, const struct frame *frame)
{
	if (shown == NULL)
		return true;
	if (t == shown)
		return frame->keyframe;
	bool silent = shown->in_file && frame->pts_90k - shown->last_written_90k > SILENT_90K;
	return shown->started && (shown->waiting_keyframe || silent);
}

static bool is_resized(struct hls *h, const struct frame *frame)
{
	if (!frame->keyframe || frame->width == 0 || (frame->width == h->width && frame->height == h->height))
		return false;
	bool known = h->width != 0;
	h->width = frame->width;
	h->height = frame->height;
	return known;
}

static int64_t length_90k(const struct track *t, const struct frame *frame)
{
	if (t->video || frame->samples == 0 || t->format.sample_rate == 0)
		return PICTURE_90K;
	return (int64_t)frame->samples * S_90K / t->format.sample_rate;
}

static void note_frame(struct hls *h, const struct track *t, const struct frame *frame)
{
	if (frame->pts_90k > h->newest_90k) {
		h->step_90k = frame->pts_90k - h->newest_90k;
		h->newest_90k = frame->pts_90k;
	}
	h->end_90k = MAX(h->end_90k, frame->pts_90k + length_90k(t, frame));
	h->frame_us = t->r->now_us;
	h->paused_90k = t->r->paused_90k;
}

/* A keyframe of the shown track came. */
static void learn_reaction(struct hls *h, const struct track *shown)
{
	int64_t asked_us = shown->keyframe_asked_us, took_us = shown->r->now_us - asked_us;
	if (asked_us == 0 || asked_us == h->reacted_us)
		return;
	h->reacted_us = asked_us;
	bool faster = h->reaction_us == 0 || took_us < h->reaction_us;
	h->reaction_us = faster ? took_us : h->reaction_us + (took_us - h->reaction_us) / 4;
}

/* Of a sender that takes no requests, keyframes come as they do: at this one, because the next may be too late. Of one that takes them, they come
 * when they are asked for. */
static bool may_be_the_last(struct hls *h, const struct frame *frame, int64_t length_90k)
{
	int64_t step_90k = frame->pts_90k - h->keyframe_90k;
	h->keyframe_90k = frame->pts_90k;
	return h->segment_90k > 0 && length_90k >= h->segment_90k / 2 && length_90k + step_90k > h->limit_90k;
}

/* Of a sender that takes long, a keyframe is asked for before it is needed; but not so early that it comes before. */
static bool is_time_to_ask(const struct hls *h, int64_t length_90k)
{
	int64_t ahead_90k = (h->reaction_us - REACTION_SPARE_US) * 9 / 100;
	return h->segment_90k > 0 && length_90k >= h->segment_90k - CLAMP(ahead_90k, 0, h->segment_90k);
}

/* Of the encoder here, or else of the sender. */
static void want_keyframe(struct track *t)
{
	if (t->route->transcode)
		codec_make_keyframe(t->codec);
	else
		track_ask_for_keyframe(t);
}

static void tell_late(struct hls *h, tsr_recording *r, const struct track *shown)
{
	if (shown != NULL)
		events_warn_often(r, (int)shown->index, &h->late_told_us, "no_keyframe",
				  "no keyframe came in time: a segment of the playlist begins without one");
}

void hls_frame(struct hls *h, struct track *t, const struct frame *frame, struct sink *sink, struct mux *mux)
{
	if (h == NULL)
		return;
	tsr_recording *r = t->r;
	struct track *shown = shown_track(r);
	int64_t pts_90k = frame->pts_90k, length = pts_90k - h->start_90k;
	bool resized = t == shown && is_resized(h, frame);
	if (t == shown && frame->keyframe) {
		learn_reaction(h, t);
		codecs_attribute_video(frame->codec, frame->data, frame->size, h->video, sizeof(h->video));
	}
	bool last = t == shown && frame->keyframe && may_be_the_last(h, frame, length);
	bool broken = h->begun && (pts_90k - h->end_90k > HOLE_90K || h->paused_90k != r->paused_90k);
	bool changed = broken || resized || h->tables;
	bool can = can_begin(t, shown, frame);
	/* Would be too long with the next frame. */
	bool late = h->open && pts_90k > h->newest_90k &&
		    length + MIN(MAX(h->step_90k, PICTURE_90K), HOLE_90K) > h->limit_90k;
	bool due = h->open && h->segment_90k > 0 && (last || length >= h->segment_90k - EARLY_90K);
	bool begins = h->open ? broken || late || ((due || changed) && can) : h->begun || can;
	if (begins) {
		end_segment(h, sink, broken ? INT64_MIN : pts_90k);
		begin_segment(h, t, frame, sink, changed);
		mux_begin_segment(mux);
		if (late && !can)
			tell_late(h, r, shown);
	} else if (shown != NULL && (changed || (h->open && is_time_to_ask(h, length)))) {
		want_keyframe(shown);
	}
	note_frame(h, t, frame);
}

void hls_note_tables(struct hls *h)
{
	if (h != NULL)
		h->tables = h->begun;
}

void hls_end_file(struct hls *h, struct sink *sink, int64_t next_90k)
{
	if (h != NULL)
		end_segment(h, sink, next_90k);
}

void hls_poll(struct hls *h, const tsr_recording *r, struct sink *sink)
{
	if (h == NULL || !h->open)
		return;
	if (r->paused || r->now_us - h->frame_us > HOLE_90K * 100 / 9)
		end_segment(h, sink, INT64_MIN);
}

void hls_close(struct hls *h)
{
	if (h != NULL)
		playlist_close(h->playlist);
}
