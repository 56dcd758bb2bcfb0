/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "depay.h"

#include <stdlib.h>

#include "codecs.h"

static const struct depay_ops *const all_ops[] = {
	&depay_h264,
	&depay_opus,
	&depay_vp8,
};

struct depay {
	const struct depay_ops *ops;
	void *state;
	frame_cb emit;
	void *ctx;
	struct depay_stats stats;
	tsr_error error;    /* the first of `emit` in this call */
	bool started;       /* a payload came */
	bool lost;          /* something is missing before the next payload that is not empty */
	bool discontinuity; /* something is missing before the next frame */
};

static const struct depay_ops *find_ops(tsr_codec codec)
{
	for (size_t i = 0; i < sizeof(all_ops) / sizeof(all_ops[0]); i++)
		if (all_ops[i]->codec == codec)
			return all_ops[i];
	return NULL;
}

bool depay_supports(tsr_codec codec)
{
	return find_ops(codec) != NULL;
}

tsr_error depay_create(tsr_codec codec, const struct depay_config *config, frame_cb emit, void *ctx, struct depay **out)
{
	const struct depay_ops *ops = find_ops(codec);
	if (ops == NULL)
		return TSR_E_UNSUPPORTED;
	tsr_error err = TSR_E_NOMEM;
	struct depay *d = calloc(1, sizeof(*d));
	if (d == NULL)
		goto out;
	d->ops = ops;
	d->emit = emit;
	d->ctx = ctx;
	d->state = calloc(1, ops->state_size);
	if (d->state == NULL)
		goto out;
	err = ops->init(d->state, config);
	if (err != TSR_OK)
		goto out;
	*out = d;
	d = NULL;
out:
	depay_destroy(d);
	return err;
}

void depay_destroy(struct depay *d)
{
	if (d == NULL)
		return;
	if (d->state != NULL)
		d->ops->finish(d->state);
	free(d->state);
	free(d);
}

tsr_error depay_push(struct depay *d, const struct rtp_packet *pkt, bool lost)
{
	d->error = TSR_OK;
	d->lost = d->lost || lost;
	if (pkt->payload_size == 0)
		return TSR_OK;
	/* Before the first payload anything may be missing, but nothing that was begun. */
	bool gap = d->lost || !d->started;
	d->discontinuity = d->discontinuity || (d->lost && d->started);
	d->started = true;
	d->lost = false;
	d->ops->push(d, d->state, pkt, gap);
	return d->error;
}

tsr_error depay_flush(struct depay *d)
{
	d->error = TSR_OK;
	d->ops->flush(d, d->state);
	return d->error;
}

const struct depay_stats *depay_stats(const struct depay *d)
{
	return &d->stats;
}

void depay_emit(struct depay *d, struct frame *frame)
{
	if (d->error != TSR_OK)
		return;
	frame->codec = d->ops->codec;
	frame->discontinuity = d->discontinuity;
	d->discontinuity = false;
	d->stats.frames++;
	d->stats.keyframes += tsr_codec_is_video(frame->codec) && frame->keyframe;
	d->error = (tsr_error)d->emit(d->ctx, frame);
}

void depay_damaged(struct depay *d)
{
	d->stats.frames_damaged++;
	d->discontinuity = true;
}

void depay_malformed(struct depay *d)
{
	d->stats.malformed++;
	d->discontinuity = true;
}

void depay_too_large(struct depay *d)
{
	d->stats.too_large++;
	d->discontinuity = true;
}
