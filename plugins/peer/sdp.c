/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <rtp.h>       /* Janus's */
#include <sdp-utils.h> /* Janus's */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdp.h"

/* One payload type of a media line. */
struct format {
	int payload_type;
	tsr_codec codec;
	uint32_t clock_rate;
	uint8_t channels;
	const char *fmtp; /* borrowed from the offer; "" when there is none */
};

/* ---- reading a media line ---------------------------------------------------------------------------------------- */

/* The value of attribute `name` for this payload type, after the number; NULL when there is none. */
static const char *attribute_of(const janus_sdp_mline *m, const char *name, int payload_type)
{
	for (GList *l = m->attributes; l; l = l->next) {
		const janus_sdp_attribute *a = l->data;
		if (!a->name || !a->value || strcmp(a->name, name))
			continue;
		char *end;
		if (g_ascii_strtoll(a->value, &end, 10) == payload_type && end != a->value && *end == ' ')
			return end + 1;
	}
	return NULL;
}

static const char *plain_attribute(const janus_sdp_mline *m, const char *name)
{
	for (GList *l = m->attributes; l; l = l->next) {
		const janus_sdp_attribute *a = l->data;
		if (a->name && a->value && !strcmp(a->name, name))
			return a->value;
	}
	return NULL;
}

/* The rtpmaps that RFC 3551 section 6 gives to payload types that need not be mapped. */
static const char *static_rtpmap(int payload_type)
{
	switch (payload_type) {
	case 0: return "PCMU/8000";
	case 8: return "PCMA/8000";
	case 9: return "G722/8000";
	default: return NULL;
	}
}

static const char *rtpmap_of(const janus_sdp_mline *m, int payload_type)
{
	const char *rtpmap = attribute_of(m, "rtpmap", payload_type);
	return rtpmap || m->type != JANUS_SDP_AUDIO ? rtpmap : static_rtpmap(payload_type);
}

/* "NAME/RATE[/CHANNELS]" */
static bool read_rtpmap(const char *rtpmap, char *name, size_t name_size, unsigned *rate, unsigned *channels)
{
	const char *slash = strchr(rtpmap, '/');
	if (!slash || slash == rtpmap || (size_t)(slash - rtpmap) >= name_size)
		return false;
	g_strlcpy(name, rtpmap, (size_t)(slash - rtpmap) + 1);
	*channels = 0;
	return sscanf(slash, "/%6u/%3u", rate, channels) >= 1;
}

/* The number that a format's parameter has; `otherwise` when it is not there. */
static long parameter(const struct format *f, const char *name, long otherwise)
{
	size_t size = strlen(name);
	for (const char *at = f->fmtp; (at = strstr(at, name)); at += size) {
		bool begins = at == f->fmtp || at[-1] == ';' || at[-1] == ' ';
		if (begins && at[size] == '=')
			return strtol(at + size + 1, NULL, 10);
	}
	return otherwise;
}

/* RFC 7587 section 6.1: what an Opus sender would rather get, and what it means to send; browsers say the one and do the other. */
static bool says_stereo(const struct format *f)
{
	return f->codec == TSR_CODEC_OPUS && (parameter(f, "stereo", 0) == 1 || parameter(f, "sprop-stereo", 0) == 1);
}

/* Whether what the sender would send by these parameters can be depacketized: not the interleaved mode of RFC 6184 section 5.2,
 * nor NAL units out of order (RFC 7798 section 7.1), nor another mapping than Chromium's of six channels. */
static bool depacketizable(const struct format *f)
{
	switch (f->codec) {
	case TSR_CODEC_H264: return parameter(f, "packetization-mode", 0) < 2;
	case TSR_CODEC_H265: return parameter(f, "sprop-max-don-diff", 0) <= 0;
	case TSR_CODEC_MULTIOPUS:
		return parameter(f, "num_streams", 4) == 4 && parameter(f, "coupled_streams", 2) == 2 &&
		       (!strstr(f->fmtp, "channel_mapping=") || strstr(f->fmtp, "channel_mapping=0,4,1,2,3,5"));
	default: return true;
	}
}

/* Whether Janus's helper can write the rtpmap of this format into an answer. */
static bool answerable(const struct format *f)
{
	switch (f->codec) {
	case TSR_CODEC_MULTIOPUS: return f->channels == 6;
	case TSR_CODEC_L16: return (f->clock_rate == 48000 || f->clock_rate == 16000) && f->channels <= 1;
	default: return f->clock_rate == tsr_codec_clock_rate(f->codec);
	}
}

static bool read_format(const janus_sdp_mline *m, int payload_type, struct format *out)
{
	const char *rtpmap = rtpmap_of(m, payload_type);
	char name[32];
	unsigned rate, channels;
	if (!rtpmap || !read_rtpmap(rtpmap, name, sizeof(name), &rate, &channels))
		return false;
	const char *fmtp = attribute_of(m, "fmtp", payload_type);
	*out = (struct format){
		.payload_type = payload_type,
		.codec = tsr_codec_from_name(name),
		.clock_rate = rate,
		.channels = (uint8_t)MIN(channels, 255),
		.fmtp = fmtp ? fmtp : "",
	};
	if (out->codec == TSR_CODEC_G722)
		out->clock_rate =
			tsr_codec_clock_rate(TSR_CODEC_G722); /* whatever is announced, RFC 3551 section 4.5.2 */
	return out->codec != TSR_CODEC_NONE && tsr_codec_is_video(out->codec) == (m->type == JANUS_SDP_VIDEO) &&
	       answerable(out) && depacketizable(out);
}

/* What a line that is no RTP offers, as it says: "webrtc-datachannel"; before RFC 8841 it said a port instead. */
static json_t *other_names(const janus_sdp_mline *m)
{
	json_t *names = json_array();
	bool sctp = m->proto && strstr(m->proto, "SCTP");
	for (GList *l = m->fmts; l; l = l->next) {
		const char *name = l->data;
		bool port = sctp && strspn(name, "0123456789") == strlen(name);
		if (g_str_is_ascii(name))
			json_array_append_new(names, json_string(port ? "webrtc-datachannel" : name));
	}
	return names;
}

/* Names of what a line offers, without what only repairs or accompanies another format. */
static json_t *offered_names(const janus_sdp_mline *m)
{
	if (m->type != JANUS_SDP_AUDIO && m->type != JANUS_SDP_VIDEO)
		return other_names(m);
	static const char *const helpers[] = {"rtx", "red", "ulpfec", "flexfec-03", "telephone-event", "cn", NULL};
	json_t *names = json_array();
	char last[32] = "";
	for (GList *l = m->ptypes; l; l = l->next) {
		const char *rtpmap = rtpmap_of(m, GPOINTER_TO_INT(l->data));
		char name[32];
		unsigned rate, channels;
		if (!rtpmap || !read_rtpmap(rtpmap, name, sizeof(name), &rate, &channels))
			continue;
		char *lower = g_ascii_strdown(name, -1);
		if (!g_strv_contains(helpers, lower) && strcmp(lower, last) &&
		    json_array_append_new(names, json_string(lower)) == 0)
			g_strlcpy(last, lower, sizeof(last));
		g_free(lower);
	}
	return names;
}

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

/* RFC 6184 section 8.1: mode 1 lets the sender fragment and aggregate; both can be recorded. */
static bool better(const struct format *a, const struct format *b)
{
	return a->codec == TSR_CODEC_H264 && strstr(a->fmtp, "packetization-mode=1") &&
	       !strstr(b->fmtp, "packetization-mode=1");
}

static bool find_codec(const janus_sdp_mline *m, tsr_codec codec, struct format *out)
{
	bool found = false;
	for (GList *l = m->ptypes; l; l = l->next) {
		struct format f;
		if (!read_format(m, GPOINTER_TO_INT(l->data), &f) || f.codec != codec)
			continue;
		if (!found || better(&f, out))
			*out = f;
		found = true;
	}
	return found;
}

/* NULL and *out, or why the line is refused. */
static const char *choose(const janus_sdp_mline *m, const struct sdp_wish *wish, struct format *out)
{
	bool video = m->type == JANUS_SDP_VIDEO;
	bool missing = false; /* a place in the container */
	tsr_codec only = video ? wish->videocodec : wish->audiocodec;
	const struct codec_list *preference = video ? &wish->video_preference : &wish->audio_preference;
	if (!(video ? wish->video : wish->audio))
		return video ? "video is not to be recorded" : "audio is not to be recorded";
	for (unsigned i = 0; i < preference->count; i++) {
		tsr_codec codec = preference->codec[i];
		if ((only != TSR_CODEC_NONE && only != codec) || !find_codec(m, codec, out))
			continue;
		if (take_container_takes(wish->container, codec))
			return NULL;
		missing = true;
	}
	if (missing)
		return "the container does not carry what is offered; mkv does";
	if (only != TSR_CODEC_NONE)
		return "the codec that was asked for is not offered, or not recorded here";
	return "no codec that can be recorded";
}

/* ---- parameters -------------------------------------------------------------------------------------------------- */

static void append_parameter_sets(GByteArray *into, const char *list)
{
	static const guint8 start_code[4] = {0, 0, 0, 1};
	char **sets = g_strsplit(list, ",", 8);
	for (char **set = sets; *set; set++) {
		gsize size;
		guint8 *nal = g_base64_decode(*set, &size);
		if (size > 1 && size < 4096) {
			g_byte_array_append(into, start_code, sizeof(start_code));
			g_byte_array_append(into, nal, (guint)size);
		}
		g_free(nal);
	}
	g_strfreev(sets);
}

/* The parameters to answer with: those that were offered, without the sprop- ones, which describe the offerer's stream
 * (RFC 6184 section 8.2.2) and go into *parameter_sets. */
static char *video_fmtp(const struct format *f, GByteArray **parameter_sets)
{
	GString *answer = g_string_new(NULL);
	GByteArray *sets = g_byte_array_new();
	char **parameters = g_strsplit(f->fmtp, ";", 64);
	for (char **p = parameters; *p; p++) {
		char *parameter = g_strstrip(*p);
		if (!g_ascii_strncasecmp(parameter, "sprop-", 6)) {
			if (strchr(parameter, '='))
				append_parameter_sets(sets, strchr(parameter, '=') + 1);
		} else if (*parameter) {
			g_string_append_printf(answer, "%s%s", answer->len ? ";" : "", parameter);
		}
	}
	g_strfreev(parameters);
	if (sets->len)
		*parameter_sets = sets;
	else
		g_byte_array_unref(sets);
	return g_string_free(answer, FALSE);
}

static char *audio_fmtp(const struct format *f)
{
	if (f->codec != TSR_CODEC_OPUS)
		return g_strdup(f->fmtp);
	/* stereo=1 asks for what the peer says that it would send. */
	return g_strdup(says_stereo(f) ? "minptime=10;useinbandfec=1;stereo=1" : "minptime=10;useinbandfec=1");
}

/* ---- answering --------------------------------------------------------------------------------------------------- */

/* Janus's helper takes the first payload type of a codec: leave only the chosen one. Its removal takes any attribute that
 * begins with that number, so it is not for audio, whose small numbers are also extension ids. */
static void leave_only(janus_sdp *offer, janus_sdp_mline *m, const struct format *chosen)
{
	GList *types = g_list_copy(m->ptypes);
	for (GList *l = types; l; l = l->next) {
		struct format f;
		int payload_type = GPOINTER_TO_INT(l->data);
		if (payload_type != chosen->payload_type && read_format(m, payload_type, &f) &&
		    f.codec == chosen->codec)
			janus_sdp_remove_payload_type(offer, m->index, payload_type);
	}
	g_list_free(types);
}

static const char *janus_codec_name(const struct format *f)
{
	if (f->codec == TSR_CODEC_L16)
		return f->clock_rate == 48000 ? "l16-48" : "l16";
	return tsr_codec_name(f->codec);
}

static void answer_video(janus_sdp *offer, janus_sdp *answer, janus_sdp_mline *m, struct format *f,
			 struct take_line *line)
{
	char *fmtp = video_fmtp(f, &line->parameter_sets);
	leave_only(offer, m, f);
	/* No video-orientation: the sender then turns the picture itself. */
	janus_sdp_generate_answer_mline(offer, answer, m, JANUS_SDP_OA_MLINE, JANUS_SDP_VIDEO, JANUS_SDP_OA_DIRECTION,
					JANUS_SDP_RECVONLY, JANUS_SDP_OA_CODEC, janus_codec_name(f), JANUS_SDP_OA_FMTP,
					*fmtp ? fmtp : NULL, JANUS_SDP_OA_ACCEPT_EXTMAP, JANUS_RTP_EXTMAP_MID,
					JANUS_SDP_OA_ACCEPT_EXTMAP, JANUS_RTP_EXTMAP_RID, JANUS_SDP_OA_ACCEPT_EXTMAP,
					JANUS_RTP_EXTMAP_REPAIRED_RID, JANUS_SDP_OA_ACCEPT_EXTMAP,
					JANUS_RTP_EXTMAP_ABS_SEND_TIME, JANUS_SDP_OA_ACCEPT_EXTMAP,
					JANUS_RTP_EXTMAP_TRANSPORT_WIDE_CC, JANUS_SDP_OA_DONE);
	g_free(fmtp);
}

/* Janus's helper looks for the right name alone: G.722 is G722/8000 (RFC 3551 section 4.5.2), even where G722/16000 was offered. */
static void name_g722(janus_sdp_mline *m, int payload_type)
{
	for (GList *l = m->attributes; l; l = l->next) {
		janus_sdp_attribute *a = l->data;
		if (!a->name || !a->value || strcmp(a->name, "rtpmap") || atoi(a->value) != payload_type)
			continue;
		g_free(a->value);
		a->value = g_strdup_printf("%d G722/%u", payload_type, tsr_codec_clock_rate(TSR_CODEC_G722));
	}
}

static void answer_audio(janus_sdp *offer, janus_sdp *answer, janus_sdp_mline *m, struct format *f, bool red,
			 struct take_line *line)
{
	char *fmtp = audio_fmtp(f);
	if (f->codec == TSR_CODEC_G722)
		name_g722(m, f->payload_type);
	int red_type = red && f->codec == TSR_CODEC_OPUS ? janus_sdp_get_opusred_pt(offer, m->index) : 0;
	line->red_payload_type = (uint8_t)(red_type > 0 && red_type < 128 ? red_type : 0);
	janus_sdp_generate_answer_mline(offer, answer, m, JANUS_SDP_OA_MLINE, JANUS_SDP_AUDIO, JANUS_SDP_OA_DIRECTION,
					JANUS_SDP_RECVONLY, JANUS_SDP_OA_CODEC, janus_codec_name(f), JANUS_SDP_OA_FMTP,
					*fmtp ? fmtp : NULL, JANUS_SDP_OA_ACCEPT_OPUSRED, line->red_payload_type > 0,
					JANUS_SDP_OA_ACCEPT_EXTMAP, JANUS_RTP_EXTMAP_MID, JANUS_SDP_OA_ACCEPT_EXTMAP,
					JANUS_RTP_EXTMAP_ABS_SEND_TIME, JANUS_SDP_OA_ACCEPT_EXTMAP,
					JANUS_RTP_EXTMAP_TRANSPORT_WIDE_CC, JANUS_SDP_OA_DONE);
	g_free(fmtp);
}

static void refuse(struct sdp_session *out, const janus_sdp_mline *m, const char *mid, const char *reason)
{
	json_array_append_new(out->refused, json_pack("{s:i, s:s, s:s, s:o, s:s}", "mindex", m->index, "mid", mid,
						      "type", m->type_str ? m->type_str : "?", "offered",
						      offered_names(m), "reason", reason));
}

static void negotiate_line(janus_sdp *offer, janus_sdp *answer, janus_sdp_mline *m, const struct sdp_wish *wish,
			   struct sdp_session *out)
{
	struct take_line line = {.mindex = m->index};
	const char *mid = plain_attribute(m, "mid");
	g_strlcpy(line.mid, mid && g_str_is_ascii(mid) ? mid : "", sizeof(line.mid)); /* RFC 5888: a token */
	line.active = m->direction != JANUS_SDP_RECVONLY && m->direction != JANUS_SDP_INACTIVE;

	struct format format = {0};
	const char *reason = "only audio and video can be recorded";
	if (m->type == JANUS_SDP_AUDIO || m->type == JANUS_SDP_VIDEO)
		reason = out->lines < TSR_MAX_TRACKS ? choose(m, wish, &format) : "there are too many tracks";
	if (reason) {
		if (line.active)
			refuse(out, m, line.mid, reason);
		return;
	}
	/* Nothing is ever sent: to us, a line that only receives is an inactive one. */
	if (m->direction == JANUS_SDP_RECVONLY)
		m->direction = JANUS_SDP_INACTIVE;
	line.codec = format.codec;
	line.clock_rate = format.clock_rate;
	line.channels = format.channels;
	line.stereo = says_stereo(&format);
	tsr_payload_types_add(&line.payload_types, (uint8_t)format.payload_type);
	if (m->type == JANUS_SDP_VIDEO)
		answer_video(offer, answer, m, &format, &line);
	else
		answer_audio(offer, answer, m, &format, wish->red, &line);
	out->line[out->lines++] = line;
}

static bool any_active(const struct sdp_session *session)
{
	for (unsigned i = 0; i < session->lines; i++) {
		if (session->line[i].active)
			return true;
	}
	return false;
}

/* "audio: opus (audio is not to be recorded); video: theora (no codec that can be recorded)" */
static void say_refused(json_t *refused, char *error, size_t size)
{
	GString *text = g_string_new(NULL);
	size_t i, j;
	json_t *line, *name;
	json_array_foreach(refused, i, line)
	{
		g_string_append_printf(text, "%s%s:", i ? "; " : "", json_string_value(json_object_get(line, "type")));
		json_array_foreach(json_object_get(line, "offered"), j, name)
			g_string_append_printf(text, "%s%s", j ? ", " : " ", json_string_value(name));
		g_string_append_printf(text, " (%s)", json_string_value(json_object_get(line, "reason")));
	}
	if (text->len)
		g_snprintf(error, size, "nothing that was offered can be recorded: %s", text->str);
	else
		g_snprintf(error, size, "the offer sends neither audio nor video");
	g_string_free(text, TRUE);
}

static void read_layers(json_t *description, struct take_layers *layers)
{
	int extension = 0;
	uint32_t ssrcs[TAKE_LAYERS] = {0};
	char *rids[TAKE_LAYERS] = {NULL};
	janus_rtp_simulcasting_prepare(description, &extension, ssrcs, rids);
	layers->described = true;
	layers->rid_extension = extension > 0 ? extension : 0;
	for (int i = 0; i < TAKE_LAYERS; i++) {
		layers->ssrc[i] = ssrcs[i];
		if (rids[i])
			g_strlcpy(layers->rid[i], rids[i], sizeof(layers->rid[i]));
		g_free(rids[i]);
	}
}

/* What the core read of simulcast: an array with an element for each media line that has it. */
static void describe_layers(json_t *simulcast, struct sdp_session *session)
{
	size_t i;
	json_t *description;
	json_array_foreach(simulcast, i, description)
	{
		json_int_t mindex = json_integer_value(json_object_get(description, "mindex"));
		for (unsigned j = 0; j < session->lines; j++) {
			struct take_line *line = &session->line[j];
			if (line->mindex == mindex && tsr_codec_is_video(line->codec) && !line->layers.described)
				read_layers(description, &line->layers);
		}
	}
}

enum api_error sdp_negotiate(const char *offer_text, json_t *simulcast, const struct sdp_wish *wish, guint64 session_id,
			     guint64 version, struct sdp_session *out, char *error, size_t error_size)
{
	char reason[256] = "";
	janus_sdp *offer = janus_sdp_parse(offer_text, reason, sizeof(reason));
	if (!offer) {
		g_snprintf(error, error_size, "the offer is not valid: %s", reason);
		return API_INVALID_SDP;
	}
	enum api_error err = API_OK;
	struct sdp_session session = {.refused = json_array()};
	janus_sdp *answer = janus_sdp_generate_answer(offer);
	for (GList *l = offer->m_lines; l; l = l->next) {
		janus_sdp_mline *m = l->data;
		if (m->port > 0)
			negotiate_line(offer, answer, m, wish, &session);
	}
	if (wish->update || any_active(&session)) {
		g_free(answer->s_name);
		answer->s_name = g_strdup("janus-tsrecorder");
		answer->o_sessid = session_id;
		answer->o_version = version;
		session.answer = janus_sdp_write(answer);
		describe_layers(simulcast, &session);
		*out = session;
	} else {
		err = API_NO_USABLE_CODEC;
		say_refused(session.refused, error, error_size);
		sdp_session_clear(&session);
	}
	janus_sdp_destroy(answer);
	janus_sdp_destroy(offer);
	return err;
}

void sdp_session_clear(struct sdp_session *session)
{
	for (unsigned i = 0; i < session->lines; i++)
		g_clear_pointer(&session->line[i].parameter_sets, g_byte_array_unref);
	json_decref(session->refused);
	g_free(session->answer);
	*session = (struct sdp_session){0};
}
