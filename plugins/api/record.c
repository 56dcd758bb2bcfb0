/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `record` and `configure`: what comes with an offer. */
#include <glib.h>
#include <string.h>
#include <utils.h> /* Janus's */

#include "../config/config.h"
#include "../library/library.h"
#include "../peer/sdp.h"
#include "../runtime/runtime.h"
#include "../take/take.h"
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
	{ "substream",         FIELD_INT,    AT(substream),         0, SIMULCAST_LAYERS - 1, NULL, 0, NULL },
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
	struct session *s = r->session;
	pthread_mutex_lock(&s->mutex);
	guint64 id = s->sdp_session_id;
	guint64 version = ++s->sdp_version;
	pthread_mutex_unlock(&s->mutex);
	r->code = sdp_negotiate(offer, wish, id, version, out, r->error, sizeof(r->error));
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

static bool token_fits(const struct settings *settings, const struct record_params *p)
{
	if (!settings->signed_tokens)
		return true;
	if (!runtime_gateway->auth_is_signed())
		return false; /* Janus has no token_auth_secret: nothing can be signed */
	char *this_one = g_strdup_printf("record=%s", p->id);
	bool fits = p->token && (runtime_gateway->auth_signature_contains(&runtime_plugin, p->token, "record") ||
				 runtime_gateway->auth_signature_contains(&runtime_plugin, p->token, this_one));
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
	else if (!token_fits(general, p))
		request_fail(r, API_UNAUTHORIZED, "the token does not allow to record");
	if (r->code != API_OK) /* who may not record learns nothing of what there is */
		return false;
	struct take *take = session_take(r->session);
	if (take && !take_ended(take, NULL))
		request_fail(r, API_WRONG_STATE, "this handle is recording already");
	take_unref(take);
	struct library_item *item = p->id_given ? library_find(p->id) : NULL;
	if (item)
		request_fail(r, API_EXISTS, "there is a recording with the id %s", p->id);
	library_item_unref(item);
	return r->code == API_OK;
}

/* Strings are borrowed from the settings and the parameters. */
static tsr_recording_config recording_config(const struct settings *s, const struct record_params *p,
					     struct take_limits limits)
{
	return (tsr_recording_config){
		.folder = s->recordings_path,
		.id = p->id,
		.name = p->name,
		.audio_mode =
			(p->audio_mode == UNSET ? s->audio_mode : p->audio_mode) ? TSR_AUDIO_COPY : TSR_AUDIO_TRANSCODE,
		.on_loss = s->on_loss ? TSR_ON_LOSS_CONCEAL : TSR_ON_LOSS_WAIT_KEYFRAME,
		.encoding = settings_encoding(s),
		.reorder_wait_us = s->reorder_wait,
		.start_wait_us = s->start_wait ? s->start_wait : -1,
		.flush = settings_flush(s),
		.memory_cap = (size_t)s->memory_cap,
		.file_mode = (unsigned)s->file_mode,
		.report = s->report,
		.segment_duration_us = s->segment_duration,
		.segment_size = (uint64_t)s->segment_size,
		.max_duration_us = limits.duration_us,
		.max_size = (uint64_t)limits.size,
		.min_free_space = (uint64_t)s->min_free_space,
		.stall_timeout_us = s->stall_timeout ? s->stall_timeout : -1,
		.track_timeout_us = s->track_timeout,
	};
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
		     const struct sdp_session *sdp, struct take *take)
{
	session_set_bitrate(r->session, (uint32_t)(p->bitrate == UNSET ? s->bitrate : p->bitrate));
	session_set_keyframe_interval(r->session,
				      p->keyframe_interval == UNSET ? s->keyframe_interval : p->keyframe_interval);
	const char *over = session_set_take(r->session, take, r->hangups);
	if (over)
		take_stop(take, over);
	json_t *result = json_pack("{s:s, s:s}", "status", "starting", "id", take->id);
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
	const struct take_limits allowed = {s->max_duration, s->max_size}, asked = {p->max_duration, p->max_size};
	tsr_recording_config config = recording_config(s, p, take_effective_limits(allowed, asked));
	char stamp[40];
	g_snprintf(stamp, sizeof(stamp), "%08x%08x%08x%08x", janus_random_uint32(), janus_random_uint32(),
		   janus_random_uint32(), janus_random_uint32());
	struct take model = {
		.id = p->id,
		.stamp = stamp,
		.name = p->name,
		.profile = p->profile,
		.secret = p->secret,
		.folder = s->recordings_path,
		.private = json_object_get(r->body, "is_private") ? p->is_private : s->private,
		.wish = wish_of(s, p, config.audio_mode),
		.allowed = allowed,
		.asked = asked,
		.substream = (int)p->substream,
		.temporal = (int)p->temporal,
		.session = r->session,
	};
	struct sdp_session sdp;
	if (!negotiate(r, offer, &model.wish, &sdp))
		return;
	char *metadata = p->metadata ? json_dumps(p->metadata, JSON_COMPACT) : NULL;
	char *host = library_host_text(stamp, model.profile, model.private, model.secret);
	config.filename = name;
	config.metadata = metadata;
	config.host = host;
	struct take *take;
	r->code = take_start(&model, &config, (unsigned)general->max_recordings, &take, r->error, sizeof(r->error));
	free(metadata);
	g_free(host);
	if (r->code == API_OK) {
		r->code =
			take_negotiated(take, &sdp, json_object_get(r->jsep, "simulcast"), r->error, sizeof(r->error));
		if (r->code == API_OK)
			announce(r, s, p, name, &sdp, take);
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
		.substream = SIMULCAST_LAYERS - 1,
		.temporal = TSR_ALL_LAYERS,
		.audio = true,
		.video = true,
	};
	struct config *config = runtime_config();
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
	{ "substream",         FIELD_INT,  AT(substream),         0, SIMULCAST_LAYERS - 1, NULL, 0, NULL },
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
	struct sdp_wish wish = take->wish;
	struct sdp_session sdp;
	wish.update = true;
	if (!offer || !negotiate(r, offer, &wish, &sdp))
		return;
	r->code = take_negotiated(take, &sdp, json_object_get(r->jsep, "simulcast"), r->error, sizeof(r->error));
	if (r->code == API_OK && change(r, p, take)) {
		json_t *result = json_pack("{s:s, s:s}", "status", "configured", "id", take->id);
		send_answer(r, result, &sdp, take);
		json_decref(result);
	}
	sdp_session_clear(&sdp);
}

static void configure(struct request *r, const struct configure_params *p)
{
	struct take *take = session_take(r->session);
	if (!take || take_ended(take, NULL)) {
		request_fail(r, API_WRONG_STATE, "this handle is not recording");
	} else if (r->jsep) {
		renegotiate(r, p, take);
	} else if (change(r, p, take)) {
		json_t *result = json_pack("{s:s, s:s}", "status", "configured", "id", take->id);
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
