/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Handles of other plugins that send media while somebody watches, one entry for each PeerConnection. It is met with its first
 * packet, gone when that PeerConnection or the handle ends, and found in constant time, behind a lock that nobody holds
 * for more than a few instructions. */
#ifndef TSR_PLUGINS_TAP_FOREIGN_H
#define TSR_PLUGINS_TAP_FOREIGN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "../take/take.h"
#include "hook.h"

struct tap_peer;

/* Media lines that are told apart; of those beyond nothing is recorded. */
#define FOREIGN_LINES TSR_MAX_TRACKS

/* What was seen of a media line. */
struct foreign_line {
	bool seen, video;
	uint8_t payload_type; /* of the latest packet */
	/* The streams that came on it, of simulcast: what each brought. */
	unsigned streams;
	uint32_t ssrc[TAKE_LAYERS];
	uint64_t bytes[TAKE_LAYERS];
};

struct foreign {
	gint refs;
	struct hook *hook;
	janus_plugin_session *handle; /* a reference of the core's object */
	gint gone, stale;             /* atomic: it has ended; something about it has changed */
	pthread_mutex_t mutex;        /* guards what follows */
	struct take *take;            /* where its media goes, a reference; NULL = nowhere */
	uint32_t closed;              /* a bit for each media line that must not be recorded */
	struct foreign_line line[FOREIGN_LINES];

	struct foreign *next; /* in its bucket, guarded by that */
	/* Of the thread that looks at them. */
	int64_t asked_us;
	struct tap_peer *peer; /* borrowed */
};

struct foreign *foreign_ref(struct foreign *foreign);
void foreign_unref(struct foreign *foreign); /* NULL is fine */

/* ---- the media threads: nothing here waits ---- */

void foreign_rtp(struct hook *hook, janus_plugin_session *handle, const janus_plugin_rtp *packet);
void foreign_rtcp(janus_plugin_session *handle, const janus_plugin_rtcp *packet);
void foreign_end(janus_plugin_session *handle);

/* ---- the others ---- */

/* From now on its media goes there; NULL: nowhere. Takes a reference. */
void foreign_set_take(struct foreign *foreign, struct take *take);

/* Media lines of which nothing may be recorded, at once. */
void foreign_close_lines(struct foreign *foreign, uint32_t closed);

/* What was seen of its media lines. */
void foreign_lines(struct foreign *foreign, struct foreign_line out[FOREIGN_LINES]);

/* All of them, with a reference each; the array drops them. */
GPtrArray *foreign_all(void);

/* Those of a plugin that nobody watches any more are forgotten; NULL: all. */
void foreign_forget(const struct hook *hook);

/* Something is new: foreign_wait returns, now or the next time. */
void foreign_wake(void);
/* Until something is new, `us` at most. One thread. */
void foreign_wait(int64_t us);

#endif
