/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <jansson.h>
#include <pthread.h>
#include <string.h>

#include "../library/library.h"
#include "../runtime/runtime.h"
#include "keeper.h"

/* How often retention is looked after. */
#define RETENTION_PERIOD_S 60
#define DAY_US             (86400LL * G_USEC_PER_SEC)
/* Recordings that are asked for at once. */
#define PAGE 100

struct keeper {
	struct runtime *runtime; /* borrowed, as what follows */
	struct library *library;
	struct keeper_host host;
	GThread *thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool stopping, recover_wanted; /* mutex, as what follows */
	int64_t retention_us;
};

/* What the engine's callbacks need. */
struct turn {
	struct keeper *keeper;
	const struct config *config;
	const struct settings *general;
};

static bool is_stopping(struct keeper *k)
{
	pthread_mutex_lock(&k->mutex);
	bool now = k->stopping;
	pthread_mutex_unlock(&k->mutex);
	return now;
}

/* ---- recovery ---- */

static void on_recovered(void *user, const tsr_recovered *r)
{
	const struct turn *t = user;
	if (r->path)
		library_look(t->keeper->library, r->path);
	else /* it held no media, and is gone: to look for it is to find that out */
		catalogue_recording_free(catalogue_find(library_catalogue(t->keeper->library), r->id));
	if (r->error != TSR_OK) {
		log_line(TSR_LOG_WARNING, r->id, "left unfinished by an earlier run, and not recovered: %s",
			 tsr_strerror(r->error));
		return;
	}
	bool running = false;
	if (r->path && tsr_container_of_file(r->path, NULL, &running, NULL) && running) /* kept */
		return;
	log_line(TSR_LOG_INFO, r->id,
		 "recovered: %" G_GUINT64_FORMAT " bytes, %" G_GINT64_FORMAT " ms, %" G_GUINT64_FORMAT " cut off",
		 r->bytes, r->duration_ms, r->bytes_cut);
	if (!r->path) /* it held no media */
		return;
	json_t *event = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "event", "recovered", "id", r->id, "file",
				  naming_below(t->general->recordings_path, r->path), "path", r->path, "bytes",
				  (json_int_t)r->bytes, "duration_ms", (json_int_t)r->duration_ms);
	runtime_notify(t->keeper->runtime, NULL, event);
}

/* Janus need not wait for all of the files when it ends. */
static bool is_cancelled(void *user)
{
	return is_stopping(((const struct turn *)user)->keeper);
}

static void recover(const struct turn *t, bool keep)
{
	const struct settings *s = t->general;
	const tsr_recover_config config = {
		.keep = keep,
		.report = s->report,
		.file_mode = (unsigned)s->file_mode,
		.cancelled = is_cancelled,
		.on_recovered = on_recovered,
		.user = (void *)t,
	};
	tsr_error err = tsr_recover_folder(s->recordings_path, &config);
	if (err != TSR_OK)
		log_line(TSR_LOG_WARNING, NULL, "%s cannot be looked through for recordings to recover: %s",
			 s->recordings_path, tsr_strerror(err));
	if (!keep)
		t->keeper->host.recovered(t->keeper->host.user);
}

/* ---- retention ---- */

static bool runs(const struct turn *t, const char *id)
{
	return t->keeper->host.is_running(t->keeper->host.user, id);
}

/* `name` is below the folder, without ending. False when it stays. */
static bool remove_file(const struct turn *t, const char *id, const char *name, const char *ending, const char *reason)
{
	tsr_error err = tsr_remove(t->general->recordings_path, name);
	library_look(t->keeper->library, name);
	if (err != TSR_OK) {
		log_line(TSR_LOG_WARNING, id, "retention could not remove %s%s: %s", name, ending, tsr_strerror(err));
		return false;
	}
	log_line(TSR_LOG_INFO, id, "removed by retention (%s): %s%s", reason, name, ending);
	runtime_notify(t->keeper->runtime, NULL,
		       json_pack("{s:s, s:s, s:s+, s:s}", "event", "deleted", "id", id, "file", name, ending, "reason",
				 reason));
	return true;
}

/* Those of one profile (NULL = of none). */
static void remove_old_of(const struct turn *t, const char *profile)
{
	struct catalogue *catalogue = library_catalogue(t->keeper->library);
	const struct settings *s = config_profile(t->config, profile);
	int64_t days = (s ? s : t->general)->retain_days;
	GPtrArray *old = NULL, *more;
	while (days) {
		const struct catalogue_recording *last = old && old->len ? g_ptr_array_index(old, old->len - 1) : NULL;
		more = catalogue_ended_before(catalogue, profile, g_get_real_time() - days * DAY_US, last, PAGE);
		if (old)
			g_ptr_array_unref(old);
		old = more;
		for (guint i = 0; i < old->len && !is_stopping(t->keeper); i++) {
			const struct catalogue_recording *r = g_ptr_array_index(old, i);
			for (guint j = 0; j < r->files->len && !runs(t, r->id); j++)
				(void)remove_file(t, r->id, g_ptr_array_index(r->files, j), r->ending, "age");
		}
		if (!old->len || is_stopping(t->keeper))
			break;
	}
	if (old)
		g_ptr_array_unref(old);
}

/* By age each profile may have its own rule; so may those that are not configured any more. */
static void remove_old(const struct turn *t)
{
	struct catalogue *catalogue = library_catalogue(t->keeper->library);
	char *profile = NULL, *next;
	do {
		remove_old_of(t, profile);
		next = catalogue_next_profile(catalogue, profile);
		g_free(profile);
	} while ((profile = next));
}

static void remove_much(const struct turn *t)
{
	struct catalogue *catalogue = library_catalogue(t->keeper->library);
	uint64_t most = (uint64_t)t->general->retain_size, bytes = catalogue_bytes(catalogue);
	struct catalogue_file *file = NULL, *next;
	while (bytes > most && !is_stopping(t->keeper)) {
		next = catalogue_oldest_file(catalogue, file);
		catalogue_file_free(file);
		file = next;
		if (!file)
			break;
		/* Of one that runs, the finished segments stay. */
		if (!runs(t, file->id) && remove_file(t, file->id, file->name, file->ending, "size"))
			bytes -= MIN(bytes, file->bytes);
	}
	catalogue_file_free(file);
}

/* What is the oldest can only be said once all are known. */
static void retain(const struct turn *t)
{
	struct keeper *k = t->keeper;
	if (!library_is_complete(k->library))
		return;
	int64_t started_us = tsr_now_us();
	remove_old(t);
	if (t->general->retain_size)
		remove_much(t);
	pthread_mutex_lock(&k->mutex);
	k->retention_us = tsr_now_us() - started_us;
	pthread_mutex_unlock(&k->mutex);
}

int64_t keeper_retention_us(struct keeper *k)
{
	if (!k)
		return -1;
	pthread_mutex_lock(&k->mutex);
	int64_t us = k->retention_us;
	pthread_mutex_unlock(&k->mutex);
	return us;
}

/* ---- the thread ---- */

/* Until there is something to do; false when it is time to go. */
static bool wait_for_work(struct keeper *k)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += library_is_complete(k->library) ? RETENTION_PERIOD_S : 1;
	pthread_mutex_lock(&k->mutex);
	int timed_out = 0;
	while (!k->stopping && !k->recover_wanted && !timed_out)
		timed_out = pthread_cond_timedwait(&k->wake, &k->mutex, &until);
	bool go_on = !k->stopping;
	pthread_mutex_unlock(&k->mutex);
	return go_on;
}

static bool take_recover_wanted(struct keeper *k)
{
	pthread_mutex_lock(&k->mutex);
	bool wanted = k->recover_wanted;
	k->recover_wanted = false;
	pthread_mutex_unlock(&k->mutex);
	return wanted;
}

static void *keep(void *user)
{
	struct keeper *k = user;
	bool asked = false; /* at the start it is the configuration that asks, and may want them kept */
	do {
		struct config *config = runtime_config(k->runtime);
		const struct turn turn = {k, config, config_general(config)};
		if (take_recover_wanted(k))
			recover(&turn, !asked && turn.general->recovery == RECOVERY_KEEP);
		asked = true;
		retain(&turn);
		config_unref(config);
	} while (wait_for_work(k));
	return NULL;
}

static void keeper_free(struct keeper *k)
{
	pthread_cond_destroy(&k->wake);
	pthread_mutex_destroy(&k->mutex);
	g_free(k);
}

struct keeper *keeper_create(struct runtime *runtime, struct library *library, const struct keeper_host *host)
{
	struct config *config = runtime_config(runtime);
	struct keeper *k = g_new0(struct keeper, 1);
	k->runtime = runtime;
	k->library = library;
	k->host = *host;
	k->retention_us = -1;
	k->recover_wanted = config_general(config)->recovery != RECOVERY_OFF;
	config_unref(config);
	pthread_mutex_init(&k->mutex, NULL);
	pthread_cond_init(&k->wake, NULL);
	k->thread = g_thread_try_new("tsr-keeper", keep, k, NULL);
	if (k->thread)
		return k;
	keeper_free(k);
	return NULL;
}

void keeper_destroy(struct keeper *k)
{
	if (!k)
		return;
	pthread_mutex_lock(&k->mutex);
	k->stopping = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->mutex);
	g_thread_join(k->thread);
	keeper_free(k);
}

void keeper_recover(struct keeper *k)
{
	if (!k)
		return;
	pthread_mutex_lock(&k->mutex);
	k->recover_wanted = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->mutex);
}
