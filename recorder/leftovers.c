/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The part of recorder.h that deals with files and no recording: recovery, free space, removal. */
#include <string.h>

#include "common/log.h"
#include "json.h"
#include "recorder.h"
#include "sink/recover.h"
#include "sink/space.h"
#include "sink/textfile.h"

/* ---- recovery ---------------------------------------------------------------------------------------------------- */

static unsigned copy_tracks(tsr_recovered_track *out, const struct recover_track *tracks, unsigned count)
{
	unsigned copied = MIN(count, TSR_MAX_TRACKS);
	for (unsigned i = 0; i < copied; i++)
		out[i] = (tsr_recovered_track){
			.id = tracks[i].id,
			.codec = tracks[i].codec,
			.frames = tracks[i].frames,
			.first_pts_90k = tracks[i].first_pts_90k,
			.last_pts_90k = tracks[i].last_pts_90k,
		};
	return copied;
}

/* From the first frame of any track to the last one. */
static int64_t duration_ms(const tsr_recovered_track *track, unsigned tracks)
{
	if (tracks == 0)
		return 0;
	int64_t first = INT64_MAX, last = INT64_MIN;
	for (unsigned i = 0; i < tracks; i++) {
		first = MIN(first, track[i].first_pts_90k);
		last = MAX(last, track[i].last_pts_90k);
	}
	return (last - first) / 90;
}

tsr_error tsr_look_into(const char *path, tsr_contents *out)
{
	struct recover_found found;
	tsr_contents c = {0};
	if (!tsr_container_of_file(path, &c.container, NULL, NULL))
		return TSR_E_INVAL;
	tsr_error err = recover_look(path, c.container, &found, &c.bytes);
	if (err != TSR_OK)
		return err;
	c.ours = found.ours;
	c.complete = found.complete;
	c.whole = found.bytes;
	c.tracks = copy_tracks(c.track, found.track, found.tracks);
	c.duration_ms = duration_ms(c.track, c.tracks);
	*out = c;
	return TSR_OK;
}

/* ---- the note: report_note() wrote it -------------------------------------------------------------------------------- */

#define NOTE_BEGIN "{\n  \"id\": \""
#define NOTE_END   "\n}\n"

static bool is_note(const char *text)
{
	return text != NULL && g_str_has_prefix(text, NOTE_BEGIN) && g_str_has_suffix(text, NOTE_END) &&
	       g_utf8_validate(text, -1, NULL);
}

/* The id is such that nothing in it is escaped. g_free. */
static char *note_id(const char *note)
{
	const char *id = note + strlen(NOTE_BEGIN);
	return g_strndup(id, strcspn(id, "\""));
}

/* Its members, as they stand there. g_free. */
static char *note_members(const char *note)
{
	return g_strndup(note + 1, strlen(note) - 1 - strlen(NOTE_END));
}

/* ---- what became of a file ------------------------------------------------------------------------------------------- */

/* g_free. */
static char *id_of(const struct recover_result *r)
{
	const char *slash = strrchr(r->name, '/');
	return is_note(r->note) ? note_id(r->note) : g_strdup(slash != NULL ? slash + 1 : r->name);
}

/* `id` is borrowed. */
static tsr_recovered recovered_of(const struct recover_result *r, const char *id)
{
	tsr_recovered out = {
		.error = r->error,
		.id = id,
		.path = r->path,
		.bytes = r->bytes,
		.bytes_cut = r->bytes_cut,
		.ended_utc_us = r->ended_utc_us,
		.sha256 = r->sha256,
	};
	out.tracks = copy_tracks(out.track, r->track, r->tracks);
	out.duration_ms = duration_ms(out.track, out.tracks);
	return out;
}

static void json_track(GString *s, const tsr_recovered_track *t)
{
	g_string_append(s, "{");
	json_string(s, "type", tsr_codec_is_video(t->codec) ? "video" : "audio");
	g_string_append(s, ", ");
	json_string(s, "recorded_as", tsr_codec_name(t->codec));
	g_string_append(s, ", ");
	json_int(s, "frames_written", (int64_t)t->frames);
	g_string_append(s, ", ");
	json_int(s, "first_ms", t->first_pts_90k / 90);
	g_string_append(s, ", ");
	json_int(s, "last_ms", t->last_pts_90k / 90);
	g_string_append(s, "}");
}

/* What can still be known: the members are named as in the report of a recording that ended by itself. */
static char *report_text(const tsr_recovered *r, const char *note)
{
	char *file = g_path_get_basename(r->path);
	GString *s = g_string_new("{");
	if (is_note(note)) {
		char *members = note_members(note);
		g_string_append(s, members);
		g_free(members);
	} else {
		g_string_append(s, "\n  ");
		json_string(s, "id", r->id);
		g_string_append(s, ",\n  ");
		json_time(s, "started", r->ended_utc_us - r->duration_ms * 1000);
	}
	g_string_append(s, ",\n  ");
	json_string(s, "file", file);
	g_string_append(s, ",\n  ");
	json_time(s, "ended", r->ended_utc_us);
	g_string_append(s, ",\n  ");
	json_int(s, "duration_ms", r->duration_ms);
	g_string_append(s, ",\n  ");
	json_int(s, "bytes", (int64_t)r->bytes);
	g_string_append(s, ",\n  ");
	json_string(s, "sha256", r->sha256);
	g_string_append(s, ",\n  ");
	json_bool(s, "recovered", true);
	g_string_append(s, ",\n  ");
	json_int(s, "bytes_cut", (int64_t)r->bytes_cut);
	g_string_append(s, ",\n  \"tracks\": [");
	for (unsigned i = 0; i < r->tracks; i++) {
		g_string_append(s, i == 0 ? "\n    " : ",\n    ");
		json_track(s, &r->track[i]);
	}
	g_string_append(s, "]\n}\n");
	g_free(file);
	return g_string_free(s, FALSE);
}

static void on_sealed(void *ctx, const struct recover_result *result)
{
	const tsr_recover_config *config = ctx;
	char *id = id_of(result);
	tsr_recovered r = recovered_of(result, id);
	char *text = report_text(&r, result->note);
	char *name = g_strconcat(result->name, SUFFIX_REPORT, NULL);
	/* The rename that follows syncs the folder. */
	tsr_error err = textfile_put(result->folder, name, text, strlen(text), config->file_mode);
	if (err != TSR_OK)
		log_line(TSR_LOG_ERROR, NULL, "the report %s could not be written: %s", name, tsr_strerror(err));
	g_free(name);
	g_free(text);
	g_free(id);
}

static void on_done(void *ctx, const struct recover_result *result)
{
	const tsr_recover_config *config = ctx;
	char *id = id_of(result);
	tsr_recovered r = recovered_of(result, id);
	if (config->on_recovered != NULL)
		config->on_recovered(config->user, &r);
	g_free(id);
}

static bool is_cancelled(void *ctx)
{
	const tsr_recover_config *config = ctx;
	return config->cancelled != NULL && config->cancelled(config->user);
}

static struct recover_config sink_config(const tsr_recover_config *config)
{
	return (struct recover_config){
		.look_only = config->keep,
		.checksum = config->report,
		.cancelled = is_cancelled,
		.sealed = config->report ? on_sealed : NULL,
		.done = on_done,
		.ctx = (void *)config,
	};
}

tsr_error tsr_recover_file(const char *path, const tsr_recover_config *config)
{
	struct recover_config c = sink_config(config);
	return recover_file(path, &c);
}

tsr_error tsr_recover_folder(const char *folder, const tsr_recover_config *config)
{
	struct recover_config c = sink_config(config);
	return recover_folder(folder, &c);
}

/* ---- space --------------------------------------------------------------------------------------------------------- */

tsr_error tsr_free_space(const char *folder, uint64_t *bytes)
{
	return space_free(folder, bytes);
}

bool tsr_find_playlist(const char *folder, const char *name, char out[TSR_PLAYLIST_BYTES])
{
	return space_find_playlist(folder, name, out, TSR_PLAYLIST_BYTES);
}

tsr_error tsr_remove(const char *folder, const char *name)
{
	return space_remove(folder, name);
}

tsr_error tsr_write_report(const char *folder, const char *name, const char *text, size_t size, unsigned mode)
{
	char *file = g_strconcat(name, SUFFIX_REPORT, NULL);
	tsr_error err = textfile_write(folder, file, text, size, mode);
	g_free(file);
	return err;
}
