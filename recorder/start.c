/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "start.h"

#include <string.h>

#include "common/clock.h"
#include "common/limits.h"

struct waiting_frame {
	struct frame frame; /* data behind this struct */
	struct clockmap *clock;
	frame_cb deliver;
	void *ctx;
};

void start_init(struct start *s, struct timeline *timeline, int64_t wait_us)
{
	*s = (struct start){.timeline = timeline, .wait_us = wait_us, .over = wait_us < 0};
	g_queue_init(&s->frames);
}

void start_finish(struct start *s)
{
	g_queue_clear_full(&s->frames, g_free);
}

/* Recording time 0 is where the first frame of any track belongs. */
static void start_timeline(struct start *s)
{
	int64_t origin_us = INT64_MAX;
	for (const GList *l = s->frames.head; l != NULL; l = l->next) {
		const struct waiting_frame *waiting = l->data;
		origin_us = MIN(origin_us, clockmap_begin_us(waiting->clock));
	}
	if (origin_us != INT64_MAX && !s->timeline->started)
		timeline_start(s->timeline, origin_us);
}

static tsr_error deliver_until(struct start *s, int64_t until_us)
{
	int err = TSR_OK;
	struct waiting_frame *w;
	while ((until_us == INT64_MAX || clock_now_us() < until_us) && (w = g_queue_pop_head(&s->frames)) != NULL) {
		if (err == TSR_OK)
			err = w->deliver(w->ctx, &w->frame);
		g_free(w);
	}
	s->over = s->frames.length == 0;
	return (tsr_error)err;
}

static void leave(struct start *s)
{
	if (s->leaving)
		return;
	start_timeline(s);
	s->leaving = true;
	s->left_us = clock_now_us();
}

tsr_error start_now(struct start *s)
{
	if (s->over)
		return TSR_OK;
	leave(s);
	return deliver_until(s, INT64_MAX);
}

tsr_error start_poll(struct start *s, int64_t now_us, int64_t until_us)
{
	bool waited = now_us - s->since_us >= s->wait_us;
	if (s->over || s->since_us == 0 || !(s->leaving || s->timeline->ntp_known || waited))
		return TSR_OK;
	leave(s);
	return deliver_until(s, until_us);
}

static void hold(struct start *s, struct clockmap *clock, const struct frame *frame, frame_cb deliver, void *ctx)
{
	struct waiting_frame *w = g_malloc(sizeof(*w) + frame->size);
	*w = (struct waiting_frame){.frame = *frame, .clock = clock, .deliver = deliver, .ctx = ctx};
	w->frame.data = memcpy(w + 1, frame->data, frame->size);
	g_queue_push_tail(&s->frames, w);
	s->bytes += frame->size;
}

tsr_error start_push(struct start *s, struct clockmap *clock, const struct frame *frame, int64_t captured_us,
		     int64_t now_us, frame_cb deliver, void *ctx)
{
	if (s->over)
		return (tsr_error)deliver(ctx, frame);
	if (s->since_us == 0)
		s->since_us = now_us;
	clockmap_listen(clock, frame->ssrc, frame->rtp_ts, captured_us);
	hold(s, clock, frame, deliver, ctx);
	bool full = s->frames.length >= LIMIT_START_FRAMES || s->bytes >= LIMIT_START_BYTES;
	return full ? start_now(s) : TSR_OK;
}
