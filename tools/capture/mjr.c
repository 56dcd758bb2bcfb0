/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Janus's own recordings: one RTP stream per file, in three generations.
 *
 *     file    = head frame*
 *     head    = "MEETECHO" len16 ("video" | "audio")            VP8 or Opus, times unknown
 *             | "MJR00001" len16 JSON
 *             | "MJR00002" len16 JSON
 *     frame   = "MEETECHO" len16 bytes                          MEETECHO, MJR00001
 *             | "MEET" ms32 len16 bytes                         MJR00002: milliseconds since the first frame
 *
 * Numbers are big-endian. JSON: "t" (a, v, d), "c" (codec), "f" (fmtp), "s" and "u" (UTC of creation and of the first frame,
 * microseconds), "or" (payload type of Opus RED), "e" (end-to-end encrypted), "x" (RTP header extensions: URIs by their id). */
#include "capture.h"

#include <glib.h>
#include <jansson.h>
#include <string.h>

#include "rtpclock.h"

#define MAGIC_BYTES      8
#define FRAME_HEAD_BYTES 10
#define RTP_HEADER_BYTES 12
/* So many frames are read beforehand, to see which payload type is the medium's and whether the times are any. */
#define DISCOVER_FRAMES   2000
#define COMFORT_NOISE     13 /* RFC 3551 section 6 */
#define COMFORT_NOISE_OLD 19

struct mjr {
	bool frame_times; /* MJR00002 */
	size_t pending;   /* bytes of the frame handed out last, head included */
	int64_t first_us; /* arrival of the first frame */
	int64_t last_us;
	bool damaged;
	/* For files without frame times, or with such that tell nothing. */
	bool by_rtp;
	struct rtp_clock clock;
	uint32_t rate;
};

static bool mjr_probe(const uint8_t *head, size_t size)
{
	return size >= MAGIC_BYTES && (memcmp(head, "MJR0000", 7) == 0 || memcmp(head, "MEETECHO", 8) == 0);
}

/* ---- the head ---------------------------------------------------------------------------------------------------- */

static tsr_error set_codec(struct capture *c, tsr_codec codec)
{
	c->stream_count = 1;
	c->streams[0].format.codec = codec;
	return TSR_OK;
}

/* Janus writes names of its own for what SDP spells with parameters. */
static tsr_codec read_codec(struct payload_format *format, const char *name)
{
	if (g_ascii_strcasecmp(name, "g711") == 0) /* which of the two, the packets tell */
		return TSR_CODEC_PCMU;
	if (g_ascii_strcasecmp(name, "l16") == 0)
		format->clock_rate = 16000;
	if (g_ascii_strcasecmp(name, "l16-48") == 0) {
		format->clock_rate = 48000;
		return TSR_CODEC_L16;
	}
	return tsr_codec_from_name(name);
}

/* As much of the description as fits, in whole characters. */
static void set_label(struct capture_stream *stream, const char *description)
{
	const char *end = stream->label;
	g_strlcpy(stream->label, description != NULL ? description : "", sizeof(stream->label));
	if (!g_utf8_validate(stream->label, -1, &end))
		stream->label[end - stream->label] = '\0';
}

static void read_extensions(struct payload_format *format, json_t *extensions)
{
	const char *id;
	json_t *uri;
	json_object_foreach(extensions, id, uri)
	{
		guint64 number = 0;
		if (g_strcmp0(json_string_value(uri), URI_VIDEO_ORIENTATION) == 0 &&
		    g_ascii_string_to_unsigned(id, 10, 1, 255, &number, NULL))
			format->orientation_extension = (uint8_t)number;
	}
}

static tsr_error read_info(struct capture *c, struct mjr *m, const json_t *info)
{
	struct capture_stream *stream = &c->streams[0];
	const char *type = json_string_value(json_object_get(info, "t"));
	const char *name = json_string_value(json_object_get(info, "c"));
	if (type == NULL || name == NULL) {
		capture_problem(c, "the header names no medium or no codec");
		return TSR_E_MALFORMED;
	}
	if (strcmp(type, "d") == 0) {
		capture_problem(c, "a recording of a data channel, not of media");
		return TSR_E_UNSUPPORTED;
	}
	if (json_is_true(json_object_get(info, "e"))) {
		capture_problem(c, "the media in it are end-to-end encrypted");
		return TSR_E_UNSUPPORTED;
	}
	tsr_codec codec = read_codec(&stream->format, name);
	if (codec == TSR_CODEC_NONE || codec == TSR_CODEC_AAC) {
		capture_problem(c, "codec '%.20s' cannot be recorded", name);
		return TSR_E_UNSUPPORTED;
	}
	const char *fmtp = json_string_value(json_object_get(info, "f"));
	if (fmtp != NULL)
		payload_read_fmtp(&stream->format, fmtp);
	json_int_t red = json_integer_value(json_object_get(info, "or"));
	stream->format.red_payload_type = red > 0 && red < 128 ? (uint8_t)red : 0;
	read_extensions(&stream->format, json_object_get(info, "x"));
	m->first_us = json_integer_value(json_object_get(info, "u"));
	if (m->first_us <= 0)
		m->first_us = json_integer_value(json_object_get(info, "s"));
	/* What cannot be a time (before 1970, after 2286) must not overflow the sums made with it. */
	c->wall_clock = m->first_us > 0 && m->first_us < (int64_t)10000000000 * G_USEC_PER_SEC;
	if (!c->wall_clock)
		m->first_us = 0;
	set_label(stream, json_string_value(json_object_get(info, "d")));
	return set_codec(c, codec);
}

static tsr_error open_json(struct capture *c, struct mjr *m, const uint8_t *text, size_t size)
{
	json_t *info = json_loadb((const char *)text, size, 0, NULL);
	if (!json_is_object(info)) {
		json_decref(info);
		capture_problem(c, "the header is no JSON object");
		return TSR_E_MALFORMED;
	}
	tsr_error err = read_info(c, m, info);
	json_decref(info);
	return err;
}

/* The first generation says no more than the medium; VP8 and Opus were all there was. */
static tsr_error open_meetecho(struct capture *c, const uint8_t *text, size_t size)
{
	if (size == 5 && memcmp(text, "video", 5) == 0)
		return set_codec(c, TSR_CODEC_VP8);
	if (size == 5 && memcmp(text, "audio", 5) == 0)
		return set_codec(c, TSR_CODEC_OPUS);
	capture_problem(c, "neither audio nor video");
	return TSR_E_UNSUPPORTED;
}

static tsr_error read_head(struct capture *c, struct mjr *m)
{
	const uint8_t *head = source_peek(c->source, FRAME_HEAD_BYTES);
	size_t size = head != NULL ? get_be16(head + MAGIC_BYTES) : 0;
	head = source_peek(c->source, FRAME_HEAD_BYTES + size);
	if (head == NULL || size == 0) {
		capture_problem(c, "cut off within the header");
		return TSR_E_MALFORMED;
	}
	m->frame_times = memcmp(head, "MJR00002", MAGIC_BYTES) == 0;
	if (!m->frame_times && memcmp(head, "MJR00001", MAGIC_BYTES) != 0 &&
	    memcmp(head, "MEETECHO", MAGIC_BYTES) != 0) {
		capture_problem(c, "an .mjr version that is not known: %.8s", (const char *)head);
		return TSR_E_UNSUPPORTED;
	}
	tsr_error err = head[1] == 'J' ? open_json(c, m, head + FRAME_HEAD_BYTES, size)
				       : open_meetecho(c, head + FRAME_HEAD_BYTES, size);
	if (err == TSR_OK)
		source_skip(c->source, FRAME_HEAD_BYTES + size);
	return err;
}

/* ---- frames ------------------------------------------------------------------------------------------------------ */

static bool is_frame_head(const struct mjr *m, const uint8_t *head)
{
	return m->frame_times ? memcmp(head, "MEET", 4) == 0 : memcmp(head, "MEETECHO", 8) == 0;
}

/* Damaged bytes: goes on at the next frame head that an RTP packet follows. False at the end of the file. */
static bool resynchronize(struct capture *c, const struct mjr *m)
{
	for (;;) {
		size_t size = source_available(c->source, SOURCE_WINDOW);
		const uint8_t *window = source_peek(c->source, size);
		if (size < FRAME_HEAD_BYTES + RTP_HEADER_BYTES)
			return false;
		size_t last = size - FRAME_HEAD_BYTES - RTP_HEADER_BYTES, at = 0;
		while (at <= last && !(window[at] == 'M' && is_frame_head(m, window + at) &&
				       get_be16(window + at + 8) >= RTP_HEADER_BYTES && window[at + 10] >> 6 == 2))
			at++;
		source_skip(c->source, at);
		c->counters.skipped_bytes += at;
		if (at <= last)
			return true;
	}
}

/* When a packet arrived, where the file does not say: the sender's clock stands in for it. */
static int64_t arrival_by_rtp(struct mjr *m, const uint8_t *rtp)
{
	m->last_us = m->first_us + rtp_clock_take(&m->clock, get_be32(rtp + 4), m->rate);
	return m->last_us;
}

/* Packets are in the order of their arrival; a time that falls is a damaged one. */
static int64_t arrival_by_head(struct mjr *m, const uint8_t *head)
{
	int64_t us = m->first_us + (int64_t)get_be32(head + 4) * 1000;
	if (us > m->last_us)
		m->last_us = us;
	return m->last_us;
}

/* The next frame with its head, whole; NULL at the end, which *err explains. */
static const uint8_t *next_frame(struct capture *c, struct mjr *m, size_t *size, tsr_error *err)
{
	for (;;) {
		const uint8_t *head = source_peek(c->source, FRAME_HEAD_BYTES);
		if (head != NULL && !is_frame_head(m, head)) {
			if (!m->damaged)
				capture_problem(c, "damaged at byte %" G_GUINT64_FORMAT, source_offset(c->source));
			m->damaged = true;
			if (resynchronize(c, m))
				continue;
			head = NULL;
		}
		*size = head != NULL ? get_be16(head + 8) : 0;
		const uint8_t *frame = head != NULL ? source_peek(c->source, FRAME_HEAD_BYTES + *size) : NULL;
		if (frame != NULL)
			return frame;
		bool clean = head == NULL && source_available(c->source, 1) == 0 && !m->damaged;
		if (!clean && !m->damaged)
			capture_problem(c, "cut off within the frame at byte %" G_GUINT64_FORMAT,
					source_offset(c->source));
		*err = clean ? TSR_E_EOF : TSR_E_MALFORMED;
		return NULL;
	}
}

static tsr_error mjr_next(struct capture *c, struct capture_packet *out)
{
	struct mjr *m = capture_state(c);
	tsr_error err = TSR_OK;
	size_t size = 0;
	const uint8_t *frame = NULL;
	for (;;) {
		source_skip(c->source, m->pending);
		m->pending = 0;
		frame = next_frame(c, m, &size, &err);
		if (frame == NULL)
			return err;
		m->pending = FRAME_HEAD_BYTES + size;
		if (size >= RTP_HEADER_BYTES)
			break;
		c->counters.not_rtp++;
	}
	const uint8_t *rtp = frame + FRAME_HEAD_BYTES;
	*out = (struct capture_packet){.data = rtp, .size = size};
	out->arrival_us = m->by_rtp ? arrival_by_rtp(m, rtp) : arrival_by_head(m, frame);
	return TSR_OK;
}

/* ---- opening ------------------------------------------------------------------------------------------------------- */

/* Of each payload type, the packets in the beginning of the file. */
struct census {
	unsigned count[128];
	unsigned place[128]; /* of the first one; 0 = none */
};

/* The type of the medium is what most packets have. FEC may have as many, but comes behind what it repairs. */
static unsigned most_frequent(const struct census *seen, uint8_t red)
{
	unsigned best = COMFORT_NOISE;
	for (unsigned type = 0; type < 128; type++) {
		if (type == COMFORT_NOISE || type == COMFORT_NOISE_OLD || (red != 0 && type == red) ||
		    seen->count[type] == 0)
			continue;
		bool more = seen->count[type] > seen->count[best];
		bool before = seen->count[type] == seen->count[best] && seen->place[type] < seen->place[best];
		if (best == COMFORT_NOISE || more || before)
			best = type;
	}
	return best;
}

static void set_medium(struct capture_stream *stream, const struct census *seen)
{
	unsigned type = most_frequent(seen, stream->format.red_payload_type);
	if (type == COMFORT_NOISE)
		return; /* nothing but that, or RED */
	stream->payload_type = (uint8_t)type;
	tsr_payload_types_add(&stream->payload_types, stream->payload_type);
	bool g711 = stream->format.codec == TSR_CODEC_PCMU || stream->format.codec == TSR_CODEC_PCMA;
	if (g711 && (type == 0 || type == 8)) /* of the two Janus's header may know no more than that it is one */
		stream->format.codec = type == 8 ? TSR_CODEC_PCMA : TSR_CODEC_PCMU;
}

/* Reads the beginning twice: the first time for what the header does not say. */
static void discover(struct capture *c)
{
	struct mjr *m = capture_state(c), here = *m;
	struct source *source = c->source;
	struct arrival_check check = {0};
	struct census seen = {{0}, {0}};
	struct rtp_clock clock = {0};
	struct capture_packet packet;
	c->source = source_ahead(source);
	for (unsigned n = 1; n <= DISCOVER_FRAMES && mjr_next(c, &packet) == TSR_OK; n++) {
		unsigned type = packet.data[1] & 0x7f;
		seen.place[type] = seen.count[type]++ == 0 ? n : seen.place[type];
		if (n == 1)
			c->streams[0].ssrc = get_be32(packet.data + 8);
		arrival_check_packet(&check, packet.arrival_us);
		arrival_check_rtp(&check, rtp_clock_take(&clock, get_be32(packet.data + 4), m->rate));
	}
	source_close(c->source);
	c->source = source;
	*m = here;
	c->counters = (struct capture_counters){0};
	c->problem[0] = '\0';
	set_medium(&c->streams[0], &seen);
	c->void_times = m->frame_times && arrival_check_void(&check);
	m->by_rtp = !m->frame_times || c->void_times;
}

static tsr_error mjr_open(struct capture *c)
{
	struct mjr *m = capture_state(c);
	tsr_error err = read_head(c, m);
	if (err != TSR_OK)
		return err;
	const struct payload_format *format = &c->streams[0].format;
	m->rate = format->clock_rate != 0 ? format->clock_rate : tsr_codec_clock_rate(format->codec);
	m->last_us = m->first_us;
	discover(c);
	return TSR_OK;
}

const struct capture_ops capture_mjr = {
	.name = "mjr",
	.state_size = sizeof(struct mjr),
	.probe = mjr_probe,
	.open = mjr_open,
	.next = mjr_next,
};
