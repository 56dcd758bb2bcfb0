/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turn.h"

#include <glib.h>

#include "codec/route.h"
#include "common/clock.h"
#include "ending.h"
#include "engine.h"
#include "events.h"
#include "output.h"
#include "overload.h"
#include "recording.h"
#include "rtp/inbox.h"
#include "stats.h"
#include "track.h"
#include "trouble.h"

/* A turn that takes longer leaves the rest for the next one, so that its neighbours come up. */
#define TURN_MAX_US 50000

/* ---- a turn ---- */

static void handle(tsr_recording *r, const struct inbox_item *item)
{
	struct track *t = r->track[item->track];
	if (t->ended)
		return;
	if (item->rtcp)
		track_rtcp(t, item->data, item->size, item->arrival_us);
	else
		track_rtp(t, item->data, item->size, item->arrival_us);
}

/* r->turn held. The next item that waits; the inbox is taken over at most once a turn. */
static bool next_item(tsr_recording *r, bool *taken, struct inbox_item *item)
{
	if (inbox_next(r->inbox, item))
		return true;
	if (*taken)
		return false;
	*taken = true;
	inbox_take(r->inbox);
	return inbox_next(r->inbox, item);
}

static bool has_transcodes(const tsr_recording *r, bool of_video)
{
	for (unsigned i = 0; i < r->tracks; i++)
		if (r->track[i]->route->transcode && (r->track[i]->video || !of_video))
			return true;
	return false;
}

/* r->turn held. Handles what waits: all of it when the recording stops, else as much as a turn allows. */
static void empty_inbox(tsr_recording *r, bool stopping)
{
	struct inbox_item item;
	bool taken = false;
	int64_t lag_us = 0;
	while (next_item(r, &taken, &item)) {
		handle(r, &item);
		int64_t now_us = clock_now_us();
		lag_us = now_us - item.arrival_us;
		if (!stopping && now_us - r->now_us > TURN_MAX_US)
			break;
	}
	if (!stopping && has_transcodes(r, true)) /* of sound nothing is left out */
		overload_watch(r, lag_us);
}

/* r->turn held. With no packet there is no callback from Janus either: only time shows a stall. */
static void watch_stall(tsr_recording *r)
{
	int64_t packet_us = atomic_load(&r->packet_us);
	bool stalled = packet_us != 0 && !r->paused && r->config.stall_timeout_us >= 0 &&
		       r->now_us - packet_us >= r->config.stall_timeout_us;
	if (stalled == r->stalled)
		return;
	r->stalled = stalled;
	log_line(stalled ? TSR_LOG_WARNING : TSR_LOG_INFO, r->config.id,
		 stalled ? "no media arrives" : "media arrives again");
	events_queue(r, &(tsr_event){.type = stalled ? TSR_EVENT_STALLED : TSR_EVENT_UNSTALLED, .track = -1});
}

/* r->turn held. */
static void watch_inbox(tsr_recording *r)
{
	struct inbox_stats stats;
	inbox_get_stats(r->inbox, &stats);
	if (stats.dropped_packets > r->inbox_dropped)
		events_warn_often(r, -1, &r->inbox_told_us, "inbox_full",
				  "packets come faster than they are worked on; some were left out");
	r->inbox_dropped = stats.dropped_packets;
}

/* r->turn held. */
static void poll_all(tsr_recording *r)
{
	for (unsigned i = 0; i < r->tracks; i++) {
		track_poll(r->track[i]);
		trouble_tell(r->track[i]);
	}
	output_poll(r);
	watch_inbox(r);
	watch_stall(r);
}

/* r->turn held. The stages end here; what they counted stays. */
static void finish(tsr_recording *r)
{
	atomic_store(&r->state, TSR_STATE_STOPPING);
	recording_fail(r, start_now(&r->start));
	for (unsigned i = 0; i < r->tracks; i++)
		if (!r->track[i]->ended)
			track_flush(r->track[i]);
	output_flush(r); /* what waited for the other tracks counts */
	tsr_stats *final = g_new(tsr_stats, 1);
	stats_collect(r, final);
	ending_keep_stats(r, final);
	output_finish(r);
	for (unsigned i = 0; i < r->tracks; i++)
		track_release(r->track[i]);
}

bool turn_serve(struct service_item *item, int64_t now_us)
{
	tsr_recording *r = (tsr_recording *)item;
	pthread_mutex_lock(&r->turn);
	r->now_us = now_us;
	bool stopping = atomic_load(&r->stopping); /* before the inbox: nothing is pushed after it was set */
	recording_fail(r, start_poll(&r->start, now_us, now_us + TURN_MAX_US));
	if (stopping || !start_is_leaving(&r->start))
		empty_inbox(r, stopping);
	else if (has_transcodes(r, true)) /* the inbox holds what comes meanwhile */
		overload_watch(r, clock_now_us() - r->start.left_us);
	poll_all(r);
	if (stopping)
		finish(r);
	bool moves = !stopping && has_transcodes(r, false) && engine_change_lane(r);
	pthread_mutex_unlock(&r->turn);
	ending_settle(r);
	events_deliver(r);
	if (stopping)
		tsr_recording_unref(r); /* the lane's reference */
	else if (moves)
		engine_hand_over(r);
	return !stopping && !moves;
}

void turn_finish_offline(tsr_recording *r)
{
	pthread_mutex_lock(&r->turn);
	finish(r);
	pthread_mutex_unlock(&r->turn);
	ending_settle(r);
	events_deliver(r);
	tsr_recording_unref(r); /* the lane's */
}

/* ---- pushing ---- */

/* Offline the pusher does a worker's turn itself. */
static bool push_offline(tsr_recording *r, const struct inbox_item *item)
{
	pthread_mutex_lock(&r->turn);
	r->in_turn = true;
	bool poll = item->arrival_us - r->now_us >= ENGINE_TURN_PERIOD_US;
	if (poll || r->now_us == 0)
		r->now_us = item->arrival_us;
	handle(r, item);
	if (poll) {
		recording_fail(r, start_poll(&r->start, r->now_us, INT64_MAX));
		poll_all(r);
	}
	r->in_turn = false;
	pthread_mutex_unlock(&r->turn);
	ending_settle(r);
	if (atomic_load(&r->stopping)) /* a limit or an error */
		turn_finish_offline(r);
	else
		events_deliver(r);
	return true;
}

static bool push(tsr_recording *r, unsigned track, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	if (track >= atomic_load(&r->tracks) || size == 0 || size > LIMIT_RTP_PACKET_BYTES || atomic_load(&r->stopping))
		return false;
	if (!rtcp)
		atomic_store_explicit(&r->packet_us, arrival_us, memory_order_relaxed);
	if (r->offline)
		return push_offline(r, &(struct inbox_item){.data = data,
							    .size = (uint32_t)size,
							    .track = (uint8_t)track,
							    .rtcp = rtcp,
							    .arrival_us = arrival_us});
	return inbox_push(r->inbox, (uint8_t)track, rtcp, r->track[track]->video && !rtcp, data, size, arrival_us);
}

bool tsr_push_rtp(tsr_recording *r, unsigned track, const uint8_t *data, size_t size, int64_t arrival_us)
{
	return push(r, track, false, data, size, arrival_us);
}

bool tsr_push_rtcp(tsr_recording *r, unsigned track, const uint8_t *data, size_t size, int64_t arrival_us)
{
	return push(r, track, true, data, size, arrival_us);
}

int64_t tsr_now_us(void)
{
	return clock_now_us();
}
