/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The configuration: janus.plugin.tsrecorder.jcfg, and what the Admin API changes at run time. It is read as a whole into a
 * snapshot that never changes; a change makes a new snapshot, or none when anything in it is wrong. */
#ifndef TSR_PLUGINS_CONFIG_SETTINGS_H
#define TSR_PLUGINS_CONFIG_SETTINGS_H

#include <jansson.h>

#include "fields.h"

enum log_level_choice { LOG_CHOICE_ERROR, LOG_CHOICE_WARNING, LOG_CHOICE_INFO, LOG_CHOICE_VERBOSE, LOG_CHOICE_DEBUG };
enum sync_choice { SYNC_DATA, SYNC_NONE };
/* Which rooms of another plugin are recorded by themselves. */
enum auto_record { AUTO_RECORD_OFF, AUTO_RECORD_ROOMS, AUTO_RECORD_RECORD };
enum recovery_choice { RECOVERY_RENAME, RECOVERY_KEEP, RECOVERY_OFF };

/* docs/configuration.md says what each is for. */
struct settings {
	char *recordings_path;
	char *filename;
	int64_t file_mode;
	bool report;

	int64_t flush_threshold;
	int64_t flush_interval;
	int sync;
	bool flush_adaptive;
	int64_t flush_threshold_min;
	int64_t flush_threshold_max;
	int64_t memory_cap;
	int64_t min_free_space;

	int64_t max_recordings;
	int64_t max_duration;
	int64_t max_size;
	int64_t segment_duration;
	int64_t segment_size;

	int hls; /* a tsr_hls_mode */
	int64_t hls_segment;
	int64_t hls_window;
	int hls_uri; /* 1 = the running file's */

	int container; /* a tsr_container, or TSR_CONTAINER_COUNT = auto */
	struct choice_list auto_containers;
	struct codec_list video_codecs;
	struct codec_list audio_codecs;
	int audio_mode;
	bool audio_red;
	int64_t bitrate;
	int64_t keyframe_interval;
	int on_loss;
	int64_t reorder_wait;
	int64_t start_wait;
	int64_t stall_timeout;
	int64_t track_timeout;
	int64_t keyframe_timeout;

	char *video_encoder;
	char *video_preset;
	char *video_encoder_options;
	int64_t video_bitrate;
	int64_t video_threads;
	int64_t encoder_keyframe_interval;
	struct pixels video_size;
	char *audio_encoder;
	int64_t audio_bitrate;
	int64_t audio_channels;

	int64_t copy_workers;
	int64_t transcode_workers;
	int64_t writers;

	int recovery;
	int64_t retain_days;
	int64_t retain_size;

	char *admin_key;
	char *record_key;
	bool signed_tokens;
	bool private;
	char *tap;
	char *auto_record;
	bool events;
	int log_level;

	char *description; /* of a profile */
};

extern const struct field settings_table[];

struct config;

/* Reads FOLDER/janus.plugin.tsrecorder.jcfg; a file that is not there means the defaults. NULL with one sentence in `error`
 * when it cannot be parsed or anything in it is wrong. The caller owns one reference. */
struct config *config_load(const char *folder, char *error, size_t error_size);

/* A snapshot as `config` with `changes` (settings of "general" by name) applied; those that cannot change while the plugin
 * runs are errors. NULL and `error` as above, `*code` says which kind. */
struct config *config_change(struct config *config, json_t *changes, enum api_error *code, char *error,
			     size_t error_size);

struct config *config_ref(struct config *config);
void config_unref(struct config *config);

const struct settings *config_general(const struct config *config);

/* The settings of a profile, or the general ones when name is NULL; NULL when there is no such profile. Borrowed. */
const struct settings *config_profile(const struct config *config, const char *name);

/* What `auto_record` says of a plugin. */
enum auto_record settings_auto_record(const struct settings *settings, const char *package);

/* The playlist of a recording in this mode. */
tsr_hls settings_hls(const struct settings *settings, tsr_hls_mode mode);

/* How the engine's encoders are set up; its strings are borrowed from `settings`. */
tsr_encoding settings_encoding(const struct settings *settings);

/* How often the engine flushes. */
tsr_flush settings_flush(const struct settings *settings);

/* Answers to `profiles` and to the Admin API's `configure`; new references. */
json_t *config_profiles_json(const struct config *config);
json_t *config_general_json(const struct config *config);

#endif
