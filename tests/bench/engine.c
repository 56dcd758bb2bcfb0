/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Measures the engine through recorder.h alone, and prints one JSON object.
 *
 *     engine scale FOLDER PEERS SECONDS [aac | hls]
 *                                          live: so many recordings of 2.5 Mb/s and Opus at once, copied, or with the sound as AAC, or
 *                                          copied and with a playlist
 *     engine push FOLDER PEERS SECONDS [stall | transcode VIDEO.ivf COUNT]
 *                                          live: how long tsr_push_rtp takes; with a disk that stands still, or so many transcodes
 *     engine soak FOLDER PACKETS STARTS    simulated: growth of memory, descriptors and threads
 *     engine allocations FOLDER            simulated: calls of malloc per packet, when all is warm
 *
 * "Live" means in real time, on the engine's threads. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tests/pipeline/harness.h"
#include "tests/pipeline/sender.h"
#include "tests/pipeline/usage.h"

#define VIDEO_RATE       30
#define VIDEO_FRAME_SIZE (2500000 / 8 / VIDEO_RATE)
#define SECOND_US        ((int64_t)G_USEC_PER_SEC)
#define MAX_SAMPLES      (8 * 1024 * 1024)

/* ---- what is counted from below ------------------------------------------------------------------------------------- */

static atomic_bool disk_stands_still;
static atomic_uint stalled_writes;
static atomic_ullong list_writes;    /* to playlists */
static atomic_ullong allocations[2]; /* by libraries, by us */

/* The engine's writes come by here. */
ssize_t pwritev(int fd, const struct iovec *vectors, int count, off_t offset)
{
	bool stalled = atomic_load(&disk_stands_still);
	stalled_writes += stalled;
	while (stalled && atomic_load(&disk_stands_still))
		usleep(10000);
	return syscall(SYS_pwritev, fd, vectors, count, (long)offset, 0L);
}

/* ... and those to playlists. */
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
	list_writes++;
	return syscall(SYS_pwrite64, fd, data, size, (long)offset);
}

/* Libraries call these too: they must be seen from outside, which nothing else here is. */
#define SEEN __attribute__((visibility("default")))

extern const char __executable_start, etext; /* the linker's: our own code lies between them */

static void count_allocation(const void *caller)
{
	bool ours = (const char *)caller >= &__executable_start && (const char *)caller < &etext;
	atomic_fetch_add_explicit(&allocations[ours], 1, memory_order_relaxed);
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

SEEN void *malloc(size_t size)
{
	count_allocation(__builtin_return_address(0));
	return __libc_malloc(size);
}

SEEN void *calloc(size_t count, size_t size)
{
	count_allocation(__builtin_return_address(0));
	return __libc_calloc(count, size);
}

SEEN void *realloc(void *old, size_t size)
{
	count_allocation(__builtin_return_address(0));
	return __libc_realloc(old, size);
}

SEEN int posix_memalign(void **out, size_t alignment, size_t size)
{
	count_allocation(__builtin_return_address(0));
	*out = __libc_memalign(alignment, size);
	return *out != NULL ? 0 : ENOMEM;
}

/* ---- peers ---------------------------------------------------------------------------------------------------------- */

struct peer {
	tsr_recording *recording;
	struct sender video, audio;
	struct feed {
		tsr_recording *recording;
		unsigned track;
	} feeds[2];
};

/* How long pushes took; one thread writes. */
static uint32_t *samples_ns;
static size_t sample_count;
static bool sampling;
static uint64_t refused;

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void push(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct feed *f = ctx;
	if (rtcp) {
		(void)tsr_push_rtcp(f->recording, f->track, data, size, arrival_us);
		return;
	}
	int64_t begin = sampling ? now_ns(CLOCK_MONOTONIC) : 0;
	refused += !tsr_push_rtp(f->recording, f->track, data, size, arrival_us);
	if (sampling && sample_count < MAX_SAMPLES)
		samples_ns[sample_count++] = (uint32_t)(now_ns(CLOCK_MONOTONIC) - begin);
}

static struct media *load(const char *name, unsigned rate)
{
	char *path = media_path(name);
	struct media *media = media_load(path, rate);
	g_free(path);
	return media;
}

static tsr_audio_mode audio_mode = TSR_AUDIO_COPY; /* of all recordings */
static tsr_hls_mode hls_mode;

static void start_peer(struct peer *p, tsr_engine *engine, const char *folder, unsigned number,
		       const struct media *video, const struct media *audio)
{
	char id[32];
	g_snprintf(id, sizeof(id), "%s-%u", video->codec == TSR_CODEC_H264 ? "peer" : "transcode", number);
	tsr_recording_config config = {.folder = folder, .id = id, .audio_mode = audio_mode, .hls.mode = hls_mode};
	if (tsr_recording_create(engine, &config, &p->recording) != TSR_OK)
		g_error("%s cannot be recorded", id);
	const struct media *media[2] = {video, audio};
	struct sender *senders[2] = {&p->video, &p->audio};
	for (unsigned i = 0; i < 2; i++) {
		p->feeds[i].recording = p->recording;
		if (tsr_recording_add_track(p->recording, &(tsr_track_config){.codec = media[i]->codec},
					    &p->feeds[i].track) != TSR_OK)
			g_error("no track");
		*senders[i] = (struct sender){.media = media[i],
					      .payload_type = (uint8_t)(96 + i),
					      .ssrc = 1 + i,
					      .start_us = tsr_now_us(),
					      .send = push,
					      .ctx = &p->feeds[i]};
	}
}

static void push_due(struct peer *p, int64_t now_us)
{
	while (p->video.start_us + sender_next_us(&p->video) <= now_us) {
		if (p->video.frames % VIDEO_RATE == 10)
			sender_report(&p->video, sender_next_us(&p->video));
		sender_frame(&p->video);
	}
	while (p->audio.start_us + sender_next_us(&p->audio) <= now_us)
		sender_frame(&p->audio);
}

/* In real time, until the moment given; wakes once a millisecond, and peers are spread over their frame's time. */
static void play(struct peer *peers, unsigned count, int64_t until_us)
{
	for (int64_t now_us = tsr_now_us(); now_us < until_us; now_us = tsr_now_us()) {
		for (unsigned i = 0; i < count; i++)
			push_due(&peers[i], now_us);
		usleep(1000);
	}
}

/* All begin to send now that all are there, each a little later than the one before: within one frame's time. */
static void begin_to_send(struct peer *peers, unsigned count)
{
	int64_t start_us = tsr_now_us();
	for (unsigned i = 0; i < count; i++)
		peers[i].video.start_us = peers[i].audio.start_us =
			start_us + (int64_t)i * (SECOND_US / VIDEO_RATE) / count;
}

static int64_t process_cpu_us(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * SECOND_US + usage.ru_utime.tv_usec +
	       usage.ru_stime.tv_usec;
}

static void stop_all(struct peer *peers, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		tsr_recording_stop(peers[i].recording, "stop");
	for (unsigned i = 0; i < count; i++) {
		tsr_recording_wait(peers[i].recording);
		tsr_recording_unref(peers[i].recording);
	}
}

/* ---- scale ---------------------------------------------------------------------------------------------------------- */

struct moment {
	int64_t wall_us, cpu_us, feed_us; /* of the clock, of all threads, of the one that feeds */
	uint64_t writes, syncs;           /* of the first peer */
	uint64_t list_writes;             /* of all */
	uint64_t frames, frames_written;  /* its video: sent, in the file */
};

static struct moment take_moment(const struct peer *first)
{
	tsr_stats *stats = g_new(tsr_stats, 1);
	tsr_recording_get_stats(first->recording, stats);
	struct moment m = {.wall_us = tsr_now_us(),
			   .cpu_us = process_cpu_us(),
			   .feed_us = now_ns(CLOCK_THREAD_CPUTIME_ID) / 1000,
			   .writes = stats->writes,
			   .syncs = stats->flushes,
			   .list_writes = atomic_load(&list_writes),
			   .frames = first->video.frames,
			   .frames_written = stats->track[0].frames_written};
	g_free(stats);
	return m;
}

/* What waits in all the recordings' inboxes and sinks. */
static size_t waiting_bytes(const struct peer *peers, unsigned count)
{
	size_t bytes = 0;
	tsr_stats *stats = g_new(tsr_stats, 1);
	for (unsigned i = 0; i < count; i++) {
		tsr_recording_get_stats(peers[i].recording, stats);
		bytes += stats->inbox_bytes + stats->buffered_bytes;
	}
	g_free(stats);
	return bytes;
}

static double rate(uint64_t begin, uint64_t end, double seconds)
{
	return (double)(end - begin) / seconds;
}

static double size_of(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? (double)st.st_size : 0;
}

/* What the first peer's playlists have of what its file has. */
static double list_share_percent(const struct peer *peers)
{
	tsr_stats *stats = g_new(tsr_stats, 1);
	tsr_recording_get_stats(peers[0].recording, stats);
	char *stem =
		g_strndup(stats->playlist, strlen(stats->playlist) - strlen(stats->playlist[0] != 0 ? ".m3u8" : ""));
	char *master = g_strconcat(stem, ".master.m3u8", NULL);
	double share =
		stats->playlist[0] != 0 ? 100 * (size_of(stats->playlist) + size_of(master)) / size_of(stats->path) : 0;
	g_free(master);
	g_free(stem);
	g_free(stats);
	return share;
}

static void print_scale(const struct peer *peers, unsigned count, const struct moment *begin, const struct moment *end,
			size_t rss)
{
	struct usage usage = usage_now();
	double seconds = (double)(end->wall_us - begin->wall_us) / 1e6;
	int64_t feed_us = end->feed_us - begin->feed_us, engine_us = end->cpu_us - begin->cpu_us - feed_us;
	printf("{\"peers\": %u, \"threads\": %u, \"descriptors\": %u, \"refused_packets\": %" G_GUINT64_FORMAT, count,
	       usage.threads, usage.descriptors, refused);
	const struct {
		const char *name;
		double value;
	} figures[] = {
		{"engine_ms_per_peer_second", (double)engine_us / 1e3 / seconds / count},
		{"feed_ms_per_peer_second", (double)feed_us / 1e3 / seconds / count},
		{"resident_kib_per_peer", (double)(usage.rss - rss) / 1024 / count},
		{"waiting_kib_per_peer", (double)waiting_bytes(peers, count) / 1024 / count},
		{"writes_per_second", rate(begin->writes, end->writes, seconds)},
		{"syncs_per_second", rate(begin->syncs, end->syncs, seconds)},
		{"list_writes_per_peer_second", rate(begin->list_writes, end->list_writes, seconds) / count},
		{"list_share_percent", list_share_percent(peers)},
		{"frames_per_second", rate(begin->frames, end->frames, seconds)},
		{"frames_written_per_second", rate(begin->frames_written, end->frames_written, seconds)},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(figures); i++)
		printf(", \"%s\": %.4f", figures[i].name, figures[i].value);
	printf("}\n");
	fflush(stdout);
}

static void measure_scale(const char *folder, unsigned count, unsigned seconds)
{
	struct media *video = load("gray.h264", VIDEO_RATE), *audio = load("small.opus", 50);
	media_pad(video, VIDEO_FRAME_SIZE);
	struct peer *peers = g_new0(struct peer, count);
	tsr_engine *engine = tsr_engine_create(NULL);
	size_t rss = usage_now().rss;
	for (unsigned i = 0; i < count; i++)
		start_peer(&peers[i], engine, folder, i, video, audio);
	begin_to_send(peers, count);
	play(peers, count, tsr_now_us() + 2 * SECOND_US); /* to warm up */
	struct moment begin = take_moment(&peers[0]);
	play(peers, count, begin.wall_us + (int64_t)seconds * SECOND_US);
	struct moment end = take_moment(&peers[0]);
	print_scale(peers, count, &begin, &end, rss);
	stop_all(peers, count);
	tsr_engine_destroy(engine);
	g_free(peers);
	media_free(video);
	media_free(audio);
}

/* ---- push ----------------------------------------------------------------------------------------------------------- */

/* The transcoding peers are fed by a thread of their own: it is not them we measure. */
struct background {
	struct peer *peers;
	unsigned count;
	int64_t until_us;
};

static void feed_quietly(struct peer *p, int64_t now_us)
{
	while (p->video.start_us + sender_next_us(&p->video) <= now_us)
		sender_frame(&p->video);
}

static void push_uncounted(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct feed *f = ctx;
	if (!rtcp)
		(void)tsr_push_rtp(f->recording, f->track, data, size, arrival_us);
}

static void *feed_background(void *arg)
{
	const struct background *b = arg;
	for (int64_t now_us = tsr_now_us(); now_us < b->until_us; now_us = tsr_now_us()) {
		for (unsigned i = 0; i < b->count; i++)
			feed_quietly(&b->peers[i], now_us);
		usleep(5000);
	}
	return NULL;
}

static int compare_samples(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static double percentile_us(double share)
{
	return sample_count > 0 ? samples_ns[(size_t)((double)(sample_count - 1) * share)] / 1e3 : 0;
}

static void measure_push(const char *folder, unsigned count, unsigned seconds, bool stall, const char *ivf,
			 unsigned transcodes)
{
	struct media *video = load("gray.h264", VIDEO_RATE), *audio = load("small.opus", 50);
	struct media *vp8 = ivf != NULL ? media_load(ivf, VIDEO_RATE) : NULL;
	media_pad(video, VIDEO_FRAME_SIZE);
	samples_ns = g_new0(uint32_t, MAX_SAMPLES); /* touched now, not while it is measured */
	memset(samples_ns, 1, MAX_SAMPLES * sizeof(*samples_ns));
	struct peer *peers = g_new0(struct peer, count + transcodes);
	tsr_engine *engine = tsr_engine_create(NULL);
	for (unsigned i = 0; i < count + transcodes; i++)
		start_peer(&peers[i], engine, folder, i, i < count ? video : vp8, audio);
	begin_to_send(peers, count + transcodes);
	int64_t until_us = tsr_now_us() + (int64_t)(seconds + 2) * SECOND_US;
	struct background background = {peers + count, transcodes, until_us};
	pthread_t thread;
	for (unsigned i = 0; i < transcodes; i++)
		background.peers[i].video.send = push_uncounted;
	if (pthread_create(&thread, NULL, feed_background, &background) != 0)
		g_error("no thread");
	play(peers, count, until_us - (int64_t)seconds * SECOND_US);
	atomic_store(&disk_stands_still, stall);
	sampling = true;
	play(peers, count, until_us);
	sampling = false;
	atomic_store(&disk_stands_still, false);
	pthread_join(thread, NULL);
	if (stall && stalled_writes == 0)
		g_error("no write came by while the disk stood still");
	qsort(samples_ns, sample_count, sizeof(*samples_ns), compare_samples);
	printf("{\"samples\": %zu, \"median_us\": %.2f, \"p99_us\": %.2f, \"p999_us\": %.2f, \"longest_us\": %.2f",
	       sample_count, percentile_us(0.5), percentile_us(0.99), percentile_us(0.999), percentile_us(1));
	printf(", \"refused_packets\": %" G_GUINT64_FORMAT ", \"transcodes\": %u, \"stalled_writes\": %u}\n", refused,
	       transcodes, stalled_writes);
	fflush(stdout);
	stop_all(peers, count + transcodes);
	tsr_engine_destroy(engine);
	g_free(peers);
	g_free(samples_ns);
	media_free(video);
	media_free(audio);
	media_free(vp8);
}

/* ---- simulated ------------------------------------------------------------------------------------------------------ */

static void play_simulated(struct peer *p, uint64_t packets)
{
	while (p->video.packets + p->audio.packets < packets)
		sender_frame(sender_next_us(&p->video) <= sender_next_us(&p->audio) ? &p->video : &p->audio);
}

struct simulation {
	struct media *video, *audio;
	tsr_engine *engine;
	struct peer peer;
};

static void simulation_start(struct simulation *s, const char *folder, size_t frame_size)
{
	*s = (struct simulation){.video = load("gray.h264", VIDEO_RATE), .audio = load("small.opus", 50)};
	media_pad(s->video, frame_size);
	s->engine = tsr_engine_create(&(tsr_engine_config){.offline = true});
	start_peer(&s->peer, s->engine, folder, 0, s->video, s->audio);
}

static void simulation_end(struct simulation *s)
{
	stop_all(&s->peer, 1);
	tsr_engine_destroy(s->engine);
	media_free(s->video);
	media_free(s->audio);
}

static void measure_allocations(const char *folder)
{
	struct simulation s;
	simulation_start(&s, folder, VIDEO_FRAME_SIZE);
	play_simulated(&s.peer, 30000);
	uint64_t ours = allocations[true], theirs = allocations[false],
		 packets = s.peer.video.packets + s.peer.audio.packets;
	play_simulated(&s.peer, 60000);
	packets = s.peer.video.packets + s.peer.audio.packets - packets;
	ours = allocations[true] - ours;
	theirs = allocations[false] - theirs;
	if (allocations[true] == 0 || allocations[false] == 0)
		g_error("allocations are not seen");
	printf("{\"packets\": %" G_GUINT64_FORMAT ", \"ours_per_packet\": %.3f, \"libraries_per_packet\": %.3f}\n",
	       packets, (double)ours / (double)packets, (double)theirs / (double)packets);
	fflush(stdout);
	simulation_end(&s);
}

/* One recording after another, 25 at a time. */
static void start_and_stop(tsr_engine *engine, const char *folder, unsigned starts)
{
	struct media *video = load("gray.h264", VIDEO_RATE), *audio = load("small.opus", 50);
	struct peer peers[25];
	while (starts > 0) {
		unsigned batch = MIN(starts, G_N_ELEMENTS(peers));
		for (unsigned i = 0; i < batch; i++) {
			start_peer(&peers[i], engine, folder, starts - i, video, audio);
			sender_frame(&peers[i].video);
			sender_frame(&peers[i].audio);
		}
		stop_all(peers, batch);
		starts -= batch;
	}
	media_free(video);
	media_free(audio);
}

/* The last recording is let go of a moment after the wait for its end returns: as soon as nothing has changed for 0.2 s. */
static struct usage usage_settled(void)
{
	struct usage usage = usage_now();
	for (unsigned same = 0, tries = 0; same < 20 && tries < 500; tries++) {
		usleep(10000);
		struct usage now = usage_now();
		same = now.heap == usage.heap && now.descriptors == usage.descriptors ? same + 1 : 0;
		usage = now;
	}
	return usage;
}

static void measure_soak(const char *folder, uint64_t packets, unsigned starts)
{
	struct simulation s;
	simulation_start(&s, folder, 0); /* small frames: it is packets that count */
	play_simulated(&s.peer, packets / 10);
	struct usage before = usage_now();
	play_simulated(&s.peer, packets);
	struct usage after = usage_now();
	simulation_end(&s);
	tsr_engine *engine = tsr_engine_create(NULL);
	start_and_stop(engine, folder, 100);
	remove_folder(folder);
	struct usage first = usage_settled();
	g_mkdir_with_parents(folder, 0755);
	start_and_stop(engine, folder, starts);
	struct usage last = usage_settled();
	tsr_engine_destroy(engine);
	printf("{\"packets\": %" G_GUINT64_FORMAT ", \"heap_growth\": %td, \"resident_growth\": %td, \"starts\": %u, "
	       "\"heap_growth_by_starts\": %td, \"descriptor_growth\": %d, \"thread_growth\": %d}\n",
	       packets, (ptrdiff_t)(after.heap - before.heap), (ptrdiff_t)after.rss - (ptrdiff_t)before.rss, starts,
	       (ptrdiff_t)(last.heap - first.heap), (int)(last.descriptors - first.descriptors),
	       (int)(last.threads - first.threads));
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "", *folder = argc > 2 ? argv[2] : "";
	if (strcmp(mode, "soak") == 0)
		usage_be_exact(argv);
	unsigned first = argc > 3 ? (unsigned)atoi(argv[3]) : 0, second = argc > 4 ? (unsigned)atoi(argv[4]) : 0;
	bool transcode = argc == 8 && strcmp(argv[5], "transcode") == 0;
	if (argc == 6 && strcmp(argv[5], "aac") == 0)
		audio_mode = TSR_AUDIO_TRANSCODE;
	if (argc == 6 && strcmp(argv[5], "hls") == 0)
		hls_mode = TSR_HLS_SINGLE;
	if (strcmp(mode, "scale") == 0 && first > 0 && second > 0)
		measure_scale(folder, first, second);
	else if (strcmp(mode, "push") == 0 && first > 0 && second > 0)
		measure_push(folder, first, second, argc == 6 && strcmp(argv[5], "stall") == 0,
			     transcode ? argv[6] : NULL, transcode ? (unsigned)atoi(argv[7]) : 0);
	else if (strcmp(mode, "soak") == 0 && first > 0)
		measure_soak(folder, first, second);
	else if (strcmp(mode, "allocations") == 0)
		measure_allocations(folder);
	else
		return fprintf(stderr, "usage: see the top of engine.c\n"), 1;
	return 0;
}
