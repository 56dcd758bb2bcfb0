/* SPDX-License-Identifier: GPL-3.0-or-later */
/*! \page tsrrooms The peers of other plugins: record_room, record_peers, stop_tap, taps
 *
 * A \e tap records peers of another plugin of this Janus, most of all those of a VideoRoom: everybody who publishes, from now on and as
 * they come, each into a recording of its own. No client is changed, no second PeerConnection is made, and the other plugin does not
 * notice: its callbacks are listened to. A handle that need not record anything itself asks for it, or the Admin API:
 *
\verbatim
{
	"request" : "record_room",
	"plugin" : "<janus.plugin.videoroom (default) or janus.plugin.audiobridge, if the setting tap names it>",
	"room" : <id of the room, as that plugin has it: an integer or text>,
	"secret" : "<the room's, if it has one: the plugin itself checks it>",
	"admin_key" : "<instead of secret; optional>",
	"publishers" : [ <ids of those to record; optional, default everybody> ],
	"id" : "<[A-Za-z0-9_-], 1 to 36 characters: what the tap is called; optional, generated when missing>",
	<name, profile, filename, videocodec, audiocodec, audio_mode, audio, video, max_duration, max_size, substream, temporal, metadata,
	is_private, record_key, token: as in record, for each of the recordings>
}
\endverbatim
 *
 * It is answered by \c {"tsrecorder":"tapping","tap":"ID"} . What a publisher sends is the room's affair, so there is no \c bitrate and
 * no \c keyframe_interval .
 *
 * Each peer becomes the recording \c TAP-PEER ( \c TAP-PEER-2 when it comes again, and so on), with everything that a recording has: events, \c status ,
 * \c pause , \c split , \c stop , limits, a report. It belongs to the handle that asked, and whoever knows the \c secret of the room
 * may see and control it. In file names, \c {room} , \c {peer} and \c {display} stand for what the room says, made harmless. It ends
 * when the peer leaves, unpublishes, is kicked, or when the room is destroyed (reasons \c left , \c room_destroyed ); what a renegotiation adds or
 * takes away are tracks of the same file. A peer whose recording was stopped by its id is recorded again when it publishes
 * anew. A peer that is encrypted end to end, or sends no codec that can be recorded, is told as \c refused ; so is one for which there is no
 * space or that is one too many, and it is tried again every ten seconds. What a room has muted is not recorded: media lines that a VideoRoom
 * moderates, participants of an AudioBridge that are muted, or all of them. Their track ends, and goes on in the same file.
 * Of simulcast, the plugin does not tell which stream is which layer: the more a stream brings, the better a layer it is taken for.
 *
 * A room has one tap at a time, or several whose \c publishers have none in common ( \c EXISTS ).
 *
 * \c record_peers does the same with peers that are in no room, or by other signs. It needs the \c admin_key , or the Admin API:
 *
\verbatim
{
	"request" : "record_peers",
	"plugin" : "<one that the setting tap names>",
	"match" : {<what the plugin must say of a handle in the Admin API's handle_info, e.g. {"display":"Ann"}; {} = everybody>},
	"secret" : "<lets other handles see and control the tap and its recordings; optional>",
	"admin_key" : "<mandatory but for the Admin API>",
	<id and so on as above>
}
\endverbatim
 *
 * Of plugins without rooms, VideoCall (each side is a peer), EchoTest, SIP and NoSIP (the WebRTC side) and RecordPlay (who records) are
 * understood. The last three do not tell what their handles send: that is taken from what the peers themselves offered or answered, which must
 * have come by since Janus started, or since the first tap of that plugin. A codec that nobody tells makes the peer \c refused .
 *
 * Each peer is recorded by one tap: the one that began first, of those that want it.
 *
 * \c {"request":"stop_tap","tap":"ID"} ends a tap and its recordings: \c {"tsrecorder":"stopping","tap":"ID"} . With \c "tap" instead of
 * \c id , \c status and \c info tell of a tap; these three take \c secret (the room's) and \c admin_key , and need none of them on the handle that
 * began the tap. \c {"request":"taps"} lists the handle's own, with the \c admin_key all:
 *
\verbatim
{
	"tsrecorder" : "taps",
	"taps" : [
		{
			"tap" : "…", "plugin" : "…", "started" : "…",
			"room" : …, "publishers" : […], "match" : {…}, <those that were given>
			"state" : "<tapping|stopping>",
			"recording" : <how many peers>,
			"manifest" : "<its file>"
		}
	]
}
\endverbatim
 *
 * Beside its recordings a tap writes its manifest, \c TAP.room.json ( \c TAP-2.room.json where there is one of an earlier tap; \c manifest
 * in the answers): who was there, from when to when, and in which files, all times by one clock, to the millisecond. What happens is in it within a second,
 * and is durable then; it is replaced as a whole. A crash leaves it as it was, and the next start completes it, with the recordings.
 *
\verbatim
{
	"tap" : "…", "plugin" : "…", "room" : …, "match" : {…}, "started" : "2026-11-30T12:00:00.000Z",
	"peers" : [
		{
			"peer" : "…", "display" : "…", "room" : "<with record_peers>",
			"joined" : "…", "left" : "<when it has>",
			"id" : "<of the recording; no such member: there is none, see error>", "error" : "…",
			"zero" : "<when 0 ms of the media was: first_ms and last_ms of the reports count from there>",
			"writing" : "<name of the file that is being written, without ending; as long as it is>",
			"files" : [ { "file" : "…", "bytes" : …, "duration_ms" : …, "sha256" : "…" } ],
			"reason" : "<why the recording ended: as in finished, or crash>"
		}
	],
	"state" : "<tapping|ended>", "ended" : "…", "reason" : "<as in tap_ended, or crash>"
}
\endverbatim
 *
 * With the setting \c auto_record , rooms are recorded without a request: each while somebody is in it, or those whom the plugin itself records, so that
 * \c enable_recording of a VideoRoom begins and ends our recordings, too. Such a tap is called \c ROOM-DATE-TIME-CHANCE , belongs to
 * nobody (the \c admin_key and the Admin API reach it), tells event handlers, and ends ten seconds after the last one left
 * ( \c empty ). Whoever is there when it is stopped by request is not recorded by it again.
 *
 * \c status adds \c peers : those that are there, and the last 50 that are over; the manifest has all. For each \c room , \c peer , \c display , \c joined , \c left (once it has), \c id of its recording, \c error (why there is
 * none), and \c recording (what \c list says of it, while it runs).
 *
 * All events of these recordings have \c tap , \c room , \c peer , \c display besides \c id ; there are two more:
 *
 * | \c status | when | more fields |
 * |---|---|---|
 * | \c tap_peer | \c state is \c joined (its recording begins), \c refused , or \c left | \c tap , \c room , \c peer , \c display , \c id , \c error |
 * | \c tap_ended | a tap and all its recordings have ended | \c tap , \c manifest , \c reason : \c stop , \c room_destroyed , \c empty , \c shutdown |
 *
 * A peer that publishes from another Janus (a remote publisher) or no media at all does not come by here, and is not recorded.
 */
#include <glib.h>
#include <string.h>
#include <utils.h> /* Janus's */

#include "../runtime/runtime.h"
#include "../tap/tap.h"
#include "handlers.h"
#include "target.h"
#include "wanted.h"

#define DEFAULT_PLUGIN "janus.plugin.videoroom"
/* So that TAP-PEER, which its recordings are called, is an id, too. */
#define MAX_TAP_ID     36
#define MAX_PUBLISHERS 1000

struct room_params {
	struct wanted wanted;
	char *plugin, *secret, *admin_key;
	json_t *room, *publishers, *match;
};

#define AT(member)        offsetof(struct room_params, member)
#define WANTED_AT(member) AT(wanted.member)
/* clang-format off */
static const struct field room_fields[] = {
	WANTED_FIELDS(WANTED_AT, MAX_TAP_ID),
	{ "plugin",     FIELD_TEXT, AT(plugin),     1, 100,            NULL, 0, NULL },
	{ "room",       FIELD_KEY,  AT(room),       0, 0,              NULL, FIELD_REQUIRED, NULL },
	{ "publishers", FIELD_KEYS, AT(publishers), 1, MAX_PUBLISHERS, NULL, 0, NULL },
	{ "secret",     FIELD_TEXT, AT(secret),     0, 256,            NULL, FIELD_SECRET, NULL },
	{ "admin_key",  FIELD_TEXT, AT(admin_key),  0, 256,            NULL, FIELD_SECRET, NULL },
	{ 0 }
};

static const struct field peers_fields[] = {
	WANTED_FIELDS(WANTED_AT, MAX_TAP_ID),
	{ "plugin",     FIELD_TEXT,   AT(plugin),    1, 100,  NULL, FIELD_REQUIRED, NULL },
	{ "match",      FIELD_OBJECT, AT(match),     0, 4096, NULL, FIELD_REQUIRED, NULL },
	{ "secret",     FIELD_TEXT,   AT(secret),    1, 256,  NULL, FIELD_SECRET, NULL },
	{ "admin_key",  FIELD_TEXT,   AT(admin_key), 0, 256,  NULL, FIELD_SECRET, NULL },
	{ 0 }
};
/* clang-format on */
#undef AT
#undef WANTED_AT

/* ---- begin ------------------------------------------------------------------------------------------------------------- */

static json_t *start(struct request *r, const struct room_params *p, bool admin)
{
	const struct wanted *w = &p->wanted;
	const tsr_audio_mode mode = w->audio_mode ? TSR_AUDIO_COPY : TSR_AUDIO_TRANSCODE;
	char *metadata = w->metadata ? json_dumps(w->metadata, JSON_COMPACT) : NULL;
	const struct tap_wish wish = {
		.name = w->name,
		.profile = w->profile,
		.filename = w->filename,
		.metadata = metadata,
		.private = json_object_get(r->body, "is_private") ? &w->is_private : NULL,
		.audio_mode = w->audio_mode == UNSET ? NULL : &mode,
		.audio = w->audio,
		.video = w->video,
		.audiocodec = wanted_audiocodec(w),
		.videocodec = wanted_videocodec(w),
		.asked = {w->max_duration, w->max_size},
		.substream = (int)w->substream,
		.temporal = (int)w->temporal,
	};
	const struct tap_order order = {
		.id = w->id,
		.package = p->plugin ? p->plugin : DEFAULT_PLUGIN,
		.room = p->room,
		.match = p->match,
		.publishers = p->publishers,
		.secret = p->secret && *p->secret ? p->secret : NULL,
		.admin = admin,
		.wish = &wish,
		.listener = r->session ? session_owner(r->session) : (struct take_owner){NULL, NULL},
	};
	struct tap *tap;
	r->code = tap_start(r->parts->taps, &order, &tap, r->error, sizeof(r->error));
	free(metadata);
	if (r->code != API_OK)
		return NULL;
	if (r->session)
		session_add_made(r->session, w->id, tap_facts(tap)->stamp);
	tap_unref(tap);
	return json_pack("{s:s, s:s}", "tsrecorder", "tapping", "tap", w->id);
}

/* A template that can come to nothing must not come to light when a peer is there. */
static bool good_filename(struct request *r, const struct wanted *w)
{
	const struct naming sample = {.id = w->id, .name = w->name, .profile = w->profile};
	char *name = w->filename ? naming_expand(w->filename, &sample, r->error, sizeof(r->error)) : NULL;
	if (w->filename && !name) {
		r->code = API_INVALID_ELEMENT;
	} else if (name) {
		struct config *config = runtime_config(r->parts->runtime);
		(void)wanted_file_allowed(r, config_general(config)->recordings_path, name);
		config_unref(config);
	}
	g_free(name);
	return r->code == API_OK;
}

static bool is_ourselves(struct request *r, const char *package)
{
	if (!package || strcmp(package, PLUGIN_PACKAGE))
		return false;
	request_fail(r, API_INVALID_ELEMENT, "plugin must be another one than this");
	return true;
}

static json_t *record(struct request *r, const struct field *fields, bool only_admin)
{
	struct room_params p = {.wanted = WANTED_PRESET};
	json_t *answer = NULL;
	struct config *config = runtime_config(r->parts->runtime);
	if (request_read(r, fields, &p)) {
		bool admin = r->admin || target_is_admin(r, p.admin_key);
		wanted_name(&p.wanted);
		if (only_admin && !admin)
			request_fail(r, API_UNAUTHORIZED, "this needs the admin_key");
		else if ((admin || wanted_allowed(r, config_general(config), config_general(config), &p.wanted)) &&
			 !is_ourselves(r, p.plugin) && good_filename(r, &p.wanted)) {
			if (config_profile(config, p.wanted.profile))
				answer = start(r, &p, admin);
			else
				request_fail(r, API_NOT_FOUND, "there is no profile of that name");
		}
	}
	fields_clear(fields, &p);
	config_unref(config);
	return answer;
}

json_t *room_record(struct request *r)
{
	return record(r, room_fields, false);
}

json_t *room_record_peers(struct request *r)
{
	return record(r, peers_fields, true);
}

/* ---- those that run ---------------------------------------------------------------------------------------------------- */

struct tap_params {
	char *tap, *secret, *admin_key;
};

#define AT(member) offsetof(struct tap_params, member)
/* clang-format off */
static const struct field tap_fields[] = {
	{ "tap",       FIELD_ID,   AT(tap),       1, MAX_TAP_ID, NULL, FIELD_REQUIRED, NULL },
	{ "secret",    FIELD_TEXT, AT(secret),    0, 256,        NULL, FIELD_SECRET, NULL },
	{ "admin_key", FIELD_TEXT, AT(admin_key), 0, 256,        NULL, FIELD_SECRET, NULL },
	{ 0 }
};

static const struct field list_fields[] = {
	{ "admin_key", FIELD_TEXT, AT(admin_key), 0, 256, NULL, FIELD_SECRET, NULL },
	{ 0 }
};
/* clang-format on */
#undef AT

static bool owns(struct request *r, const struct tap *tap, const struct tap_params *p)
{
	const char *secret = tap ? tap_facts(tap)->secret : NULL;
	if (r->admin || target_is_admin(r, p->admin_key))
		return true;
	if (tap && r->session && session_made(r->session, tap_facts(tap)->stamp))
		return true;
	return secret && p->secret && janus_strcmp_const_time(secret, p->secret);
}

/* The tap that a request is about, with a reference; NULL with the error noted: without the right to know, it is the same
 * whether there is one. */
static struct tap *find(struct request *r)
{
	struct tap_params p = {0};
	struct tap *tap = NULL;
	if (request_read(r, tap_fields, &p)) {
		tap = taps_find(r->parts->taps, p.tap);
		if (!owns(r, tap, &p))
			request_fail(r, API_UNAUTHORIZED, "this needs the room's secret, or the admin_key");
		else if (!tap)
			request_fail(r, API_NOT_FOUND, "there is no such tap");
	}
	fields_clear(tap_fields, &p);
	if (r->code != API_OK) {
		tap_unref(tap);
		return NULL;
	}
	return tap;
}

json_t *room_stop(struct request *r)
{
	struct tap *tap = find(r);
	if (!tap)
		return NULL;
	json_t *answer = tap_stop(tap) ? json_pack("{s:s, s:s}", "tsrecorder", "stopping", "tap", tap_facts(tap)->id)
				       : request_fail(r, API_WRONG_STATE, "it is being stopped already");
	tap_unref(tap);
	return answer;
}

json_t *room_status(struct request *r)
{
	struct tap *tap = find(r);
	if (!tap)
		return NULL;
	json_t *answer = tap_status(tap);
	json_object_set(answer, "tsrecorder", json_object_get(r->body, "request"));
	tap_unref(tap);
	return answer;
}

json_t *room_taps(struct request *r)
{
	struct tap_params p = {0};
	json_t *list = NULL;
	if (request_read(r, list_fields, &p)) {
		GPtrArray *running = taps_running(r->parts->taps);
		list = json_array();
		for (guint i = 0; i < running->len; i++) {
			struct tap *tap = g_ptr_array_index(running, i);
			if (owns(r, tap, &p))
				json_array_append_new(list, tap_json(tap));
		}
		g_ptr_array_unref(running);
	}
	fields_clear(list_fields, &p);
	return list ? json_pack("{s:s, s:o}", "tsrecorder", "taps", "taps", list) : NULL;
}
