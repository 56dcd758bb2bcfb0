/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session is a Janus handle that is attached to the plugin. It may outlive the handle: whoever holds a reference can
 * still use it, and what it sends to a peer that is gone goes nowhere. */
#ifndef TSR_PLUGINS_PEER_SESSION_H
#define TSR_PLUGINS_PEER_SESSION_H

#include <jansson.h>
#include <plugins/plugin.h> /* Janus's */

#include "../take/take.h"
#include "sdp.h"

struct runtime;
struct session;
struct sessions;

/* All that are attached. The runtime must outlive them. */
struct sessions *sessions_create(struct runtime *runtime);

/* Also of handles that Janus never detached: when it shuts down it may call nothing but destroy(). NULL is fine. */
void sessions_destroy(struct sessions *sessions);

unsigned sessions_count(struct sessions *sessions);

/* The session of a handle with a reference, or NULL. */
struct session *sessions_find(struct sessions *sessions, janus_plugin_session *handle);

/* ---- the core's callbacks ---- */

void session_create(struct sessions *sessions, janus_plugin_session *handle);
void session_destroy(struct sessions *sessions, janus_plugin_session *handle, int *error);
void session_setup_media(struct sessions *sessions, janus_plugin_session *handle);
void session_incoming_rtp(janus_plugin_session *handle, janus_plugin_rtp *packet);
void session_incoming_rtcp(janus_plugin_session *handle, janus_plugin_rtcp *packet);
void session_hangup_media(struct sessions *sessions, janus_plugin_session *handle);

/* What the Admin API shows of a handle; a new reference, or NULL when it is gone. */
json_t *session_query(struct sessions *sessions, janus_plugin_session *handle);

/* ---- one ---- */

struct session *session_ref(struct session *session);
void session_unref(struct session *session); /* NULL is fine */

/* Requests of a handle that change something are worked on one at a time: between these. */
void session_begin_request(struct session *session);
void session_end_request(struct session *session);

/* Counts an asynchronous request that waits or is worked on; false when there are `most` already. */
bool session_enter_queue(struct session *session, unsigned most);
void session_leave_queue(struct session *session);

/* sdp_negotiate with this peer. */
enum api_error session_negotiate(struct session *session, const char *offer, json_t *simulcast,
				 const struct sdp_wish *wish, struct sdp_session *out, char *error, size_t error_size);

/* As the owner of a take, which sends the peer what is told of it. */
struct take_owner session_owner(struct session *session);

/* Makes a take the session's latest; takes a reference of its own. `wish` is what was negotiated for it. NULL, or why
 * it must end at once: the handle is gone ("detach"), or was hung up since session_hangups() returned `hangups`
 * ("hangup"). */
const char *session_set_take(struct session *session, struct take *take, const struct sdp_wish *wish, unsigned hangups);
unsigned session_hangups(struct session *session);

/* The latest recording with a reference, or NULL; and what was negotiated for it. */
struct take *session_take(struct session *session);
struct sdp_wish session_wish(struct session *session);

/* It made what has this id and stamp. */
void session_add_made(struct session *session, const char *id, const char *stamp);

/* Whether this handle made the take with that stamp (NULL: no). */
bool session_made(struct session *session, const char *stamp);

/* The ids of those that it made, the latest first: char *, owned by the array. */
GPtrArray *session_made_ids(struct session *session);

/* ---- towards the peer ---- */

/* Sends a message, and perhaps a JSEP, to the peer. The references stay the caller's. Nothing happens when the handle
 * is gone; when only its PeerConnection is, the message goes without the JSEP. */
void session_push(struct session *session, const char *transaction, json_t *message, json_t *jsep);

/* {"tsrecorder":"event","result":…} to the peer (with a JSEP, if any), and the same to the event handlers. The references
 * stay the caller's. */
void session_tell(struct session *session, const char *transaction, json_t *result, json_t *jsep);

/* Tells Janus's event handlers of something that has to do with this handle; takes the reference of `event`. */
void session_notify(struct session *session, json_t *event);

/* Ends what the core has prepared for an offer that was refused: the handle can take another one then. */
void session_refuse_offer(struct session *session);

/* Asks the peer for a keyframe of a media line (-1: of all video). */
void session_ask_keyframe(struct session *session, int mindex);

/* Asks the peer to send no more than so many bit/s from now on; 0 = no limit. */
void session_set_bitrate(struct session *session, uint32_t bitrate);

void session_set_keyframe_interval(struct session *session, int64_t interval_us);

#endif
