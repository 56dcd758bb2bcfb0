/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libjanus_timed.so: lies in Janus's folder of plugins in place of the plugin that TSR_TIMED_PLUGIN names, and is that plugin, but
 * measures how long each incoming_rtp and incoming_rtcp takes. The Admin API's request {"request": "times"} is answered with what
 * was measured since the one before it:
 *
 *     {"incoming_rtp": {"calls": N, "preempted": N, "waited": N, "faulted": N,
 *                       "wall": {"median_us": F, "p99_us": F, "p999_us": F, "longest_us": F}, "cpu": {…}}, "incoming_rtcp": {…}}
 *
 * Wall time is what Janus's thread loses. CPU time leaves out what the kernel gave to other threads meanwhile, and has the two
 * reads of that clock in it, which wall time has not; what interrupts did meanwhile is in both. "preempted" are the calls during
 * which the kernel took the processor away (or while we read the clocks around them), "waited" those in which the thread gave it up,
 * as for a lock that somebody holds, "faulted" those that touched a page for the first time. */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <jansson.h>
#include <plugins/plugin.h>

/* ---- a histogram: 16 buckets an octave, so that a percentile is told to within 1/16, upwards ------------------------- */

#define STEPS_LOG2  4
#define STEPS       (1 << STEPS_LOG2)
#define MOST_OCTAVE 39 /* 9 minutes */
#define BUCKETS     ((MOST_OCTAVE - STEPS_LOG2 + 2) * STEPS)

struct histogram {
	atomic_uint_fast64_t bucket[BUCKETS];
	atomic_uint_fast64_t longest_ns;
};

static unsigned bucket_of(uint64_t ns)
{
	if (ns < STEPS)
		return (unsigned)ns;
	unsigned octave = 63 - (unsigned)__builtin_clzll(ns);
	if (octave > MOST_OCTAVE)
		return BUCKETS - 1;
	return (octave - STEPS_LOG2 + 1) * STEPS + (unsigned)(ns >> (octave - STEPS_LOG2)) % STEPS;
}

/* Everything in the bucket is shorter. */
static uint64_t end_of(unsigned bucket)
{
	if (bucket < STEPS)
		return bucket + 1;
	return (uint64_t)(STEPS + bucket % STEPS + 1) << (bucket / STEPS - 1);
}

static void note(struct histogram *h, int64_t spent_ns)
{
	uint64_t ns = spent_ns > 0 ? (uint64_t)spent_ns : 0;
	atomic_fetch_add_explicit(&h->bucket[bucket_of(ns)], 1, memory_order_relaxed);
	uint64_t longest = atomic_load_explicit(&h->longest_ns, memory_order_relaxed);
	while (ns > longest && !atomic_compare_exchange_weak(&h->longest_ns, &longest, ns))
		;
}

static double percentile_us(const uint64_t *bucket, uint64_t count, uint64_t longest_ns, double share)
{
	uint64_t seen = 0;
	for (unsigned i = 0; i < BUCKETS; i++) {
		seen += bucket[i];
		if (seen > 0 && (double)seen >= (double)count * share)
			return (double)(end_of(i) < longest_ns ? end_of(i) : longest_ns) / 1e3;
	}
	return 0;
}

/* Empties it. */
static json_t *histogram_take(struct histogram *h)
{
	uint64_t bucket[BUCKETS], count = 0, longest_ns = atomic_exchange(&h->longest_ns, 0);
	for (unsigned i = 0; i < BUCKETS; i++)
		count += bucket[i] = atomic_exchange(&h->bucket[i], 0);
	return json_pack("{s:f, s:f, s:f, s:f}", "median_us", percentile_us(bucket, count, longest_ns, 0.5), "p99_us",
			 percentile_us(bucket, count, longest_ns, 0.99), "p999_us",
			 percentile_us(bucket, count, longest_ns, 0.999), "longest_us", (double)longest_ns / 1e3);
}

/* ---- one callback's times ------------------------------------------------------------------------------------------- */

struct times {
	atomic_uint_fast64_t calls, preempted, waited, faulted;
	struct histogram wall, cpu;
};

static struct times rtp_times, rtcp_times;

struct moment {
	int64_t wall_ns, cpu_ns;
	long preempted, waited, faulted;
};

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void read_usage(struct moment *m)
{
	struct rusage usage;
	getrusage(RUSAGE_THREAD, &usage);
	m->preempted = usage.ru_nivcsw;
	m->waited = usage.ru_nvcsw;
	m->faulted = usage.ru_minflt + usage.ru_majflt;
}

/* Wall time is read last here and first in end(): what else is read, by system calls, is not in it. */
static struct moment begin(void)
{
	struct moment m;
	read_usage(&m);
	m.cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
	m.wall_ns = now_ns(CLOCK_MONOTONIC);
	return m;
}

static void end(struct times *t, const struct moment *before)
{
	struct moment m;
	m.wall_ns = now_ns(CLOCK_MONOTONIC);
	m.cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
	read_usage(&m);
	note(&t->wall, m.wall_ns - before->wall_ns);
	note(&t->cpu, m.cpu_ns - before->cpu_ns);
	t->calls++;
	t->preempted += m.preempted != before->preempted;
	t->waited += m.waited != before->waited;
	t->faulted += m.faulted != before->faulted;
}

static json_t *times_take(struct times *t)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}", "calls", (json_int_t)atomic_exchange(&t->calls, 0),
			 "preempted", (json_int_t)atomic_exchange(&t->preempted, 0), "waited",
			 (json_int_t)atomic_exchange(&t->waited, 0), "faulted",
			 (json_int_t)atomic_exchange(&t->faulted, 0), "wall", histogram_take(&t->wall), "cpu",
			 histogram_take(&t->cpu));
}

/* ---- the plugin ----------------------------------------------------------------------------------------------------- */

static const janus_plugin *real;

static void incoming_rtp(janus_plugin_session *handle, janus_plugin_rtp *packet)
{
	struct moment before = begin();
	real->incoming_rtp(handle, packet);
	end(&rtp_times, &before);
}

static void incoming_rtcp(janus_plugin_session *handle, janus_plugin_rtcp *packet)
{
	struct moment before = begin();
	real->incoming_rtcp(handle, packet);
	end(&rtcp_times, &before);
}

static json_t *handle_admin_message(json_t *message)
{
	const char *request = json_string_value(json_object_get(message, "request"));
	if (request == NULL || strcmp(request, "times") != 0)
		return real->handle_admin_message(message);
	return json_pack("{s:o, s:o}", "incoming_rtp", times_take(&rtp_times), "incoming_rtcp",
			 times_take(&rtcp_times));
}

create_p create;

/* What Janus looks for after dlopen(). */
__attribute__((visibility("default"))) janus_plugin *create(void)
{
	const char *path = getenv("TSR_TIMED_PLUGIN");
	void *library = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	create_p *create_real = library != NULL ? (create_p *)dlsym(library, "create") : NULL;
	if (create_real == NULL || (real = create_real()) == NULL) {
		const char *why = path != NULL ? dlerror() : "not set";
		fprintf(stderr, "TSR_TIMED_PLUGIN: %s\n", why != NULL ? why : "no plugin");
		return NULL;
	}
	/* Its members are constants, hence two steps. Whatever else a Janus's version has is the real plugin's. */
	static janus_plugin timed;
	const janus_plugin ours = {.incoming_rtp = incoming_rtp,
				   .incoming_rtcp = incoming_rtcp,
				   .handle_admin_message = handle_admin_message};
	memcpy(&timed, real, sizeof(timed));
#define REPLACE(member) memcpy((void *)&timed.member, &ours.member, sizeof(timed.member))
	REPLACE(incoming_rtp);
	REPLACE(incoming_rtcp);
	REPLACE(handle_admin_message);
#undef REPLACE
	return &timed;
}
