/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One track of a recording: packet -> jitter buffer -> depacketizer -> start -> clock map -> keyframe gate -> codec -> whoever takes its
 * frames.
 *
 * From its recording it needs the configuration, the turn's time, the timeline with its pauses, the other tracks (whether they
 * go on), the gaps, and events; an error of its stages is the recording's. r->turn is held in all of it. */
#ifndef TSR_TRACK_H
#define TSR_TRACK_H

#include "codec/codec.h"
#include "recorder.h"
#include "reorder.h"
#include "rtp/clockmap.h"
#include "rtp/mediatypes.h"
#include "rtp/ratemeter.h"

struct track;

/* Takes a coded frame of t, valid during the call. An error is for good and stops the track's stages. */
typedef tsr_error (*track_frame_cb)(struct track *t, const struct frame *frame);

struct track {
	tsr_recording *r;
	unsigned index;
	bool video;
	bool gone;                               /* ended, and no frame of it waits: new tables leave it out */
	bool ended;                              /* no more packets: removed by a renegotiation */
	bool told_missing;                       /* that it has not begun */
	bool waiting_keyframe;                   /* video: frames are left out until one comes */
	uint8_t temporal_layer, temporal_wanted; /* the highest to record: now, and from the next keyframe on */
	bool keyframe_waits;                     /* ... and one is among the frames that wait for the start */
	bool lost;                               /* ... because something was lost, not because the track begins */
	bool leading;      /* video: what is shown before the keyframe it began with may still come */
	uint32_t entry_ts; /* ... and that is its timestamp */
	bool overflowed;   /* the sink had no room: video waits for a keyframe that fits */
	int64_t added_us;  /* its first turn; 0 = not yet */
	int64_t packet_us; /* arrival of the newest packet; 0 = none yet */
	int64_t keyframe_asked_us;
	int64_t waiting_since_us; /* the first frame that was left out for want of a keyframe; 0 = none is */
	bool without_keyframes;   /* they were asked for in vain, and none has come since */
	bool making_entry;        /* ... so that the depacketizer makes one of another picture */
	int64_t jump_told_us, slow_told_us, errors_told_us; /* when these warnings were given; 0 = never */
	uint8_t channels;                                   /* of sound */
	bool stereo;                                        /* the SDP says so */
	struct media_types media_types;
	struct rate_meter rate_meter;
	int64_t vain_told_us;                     /* that no frame comes of what arrives; 0 = never */
	int64_t size_logged_us;                   /* when a change of size was last logged */
	uint64_t errors_seen;                     /* decode errors so far */
	int64_t last_pts_90k;                     /* of the newest frame given to the codec */
	int64_t last_arrival_us, last_paused_90k; /* its arrival (0 = none yet), and r->paused_90k then */
	tsr_codec in;
	const struct route *route;
	struct jitbuf *jitbuf;
	struct depay *depay;
	struct codec *codec;
	track_frame_cb take_frame;
	uint8_t orientation_extension;
	struct clockmap clock;
	uint32_t sample_rate;   /* of its sound, Hz */
	struct reorder reorder; /* video */
	bool told_reorder;
	/* in the file */
	bool started;
	bool in_file;                                /* a frame of it is in the file being written */
	struct track_format format;                  /* of its frames there */
	int64_t first_written_90k, last_written_90k; /* the first one in the file being written */
	int gap;                                     /* gap.h */
	tsr_track_stats stats;                       /* what is counted here; the stages count the rest themselves */
};

/* TSR_OK and *out; TSR_E_UNSUPPORTED, TSR_E_NOMEM or an error of its stages. */
TSR_MUST_USE tsr_error track_create(tsr_recording *r, unsigned index, const tsr_track_config *config,
				    track_frame_cb take_frame, struct track **out);
/* An ended track goes on with new stages; what the old ones counted stays. On failure it stays as it is. */
TSR_MUST_USE tsr_error track_resume(struct track *t, const tsr_track_config *config);
void track_destroy(struct track *t);
/* Frees the stages. Only t->video may be looked at from then on (a push may still come by). */
void track_release(struct track *t);
void track_rtp(struct track *t, const uint8_t *data, size_t size, int64_t arrival_us);
void track_rtcp(struct track *t, const uint8_t *data, size_t size, int64_t arrival_us);
/* What time brings: packets given up, keyframes asked for, a track that does not begin. */
void track_poll(struct track *t);
/* Everything still in the stages goes into the file. */
void track_flush(struct track *t);
/* Asks the sender, once a second at most. */
void track_ask_for_keyframe(struct track *t);
void track_set_temporal_layer(struct track *t, uint8_t layer);
void track_get_stats(const struct track *t, tsr_track_stats *out);

/* The same settings in the codec stage's words. */
struct codec_settings track_codec_settings(const tsr_encoding *encoding);

#endif
