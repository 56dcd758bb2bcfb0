/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recording by the offline engine of a simulated peer with a camera (H.264) and a microphone (Opus). Packets are the clock. */
#ifndef TEST_CALL_H
#define TEST_CALL_H

#include "harness.h"
#include "sender.h"

struct call {
	struct harness h;
	struct sender video, audio;
	int video_track, audio_track; /* that each is pushed to; -1 = what it sends goes nowhere */
	int64_t now_us;
};

/* Both senders, and no track yet. */
struct call *call_start(const tsr_recording_config *config);

/* A track for each. */
void call_add_tracks(struct call *c);

/* Both senders go on for so long. */
void call_run(struct call *c, int64_t duration_us);

void call_end(struct call *c);

/* A sender's packet_fn; ctx is the call. */
void call_push_audio(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us);

#endif
