/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Handles of other plugins. An entry is what one handle is between two PeerConnections' ends: it begins with the handle, or when that is first
 * seen, and ends with hangup_media, which begins the next one, or with destroy_session. It is found in constant time, behind a lock that
 * nobody holds for more than a few instructions, and is small until media or a sender report comes. */
#ifndef TSR_PLUGINS_TAP_FOREIGN_H
#define TSR_PLUGINS_TAP_FOREIGN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "../take/take.h"
#include "hook.h"

struct payloads;
struct tap_peer;

/* Media lines that are told apart; of those beyond nothing is recorded. */
#define FOREIGN_LINES TSR_MAX_TRACKS

/* A sender report without its report blocks (RFC 3550 section 6.4.1): how the sender's clock lies to ours. */
#define FOREIGN_REPORT_BYTES 28
struct foreign_report {
	int64_t arrival_us; /* 0 = none */
	char packet[FOREIGN_REPORT_BYTES];
};

/* What was seen of a media line. */
struct foreign_line {
	bool seen, video;
	uint8_t payload_type; /* of the latest packet */
	tsr_codec codec; /* what the peer's description says of the latest one it speaks of; TSR_CODEC_NONE = nothing */
	/* The streams that came on it, of simulcast: what each brought. */
	unsigned streams;
	uint32_t ssrc[TAKE_LAYERS];
	uint64_t bytes[TAKE_LAYERS];
	struct foreign_report report[TAKE_LAYERS]; /* the latest of as many senders */
};

struct foreign {
	gint refs;
	struct hook *hook;
	janus_plugin_session *handle;
	int64_t since_us; /* tsr_now_us() when it began; 0 = before we listened */
	gint stale, news; /* atomic: it is to be asked about now; something was said to it, whose effect comes soon */
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t answered;
	bool gone;   /* it has ended */
	bool asking; /* its plugin is being asked about it: its end waits for the answer */
	bool late;   /* the take has not had the sender reports from before it */
	struct foreign_line *
		line; /* FOREIGN_LINES of them; NULL: nothing came. Then there is a reference of the core's handle, too */
	struct payloads *payloads; /* of the peer's description; NULL: it is not needed, or did not come by */
	struct take *take;         /* where its media goes, a reference; NULL = nowhere */
	uint32_t closed;           /* a bit for each media line that must not be recorded */

	struct foreign *next; /* in its bucket, guarded by that */
	/* Of the thread that looks at them. */
	int64_t look_us;       /* when it is to be asked about next */
	bool declined;         /* its automatic recording was stopped by request */
	unsigned looks;        /* since something happened */
	struct tap_peer *peer; /* borrowed */
};

struct foreign *foreign_ref(struct foreign *foreign);
void foreign_unref(struct foreign *foreign); /* NULL is fine */

/* ---- the threads of the core: nothing here waits, but for the end of an answer ---- */

void foreign_begin(struct hook *hook, janus_plugin_session *handle);
void foreign_rtp(struct hook *hook, janus_plugin_session *handle, const janus_plugin_rtp *packet);
void foreign_rtcp(struct hook *hook, janus_plugin_session *handle, const janus_plugin_rtcp *packet);
/* A request came on it. */
void foreign_said(janus_plugin_session *handle);
/* Its peer describes its session. */
void foreign_described(struct hook *hook, janus_plugin_session *handle, const char *sdp);
/* Its PeerConnection has ended; with `begin` the handle goes on. */
void foreign_end(struct hook *hook, janus_plugin_session *handle, bool begin);

/* ---- the others ---- */

/* What its plugin says of it (query_session): a new reference, or NULL when it has ended. */
json_t *foreign_ask(struct foreign *foreign);
bool foreign_is_gone(struct foreign *foreign);

/* From now on its media goes there, after the sender reports that came before; NULL: nowhere. Takes a reference. */
void foreign_set_take(struct foreign *foreign, struct take *take);

/* Media lines of which nothing may be recorded, at once. */
void foreign_close_lines(struct foreign *foreign, uint32_t closed);

/* What was seen of its media lines; false: nothing. */
bool foreign_lines(struct foreign *foreign, struct foreign_line out[FOREIGN_LINES]);

/* All of them that are watched, with a reference each; the array drops them. */
GPtrArray *foreign_all(void);

/* Those of a plugin are to be asked about. */
void foreign_touch(const struct hook *hook);

/* All are forgotten. */
void foreign_forget(void);

/* Something is new: foreign_wait returns, now or the next time. */
void foreign_wake(void);
/* Until something is new, `us` at most. One thread. */
void foreign_wait(int64_t us);

#endif
