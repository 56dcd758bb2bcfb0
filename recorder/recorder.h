/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The recording engine: RTP of a peer's tracks in, one file out. It knows nothing of Janus or JSON. This is its only
 * public header (with the vocabulary of common/error.h, common/codec.h, common/container.h, common/latency.h and common/log.h).
 *
 *     engine = tsr_engine_create(&engine_config)            threads and pools, one per process
 *     tsr_recording_create(engine, &config, &recording)     one per peer; its file is there from now on
 *     tsr_recording_add_track(recording, &track, &index)    at start or at a renegotiation
 *     tsr_push_rtp(recording, index, data, size, now)       from the Janus thread: copies and enqueues, no more
 *     tsr_recording_stop(recording, reason)                 asynchronous; TSR_EVENT_FINISHED or _FAILED follows
 *     tsr_recording_unref(recording)
 *     tsr_engine_destroy(engine)                            stops what still runs and waits for it
 *
 * Threads: every function may be called from any thread unless it says otherwise. Packets of one recording come from one
 * thread at a time (Janus's loop thread of the handle). Events come from the engine's threads. */
#ifndef TSR_RECORDER_H
#define TSR_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/codec.h"
#include "common/container.h"
#include "common/error.h"
#include "common/latency.h"
#include "common/log.h"
#include "common/payloadtypes.h"

typedef struct tsr_engine tsr_engine;
typedef struct tsr_recording tsr_recording;

/* ---- engine ------------------------------------------------------------------------------------------------------ */

typedef struct tsr_engine_config {
	/* Threads that serve recordings whose tracks are all copied, and threads that serve those that transcode: a copy
	 * never waits behind an encoder. 0 = 1 and the number of processors. */
	unsigned copy_workers;
	unsigned transcode_workers;
	/* Writer threads per file system; 0 = 4. */
	unsigned writers;
	/* No threads at all: the pushing thread does the work and waits for the disk, and time is what the packets' arrival
	 * times say. For converting captures and for tests with a simulated clock. */
	bool offline;
} tsr_engine_config;

/* Returns an engine owned by the caller, or NULL when memory or threads are out. `config` NULL means all zero. */
tsr_engine *tsr_engine_create(const tsr_engine_config *config);

/* Stops every recording that still runs (reason "shutdown"), waits until each has finished or failed, and frees the engine.
 * Recordings that somebody still references stay readable (tsr_recording_get_stats) but take no more packets.
 * Not on an engine thread. */
void tsr_engine_destroy(tsr_engine *engine);

/* ---- recording --------------------------------------------------------------------------------------------------- */

/* What to do with video after a packet was lost for good: leave its frames out until the next keyframe (the file decodes
 * without an error), or keep every frame that is whole (it shows artefacts until then). */
typedef enum tsr_on_loss { TSR_ON_LOSS_WAIT_KEYFRAME, TSR_ON_LOSS_CONCEAL } tsr_on_loss;

/* How encoders are set up; zeroes and NULLs mean the default. Strings are libavcodec's own names. */
typedef struct tsr_encoding {
	const char *video_encoder;         /* "libx264" */
	const char *video_preset;          /* "veryfast" */
	const char *video_encoder_options; /* "key=value:key=value" */
	int video_bitrate;                 /* bit/s; 0 = constant quality, the encoder's default */
	int video_threads;                 /* per track; 1 */
	int keyframe_interval_ms;          /* 2000 */
	uint16_t video_width;              /* constant size, letterboxed; 0 = follow the source */
	uint16_t video_height;
	const char *audio_encoder; /* "aac" */
	int audio_bitrate;         /* bit/s; 64000 per channel */
	uint8_t audio_channels;    /* 0 = as the track begins: tsr_track_config.stereo, else its first packet */
} tsr_encoding;

/* When what was written is made durable; all zero is the default. */
typedef struct tsr_flush {
	uint64_t threshold;  /* bytes; 0 = 4 MiB */
	int64_t interval_us; /* 0 = 1 s; negative = by threshold alone */
	bool no_sync;        /* never fdatasync before the end */
	bool adaptive;       /* the threshold follows the disk, between the next two */
	uint64_t threshold_min, threshold_max;
} tsr_flush;

/* HLS (RFC 8216) of what is recorded, while it is recorded and afterwards; of TS alone. FILENAME.m3u8 lists it, from the first keyframe on, and
 * FILENAME.master.m3u8 tells players what that is. SINGLE: stretches of each file, from keyframe to keyframe. SEGMENTS: the files of
 * segment_duration_us, which must be set, when they are complete. */
typedef enum tsr_hls_mode { TSR_HLS_OFF, TSR_HLS_SINGLE, TSR_HLS_SEGMENTS } tsr_hls_mode;

typedef struct tsr_hls {
	tsr_hls_mode mode;
	int64_t segment_us; /* SINGLE: a stretch is so long at least, if keyframes come; 0 = 2 s */
	int64_t window_us;  /* SEGMENTS: so much of it is listed, three segments at least; 0 = all of it */
	bool running_names; /* files are listed by the names they have while they run, for servers that cannot find one by the other */
} tsr_hls;

struct tsr_event;

typedef struct tsr_recording_config {
	const char *folder; /* the recordings folder; must exist */
	const char *id;     /* [A-Za-z0-9_-]{1,64}; prefix of log lines */
	const char *
		filename; /* below folder, without ending; NULL = id. Checked: no "..", no leading '/', no control bytes */
	const char *name;     /* free text for the container's title and the report; may be NULL */
	const char *metadata; /* a JSON object as text, copied verbatim into the report; may be NULL */
	const char *host;     /* likewise, as "host": what the host wants to find again in the report; may be NULL */
	tsr_container container;
	tsr_audio_mode audio_mode;
	tsr_on_loss on_loss;
	tsr_encoding encoding;
	int64_t reorder_wait_us; /* for a missing packet; 0 = 500 ms */
	int64_t start_wait_us; /* the start of a file may wait so long for the first report of the peer and for the other tracks; 0 = 500 ms
				     (offline 3 s: no crash threatens there), negative = not at all */
	tsr_flush flush;
	size_t memory_cap;           /* unwritten bytes before video is dropped; 0 = 8 MiB */
	unsigned file_mode;          /* 0 = 0644 */
	bool report;                 /* ID.json and a SHA-256 beside the file; ID.recording.json while it runs */
	int64_t segment_duration_us; /* 0 = off */
	uint64_t segment_size;       /* 0 = off */
	tsr_hls hls;
	int64_t max_duration_us;  /* 0 = unlimited */
	uint64_t max_size;        /* 0 = unlimited */
	uint64_t min_free_space;  /* bytes on the file system; 0 = do not look */
	int64_t stall_timeout_us; /* no packet for so long is told; 0 = 10 s, negative = never */
	int64_t track_timeout_us; /* a track that has not begun is told after so long; 0 = 10 s */
	/* Asked for in vain for so long, a keyframe is waited for no more: video goes on without one; 0 = 10 s, negative = never. */
	int64_t keyframe_timeout_us;
	/* Called for each event, on an engine thread, never two at once for one recording; must not block for long and must
	 * not call tsr_engine_destroy. `event` is borrowed for the call. */
	void (*on_event)(void *user, const struct tsr_event *event);
	void *user;
} tsr_recording_config;

/* Creates the file (FILENAME.recording.ts, or as its container has it: common/container.h) and the recording, which the caller owns one reference of.
 * TSR_OK and *out; TSR_E_INVAL (config), TSR_E_EXISTS, TSR_E_NOTFOUND, TSR_E_ACCESS, TSR_E_READONLY, TSR_E_NOSPACE (also:
 * min_free_space), TSR_E_IO, TSR_E_NOMEM; TSR_E_BUSY when the engine is being destroyed. On failure nothing is left behind. */
TSR_MUST_USE tsr_error tsr_recording_create(tsr_engine *engine, const tsr_recording_config *config,
					    tsr_recording **out);

/* NULL is fine in both. The last reference of a recording that was never stopped stops it. */
tsr_recording *tsr_recording_ref(tsr_recording *recording);
void tsr_recording_unref(tsr_recording *recording);

typedef struct tsr_track_config {
	tsr_codec codec;
	uint32_t clock_rate;      /* Hz; 0 = the codec's own */
	uint8_t channels;         /* audio; 0 = 2 for Opus, 1 for the others */
	bool stereo;              /* Opus: its sender means to send it so (RFC 7587, stereo or sprop-stereo) */
	uint8_t red_payload_type; /* RFC 2198; 0 = none */
	/* Of its packets: those of other types (FEC, telephone events, comfort noise) are passed over. Empty = what comes first; comfort noise
	 * never is. When none of these comes, what comes instead is taken. */
	tsr_payload_types payload_types;
	const uint8_t *parameter_sets; /* H.264/H.265 from sprop-*, Annex B; copied; may be NULL */
	size_t parameter_sets_size;
	uint8_t orientation_extension; /* id of the RTP header extension urn:3gpp:video-orientation; 0 = there is none */
	const char *label;             /* for the report, e.g. the mid; copied; may be NULL */
} tsr_track_config;

/* Adds a track, at any time. TSR_OK and *index (0, 1, …); TSR_E_UNSUPPORTED (codec), TSR_E_LIMIT (LIMIT_TRACKS), TSR_E_NOMEM,
 * TSR_E_BUSY (stopping). Not at once with pushes to the same new index. */
TSR_MUST_USE tsr_error tsr_recording_add_track(tsr_recording *recording, const tsr_track_config *config,
					       unsigned *index);

/* No more packets will come for this track (removed by a renegotiation, or switched off). What it recorded stays. */
void tsr_recording_end_track(tsr_recording *recording, unsigned index);

/* A track that was ended goes on, in the same stream of the file and with its statistics; the codec is the same, the rest of `config` may
 * have changed. TSR_OK; TSR_E_INVAL (no such track, not ended, another codec), TSR_E_NOMEM, TSR_E_UNSUPPORTED, TSR_E_BUSY. On failure it
 * stays ended. Not at once with pushes to this index. */
TSR_MUST_USE tsr_error tsr_recording_resume_track(tsr_recording *recording, unsigned index,
						  const tsr_track_config *config);

/* The temporal layers to record of a video track that has any (VP8, VP9, AV1 and H.265 say so in the stream): 0 = the lowest alone, and so
 * on; TSR_ALL_LAYERS, as at first. Fewer from now on, more from the next keyframe on, which is asked for. Unknown indices are ignored. */
#define TSR_ALL_LAYERS 7
void tsr_recording_set_temporal_layer(tsr_recording *recording, unsigned index, uint8_t layer);

/* How a codec gets into such a file under this audio mode: the codec written, and whether that means transcoding.
 * TSR_OK or TSR_E_UNSUPPORTED. */
TSR_MUST_USE tsr_error tsr_route(tsr_codec in, tsr_container container, tsr_audio_mode mode, tsr_codec *out,
				 bool *transcode);

/* Whether this build's libavcodec has what `in` needs with these settings; TSR_OK; TSR_E_UNSUPPORTED with the name of what is missing
 * in *missing (constant or borrowed from `encoding`); TSR_E_CODEC with the encoder's, which does not open with them; TSR_E_NOMEM. */
TSR_MUST_USE tsr_error tsr_route_available(tsr_codec in, tsr_container container, tsr_audio_mode mode,
					   const tsr_encoding *encoding, const char **missing);

/* Takes one RTP (RTCP) packet of a track that arrived at arrival_us (tsr_now_us()): copies and enqueues it; microseconds.
 * False when it was not taken: the inbox is full (counted), the recording is stopping, or the index or size is wrong. */
bool tsr_push_rtp(tsr_recording *recording, unsigned track, const uint8_t *data, size_t size, int64_t arrival_us);
bool tsr_push_rtcp(tsr_recording *recording, unsigned track, const uint8_t *data, size_t size, int64_t arrival_us);

/* The engine's monotonic clock, microseconds. */
int64_t tsr_now_us(void);

/* Leaves out what arrives until resume; the timeline closes over it (no hole). TSR_OK or TSR_E_BUSY (wrong state). */
TSR_MUST_USE tsr_error tsr_recording_pause(tsr_recording *recording);
TSR_MUST_USE tsr_error tsr_recording_resume(tsr_recording *recording);

typedef struct tsr_recording_changes {
	int64_t max_duration_us; /* as in the configuration; negative = as it is */
	int64_t max_size;
	const tsr_flush *flush; /* NULL = as it is */
	const char *name;       /* NULL = as it is */
	const char *metadata;
} tsr_recording_changes;

/* Changes what may change while it records. TSR_OK, or TSR_E_BUSY when it is ending. */
TSR_MUST_USE tsr_error tsr_recording_change(tsr_recording *recording, const tsr_recording_changes *changes);

/* Starts a new segment at the next keyframe (at once without video). TSR_OK or TSR_E_BUSY. */
TSR_MUST_USE tsr_error tsr_recording_split(tsr_recording *recording);

/* Ends the recording: what was pushed so far is written, synced and renamed, then one TSR_EVENT_FINISHED or TSR_EVENT_FAILED
 * comes. Returns at once (offline: when done). `reason` is a constant word for report and event ("stop", "hangup", …). Again: ignored. */
void tsr_recording_stop(tsr_recording *recording, const char *reason);

/* Waits until the last event was delivered. Not on an engine thread, not from on_event. */
void tsr_recording_wait(tsr_recording *recording);

/* ---- events ------------------------------------------------------------------------------------------------------ */

typedef enum tsr_event_type {
	TSR_EVENT_RECORDING, /* the first keyframe (audio only: the first frame) is in the file: path, as it is now */
	TSR_EVENT_KEYFRAME_NEEDED, /* ask the sender of `track` for one (PLI); at most one a second, three in one before the first came */
	TSR_EVENT_PAUSED,
	TSR_EVENT_RESUMED,
	TSR_EVENT_STALLED, /* no packet for stall_timeout */
	TSR_EVENT_UNSTALLED,
	TSR_EVENT_SEGMENT,  /* a segment is complete: path, bytes, duration_ms */
	TSR_EVENT_WARNING,  /* `warning` says which */
	TSR_EVENT_FINISHED, /* last event: path, bytes, duration_ms, reason */
	TSR_EVENT_FAILED, /* last event: error (of the first segment that failed, if any), path where what was saved lies */
} tsr_event_type;

typedef struct tsr_event {
	tsr_event_type type;
	const char *id;   /* of the recording */
	int track;        /* -1 when it is about the whole recording */
	const char *path; /* absolute; NULL when nothing was recorded */
	uint64_t bytes;
	int64_t duration_ms;
	const char *reason;  /* why it ended */
	const char *warning; /* "disk_slow", "disk_full", "no_keyframe", "no_audio", "no_video", "transcoder_overload",
				   "clock_jump", "inbox_full", "decode_errors", "b_frames",
				   "without_keyframe", "clock_rate", "no_frames" */
	const char *text;    /* one sentence for people; may be NULL */
	tsr_error error;
	const char *sha256; /* NULL unless the report is on */
} tsr_event;

/* "recording", "paused", … as in the plugin's API. */
const char *tsr_event_name(tsr_event_type type);

/* ---- statistics -------------------------------------------------------------------------------------------------- */

typedef enum tsr_state {
	TSR_STATE_STARTING,
	TSR_STATE_RECORDING,
	TSR_STATE_PAUSED,
	TSR_STATE_STOPPING,
	TSR_STATE_FINISHED,
	TSR_STATE_FAILED
} tsr_state;

const char *tsr_state_name(tsr_state state);

typedef struct tsr_track_stats {
	tsr_codec codec_in;
	tsr_codec codec_out;
	bool transcode;
	bool started; /* a frame of it is in the file */
	bool ended;
	uint64_t packets;
	uint64_t bytes;       /* of RTP payload */
	uint64_t malformed;   /* RTP or payload that breaks its format */
	uint64_t bad_padding; /* padding of 0 bytes was announced; the payload was taken as it is */
	uint64_t reordered, duplicate, late, lost, restarts;
	uint64_t other_ssrc;      /* left out: of another SSRC than the one that carries the stream */
	uint64_t other_payload;   /* passed over: of payload types that are not the medium's */
	uint64_t frames;          /* whole frames from the depacketizer */
	uint64_t frames_damaged;  /* dropped: a part of them was lost */
	uint64_t frames_skipped;  /* dropped while waiting for a keyframe */
	uint64_t frames_unwanted; /* left out: of a temporal layer that was not asked for */
	uint64_t frames_dropped;  /* dropped because the disk or the encoder could not keep up */
	uint64_t frames_written;
	uint64_t keyframes;
	uint64_t decode_errors;
	uint64_t concealed;
	uint64_t keyframe_requests;
	uint64_t resolution_changes;
	unsigned
		rotation; /* video: degrees clockwise that show it upright, latest; done already where it is transcoded */
	uint16_t width, height; /* latest */
	unsigned
		reorder_frames; /* video: so many pictures may come before one and be shown after it (B-frames); 0 in a browser's */
	uint32_t sample_rate;
	uint8_t channels;
	uint64_t sender_reports;
	uint64_t clock_jumps;
	int64_t clock_offset_us; /* of this track against the common NTP clock, as last measured */
	int64_t clock_corrected_us;
	int64_t first_pts_90k, last_pts_90k; /* of its frames in the file being written, or the last one */
	int64_t transcode_cpu_us;
	char label[64];
} tsr_track_stats;

/* A stretch that is missing in the file. */
typedef struct tsr_gap {
	int track;
	const char *cause;        /* "disk_slow" or "loss"; constant */
	int64_t start_ms, end_ms; /* recording time */
	uint64_t frames;
	uint64_t bytes;
} tsr_gap;

#define TSR_MAX_TRACKS 16
#define TSR_MAX_GAPS   64

typedef struct tsr_stats {
	tsr_state state;
	int64_t started_utc_us;
	int64_t zero_us; /* on the clock of tsr_now_us(): 0 ms of the media, when its first frame was captured; 0 = none came */
	int64_t duration_ms;    /* of the media in the file, as of 200 ms ago at most */
	char path[512];         /* of the file being written, or of the last one */
	char playlist[512];     /* of the playlist; empty = there is none (yet) */
	uint64_t bytes_written; /* in the page cache, this segment's and earlier ones' */
	uint64_t bytes_durable;
	uint64_t bytes_exposed;    /* accepted, not durable */
	int64_t exposed_ms;        /* age of the oldest byte that is not durable; 0 = none */
	int64_t last_write_age_ms; /* -1 = never */
	int64_t last_flush_age_ms; /* -1 = never */
	uint64_t writes, flushes;  /* pwritev and fdatasync; of an earlier segment once it is complete */
	tsr_latency write_latency, flush_latency;
	uint64_t flush_threshold, flush_threshold_moves;
	size_t buffered_bytes; /* in the sink */
	size_t inbox_bytes, inbox_max_bytes;
	uint64_t inbox_dropped_packets;
	int64_t last_packet_age_ms; /* -1 = never */
	unsigned segment;           /* 0 = the first or only file */
	unsigned tracks;
	tsr_track_stats track[TSR_MAX_TRACKS];
	unsigned gaps; /* all; the first TSR_MAX_GAPS are in gap[] */
	tsr_gap gap[TSR_MAX_GAPS];
} tsr_stats;

/* A snapshot of at most one service period ago (20 ms). Fills *out. */
void tsr_recording_get_stats(tsr_recording *recording, tsr_stats *out);

/* ---- files that an earlier run left behind -------------------------------------------------------------------------- */

typedef struct tsr_recovered_track {
	unsigned id;     /* in the file: TS: its PID */
	tsr_codec codec; /* as the file says; TSR_CODEC_NONE when it is none of ours */
	uint64_t frames;
	int64_t first_pts_90k, last_pts_90k;
} tsr_recovered_track;

/* What became of one NAME.recording.ts (here and below, likewise of other containers). Strings are borrowed for the call. */
typedef struct tsr_recovered {
	tsr_error
		error; /* TSR_OK; TSR_E_MALFORMED: no file of its container, left alone; TSR_E_EXISTS: NAME.ts is there;
				       TSR_E_NOSPACE, _READONLY, _IO: left as it is, the next run tries again */
	const char *id;     /* of the recording; the last component of its name where no note tells */
	const char *path;   /* absolute: where it lies now; NULL when it held no media and was removed */
	uint64_t bytes;     /* of the file as recovered */
	uint64_t bytes_cut; /* cut off at its end */
	int64_t duration_ms;
	int64_t ended_utc_us; /* when it was last written */
	const char *sha256;   /* NULL unless the report is on */
	unsigned tracks;
	tsr_recovered_track track[TSR_MAX_TRACKS];
} tsr_recovered;

typedef struct tsr_recover_config {
	bool keep;          /* tell what would become of them, change nothing; `path` is the one they have */
	bool report;        /* NAME.json and a SHA-256 beside each */
	unsigned file_mode; /* of the reports; 0 = 0644 */
	/* Asked before each file of a folder: true = leave the rest for another time. NULL = never. */
	bool (*cancelled)(void *user);
	void (*on_recovered)(void *user, const tsr_recovered *recovered); /* once per file, on the calling thread */
	void *user;
} tsr_recover_config;

/* Cuts NAME.recording.ts after the last whole frame of each track, makes it durable and renames it to NAME.ts. What its recorder
 * noted in NAME.recording.json (id, name, metadata, host, start) goes into the report. A NAME.ts that lacks its report alone gets that
 * (`path` is still NAME.recording.ts). It may be killed
 * at any time; the next run comes to the same file. `path` is the file's. Returns recovered->error, or without a call of
 * on_recovered TSR_E_INVAL (the path does not end in .recording.ts), TSR_E_NOTFOUND, TSR_E_BUSY (a live recorder holds it),
 * TSR_E_ACCESS, TSR_E_NOMEM. Any thread; blocks on the disk. */
TSR_MUST_USE tsr_error tsr_recover_file(const char *path, const tsr_recover_config *config);

/* All of a folder and its sub-folders, one after another, in constant memory; those that are held are passed over. TSR_OK also
 * when single files failed; TSR_E_NOTFOUND, TSR_E_ACCESS, TSR_E_IO, TSR_E_NOMEM. */
TSR_MUST_USE tsr_error tsr_recover_folder(const char *folder, const tsr_recover_config *config);

typedef struct tsr_contents {
	tsr_container container; /* by the file's name */
	bool ours;               /* it is such a file, written by this recorder (of TS: any) */
	bool complete;           /* it was finished; of TS nobody can tell: false */
	uint64_t bytes;          /* its size */
	uint64_t whole;          /* up to the end of the last whole frame; all of it when it is complete */
	int64_t duration_ms;
	unsigned tracks;
	tsr_recovered_track track[TSR_MAX_TRACKS];
} tsr_contents;

/* Looks through a file, finished or not, and changes nothing. TSR_OK and *out; TSR_E_INVAL (its name is none of a recording), TSR_E_NOTFOUND,
 * TSR_E_ACCESS, TSR_E_UNSUPPORTED (no regular file), TSR_E_IO, TSR_E_NOMEM. Any thread; blocks on the disk. */
TSR_MUST_USE tsr_error tsr_look_into(const char *path, tsr_contents *out);

/* ---- space ----------------------------------------------------------------------------------------------------------- */

/* Bytes that may still be written in the folder's file system. TSR_OK and *bytes; TSR_E_NOTFOUND, TSR_E_ACCESS, TSR_E_IO. */
TSR_MUST_USE tsr_error tsr_free_space(const char *folder, uint64_t *bytes);

/* Writes a text of the host's beside the recordings, NAME.json, durably and as a whole: over what was there, or not at all. `name` is below the
 * folder and without ending, `mode` 0 = 0644. TSR_OK; TSR_E_INVAL, TSR_E_NOSPACE, TSR_E_ACCESS, TSR_E_READONLY, TSR_E_IO,
 * TSR_E_BUSY (somebody else is writing it), TSR_E_NOMEM. */
TSR_MUST_USE tsr_error tsr_write_report(const char *folder, const char *name, const char *text, size_t size,
					unsigned mode);

/* The playlist that lists this file (`name` is below the folder and without ending), by the same way of naming. False = there is none. */
#define TSR_PLAYLIST_BYTES 256
bool tsr_find_playlist(const char *folder, const char *name, char out[TSR_PLAYLIST_BYTES]);

/* Removes one finished file: NAME.ts and NAME.json, and the playlist that lists it; `name` is below the folder and without ending. TSR_OK; TSR_E_INVAL,
 * TSR_E_NOTFOUND (no such file, or none with a report of this recorder), TSR_E_ACCESS, TSR_E_READONLY, TSR_E_IO, TSR_E_NOMEM. */
TSR_MUST_USE tsr_error tsr_remove(const char *folder, const char *name);

#endif
