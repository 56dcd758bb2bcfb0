/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "clock.h"

/* Turns are aligned to a grid, so that threads wake up for a batch of items instead of for each of them: a quarter of the
 * period, but not finer than this. */
#define GRID_MIN_US 20000
#define MAX_THREADS 64

struct service {
	pthread_mutex_t lock;
	pthread_cond_t due;  /* the watcher: the head is due, an item was added, or the end has come */
	pthread_cond_t idle; /* the others: there is work for one more, or nobody watches */
	unsigned idlers;     /* waiting for `idle` */
	bool watched;        /* one thread waits for the head to become due; waking them all would be waste */
	struct service_item *head, **tail; /* ordered by due time: every item waits the same period */
	unsigned count;                    /* items in the queue or in a thread's hands */
	bool ending;
	int64_t period_us;
	unsigned threads;
	pthread_t thread[MAX_THREADS];
	char name[16];
};

static int64_t grid_of(int64_t period_us)
{
	int64_t grid = period_us / 4 > GRID_MIN_US ? period_us / 4 : GRID_MIN_US;
	return grid < period_us ? grid : period_us;
}

/* A period behind the turn that began at now_us; a turn that begins late by less than the grid does not shift the next. */
static int64_t next_due(const struct service *s, int64_t now_us)
{
	int64_t grid = grid_of(s->period_us);
	return (now_us + s->period_us) / grid * grid;
}

/* s->lock held. One thread watches the clock for all; the others sleep until it has more work than it can do. */
static void wait_for_work(struct service *s)
{
	if (s->watched) {
		s->idlers++;
		pthread_cond_wait(&s->idle, &s->lock);
		s->idlers--;
		return;
	}
	s->watched = true;
	if (s->head == NULL) {
		pthread_cond_wait(&s->due, &s->lock);
	} else {
		int64_t due_us = s->head->due_us;
		struct timespec until = {.tv_sec = due_us / 1000000, .tv_nsec = due_us % 1000000 * 1000};
		pthread_cond_timedwait(&s->due, &s->lock, &until);
	}
	s->watched = false;
}

/* s->lock held. The caller is about to work: somebody has to watch, and to take what else is due. */
static void hand_over(struct service *s)
{
	if (!s->watched && s->idlers > 0)
		pthread_cond_signal(&s->idle);
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

/* s->lock held. */
static void wake_all(struct service *s)
{
	pthread_cond_broadcast(&s->due);
	pthread_cond_broadcast(&s->idle);
}

static void *serve_items(void *arg)
{
	struct service *s = arg;
	pthread_setname_np(pthread_self(), s->name);
	pthread_mutex_lock(&s->lock);
	while (!s->ending || s->count > 0) {
		int64_t now = clock_now_us();
		if (s->head == NULL || s->head->due_us > now) {
			wait_for_work(s);
			continue;
		}
		struct service_item *item = pop(s);
		hand_over(s);
		pthread_mutex_unlock(&s->lock);
		bool again = item->serve(item, now);
		pthread_mutex_lock(&s->lock);
		if (again) {
			item->due_us = next_due(s, now);
			append(s, item);
			/* The watcher found nothing to wait for while this one was being served. */
			if (s->head == item && s->watched)
				pthread_cond_signal(&s->due);
		} else if (--s->count == 0 && s->ending) {
			wake_all(s);
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
	pthread_cond_init(&s->due, &monotonic);
	pthread_cond_init(&s->idle, NULL);
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
	pthread_cond_signal(s->watched ? &s->due : &s->idle);
	pthread_mutex_unlock(&s->lock);
}

void service_destroy(struct service *s)
{
	if (s == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	wake_all(s);
	pthread_mutex_unlock(&s->lock);
	for (unsigned i = 0; i < s->threads; i++)
		pthread_join(s->thread[i], NULL);
	pthread_cond_destroy(&s->due);
	pthread_cond_destroy(&s->idle);
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
