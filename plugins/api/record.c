/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `record` and `configure`: what comes with an offer. */
#include <glib.h>
#include <string.h>
#include <utils.h> /* Janus's */

#include "../library/library.h"
#include "../runtime/runtime.h"
#include "handlers.h"
#include "wanted.h"

struct record_params {
	struct wanted wanted;
	char *secret;
	int64_t bitrate, keyframe_interval;
};

#define AT(member)        offsetof(struct record_params, member)
#define WANTED_AT(member) AT(wanted.member)
/* clang-format off */
static const struct field record_fields[] = {
	WANTED_FIELDS(WANTED_AT, 64),
	{ "bitrate",           FIELD_INT,  AT(bitrate),           30000, 1000000000,    NULL, FIELD_ZERO, NULL },
	{ "keyframe_interval", FIELD_TIME, AT(keyframe_interval), 500000, 3600000000LL, NULL, FIELD_ZERO, NULL },
	{ "secret",            FIELD_TEXT, AT(secret),            1, 256,               NULL, FIELD_SECRET, NULL },
	{ 0 }
};
/* clang-format on */
#undef AT
#undef WANTED_AT

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

/* What can be refused without looking at the offer. */
static bool may_record(struct request *r, const struct settings *general, const struct settings *settings,
		       const struct record_params *p)
{
	if (!wanted_allowed(r, general, settings, &p->wanted)) /* who may not record learns nothing of what there is */
		return false;
	struct take *take = session_take(r->session);
	if (take && !take_ended(take))
		request_fail(r, API_WRONG_STATE, "this handle is recording already");
	take_unref(take);
	struct catalogue_recording *item = NULL;
	if (p->wanted.id_given)
		item = catalogue_find(library_catalogue(r->parts->library), p->wanted.id);
	if (item)
		request_fail(r, API_EXISTS, "there is a recording with the id %s", p->wanted.id);
	catalogue_recording_free(item);
	return r->code == API_OK;
}

static struct sdp_wish wish_of(const struct settings *s, const struct record_params *p)
{
	bool copy = p->wanted.audio_mode == UNSET ? s->audio_mode : p->wanted.audio_mode;
	return (struct sdp_wish){
		.audio = p->wanted.audio,
		.video = p->wanted.video,
		.audiocodec = wanted_audiocodec(&p->wanted),
		.videocodec = wanted_videocodec(&p->wanted),
		.red = s->audio_red,
		.audio_preference = s->audio_codecs,
		.video_preference = s->video_codecs,
		.audio_mode = copy ? TSR_AUDIO_COPY : TSR_AUDIO_TRANSCODE,
		.container = take_container_for_hls(p->wanted.container == UNSET ? s->container : p->wanted.container,
						    p->wanted.hls, s),
	};
}

static char *file_name(struct request *r, const struct settings *s, const struct record_params *p)
{
	struct naming naming = {
		.id = p->wanted.id, .name = p->wanted.name, .profile = p->wanted.profile, .utc_us = g_get_real_time()};
	char *name = naming_expand(p->wanted.filename ? p->wanted.filename : s->filename, &naming, r->error,
				   sizeof(r->error));
	if (!name) {
		r->code = API_INVALID_ELEMENT;
		return NULL;
	}
	if (!wanted_file_allowed(r, s->recordings_path, name))
		g_clear_pointer(&name, g_free);
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
	if (p->wanted.name)
		json_object_set_new(result, "name", json_string(p->wanted.name));
	json_object_set_new(result, "file", json_sprintf("%s%s", name, tsr_container_running(take_container(take))));
	send_answer(r, result, sdp, take);
	json_decref(result);
	take_announced(take);
}

static void start(struct request *r, const struct settings *general, const struct settings *s,
		  const struct record_params *p, const char *name, const char *offer)
{
	struct sdp_wish wish = wish_of(s, p);
	struct sdp_session sdp;
	if (!negotiate(r, offer, &wish, &sdp))
		return;
	tsr_container container;
	take_choose_container(wish.container, &s->auto_containers, sdp.line, sdp.lines, &container, &wish.audio_mode);
	wish.container = (int)container; /* for what the peer offers later */
	char *metadata = p->wanted.metadata ? json_dumps(p->wanted.metadata, JSON_COMPACT) : NULL;
	const struct take_order order = {
		.settings = s,
		.id = p->wanted.id,
		.filename = name,
		.name = p->wanted.name,
		.profile = p->wanted.profile,
		.secret = p->secret,
		.metadata = metadata,
		.private = json_object_get(r->body, "is_private") ? p->wanted.is_private : s->private,
		.container = container,
		.audio_mode = wish.audio_mode,
		.hls = p->wanted.hls,
		.asked = {p->wanted.max_duration, p->wanted.max_size},
		.substream = (int)p->wanted.substream,
		.temporal = (int)p->wanted.temporal,
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
	struct record_params p = {.wanted = WANTED_PRESET, .bitrate = UNSET, .keyframe_interval = UNSET};
	struct config *config = runtime_config(r->parts->runtime);
	const struct settings *general = config_general(config);
	const char *offer = NULL;
	if (request_read(r, record_fields, &p)) {
		wanted_name(&p.wanted);
		if (may_record(r, general, config_profile(config, p.wanted.profile), &p))
			offer = offer_of(r);
	}
	if (offer) {
		const struct settings *s = config_profile(config, p.wanted.profile);
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
	{ "max_duration",      FIELD_TIME, AT(max_duration),      1000000, WANTED_MAX_TIME, NULL, FIELD_ZERO, NULL },
	{ "max_size",          FIELD_SIZE, AT(max_size),          65536, WANTED_MAX_SIZE, NULL, FIELD_ZERO, NULL },
	{ "name",              FIELD_TEXT, AT(name),              1, 256,               NULL, 0, NULL },
	{ "metadata",          FIELD_OBJECT, AT(metadata),        0, WANTED_METADATA_BYTES, NULL, 0, NULL },
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
