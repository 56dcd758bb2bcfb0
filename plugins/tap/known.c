/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>

#include "known.h"

/* The payload type of RED with libwebrtc, and so with every browser. No plugin tells it, and no sender gives it to anything else. */
#define RED_PAYLOAD_TYPE 63
/* What a `name` may have (docs/api.md): who is recorded may be its name. */
#define DISPLAY_BYTES 256

/* clang-format off */
static const struct known table[] = {
	{
		.package = "janus.plugin.videoroom",
		.is = { "type", "publisher" }, .peer = "id", .display = "display",
		.room = "room", .check = "listforwarders", .no_room = 426, .recorded = "recording",
		.words = { { "moderate", KNOWN_MODERATES }, { "enable_recording", KNOWN_CHANGES }, { "destroy", KNOWN_ENDS_ROOM } },
	},
	{
		.package = "janus.plugin.audiobridge",
		.peer = "id", .display = "display", .muted = "muted", .other_audio = "opus",
		.room = "room", .check = "listforwarders", .no_room = 485, .recorded_room = "record",
		.words = {
			{ "mute_room", KNOWN_MUTES_ROOM }, { "unmute_room", KNOWN_UNMUTES_ROOM },
			{ "mute", KNOWN_CHANGES }, { "unmute", KNOWN_CHANGES },
			{ "enable_recording", KNOWN_CHANGES }, { "destroy", KNOWN_ENDS_ROOM },
		},
	},
	{
		.package = "janus.plugin.echotest",
		.audio_codec = "audio_codec", .video_codec = "video_codec",
	},
	{
		.package = "janus.plugin.videocall",
		.is = { "state", "incall" }, .peer = "username", .display = "username",
		.audio_codec = "audio_codec", .video_codec = "video_codec",
	},
	/* Of these two, the WebRTC side: what comes from the other one is no handle's. */
	{
		.package = "janus.plugin.sip",
		.is = { "call_status", "incall" }, .peer = "username", .display = "display_name", .described = true,
	},
	{ .package = "janus.plugin.nosip", .described = true },
	{
		.package = "janus.plugin.recordplay",
		.is = { "type", "recorder" }, .peer = "recording_id", .display = "recording_name", .described = true,
	},
};
/* clang-format on */

G_STATIC_ASSERT(G_N_ELEMENTS(table) <= HOOKS_MAX);

const struct known *known_find(const char *package, unsigned *slot)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(table); i++) {
		if (!strcmp(table[i].package, package)) {
			*slot = i;
			return &table[i];
		}
	}
	return NULL;
}

const struct known *known_at(unsigned slot)
{
	return slot < G_N_ELEMENTS(table) ? &table[slot] : NULL;
}

char *known_packages(void)
{
	GString *text = g_string_new(NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(table); i++)
		g_string_append_printf(text, "%s%s", i ? ", " : "", table[i].package);
	return g_string_free(text, FALSE);
}

char *known_id(json_t *value)
{
	if (json_is_integer(value))
		return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return g_strdup(json_string_value(value));
}

/* ---- media lines ------------------------------------------------------------------------------------------------------- */

static void add_line(struct who *who, int mindex, const char *mid, const char *codec, bool active)
{
	if (who->lines == TSR_MAX_TRACKS || mindex < 0 || mindex >= FOREIGN_LINES)
		return;
	struct take_line *line = &who->line[who->lines];
	*line = (struct take_line){.mindex = mindex, .active = active};
	line->codec = !strncmp(codec, "l16", 3) ? TSR_CODEC_L16 : tsr_codec_from_name(codec);
	if (line->codec == TSR_CODEC_NONE) {
		g_free(who->unknown);
		who->unknown = g_strdup_printf("%s of media line %d", codec, mindex);
		return;
	}
	line->clock_rate = line->codec != TSR_CODEC_L16 ? tsr_codec_clock_rate(line->codec)
			   : !strcmp(codec, "l16-48")   ? 48000
							: 16000;
	line->channels = line->codec == TSR_CODEC_MULTIOPUS ? 6 : 0;
	line->red_payload_type = line->codec == TSR_CODEC_OPUS ? RED_PAYLOAD_TYPE : 0;
	if (mid)
		g_strlcpy(line->mid, mid, sizeof(line->mid));
	else
		g_snprintf(line->mid, sizeof(line->mid), "%d", mindex);
	who->lines++;
}

/* What RFC 3551 section 6 says of a payload type; NULL when it leaves it open. */
static const char *static_codec(uint8_t payload_type)
{
	switch (payload_type) {
	case 0: return "pcmu";
	case 8: return "pcma";
	case 9: return "g722";
	default: return NULL;
	}
}

/* As the plugin lists them. */
static void read_streams(json_t *streams, struct who *who)
{
	size_t i;
	json_t *stream;
	json_array_foreach(streams, i, stream)
	{
		json_t *mindex = json_object_get(stream, "mindex");
		const char *type = json_string_value(json_object_get(stream, "type"));
		const char *codec = json_string_value(json_object_get(stream, "codec"));
		bool disabled = json_is_true(json_object_get(stream, "disabled"));
		if (json_is_integer(mindex) && codec && (!g_strcmp0(type, "audio") || !g_strcmp0(type, "video")))
			add_line(who, (int)json_integer_value(mindex),
				 json_string_value(json_object_get(stream, "mid")), codec, !disabled);
	}
}

/* Of a plugin that does not list them: those that something came on, with the codecs that it names. */
static void guess_streams(const struct known *known, json_t *info, const struct foreign_line seen[FOREIGN_LINES],
			  struct who *who)
{
	for (int i = 0; i < FOREIGN_LINES; i++) {
		const char *member = seen[i].video ? known->video_codec : known->audio_codec;
		const char *codec = member ? json_string_value(json_object_get(info, member)) : NULL;
		if (!codec && !seen[i].video)
			codec = static_codec(seen[i].payload_type);
		if (!codec && seen[i].codec != TSR_CODEC_NONE)
			codec = tsr_codec_name(seen[i].codec);
		if (!codec && !seen[i].video)
			codec = known->other_audio;
		if (seen[i].seen && codec) {
			add_line(who, i, NULL, codec, true);
		} else if (seen[i].seen) {
			g_free(who->unknown);
			who->unknown = g_strdup_printf("payload type %d of media line %d, whose codec the plugin does "
						       "not tell",
						       seen[i].payload_type, i);
		}
	}
}

/* Simulcast: the plugin tells neither SSRCs nor rids, but the better a layer, the more it brings. */
static void rank_layers(struct take_line *line, const struct foreign_line *seen)
{
	if (!tsr_codec_is_video(line->codec) || seen->streams < 2)
		return;
	line->layers.described = true;
	for (unsigned i = 0; i < seen->streams; i++) {
		unsigned rank = 0;
		for (unsigned j = 0; j < seen->streams; j++)
			rank += seen->bytes[j] < seen->bytes[i] || (seen->bytes[j] == seen->bytes[i] && j < i);
		line->layers.ssrc[rank] = seen->ssrc[i];
	}
}

/* ---- a handle ---------------------------------------------------------------------------------------------------------- */

/* As much as a recording's name may have, in whole characters (g_free); NULL = none. Jansson's texts are UTF-8. */
static char *display_of(const char *text)
{
	const char *end = text;
	if (!text || !*text)
		return NULL;
	(void)g_utf8_validate(text, (gssize)strnlen(text, DISPLAY_BYTES), &end);
	return g_strndup(text, (gsize)(end - text));
}

bool known_read(const struct known *known, json_t *info, const struct foreign_line seen[FOREIGN_LINES], struct who *who)
{
	*who = (struct who){0};
	if (!json_is_object(info) ||
	    (known->is[0] && g_strcmp0(json_string_value(json_object_get(info, known->is[0])), known->is[1])))
		return false;
	who->peer = known->peer ? known_id(json_object_get(info, known->peer)) : NULL;
	who->room = known->room ? known_id(json_object_get(info, known->room)) : NULL;
	if (known->room && (!who->room || !who->peer)) {
		who_clear(who);
		return false;
	}
	who->display = known->display ? display_of(json_string_value(json_object_get(info, known->display))) : NULL;
	who->encrypted = json_is_true(json_object_get(info, "e2ee"));
	if (known->muted && json_is_true(json_object_get(info, known->muted)))
		who->muted = UINT32_MAX;
	json_t *streams = json_object_get(info, "streams");
	if (json_is_array(streams))
		read_streams(streams, who);
	else
		guess_streams(known, info, seen, who);
	for (unsigned i = 0; i < who->lines; i++)
		rank_layers(&who->line[i], &seen[who->line[i].mindex]);
	return true;
}

void who_clear(struct who *who)
{
	g_free(who->room);
	g_free(who->peer);
	g_free(who->display);
	g_free(who->unknown);
	*who = (struct who){0};
}
