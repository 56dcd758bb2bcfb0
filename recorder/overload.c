/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "overload.h"

#include <glib.h>

#include "events.h"
#include "recording.h"
#include "track.h"

/* Level n is entered when packets are this old before their turn comes. */
static const int64_t enter_us[] = {0, 500000, 1000000, 2000000};
#define LEVELS ((int)G_N_ELEMENTS(enter_us))
/* A level is left when packets are younger than this, and no sooner than so long after it was entered. */
#define CAUGHT_UP_US 100000
#define CALM_US      (5 * US_PER_S)
/* A deeper level needs time to show what it brings. */
#define SETTLE_US (US_PER_S / 2)

static int next_level(const tsr_recording *r, int64_t lag_us)
{
	int level = r->shedding;
	int64_t since_us = r->now_us - r->shed_changed_us;
	if (level + 1 < LEVELS && lag_us >= enter_us[level + 1] && since_us >= SETTLE_US)
		return level + 1;
	if (level > 0 && lag_us < CAUGHT_UP_US && since_us >= CALM_US)
		return level - 1;
	return level;
}

void overload_watch(tsr_recording *r, int64_t lag_us)
{
	static const char *const told[LEVELS] = {
		"transcoding has caught up; every frame is encoded again",
		"transcoding falls behind; frames that no other refers to are left out",
		"transcoding falls behind; half of the frames are left out",
		"transcoding falls behind; only keyframes are encoded",
	};
	int level = next_level(r, lag_us);
	if (level == r->shedding)
		return;
	r->shedding = level;
	r->shed_changed_us = r->now_us;
	for (unsigned i = 0; i < r->tracks; i++)
		codec_set_load_shedding(r->track[i]->codec, level);
	events_warn(r, -1, "transcoder_overload", told[level]);
}
