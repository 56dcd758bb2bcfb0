/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What `record` takes, whoever is recorded: a peer of our own, or those of a room. */
#ifndef TSR_PLUGINS_API_WANTED_H
#define TSR_PLUGINS_API_WANTED_H

#include "request.h"

/* Not given: what the settings say. */
#define UNSET (-1)

struct wanted {
	char *id, *name, *profile, *filename, *record_key, *token;
	int videocodec, audiocodec, audio_mode, container, hls;
	bool audio, video, is_private;
	bool id_given;
	int64_t max_duration, max_size, substream, temporal;
	json_t *metadata;
};

/* As it is when nothing is given. */
#define WANTED_PRESET                                                                                                  \
	{                                                                                                              \
		.videocodec = UNSET, .audiocodec = UNSET, .audio_mode = UNSET, .container = UNSET, .hls = UNSET,       \
		.substream = TAKE_LAYERS - 1, .temporal = TSR_ALL_LAYERS, .audio = true, .video = true                 \
	}

#define WANTED_METADATA_BYTES 4096
#define WANTED_MAX_TIME       (3650 * 86400LL * 1000000)
#define WANTED_MAX_SIZE       (1LL << 50)

extern const char *const wanted_video_names[],
	*const wanted_audio_names[], *const wanted_audio_modes[], *const wanted_containers[], *const wanted_hls[];

/* Rows of a table of fields; AT(member) is the offset of a member of struct wanted. `id_bytes` is how long an id may be. */
/* clang-format off */
#define WANTED_FIELDS(AT, id_bytes) \
	{ "id",           FIELD_ID,     AT(id),           1, id_bytes,              NULL, 0, NULL }, \
	{ "name",         FIELD_TEXT,   AT(name),         1, 256,                   NULL, 0, NULL }, \
	{ "profile",      FIELD_TEXT,   AT(profile),      1, 64,                    NULL, 0, NULL }, \
	{ "filename",     FIELD_TEXT,   AT(filename),     1, 200,                   NULL, 0, NULL }, \
	{ "videocodec",   FIELD_CHOICE, AT(videocodec),   0, 0,                     wanted_video_names, 0, NULL }, \
	{ "audiocodec",   FIELD_CHOICE, AT(audiocodec),   0, 0,                     wanted_audio_names, 0, NULL }, \
	{ "audio_mode",   FIELD_CHOICE, AT(audio_mode),   0, 0,                     wanted_audio_modes, 0, NULL }, \
	{ "container",    FIELD_CHOICE, AT(container),    0, 0,                     wanted_containers, 0, NULL }, \
	{ "hls",          FIELD_CHOICE, AT(hls),          0, 0,                     wanted_hls, 0, NULL }, \
	{ "audio",        FIELD_BOOL,   AT(audio),        0, 0,                     NULL, 0, NULL }, \
	{ "video",        FIELD_BOOL,   AT(video),        0, 0,                     NULL, 0, NULL }, \
	{ "max_duration", FIELD_TIME,   AT(max_duration), 1000000, WANTED_MAX_TIME, NULL, FIELD_ZERO, NULL }, \
	{ "max_size",     FIELD_SIZE,   AT(max_size),     65536, WANTED_MAX_SIZE,   NULL, FIELD_ZERO, NULL }, \
	{ "substream",    FIELD_INT,    AT(substream),    0, TAKE_LAYERS - 1,       NULL, 0, NULL }, \
	{ "temporal",     FIELD_INT,    AT(temporal),     0, TSR_ALL_LAYERS,        NULL, 0, NULL }, \
	{ "metadata",     FIELD_OBJECT, AT(metadata),     0, WANTED_METADATA_BYTES, NULL, 0, NULL }, \
	{ "is_private",   FIELD_BOOL,   AT(is_private),   0, 0,                     NULL, 0, NULL }, \
	{ "record_key",   FIELD_TEXT,   AT(record_key),   0, 256,                   NULL, FIELD_SECRET, NULL }, \
	{ "token",        FIELD_TEXT,   AT(token),        0, 2000,                  NULL, FIELD_SECRET, NULL }
/* clang-format on */

/* An id of its own, where none was given. */
void wanted_name(struct wanted *wanted);

/* Whether whoever asks may record at all, and by these settings (NULL: the profile is not there); false with the error noted. */
bool wanted_allowed(struct request *r, const struct settings *general, const struct settings *settings,
		    const struct wanted *wanted);

/* Whether the file of this name may be written below the recordings folder; false with the error noted: one of Janus's protected_folders
 * is inside. Around it, the folder is the operator's choice. */
bool wanted_file_allowed(struct request *r, const char *recordings_path, const char *name);

/* TSR_CODEC_NONE = any. */
tsr_codec wanted_videocodec(const struct wanted *wanted);
tsr_codec wanted_audiocodec(const struct wanted *wanted);

#endif
