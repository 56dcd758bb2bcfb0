/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include <glib/gstdio.h>

static void on_event(void *user, const tsr_event *event)
{
	struct harness *h = user;
	h->events[event->type]++;
	if (h->recording != NULL) { /* whoever is told may ask */
		tsr_stats *stats = g_new(tsr_stats, 1);
		tsr_recording_get_stats(h->recording, stats);
		g_free(stats);
	}
	if (event->type == TSR_EVENT_FINISHED || event->type == TSR_EVENT_FAILED) {
		h->path = g_strdup(event->path);
		h->bytes = event->bytes;
		h->duration_ms = event->duration_ms;
		h->error = event->error;
	}
	if (event->type == TSR_EVENT_WARNING) {
		char *all = g_strconcat(h->warnings, event->warning, " ", NULL);
		g_free(h->warnings);
		h->warnings = all;
	}
}

void harness_start(struct harness *h, bool offline, const tsr_recording_config *base)
{
	static const tsr_recording_config defaults;
	*h = (struct harness){.warnings = g_strdup("")};
	h->folder = g_dir_make_tmp("tsr-pipeline-XXXXXX", NULL);
	h->engine = tsr_engine_create(&(tsr_engine_config){.offline = offline});
	if (h->folder == NULL || h->engine == NULL)
		g_error("no folder or no engine");
	tsr_recording_config config = base != NULL ? *base : defaults;
	config.folder = h->folder;
	config.id = "test";
	config.on_event = on_event;
	config.user = h;
	tsr_error err = tsr_recording_create(h->engine, &config, &h->recording);
	if (err != TSR_OK)
		g_error("tsr_recording_create: %s", tsr_strerror(err));
}

unsigned harness_track(struct harness *h, tsr_codec codec)
{
	unsigned index = 0;
	tsr_error err = tsr_recording_add_track(h->recording, &(tsr_track_config){.codec = codec}, &index);
	if (err != TSR_OK)
		g_error("tsr_recording_add_track: %s", tsr_strerror(err));
	return index;
}

void harness_stop(struct harness *h, tsr_stats *stats)
{
	tsr_recording_stop(h->recording, "stop");
	tsr_recording_wait(h->recording);
	if (stats != NULL)
		tsr_recording_get_stats(h->recording, stats);
}

void remove_folder(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		char *file = g_build_filename(path, name, NULL);
		g_unlink(file);
		g_free(file);
	}
	if (dir != NULL)
		g_dir_close(dir);
	g_rmdir(path);
}

void harness_finish(struct harness *h)
{
	tsr_recording_unref(h->recording);
	tsr_engine_destroy(h->engine);
	remove_folder(h->folder);
	g_free(h->folder);
	g_free(h->path);
	g_free(h->warnings);
}
