/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert.h"

/* A capture does not say what its payload types mean; one is made of a few lines. */
#define MAX_SDP_BYTES (1024 * 1024)

/* How long a keyframe is waited for; 0 is for ever. */
#define KEYFRAME_TIMEOUT_MS 10000

/* The options as GLib gives them, before they are understood. */
struct raw_options {
	char **maps, **ssrcs;
	char *sdp, *audio_mode, *on_loss, *video_size, *video_bitrate, *audio_bitrate;
	char *name, *metadata, *video_encoder, *video_preset, *video_options, *audio_encoder;
	int video_threads, keyframe_interval_ms, audio_channels, reorder_wait_ms, keyframe_timeout_ms;
	gboolean force, stats, quiet, verbose, report;
};

static bool bad_value(const char *option, const char *value, const char *wanted)
{
	complain("--%s=%s: %s", option, value, wanted);
	return false;
}

/* "2500000", "2500k", "2.5M" */
static bool read_bitrate(const char *option, const char *text, int *out)
{
	if (text == NULL)
		return true;
	char *end = NULL;
	double value = g_ascii_strtod(text, &end);
	if (*end == 'k' || *end == 'K')
		value *= 1e3, end++;
	else if (*end == 'M')
		value *= 1e6, end++;
	if (end == text || *end != '\0' || !(value >= 1 && value <= 1e9))
		return bad_value(option, text, "wanted is a number of bit/s, such as 2500000, 2500k or 2.5M");
	*out = (int)value;
	return true;
}

static bool read_size(const char *text, tsr_encoding *encoding)
{
	unsigned width = 0, height = 0;
	char behind = 0;
	if (text == NULL)
		return true;
	if (sscanf(text, "%5ux%5u%c", &width, &height, &behind) != 2 || width < 16 || height < 16 || width > 8192 ||
	    height > 8192 || width % 2 != 0 || height % 2 != 0)
		return bad_value("video-size", text, "wanted is WIDTHxHEIGHT, even numbers from 16 to 8192");
	encoding->video_width = (uint16_t)width;
	encoding->video_height = (uint16_t)height;
	return true;
}

static bool read_words(const struct raw_options *raw, tsr_recording_config *config)
{
	if (raw->audio_mode != NULL && strcmp(raw->audio_mode, "copy") == 0)
		config->audio_mode = TSR_AUDIO_COPY;
	else if (raw->audio_mode != NULL && strcmp(raw->audio_mode, "transcode") != 0)
		return bad_value("audio-mode", raw->audio_mode, "wanted is copy or transcode");
	if (raw->on_loss != NULL && strcmp(raw->on_loss, "conceal") == 0)
		config->on_loss = TSR_ON_LOSS_CONCEAL;
	else if (raw->on_loss != NULL && strcmp(raw->on_loss, "wait") != 0)
		return bad_value("on-loss", raw->on_loss, "wanted is wait or conceal");
	return true;
}

static bool read_numbers(const struct raw_options *raw, tsr_recording_config *config)
{
	static const char out_of_range[] = "out of range";
	char text[16];
	const struct {
		const char *option;
		int value, max;
	} numbers[] = {
		{"video-threads", raw->video_threads, 64},
		{"keyframe-interval", raw->keyframe_interval_ms, 600000},
		{"audio-channels", raw->audio_channels, 8},
		{"reorder-wait", raw->reorder_wait_ms, 60000},
		{"keyframe-timeout", raw->keyframe_timeout_ms, 3600000},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_snprintf(text, sizeof(text), "%d", numbers[i].value);
		if (numbers[i].value < 0 || numbers[i].value > numbers[i].max)
			return bad_value(numbers[i].option, text, out_of_range);
	}
	config->encoding.video_threads = raw->video_threads;
	config->encoding.keyframe_interval_ms = raw->keyframe_interval_ms;
	config->encoding.audio_channels = (uint8_t)raw->audio_channels;
	config->reorder_wait_us = (int64_t)raw->reorder_wait_ms * 1000;
	config->keyframe_timeout_us = raw->keyframe_timeout_ms > 0 ? (int64_t)raw->keyframe_timeout_ms * 1000 : -1;
	return read_bitrate("video-bitrate", raw->video_bitrate, &config->encoding.video_bitrate) &&
	       read_bitrate("audio-bitrate", raw->audio_bitrate, &config->encoding.audio_bitrate) &&
	       read_size(raw->video_size, &config->encoding);
}

static bool read_texts(const char *name, const char *text)
{
	if (name != NULL && !g_utf8_validate(name, -1, NULL))
		return bad_value("name", "…", "no valid UTF-8");
	if (text == NULL)
		return true;
	json_t *metadata = json_loads(text, 0, NULL);
	bool object = json_is_object(metadata);
	json_decref(metadata);
	return object || bad_value("metadata", text, "wanted is a JSON object");
}

static bool read_ssrcs(char **texts, GArray *ssrcs)
{
	for (char **text = texts; text != NULL && *text != NULL; text++) {
		char *end = NULL;
		guint64 value = g_ascii_strtoull(*text, &end, 0);
		if (end == *text || *end != '\0' || value > UINT32_MAX)
			return bad_value("ssrc", *text, "wanted is a number, such as 0x1234abcd");
		uint32_t ssrc = (uint32_t)value;
		g_array_append_val(ssrcs, ssrc);
	}
	return true;
}

static bool read_payloads(const struct raw_options *raw, struct payloads *payloads)
{
	char why[200];
	if (raw->sdp != NULL) {
		char *text = NULL;
		gsize size = 0;
		if (!g_file_get_contents(raw->sdp, &text, &size, NULL))
			return bad_value("sdp", raw->sdp, "cannot be read");
		tsr_error err = size <= MAX_SDP_BYTES ? payloads_add_sdp(payloads, text) : TSR_E_MALFORMED;
		g_free(text);
		if (err != TSR_OK)
			return bad_value("sdp", raw->sdp, "describes no media");
	}
	for (char **map = raw->maps; map != NULL && *map != NULL; map++) {
		if (payloads_add_map(payloads, *map, why, sizeof(why)) != TSR_OK) {
			complain("--map: %s", why);
			return false;
		}
	}
	return true;
}

static char *take(char **text)
{
	char *taken = *text;
	*text = NULL;
	return taken;
}

static bool understand(struct convert_options *o, struct raw_options *raw)
{
	tsr_recording_config *config = &o->config;
	config->flush.no_sync = true;  /* the input is still there: only the finished file has to be durable */
	config->stall_timeout_us = -1; /* what is missing is told at the end */
	config->track_timeout_us = -1;
	config->report = raw->report;
	config->name = take(&raw->name);
	config->metadata = take(&raw->metadata);
	config->encoding.video_encoder = take(&raw->video_encoder);
	config->encoding.video_preset = take(&raw->video_preset);
	config->encoding.video_encoder_options = take(&raw->video_options);
	config->encoding.audio_encoder = take(&raw->audio_encoder);
	o->force = raw->force;
	o->stats = raw->stats;
	o->quiet = raw->quiet;
	o->verbose = raw->verbose;
	return read_words(raw, config) && read_numbers(raw, config) && read_texts(config->name, config->metadata) &&
	       read_ssrcs(raw->ssrcs, o->ssrcs) && read_payloads(raw, o->payloads);
}

static void free_raw(struct raw_options *raw)
{
	g_strfreev(raw->maps);
	g_strfreev(raw->ssrcs);
	char *texts[] = {raw->sdp,           raw->audio_mode,    raw->on_loss,       raw->video_size,
			 raw->video_bitrate, raw->audio_bitrate, raw->name,          raw->metadata,
			 raw->video_encoder, raw->video_preset,  raw->video_options, raw->audio_encoder};
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
}

static const char summary[] =
	"Makes one file of the given captures, MPEG-TS, Matroska, WebM or MP4 by its name: .mjr files as Janus records "
	"them "
	"(audio and video of a call\n"
	"together), or pcap and pcapng files with RTP. H.264 and H.265 are copied, what MPEG-TS cannot carry is "
	"transcoded; in .mkv and .webm all is copied, in .mp4 all video but VP8.";

static const char description[] =
	"Examples:\n"
	"  janus-tsrec convert call-audio.mjr call-video.mjr call.ts\n"
	"  janus-tsrec convert --map 96=h264 --map 111=opus --audio-mode copy call.pcap call.ts\n\n"
	"Exit code: 0 done, 1 wrong usage, 2 nothing in the input could be used, 3 done, but a part of the input was "
	"cut off,\n"
	"damaged or left out, 4 the output could not be written, 5 libavcodec lacks what was asked for.";

int convert_options_parse(struct convert_options *o, int argc, char **argv)
{
	struct raw_options raw = {.keyframe_timeout_ms = KEYFRAME_TIMEOUT_MS};
	const GOptionEntry entries[] = {
		{"map", 'm', 0, G_OPTION_ARG_STRING_ARRAY, &raw.maps,
		 "what a payload type of a pcap means, for all ports or one; may be repeated", "[PORT:]PT=CODEC"},
		{"sdp", 0, 0, G_OPTION_ARG_FILENAME, &raw.sdp, "take the payload types from this SDP file", "FILE"},
		{"ssrc", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw.ssrcs, "only the streams named; may be repeated",
		 "SSRC"},
		{"audio-mode", 0, 0, G_OPTION_ARG_STRING, &raw.audio_mode,
		 "of Opus: copy, or transcode to AAC (default)", "MODE"},
		{"on-loss", 0, 0, G_OPTION_ARG_STRING, &raw.on_loss,
		 "after a loss, wait (default) for the next keyframe, or conceal: keep what is whole", "WHAT"},
		{"reorder-wait", 0, 0, G_OPTION_ARG_INT, &raw.reorder_wait_ms,
		 "how long a missing packet is waited for (500)", "MS"},
		{"keyframe-timeout", 0, 0, G_OPTION_ARG_INT, &raw.keyframe_timeout_ms,
		 "go on without a keyframe when none came for so long (10000); 0: never", "MS"},
		{"video-encoder", 0, 0, G_OPTION_ARG_STRING, &raw.video_encoder, "of libavcodec (libx264)", "NAME"},
		{"video-preset", 0, 0, G_OPTION_ARG_STRING, &raw.video_preset, "of the encoder (veryfast)", "NAME"},
		{"video-options", 0, 0, G_OPTION_ARG_STRING, &raw.video_options, "for the encoder", "KEY=VALUE:…"},
		{"video-bitrate", 0, 0, G_OPTION_ARG_STRING, &raw.video_bitrate, "default: constant quality", "BIT/S"},
		{"video-threads", 0, 0, G_OPTION_ARG_INT, &raw.video_threads, "encoder threads (1)", "N"},
		{"video-size", 0, 0, G_OPTION_ARG_STRING, &raw.video_size, "of transcoded video; default: as it comes",
		 "WxH"},
		{"keyframe-interval", 0, 0, G_OPTION_ARG_INT, &raw.keyframe_interval_ms, "of transcoded video (2000)",
		 "MS"},
		{"audio-encoder", 0, 0, G_OPTION_ARG_STRING, &raw.audio_encoder, "of libavcodec (aac)", "NAME"},
		{"audio-bitrate", 0, 0, G_OPTION_ARG_STRING, &raw.audio_bitrate, "default: 64k a channel", "BIT/S"},
		{"audio-channels", 0, 0, G_OPTION_ARG_INT, &raw.audio_channels, "default: as the source has", "N"},
		/* "Filenames" are taken as they are; "strings" would be converted from a locale that may be unset. */
		{"name", 'n', 0, G_OPTION_ARG_FILENAME, &raw.name, "a title for the file", "TEXT"},
		{"metadata", 0, 0, G_OPTION_ARG_FILENAME, &raw.metadata, "for the report", "JSON"},
		{"report", 'r', 0, G_OPTION_ARG_NONE, &raw.report,
		 "write a report (.json, with a SHA-256) beside the file", NULL},
		{"force", 'f', 0, G_OPTION_ARG_NONE, &raw.force, "replace the output when it exists", NULL},
		{"stats", 's', 0, G_OPTION_ARG_NONE, &raw.stats, "print statistics as JSON", NULL},
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, &raw.quiet, "say nothing but errors", NULL},
		{"verbose", 'v', 0, G_OPTION_ARG_NONE, &raw.verbose, "say what the engine does", NULL},
		{0},
	};
	*o = (struct convert_options){.payloads = payloads_create(),
				      .ssrcs = g_array_new(FALSE, FALSE, sizeof(uint32_t))};
	bool good = parse_options(&argc, &argv, entries, "IN… OUT.ts|OUT.mkv|OUT.webm|OUT.mp4", summary, description);
	if (good && argc < 3) {
		complain("convert needs at least one input and an output; see janus-tsrec convert --help");
		good = false;
	}
	good = good && understand(o, &raw);
	free_raw(&raw);
	o->paths = good ? argv + 1 : NULL;
	o->input_count = good ? (unsigned)argc - 2 : 0;
	return good ? EXIT_DONE : EXIT_USAGE;
}

void convert_options_finish(struct convert_options *o)
{
	payloads_destroy(o->payloads);
	g_array_free(o->ssrcs, TRUE);
	g_free((char *)o->config.name);
	g_free((char *)o->config.metadata);
	g_free((char *)o->config.encoding.video_encoder);
	g_free((char *)o->config.encoding.video_preset);
	g_free((char *)o->config.encoding.video_encoder_options);
	g_free((char *)o->config.encoding.audio_encoder);
}
