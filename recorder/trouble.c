/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trouble.h"

#include <glib.h>

#include "depay/depay.h"
#include "events.h"
#include "recording.h"
#include "track.h"

/* So many packets and pictures of which no frame comes are told. */
#define VAIN_PACKETS  100
#define VAIN_PICTURES 30

static void tell_if_missing(struct track *t)
{
	tsr_recording *r = t->r;
	if (t->added_us == 0)
		t->added_us = r->now_us;
	bool waits = t->clock.early.any && !r->start.over;
	if (t->started || waits || t->ended || t->told_missing || r->config.track_timeout_us < 0 ||
	    r->now_us - t->added_us < r->config.track_timeout_us)
		return;
	t->told_missing = true;
	if (t->video)
		events_warn(r, (int)t->index, t->packet_us != 0 ? "no_keyframe" : "no_video",
			    t->packet_us != 0 ? "video arrives, but no keyframe that can be recorded"
					      : "no video has arrived; recording without it");
	else
		events_warn(r, (int)t->index, "no_audio", "no audio has arrived; recording without it");
}

static void tell_decode_errors(struct track *t)
{
	const struct codec_stats *cs = codec_stats(t->codec);
	uint64_t errors = cs->decode_errors + cs->refused;
	if (errors > t->errors_seen)
		events_warn_often(t->r, (int)t->index, &t->errors_told_us, "decode_errors",
				  "what arrives cannot be decoded as what it should be; it is left out");
	t->errors_seen = errors;
}

/* What arrives is whole, and yet no picture comes of it. */
static void tell_in_vain(struct track *t)
{
	const struct depay_stats *dp = depay_stats(t->depay);
	char text[200];
	if (!t->video || dp->packets_in_vain < VAIN_PACKETS || dp->pictures_in_vain < VAIN_PICTURES ||
	    (dp->frames > 0 && dp->looks_like == NULL))
		return;
	if (dp->looks_like != NULL)
		g_snprintf(text, sizeof(text), "no frame since %u packets, this looks like %s", dp->packets_in_vain,
			   dp->looks_like);
	else
		g_snprintf(text, sizeof(text), "no frame since %u packets, they cannot be read as %s",
			   dp->packets_in_vain, tsr_codec_name(t->in));
	events_warn_often(t->r, (int)t->index, &t->vain_told_us, "no_frames", text);
}

void trouble_tell(struct track *t)
{
	tell_if_missing(t);
	tell_decode_errors(t);
	tell_in_vain(t);
}
