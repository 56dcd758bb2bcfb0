/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <glib.h>
#include <string.h>
#include <time.h>

#include "foreign.h"
#include "payloads.h"

#define RTCP_SR 200 /* RFC 3550 section 12.1 */

/* A report from longer ago says little of how the clocks lie now: they may differ by some 100 ppm. */
#define REPORT_AGE_US 30000000

#define BUCKETS 1024 /* a power of two: some thousand handles find each other within a step or two */

static struct bucket {
	pthread_mutex_t mutex; /* guards the list */
	struct foreign *first; /* a reference each */
} buckets[BUCKETS] = {[0 ... BUCKETS - 1] = {PTHREAD_MUTEX_INITIALIZER, NULL}};

static struct bucket *bucket_of(const janus_plugin_session *handle)
{
	/* Allocations lie 16 bytes apart at least; Fibonacci hashing spreads what is left. */
	uint64_t key = ((uintptr_t)handle >> 4) * UINT64_C(0x9e3779b97f4a7c15);
	return &buckets[key >> 54];
}

G_STATIC_ASSERT(BUCKETS == 1 << (64 - 54));

struct foreign *foreign_ref(struct foreign *foreign)
{
	g_atomic_int_inc(&foreign->refs);
	return foreign;
}

void foreign_unref(struct foreign *foreign)
{
	if (!foreign || !g_atomic_int_dec_and_test(&foreign->refs))
		return;
	take_unref(foreign->take);
	if (foreign->line)
		janus_refcount_decrease(&foreign->handle->ref);
	g_free(foreign->line);
	g_free(foreign->payloads);
	pthread_cond_destroy(&foreign->answered);
	pthread_mutex_destroy(&foreign->mutex);
	g_free(foreign);
}

/* With a reference, or NULL. */
static struct foreign *find(janus_plugin_session *handle)
{
	struct bucket *bucket = bucket_of(handle);
	pthread_mutex_lock(&bucket->mutex);
	struct foreign *f = bucket->first;
	while (f && f->handle != handle)
		f = f->next;
	if (f)
		foreign_ref(f);
	pthread_mutex_unlock(&bucket->mutex);
	return f;
}

/* The core ends a handle on the thread that brings its packets, so no packet of one that has ended comes here. With a reference. */
static struct foreign *meet(struct hook *hook, janus_plugin_session *handle, int64_t since_us)
{
	struct foreign *f = g_new0(struct foreign, 1);
	f->refs = 2; /* the table's and the caller's */
	f->hook = hook;
	f->handle = handle;
	f->since_us = since_us;
	pthread_mutex_init(&f->mutex, NULL);
	pthread_cond_init(&f->answered, NULL);
	struct bucket *bucket = bucket_of(handle);
	pthread_mutex_lock(&bucket->mutex);
	f->next = bucket->first;
	bucket->first = f;
	pthread_mutex_unlock(&bucket->mutex);
	return f;
}

static struct foreign *find_or_meet(struct hook *hook, janus_plugin_session *handle)
{
	struct foreign *f = find(handle);
	return f ? f : meet(hook, handle, 0);
}

/* Its lock held. */
static struct foreign_line *line_of(struct foreign *f, int mindex)
{
	if (!f->line) {
		f->line = g_new0(struct foreign_line, FOREIGN_LINES);
		/* Not before: the core makes the handle's count after create_session. */
		janus_refcount_increase(&f->handle->ref);
	}
	return &f->line[mindex];
}

/* ---- media ------------------------------------------------------------------------------------------------------------- */

/* Its lock held. True: a stream that did not come before. */
static bool count(struct foreign_line *line, uint32_t ssrc, unsigned size)
{
	unsigned i = 0;
	while (i < line->streams && line->ssrc[i] != ssrc)
		i++;
	if (i == TAKE_LAYERS)
		return false;
	bool fresh = i == line->streams;
	if (fresh) {
		line->streams++;
		line->ssrc[i] = ssrc;
		line->bytes[i] = 0;
	}
	line->bytes[i] += size;
	return fresh;
}

/* Notes that a packet came. The take with a reference, or NULL; *late as in the struct. */
static struct take *note(struct foreign *f, const janus_plugin_rtp *packet, bool *late)
{
	if (packet->mindex < 0 || packet->mindex >= FOREIGN_LINES || packet->length < 12)
		return NULL;
	uint32_t ssrc;
	memcpy(&ssrc, packet->buffer + 8, sizeof(ssrc));
	pthread_mutex_lock(&f->mutex);
	struct foreign_line *line = line_of(f, packet->mindex);
	bool fresh = !line->seen;
	line->seen = true;
	line->video = packet->video;
	line->payload_type = (uint8_t)packet->buffer[1] & 0x7f;
	if (f->payloads && f->payloads->codec[line->payload_type] != TSR_CODEC_NONE)
		line->codec = (tsr_codec)f->payloads->codec[line->payload_type];
	if (packet->video)
		fresh |= count(line, ntohl(ssrc), packet->length);
	struct take *take = f->take && !(f->closed >> packet->mindex & 1) ? take_ref(f->take) : NULL;
	*late = take && f->late;
	if (take)
		f->late = false;
	pthread_mutex_unlock(&f->mutex);
	if (fresh) {
		g_atomic_int_set(&f->stale, 1);
		foreign_wake();
	}
	return take;
}

/* What came before the take was there, with the time when it came. */
static void push_reports(struct foreign *f, struct take *take)
{
	struct foreign_line lines[FOREIGN_LINES];
	if (!foreign_lines(f, lines))
		return;
	int64_t now_us = tsr_now_us();
	for (int i = 0; i < FOREIGN_LINES; i++) {
		for (unsigned j = 0; j < TAKE_LAYERS; j++) {
			const struct foreign_report *r = &lines[i].report[j];
			if (r->arrival_us && now_us - r->arrival_us < REPORT_AGE_US)
				take_push_rtcp(take, i, r->packet, sizeof(r->packet), r->arrival_us);
		}
	}
}

void foreign_rtp(struct hook *hook, janus_plugin_session *handle, const janus_plugin_rtp *packet)
{
	struct foreign *f = find_or_meet(hook, handle);
	bool late = false;
	struct take *take = note(f, packet, &late);
	if (late)
		push_reports(f, take);
	if (take && take_push_rtp(take, packet->mindex, packet->buffer, packet->length, tsr_now_us()))
		hook->gateway->send_pli_stream(handle, packet->mindex);
	take_unref(take);
	foreign_unref(f);
}

/* A compound packet of somebody who sends begins with the report (RFC 3550 section 6.1). */
static bool is_report(const janus_plugin_rtcp *packet)
{
	return packet->length >= FOREIGN_REPORT_BYTES && packet->mindex >= 0 && packet->mindex < FOREIGN_LINES &&
	       (uint8_t)packet->buffer[0] >> 6 == 2 && (uint8_t)packet->buffer[1] == RTCP_SR;
}

/* In the place of an older one of the same sender, else of the oldest. Its lock held. */
static void keep_report(struct foreign_line *line, const char *packet, int64_t now_us)
{
	struct foreign_report *at = &line->report[0];
	for (unsigned i = 0; i < TAKE_LAYERS; i++) {
		struct foreign_report *r = &line->report[i];
		if (r->arrival_us && !memcmp(r->packet + 4, packet + 4, sizeof(uint32_t))) {
			at = r;
			break;
		}
		if (r->arrival_us < at->arrival_us)
			at = r;
	}
	at->arrival_us = now_us;
	memcpy(at->packet, packet, sizeof(at->packet));
	/* Alone from now on: no report blocks, and that many words behind the first. */
	at->packet[0] = (char)0x80;
	at->packet[2] = 0;
	at->packet[3] = FOREIGN_REPORT_BYTES / 4 - 1;
}

void foreign_rtcp(struct hook *hook, janus_plugin_session *handle, const janus_plugin_rtcp *packet)
{
	bool report = is_report(packet);
	struct foreign *f = report ? find_or_meet(hook, handle) : find(handle);
	if (!f)
		return;
	int64_t now_us = tsr_now_us();
	pthread_mutex_lock(&f->mutex);
	if (report)
		keep_report(line_of(f, packet->mindex), packet->buffer, now_us);
	/* Those from before go first; this one is among them, if it is one. */
	struct take *take = f->take && !f->late ? take_ref(f->take) : NULL;
	pthread_mutex_unlock(&f->mutex);
	if (take)
		take_push_rtcp(take, packet->mindex, packet->buffer, packet->length, now_us);
	take_unref(take);
	foreign_unref(f);
}

/* ---- it begins and ends ------------------------------------------------------------------------------------------------ */

void foreign_begin(struct hook *hook, janus_plugin_session *handle)
{
	foreign_unref(meet(hook, handle, tsr_now_us()));
}

void foreign_said(janus_plugin_session *handle)
{
	struct foreign *f = find(handle);
	if (!f)
		return;
	g_atomic_int_set(&f->news, 1);
	foreign_unref(f);
	foreign_wake();
}

void foreign_described(struct hook *hook, janus_plugin_session *handle, const char *sdp)
{
	struct foreign *f = find_or_meet(hook, handle);
	pthread_mutex_lock(&f->mutex);
	if (!f->payloads)
		f->payloads = g_new0(struct payloads, 1);
	payloads_read(f->payloads, sdp);
	pthread_mutex_unlock(&f->mutex);
	foreign_unref(f);
}

/* Whom its list no longer has: when this returns, its plugin is not being asked about it, and will not be. */
static void part(struct foreign *f)
{
	pthread_mutex_lock(&f->mutex);
	f->gone = true;
	while (f->asking)
		pthread_cond_wait(&f->answered, &f->mutex);
	pthread_mutex_unlock(&f->mutex);
	foreign_set_take(f, NULL);
	foreign_unref(f);
}

void foreign_end(struct hook *hook, janus_plugin_session *handle, bool begin)
{
	struct bucket *bucket = bucket_of(handle);
	pthread_mutex_lock(&bucket->mutex);
	struct foreign **at = &bucket->first;
	while (*at && (*at)->handle != handle)
		at = &(*at)->next;
	struct foreign *f = *at;
	if (f)
		*at = f->next;
	pthread_mutex_unlock(&bucket->mutex);
	if (f) {
		part(f);
		foreign_wake();
	}
	if (begin)
		foreign_begin(hook, handle);
}

/* ---- the others -------------------------------------------------------------------------------------------------------- */

json_t *foreign_ask(struct foreign *f)
{
	pthread_mutex_lock(&f->mutex);
	bool gone = f->gone;
	f->asking = !gone;
	pthread_mutex_unlock(&f->mutex);
	if (gone)
		return NULL;
	json_t *answer = f->hook->plugin->query_session(f->handle);
	pthread_mutex_lock(&f->mutex);
	f->asking = false;
	pthread_cond_broadcast(&f->answered);
	pthread_mutex_unlock(&f->mutex);
	return answer;
}

bool foreign_is_gone(struct foreign *f)
{
	pthread_mutex_lock(&f->mutex);
	bool gone = f->gone;
	pthread_mutex_unlock(&f->mutex);
	return gone;
}

void foreign_set_take(struct foreign *f, struct take *take)
{
	pthread_mutex_lock(&f->mutex);
	struct take *old = f->take;
	f->take = take ? take_ref(take) : NULL;
	f->late = take != NULL;
	pthread_mutex_unlock(&f->mutex);
	take_unref(old);
}

void foreign_close_lines(struct foreign *f, uint32_t closed)
{
	pthread_mutex_lock(&f->mutex);
	f->closed = closed;
	pthread_mutex_unlock(&f->mutex);
}

bool foreign_lines(struct foreign *f, struct foreign_line out[FOREIGN_LINES])
{
	pthread_mutex_lock(&f->mutex);
	bool any = f->line != NULL;
	if (any)
		memcpy(out, f->line, FOREIGN_LINES * sizeof(*out));
	pthread_mutex_unlock(&f->mutex);
	return any;
}

GPtrArray *foreign_all(void)
{
	GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)foreign_unref);
	for (unsigned i = 0; i < BUCKETS; i++) {
		pthread_mutex_lock(&buckets[i].mutex);
		for (struct foreign *f = buckets[i].first; f; f = f->next) {
			if (g_atomic_int_get(&f->hook->watching) > 0)
				g_ptr_array_add(all, foreign_ref(f));
		}
		pthread_mutex_unlock(&buckets[i].mutex);
	}
	return all;
}

void foreign_touch(const struct hook *hook)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		pthread_mutex_lock(&buckets[i].mutex);
		for (struct foreign *f = buckets[i].first; f; f = f->next) {
			if (f->hook == hook)
				g_atomic_int_set(&f->stale, 1);
		}
		pthread_mutex_unlock(&buckets[i].mutex);
	}
	foreign_wake();
}

void foreign_forget(void)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		pthread_mutex_lock(&buckets[i].mutex);
		struct foreign *parted = g_steal_pointer(&buckets[i].first);
		pthread_mutex_unlock(&buckets[i].mutex);
		while (parted) {
			struct foreign *f = parted;
			parted = f->next;
			part(f);
		}
	}
}

static pthread_mutex_t news_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news_came = PTHREAD_COND_INITIALIZER;
static bool news; /* guarded by the mutex */

void foreign_wake(void)
{
	pthread_mutex_lock(&news_mutex);
	news = true;
	pthread_cond_signal(&news_came);
	pthread_mutex_unlock(&news_mutex);
}

void foreign_wait(int64_t us)
{
	struct timespec end;
	clock_gettime(CLOCK_MONOTONIC, &end);
	int64_t ns = end.tv_nsec + us * 1000;
	end.tv_sec += ns / 1000000000;
	end.tv_nsec = ns % 1000000000;
	pthread_mutex_lock(&news_mutex);
	while (!news && pthread_cond_clockwait(&news_came, &news_mutex, CLOCK_MONOTONIC, &end) == 0)
		;
	news = false;
	pthread_mutex_unlock(&news_mutex);
}
