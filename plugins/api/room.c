/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Taps, the peers of other plugins: record_room, record_peers, stop_tap, taps. docs/api.md specifies them. */
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
		.container = w->container == UNSET ? NULL : &w->container,
		.hls = w->hls,
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
	json_t *missing = tap_missing(tap);
	tap_unref(tap);
	return json_pack("{s:s, s:s, s:o*}", "tsrecorder", "tapping", "tap", w->id, "missing", missing);
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
