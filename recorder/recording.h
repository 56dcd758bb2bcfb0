/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Private to recorder.c, track.c, output.c, events.c, stats.c and report.c: the parts of one recording.
 *
 *     recorder.c   engine, life of a recording, a worker's turn
 *     track.c      packet -> jitter buffer -> depacketizer -> keyframe gate -> codec -> output
 *     output.c     the file: frames of all tracks -> muxer -> sink; segments, gaps, end
 *
 * A recording is worked on by one thread at a time, which holds `turn`. */
#ifndef TSR_RECORDING_H
#define TSR_RECORDING_H

#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>

#include "codec/codec.h"
#include "common/clock.h"
#include "common/limits.h"
#include "common/service.h"
#include "depay/depay.h"
#include "mux/mux.h"
#include "recorder.h"
#include "rtp/clockmap.h"
#include "rtp/inbox.h"
#include "rtp/jitbuf.h"
#include "sink/file.h"

#define US_PER_S 1000000

struct ending; /* ending.c */

/* Sums over the files of a recording. */
struct sink_totals {
	uint64_t writes, flushes;
	tsr_latency write_latency, flush_latency;
};

struct track {
	tsr_recording *r;
	unsigned index;
	bool video;
	bool gone;                               /* ended, and no frame of it waits: new tables leave it out */
	bool ended;                              /* no more packets: removed by a renegotiation */
	bool told_missing;                       /* that it has not begun */
	bool waiting_keyframe;                   /* video: frames are left out until one comes */
	uint8_t temporal_layer, temporal_wanted; /* the highest to record: now, and from the next keyframe on */
	bool lost;                               /* ... because something was lost, not because the track begins */
	bool overflowed;                         /* the sink had no room: video waits for a keyframe that fits */
	int64_t added_us;                        /* its first turn; 0 = not yet */
	int64_t packet_us;                       /* arrival of the newest packet; 0 = none yet */
	int64_t keyframe_asked_us;
	int64_t jump_told_us, slow_told_us, errors_told_us; /* when these warnings were given; 0 = never */
	int64_t size_logged_us;                             /* when a change of size was last logged */
	uint64_t errors_seen;                               /* decode errors so far */
	int64_t last_pts_90k;                               /* of the newest frame given to the codec */
	int64_t last_arrival_us, last_paused_90k;           /* its arrival (0 = none yet), and r->paused_90k then */
	tsr_codec in;
	const struct route *route;
	struct jitbuf *jitbuf;
	struct depay *depay;
	struct codec *codec;
	struct clockmap clock;
	/* in the file */
	bool started;
	bool in_file;                                /* a frame of it is in the file being written */
	struct track_format format;                  /* of its frames there */
	int64_t first_written_90k, last_written_90k; /* the first one in the file being written */
	int gap;               /* number of the gap that is open, from LIMIT_GAPS on not in r->gap; -1 = none */
	tsr_track_stats stats; /* what is counted here; the stages count the rest themselves */
};

/* How far the media in the file have come: recording time beside the bytes that carry it, until those are written. */
#define PROGRESS_MARKS 64
struct progress {
	struct progress_mark {
		uint64_t bytes; /* accepted so far, of all segments */
		int64_t last_90k;
	} mark[PROGRESS_MARKS];
	unsigned first, count;
	int64_t written_90k;
};

/* The file being written. */
struct output {
	struct sink *sink;
	struct mux *mux;    /* NULL until the first frames are there */
	unsigned version;   /* of the next muxer's tables */
	uint32_t in_mux;    /* bit per track index */
	bool renew;         /* a track is gone: the next frame begins new tables without it */
	bool discontinuity; /* the next frame goes on behind a gap: new tables say so */
	bool split;         /* wanted at the next keyframe */
	GQueue early;       /* frames held until the muxer starts: struct early_frame */
	size_t early_bytes;
	int64_t first_frame_us; /* arrival of the first frame; 0 = none yet */
	unsigned segment;       /* 0 = the first or only file */
	char *name;             /* of the file, below the folder, without ending */
	char *path;             /* of the file while it runs */
	int64_t segment_start_90k;
	int64_t started_utc_us; /* of the file */
	dev_t device;           /* of the file system */
	uint64_t
		begun_bytes; /* what was accepted when the recording had begun: written, that is told; 0 = it has not begun */
	bool told_recording;
	struct progress progress;
	tsr_stats *before; /* when this segment began; NULL in the first */
	GQueue closed;     /* struct ending: files that end when the turn is over */
	tsr_error error;   /* for good */
};

struct tsr_recording {
	struct service_item item; /* first: a turn finds its recording by it */
	atomic_int refs;
	tsr_engine *engine;
	tsr_recording *prev, *next;  /* engine's list */
	tsr_recording_config config; /* strings are owned, filename is set */

	pthread_mutex_t turn;
	struct service *lane; /* NULL offline */
	bool offline;         /* the same, for those who do not hold `turn`: a recording changes its lane */
	struct inbox *inbox;
	struct timeline timeline;
	struct track *track[LIMIT_TRACKS];
	atomic_uint tracks; /* rises only; a track is whole before it is counted */
	struct output out;
	int64_t now_us; /* of this turn; offline: the newest packet's arrival */
	int64_t polled_us;
	bool in_turn; /* offline: a stop from within a turn is carried out behind it */
	int64_t started_utc_us;
	atomic_llong packet_us; /* arrival of the newest packet pushed; 0 = none */
	uint64_t inbox_dropped; /* packets, as last looked at */
	int64_t inbox_told_us;
	bool stalled;
	bool paused;
	int64_t paused_us;           /* since when */
	int64_t paused_90k;          /* cut out of the timeline so far */
	int64_t first_90k, last_90k; /* recording time of what is in the file */
	bool any_written;
	uint64_t bytes_before;        /* given to earlier segments' sinks */
	atomic_ullong bytes_finished; /* of those, in files that are complete and durable */
	int shedding;
	int64_t shed_changed_us;
	unsigned gaps;
	tsr_gap gap[LIMIT_GAPS];

	atomic_bool stopping;
	_Atomic(const char *) reason;
	atomic_int state; /* tsr_state */

	pthread_mutex_t events_lock;  /* events and done */
	pthread_mutex_t deliver_lock; /* one on_event at a time */
	GQueue events;                /* tsr_event, owned */
	pthread_cond_t ended;
	unsigned files_open; /* events_lock: files that have not finished yet */
	GQueue endings; /* events_lock: of those, what is known of each that is being finished: struct ending, not owned */
	struct sink_totals files_ended; /* events_lock: what those did that have finished */
	tsr_error first_error;          /* events_lock: of a file that failed */
	tsr_event *last;                /* events_lock: the last file has ended, others are still at it; owned */
	bool done;                      /* events_lock: it was delivered */
	tsr_stats *final; /* events_lock: what stays to be read when the stages are gone; NULL while they are there */
};

/* ---- track.c ---- */
TSR_MUST_USE tsr_error track_create(tsr_recording *r, unsigned index, const tsr_track_config *config,
				    struct track **out);
/* r->turn held. An ended track goes on with new stages; what the old ones counted stays. On failure it stays as it is. */
TSR_MUST_USE tsr_error track_resume(struct track *t, const tsr_track_config *config);
void track_destroy(struct track *t);
/* Frees the stages. Only t->video may be looked at from then on (a push may still come by). */
void track_release(struct track *t);
/* r->turn held. */
void track_rtp(struct track *t, const uint8_t *data, size_t size, int64_t arrival_us);
void track_rtcp(struct track *t, const uint8_t *data, size_t size, int64_t arrival_us);
/* r->turn held. What time brings: packets given up, keyframes asked for, a track that does not begin. */
void track_poll(struct track *t);
/* r->turn held. Everything still in the stages goes into the file. */
void track_flush(struct track *t);
/* r->turn held. Asks the sender, once a second at most. */
void track_ask_for_keyframe(struct track *t);
void track_set_temporal_layer(struct track *t, uint8_t layer);
void track_get_stats(const struct track *t, tsr_track_stats *out);

/* ---- output.c; r->turn held ---- */
TSR_MUST_USE tsr_error output_open(tsr_recording *r);
/* A coded frame of t for the file. Errors are kept in r->out.error and stop the recording. */
tsr_error output_frame(struct track *t, const struct frame *frame);
/* What time brings: a start that waited for other tracks, a failing disk, limits. */
void output_poll(tsr_recording *r);
/* Something changed that the note of the file tells. */
void output_note(tsr_recording *r);
/* How often to flush has changed. */
void output_set_flush(tsr_recording *r);
/* Ends the file: renames or discards it, and with it the recording. */
void output_finish(tsr_recording *r);

/* ---- ending.c ---- */
/* r->turn held. One more file will have to end. */
void ending_expect_file(tsr_recording *r);
/* Whether another file may be begun. Each has memory of its own: when the disk does not finish earlier ones, the one being written
 * goes on. */
bool ending_has_room(tsr_recording *r);
/* r->turn held. Nothing more goes into the file; `last` ends the recording. */
void ending_begin(tsr_recording *r, bool last);
/* r->turn not held, after a turn: the sinks that were closed in it go their own way. (Offline they call back at once, and whoever is
 * told may ask for statistics.) */
void ending_settle(tsr_recording *r);
/* The oldest byte that is not durable, over all files that are being finished (0 = none), and the bytes they had in memory.
 * Any thread. */
int64_t ending_exposure(tsr_recording *r, size_t *buffered);

/* A stretch of t that is missing in the file: gap_add opens it and counts, the track's next frame in the file closes it. */
void gap_add(struct track *t, const char *cause, int64_t pts_90k, size_t bytes);

/* ---- events.c ---- */
/* Queues a copy; it is delivered when the turn is over. Any thread. */
void events_queue(tsr_recording *r, const tsr_event *event);
void events_warn(tsr_recording *r, int track, const char *warning, const char *text);
/* The same once in ten seconds; *told_us (0 at first) is when it was. r->turn held. */
void events_warn_often(tsr_recording *r, int track, int64_t *told_us, const char *warning, const char *text);
/* A file has ended and `event` tells of it; the last file's event waits for those of the others and ends the recording.
 * Any thread, r->turn not held. The recording may be gone afterwards. */
void events_file_ended(tsr_recording *r, const tsr_event *event, bool last);
/* Delivers what is queued. r->turn not held. */
void events_deliver(tsr_recording *r);
void events_clear(tsr_recording *r);

/* ---- overload.c; r->turn held ---- */
/* lag_us: how old the newest packet handled in this turn was. */
void overload_watch(tsr_recording *r, int64_t lag_us);

/* ---- stats.c ---- */
/* r->turn held. */
void stats_collect(tsr_recording *r, tsr_stats *out);
/* Leaves what was counted since `before`, an earlier snapshot of the same recording. */
void stats_subtract(tsr_stats *s, const tsr_stats *before);
/* Brings a last snapshot up to date with how the recording ended. r->events_lock held. */
void stats_finish(const tsr_recording *r, tsr_stats *final, const tsr_event *last);

/* ---- report.c ---- */
/* A file that has ended. Its texts are its own: those of the recording may change while a segment is being finished. */
struct report {
	const char *name;             /* of the file, below the folder, without ending */
	const char *title, *metadata; /* may be NULL */
	int64_t started_utc_us, ended_utc_us;
	const tsr_stats *stats;
	const struct sink_result *result;
};
/* The text of NAME.recording.json, which says of a file that is being written what only a running recorder knows: recovery
 * takes it into the report that it makes. g_free. r->turn held. */
char *report_note(const tsr_recording *r);
/* Writes NAME.json beside NAME.ts, in place of the note. Failures are logged: the recording itself is safe. */
void report_write(const tsr_recording *r, const struct report *report);

/* ---- recording.c ---- */
struct codec_settings recording_codec_settings(const tsr_encoding *encoding);

/* ---- recorder.c ---- */
/* The engine keeps a reference until engine_forget, when the last event was delivered. TSR_E_BUSY when it is closing. */
TSR_MUST_USE tsr_error engine_remember(tsr_engine *engine, tsr_recording *r);
void engine_forget(tsr_recording *r);
/* From now on the recording gets its turns. */
void engine_serve(tsr_engine *engine, tsr_recording *r);
/* Offline: ends the recording at once, on the caller's thread. */
void engine_finish_offline(tsr_recording *r);
/* The engine's writers; NULL offline. */
struct writers *engine_writers(const tsr_engine *engine);

static inline int64_t ms_of_90k(int64_t ticks)
{
	return ticks / 90;
}

#endif
