/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mux.h"

#include "ops.h"

/* Of a file that has not begun, whatever it will be: headers and tables. */
#define ROOM_TO_BEGIN 4096

static const struct mux_ops *const containers[TSR_CONTAINER_COUNT] = {
	[TSR_CONTAINER_TS] = &mpegts_ops,
	[TSR_CONTAINER_MKV] = &matroska_ops,
	[TSR_CONTAINER_WEBM] = &matroska_ops,
	[TSR_CONTAINER_MP4] = &mp4_ops,
};

tsr_error mux_create(const struct mux_config *config, struct sink *sink, struct mux **out)
{
	if ((unsigned)config->container >= TSR_CONTAINER_COUNT)
		return TSR_E_INVAL;
	return containers[config->container]->create(config, sink, out);
}

tsr_error mux_set_tracks(struct mux *m, const struct mux_track *tracks, unsigned count)
{
	return m->ops->set_tracks(m, tracks, count);
}

void mux_note_gap(struct mux *m)
{
	m->ops->note_gap(m);
}

void mux_begin_segment(struct mux *m)
{
	if (m->ops->begin_segment != NULL)
		m->ops->begin_segment(m);
}

tsr_error mux_write(struct mux *m, unsigned id, const struct frame *frame)
{
	return m->ops->write(m, id, frame);
}

tsr_error mux_tick(struct mux *m, int64_t now_us)
{
	return m->ops->tick != NULL ? m->ops->tick(m, now_us) : TSR_OK;
}

tsr_error mux_finish(struct mux *m)
{
	return m->ops->finish != NULL ? m->ops->finish(m) : TSR_OK;
}

void mux_destroy(struct mux *m)
{
	if (m != NULL)
		m->ops->destroy(m);
}

size_t mux_packetized_size(const struct mux *m, const struct frame *frame)
{
	return m != NULL ? m->ops->packetized_size(m, frame) : frame->size + frame->size / 8 + ROOM_TO_BEGIN;
}

int64_t mux_lead_90k(const struct mux *m)
{
	return m->ops->lead_90k(m);
}
