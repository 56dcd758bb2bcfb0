/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One timeline for all tracks of a recording. Each track maps its RTP time to recording time (90 kHz, 0 = the first packet
 * of any track). It starts at once on arrival time and is refined by RTCP sender reports: they tie every track of a peer to
 * the peer's one NTP clock (RFC 3550 section 6.4.1). Corrections are slewed, never stepped, so that nothing jumps. */
#ifndef TSR_RTP_CLOCKMAP_H
#define TSR_RTP_CLOCKMAP_H

#include "packet.h"

/* What the tracks of one recording share. Zero-initialise; plain data. */
struct timeline {
	bool started;
	int64_t origin_us;       /* arrival of the first packet: recording time 0 */
	bool ntp_known;
	int64_t ntp_origin_us;   /* the peer's NTP clock at recording time 0 */
	int64_t paused_us;       /* time cut out of the recording by pauses so far */
};

struct clockmap_stats {
	uint64_t sender_reports;    /* used */
	uint64_t reports_refused;   /* their NTP clock or RTP clock made no sense */
	uint64_t jumps;             /* RTP time left arrival time and was tied to it anew */
	int64_t offset_us;          /* by how much this track lay off the common NTP clock when last measured */
	int64_t corrected_us;       /* how much of that has been slewed so far */
};

struct clockmap {
	struct timeline *timeline;
	uint32_t rate;            /* Hz */
	bool started;
	int64_t base_ts;          /* extended RTP time ... */
	int64_t base_pts_us;      /* ... and the recording time it is tied to */
	int64_t last_ts;          /* extended; the newest seen */
	int64_t last_out_us;      /* recording time of last_ts without slewing */
	int64_t slew_us;          /* correction in force */
	int64_t slew_target_us;   /* correction wanted */
	int64_t slewed_at_us;     /* recording time up to which slewing was done */
	int64_t arrival_lag_us;   /* smoothed lag of arrival behind RTP time */
	struct clockmap_stats stats;
};

void clockmap_init(struct clockmap *cm, struct timeline *timeline, uint32_t rate_hz);

/* Recording time in 90 kHz units of a frame. May go back by a few ticks when frames do (never by B-frames: WebRTC has none);
 * the recorder keeps a track's output strictly rising. *jumped is set when RTP time was tied to arrival time anew. */
int64_t clockmap_map(struct clockmap *cm, uint32_t rtp_ts, int64_t arrival_us, bool *jumped);

/* Takes a sender report of this track's SSRC. */
void clockmap_sr(struct clockmap *cm, const struct rtcp_sr *sr, int64_t arrival_us);

/* The next packet belongs to another SSRC or a restarted sequence: tie it to arrival time, without calling it a jump. */
void clockmap_restart(struct clockmap *cm);

#endif
