/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recording of the catalogue as the API shows it, and who may see it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utils.h> /* Janus's */

#include "../config/config.h"
#include "inside.h"

/* Real reports have some kilobytes: 16 tracks and 64 gaps. */
#define MAX_REPORT_BYTES (1024 * 1024)

/* ---- status -------------------------------------------------------------------------------------------------------- */

static json_t *file_names(const struct catalogue_recording *item)
{
	json_t *files = json_array();
	for (guint i = 0; i < item->files->len; i++)
		json_array_append_new(files, json_sprintf("%s%s%s", (const char *)g_ptr_array_index(item->files, i),
							  item->state == CATALOGUE_FINISHED ? "" : ".recording",
							  item->ending));
	return files;
}

/* Of a recording with these files: NAME.m3u8, NAME without a segment's number. NULL = there is none. */
static json_t *playlist_name(const struct library *l, const struct catalogue_recording *item)
{
	if (!item->files->len || strcmp(item->ending, tsr_container_ending(TSR_CONTAINER_TS)))
		return NULL;
	char name[TSR_PLAYLIST_BYTES];
	if (!tsr_find_playlist(l->folder, g_ptr_array_index(item->files, 0), name))
		return NULL;
	return json_string(name);
}

json_t *library_item_json(const struct library *l, const struct catalogue_recording *item)
{
	json_t *out = json_object(), *files = file_names(item);
	bool runs = item->state == CATALOGUE_RUNNING; /* another process records it */
	json_object_set_new(out, "id", json_string(item->id));
	if (item->title)
		json_object_set_new(out, "name", json_string(item->title));
	if (item->profile)
		json_object_set_new(out, "profile", json_string(item->profile));
	json_object_set_new(out, "state", json_string(catalogue_state_name(item->state)));
	json_object_set(out, "file", json_array_get(files, runs ? json_array_size(files) - 1 : 0));
	if (!runs)
		json_object_set(out, "files", files);
	json_decref(files);
	json_t *playlist = playlist_name(l, item);
	if (playlist)
		json_object_set_new(out, "playlist", playlist);
	json_object_set_new(out, "started", fields_moment(item->started_us));
	if (!runs)
		json_object_set_new(out, "ended", fields_moment(item->ended_us));
	json_object_set_new(out, "duration_ms", json_integer(item->duration_ms));
	json_object_set_new(out, "bytes", json_integer((json_int_t)item->bytes));
	json_object_set_new(out, "recovered", json_boolean(item->recovered));
	return out;
}

static json_t *load_report(const char *folder, const char *name)
{
	char *path = g_strdup_printf("%s/%s.json", folder, name);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	bool good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= MAX_REPORT_BYTES;
	FILE *file = good ? fdopen(fd, "r") : NULL;
	json_t *report = file ? json_loadf(file, 0, NULL) : NULL; /* json_loadfd() reads byte by byte */
	if (file)
		fclose(file);
	else if (fd >= 0)
		close(fd);
	g_free(path);
	return report;
}

json_t *library_reports(const struct library *l, const struct catalogue_recording *item)
{
	json_t *list = json_array();
	for (guint i = 0; i < item->files->len; i++) {
		json_t *report = load_report(l->folder, g_ptr_array_index(item->files, i));
		if (!report)
			continue;
		json_object_del(report, "host"); /* the hidden secret */
		json_array_append_new(list, report);
	}
	return list;
}

/* ---- secrets ------------------------------------------------------------------------------------------------------- */

/* "SALT:HASH": a report may lie in a folder that is served to everybody. */
static char *hide(const char *salt, const char *secret)
{
	char *salted = g_strconcat(salt, ":", secret, NULL);
	char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, salted, -1);
	char *hidden = g_strconcat(salt, ":", hash, NULL);
	g_free(salted);
	g_free(hash);
	return hidden;
}

char *library_hide_secret(const char *secret)
{
	char salt[20];
	if (!secret)
		return NULL;
	g_snprintf(salt, sizeof(salt), "%08x%08x", janus_random_uint32(), janus_random_uint32());
	return hide(salt, secret);
}

char *library_host_text(const char *stamp, const char *profile, bool private, const char *hidden)
{
	json_t *host = json_pack("{s:s, s:b}", "stamp", stamp, "private", private);
	if (profile)
		json_object_set_new(host, "profile", json_string(profile));
	if (hidden)
		json_object_set_new(host, "secret", json_string(hidden));
	char *dump = json_dumps(host, JSON_COMPACT);
	char *text = g_strdup(dump);
	free(dump);
	json_decref(host);
	return text;
}

bool library_secret_fits(const struct catalogue_recording *item, const char *secret)
{
	const char *colon = item->secret ? strchr(item->secret, ':') : NULL;
	if (!colon || !secret)
		return false;
	char *salt = g_strndup(item->secret, (gsize)(colon - item->secret));
	char *hidden = hide(salt, secret);
	bool fits = janus_strcmp_const_time(hidden, item->secret);
	g_free(hidden);
	g_free(salt);
	return fits;
}
