/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a track's packets lie on the timeline of the recording (90 kHz). Two things tell: sender reports, which tie RTP time to the peer's
 * NTP clock, and arrival, for nothing arrives before it was captured. A late machine or network stamps late, never early, so of
 * several reports, and of several packets, the least counts; and no report puts a track behind its own packets.
 *
 * A track's first packet is placed by what was heard before: a report of it, else the packet that was held up least. What is found out
 * in the first second, or by the first reports, is put right at a quarter of media time; later corrections are slewed, at most 5 ms per
 * second of media, never stepped. Where there are no reports (captures, forwarded streams) the smallest lag between arrival and RTP time
 * takes their place.
 *
 * RTP time that leaves arrival time altogether (a restart, a jump, a sender that stopped its clock during a phone call) is
 * tied to arrival time anew: a discontinuity of what was really missing, never hours of silence.
 *
 * "Captured" below: our clock, when the first of what a packet holds can have been captured at the latest. For a picture that is its
 * arrival; for sound, which is sent when it is whole, so much earlier as it lasts. */
#ifndef TSR_RTP_CLOCKMAP_H
#define TSR_RTP_CLOCKMAP_H

#include "packet.h"
#include "timeline.h"

struct clockmap_stats {
	uint64_t sender_reports;  /* used */
	uint64_t reports_refused; /* their NTP or RTP time made no sense against arrival time */
	uint64_t jumps;           /* RTP time was tied to arrival time anew */
	int64_t offset_us;        /* by how much this track lay off the common clock when last measured, uncorrected */
	int64_t corrected_us;     /* how much of that is corrected by now */
};

/* The last sender report of one SSRC. */
struct ssrc_report {
	uint32_t ssrc;
	uint32_t rtp_ts;
	int64_t ntp_us;
	int64_t arrival_us; /* 0 = none yet */
	unsigned epoch;     /* the timeline's, when it came */
};

/* What was seen of a track before any of it is mapped. */
struct early_packets {
	bool any;
	uint32_t ssrc;
	uint32_t rtp_ts;     /* of the first */
	int64_t captured_us; /* it, by the packet that was held up least */
};

/* Reports of a track of which the least counts. */
#define CLOCKMAP_REPORTS 3

/* SSRCs of one track whose reports are kept: three layers of simulcast and one to spare. */
#define CLOCKMAP_SSRCS 4

/* The smallest lag of arrival behind RTP time, window by window: the part of it that is not jitter. */
struct lag_window {
	int64_t start_us; /* arrival time */
	int64_t min_us;
	bool any;
};

struct clockmap {
	bool alone; /* set by the caller: there is no other track to be in step with, and what comes early need not be put right */
	struct timeline *timeline;
	uint32_t rate; /* Hz */
	bool started;
	uint32_t ssrc;           /* of the packets that are mapped */
	bool switched;           /* the next packet is the first of that SSRC, and not of the track */
	bool tie_anew;           /* the next packet belongs to another sequence */
	bool doubted;            /* its clock may have stood still in a pause: looked at until it is known */
	int64_t doubt_wait_us;   /* so long between two looks */
	int64_t doubt_us;        /* arrival time of the latest look; 0 = none yet */
	int64_t doubt_behind_us; /* how far RTP time was behind then */
	int64_t behind_us;       /* ... and at the newest packet */
	bool emitted;            /* recording times were handed out: from now on corrections are slewed */
	int64_t base_ts;         /* extended RTP time ... */
	int64_t base_us;         /* ... and the recording time it is tied to */
	int64_t last_ts;         /* extended; of the newest packet */
	int64_t slew_us;         /* correction in force */
	int64_t slew_target_us;  /* correction wanted */
	int64_t slewed_at_us;    /* recording time up to which it was slewed */
	struct lag_window window;
	bool lag_known;
	int64_t lag_us;          /* smallest lag of the last whole window */
	struct lately least_lag; /* ... on our clock, without origin and corrections: what no report may go behind */
	struct early_packets early;
	bool anchored; /* arrival time is the reference: slew_us was anchor_slew_us when the lag was anchor_lag_us */
	int64_t anchor_lag_us;
	int64_t anchor_slew_us;
	int64_t behind_since_us; /* arrival time since when RTP time has been far behind; 0 = it is not */
	bool sr_seen;
	bool hurries;                        /* to where the first reports put it */
	int64_t report_us[CLOCKMAP_REPORTS]; /* NTP time less uncorrected recording time, of the latest reports */
	unsigned reports;                    /* of those: since it was tied, of this epoch */
	int64_t report_arrival_us;           /* of the last one */
	int64_t sr_delay_us;                 /* arrival time minus NTP time at that report */
	unsigned sr_epoch;
	struct ssrc_report heard[CLOCKMAP_SSRCS];
	struct clockmap_stats stats;
};

void clockmap_init(struct clockmap *cm, struct timeline *timeline, uint32_t rate_hz);

/* Takes note of a packet that is mapped later. */
void clockmap_listen(struct clockmap *cm, uint32_t ssrc, uint32_t rtp_ts, int64_t captured_us);

/* When the first packet that was listened to was captured, by all that is known; our clock. INT64_MAX when there was none.
 * For where the timeline starts. */
int64_t clockmap_begin_us(const struct clockmap *cm);

/* Recording time of a packet's RTP timestamp, in 90 kHz units, never negative. It may go back a little where the sender's
 * does; the recorder keeps a track's output strictly rising. *jumped is set when RTP time was tied to arrival time anew
 * in mid-stream. The timeline starts here when it has not yet. */
int64_t clockmap_map(struct clockmap *cm, uint32_t rtp_ts, int64_t captured_us, bool *jumped);

/* Whether its packets, those that it listened to included, are of this SSRC now. */
bool clockmap_carries(const struct clockmap *cm, uint32_t ssrc);

/* Takes a sender report. One of another SSRC than the packets' (a layer of simulcast that is not recorded), or that comes before any
 * packet, is kept: when the track begins with it or switches to it, it tells where its timestamps lie. */
void clockmap_sr(struct clockmap *cm, const struct rtcp_sr *sr, int64_t arrival_us);

/* The next packets are of this SSRC, whose timestamps have nothing to do with those before (RFC 3550 section 5.1): the first
 * is tied to where a recent report of it puts it, else to arrival time, which is no jump. To be called for the first packet of
 * a track as well. */
void clockmap_set_ssrc(struct clockmap *cm, uint32_t ssrc);

/* The next packet belongs to a restarted sequence of the same SSRC: unless its timestamp goes on where the last one was, it is
 * tied to arrival time. */
void clockmap_restart(struct clockmap *cm);

/* The sender's clock turned out to run at this rate: the next packet is tied anew to where a report of it puts it, else to arrival
 * time. */
void clockmap_set_rate(struct clockmap *cm, uint32_t rate_hz);

/* The next packet ends a pause. If RTP time fell far behind arrival time in it, and does not catch up within wait_us, the sender's RTP
 * clock stood still: it is tied to arrival time anew. With 0 nothing is waited for. */
void clockmap_doubt(struct clockmap *cm, int64_t wait_us);

#endif
