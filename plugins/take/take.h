/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The door of take/. A take is one recording as the API sees it: what it is called, who may have it, which media line
 * goes to which track of the engine, and the events that tell of it.
 *
 * Whose media it records it does not know. Whoever starts a take, its owner, says what the media lines are
 * (take_negotiated), pushes their packets, and is told what happens and when a keyframe is needed (struct take_owner):
 * a handle of our own does so, and something that listens to a handle of another plugin can, too. A take needs its
 * owner until its last event is out. */
#ifndef TSR_PLUGINS_TAKE_H
#define TSR_PLUGINS_TAKE_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../config/config.h"

struct library;
struct take;
struct takes;

/* ---- all that run -------------------------------------------------------------------------------------------------- */

/* With an engine as the settings have it. The library is told of each file that is complete, and must outlive the
 * takes. NULL when the engine's threads cannot be started. */
struct takes *takes_create(const struct settings *settings, struct library *library);

/* Every recording that runs is finished, and its owner was told, before this returns. NULL is fine. */
void takes_destroy(struct takes *takes);

/* A running recording by id with a reference, or NULL. */
struct take *takes_find(struct takes *takes, const char *id);

/* All running ones, with references; the array is owned by the caller (its elements are dropped with it). With
 * `totals`, also the sums over these and all that have ended (a new reference): one of both counts each. */
GPtrArray *takes_running(struct takes *takes, json_t **totals);

/* New settings are in force: those that run follow in how they are flushed and limited. */
void takes_apply(struct takes *takes, const struct config *old, const struct config *config);

/* ---- one ----------------------------------------------------------------------------------------------------------- */

/* What a take wants of whoever made it. The functions are called on threads of the engine and of requests, perhaps with
 * a lock of the take held: they must not call the take. */
struct take_owner_ops {
	/* Something has happened: the "result" of the API's event, borrowed. */
	void (*tell)(void *owner, json_t *result);
	/* The recording needs a keyframe of this media line. */
	void (*ask_keyframe)(void *owner, int mindex);
	void *(*ref)(void *owner);
	void (*unref)(void *owner);
};

struct take_owner {
	const struct take_owner_ops *ops;
	void *self;
};

/* 0 = unlimited. */
struct take_limits {
	int64_t duration_us, size;
};

/* What is to be recorded. The take copies what it needs of this, and takes a reference of the owner. */
struct take_order {
	const struct settings *settings; /* of the profile */
	const char *id;
	const char *filename; /* below the recordings folder, without ending */
	const char *name;     /* from here on NULL = none */
	const char *profile;
	const char *secret;
	const char *stamp;    /* of what it belongs to; NULL = one of its own */
	const char *metadata; /* a JSON text */
	bool private;
	tsr_container container;
	tsr_audio_mode audio_mode;
	int hls;                  /* a tsr_hls_mode, or TAKE_HLS_AS_CONFIGURED */
	struct take_limits asked; /* the settings' own may tighten them */
	int substream, temporal;  /* the best simulcast and temporal layer to record */
	struct take_owner owner;
};

/* Reserves the id, creates the file. API_INVALID_ELEMENT: the HLS that was asked for cannot be had. *out is owned by the caller; the engine's last event drops the reference that it
 * needs. API_OK; API_EXISTS; API_LIMIT when max_running (0 = any number) run already; the engine's error; with one
 * sentence in `error`, and nothing is left behind then. */
enum api_error take_start(struct takes *takes, const struct take_order *order, unsigned max_running, struct take **out,
			  char *error, size_t error_size);

struct take *take_ref(struct take *take);
void take_unref(struct take *take); /* NULL is fine */

/* What does not change: borrowed, as long as the take is held. */
struct take_facts {
	char *id;
	char *stamp; /* by chance, unless it belongs to something: an id becomes free again when its recording is deleted, this says whose it was */
	char *profile; /* NULL = none */
	char *secret;  /* NULL = none */
	bool private;
	int64_t started_us; /* UTC */
};
const struct take_facts *take_facts(const struct take *take);
/* What its files are. */
tsr_container take_container(const struct take *take);

/* The owner has told that it begins: the events that waited follow, and from now on they come as they happen. */
void take_announced(struct take *take);

/* Whether its last event came. */
bool take_ended(struct take *take);

/* Ends it; reason is a constant word. False when that was asked for before, or when it has ended by itself. */
bool take_stop(struct take *take, const char *reason);

/* False when there is nothing to pause, resume or split. */
bool take_pause(struct take *take);
bool take_resume(struct take *take);
bool take_split(struct take *take);

/* Changes what a peer may change: name and metadata (a JSON text; both NULL = as it is) and limits (negative = as it
 * is), which the settings' own may tighten. False when the recording is ending. */
bool take_change(struct take *take, const char *name, const char *metadata, struct take_limits asked);

/* The best simulcast layer (0 to 2) and the highest temporal layer to record; negative = as it is. Not the owner's
 * media thread. */
void take_set_layers(struct take *take, int substream, int temporal);

/* ---- media --------------------------------------------------------------------------------------------------------- */

#define TAKE_LAYERS 3

/* Simulcast: one picture in several qualities, each a stream of its own. */
struct take_layers {
	bool described;             /* false: nothing was said of it, and what was said before holds */
	int rid_extension;          /* id of the RTP header extension; 0 = none */
	char rid[TAKE_LAYERS][17];  /* "" = not used */
	uint32_t ssrc[TAKE_LAYERS]; /* 0 = not known yet */
};

/* A media line that can be recorded, as it was negotiated. */
struct take_line {
	int mindex; /* Janus's number of it, from 0 */
	char mid[32];
	tsr_codec codec;
	uint32_t clock_rate;
	uint8_t channels;                /* 0 = not said */
	bool stereo;                     /* Opus: it is to be expected so */
	uint8_t red_payload_type;        /* 0 = none */
	tsr_payload_types payload_types; /* of its medium; empty = not known */
	bool active;                /* the sender means to send; false after a renegotiation that switched it off */
	GByteArray *parameter_sets; /* known beforehand, Annex B; NULL = none */
	struct take_layers layers;
};

/* What a setting or a request says of the container: a tsr_container, or this one: the first of a list that takes all tracks as they are. */
#define TAKE_CONTAINER_AUTO TSR_CONTAINER_COUNT

/* What is said of HLS; where nothing is, the settings do, for the containers that have it. */
#define TAKE_HLS_AS_CONFIGURED (-1)

/* `choice`, but that a container that is chosen by itself is one that has HLS where that is wanted. */
int take_container_for_hls(int choice, int hls, const struct settings *settings);

/* Sets *container for a recording that begins with these lines; and *audio_mode, if `choice` is TAKE_CONTAINER_AUTO: nothing is transcoded then, unless none
 * of `order` takes it all. */
void take_choose_container(int choice, const struct choice_list *order, const struct take_line *lines, unsigned count,
			   tsr_container *container, tsr_audio_mode *audio_mode);

/* Whether the codec can be recorded then. */
bool take_container_takes(int choice, tsr_codec codec);

/* Makes the engine's tracks agree with what was negotiated: ends those that were switched off or removed, goes on with
 * those that were switched on again, adds new ones. One call at a time. API_LIMIT when there would be too many: nothing
 * has changed then; or the engine's error. */
enum api_error take_negotiated(struct take *take, const struct take_line *lines, unsigned count, char *error,
			       size_t error_size);

/* A packet of a media line; one thread. True: ask the sender for a keyframe of it. */
bool take_push_rtp(struct take *take, int mindex, const char *packet, size_t size, int64_t now_us);
void take_push_rtcp(struct take *take, int mindex, const char *packet, size_t size, int64_t now_us);

/* ---- what is told of it, a new reference each ---------------------------------------------------------------------- */

/* What it is called now (g_free); NULL = nothing. */
char *take_dup_name(struct take *take);

/* The status, as documented at `status`; from what was really written. */
json_t *take_status(struct take *take);

/* When 0 ms of its media was, on the clock of tsr_now_us(); 0 = nothing is in the file. */
int64_t take_zero_us(struct take *take);

/* The few lines of it for a list. */
json_t *take_status_short(struct take *take);

/* "recording", … */
const char *take_state(struct take *take);

/* "tracks" of the events: those that are not ended. */
json_t *take_tracks_json(struct take *take);

#endif
