/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <glib.h>
#include <string.h>
#include <time.h>

#include "foreign.h"

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
	janus_refcount_decrease(&foreign->handle->ref);
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

/* The core ends a handle on the thread that brings its packets, so no packet of one that has ended comes here. */
static struct foreign *meet(struct hook *hook, janus_plugin_session *handle)
{
	struct foreign *f = g_new0(struct foreign, 1);
	f->refs = 2; /* the table's and the caller's */
	f->hook = hook;
	f->handle = handle;
	f->stale = 1;
	janus_refcount_increase(&handle->ref);
	pthread_mutex_init(&f->mutex, NULL);
	struct bucket *bucket = bucket_of(handle);
	pthread_mutex_lock(&bucket->mutex);
	f->next = bucket->first;
	bucket->first = f;
	pthread_mutex_unlock(&bucket->mutex);
	return f;
}

/* ---- media ------------------------------------------------------------------------------------------------------------- */

/* Its lock held. */
static void count(struct foreign_line *line, uint32_t ssrc, unsigned size)
{
	unsigned i = 0;
	while (i < line->streams && line->ssrc[i] != ssrc)
		i++;
	if (i == TAKE_LAYERS)
		return;
	if (i == line->streams) {
		line->streams++;
		line->ssrc[i] = ssrc;
		line->bytes[i] = 0;
	}
	line->bytes[i] += size;
}

/* Notes that a packet came. The take with a reference, or NULL. */
static struct take *note(struct foreign *f, const janus_plugin_rtp *packet)
{
	if (packet->mindex < 0 || packet->mindex >= FOREIGN_LINES || packet->length < 12)
		return NULL;
	struct foreign_line *line = &f->line[packet->mindex];
	uint32_t ssrc;
	memcpy(&ssrc, packet->buffer + 8, sizeof(ssrc));
	pthread_mutex_lock(&f->mutex);
	bool fresh = !line->seen;
	line->seen = true;
	line->video = packet->video;
	line->payload_type = (uint8_t)packet->buffer[1] & 0x7f;
	if (packet->video)
		count(line, ntohl(ssrc), packet->length);
	struct take *take = f->take && !(f->closed >> packet->mindex & 1) ? take_ref(f->take) : NULL;
	pthread_mutex_unlock(&f->mutex);
	if (fresh) {
		g_atomic_int_set(&f->stale, 1);
		foreign_wake();
	}
	return take;
}

void foreign_rtp(struct hook *hook, janus_plugin_session *handle, const janus_plugin_rtp *packet)
{
	struct foreign *f = find(handle);
	if (!f)
		f = meet(hook, handle);
	struct take *take = note(f, packet);
	if (take && take_push_rtp(take, packet->mindex, packet->buffer, packet->length, tsr_now_us()))
		hook->gateway->send_pli_stream(handle, packet->mindex);
	take_unref(take);
	foreign_unref(f);
}

void foreign_rtcp(janus_plugin_session *handle, const janus_plugin_rtcp *packet)
{
	struct foreign *f = find(handle);
	if (!f)
		return;
	pthread_mutex_lock(&f->mutex);
	struct take *take = f->take ? take_ref(f->take) : NULL;
	pthread_mutex_unlock(&f->mutex);
	if (take)
		take_push_rtcp(take, packet->mindex, packet->buffer, packet->length, tsr_now_us());
	take_unref(take);
	foreign_unref(f);
}

/* Whom its list no longer has. */
static void part(struct foreign *f)
{
	g_atomic_int_set(&f->gone, 1);
	foreign_set_take(f, NULL);
	foreign_unref(f);
}

void foreign_end(janus_plugin_session *handle)
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
	if (!f)
		return;
	part(f);
	foreign_wake();
}

/* ---- the others -------------------------------------------------------------------------------------------------------- */

void foreign_set_take(struct foreign *f, struct take *take)
{
	pthread_mutex_lock(&f->mutex);
	struct take *old = f->take;
	f->take = take ? take_ref(take) : NULL;
	pthread_mutex_unlock(&f->mutex);
	take_unref(old);
}

void foreign_close_lines(struct foreign *f, uint32_t closed)
{
	pthread_mutex_lock(&f->mutex);
	f->closed = closed;
	pthread_mutex_unlock(&f->mutex);
}

void foreign_lines(struct foreign *f, struct foreign_line out[FOREIGN_LINES])
{
	pthread_mutex_lock(&f->mutex);
	memcpy(out, f->line, sizeof(f->line));
	pthread_mutex_unlock(&f->mutex);
}

GPtrArray *foreign_all(void)
{
	GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)foreign_unref);
	for (unsigned i = 0; i < BUCKETS; i++) {
		pthread_mutex_lock(&buckets[i].mutex);
		for (struct foreign *f = buckets[i].first; f; f = f->next)
			g_ptr_array_add(all, foreign_ref(f));
		pthread_mutex_unlock(&buckets[i].mutex);
	}
	return all;
}

void foreign_forget(const struct hook *hook)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		struct foreign *parted = NULL;
		pthread_mutex_lock(&buckets[i].mutex);
		for (struct foreign **at = &buckets[i].first; *at;) {
			struct foreign *f = *at;
			if (hook && f->hook != hook) {
				at = &f->next;
				continue;
			}
			*at = f->next;
			f->next = parted;
			parted = f;
		}
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
