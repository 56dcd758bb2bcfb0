/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "payloads.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#define ANY_PORT 0

struct rule {
	uint16_t port; /* ANY_PORT: whatever the port */
	uint8_t payload_type;
	bool red;            /* RFC 2198: `format` is that of the medium inside */
	uint8_t red_primary; /* its payload type; 0 = the first audio codec of the same port */
	unsigned section;    /* of the SDP: its number among the m-lines, from 1 on; 0 = of none */
	struct payload_format format;
};

struct payloads {
	GArray *rules; /* struct rule */
};

/* RFC 3551 section 6, as far as the recorder knows the codecs. */
static const struct {
	uint8_t payload_type;
	struct payload_format format;
} static_types[] = {
	{0, {.codec = TSR_CODEC_PCMU}},
	{8, {.codec = TSR_CODEC_PCMA}},
	{9, {.codec = TSR_CODEC_G722}},
	{10, {.codec = TSR_CODEC_L16, .clock_rate = 44100, .channels = 2}},
	{11, {.codec = TSR_CODEC_L16, .clock_rate = 44100, .channels = 1}},
	{13, {.ignored = true}}, /* comfort noise */
};

static const char *const ignored_names[] = {"rtx", "ulpfec", "flexfec-03", "telephone-event", "CN"};

struct payloads *payloads_create(void)
{
	struct payloads *p = g_new0(struct payloads, 1);
	p->rules = g_array_new(FALSE, FALSE, sizeof(struct rule));
	return p;
}

void payloads_destroy(struct payloads *p)
{
	if (p == NULL)
		return;
	g_array_free(p->rules, TRUE);
	g_free(p);
}

static struct rule *find_rule(const struct payloads *p, uint16_t port, uint8_t payload_type)
{
	for (guint i = 0; i < p->rules->len; i++) {
		struct rule *rule = &g_array_index(p->rules, struct rule, i);
		if (rule->port == port && rule->payload_type == payload_type)
			return rule;
	}
	return NULL;
}

const struct payload_format *payloads_find(const struct payloads *p, uint16_t port, uint8_t payload_type)
{
	const struct rule *rule = NULL;
	if (p != NULL) {
		rule = find_rule(p, port, payload_type);
		if (rule == NULL)
			rule = find_rule(p, ANY_PORT, payload_type);
	}
	if (rule != NULL)
		return &rule->format;
	for (size_t i = 0; i < G_N_ELEMENTS(static_types); i++)
		if (static_types[i].payload_type == payload_type)
			return &static_types[i].format;
	return NULL;
}

/* Gives each RED rule the format of what it carries, and the carried rule the number of the RED one: a sender may mix them. */
static void resolve_red(struct payloads *p)
{
	for (guint i = 0; i < p->rules->len; i++) {
		struct rule *red = &g_array_index(p->rules, struct rule, i);
		for (guint k = 0; red->red && k < p->rules->len; k++) {
			struct rule *primary = &g_array_index(p->rules, struct rule, k);
			if (primary->red || primary->port != red->port || primary->format.codec == TSR_CODEC_NONE ||
			    tsr_codec_is_video(primary->format.codec) ||
			    (red->red_primary != 0 && red->red_primary != primary->payload_type))
				continue;
			primary->format.red_payload_type = red->payload_type;
			red->format = primary->format;
			break;
		}
	}
}

/* The encoding name of an rtpmap or a --map: "H264/90000", "opus/48000/2". False when nobody knows the name. */
static bool read_encoding(struct rule *rule, const char *text)
{
	char name[32];
	unsigned rate = 0, channels = 0;
	int fields = sscanf(text, "%31[^/ \r\n]/%u/%u", name, &rate, &channels);
	if (fields < 1 || rate > 1000000 || channels > 255)
		return false;
	rule->format.clock_rate = rate;
	rule->format.channels = (uint8_t)channels;
	rule->format.codec = tsr_codec_from_name(name);
	if (rule->format.codec == TSR_CODEC_AAC) /* never an input */
		rule->format.codec = TSR_CODEC_NONE;
	rule->red = g_ascii_strcasecmp(name, "red") == 0;
	for (size_t i = 0; i < G_N_ELEMENTS(ignored_names); i++)
		if (g_ascii_strcasecmp(name, ignored_names[i]) == 0)
			rule->format.ignored = true;
	return rule->format.codec != TSR_CODEC_NONE || rule->red || rule->format.ignored;
}

static void put_rule(struct payloads *p, const struct rule *rule)
{
	struct rule *old = find_rule(p, rule->port, rule->payload_type);
	if (old != NULL)
		*old = *rule;
	else
		g_array_append_vals(p->rules, rule, 1);
}

tsr_error payloads_add_map(struct payloads *p, const char *text, char *why, size_t why_size)
{
	unsigned port = ANY_PORT, payload_type = 0;
	int used = 0;
	if (sscanf(text, "%u:%u=%n", &port, &payload_type, &used) != 2 || used == 0) {
		port = ANY_PORT;
		used = 0;
		if (sscanf(text, "%u=%n", &payload_type, &used) != 1 || used == 0)
			payload_type = 128;
	}
	if (payload_type > 127 || port > 65535) {
		g_snprintf(why, why_size, "'%s' is not [PORT:]PT=CODEC, e.g. 96=h264", text);
		return TSR_E_INVAL;
	}
	struct rule rule = {.port = (uint16_t)port, .payload_type = (uint8_t)payload_type};
	if (!read_encoding(&rule, text + used)) {
		g_snprintf(why, why_size, "'%s' names no codec that can be recorded", text);
		return TSR_E_UNSUPPORTED;
	}
	put_rule(p, &rule);
	resolve_red(p);
	return TSR_OK;
}

/* ---- format parameters ------------------------------------------------------------------------------------------- */

/* Appends Base64 parameter sets, separated by commas, as Annex B (RFC 6184 section 8.1, RFC 7798 section 7.1). What is no
 * Base64 or does not fit is left out: a decoder finds parameter sets in the stream as well. */
static void add_parameter_sets(struct payload_format *format, const char *list)
{
	static const uint8_t start_code[] = {0, 0, 0, 1};
	gchar **sets = g_strsplit(list, ",", 0);
	for (gchar **set = sets; *set != NULL; set++) {
		gsize size = 0;
		guchar *bytes = g_base64_decode(*set, &size);
		size_t room = sizeof(format->parameter_sets) - format->parameter_sets_size;
		if (size > 0 && size <= room && room - size >= sizeof(start_code)) {
			uint8_t *at = format->parameter_sets + format->parameter_sets_size;
			memcpy(at, start_code, sizeof(start_code));
			memcpy(at + sizeof(start_code), bytes, size);
			format->parameter_sets_size += sizeof(start_code) + size;
		}
		g_free(bytes);
	}
	g_strfreev(sets);
}

static void read_parameter(struct payload_format *format, const char *name, const char *value)
{
	static const char *const sprops[] = {"sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps"};
	for (size_t i = 0; i < G_N_ELEMENTS(sprops); i++)
		if (g_ascii_strcasecmp(name, sprops[i]) == 0)
			add_parameter_sets(format, value);
	if (g_ascii_strcasecmp(name, "stereo") == 0 || g_ascii_strcasecmp(name, "sprop-stereo") == 0)
		format->stereo |= strcmp(value, "1") == 0;
	if (g_ascii_strcasecmp(name, "channel_mapping") == 0 && format->channels == 0) {
		format->channels = 1;
		for (const char *c = value; *c != '\0'; c++)
			format->channels = (uint8_t)(format->channels + (*c == ',' && format->channels < 255));
	}
}

void payload_read_fmtp(struct payload_format *format, const char *fmtp)
{
	gchar **parameters = g_strsplit(fmtp, ";", 0);
	for (gchar **parameter = parameters; *parameter != NULL; parameter++) {
		gchar **pair = g_strsplit(*parameter, "=", 2);
		if (pair[0] != NULL && pair[1] != NULL)
			read_parameter(format, g_strstrip(pair[0]), g_strstrip(pair[1]));
		g_strfreev(pair);
	}
	g_strfreev(parameters);
}

/* ---- SDP --------------------------------------------------------------------------------------------------------- */

/* Where in an SDP its reader is: before the first m-line (0), or behind one. */
struct sdp_section {
	unsigned number;
	uint16_t port;
	uint8_t orientation_extension; /* of this section, or of the whole session */
};

static void read_rtpmap(struct payloads *p, const struct sdp_section *section, const char *value)
{
	struct rule rule = {.port = section->port, .section = section->number};
	unsigned payload_type = 128;
	int used = 0;
	if (sscanf(value, "%u %n", &payload_type, &used) != 1 || payload_type > 127 || used == 0)
		return;
	rule.payload_type = (uint8_t)payload_type;
	(void)read_encoding(&rule,
			    value + used); /* an unknown one gets a rule too: it must not look like a static type */
	rule.format.orientation_extension = section->orientation_extension;
	put_rule(p, &rule);
}

/* RFC 8285 section 5: "4 URI" or "4/sendonly URI", before or behind the section's rtpmaps. */
static void read_extmap(struct payloads *p, struct sdp_section *section, const char *value)
{
	unsigned id = 0;
	char uri[sizeof(URI_VIDEO_ORIENTATION) + 1];
	if (sscanf(value, "%u%*[/a-z] %27s", &id, uri) != 2 && sscanf(value, "%u %27s", &id, uri) != 2)
		return;
	if (strcmp(uri, URI_VIDEO_ORIENTATION) != 0 || id == 0 || id > 255)
		return;
	section->orientation_extension = (uint8_t)id;
	for (guint i = 0; i < p->rules->len; i++) {
		struct rule *rule = &g_array_index(p->rules, struct rule, i);
		if (section->number > 0 && rule->section == section->number)
			rule->format.orientation_extension = (uint8_t)id;
	}
}

static void read_sdp_fmtp(struct payloads *p, uint16_t port, const char *value)
{
	unsigned payload_type = 128;
	int used = 0;
	if (sscanf(value, "%u %n", &payload_type, &used) != 1 || payload_type > 127 || used == 0)
		return;
	struct rule *rule = find_rule(p, port, (uint8_t)payload_type);
	if (rule == NULL)
		return;
	if (!rule->red) {
		payload_read_fmtp(&rule->format, value + used);
	} else {
		unsigned primary = 0; /* "111/111" */
		if (sscanf(value + used, "%u", &primary) == 1 && primary < 128)
			rule->red_primary = (uint8_t)primary;
	}
}

tsr_error payloads_add_sdp(struct payloads *p, const char *text)
{
	guint before = p->rules->len;
	bool any_medium = false;
	struct sdp_section session = {.port = ANY_PORT}, section = session;
	gchar **lines = g_strsplit(text, "\n", 0);
	for (gchar **line = lines; *line != NULL; line++) {
		unsigned number = 0;
		g_strchomp(*line);
		if (sscanf(*line, "m=%*[a-z] %u", &number) == 1 && number <= 65535) {
			if (section.number == 0)
				session = section;
			/* A WebRTC description has 9 (discard) instead of a port. */
			section = (struct sdp_section){section.number + 1, number == 9 ? ANY_PORT : (uint16_t)number,
						       session.orientation_extension};
			any_medium = true;
		} else if (g_str_has_prefix(*line, "a=rtpmap:")) {
			read_rtpmap(p, &section, *line + strlen("a=rtpmap:"));
		} else if (g_str_has_prefix(*line, "a=extmap:")) {
			read_extmap(p, &section, *line + strlen("a=extmap:"));
		} else if (g_str_has_prefix(*line, "a=fmtp:")) {
			read_sdp_fmtp(p, section.port, *line + strlen("a=fmtp:"));
		}
	}
	g_strfreev(lines);
	resolve_red(p);
	return any_medium || p->rules->len > before ? TSR_OK : TSR_E_MALFORMED;
}
