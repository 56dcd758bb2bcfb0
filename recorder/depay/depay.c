/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "depay.h"

#include <stdlib.h>

#include "codecs.h"
#include "foreign.h"
#include "red.h"

static const struct depay_ops *const all_ops[] = {
	&depay_av1,  &depay_g722, &depay_h264, &depay_h265, &depay_l16, &depay_multiopus,
	&depay_opus, &depay_pcma, &depay_pcmu, &depay_vp8,  &depay_vp9,
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
	bool foreign;       /* a picture of another format has begun: the rest of it is of no use either */
	uint8_t red_payload_type;
	uint8_t quarter_turns; /* as was said last */
	uint16_t last_seq;     /* of the last payload given to the codec; for RED */
	uint32_t last_ts;
	uint32_t vain_ts; /* of the last payload */
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
	d->red_payload_type = config->red_payload_type;
	d->state = calloc(1, ops->state_size + 1); /* a state of no bytes is not NULL either */
	if (d->state == NULL)
		goto out;
	err = ops->init ? ops->init(d->state, config) : TSR_OK;
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
	if (d->state != NULL && d->ops->finish != NULL)
		d->ops->finish(d->state);
	free(d->state);
	free(d);
}

/* Gives one payload to the codec. `lost`: something between it and the one before is missing. */
static void push_payload(struct depay *d, const struct rtp_packet *pkt, bool lost)
{
	if (lost && d->ops->settle != NULL) /* what came before the loss */
		d->ops->settle(d, d->state, false);
	d->discontinuity = d->discontinuity || (lost && d->started);
	/* Before the first payload anything may be missing, but nothing that was begun. */
	bool gap = lost || !d->started;
	d->started = true;
	d->last_seq = pkt->seq;
	d->last_ts = pkt->timestamp;
	d->ops->push(d, d->state, pkt, gap);
}

/* Keeps those redundant blocks in front that were not delivered before; returns their number. */
static unsigned keep_fresh(const struct depay *d, struct rtp_packet *blocks, const struct rtp_packet *primary)
{
	unsigned fresh = 0;
	uint32_t newest = d->last_ts;
	for (const struct rtp_packet *block = blocks; block < primary; block++) {
		bool between = (int32_t)(block->timestamp - newest) > 0 &&
			       (int32_t)(primary->timestamp - block->timestamp) > 0;
		if (between && block->payload_size > 0 && block->payload_type == primary->payload_type) {
			newest = block->timestamp;
			blocks[fresh++] = *block;
		}
	}
	return fresh;
}

/* RFC 2198: takes the primary block, and after a loss the redundant ones that fill it. */
static void push_red(struct depay *d, const struct rtp_packet *pkt, bool lost)
{
	struct rtp_packet blocks[LIMIT_RED_BLOCKS];
	unsigned count = red_split(pkt, blocks);
	if (count == 0) {
		depay_malformed(d);
		return;
	}
	const struct rtp_packet *primary = &blocks[count - 1];
	unsigned fresh = lost && d->started ? keep_fresh(d, blocks, primary) : 0;
	lost = lost && fresh < (uint16_t)(pkt->seq - d->last_seq - 1);
	for (unsigned i = 0; i < fresh; i++, lost = false)
		push_payload(d, &blocks[i], lost);
	if (primary->payload_size > 0)
		push_payload(d, primary, lost);
	else
		d->lost = lost;
}

/* Whether a payload is of a picture in another format; counts what comes to nothing until a frame does. */
static bool is_foreign(struct depay *d, const struct rtp_packet *pkt)
{
	bool first = d->stats.packets_in_vain++ == 0;
	d->stats.pictures_in_vain += first || pkt->timestamp != d->vain_ts;
	d->vain_ts = pkt->timestamp;
	const struct foreign *found = foreign_find(d->ops->codec, pkt);
	if (found != NULL)
		d->stats.looks_like = found->name;
	bool foreign = d->foreign || (found != NULL && found->picture);
	d->foreign = foreign && !pkt->marker;
	return foreign;
}

tsr_error depay_push(struct depay *d, const struct rtp_packet *pkt, bool lost)
{
	d->error = TSR_OK;
	d->lost = d->lost || lost;
	if (pkt->quarter_turns >= 0) /* it comes with the last packet of a picture, and holds until it comes again */
		d->quarter_turns = (uint8_t)pkt->quarter_turns;
	if (pkt->payload_size == 0)
		return TSR_OK;
	if (is_foreign(d, pkt)) {
		depay_malformed(d);
		d->lost = true;
		return TSR_OK;
	}
	lost = d->lost;
	d->lost = false;
	if (d->red_payload_type != 0 && pkt->payload_type == d->red_payload_type)
		push_red(d, pkt, lost);
	else
		push_payload(d, pkt, lost);
	return d->error;
}

tsr_error depay_flush(struct depay *d)
{
	d->error = TSR_OK;
	if (d->ops->flush != NULL)
		d->ops->flush(d, d->state);
	return d->error;
}

bool depay_accept_entry(struct depay *d, enum depay_entry entry)
{
	if (d->ops->accept_entry != NULL)
		d->ops->accept_entry(d->state, entry);
	return d->ops->accept_entry != NULL;
}

tsr_error depay_settle(struct depay *d)
{
	d->error = TSR_OK;
	if (d->ops->settle != NULL)
		d->ops->settle(d, d->state, true);
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
	frame->quarter_turns = d->quarter_turns;
	d->discontinuity = false;
	d->stats.frames++;
	d->stats.packets_in_vain = d->stats.pictures_in_vain = 0;
	d->stats.looks_like = NULL;
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
