/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../config/config.h"
#include "manifest.h"
#include "recorder/recorder.h"

#define SUFFIX ".room.json"
/* So many taps of one name may have been in a folder. */
#define MAX_NAMES 10000

struct manifest {
	char *folder, *name; /* the name without .json */
	unsigned mode;
	char *head; /* up to the peers */
	size_t over; /* bytes of the file, from its begin to behind the last peer that is over; 0 = it is not there yet */
	GString *fresh; /* peers that were added since it was written */
	int held;       /* the file, locked as long as the tap runs; -1 = none */
};

/* ---- as text: a line for each peer, so that those that are over can be taken over as they stand ------------------------------ */

/* "key":value, … without braces (g_free). */
static char *members(const json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);
	char *inner = g_strndup(text + 1, strlen(text) - 2);
	free(text);
	return inner;
}

static void append_peer(GString *s, const json_t *peer)
{
	char *text = json_dumps(peer, JSON_COMPACT);
	g_string_append_printf(s, "%s\n%s", g_str_has_suffix(s->str, "[") ? "" : ",", text);
	free(text);
}

/* The file from its begin to the last peer that is over. */
static GString *what_is_over(const struct manifest *m)
{
	gchar *text = NULL;
	gsize size = 0;
	GString *s = g_string_new(NULL);
	char *path = g_strdup_printf("%s/%s.json", m->folder, m->name);
	if (m->over && g_file_get_contents(path, &text, &size, NULL) && size >= m->over)
		g_string_append_len(s, text, (gssize)m->over);
	else
		g_string_append(s, m->head);
	g_free(text);
	g_free(path);
	return s;
}

/* ---- the file ---------------------------------------------------------------------------------------------------------------- */

static bool is_there(const char *folder, const char *name)
{
	char *path = g_strdup_printf("%s/%s.json", folder, name);
	bool there = g_file_test(path, G_FILE_TEST_EXISTS);
	g_free(path);
	return there;
}

struct manifest *manifest_create(const char *folder, unsigned mode, const char *id, const json_t *head)
{
	struct manifest *m = g_new0(struct manifest, 1);
	char *inner = members(head);
	m->folder = g_strdup(folder);
	m->mode = mode;
	m->head = g_strdup_printf("{%s,\"peers\":[", inner);
	m->fresh = g_string_new(NULL);
	m->held = -1;
	m->name = g_strdup_printf("%s.room", id);
	for (unsigned n = 2; n <= MAX_NAMES && is_there(folder, m->name); n++) {
		g_free(m->name);
		m->name = g_strdup_printf("%s-%u.room", id, n);
	}
	g_free(inner);
	return m;
}

void manifest_destroy(struct manifest *m)
{
	if (!m)
		return;
	if (m->held >= 0)
		close(m->held);
	g_string_free(m->fresh, TRUE);
	g_free(m->head);
	g_free(m->name);
	g_free(m->folder);
	g_free(m);
}

const char *manifest_name(const struct manifest *m)
{
	return m->name;
}

void manifest_add(struct manifest *m, const json_t *peer)
{
	append_peer(m->fresh, peer);
}

/* A descriptor of the file, locked, or -1: it is somebody's. */
static int hold(const char *folder, const char *name)
{
	char *path = g_strdup_printf("%s/%s.json", folder, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	g_free(path);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

bool manifest_write(struct manifest *m, const json_t *present, const json_t *tail)
{
	GString *s = what_is_over(m);
	const char *fresh = m->fresh->str;
	/* The first of all has no comma before it. */
	g_string_append(s, g_str_has_suffix(s->str, "[") && *fresh == ',' ? fresh + 1 : fresh);
	size_t over = s->len, i;
	json_t *peer;
	json_array_foreach((json_t *)(uintptr_t)present, i, peer) append_peer(s, peer);
	char *inner = members(tail);
	g_string_append_printf(s, "\n],%s}\n", inner);
	g_free(inner);
	tsr_error err = tsr_write_report(m->folder, m->name, s->str, s->len, m->mode);
	g_string_free(s, TRUE);
	if (err != TSR_OK) {
		log_line(TSR_LOG_WARNING, NULL, "%s.json could not be written: %s", m->name, tsr_strerror(err));
		return false;
	}
	m->over = over;
	g_string_truncate(m->fresh, 0);
	int held = hold(m->folder, m->name);
	if (m->held >= 0)
		close(m->held);
	m->held = held;
	return true;
}

/* ---- after a crash ------------------------------------------------------------------------------------------------------------ */

/* The latest of moments as text, which are in the order of time. */
static void later(const char **last, const json_t *moment)
{
	const char *text = json_string_value(moment);
	if (text && (!*last || strcmp(text, *last) > 0))
		*last = text;
}

/* What there is of a recording's file `name` (without ending), and its report; false: nothing. */
static bool add_file(const char *folder, const char *name, json_t *files)
{
	struct stat st;
	char *media = g_strdup_printf("%s/%s.ts", folder, name),
	     *report_path = g_strdup_printf("%s/%s.json", folder, name);
	bool there = stat(media, &st) == 0;
	json_t *report = there ? json_load_file(report_path, 0, NULL) : NULL;
	if (there) {
		json_t *file = json_pack("{s:s+, s:I}", "file", name, ".ts", "bytes", (json_int_t)st.st_size);
		static const char *const keys[] = {"duration_ms", "sha256", "ended"};
		for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
			if (json_object_get(report, keys[i]))
				json_object_set(file, keys[i], json_object_get(report, keys[i]));
		}
		json_array_append_new(files, file);
	}
	json_decref(report);
	g_free(report_path);
	g_free(media);
	return there;
}

/* All that there is of a recording that did not end: one file, or segments, which are numbered from 1 or, after a split, from 2. `known` of them
 * were complete before, and may have been removed since. */
static json_t *files_of(const char *folder, const char *name, size_t known)
{
	json_t *files = json_array();
	(void)add_file(folder, name, files);
	bool more = true;
	for (unsigned n = 1; more; n++) {
		char *segment = g_strdup_printf("%s-%05u", name, n);
		more = add_file(folder, segment, files) || n <= known + 1;
		g_free(segment);
	}
	return files;
}

static void complete_peer(const char *folder, json_t *peer, const char **last)
{
	const char *writing = json_string_value(json_object_get(peer, "writing")), *ended = NULL;
	if (writing) {
		json_t *files = files_of(folder, writing, json_array_size(json_object_get(peer, "files"))), *file;
		size_t i;
		json_array_foreach(files, i, file) later(&ended, json_object_get(file, "ended"));
		json_object_set_new(peer, "files", files);
		json_object_set_new(peer, "reason", json_string("crash"));
		json_object_del(peer, "writing");
	}
	if (!json_object_get(peer, "left")) {
		later(&ended, json_object_get(peer, "joined"));
		json_object_set_new(peer, "left", ended ? json_string(ended) : json_null());
	}
	later(last, json_object_get(peer, "left"));
}

static void complete(const char *folder, const char *name, unsigned mode)
{
	char *path = g_strdup_printf("%s/%s.json", folder, name);
	json_t *all = json_load_file(path, 0, NULL), *peers = json_object_get(all, "peers"), *peer;
	const char *last = NULL;
	size_t i;
	if (json_is_array(peers) && !json_object_get(all, "ended")) {
		json_array_foreach(peers, i, peer) complete_peer(folder, peer, &last);
		later(&last, json_object_get(all, "started"));
		json_object_set_new(all, "state", json_string("ended"));
		json_object_set_new(all, "ended", last ? json_string(last) : json_null());
		json_object_set_new(all, "reason", json_string("crash"));
		char *text = json_dumps(all, JSON_INDENT(1));
		tsr_error err = tsr_write_report(folder, name, text, strlen(text), mode);
		free(text);
		if (err == TSR_OK)
			log_line(TSR_LOG_INFO, NULL, "%s.json: completed after a crash", name);
		else
			log_line(TSR_LOG_WARNING, NULL, "%s.json could not be completed after a crash: %s", name,
				 tsr_strerror(err));
	}
	json_decref(all);
	g_free(path);
}

void manifest_recover(const char *folder, unsigned mode)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *entry;
	while (dir && (entry = g_dir_read_name(dir))) {
		if (!g_str_has_suffix(entry, SUFFIX))
			continue;
		char *name = g_strndup(entry, strlen(entry) - strlen(".json"));
		int fd = hold(folder, name);
		if (fd >= 0) {
			complete(folder, name, mode);
			close(fd);
		}
		g_free(name);
	}
	if (dir)
		g_dir_close(dir);
}
