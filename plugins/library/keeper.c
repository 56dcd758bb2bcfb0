/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <jansson.h>
#include <pthread.h>
#include <string.h>

#include "../runtime/runtime.h"
#include "../take/take.h"
#include "keeper.h"
#include "library.h"

/* How often retention is looked after. */
#define RETENTION_PERIOD_S 60
#define DAY_US             (86400LL * G_USEC_PER_SEC)

static GThread *thread;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static bool stopping, recover_wanted; /* mutex */

static bool is_stopping(void)
{
	pthread_mutex_lock(&mutex);
	bool now = stopping;
	pthread_mutex_unlock(&mutex);
	return now;
}

/* ---- recovery ---- */

static void on_recovered(void *user, const tsr_recovered *r)
{
	const struct settings *s = user;
	library_changed();
	if (r->error != TSR_OK) {
		log_line(TSR_LOG_WARNING, r->id, "left unfinished by an earlier run, and not recovered: %s",
			 tsr_strerror(r->error));
		return;
	}
	if (r->path && g_str_has_suffix(r->path, ".recording.ts")) /* kept */
		return;
	log_line(TSR_LOG_INFO, r->id,
		 "recovered: %" G_GUINT64_FORMAT " bytes, %" G_GINT64_FORMAT " ms, %" G_GUINT64_FORMAT " cut off",
		 r->bytes, r->duration_ms, r->bytes_cut);
	if (!r->path) /* it held no media */
		return;
	json_t *event = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "event", "recovered", "id", r->id, "file",
				  naming_below(s->recordings_path, r->path), "path", r->path, "bytes",
				  (json_int_t)r->bytes, "duration_ms", (json_int_t)r->duration_ms);
	runtime_notify(NULL, event);
}

/* Janus need not wait for all of the files when it ends. */
static bool is_cancelled(void *user G_GNUC_UNUSED)
{
	return is_stopping();
}

static void recover(const struct settings *s, bool keep)
{
	const tsr_recover_config config = {
		.keep = keep,
		.report = s->report,
		.file_mode = (unsigned)s->file_mode,
		.cancelled = is_cancelled,
		.on_recovered = on_recovered,
		.user = (void *)s,
	};
	tsr_error err = tsr_recover_folder(s->recordings_path, &config);
	if (err != TSR_OK)
		log_line(TSR_LOG_WARNING, NULL, "%s cannot be looked through for recordings to recover: %s",
			 s->recordings_path, tsr_strerror(err));
}

/* ---- retention ---- */

static void tell_deleted(const struct settings *s, const char *id, const char *path, const char *reason)
{
	log_line(TSR_LOG_INFO, id, "removed by retention (%s)", reason);
	runtime_notify(NULL, json_pack("{s:s, s:s, s:s, s:s}", "event", "deleted", "id", id, "file",
				       naming_below(s->recordings_path, path), "reason", reason));
	library_changed();
}

/* Its finished segments stay. */
static bool is_running(void *user G_GNUC_UNUSED, const char *id)
{
	struct take *take = take_find(id);
	take_unref(take);
	return take != NULL;
}

/* By age each profile may have its own rule. */
static void remove_old(const struct config *config)
{
	const struct settings *general = config_general(config);
	int64_t now_us = g_get_real_time();
	GPtrArray *items = library_items();
	for (guint i = 0; i < items->len; i++) {
		const struct library_item *item = g_ptr_array_index(items, i);
		const struct settings *s = config_profile(config, item->profile);
		int64_t days = (s ? s : general)->retain_days;
		if (item->interrupted || !days || item->ended_us + days * DAY_US > now_us || is_running(NULL, item->id))
			continue;
		for (guint j = 0; j < item->files->len; j++) {
			const char *name = g_ptr_array_index(item->files, j);
			char *path = g_strdup_printf("%s/%s.ts", general->recordings_path, name);
			if (tsr_remove(general->recordings_path, name) == TSR_OK)
				tell_deleted(general, item->id, path, "age");
			g_free(path);
		}
	}
	g_ptr_array_unref(items);
}

static void on_removed(void *user, const char *id, const char *path, uint64_t bytes G_GNUC_UNUSED, const char *reason)
{
	tell_deleted(user, id, path, reason);
}

static void retain(const struct config *config)
{
	const struct settings *s = config_general(config);
	remove_old(config);
	if (!s->retain_size)
		return;
	const tsr_retention retention = {
		.max_bytes = (uint64_t)s->retain_size,
		.is_running = is_running,
		.on_removed = on_removed,
		.user = (void *)s,
	};
	tsr_error err = tsr_retain(s->recordings_path, &retention);
	if (err != TSR_OK)
		log_line(TSR_LOG_WARNING, NULL, "retain_size cannot be kept: %s", tsr_strerror(err));
}

/* ---- the thread ---- */

/* Until there is something to do; false when it is time to go. */
static bool wait_for_work(void)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += RETENTION_PERIOD_S;
	pthread_mutex_lock(&mutex);
	int timed_out = 0;
	while (!stopping && !recover_wanted && !timed_out)
		timed_out = pthread_cond_timedwait(&wake, &mutex, &until);
	bool go_on = !stopping;
	pthread_mutex_unlock(&mutex);
	return go_on;
}

static bool take_recover_wanted(void)
{
	pthread_mutex_lock(&mutex);
	bool wanted = recover_wanted;
	recover_wanted = false;
	pthread_mutex_unlock(&mutex);
	return wanted;
}

static void *keep(void *user G_GNUC_UNUSED)
{
	bool asked = false; /* at the start it is the configuration that asks, and may want them kept */
	do {
		struct config *config = runtime_config();
		const struct settings *general = config_general(config);
		if (take_recover_wanted())
			recover(general, !asked && general->recovery == RECOVERY_KEEP);
		asked = true;
		retain(config);
		config_unref(config);
	} while (wait_for_work());
	return NULL;
}

bool keeper_start(void)
{
	struct config *config = runtime_config();
	stopping = false;
	recover_wanted = config_general(config)->recovery != RECOVERY_OFF;
	config_unref(config);
	thread = g_thread_try_new("tsr-keeper", keep, NULL, NULL);
	return thread != NULL;
}

void keeper_stop(void)
{
	if (!thread)
		return;
	pthread_mutex_lock(&mutex);
	stopping = true;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&mutex);
	g_thread_join(g_steal_pointer(&thread));
}

void keeper_recover(void)
{
	pthread_mutex_lock(&mutex);
	recover_wanted = true;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&mutex);
}
