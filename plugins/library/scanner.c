/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Goes through the folder: at the start, every hour, and when asked to. Between, it tends the database. */
#include <glib.h>

#include "inside.h"
#include "recorder/recorder.h"

#define SCAN_PERIOD_US (3600LL * G_USEC_PER_SEC)
#define TEND_PERIOD_S  60
/* A scan that takes longer is told of, each time that so much has passed. */
#define TELL_PERIOD_US (10LL * G_USEC_PER_SEC)

struct tour {
	struct library *library;
	int64_t told_us;
};

static bool is_stopping(void *user)
{
	struct library *l = ((const struct tour *)user)->library;
	pthread_mutex_lock(&l->mutex);
	bool stopping = l->stopping;
	pthread_mutex_unlock(&l->mutex);
	return stopping;
}

static void on_progress(void *user, uint64_t files)
{
	struct tour *tour = user;
	int64_t now_us = tsr_now_us();
	if (now_us - tour->told_us < TELL_PERIOD_US)
		return;
	tour->told_us = now_us;
	log_line(TSR_LOG_INFO, NULL, "the catalogue has looked at %" G_GUINT64_FORMAT " recorded files so far", files);
}

static void scan(struct library *l)
{
	int64_t started_us = tsr_now_us();
	bool fresh = catalogue_needs_scan(l->catalogue);
	struct tour tour = {.library = l, .told_us = started_us};
	const struct catalogue_scan config = {.cancelled = is_stopping, .progress = on_progress, .user = &tour};
	if (!catalogue_scan(l->catalogue, &config))
		return;
	pthread_mutex_lock(&l->mutex);
	l->scanned = true;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->mutex);
	struct catalogue_status status;
	catalogue_get_status(l->catalogue, &status);
	log_line(fresh ? TSR_LOG_INFO : TSR_LOG_DEBUG, NULL,
		 "the catalogue is complete: %" G_GUINT64_FORMAT " files were looked at in %" G_GINT64_FORMAT " ms",
		 status.scanned, (tsr_now_us() - started_us) / 1000);
}

/* Until there is something to do; false when it is time to go. Whether that is to scan. */
static bool wait_for_work(struct library *l, int64_t next_us, bool *wanted)
{
	int64_t left_us = next_us - tsr_now_us();
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += TEND_PERIOD_S;
	pthread_mutex_lock(&l->mutex);
	int timed_out = 0;
	while (!l->stopping && !l->scan_wanted && left_us > 0 && !timed_out)
		timed_out = pthread_cond_timedwait(&l->changed, &l->mutex, &until);
	*wanted = l->scan_wanted || left_us <= 0;
	l->scan_wanted = false;
	bool go_on = !l->stopping;
	pthread_mutex_unlock(&l->mutex);
	return go_on;
}

void *library_scanner(void *library)
{
	struct library *l = library;
	int64_t next_us = 0;
	bool wanted = true;
	do {
		catalogue_tend(l->catalogue);
		if (wanted || catalogue_needs_scan(l->catalogue)) {
			scan(l);
			next_us = tsr_now_us() + SCAN_PERIOD_US;
			catalogue_tend(l->catalogue);
		}
	} while (wait_for_work(l, next_us, &wanted));
	return NULL;
}
