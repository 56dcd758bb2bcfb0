/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "codec.h"

#include <stdlib.h>
#include <string.h>

#include "../common/clock.h"
#include "ops.h"

#define DEFAULT_KEYFRAME_INTERVAL_MS 2000
#define MAX_LOAD_SHEDDING            3

struct codec {
	const struct route *route;
	struct codec_settings settings; /* its strings are owned */
	frame_cb emit;
	void *ctx;
	struct track_format format;
	struct codec_stats stats;
	int load_shedding;
	bool wants_keyframe;
	bool make_keyframe;
	_Alignas(max_align_t) unsigned char state[];
};

static struct codec_settings with_defaults(const struct codec_settings *settings)
{
	struct codec_settings s = settings != NULL ? *settings : (struct codec_settings){0};
	if (s.video_encoder == NULL)
		s.video_encoder = "libx264";
	if (s.audio_encoder == NULL)
		s.audio_encoder = "aac";
	if (s.video_threads <= 0)
		s.video_threads = 1;
	if (s.keyframe_interval_ms <= 0)
		s.keyframe_interval_ms = DEFAULT_KEYFRAME_INTERVAL_MS;
	return s;
}

/* The settings' strings, for what has to be done to each of them. */
static void list_strings(struct codec_settings *s, const char **list[4])
{
	list[0] = &s->video_encoder;
	list[1] = &s->video_encoder_options;
	list[2] = &s->video_preset;
	list[3] = &s->audio_encoder;
}

static tsr_error own_strings(struct codec_settings *s)
{
	const char **strings[4];
	tsr_error err = TSR_OK;
	list_strings(s, strings);
	for (int i = 0; i < 4; i++) {
		if (*strings[i] == NULL)
			continue;
		*strings[i] = strdup(*strings[i]);
		if (*strings[i] == NULL)
			err = TSR_E_NOMEM;
	}
	return err;
}

tsr_error codec_available(const struct route *route, const struct codec_settings *settings, const char **missing)
{
	if (route->ops->available == NULL)
		return TSR_OK;
	struct codec_settings s = with_defaults(settings);
	return route->ops->available(route->in, &s, missing);
}

tsr_error codec_create(const struct route *route, const struct track_format *in, const struct codec_settings *settings,
		       frame_cb emit, void *ctx, struct codec **out)
{
	struct codec *c = calloc(1, sizeof(*c) + route->ops->state_size);
	if (c == NULL)
		return TSR_E_NOMEM;
	c->route = route;
	c->emit = emit;
	c->ctx = ctx;
	c->settings = with_defaults(settings);
	c->format.codec = route->out;
	tsr_error err = own_strings(&c->settings);
	if (err == TSR_OK)
		err = route->ops->init(c, c->state, in, &c->settings);
	if (err != TSR_OK) {
		codec_destroy(c);
		return err;
	}
	*out = c;
	return TSR_OK;
}

void codec_destroy(struct codec *c)
{
	if (c == NULL)
		return;
	c->route->ops->finish(c->state);
	const char **strings[4];
	list_strings(&c->settings, strings);
	for (int i = 0; i < 4; i++)
		free((char *)*strings[i]);
	free(c);
}

/* A copy takes no time worth two system calls. */
static int64_t cpu_now(const struct codec *c)
{
	return c->route->transcode ? clock_thread_cpu_us() : 0;
}

tsr_error codec_push(struct codec *c, const struct frame *frame)
{
	int64_t start_us = cpu_now(c);
	c->stats.frames_in++;
	tsr_error err = c->route->ops->push(c, c->state, frame);
	c->stats.cpu_us += cpu_now(c) - start_us;
	return err;
}

tsr_error codec_flush(struct codec *c)
{
	int64_t start_us = cpu_now(c);
	tsr_error err = c->route->ops->flush(c, c->state);
	c->stats.cpu_us += cpu_now(c) - start_us;
	return err;
}

tsr_error codec_idle(struct codec *c, int64_t pts_90k)
{
	if (c->route->ops->idle == NULL)
		return TSR_OK;
	int64_t start_us = cpu_now(c);
	tsr_error err = c->route->ops->idle(c, c->state, pts_90k);
	c->stats.cpu_us += cpu_now(c) - start_us;
	return err;
}

tsr_error codec_emit(struct codec *c, struct frame *frame)
{
	/* What the next stages do with the frame is not this one's time. */
	int64_t start_us = cpu_now(c);
	frame->codec = c->format.codec;
	if (c->route->transcode) /* no encoder here changes the order */
		frame->dts_90k = frame->pts_90k;
	c->stats.frames_out++;
	tsr_error err = c->emit(c->ctx, frame);
	c->stats.cpu_us -= cpu_now(c) - start_us;
	return err;
}

const struct track_format *codec_format(const struct codec *c)
{
	return &c->format;
}

const struct codec_stats *codec_stats(const struct codec *c)
{
	return &c->stats;
}

void codec_set_load_shedding(struct codec *c, int level)
{
	c->load_shedding = level < 0 ? 0 : level > MAX_LOAD_SHEDDING ? MAX_LOAD_SHEDDING : level;
}

bool codec_wants_keyframe(const struct codec *c)
{
	return c->wants_keyframe;
}

struct track_format *codec_edit_format(struct codec *c)
{
	return &c->format;
}

struct codec_stats *codec_edit_stats(struct codec *c)
{
	return &c->stats;
}

void codec_want_keyframe(struct codec *c, bool wanted)
{
	c->wants_keyframe = wanted;
}

void codec_make_keyframe(struct codec *c)
{
	c->make_keyframe = true;
}

bool codec_take_make_keyframe(struct codec *c)
{
	bool make = c->make_keyframe;
	c->make_keyframe = false;
	return make;
}

int codec_load_shedding(const struct codec *c)
{
	return c->load_shedding;
}
