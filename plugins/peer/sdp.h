/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a peer's offer to the tracks that will be recorded and the answer that says so. */
#ifndef TSR_PLUGINS_PEER_SDP_H
#define TSR_PLUGINS_PEER_SDP_H

#include <glib.h>
#include <jansson.h>

#include "../take/take.h"

/* What may be accepted. */
struct sdp_wish {
	bool audio, video;    /* whether to record them at all */
	bool update;          /* of a recording that runs: it may go on with nothing active */
	tsr_codec audiocodec; /* this one alone; TSR_CODEC_NONE = by preference */
	tsr_codec videocodec;
	bool red; /* whether Opus may come with redundancy, RFC 2198 */
	struct codec_list audio_preference;
	struct codec_list video_preference;
	tsr_audio_mode audio_mode;
	int container; /* as take_choose_container() takes it */
};

struct sdp_session {
	unsigned lines;
	struct take_line line[TSR_MAX_TRACKS]; /* owns their parameter sets */
	json_t *refused;                       /* an array, as in the API's events */
	char *answer;
};

/* Negotiates `offer`; `simulcast` is what the JSEP says of it, or NULL. `session_id` and `version` are those of the
 * answer's o= line, the same id and a growing version for each offer on one PeerConnection. On success the caller owns
 * *out's content (sdp_session_clear). API_INVALID_SDP, or API_NO_USABLE_CODEC when no line is active (unless
 * wish->update), with one sentence in `error`. */
enum api_error sdp_negotiate(const char *offer, json_t *simulcast, const struct sdp_wish *wish, guint64 session_id,
			     guint64 version, struct sdp_session *out, char *error, size_t error_size);

/* Takes a zeroed one, too. */
void sdp_session_clear(struct sdp_session *session);

#endif
