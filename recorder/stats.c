/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats.h"

#include <glib.h>

#include "common/clock.h"
#include "counts.h"
#include "output.h"
#include "recording.h"
#include "rtp/inbox.h"

static int64_t age_ms(int64_t since_us, int64_t now_us)
{
	return since_us == 0 ? -1 : (now_us - since_us) / 1000;
}

static void collect_inbox(const tsr_recording *r, tsr_stats *out)
{
	struct inbox_stats in;
	inbox_get_stats(r->inbox, &in);
	out->inbox_bytes = in.depth_bytes;
	out->inbox_max_bytes = in.depth_max_bytes;
	out->inbox_dropped_packets = in.dropped_packets;
}

void stats_collect(tsr_recording *r, tsr_stats *out)
{
	int64_t now_us = clock_now_us();
	counts_collect(r, out);
	out->state = (tsr_state)atomic_load(&r->state);
	out->last_packet_age_ms = age_ms(atomic_load(&r->packet_us), now_us);
	output_get_stats(r, out, now_us);
	collect_inbox(r, out);
}

const char *tsr_state_name(tsr_state state)
{
	static const char *const names[] = {
		[TSR_STATE_STARTING] = "starting", [TSR_STATE_RECORDING] = "recording", [TSR_STATE_PAUSED] = "paused",
		[TSR_STATE_STOPPING] = "stopping", [TSR_STATE_FINISHED] = "finished",   [TSR_STATE_FAILED] = "failed",
	};
	return (unsigned)state < G_N_ELEMENTS(names) ? names[state] : "unknown";
}
