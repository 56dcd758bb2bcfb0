/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "track.h"

#include <glib.h>
#include <stdlib.h>

#include "depay/depay.h"
#include "events.h"
#include "recording.h"
#include "rtp/jitbuf.h"

#define KEYFRAME_REQUEST_INTERVAL_US US_PER_S
/* For the first keyframe of a track: Chromium ignores what is asked within 300 ms of what somebody else asked for. */
#define FIRST_KEYFRAME_REQUEST_INTERVAL_US 350000
/* Sound that does not come for so long (DTX sends something every 400 ms) is muted. */
#define MUTED_US US_PER_S
/* Silence is made up so long after what a frame may be kept back for: a frame that came now would not be before that. */
#define SILENCE_LATE_US 100000
/* A track of which nothing has come for so long has sent what it had of a picture. */
#define SETTLE_US US_PER_S
/* What is less is jitter, or steered. */
#define PAUSE_US 200000
/* A frame of sound, and what an encoder puts before its first: so far behind what is written another one begins. */
#define ENCODER_SPAN_90K 4500
/* After a pause; a sender that was only held up sends what it has at once. */
#define CATCH_UP_US 60000

/* ---- what leaves the codec ---- */

static int on_coded(void *ctx, const struct frame *frame)
{
	struct track *t = ctx;
	return t->take_frame(t, frame);
}

/* ---- keyframes ---- */

void track_ask_for_keyframe(struct track *t)
{
	tsr_recording *r = t->r;
	bool first = t->waiting_keyframe && !t->lost && t->stats.keyframe_requests < 3;
	int64_t interval_us = first ? FIRST_KEYFRAME_REQUEST_INTERVAL_US : KEYFRAME_REQUEST_INTERVAL_US;
	if (t->ended || (t->keyframe_asked_us != 0 && r->now_us - t->keyframe_asked_us < interval_us))
		return;
	t->keyframe_asked_us = r->now_us;
	t->stats.keyframe_requests++;
	events_queue(r, &(tsr_event){.type = TSR_EVENT_KEYFRAME_NEEDED, .track = (int)t->index});
}

/* Behind the keyframe that the video begins with may come pictures that are shown before it, and refer to what is not there (open GOP). */
static bool is_leading(struct track *t, const struct frame *frame)
{
	t->leading = t->leading && (int32_t)(frame->rtp_ts - t->entry_ts) <= 0;
	bool before = t->leading && frame->rtp_ts != t->entry_ts;
	t->stats.frames_skipped += before;
	return before;
}

/* Intra refresh without recovery points, a sender that hears no PLI: a picture with artefacts is better than none. What was waited for in
 * vain once is not waited for as long again. True: this frame goes on; false: it does not, but one to begin with may be made of the next. */
static bool gives_up_waiting(struct track *t)
{
	int64_t timeout_us = t->r->config.keyframe_timeout_us, waited_us = t->r->now_us - t->waiting_since_us;
	if (t->without_keyframes)
		timeout_us = MIN(timeout_us, 2 * KEYFRAME_REQUEST_INTERVAL_US);
	if (timeout_us < 0 || waited_us < MIN(timeout_us, 2 * KEYFRAME_REQUEST_INTERVAL_US))
		return false;
	if (waited_us < timeout_us) {
		depay_accept_entry(t->depay, DEPAY_ENTRY_WITH_SETS);
		return false;
	}
	t->making_entry = depay_accept_entry(t->depay, DEPAY_ENTRY_ANY);
	if (!t->making_entry && !t->lost)
		return false; /* such a picture cannot begin without */
	if (!t->without_keyframes)
		events_warn(t->r, (int)t->index, "without_keyframe",
			    "no keyframe comes, though it is asked for; the picture goes on without, and may be "
			    "damaged for a while");
	t->without_keyframes = true;
	return !t->making_entry;
}

/* Leaves a frame out, or not. */
static bool leave_out(struct track *t, const struct frame *frame)
{
	if (t->waiting_since_us == 0)
		t->waiting_since_us = t->r->now_us;
	if (gives_up_waiting(t))
		return false;
	t->stats.frames_skipped++;
	if (t->lost)
		gap_add(&t->r->gaps, &t->gap, t->index, "loss", frame->pts_90k, frame->size);
	track_ask_for_keyframe(t);
	return true;
}

/* Whether a video frame may go on; the gate that opens on a keyframe. */
static bool pass_gate(struct track *t, const struct frame *frame)
{
	if (frame->discontinuity && !frame->keyframe) {
		if (t->r->config.on_loss == TSR_ON_LOSS_CONCEAL)
			track_ask_for_keyframe(t);
		else if (!t->waiting_keyframe)
			t->waiting_keyframe = t->lost = true;
	}
	if (t->waiting_keyframe && !frame->keyframe && leave_out(t, frame))
		return false;
	if (t->waiting_keyframe) {
		t->leading = true;
		t->entry_ts = frame->rtp_ts;
	}
	if (frame->keyframe) {
		t->without_keyframes = t->without_keyframes && t->making_entry;
		t->making_entry = false;
	}
	t->waiting_keyframe = t->lost = false;
	t->waiting_since_us = 0;
	return !is_leading(t, frame);
}

/* ---- temporal layers ---- */

void track_set_temporal_layer(struct track *t, uint8_t layer)
{
	t->temporal_wanted = layer;
	if (layer < t->temporal_layer)
		t->temporal_layer = layer;
	else if (layer > t->temporal_layer)
		track_ask_for_keyframe(t); /* what the frames of a layer refer to was left out */
}

static bool is_unwanted(struct track *t, const struct frame *frame)
{
	if (frame->keyframe)
		t->temporal_layer = t->temporal_wanted;
	if (frame->temporal_id <= t->temporal_layer)
		return false;
	t->stats.frames_unwanted++;
	return true;
}

/* ---- from the depacketizer to the codec ---- */

static void note_rotation(struct track *t, const struct frame *frame)
{
	unsigned rotation = frame->quarter_turns * 90u;
	if (rotation != t->stats.rotation)
		log_line(TSR_LOG_INFO, t->r->config.id, "track %u: the picture is to be turned by %u degrees%s",
			 t->index, rotation, t->route->transcode ? ", and is" : "");
	t->stats.rotation = rotation;
}

static void note_resolution(struct track *t, const struct frame *frame)
{
	if (frame->width == 0 || (frame->width == t->stats.width && frame->height == t->stats.height))
		return;
	if (t->stats.width != 0)
		t->stats.resolution_changes++;
	if (t->stats.width != 0 && (t->size_logged_us == 0 || t->r->now_us - t->size_logged_us >= US_PER_S)) {
		t->size_logged_us = t->r->now_us;
		log_line(TSR_LOG_INFO, t->r->config.id, "track %u: the picture is %ux%u now", t->index, frame->width,
			 frame->height);
	}
	t->stats.width = frame->width;
	t->stats.height = frame->height;
}

/* Whether no other track had a packet since shortly before this one's latest frame. */
static bool is_alone(const struct track *t)
{
	const tsr_recording *r = t->r;
	for (unsigned i = 0; i < r->tracks; i++) {
		const struct track *other = r->track[i];
		if (other != t && !other->ended && other->packet_us > t->last_arrival_us - US_PER_S)
			return false;
	}
	return true;
}

/* A microphone's RTP clock counts samples: where its sender had none, it stood still (Chromium's after replaceTrack(null)). A pause in
 * which other tracks went on is one of the sender's; it may have been held up, though, and catch up. After a long one silence stands in the
 * file already, and there is nothing to wait for. With no other track, whether it catches up must tell it from a network that stalled. */
static void watch_pause(struct track *t, const struct frame *frame)
{
	int64_t pause_us = frame->arrival_us - t->last_arrival_us;
	if (t->video || t->last_arrival_us == 0 || pause_us < PAUSE_US)
		return;
	bool others_went_on = (t->r->last_90k - t->last_pts_90k) * 100 / 9 >= pause_us / 2;
	if (others_went_on || is_alone(t))
		clockmap_doubt(&t->clock, others_went_on && pause_us >= MUTED_US ? 0 : CATCH_UP_US);
}

/* At the latest: a packet of sound is sent when its last sample is there. */
static int64_t captured_us(const struct track *t, const struct frame *frame)
{
	return t->video ? frame->arrival_us : frame->arrival_us - (int64_t)frame->samples * US_PER_S / t->sample_rate;
}

/* Whether there is nothing that this track would have to be in step with. */
static bool is_only_track(const struct track *t)
{
	for (unsigned i = 0; i < t->r->tracks; i++)
		if (t->r->track[i] != t && !t->r->track[i]->ended)
			return false;
	return true;
}

static int64_t clock_time(struct track *t, const struct frame *frame)
{
	watch_pause(t, frame);
	bool jumped;
	t->clock.alone = is_only_track(t);
	clockmap_set_ssrc(&t->clock, frame->ssrc);
	int64_t pts = clockmap_map(&t->clock, frame->rtp_ts, captured_us(t, frame), &jumped) - t->r->paused_90k;
	if (jumped)
		events_warn_often(t->r, (int)t->index, &t->jump_told_us, "clock_jump",
				  "the sender's RTP clock jumped; it was tied to arrival time anew");
	if (jumped)
		reorder_forget(&t->reorder);
	return pts;
}

static void tell_reordering(struct track *t)
{
	if (!t->told_reorder)
		events_warn(t->r, (int)t->index, "b_frames",
			    "pictures come in another order than they are shown; few players of live streams take that "
			    "well");
	t->told_reorder = true;
}

/* Sets the frame's times. */
static void set_times(struct track *t, struct frame *frame)
{
	if (t->video && frame->keyframe)
		reorder_set_depth(&t->reorder, frame->reorder);
	bool placed = t->video && reorder_place(&t->reorder, frame->rtp_ts, &frame->pts_90k);
	if (!placed)
		frame->pts_90k = clock_time(t, frame);
	if (t->r->paused) {
		reorder_forget(&t->reorder);
		return;
	}
	if (placed)
		tell_reordering(t);
	if (t->video) {
		reorder_note(&t->reorder, frame, placed);
	} else {
		if (frame->pts_90k <= t->last_pts_90k)
			frame->pts_90k = t->last_pts_90k + 1;
		frame->dts_90k = frame->pts_90k;
	}
	t->last_pts_90k = MAX(t->last_pts_90k, frame->pts_90k);
	t->last_arrival_us = frame->arrival_us;
	t->last_paused_90k = t->r->paused_90k;
}

/* As far as no frame will come any more, and no further than `end`, where the other tracks have come to: a call that is cut off ends
 * there. */
static void fill_silence(struct track *t, int64_t end_90k)
{
	const tsr_recording *r = t->r;
	int64_t silent_us = r->now_us - t->last_arrival_us - recording_wait_us(r) - SILENCE_LATE_US;
	bool may_be_silent = !t->video && !t->ended && !r->paused && r->start.over && t->last_arrival_us != 0;
	if (!may_be_silent || silent_us < 0)
		return;
	int64_t passed_90k = silent_us * 9 / 100 - (r->paused_90k - t->last_paused_90k);
	recording_fail(t->r, codec_idle(t->codec, MIN(t->last_pts_90k + passed_90k, end_90k)));
}

/* t goes on, maybe after a while in which nobody did. The silence that others are owed comes first, or it would come when its time is
 * over in the file. */
static void fill_silence_before(struct track *t, int64_t pts_90k)
{
	const tsr_recording *r = t->r;
	for (unsigned i = 0; i < r->tracks && r->error == TSR_OK; i++)
		if (r->track[i] != t)
			fill_silence(r->track[i], pts_90k);
}

static int place_frame(void *ctx, const struct frame *unplaced)
{
	struct track *t = ctx;
	struct frame frame = *unplaced;
	set_times(t, &frame);
	note_resolution(t, &frame);
	note_rotation(t, &frame);
	if (t->r->paused || (t->video && (!pass_gate(t, &frame) || is_unwanted(t, &frame))))
		return TSR_OK;
	fill_silence_before(t, frame.pts_90k);
	return codec_push(t->codec, &frame);
}

static int on_frame(void *ctx, const struct frame *frame)
{
	struct track *t = ctx;
	struct start *start = &t->r->start;
	if (start->over)
		return place_frame(t, frame);
	if (t->r->paused || is_only_track(t)) {
		tsr_error err = start_now(start);
		return err == TSR_OK ? place_frame(t, frame) : err;
	}
	if (t->video && !t->keyframe_waits) { /* what the file does not begin with need not wait */
		if (!frame->keyframe && leave_out(t, frame))
			return TSR_OK;
		t->keyframe_waits = true;
	}
	return start_push(start, &t->clock, frame, captured_us(t, frame), t->r->now_us, place_frame, t);
}

/* ---- from the jitter buffer to the depacketizer ---- */

static bool begins_picture(void *ctx, const struct rtp_packet *pkt)
{
	const struct track *t = ctx;
	return media_types_has(&t->media_types, pkt->payload_type) && depay_begins(t->in, pkt);
}

static bool is_medium(struct track *t, const struct rtp_packet *pkt)
{
	bool anew;
	bool media = media_types_take(&t->media_types, pkt->payload_type, pkt->payload_size, &anew);
	t->stats.other_payload += !media;
	if (anew)
		log_line(TSR_LOG_WARNING, t->r->config.id,
			 "track %u: no packet of an announced payload type has come; type %u is taken for %s", t->index,
			 pkt->payload_type, tsr_codec_name(t->in));
	return media;
}

static void on_packet(void *ctx, const struct rtp_packet *pkt, uint32_t lost, bool restart)
{
	struct track *t = ctx;
	struct rtp_packet without_payload = *pkt;
	without_payload.payload_size = 0;
	if (!is_medium(t, pkt))
		pkt = &without_payload; /* what was lost before it, was lost before the next one */
	if (restart) {
		clockmap_restart(&t->clock);
		rate_meter_reset(&t->rate_meter);
		reorder_forget(&t->reorder);
	}
	if (t->r->error != TSR_OK)
		return;
	recording_fail(t->r, depay_push(t->depay, pkt, lost > 0 || restart));
}

/* What the codec stage counts itself. */
static void add_codec_counts(const struct codec *codec, tsr_track_stats *out)
{
	const struct codec_stats *cs = codec_stats(codec);
	out->frames_dropped += cs->frames_shed;
	out->decode_errors += cs->decode_errors + cs->refused;
	out->concealed += cs->concealed;
	out->transcode_cpu_us += cs->cpu_us;
}

static tsr_error create_codec(struct track *t, struct codec **out)
{
	struct track_format format = {.codec = t->in};
	if (!t->video) {
		format.sample_rate = t->in == TSR_CODEC_G722 ? 16000 : t->rate_meter.rate_hz;
		format.channels = t->channels;
		t->sample_rate = format.sample_rate;
	}
	struct codec_settings settings = track_codec_settings(&t->r->config.encoding);
	if (t->started && t->route->transcode) /* it stays as it began */
		settings.audio_channels = t->format.channels;
	else if (settings.audio_channels == 0 && t->stereo && t->in == TSR_CODEC_OPUS)
		settings.audio_channels = 2;
	return codec_create(t->route, &format, &settings, on_coded, t, out);
}

/* For samples that come at another rate. */
static tsr_error renew_codec(struct track *t)
{
	struct codec *renewed;
	tsr_error err = codec_flush(t->codec);
	if (err == TSR_OK)
		err = create_codec(t, &renewed);
	if (err != TSR_OK)
		return err;
	add_codec_counts(t->codec, &t->stats);
	t->last_pts_90k = MAX(t->last_pts_90k, t->last_written_90k + ENCODER_SPAN_90K);
	codec_destroy(t->codec);
	t->codec = renewed;
	t->errors_seen = 0;
	return TSR_OK;
}

/* The sender's RTP clock runs at another rate than was announced, and so do the samples that it counts. */
static void follow_rate(struct track *t)
{
	char text[128];
	uint32_t rate = t->rate_meter.rate_hz;
	g_snprintf(text, sizeof(text),
		   "the sender's RTP clock counts %u a second and not %u as announced; that is followed", rate,
		   t->clock.rate);
	events_warn(t->r, (int)t->index, "clock_rate", text);
	clockmap_set_rate(&t->clock, rate);
	reorder_start(&t->reorder, rate);
	if (t->in == TSR_CODEC_L16)
		recording_fail(t->r, renew_codec(t));
}

void track_rtp(struct track *t, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct rtp_packet pkt;
	t->stats.packets++;
	if (rtp_parse(data, size, &pkt) != TSR_OK) {
		t->stats.malformed++;
		return;
	}
	pkt.arrival_us = arrival_us;
	if (t->orientation_extension != 0)
		pkt.quarter_turns = rtp_orientation(data, size, t->orientation_extension);
	t->stats.bad_padding += pkt.bad_padding;
	t->stats.bytes += pkt.payload_size;
	t->packet_us = arrival_us;
	if (media_types_has(&t->media_types, pkt.payload_type) && rate_meter_take(&t->rate_meter, &pkt))
		follow_rate(t);
	jitbuf_push(t->jitbuf, &pkt);
}

/* ---- time, end ---- */

void track_poll(struct track *t)
{
	jitbuf_poll(t->jitbuf, t->r->now_us);
	if (t->r->error == TSR_OK && t->r->now_us - t->packet_us >= SETTLE_US)
		t->r->error = depay_settle(t->depay);
	if (t->r->error == TSR_OK)
		fill_silence(t, t->r->last_90k);
	bool there = t->keyframe_waits && !t->r->start.over;
	bool wanted = (t->waiting_keyframe && !there) || codec_wants_keyframe(t->codec);
	if (t->video && wanted && t->packet_us > t->keyframe_asked_us && !t->r->paused)
		track_ask_for_keyframe(t);
}

void track_flush(struct track *t)
{
	jitbuf_flush(t->jitbuf);
	if (t->r->error != TSR_OK)
		return;
	tsr_error err = depay_flush(t->depay);
	if (err == TSR_OK)
		err = codec_flush(t->codec);
	recording_fail(t->r, err);
}

/* ---- life ---- */

/* Likewise. */
static void add_stage_counts(const struct track *t, tsr_track_stats *out)
{
	const struct jitbuf_stats *jb = jitbuf_stats(t->jitbuf);
	const struct depay_stats *dp = depay_stats(t->depay);
	out->malformed += dp->malformed + dp->too_large;
	out->reordered += jb->reordered;
	out->duplicate += jb->duplicate;
	out->late += jb->late;
	out->lost += jb->lost;
	out->restarts += jb->restarts;
	out->other_ssrc += jb->other_ssrc;
	out->frames += dp->frames;
	out->frames_damaged += dp->frames_damaged;
	out->keyframes += dp->keyframes;
	add_codec_counts(t->codec, out);
	out->sender_reports += t->clock.stats.sender_reports;
	out->clock_jumps += t->clock.stats.jumps;
}

static tsr_error create_stages(struct track *t, const tsr_track_config *config)
{
	/* G.722 counts 8000 whatever is announced (RFC 3551 section 4.5.2). */
	bool announced = config->clock_rate != 0 && config->codec != TSR_CODEC_G722;
	uint32_t rate = announced ? config->clock_rate : tsr_codec_clock_rate(config->codec);
	uint8_t channels = config->channels != 0 ? config->channels : config->codec == TSR_CODEC_OPUS ? 2 : 1;
	struct jitbuf_config jitbuf = {
		.wait_us = t->r->config.reorder_wait_us,
		.max_packets = LIMIT_JITBUF_PACKETS,
		.max_bytes = LIMIT_JITBUF_BYTES,
		.begins = t->video ? begins_picture : NULL,
	};
	struct depay_config depay = {
		.clock_rate = rate,
		.channels = channels,
		.red_payload_type = config->red_payload_type,
		.parameter_sets = config->parameter_sets,
		.parameter_sets_size = config->parameter_sets_size,
	};
	t->channels = channels;
	t->stereo = config->stereo;
	t->media_types = (struct media_types){.announced = config->payload_types, .red = config->red_payload_type};
	t->orientation_extension = t->video ? config->orientation_extension : 0;
	t->rate_meter = (struct rate_meter){.rate_hz = rate};
	clockmap_init(&t->clock, &t->r->timeline, rate);
	reorder_start(&t->reorder, rate);
	t->jitbuf = jitbuf_create(&jitbuf, on_packet, t);
	if (t->jitbuf == NULL)
		return TSR_E_NOMEM;
	tsr_error err = depay_create(config->codec, &depay, on_frame, t, &t->depay);
	if (err != TSR_OK)
		return err;
	return create_codec(t, &t->codec);
}

tsr_error track_create(tsr_recording *r, unsigned index, const tsr_track_config *config, track_frame_cb take_frame,
		       struct track **out)
{
	const struct route *route = route_find(config->codec, r->config.container, r->config.audio_mode);
	if (route == NULL || !depay_supports(config->codec))
		return TSR_E_UNSUPPORTED;
	struct track *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return TSR_E_NOMEM;
	t->r = r;
	t->take_frame = take_frame;
	t->index = index;
	t->in = config->codec;
	t->route = route;
	t->video = tsr_codec_is_video(config->codec);
	t->waiting_keyframe = t->video;
	t->temporal_layer = t->temporal_wanted = TSR_ALL_LAYERS;
	t->gap = -1;
	t->last_pts_90k = -1;
	if (config->label != NULL)
		g_strlcpy(t->stats.label, config->label, sizeof(t->stats.label));
	tsr_error err = create_stages(t, config);
	if (err != TSR_OK) {
		track_destroy(t);
		return err;
	}
	*out = t;
	return TSR_OK;
}

tsr_error track_resume(struct track *t, const tsr_track_config *config)
{
	struct track old = *t;
	t->jitbuf = NULL;
	t->depay = NULL;
	t->codec = NULL;
	tsr_error err = create_stages(t, config);
	if (err != TSR_OK) {
		track_release(t);
		*t = old;
		return err;
	}
	add_stage_counts(&old, &t->stats);
	track_release(&old);
	t->ended = t->gone = false;
	t->waiting_keyframe = t->video;
	t->lost = false;
	t->added_us = t->packet_us = t->keyframe_asked_us = 0;
	t->errors_seen = 0;
	return TSR_OK;
}

void track_release(struct track *t)
{
	codec_destroy(t->codec);
	depay_destroy(t->depay);
	jitbuf_destroy(t->jitbuf);
	t->codec = NULL;
	t->depay = NULL;
	t->jitbuf = NULL;
}

void track_destroy(struct track *t)
{
	if (t == NULL)
		return;
	track_release(t);
	free(t);
}

void track_get_stats(const struct track *t, tsr_track_stats *out)
{
	const struct track_format *format = codec_format(t->codec);

	*out = t->stats;
	add_stage_counts(t, out);
	out->codec_in = t->in;
	out->codec_out = t->route->out;
	out->transcode = t->route->transcode;
	out->started = t->started;
	out->reorder_frames = t->reorder.depth;
	out->ended = t->ended;
	out->sample_rate = format->sample_rate;
	out->channels = format->channels;
	out->clock_offset_us = t->clock.stats.offset_us;
	out->clock_corrected_us = t->clock.stats.corrected_us;
	out->first_pts_90k = t->first_written_90k;
	out->last_pts_90k = t->last_written_90k;
}
