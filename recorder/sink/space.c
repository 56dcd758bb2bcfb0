/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "space.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../common/clock.h"
#include "../common/container.h"
#include "../common/limits.h"
#include "../common/log.h"
#include "beneath.h"
#include "recover_playlist.h"
#include "stem.h"
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

/* Whether the JSON string at `at` (behind its opening quote) is `base` with this ending. */
static bool is_file_name(const char *at, const char *base, const char *ending)
{
	for (const char *part = base; part != NULL; part = part == base ? ending : NULL) {
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
static bool is_report_of(const char *text, const char *base, const char *ending)
{
	static const char key[] = "\"file\"";
	if (strstr(text, "\"recovered\"") == NULL || strstr(text, "\"sha256\"") == NULL)
		return false;
	for (const char *at = text; (at = strstr(at, key)) != NULL;) {
		at = skip_blanks(at + sizeof(key) - 1);
		if (*at != ':')
			continue;
		at = skip_blanks(at + 1);
		if (*at == '"' && is_file_name(at + 1, base, ending))
			return true;
	}
	return false;
}

/* Whether `base` in the open folder is a finished recording with its report; of which container. */
static bool is_ours(int folder, const char *base, tsr_container *container)
{
	bool ours = false;
	char *json = beneath_join(base, "", SUFFIX_REPORT);
	char *text = json != NULL ? textfile_read(folder, json) : NULL;
	for (unsigned i = 0; text != NULL && !ours && i < TSR_CONTAINER_COUNT; i++) {
		const char *ending = tsr_container_ending((tsr_container)i);
		struct stat st;
		char *media = beneath_join(base, "", ending);
		ours = media != NULL && fstatat(folder, media, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		       is_report_of(text, base, ending);
		*container = (tsr_container)i;
		free(media);
	}
	free(text);
	free(json);
	return ours;
}

/* ---- removing ---------------------------------------------------------------------------------------------------- */

/* A playlist that lists a file which is gone is of no use. */
static void remove_playlists(const struct place *place)
{
	static const char *const suffixes[] = {SUFFIX_PLAYLIST, SUFFIX_MASTER};
	size_t size = strlen(place->base);
	const size_t stems[] = {size, stem_without_number(place->base, size)};
	for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++)
		for (size_t j = 0; j < sizeof(suffixes) / sizeof(suffixes[0]); j++) {
			char name[LIMIT_FILENAME_BYTES + 32];
			snprintf(name, sizeof(name), "%.*s%s", (int)stems[i], place->base, suffixes[j]);
			if (recover_is_our_playlist(place->folder, name))
				unlinkat(place->folder, name, 0);
		}
}

bool space_find_playlist(const char *folder, const char *name, char *out, size_t size)
{
	struct place place;
	if (place_open(&place, folder, name, false) != TSR_OK)
		return false;
	size_t length = strlen(name), before = length - strlen(place.base);
	const size_t stems[] = {length, stem_without_number(name, length)};
	bool found = false;
	for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]) && !found; i++) {
		int n = snprintf(out, size, "%.*s%s", (int)stems[i], name, SUFFIX_PLAYLIST);
		found = n > 0 && (size_t)n < size && stems[i] > before &&
			recover_is_our_playlist(place.folder, out + before);
	}
	place_close(&place);
	return found;
}

/* The report goes last: without one the recording would count as foreign, and stay for ever after a kill in between. */
static tsr_error remove_pair(const struct place *place, tsr_container container)
{
	char *media = beneath_join(place->base, "", tsr_container_ending(container));
	char *json = beneath_join(place->base, "", SUFFIX_REPORT);
	tsr_error err = media != NULL && json != NULL ? TSR_OK : TSR_E_NOMEM;
	if (err == TSR_OK)
		remove_playlists(place);
	if (err == TSR_OK && (unlinkat(place->folder, media, 0) != 0 || unlinkat(place->folder, json, 0) != 0))
		err = tsr_error_from_errno(errno);
	free(media);
	free(json);
	return err;
}

tsr_error space_remove(const char *folder, const char *name)
{
	struct place place;
	tsr_error err = place_open(&place, folder, name, false);
	if (err != TSR_OK)
		return err;
	tsr_container container;
	err = is_ours(place.folder, place.base, &container) ? remove_pair(&place, container) : TSR_E_NOTFOUND;
	place_close(&place);
	return err;
}
