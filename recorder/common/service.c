/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "clock.h"

/* Turns are aligned to this grid, so that threads wake up for a batch of items instead of for each of them. */
#define GRID_US     20000
#define MAX_THREADS 64

struct service {
	pthread_mutex_t lock;
	pthread_cond_t changed;            /* an item was added, or the end has come */
	struct service_item *head, **tail; /* ordered by due time: every item waits the same period */
	unsigned count;                    /* items in the queue or in a thread's hands */
	bool ending;
	int64_t period_us;
	unsigned threads;
	pthread_t thread[MAX_THREADS];
	char name[16];
};

static int64_t next_due(const struct service *s, int64_t now_us)
{
	int64_t grid = s->period_us < GRID_US ? s->period_us : GRID_US;
	return (now_us + s->period_us) / grid * grid;
}

/* s->lock held. Waits until somebody adds an item or due_us comes; due_us < 0 waits without end. */
static void wait_for_work(struct service *s, int64_t due_us)
{
	if (due_us < 0) {
		pthread_cond_wait(&s->changed, &s->lock);
		return;
	}
	struct timespec until = {.tv_sec = due_us / 1000000, .tv_nsec = due_us % 1000000 * 1000};
	pthread_cond_timedwait(&s->changed, &s->lock, &until);
}

/* s->lock held. */
static struct service_item *pop(struct service *s)
{
	struct service_item *item = s->head;
	s->head = item->next;
	if (s->head == NULL)
		s->tail = &s->head;
	return item;
}

/* s->lock held. */
static void append(struct service *s, struct service_item *item)
{
	item->next = NULL;
	*s->tail = item;
	s->tail = &item->next;
}

static void *serve_items(void *arg)
{
	struct service *s = arg;
	pthread_setname_np(pthread_self(), s->name);
	pthread_mutex_lock(&s->lock);
	while (!s->ending || s->count > 0) {
		int64_t now = clock_now_us();
		if (s->head == NULL || s->head->due_us > now) {
			wait_for_work(s, s->head != NULL ? s->head->due_us : -1);
			continue;
		}
		struct service_item *item = pop(s);
		pthread_mutex_unlock(&s->lock);
		bool again = item->serve(item, now);
		pthread_mutex_lock(&s->lock);
		if (again) {
			item->due_us = next_due(s, now);
			append(s, item);
		} else if (--s->count == 0 && s->ending) {
			pthread_cond_broadcast(&s->changed);
		}
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

struct service *service_create(const char *name, unsigned threads, int64_t period_us)
{
	struct service *s = calloc(1, sizeof(*s));
	if (s == NULL || threads == 0 || threads > MAX_THREADS) {
		free(s);
		return NULL;
	}
	s->tail = &s->head;
	s->period_us = period_us;
	snprintf(s->name, sizeof(s->name), "%s", name);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	while (s->threads < threads && pthread_create(&s->thread[s->threads], NULL, serve_items, s) == 0)
		s->threads++;
	if (s->threads == threads)
		return s;
	service_destroy(s);
	return NULL;
}

void service_add(struct service *s, struct service_item *item)
{
	pthread_mutex_lock(&s->lock);
	/* At the head: it is due now, and nothing there can be due earlier by more than a thread is late. */
	item->due_us = clock_now_us();
	item->next = s->head;
	s->head = item;
	if (item->next == NULL)
		s->tail = &item->next;
	s->count++;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

void service_destroy(struct service *s)
{
	if (s == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	for (unsigned i = 0; i < s->threads; i++)
		pthread_join(s->thread[i], NULL);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

unsigned service_count(struct service *s)
{
	pthread_mutex_lock(&s->lock);
	unsigned count = s->count;
	pthread_mutex_unlock(&s->lock);
	return count;
}
