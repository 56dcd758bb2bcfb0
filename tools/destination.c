/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "convert.h"

bool destination_init(struct destination *out, const char *path)
{
	*out = (struct destination){0};
	char *name = g_path_get_basename(path);
	bool running;
	size_t stem;
	if (!tsr_container_of_file(name, &out->container, &running, &stem) || running) {
		complain("%s: the output's name must end in .ts, .mkv, .webm or .mp4 (and not in .recording.ts and so "
			 "on)",
			 path);
		g_free(name);
		return false;
	}
	out->path = g_strdup(path);
	out->folder = g_path_get_dirname(path);
	out->filename = g_strndup(name, stem);
	g_free(name);
	return true;
}

static char *report_of(const struct destination *out)
{
	return g_strdup_printf("%s/%s.json", out->folder, out->filename);
}

/* Renames a file to a name of our own, which *aside gets. */
static bool set_aside(const char *path, char **aside)
{
	char *name = g_strdup_printf("%s.replaced-%d", path, (int)getpid());
	if (g_rename(path, name) != 0) {
		complain("%s: %s", path, g_strerror(errno));
		g_free(name);
		return false;
	}
	*aside = name;
	return true;
}

bool destination_prepare(struct destination *out, bool force)
{
	if (!g_file_test(out->path, G_FILE_TEST_EXISTS))
		return true;
	if (!force) {
		complain("%s exists; --force replaces it", out->path);
		return false;
	}
	if (!g_file_test(out->path, G_FILE_TEST_IS_REGULAR)) {
		complain("%s is no regular file", out->path);
		return false;
	}
	if (!set_aside(out->path, &out->old))
		return false;
	char *report = report_of(out);
	bool prepared = !g_file_test(report, G_FILE_TEST_IS_REGULAR) || set_aside(report, &out->old_report);
	g_free(report);
	if (!prepared)
		destination_settle(out, false);
	return prepared;
}

void destination_settle(struct destination *out, bool written)
{
	char *report = report_of(out);
	if (out->old != NULL && (written ? g_unlink(out->old) : g_rename(out->old, out->path)) != 0)
		complain("%s: %s", out->old, g_strerror(errno));
	if (out->old_report != NULL && (written ? g_unlink(out->old_report) : g_rename(out->old_report, report)) != 0)
		complain("%s: %s", out->old_report, g_strerror(errno));
	g_clear_pointer(&out->old, g_free);
	g_clear_pointer(&out->old_report, g_free);
	g_free(report);
}

void destination_finish(struct destination *out)
{
	g_free(out->path);
	g_free(out->folder);
	g_free(out->filename);
	*out = (struct destination){0};
}
