/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * feed record: peers of one H.264 and one Opus stream each, pushed in real time as Janus's loop thread would. Told are
 *
 *     created R WORD                 recording R was created, or why not
 *     pushed R V A                   video and audio frames that are pushed now, in all
 *     durable R BYTES                what status says is durable
 *     event R NAME WORD BYTES PATH   an event, as it comes
 *     latency P50 P999 MAX           of tsr_push_rtp, microseconds
 *     stats R KEY=VALUE…             at the end */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../pipeline/media.h"
#include "../pipeline/sender.h"
#include "feed.h"

#define STEP_US    2000
#define POLL_US    50000
#define LATENCIES  100000 /* microseconds that are told apart */
#define MAX_FOLDER 4

static struct {
	int recordings, seconds, flush_interval_ms, flush_threshold, memory_cap, segment_ms, writers;
	char *container;
	tsr_container kind;
	gboolean report, no_video, no_audio, adaptive;
	char *video, *audio, *prefix;
	gint64 min_free;
} opt = {.recordings = 1, .seconds = 2, .flush_interval_ms = 1000, .flush_threshold = 4 << 20};

static const GOptionEntry entries[] = {
	{"recordings", 0, 0, G_OPTION_ARG_INT, &opt.recordings, "in each folder", "N"},
	{"seconds", 0, 0, G_OPTION_ARG_INT, &opt.seconds, "how long", "S"},
	{"flush-interval", 0, 0, G_OPTION_ARG_INT, &opt.flush_interval_ms, NULL, "MS"},
	{"flush-threshold", 0, 0, G_OPTION_ARG_INT, &opt.flush_threshold, NULL, "BYTES"},
	{"adaptive", 0, 0, G_OPTION_ARG_NONE, &opt.adaptive, "the threshold follows the latency", NULL},
	{"memory-cap", 0, 0, G_OPTION_ARG_INT, &opt.memory_cap, NULL, "BYTES"},
	{"segment", 0, 0, G_OPTION_ARG_INT, &opt.segment_ms, NULL, "MS"},
	{"writers", 0, 0, G_OPTION_ARG_INT, &opt.writers, NULL, "N"},
	{"min-free", 0, 0, G_OPTION_ARG_INT64, &opt.min_free, NULL, "BYTES"},
	{"report", 0, 0, G_OPTION_ARG_NONE, &opt.report, "with reports", NULL},
	{"no-video", 0, 0, G_OPTION_ARG_NONE, &opt.no_video, NULL, NULL},
	{"no-audio", 0, 0, G_OPTION_ARG_NONE, &opt.no_audio, NULL, NULL},
	{"video", 0, 0, G_OPTION_ARG_FILENAME, &opt.video, "H.264 with delimiters, 30 frames a second", "FILE"},
	{"audio", 0, 0, G_OPTION_ARG_FILENAME, &opt.audio, "Opus, 20 ms", "FILE"},
	{"container", 0, 0, G_OPTION_ARG_STRING, &opt.container, "ts (default), mkv, webm or mp4", "NAME"},
	{"prefix", 0, 0, G_OPTION_ARG_STRING, &opt.prefix, "of the names", "NAME"},
	G_OPTION_ENTRY_NULL,
};

struct peer {
	int number;
	tsr_recording *recording;
	struct sender video, audio;
	unsigned video_track, audio_track;
	unsigned pushing; /* the track being pushed to */
	uint64_t refused; /* packets */
	uint64_t durable;
	size_t buffered_max;
	char id[16];
};

static uint32_t latency[LATENCIES + 1];

/* ---- pushing ------------------------------------------------------------------------------------------------------- */

static void push(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct peer *p = ctx;
	(void)arrival_us;
	int64_t start_us = tsr_now_us();
	bool taken = rtcp ? tsr_push_rtcp(p->recording, p->pushing, data, size, start_us)
			  : tsr_push_rtp(p->recording, p->pushing, data, size, start_us);
	latency[MIN(tsr_now_us() - start_us, LATENCIES)]++;
	p->refused += !taken;
}

/* Pushes what is due; whether that was anything. */
static bool push_due(struct peer *p, struct sender *s, unsigned track, int64_t elapsed_us)
{
	bool any = false;
	p->pushing = track;
	while (s->media != NULL && sender_next_us(s) <= elapsed_us) {
		if (s->frames % 30 == 0)
			sender_report(s, sender_next_us(s));
		sender_frame(s);
		any = true;
	}
	return any;
}

static void step(struct peer *p, int64_t elapsed_us)
{
	bool video = push_due(p, &p->video, p->video_track, elapsed_us);
	bool audio = push_due(p, &p->audio, p->audio_track, elapsed_us);
	if (video || audio)
		tell("pushed %d %" PRIu64 " %" PRIu64, p->number, p->video.frames, p->audio.frames);
}

static void poll(struct peer *p)
{
	static tsr_stats stats;
	tsr_recording_get_stats(p->recording, &stats);
	p->buffered_max = MAX(p->buffered_max, stats.buffered_bytes);
	if (stats.bytes_durable != p->durable)
		tell("durable %d %" PRIu64, p->number, stats.bytes_durable);
	p->durable = stats.bytes_durable;
}

static void run(GPtrArray *peers)
{
	int64_t start_us = tsr_now_us(), polled_us = 0, elapsed_us = 0;
	for (guint i = 0; i < peers->len; i++) {
		struct peer *p = peers->pdata[i];
		p->video.start_us = p->audio.start_us = start_us;
	}
	while (elapsed_us < opt.seconds * G_USEC_PER_SEC) {
		elapsed_us = tsr_now_us() - start_us;
		for (guint i = 0; i < peers->len; i++)
			step(peers->pdata[i], elapsed_us);
		if (elapsed_us - polled_us >= POLL_US) {
			polled_us = elapsed_us;
			g_ptr_array_foreach(peers, (GFunc)(void (*)(void))poll, NULL);
		}
		usleep(STEP_US);
	}
}

/* ---- peers --------------------------------------------------------------------------------------------------------- */

static void on_event(void *user, const tsr_event *event)
{
	const struct peer *p = user;
	tell("event %d %s %s %" PRIu64 " %s", p->number,
	     event->warning != NULL ? event->warning : tsr_event_name(event->type), error_word(event->error),
	     event->bytes, event->path != NULL ? event->path : "-");
}

static bool add_track(struct peer *p, struct sender *s, const struct media *media, unsigned *index)
{
	tsr_track_config config = {.codec = media->codec};
	*s = (struct sender){.media = media, .payload_type = 96, .ssrc = 1, .seq = 1, .send = push, .ctx = p};
	return tsr_recording_add_track(p->recording, &config, index) == TSR_OK;
}

static struct peer *peer_create(tsr_engine *engine, const char *folder, int number, const struct media *video,
				const struct media *audio)
{
	struct peer *p = g_new0(struct peer, 1);
	p->number = number;
	snprintf(p->id, sizeof(p->id), "%s%d", opt.prefix != NULL ? opt.prefix : "r", number);
	tsr_recording_config config = {
		.folder = folder,
		.id = p->id,
		.container = opt.kind,
		.audio_mode = TSR_AUDIO_COPY,
		.flush.threshold = (uint64_t)opt.flush_threshold,
		.flush.interval_us = opt.flush_interval_ms > 0 ? opt.flush_interval_ms * 1000 : -1,
		.flush.adaptive = opt.adaptive,
		.flush.threshold_min = 65536,
		.memory_cap = (size_t)opt.memory_cap,
		.segment_duration_us = opt.segment_ms * 1000,
		.min_free_space = (uint64_t)opt.min_free,
		.report = opt.report,
		.on_event = on_event,
		.user = p,
	};
	tsr_error err = tsr_recording_create(engine, &config, &p->recording);
	tell("created %d %s", number, error_word(err));
	bool good = err == TSR_OK && (opt.no_video || add_track(p, &p->video, video, &p->video_track)) &&
		    (opt.no_audio || add_track(p, &p->audio, audio, &p->audio_track));
	if (good)
		return p;
	g_free(p);
	return NULL;
}

static void tell_stats(struct peer *p)
{
	static tsr_stats s;
	uint64_t dropped = 0, dropped_audio = 0, written = 0, keyframes = 0, gap_frames = 0, lost_ms = 0;
	tsr_recording_get_stats(p->recording, &s);
	for (unsigned i = 0; i < s.tracks; i++) {
		dropped += s.track[i].frames_dropped;
		dropped_audio += tsr_codec_is_video(s.track[i].codec_in) ? 0 : s.track[i].frames_dropped;
		written += s.track[i].frames_written;
		keyframes += s.track[i].keyframes;
	}
	for (unsigned i = 0; i < s.gaps && i < TSR_MAX_GAPS; i++) {
		gap_frames += s.gap[i].frames;
		lost_ms = MAX(lost_ms, (uint64_t)(s.gap[i].end_ms - s.gap[i].start_ms));
	}
	tell("stats %d pushed=%" PRIu64 " written=%" PRIu64 " dropped=%" PRIu64 " dropped_audio=%" PRIu64
	     " gaps=%u gap_frames=%" PRIu64 " gap_ms=%" PRIu64 " keyframes=%" PRIu64 " inbox_dropped=%" PRIu64
	     " refused=%" PRIu64 " buffered_max=%zu writes=%" PRIu64 " flushes=%" PRIu64 " bytes=%" PRIu64
	     " moves=%" PRIu64 " threshold=%" PRIu64 " flush_max_us=%" PRId64,
	     p->number, p->video.frames + p->audio.frames, written, dropped, dropped_audio, s.gaps, gap_frames, lost_ms,
	     keyframes, s.inbox_dropped_packets, p->refused, p->buffered_max, s.writes, s.flushes, s.bytes_written,
	     s.flush_threshold_moves, s.flush_threshold, s.flush_latency.max_us);
}

static void stop_all(GPtrArray *peers)
{
	for (guint i = 0; i < peers->len; i++)
		tsr_recording_stop(((struct peer *)peers->pdata[i])->recording, "stop");
	for (guint i = 0; i < peers->len; i++) {
		struct peer *p = peers->pdata[i];
		tsr_recording_wait(p->recording);
		tell_stats(p);
		tsr_recording_unref(p->recording);
		g_free(p);
	}
}

/* ---- the whole ------------------------------------------------------------------------------------------------------- */

static int percentile(double share)
{
	uint64_t all = 0, seen = 0;
	for (int i = 0; i <= LATENCIES; i++)
		all += latency[i];
	for (int i = 0; i <= LATENCIES; i++) {
		seen += latency[i];
		if ((double)seen >= share * (double)all)
			return i;
	}
	return LATENCIES;
}

static struct media *load(const char *path, const char *name, unsigned rate)
{
	char *ours = media_path(name);
	struct media *media = media_load(path != NULL ? path : ours, rate);
	g_free(ours);
	return media;
}

static bool parse(int *argc, char ***argv)
{
	GOptionContext *options = g_option_context_new("FOLDER…");
	g_option_context_add_main_entries(options, entries, NULL);
	bool good = g_option_context_parse(options, argc, argv, NULL) && *argc > 1 && *argc <= MAX_FOLDER + 1 &&
		    (opt.container == NULL || tsr_container_from_name(opt.container, &opt.kind));
	g_option_context_free(options);
	return good;
}

int feed_record(int argc, char **argv)
{
	if (!parse(&argc, &argv))
		return 2;
	struct media *video = load(opt.video, "small.h264", 30), *audio = load(opt.audio, "small.opus", 50);
	tsr_engine_config config = {.writers = (unsigned)opt.writers};
	tsr_engine *engine = tsr_engine_create(&config);
	GPtrArray *peers = g_ptr_array_new();
	for (int i = 0; i < opt.recordings * (argc - 1); i++) {
		struct peer *p = peer_create(engine, argv[1 + i % (argc - 1)], i, video, audio);
		if (p != NULL)
			g_ptr_array_add(peers, p);
	}
	tell("started %u", peers->len);
	if (peers->len > 0)
		run(peers);
	tell("stopping");
	stop_all(peers);
	g_ptr_array_unref(peers);
	tsr_engine_destroy(engine);
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	tell("latency %d %d %d", percentile(0.5), percentile(0.999), percentile(1));
	tell("memory %ld", usage.ru_maxrss);
	media_free(video);
	media_free(audio);
	return 0;
}
