/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A take is one recording as the API sees it: who made it, what it is called, which media line goes to which track of the
 * engine, and the events that tell of it. It outlives its handle until its last event is out. */
#ifndef TSR_PLUGINS_TAKE_H
#define TSR_PLUGINS_TAKE_H

#include <jansson.h>
#include <plugins/plugin.h> /* Janus's */

#include "../peer/sdp.h"
#include "../peer/session.h"
#include "simulcast.h"

struct totals;

struct take_track {
	int mindex;
	char mid[32];
	unsigned index; /* the engine's */
	/* As negotiated: struct sdp_track. */
	tsr_codec codec;
	uint32_t clock_rate;
	uint8_t channels, red_payload_type;
	bool ended;
	struct simulcast simulcast;
};

/* 0 = unlimited. */
struct take_limits {
	int64_t duration_us, size;
};

struct take {
	gint refs;
	/* Constant once it is made. */
	char *id;
	char *stamp;   /* by chance: an id becomes free again when its recording is deleted, this says whose it was */
	char *profile; /* NULL = none */
	char *secret;  /* NULL = none */
	char *folder;
	bool private;
	struct sdp_wish wish;
	struct session *session; /* of its owner; a reference */
	tsr_recording *recording;
	int64_t started_us; /* UTC */

	gint stopped;                      /* atomic: take_stop was called */
	pthread_mutex_t mutex;             /* guards what follows */
	char *name;                        /* NULL = none */
	struct take_limits allowed, asked; /* by the settings, and for */
	int substream, temporal; /* the best simulcast and temporal layer to record, of tracks that are added too */
	unsigned tracks;
	struct take_track track[TSR_MAX_TRACKS];
	bool announced; /* its "starting" is out: no other event may overtake it */
	GQueue early;   /* results that wait for that */
	bool ended;     /* its last event came */
	json_t *last;   /* that event's result */
};

void takes_init(void);
void takes_deinit(void);

/* Starts recording: takes what `model` says that is constant (copied, and a reference of the session), reserves the id,
 * creates the file. *out is owned by the caller; the engine's last event drops the reference that it needs. API_OK; API_EXISTS;
 * API_LIMIT when max_running (0 = any number) run already; the engine's error; with one sentence in `error`, and nothing is
 * left behind then. */
enum api_error take_start(const struct take *model, const tsr_recording_config *config, unsigned max_running,
			  struct take **out, char *error, size_t error_size);

struct take *take_ref(struct take *take);
void take_unref(struct take *take); /* NULL is fine */

/* A running recording by id with a reference, or NULL. */
struct take *take_find(const char *id);

/* All running ones, with references; the array is owned by the caller (its elements are dropped with it). With `ended`, also
 * what all the others did (g_free): one of both counts each. */
GPtrArray *takes_running(struct totals **ended);
unsigned takes_count(void);

/* Makes the engine's tracks agree with what was negotiated: ends those that were switched off or removed, goes on with those that were
 * switched on again, adds new ones. `simulcast` is the JSEP's description of simulcast, or NULL. API_LIMIT when there would be too
 * many: nothing has changed then; or the engine's error. */
enum api_error take_negotiated(struct take *take, const struct sdp_session *sdp, json_t *simulcast, char *error,
			       size_t error_size);

/* "tracks" of the events: those that are not ended. A new reference. */
json_t *take_tracks_json(struct take *take);

/* The answer to `record` is out: the events that waited follow, and from now on they come as they happen. */
void take_announced(struct take *take);

/* Ends it; reason is a constant word. False when that was asked for before, or when it has ended by itself. */
bool take_stop(struct take *take, const char *reason);

/* A packet of the peer. Janus's loop thread. True: ask the sender of this media line for a keyframe. */
bool take_push_rtp(struct take *take, const janus_plugin_rtp *packet, int64_t now_us);
void take_push_rtcp(struct take *take, const janus_plugin_rtcp *packet, int64_t now_us);

/* The best simulcast layer (0 to 2) and the highest temporal layer to record; negative = as it is. Not Janus's loop thread. */
void take_set_layers(struct take *take, int substream, int temporal);

/* Changes what a peer may change: name and metadata (a JSON text; both NULL = as it is) and limits (negative = as it is), which
 * the settings' own may tighten. False when the recording is ending. */
bool take_change(struct take *take, const char *name, const char *metadata, struct take_limits asked);

/* New settings are in force, for a recording that began under `old`: how often to flush, and the limits. */
void take_apply(struct take *take, const struct settings *old, const struct settings *settings);

/* The tighter of both. */
struct take_limits take_effective_limits(struct take_limits a, struct take_limits b);

/* g_free; NULL = none. */
char *take_dup_name(struct take *take);

/* Whether its last event came, and that event's result with a reference (or NULL). */
bool take_ended(struct take *take, json_t **last);

/* The media line of an engine's track and its mid; -1 when there is none. */
int take_mindex(struct take *take, int track, char mid[32]);

#endif
