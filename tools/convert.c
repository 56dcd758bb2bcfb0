/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * janus-tsrec convert: captures through the engine, offline, into one .ts file. */
#include "convert.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "merge.h"

#define TRACK_NONE   (-1) /* left out: of an unknown codec, or not asked for */
#define TRACK_UNSEEN (-2) /* nobody has looked at the stream yet */

struct input_tracks {
	int of_stream[CAPTURE_MAX_STREAMS];
};

struct conversion {
	const struct convert_options *options;
	struct destination output;
	struct merge merge;
	struct input_tracks *tracks; /* per input */
	tsr_engine *engine;
	tsr_recording *recording;
	bool incomplete; /* something of the input is not in the output */
	int missing;     /* EXIT_MISSING when an encoder is not there */
	bool written;    /* there is a finished file */
	tsr_error error; /* of the recording */
	int64_t duration_ms;
	uint64_t bytes;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static void on_log(tsr_log_level level, const char *line)
{
	(void)level;
	complain("%s", line);
}

static void on_event(void *user, const tsr_event *event)
{
	struct conversion *c = user;
	if (event->type == TSR_EVENT_FAILED)
		c->error = event->error;
	if (event->type == TSR_EVENT_FINISHED) {
		c->written = event->path != NULL;
		c->duration_ms = event->duration_ms;
		c->bytes = event->bytes;
	}
}

/* ---- inputs ------------------------------------------------------------------------------------------------------ */

static void open_inputs(struct conversion *c)
{
	const struct convert_options *o = c->options;
	c->merge.inputs = g_new0(struct merge_input, o->input_count);
	for (unsigned i = 0; i < o->input_count; i++) {
		char why[200] = "";
		struct merge_input *in = &c->merge.inputs[c->merge.count];
		in->path = o->paths[i];
		if (capture_open(in->path, o->payloads, &in->capture, why, sizeof(why)) == TSR_OK) {
			c->merge.count++;
			if (in->capture->void_times && !o->quiet)
				complain("%s: its times of arrival tell nothing; the senders' RTP clocks stand in for "
					 "them",
					 in->path);
		} else {
			complain("%s: %s", in->path, why);
			c->incomplete = true;
		}
	}
	c->tracks = g_new(struct input_tracks, o->input_count);
	for (unsigned i = 0; i < o->input_count; i++)
		for (unsigned s = 0; s < CAPTURE_MAX_STREAMS; s++)
			c->tracks[i].of_stream[s] = TRACK_UNSEEN;
}

static bool is_wanted(const GArray *ssrcs, uint32_t ssrc)
{
	for (guint i = 0; i < ssrcs->len; i++)
		if (g_array_index(ssrcs, uint32_t, i) == ssrc)
			return true;
	return ssrcs->len == 0;
}

/* Adds the track of a stream; TRACK_NONE when it cannot be recorded (told why). */
static int add_track(struct conversion *c, const struct merge_input *in, const struct capture_stream *stream)
{
	const struct payload_format *format = &stream->format;
	if (!is_wanted(c->options->ssrcs, stream->ssrc))
		return TRACK_NONE;
	if (format->codec == TSR_CODEC_NONE) {
		complain("%s: payload type %u of %s (SSRC 0x%08x) is not known and left out; --map %u=CODEC names it",
			 in->path, stream->payload_type, stream->label, stream->ssrc, stream->payload_type);
		c->incomplete = true;
		return TRACK_NONE;
	}
	const tsr_recording_config *config = &c->options->config;
	const tsr_container container = c->output.container;
	const char *missing = NULL;
	tsr_codec written;
	bool transcode;
	if (tsr_route(format->codec, container, config->audio_mode, &written, &transcode) != TSR_OK) {
		complain("%s: %s cannot be in a .%s file, and is left out; .mkv takes it", in->path,
			 tsr_codec_name(format->codec), tsr_container_name(container));
		c->incomplete = true;
		return TRACK_NONE;
	}
	if (tsr_route_available(format->codec, container, config->audio_mode, &config->encoding, &missing) != TSR_OK) {
		complain("%s: %s cannot be recorded: this libavcodec has no %s", in->path,
			 tsr_codec_name(format->codec), missing != NULL ? missing : "way to do it");
		c->missing = EXIT_MISSING;
		return TRACK_NONE;
	}
	unsigned index = 0;
	tsr_error err =
		tsr_recording_add_track(c->recording,
					&(tsr_track_config){.codec = format->codec,
							    .clock_rate = format->clock_rate,
							    .channels = format->channels,
							    .stereo = format->stereo,
							    .red_payload_type = format->red_payload_type,
							    .payload_types = stream->payload_types,
							    .parameter_sets = format->parameter_sets,
							    .parameter_sets_size = format->parameter_sets_size,
							    .orientation_extension = format->orientation_extension,
							    .label = stream->label},
					&index);
	if (err != TSR_OK) {
		complain("%s: %s is left out: %s", in->path, tsr_codec_name(format->codec), tsr_strerror(err));
		c->incomplete = true;
		return TRACK_NONE;
	}
	return (int)index;
}

static int track_of(struct conversion *c, unsigned input, unsigned stream)
{
	int *track = &c->tracks[input].of_stream[stream];
	const struct merge_input *in = &c->merge.inputs[input];
	if (*track == TRACK_UNSEEN)
		*track = add_track(c, in, &in->capture->streams[stream]);
	return *track;
}

/* What is known at the start becomes tracks at once, in the order of the command line. */
static void add_known_tracks(struct conversion *c)
{
	for (unsigned i = 0; i < c->merge.count; i++)
		for (unsigned s = 0; s < c->merge.inputs[i].capture->stream_count; s++)
			(void)track_of(c, i, s);
}

static void tell_left_out(const struct merge_input *in)
{
	const struct capture_counters *counters = &in->capture->counters;
	const struct {
		uint64_t count;
		const char *what;
	} causes[] = {
		{counters->fragments, "fragments of IP packets (not put together)"},
		{counters->truncated, "packets of which the capture kept only a part"},
		{counters->unsupported_link, "frames of an unknown link layer"},
		{counters->unexplained, "packets of payload types that nobody explained, among a stream's others"},
		{counters->over_limit, "packets of too many streams"},
		{counters->skipped_bytes, "damaged bytes"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(causes); i++)
		if (causes[i].count > 0)
			complain("%s: left out: %" G_GUINT64_FORMAT " %s", in->path, causes[i].count, causes[i].what);
}

/* How each input ended: cut ones make the conversion a partial one. */
static void check_inputs(struct conversion *c)
{
	for (unsigned i = 0; i < c->merge.count; i++) {
		const struct merge_input *in = &c->merge.inputs[i];
		const struct capture_counters *counters = &in->capture->counters;
		if (in->status != TSR_OK && in->status != TSR_E_EOF)
			complain("%s: %s; what lies before it is converted", in->path, in->capture->problem);
		c->incomplete |=
			in->status != TSR_E_EOF || counters->fragments + counters->truncated + counters->over_limit > 0;
		tell_left_out(in);
	}
}

/* ---- conversion -------------------------------------------------------------------------------------------------- */

static bool start_recording(struct conversion *c)
{
	tsr_recording_config config = c->options->config;
	config.folder = c->output.folder;
	config.filename = c->output.filename;
	config.container = c->output.container;
	config.id = "convert";
	config.on_event = on_event;
	config.user = c;
	c->engine = tsr_engine_create(&(tsr_engine_config){.offline = true});
	tsr_error err = c->engine != NULL ? tsr_recording_create(c->engine, &config, &c->recording) : TSR_E_NOMEM;
	if (err == TSR_E_EXISTS)
		complain("%s/%s%s exists: a recording is going on, or it was left behind", c->output.folder,
			 c->output.filename, tsr_container_running(c->output.container));
	else if (err != TSR_OK)
		complain("%s: %s", c->output.path, tsr_strerror(err));
	return err == TSR_OK;
}

static void feed(struct conversion *c)
{
	unsigned input = 0;
	const struct capture_packet *packet = NULL;
	merge_start(&c->merge);
	add_known_tracks(c);
	while (!interrupted && (packet = merge_next(&c->merge, &input)) != NULL) {
		int track = track_of(c, input, packet->stream);
		if (track < 0)
			continue;
		bool taken = packet->rtcp ? tsr_push_rtcp(c->recording, (unsigned)track, packet->data, packet->size,
							  packet->arrival_us)
					  : tsr_push_rtp(c->recording, (unsigned)track, packet->data, packet->size,
							 packet->arrival_us);
		if (!taken)
			break; /* the output failed: its last event says why */
	}
}

/* Streams of which nothing is in the file. */
static void check_tracks(struct conversion *c, const tsr_stats *stats)
{
	for (unsigned i = 0; i < stats->tracks; i++) {
		const tsr_track_stats *t = &stats->track[i];
		if (t->started)
			continue;
		complain("nothing of the %s stream %s could be recorded: %" G_GUINT64_FORMAT
			 " packets, %" G_GUINT64_FORMAT " of them malformed, %" G_GUINT64_FORMAT " keyframes",
			 tsr_codec_name(t->codec_in), t->label, t->packets, t->malformed, t->keyframes);
		c->incomplete = true;
	}
}

static void tell_tracks(const tsr_stats *stats)
{
	for (unsigned i = 0; i < stats->tracks; i++) {
		const tsr_track_stats *t = &stats->track[i];
		char picture[32] = "", turned[48] = "";
		if (t->width != 0)
			g_snprintf(picture, sizeof(picture), " %ux%u", t->width, t->height);
		if (t->rotation != 0)
			g_snprintf(turned, sizeof(turned),
				   t->transcode ? ", turned by %u degrees" : ", to be shown turned by %u degrees",
				   t->rotation);
		fprintf(stderr,
			"  %s%s%s%s%s: %" G_GUINT64_FORMAT " frames of %" G_GUINT64_FORMAT
			" packets, %" G_GUINT64_FORMAT " packets lost, %" G_GUINT64_FORMAT " frames left out\n",
			tsr_codec_name(t->codec_in), t->transcode ? " to " : " copied",
			t->transcode ? tsr_codec_name(t->codec_out) : "", picture, turned, t->frames_written,
			t->packets, t->lost, t->frames_damaged + t->frames_skipped + t->frames_dropped);
	}
}

static void tell_result(const struct conversion *c, const tsr_stats *stats)
{
	char duration[32];
	format_duration(c->duration_ms, duration, sizeof(duration));
	if (c->written && !c->options->quiet) {
		fprintf(stderr, "%s: %s, %" G_GUINT64_FORMAT " bytes\n", c->output.path, duration, c->bytes);
		tell_tracks(stats);
	}
	if (c->written && c->options->stats)
		print_json(stats_to_json(stats));
}

static int exit_code_of(const struct conversion *c)
{
	if (c->error != TSR_OK) {
		complain("%s: %s", c->output.path, tsr_strerror(c->error));
		return EXIT_OUTPUT;
	}
	if (!c->written && c->missing == 0)
		complain("there is nothing in the input that could be recorded");
	if (c->missing != 0)
		return c->missing;
	if (!c->written)
		return EXIT_INPUT;
	return c->incomplete ? EXIT_PARTIAL : EXIT_DONE;
}

static int convert(struct conversion *c)
{
	open_inputs(c);
	if (c->merge.count == 0)
		return EXIT_INPUT;
	if (!destination_prepare(&c->output, c->options->force))
		return EXIT_OUTPUT;
	if (!start_recording(c))
		return EXIT_OUTPUT;
	feed(c);
	tsr_recording_stop(c->recording, interrupted ? "interrupted" : "end of input");
	tsr_stats *stats = g_new0(tsr_stats, 1);
	tsr_recording_get_stats(c->recording, stats);
	if (interrupted)
		complain("interrupted");
	else
		check_inputs(c);
	c->incomplete |= interrupted;
	if (c->written)
		check_tracks(c, stats);
	tell_result(c, stats);
	g_free(stats);
	return exit_code_of(c);
}

static void release(struct conversion *c)
{
	tsr_recording_unref(c->recording);
	tsr_engine_destroy(c->engine);
	for (unsigned i = 0; i < c->merge.count; i++)
		capture_close(c->merge.inputs[i].capture);
	g_free(c->merge.inputs);
	g_free(c->tracks);
}

int convert_main(int argc, char **argv)
{
	struct convert_options options;
	int code = convert_options_parse(&options, argc, argv);
	struct conversion c = {.options = &options};
	if (code == EXIT_DONE && !destination_init(&c.output, options.paths[options.input_count]))
		code = EXIT_USAGE;
	if (code == EXIT_DONE) {
		tsr_log_set(on_log, options.verbose ? TSR_LOG_VERBOSE
				    : options.quiet ? TSR_LOG_ERROR
						    : TSR_LOG_WARNING);
		/* An interrupted conversion ends its file as a finished one of what was read. */
		(void)sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal, .sa_flags = SA_RESETHAND}, NULL);
		(void)sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal, .sa_flags = SA_RESETHAND}, NULL);
		code = convert(&c);
		release(&c);
		destination_settle(&c.output, c.written);
	}
	destination_finish(&c.output);
	convert_options_finish(&options);
	return code;
}
