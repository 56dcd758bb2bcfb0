/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a tap is made of; for the files of this room alone.
 *
 * One thread (watch.c) looks at the handles, starts and ends their recordings and waits where that must be waited for. Requests and the
 * engine's threads leave it word, and read what is guarded by the mutex of the tap. */
#ifndef TSR_PLUGINS_TAP_INSIDE_H
#define TSR_PLUGINS_TAP_INSIDE_H

#include <pthread.h>

#include "../runtime/runtime.h"
#include "hooks.h"
#include "known.h"
#include "tap.h"

struct taps {
	struct runtime *runtime; /* borrowed, as the next */
	struct takes *takes;
	gint ending; /* atomic */
	guint beginning; /* GLib's number of what listens to the plugins once they are loaded; 0 = done. The main thread's */
	pthread_mutex_t starting; /* one tap is begun at a time */
	pthread_mutex_t mutex;    /* guards what follows */
	GThread *thread;          /* NULL until the first tap */
	GPtrArray *running;       /* struct tap *, a reference each */
};

/* Peers that are over and in the manifest are told of for a while by `status`, too. */
#define PEERS_KEPT 50

struct tap {
	gint refs;
	/* Constant once it is made. */
	struct runtime *runtime;
	struct tap_facts facts;
	struct hook *hook;
	char *room_id; /* NULL = none */
	json_t *room, *match, *publishers;
	char *name, *profile, *filename, *metadata;
	bool private, private_given, audio_mode_given, container_given;
	bool automatic; /* nobody asked for it: it ends when nobody is there any more */
	tsr_audio_mode audio_mode;
	int container;
	struct tap_wish wish; /* without its pointers */
	struct take_owner listener;
	int64_t utc_us;            /* from tsr_now_us() to UTC, one for all that the tap tells */
	struct manifest *manifest; /* its name is constant, the rest is the thread's */

	int64_t checked_us;    /* of the thread: when the room was last looked for */
	int64_t there_us;      /* likewise, of an automatic one: when somebody was last there */
	int64_t written_us;    /* likewise: when the manifest was, by tsr_now_us(); 0 = not yet */
	gint news;             /* atomic: the manifest is to be written */
	pthread_mutex_t mutex; /* guards what follows */
	const char *stopping;  /* the reason, a constant word; NULL = it goes on */
	GPtrArray *
		peers; /* struct tap_peer *, a reference each: those that are there, and the last PEERS_KEPT that are over */
};

/* A peer while it is there, and the recording that is made of it. */
struct tap_peer {
	gint refs;
	/* Constant once it is made. */
	struct tap *tap;         /* a reference, until the peer is over */
	struct foreign *foreign; /* likewise */
	char *room, *peer, *display;
	int64_t joined_us; /* on the clock of tsr_now_us(), as left_us */

	/* Guarded by the mutex of the tap. */
	struct take *take;  /* a reference while it runs; NULL = none */
	char *id;           /* of the recording; NULL = none */
	char *error;        /* why it is not recorded; NULL = it is */
	char *filename;     /* its file's, without ending */
	bool ended;         /* the recording's last event came */
	json_t *files;      /* its files so far, as the manifest has them */
	const char *reason; /* why the recording ended, interned; NULL = it did not */
	int64_t zero_us;    /* of the thread: see take_zero_us */
	bool over;          /* of the thread: nothing changes any more, and the manifest has it */
	int64_t left_us;    /* 0 = it is there */
	int64_t retry_us;   /* of the thread: tsr_now_us() of the next attempt; 0 = none */
	unsigned lines;     /* of the thread: what was negotiated last */
	struct take_line line[TSR_MAX_TRACKS];
};

/* ---- check.c: whether a room may be recorded ---- */

/* API_OK; API_NOT_FOUND, API_UNAUTHORIZED with one sentence in `error`. */
enum api_error check_room(struct hook *hook, json_t *room, const char *secret, bool admin, char *error,
			  size_t error_size);
/* Whether it is there still. */
bool check_exists(struct hook *hook, json_t *room);
/* Those of `ids` who are not in it: a new array, or NULL when its plugin does not tell. */
json_t *check_missing(struct hook *hook, json_t *room, json_t *ids);
/* Whether its plugin itself records whom this answer of it is about. */
bool check_recorded(struct hook *hook, json_t *info);

/* ---- peers.c: the thread's, but for what the engine calls ---- */

/* A peer has come; it becomes foreign->peer. */
void peer_join(struct taps *taps, struct tap *tap, struct foreign *foreign, const struct who *who);
/* It was looked at again. */
void peer_renew(struct taps *taps, struct tap_peer *peer, const struct who *who);
/* It is gone, or its tap ends: its recording is ended for that reason. */
void peer_leave(struct tap_peer *peer, const char *reason);
void peer_unref(struct tap_peer *peer);
json_t *peer_json(const struct tap_peer *peer);

/* Tells whoever listens; takes the reference of `result`. */
void tap_tell(struct tap *tap, json_t *result);

/* ---- chronicle.c: the thread's ---- */

/* The manifest of a tap that begins. */
struct manifest *chronicle_create(const struct tap *tap, const char *folder, unsigned mode);
/* When the peer's recording begins, as far as that is known; called while there is a take. */
void chronicle_learn(struct tap_peer *peer);
/* Writes down what is new, now or within a second; `reason`: the tap ends for it. */
void chronicle_write(struct tap *tap, const char *reason);

/* ---- automatic.c: the thread's ---- */

/* Somebody in a room whom no tap wants: when the configuration wants one, a tap of the room begins. */
void automatic_begin(struct taps *taps, struct foreign *foreign, const struct who *who, json_t *info);
/* Whether an automatic tap records whom this answer is about. */
bool automatic_wants(struct foreign *foreign, json_t *info);
/* Whether an automatic tap is over, because nobody has been there for a while. */
bool automatic_is_over(struct tap *tap);

/* ---- watch.c ---- */

void *watch_thread(void *taps);

#endif
