/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include "layers.h"

/* A layer that has stopped is silent for so long at least, for so many of its own intervals, and for so many pictures of another one.
 * Congestion control stops and starts the better layers. */
#define STOPPED_US        1000000
#define STOPPED_INTERVALS 3
#define STOPPED_PICTURES  3
/* A keyframe for changing the layer is asked for this often at most, and less and less often while something is recorded: it costs the
 * sender's bandwidth in all layers. */
#define ASK_PAUSE_US      1000000
#define ASK_PAUSE_MOST_US 16000000

/* A report of a layer is waited for so long: video's come once a second. While a recording begins, each layer's come before its frames are
 * placed. */
#define REPORT_PATIENCE_US 2500000
#define BEGINS_US          300000

void layers_init(struct layers *l, int wanted)
{
	*l = (struct layers){.wanted = wanted, .current = -1, .ask_pause_us = ASK_PAUSE_US};
}

static bool arrives(const struct layers *l, int layer, int64_t now_us)
{
	const struct layers_one *one = &l->layer[layer];
	unsigned missed = 0;
	for (int i = 0; i < LAYERS_MOST; i++)
		missed = MAX(missed, one->missed[i]);
	int64_t patience_us = MAX(STOPPED_US, STOPPED_INTERVALS * one->interval_us);
	return one->packet_us && (missed < STOPPED_PICTURES || now_us - one->packet_us < patience_us);
}

/* The best layer up to the wanted one that arrives; without any, the lowest above it. */
static int best_layer(const struct layers *l, int64_t now_us)
{
	for (int i = l->wanted; i >= 0; i--) {
		if (arrives(l, i, now_us))
			return i;
	}
	for (int i = l->wanted + 1; i < LAYERS_MOST; i++) {
		if (arrives(l, i, now_us))
			return i;
	}
	return -1;
}

void layers_report(struct layers *l, int layer)
{
	l->layer[layer].reported = true;
}

/* Whether it is known, or will not be known, where the layer's timestamps lie. Without that its first picture, a large one that takes long
 * to arrive, tells; and sound and picture are apart by as much. */
static bool is_placed(const struct layers *l, int layer, int64_t now_us)
{
	const struct layers_one *one = &l->layer[layer];
	return l->current < 0 || one->reported || now_us - l->begun_us < BEGINS_US ||
	       now_us - one->begun_us >= REPORT_PATIENCE_US;
}

static void note(struct layers *l, int layer, uint32_t ts, int64_t now_us)
{
	struct layers_one *one = &l->layer[layer];
	if (!one->begun_us)
		one->begun_us = now_us;
	if (!one->packet_us || (int32_t)(ts - one->ts) > 0) {
		int64_t interval_us = one->frame_us ? now_us - one->frame_us : 0;
		one->interval_us = MAX(interval_us, one->interval_us - one->interval_us / 8);
		one->frame_us = now_us;
		one->ts = ts;
		for (int i = 0; i < LAYERS_MOST; i++)
			l->layer[i].missed[layer]++;
	}
	one->packet_us = now_us;
	for (int i = 0; i < LAYERS_MOST; i++)
		one->missed[i] = 0;
}

static bool may_ask(struct layers *l, int64_t now_us)
{
	if (l->asked_us && now_us - l->asked_us < l->ask_pause_us)
		return false;
	bool forgotten = now_us - l->asked_us > 2 * ASK_PAUSE_MOST_US;
	if (l->current < 0 || !l->asked_us || forgotten)
		l->ask_pause_us = ASK_PAUSE_US;
	else
		l->ask_pause_us = MIN(2 * l->ask_pause_us, ASK_PAUSE_MOST_US);
	l->asked_us = now_us;
	return true;
}

bool layers_take(struct layers *l, int layer, uint32_t ts, bool keyframe, int64_t now_us, bool *ask)
{
	note(l, layer, ts, now_us);
	int best = best_layer(l, now_us);
	if (best != l->current && is_placed(l, best, now_us)) {
		if (l->current < 0)
			l->begun_us = now_us;
		if (layer == best && keyframe)
			l->current = best;
		else if (may_ask(l, now_us))
			*ask = true;
	}
	return layer == l->current;
}
