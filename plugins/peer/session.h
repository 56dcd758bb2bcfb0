/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session is a Janus handle that is attached to the plugin. It may outlive the handle: whoever holds a reference can still
 * use it, and what it sends to a peer that is gone goes nowhere. */
#ifndef TSR_PLUGINS_PEER_SESSION_H
#define TSR_PLUGINS_PEER_SESSION_H

#include <glib.h>
#include <jansson.h>
#include <plugins/plugin.h> /* Janus's */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct take;

struct session {
	gint refs;
	pthread_mutex_t requests; /* held while a request of this handle is worked on: one at a time */

	/* Guards what follows; held for a few instructions only, never over a call of the core. */
	pthread_mutex_t mutex;
	janus_plugin_session *handle; /* NULL once it was detached */
	struct take *take;            /* the latest recording, running or ended; a reference */
	GQueue made;                  /* stamps of the takes that this handle made, the latest first; char *, owned */
	unsigned hangups;             /* so far */
	unsigned waiting;             /* asynchronous requests that are not answered yet */
	guint64 sdp_session_id, sdp_version;
	uint32_t bitrate;             /* to ask the sender for, bit/s; 0 = no limit */
	int64_t keyframe_interval_us; /* 0 = only when one is needed */
	int64_t remb_sent_us, keyframe_asked_us;
};

void sessions_init(void);
void sessions_deinit(void);

/* The core's callbacks. */
void session_create(janus_plugin_session *handle, int *error);
void session_destroy(janus_plugin_session *handle, int *error);
void session_setup_media(janus_plugin_session *handle);
void session_incoming_rtp(janus_plugin_session *handle, janus_plugin_rtp *packet);
void session_incoming_rtcp(janus_plugin_session *handle, janus_plugin_rtcp *packet);
void session_hangup_media(janus_plugin_session *handle);

/* The session of a handle with a reference, or NULL. */
struct session *session_find(janus_plugin_session *handle);
struct session *session_ref(struct session *session);
void session_unref(struct session *session);

/* The latest recording with a reference, or NULL. */
struct take *session_take(struct session *session);

/* Whether this handle made the take with that stamp (NULL: no). */
bool session_made(struct session *session, const char *stamp);

unsigned sessions_count(void);

/* Makes it the session's latest. Takes a reference of its own. NULL, or why it must end at once: the handle is gone ("detach"),
 * or was hung up since session_hangups() returned `hangups` ("hangup"). */
const char *session_set_take(struct session *session, struct take *take, unsigned hangups);
unsigned session_hangups(struct session *session);

/* Counts an asynchronous request that waits or is worked on; false when there are `most` already. */
bool session_enter_queue(struct session *session, unsigned most);
void session_leave_queue(struct session *session);

/* Sends a message, and perhaps a JSEP, to the peer. The references stay the caller's. Nothing happens when the handle is gone; when
 * only its PeerConnection is, the message goes without the JSEP. */
void session_push(struct session *session, const char *transaction, json_t *message, json_t *jsep);

/* Tells Janus's event handlers; takes the reference of `event`. `session` may be NULL. */
void session_notify(struct session *session, json_t *event);

/* {"tsrecorder":"event","result":…} to the peer (with a JSEP, if any), and the same to the event handlers. The references
 * stay the caller's. */
void session_tell(struct session *session, const char *transaction, json_t *result, json_t *jsep);

/* Ends what the core has prepared for an offer that was refused: the handle can take another one then. */
void session_refuse_offer(struct session *session);

/* Asks the peer for a keyframe of a media line (-1: of all video). */
void session_ask_keyframe(struct session *session, int mindex);

/* Asks the peer to send no more than so many bit/s from now on; 0 = no limit. */
void session_set_bitrate(struct session *session, uint32_t bitrate);

void session_set_keyframe_interval(struct session *session, int64_t interval_us);

#endif
