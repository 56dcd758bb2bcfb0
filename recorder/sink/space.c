/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "space.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../common/clock.h"
#include "../common/limits.h"
#include "../common/log.h"
#include "beneath.h"
#include "textfile.h"
#include "walk.h"

tsr_error space_free(const char *folder, uint64_t *bytes)
{
	struct statvfs st;
	if (statvfs(folder, &st) != 0)
		return tsr_error_from_errno(errno);
	*bytes = (uint64_t)st.f_bavail * st.f_frsize;
	return TSR_OK;
}

/* ---- is it ours? ------------------------------------------------------------------------------------------------- */

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

/* Whether the JSON string at `at` (behind its opening quote) is `base` with the ending of a finished recording. */
static bool is_file_name(const char *at, const char *base)
{
	for (const char *part = base; part != NULL; part = part == base ? SUFFIX_FINISHED : NULL) {
		for (const char *c = part; *c != '\0'; c++) {
			if ((*c == '"' || *c == '\\') && *at++ != '\\')
				return false;
			if (*at++ != *c)
				return false;
		}
	}
	return *at == '"';
}

/* Whether the text has what only our reports have together: "recovered", "sha256", and "file" with this very name. */
static bool is_report_of(const char *text, const char *base)
{
	static const char key[] = "\"file\"";
	if (strstr(text, "\"recovered\"") == NULL || strstr(text, "\"sha256\"") == NULL)
		return false;
	for (const char *at = text; (at = strstr(at, key)) != NULL;) {
		at = skip_blanks(at + sizeof(key) - 1);
		if (*at != ':')
			continue;
		at = skip_blanks(at + 1);
		if (*at == '"' && is_file_name(at + 1, base))
			return true;
	}
	return false;
}

/* Whether `base` in the open folder is a finished recording with its report. */
static bool is_ours(int folder, const char *base)
{
	bool ours = false;
	char *text = NULL;
	struct stat file;
	char *ts = beneath_join(base, "", SUFFIX_FINISHED), *json = beneath_join(base, "", SUFFIX_REPORT);
	if (ts == NULL || json == NULL || fstatat(folder, ts, &file, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(file.st_mode))
		goto out;
	text = textfile_read(folder, json);
	ours = text != NULL && is_report_of(text, base);
out:
	free(text);
	free(ts);
	free(json);
	return ours;
}

/* ---- removing ---------------------------------------------------------------------------------------------------- */

/* The report goes last: without one the recording would count as foreign, and stay for ever after a kill in between. */
static tsr_error remove_pair(const struct place *place)
{
	char *ts = beneath_join(place->base, "", SUFFIX_FINISHED), *json = beneath_join(place->base, "", SUFFIX_REPORT);
	tsr_error err = ts != NULL && json != NULL ? TSR_OK : TSR_E_NOMEM;
	if (err == TSR_OK && (unlinkat(place->folder, ts, 0) != 0 || unlinkat(place->folder, json, 0) != 0))
		err = tsr_error_from_errno(errno);
	free(ts);
	free(json);
	return err;
}

tsr_error space_remove(const char *folder, const char *name)
{
	struct place place;
	tsr_error err = place_open(&place, folder, name, false);
	if (err != TSR_OK)
		return err;
	err = is_ours(place.folder, place.base) ? remove_pair(&place) : TSR_E_NOTFOUND;
	place_close(&place);
	return err;
}
