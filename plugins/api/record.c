/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `record` and `configure`: what comes with an offer. */
#include <glib.h>
#include <string.h>
#include <utils.h> /* Janus's */

#include "../library/library.h"
#include "../runtime/runtime.h"
#include "handlers.h"

#define MAX_METADATA_BYTES 4096
#define DAY_US             (86400LL * 1000000)

/* Not given: what the settings say. */
#define UNSET (-1)

static const char *const video_names[] = {"h264", "h265", "vp8", "vp9", "av1", NULL};
static const char *const audio_names[] = {"opus", "multiopus", "pcmu", "pcma", "g722", "l16", NULL};
static const char *const audio_modes[] = {"transcode", "copy", NULL};

struct record_params {
	char *id, *name, *profile, *filename, *secret, *record_key, *token;
	int videocodec, audiocodec, audio_mode;
	bool audio, video, is_private;
	bool id_given;
	int64_t max_duration, max_size, bitrate, keyframe_interval, substream, temporal;
	json_t *metadata;
};

#define AT(member) offsetof(struct record_params, member)
/* clang-format off */
static const struct field record_fields[] = {
	{ "id",                FIELD_ID,     AT(id),                1, 64,                NULL, 0, NULL },
	{ "name",              FIELD_TEXT,   AT(name),              1, 256,               NULL, 0, NULL },
	{ "profile",           FIELD_TEXT,   AT(profile),           1, 64,                NULL, 0, NULL },
	{ "filename",          FIELD_TEXT,   AT(filename),          1, 200,               NULL, 0, NULL },
	{ "videocodec",        FIELD_CHOICE, AT(videocodec),        0, 0,                 video_names, 0, NULL },
	{ "audiocodec",        FIELD_CHOICE, AT(audiocodec),        0, 0,                 audio_names, 0, NULL },
	{ "audio_mode",        FIELD_CHOICE, AT(audio_mode),        0, 0,                 audio_modes, 0, NULL },
	{ "audio",             FIELD_BOOL,   AT(audio),             0, 0,                 NULL, 0, NULL },
	{ "video",             FIELD_BOOL,   AT(video),             0, 0,                 NULL, 0, NULL },
	{ "max_duration",      FIELD_TIME,   AT(max_duration),      1000000, 3650 * DAY_US, NULL, FIELD_ZERO, NULL },
	{ "max_size",          FIELD_SIZE,   AT(max_size),          65536, 1LL << 50,     NULL, FIELD_ZERO, NULL },
	{ "bitrate",           FIELD_INT,    AT(bitrate),           30000, 1000000000,    NULL, FIELD_ZERO, NULL },
	{ "keyframe_interval", FIELD_TIME,   AT(keyframe_interval), 500000, 3600000000LL, NULL, FIELD_ZERO, NULL },
	{ "substream",         FIELD_INT,    AT(substream),         0, TAKE_LAYERS - 1, NULL, 0, NULL },
	{ "temporal",          FIELD_INT,    AT(temporal),          0, TSR_ALL_LAYERS,    NULL, 0, NULL },
	{ "metadata",          FIELD_OBJECT, AT(metadata),          0, MAX_METADATA_BYTES, NULL, 0, NULL },
	{ "is_private",        FIELD_BOOL,   AT(is_private),        0, 0,                 NULL, 0, NULL },
	{ "secret",            FIELD_TEXT,   AT(secret),            1, 256,               NULL, FIELD_SECRET, NULL },
	{ "record_key",        FIELD_TEXT,   AT(record_key),        0, 256,               NULL, FIELD_SECRET, NULL },
	{ "token",             FIELD_TEXT,   AT(token),             0, 2000,              NULL, FIELD_SECRET, NULL },
	{ 0 }
};
/* clang-format on */
#undef AT

/* ---- the offer ----------------------------------------------------------------------------------------------------- */

/* The SDP, or NULL with the error noted. */
static const char *offer_of(struct request *r)
{
	const char *type = json_string_value(json_object_get(r->jsep, "type"));
	const char *sdp = json_string_value(json_object_get(r->jsep, "sdp"));
	if (!type || !sdp || strcmp(type, "offer")) {
		request_fail(r, API_MISSING_OFFER, "this needs a JSEP offer");
		return NULL;
	}
	if (json_is_true(json_object_get(r->jsep, "e2ee"))) {
		request_fail(r, API_NO_USABLE_CODEC, "the media is encrypted end to end, and cannot be recorded");
		return NULL;
	}
	return sdp;
}

static bool negotiate(struct request *r, const char *offer, const struct sdp_wish *wish, struct sdp_session *out)
{
	json_t *simulcast = json_object_get(r->jsep, "simulcast");
	r->code = session_negotiate(r->session, offer, simulcast, wish, out, r->error, sizeof(r->error));
	return r->code == API_OK;
}

/* Sends the result, with the answer. */
static void send_answer(struct request *r, json_t *result, const struct sdp_session *sdp, struct take *take)
{
	json_object_set_new(result, "tracks", take_tracks_json(take));
	if (json_array_size(sdp->refused))
		json_object_set(result, "refused", sdp->refused);
	json_t *jsep = json_pack("{s:s, s:s}", "type", "answer", "sdp", sdp->answer);
	session_tell(r->session, r->transaction, result, jsep);
	json_decref(jsep);
}

/* ---- record -------------------------------------------------------------------------------------------------------- */

static bool key_fits(const char *key, const char *given)
{
	return !*key || (given && janus_strcmp_const_time(key, given));
}

static bool token_fits(struct runtime *runtime, const struct settings *settings, const struct record_params *p)
{
	janus_callbacks *gateway = runtime_gateway(runtime);
	janus_plugin *plugin = runtime_plugin(runtime);
	if (!settings->signed_tokens)
		return true;
	if (!gateway->auth_is_signed())
		return false; /* Janus has no token_auth_secret: nothing can be signed */
	char *this_one = g_strdup_printf("record=%s", p->id);
	bool fits = p->token && (gateway->auth_signature_contains(plugin, p->token, "record") ||
				 gateway->auth_signature_contains(plugin, p->token, this_one));
	g_free(this_one);
	return fits;
}

/* What can be refused without looking at the offer. */
static bool may_record(struct request *r, const struct settings *general, const struct settings *settings,
		       const struct record_params *p)
{
	if (!settings)
		request_fail(r, API_NOT_FOUND, "there is no profile of that name");
	else if (!key_fits(general->record_key, p->record_key))
		request_fail(r, API_UNAUTHORIZED, "record_key is wrong or missing");
	else if (!token_fits(r->parts->runtime, general, p))
		request_fail(r, API_UNAUTHORIZED, "the token does not allow to record");
	if (r->code != API_OK) /* who may not record learns nothing of what there is */
		return false;
	struct take *take = session_take(r->session);
	if (take && !take_ended(take))
		request_fail(r, API_WRONG_STATE, "this handle is recording already");
	take_unref(take);
	struct catalogue_recording *item = NULL;
	if (p->id_given)
		item = catalogue_find(library_catalogue(r->parts->library), p->id);
	if (item)
		request_fail(r, API_EXISTS, "there is a recording with the id %s", p->id);
	catalogue_recording_free(item);
	return r->code == API_OK;
}

static struct sdp_wish wish_of(const struct settings *s, const struct record_params *p, tsr_audio_mode mode)
{
	return (struct sdp_wish){
		.audio = p->audio,
		.video = p->video,
		.audiocodec = p->audiocodec == UNSET ? TSR_CODEC_NONE : tsr_codec_from_name(audio_names[p->audiocodec]),
		.videocodec = p->videocodec == UNSET ? TSR_CODEC_NONE : tsr_codec_from_name(video_names[p->videocodec]),
		.red = s->audio_red,
		.audio_preference = s->audio_codecs,
		.video_preference = s->video_codecs,
		.audio_mode = mode,
	};
}

static char *file_name(struct request *r, const struct settings *s, const struct record_params *p)
{
	struct naming naming = {.id = p->id, .name = p->name, .profile = p->profile, .utc_us = g_get_real_time()};
	char *name = naming_expand(p->filename ? p->filename : s->filename, &naming, r->error, sizeof(r->error));
	if (!name) {
		r->code = API_INVALID_ELEMENT;
		return NULL;
	}
	char *path = g_build_filename(s->recordings_path, name, NULL);
	if (janus_is_folder_protected(path)) {
		request_fail(r, API_FOLDER, "the folder is protected");
		g_clear_pointer(&name, g_free);
	}
	g_free(path);
	return name;
}

/* The file is there and the tracks are known: the take becomes the session's, and the peer gets its answer. */
static void announce(struct request *r, const struct settings *s, const struct record_params *p, const char *name,
		     const struct sdp_wish *wish, const struct sdp_session *sdp, struct take *take)
{
	session_set_bitrate(r->session, (uint32_t)(p->bitrate == UNSET ? s->bitrate : p->bitrate));
	session_set_keyframe_interval(r->session,
				      p->keyframe_interval == UNSET ? s->keyframe_interval : p->keyframe_interval);
	const char *over = session_set_take(r->session, take, wish, r->hangups);
	if (over)
		take_stop(take, over);
	json_t *result = json_pack("{s:s, s:s}", "status", "starting", "id", take_facts(take)->id);
	if (p->name)
		json_object_set_new(result, "name", json_string(p->name));
	json_object_set_new(result, "file", json_sprintf("%s.recording.ts", name));
	send_answer(r, result, sdp, take);
	json_decref(result);
	take_announced(take);
}

static void start(struct request *r, const struct settings *general, const struct settings *s,
		  const struct record_params *p, const char *name, const char *offer)
{
	bool copy = p->audio_mode == UNSET ? s->audio_mode : p->audio_mode;
	const struct sdp_wish wish = wish_of(s, p, copy ? TSR_AUDIO_COPY : TSR_AUDIO_TRANSCODE);
	struct sdp_session sdp;
	if (!negotiate(r, offer, &wish, &sdp))
		return;
	char *metadata = p->metadata ? json_dumps(p->metadata, JSON_COMPACT) : NULL;
	const struct take_order order = {
		.settings = s,
		.id = p->id,
		.filename = name,
		.name = p->name,
		.profile = p->profile,
		.secret = p->secret,
		.metadata = metadata,
		.private = json_object_get(r->body, "is_private") ? p->is_private : s->private,
		.audio_mode = wish.audio_mode,
		.asked = {p->max_duration, p->max_size},
		.substream = (int)p->substream,
		.temporal = (int)p->temporal,
		.owner = session_owner(r->session),
	};
	struct take *take;
	r->code = take_start(r->parts->takes, &order, (unsigned)general->max_recordings, &take, r->error,
			     sizeof(r->error));
	free(metadata);
	if (r->code == API_OK) {
		r->code = take_negotiated(take, sdp.line, sdp.lines, r->error, sizeof(r->error));
		if (r->code == API_OK)
			announce(r, s, p, name, &wish, &sdp, take);
		else
			take_stop(take, "error"); /* nothing came, so nothing is left; and nobody was told of it */
		take_unref(take);
	}
	sdp_session_clear(&sdp);
}

json_t *record_start(struct request *r)
{
	struct record_params p = {
		.videocodec = UNSET,
		.audiocodec = UNSET,
		.audio_mode = UNSET,
		.bitrate = UNSET,
		.keyframe_interval = UNSET,
		.substream = TAKE_LAYERS - 1,
		.temporal = TSR_ALL_LAYERS,
		.audio = true,
		.video = true,
	};
	struct config *config = runtime_config(r->parts->runtime);
	const struct settings *general = config_general(config);
	const char *offer = NULL;
	if (request_read(r, record_fields, &p)) {
		p.id_given = p.id != NULL;
		if (!p.id)
			p.id = naming_new_id(g_get_real_time());
		if (may_record(r, general, config_profile(config, p.profile), &p))
			offer = offer_of(r);
	}
	if (offer) {
		const struct settings *s = config_profile(config, p.profile);
		char *name = file_name(r, s, &p);
		if (name)
			start(r, general, s, &p, name, offer);
		g_free(name);
	}
	fields_clear(record_fields, &p);
	config_unref(config);
	return NULL;
}

/* ---- configure ----------------------------------------------------------------------------------------------------- */

struct configure_params {
	int64_t bitrate, keyframe_interval, substream, temporal;
	bool keyframe;
	int64_t max_duration, max_size;
	char *name;
	json_t *metadata;
};

#define AT(member) offsetof(struct configure_params, member)
/* clang-format off */
static const struct field configure_fields[] = {
	{ "bitrate",           FIELD_INT,  AT(bitrate),           30000, 1000000000,    NULL, FIELD_ZERO, NULL },
	{ "keyframe_interval", FIELD_TIME, AT(keyframe_interval), 500000, 3600000000LL, NULL, FIELD_ZERO, NULL },
	{ "keyframe",          FIELD_BOOL, AT(keyframe),          0, 0,                 NULL, 0, NULL },
	{ "substream",         FIELD_INT,  AT(substream),         0, TAKE_LAYERS - 1, NULL, 0, NULL },
	{ "temporal",          FIELD_INT,  AT(temporal),          0, TSR_ALL_LAYERS,    NULL, 0, NULL },
	{ "max_duration",      FIELD_TIME, AT(max_duration),      1000000, 3650 * DAY_US, NULL, FIELD_ZERO, NULL },
	{ "max_size",          FIELD_SIZE, AT(max_size),          65536, 1LL << 50,     NULL, FIELD_ZERO, NULL },
	{ "name",              FIELD_TEXT, AT(name),              1, 256,               NULL, 0, NULL },
	{ "metadata",          FIELD_OBJECT, AT(metadata),        0, MAX_METADATA_BYTES, NULL, 0, NULL },
	{ 0 }
};
/* clang-format on */
#undef AT

/* False with the error noted when the recording is ending. */
static bool change(struct request *r, const struct configure_params *p, struct take *take)
{
	char *metadata = p->metadata ? json_dumps(p->metadata, JSON_COMPACT) : NULL;
	bool changed = take_change(take, p->name, metadata, (struct take_limits){p->max_duration, p->max_size});
	free(metadata);
	if (!changed) {
		request_fail(r, API_WRONG_STATE, "the recording is ending");
		return false;
	}
	if (p->bitrate != UNSET)
		session_set_bitrate(r->session, (uint32_t)p->bitrate);
	if (p->keyframe_interval != UNSET)
		session_set_keyframe_interval(r->session, p->keyframe_interval);
	take_set_layers(take, (int)p->substream, (int)p->temporal);
	if (p->keyframe)
		session_ask_keyframe(r->session, -1);
	return true;
}

static void renegotiate(struct request *r, const struct configure_params *p, struct take *take)
{
	const char *offer = offer_of(r);
	struct sdp_wish wish = session_wish(r->session);
	struct sdp_session sdp;
	wish.update = true;
	if (!offer || !negotiate(r, offer, &wish, &sdp))
		return;
	r->code = take_negotiated(take, sdp.line, sdp.lines, r->error, sizeof(r->error));
	if (r->code == API_OK && change(r, p, take)) {
		json_t *result = json_pack("{s:s, s:s}", "status", "configured", "id", take_facts(take)->id);
		send_answer(r, result, &sdp, take);
		json_decref(result);
	}
	sdp_session_clear(&sdp);
}

static void configure(struct request *r, const struct configure_params *p)
{
	struct take *take = session_take(r->session);
	if (!take || take_ended(take)) {
		request_fail(r, API_WRONG_STATE, "this handle is not recording");
	} else if (r->jsep) {
		renegotiate(r, p, take);
	} else if (change(r, p, take)) {
		json_t *result = json_pack("{s:s, s:s}", "status", "configured", "id", take_facts(take)->id);
		session_tell(r->session, r->transaction, result, NULL);
		json_decref(result);
	}
	take_unref(take);
}

json_t *record_configure(struct request *r)
{
	struct configure_params p = {.bitrate = UNSET,
				     .keyframe_interval = UNSET,
				     .substream = UNSET,
				     .temporal = UNSET,
				     .max_duration = UNSET,
				     .max_size = UNSET};
	if (request_read(r, configure_fields, &p))
		configure(r, &p);
	fields_clear(configure_fields, &p);
	return NULL;
}
