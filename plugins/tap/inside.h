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

struct tap {
	gint refs;
	/* Constant once it is made. */
	struct runtime *runtime;
	struct tap_facts facts;
	struct hook *hook;
	char *room_id; /* NULL = none */
	json_t *room, *match, *publishers;
	char *name, *profile, *filename, *metadata;
	bool private, private_given, audio_mode_given;
	tsr_audio_mode audio_mode;
	struct tap_wish wish; /* without its pointers */
	struct take_owner listener;

	int64_t checked_us;    /* of the thread: when the room was last looked for */
	pthread_mutex_t mutex; /* guards what follows */
	const char *stopping;  /* the reason, a constant word; NULL = it goes on */
	GPtrArray *peers;      /* struct tap_peer *, a reference each */
};

/* A peer while it is there, and the recording that is made of it. */
struct tap_peer {
	gint refs;
	/* Constant once it is made. */
	struct tap *tap;         /* a reference, until the peer is over */
	struct foreign *foreign; /* likewise */
	char *room, *peer, *display;
	int64_t joined_us; /* UTC */

	/* Guarded by the mutex of the tap. */
	struct take *take; /* a reference while it runs; NULL = none */
	char *id;          /* of the recording; NULL = none */
	char *error;       /* why it is not recorded; NULL = it is */
	bool ended;        /* the recording's last event came */
	int64_t left_us;   /* 0 = it is there */
	int64_t retry_us;  /* of the thread: tsr_now_us() of the next attempt; 0 = none */
	unsigned lines;    /* of the thread: what was negotiated last */
	struct take_line line[TSR_MAX_TRACKS];
};

/* ---- check.c: whether a room may be recorded ---- */

/* API_OK; API_NOT_FOUND, API_UNAUTHORIZED with one sentence in `error`. */
enum api_error check_room(struct hook *hook, json_t *room, const char *secret, bool admin, char *error,
			  size_t error_size);
/* Whether it is there still. */
bool check_exists(struct hook *hook, json_t *room);

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

/* ---- watch.c ---- */

void *watch_thread(void *taps);

#endif
