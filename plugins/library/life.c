/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The library's life, and what this process records. */
#include <debug.h> /* Janus's */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utils.h> /* Janus's */

#include "../config/config.h"
#include "inside.h"
#include "recorder/recorder.h"

/* So long the start may wait for the first tour of the folder: with some thousand recordings the first request sees them all. */
#define FIRST_SCAN_WAIT_MS 250

static void on_told(void *user G_GNUC_UNUSED, bool bad, const char *text)
{
	log_line(bad ? TSR_LOG_WARNING : TSR_LOG_INFO, NULL, "%s", text);
}

static bool is_mine(void *user, const char *id)
{
	struct library *l = user;
	pthread_mutex_lock(&l->mutex);
	bool mine = g_hash_table_contains(l->mine, id);
	pthread_mutex_unlock(&l->mutex);
	return mine;
}

/* ---- life ---------------------------------------------------------------------------------------------------------- */

static void wait_for_first_scan(struct library *l)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += FIRST_SCAN_WAIT_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&l->mutex);
	while (!l->scanned && pthread_cond_timedwait(&l->changed, &l->mutex, &until) == 0)
		;
	pthread_mutex_unlock(&l->mutex);
}

/* Told by Janus's own log: the plugin's is not there yet. */
bool library_make_folder(const char *path)
{
	if (janus_is_folder_protected(path) && !g_file_test(path, G_FILE_TEST_IS_DIR))
		JANUS_LOG(
			LOG_ERR,
			"[tsrecorder] recordings_path %s is protected (protected_folders of janus.jcfg), and so is not "
			"made: make it, or name another\n",
			path);
	else if (g_mkdir_with_parents(path, 0755) != 0)
		JANUS_LOG(LOG_ERR, "[tsrecorder] recordings_path %s cannot be made: %s\n", path, g_strerror(errno));
	else
		return true;
	return false;
}

struct library *library_create(const char *folder)
{
	struct library *l = g_new0(struct library, 1);
	l->folder = g_strdup(folder);
	l->real = realpath(folder, NULL);
	l->mine = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_queue_init(&l->notices);
	pthread_mutex_init(&l->mutex, NULL);
	pthread_cond_init(&l->changed, NULL);
	const struct catalogue_config config = {.folder = folder,
						.endings = tsr_container_endings(),
						.is_running = is_mine,
						.tell = on_told,
						.user = l};
	l->catalogue = catalogue_open(&config);
	l->clerk = g_thread_try_new("tsr-library", library_clerk, l, NULL);
	l->scanner = g_thread_try_new("tsr-scanner", library_scanner, l, NULL);
	if (!l->clerk || !l->scanner) {
		library_destroy(l);
		return NULL;
	}
	wait_for_first_scan(l);
	return l;
}

void library_destroy(struct library *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->mutex);
	l->stopping = true;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->mutex);
	if (l->clerk)
		g_thread_join(l->clerk);
	if (l->scanner)
		g_thread_join(l->scanner);
	catalogue_close(l->catalogue);
	g_hash_table_destroy(l->mine);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->mutex);
	free(l->real);
	g_free(l->folder);
	g_free(l);
}

struct catalogue *library_catalogue(const struct library *l)
{
	return l->catalogue;
}

bool library_is_complete(struct library *l)
{
	pthread_mutex_lock(&l->mutex);
	bool scanned = l->scanned;
	pthread_mutex_unlock(&l->mutex);
	return scanned && !catalogue_needs_scan(l->catalogue);
}

void library_rescan(struct library *l)
{
	pthread_mutex_lock(&l->mutex);
	l->scan_wanted = true;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->mutex);
}

json_t *library_stats(struct library *l)
{
	struct catalogue_status s;
	catalogue_get_status(l->catalogue, &s);
	return json_pack("{s:s, s:b, s:I, s:I, s:I, s:I}", "state",
			 s.temporary              ? "temporary"
			 : library_is_complete(l) ? "complete"
						  : "incomplete",
			 "scanning", s.scanning, "files_scanned", (json_int_t)s.scanned, "finished",
			 (json_int_t)s.recordings[CATALOGUE_FINISHED], "interrupted",
			 (json_int_t)s.recordings[CATALOGUE_INTERRUPTED], "bytes", (json_int_t)s.bytes);
}

/* ---- recordings of this process ------------------------------------------------------------------------------------ */

bool library_begin(struct library *l, const struct catalogue_claim *claim)
{
	if (catalogue_claim(l->catalogue, claim) == CATALOGUE_EXISTS)
		return false;
	pthread_mutex_lock(&l->mutex);
	g_hash_table_add(l->mine, g_strdup(claim->id));
	pthread_mutex_unlock(&l->mutex);
	return true;
}

void library_cancel(struct library *l, const char *id)
{
	pthread_mutex_lock(&l->mutex);
	g_hash_table_remove(l->mine, id);
	pthread_mutex_unlock(&l->mutex);
	catalogue_release(l->catalogue, id);
}

void library_look(struct library *l, const char *path)
{
	char *name = g_strdup(naming_below(l->folder, l->real ? naming_below(l->real, path) : path));
	size_t stem;
	if (tsr_container_of_file(name, NULL, NULL, &stem))
		name[stem] = '\0';
	catalogue_refresh(l->catalogue, name);
	g_free(name);
}
