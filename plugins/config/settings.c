/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h> /* Janus's */
#include <glib.h>
#include <string.h>

#include "naming.h"
#include "settings.h"

#define FILE_NAME      "janus.plugin.tsrecorder.jcfg"
#define PROFILE_PREFIX "profile-"

struct config {
	gint refs;
	/* As read: {"general": {"NAME": VALUE, …}, "profile-NAME": {…}}. A change is merged into it and all is read again. */
	json_t *source;
	struct settings general;
	GHashTable *profiles; /* NAME -> struct settings *: the general ones, overridden */
};

/* ---- the file, as JSON ------------------------------------------------------------------------------------------- */

static bool say(char *error, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Always false, so that a failing function can end with it. */
static bool say(char *error, size_t size, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	g_vsnprintf(error, size, fmt, args);
	va_end(args);
	return false;
}

static bool category_to_json(const janus_config_container *category, json_t *into, char *error, size_t size)
{
	for (GList *l = category->list; l; l = l->next) {
		const janus_config_container *item = l->data;
		if (item->type != janus_config_type_item || !item->name)
			return say(error, size, "%s.%s must be a plain value", category->name,
				   item->name ? item->name : "?");
		json_t *value = json_string(item->value ? item->value : "");
		if (!value)
			return say(error, size, "%s.%s is not UTF-8", category->name, item->name);
		json_object_set_new(into, item->name, value);
	}
	return true;
}

static bool file_to_json(const janus_config *file, json_t *into, char *error, size_t size)
{
	for (GList *l = file->list; l; l = l->next) {
		const janus_config_container *category = l->data;
		const char *name = category->name ? category->name : "?";
		if (category->type != janus_config_type_category)
			return say(error, size,
				   "%s stands outside of the categories general and " PROFILE_PREFIX "NAME", name);
		json_t *values = json_object();
		json_object_set_new(into, name, values);
		if (!category_to_json(category, values, error, size))
			return false;
	}
	return true;
}

/* A file that is not there is an empty one. */
static json_t *read_file(const char *folder, char *error, size_t size)
{
	char *path = g_build_filename(folder, FILE_NAME, NULL);
	json_t *source = json_object();
	bool ok = true;
	if (g_file_test(path, G_FILE_TEST_EXISTS)) {
		janus_config *file = janus_config_parse(path);
		ok = file ? file_to_json(file, source, error, size)
			  : say(error, size, "%s cannot be parsed; the line above says where", path);
		if (file)
			janus_config_destroy(file);
	}
	g_free(path);
	if (!ok) {
		json_decref(source);
		return NULL;
	}
	return source;
}

/* ---- snapshots --------------------------------------------------------------------------------------------------- */

static void settings_free(void *data)
{
	fields_clear(settings_table, data);
	g_free(data);
}

/* Leaves only what this build records at all in a list. False when libavcodec lacks what one of them needs: an encoder that
 * was named wrongly must not come to light when a peer is there. */
static bool check_codecs(struct codec_list *list, const struct settings *s, const char *category, char *error,
			 size_t size)
{
	const tsr_encoding encoding = settings_encoding(s);
	const tsr_audio_mode mode = s->audio_mode ? TSR_AUDIO_COPY : TSR_AUDIO_TRANSCODE;
	/* What a container lacks is refused where a peer offers it, for a request may ask for another one. */
	const tsr_container container = s->container == TSR_CONTAINER_WEBM    ? TSR_CONTAINER_MKV
					: s->container == TSR_CONTAINER_COUNT ? TSR_CONTAINER_TS
									      : (tsr_container)s->container;
	struct codec_list usable = {0};
	for (unsigned i = 0; i < list->count; i++) {
		tsr_codec codec = list->codec[i];
		const char *missing = NULL;
		tsr_error err = tsr_route_available(codec, container, mode, &encoding, &missing);
		if (err == TSR_OK)
			usable.codec[usable.count++] = codec;
		else if (err != TSR_E_UNSUPPORTED && tsr_codec_is_video(codec))
			return say(error, size,
				   "%s: the encoder %s does not open with video_preset = \"%s\", "
				   "video_encoder_options = \"%s\" and the video settings beside them",
				   category, s->video_encoder, s->video_preset, s->video_encoder_options);
		else if (err != TSR_E_UNSUPPORTED)
			return say(error, size, "%s: the encoder %s does not open with the audio settings beside it",
				   category, s->audio_encoder);
		else if (missing && strcmp(missing, tsr_codec_name(codec)))
			return say(error, size, "%s: this libavcodec lacks %s, which recording %s needs", category,
				   missing, tsr_codec_name(codec));
	}
	*list = usable;
	return usable.count || say(error, size, "%s: none of the codecs can be recorded by this build", category);
}

/* A template that can come to nothing good must not come to light when a peer is there. */
static bool check_filename(const struct settings *s, const char *category, char *error, size_t size)
{
	const struct naming sample = {.id = "id", .name = "name", .profile = "profile"};
	char reason[400];
	char *name = naming_expand(s->filename, &sample, reason, sizeof(reason));
	bool good = name != NULL;
	g_free(name);
	return good || say(error, size, "%s: filename = \"%s\": %s", category, s->filename, reason);
}

/* ---- "off", "rooms", "record", or one of them for each plugin: "PACKAGE: WORD, …" ---- */

/* False: it is none of the words. */
static bool read_auto_word(const char *word, enum auto_record *out)
{
	static const char *const words[] = {"off", "rooms", "record"};
	for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
		if (!strcmp(words[i], word)) {
			*out = (enum auto_record)i;
			return true;
		}
	}
	return false;
}

/* What it says of a plugin; NULL: of whichever is not named. False when it cannot be read. */
static bool read_auto_record(const char *text, const char *package, enum auto_record *out)
{
	char **items = g_strsplit(text, ",", -1);
	bool good = true;
	*out = AUTO_RECORD_OFF;
	for (char **item = items; *item && good; item++) {
		char *colon = strchr(*item, ':');
		enum auto_record word;
		good = read_auto_word(g_strstrip(colon ? colon + 1 : *item), &word) && (colon || !items[1]);
		if (colon)
			*colon = '\0';
		if (good && (!colon || !g_strcmp0(g_strstrip(*item), package)))
			*out = word;
	}
	g_strfreev(items);
	return good;
}

enum auto_record settings_auto_record(const struct settings *s, const char *package)
{
	enum auto_record word;
	return read_auto_record(s->auto_record, package, &word) ? word : AUTO_RECORD_OFF;
}

static bool check_auto_record(const struct settings *s, const char *category, char *error, size_t size)
{
	enum auto_record word;
	return read_auto_record(s->auto_record, NULL, &word) ||
	       say(error, size,
		   "%s: auto_record = \"%s\" is neither \"off\", \"rooms\" or \"record\", nor a list of \"PLUGIN: "
		   "WORD\" with commas "
		   "between them",
		   category, s->auto_record);
}

/* What no single field can tell. */
static bool consistent(struct settings *s, const char *category, char *error, size_t size)
{
	if (s->flush_adaptive && s->flush_threshold_min > s->flush_threshold_max)
		return say(error, size, "%s: flush_threshold_min is above flush_threshold_max", category);
	if (s->hls == TSR_HLS_SEGMENTS && !s->segment_duration)
		return say(error, size, "%s: hls = \"segments\" needs a segment_duration", category);
	return check_filename(s, category, error, size) && check_auto_record(s, category, error, size) &&
	       check_codecs(&s->video_codecs, s, category, error, size) &&
	       check_codecs(&s->audio_codecs, s, category, error, size);
}

/* Overrides `into` by one category; `allowed` are the flags of which a setting needs one, 0 for any. */
static enum api_error read_category(const char *name, json_t *values, unsigned allowed, struct settings *into,
				    char *error, size_t size)
{
	char reason[400];
	enum api_error err =
		fields_read(settings_table, values, FIELDS_FROM_SETTINGS, NULL, into, reason, sizeof(reason));
	if (err != API_OK) {
		say(error, size, "%s: %s", name, reason);
		return err;
	}
	const char *key;
	json_t *value;
	json_object_foreach(values, key, value)
	{
		if (allowed && !(fields_find(settings_table, key)->flags & allowed)) {
			say(error, size, "%s: %s cannot be set here", name, key);
			return API_INVALID_ELEMENT;
		}
	}
	return consistent(into, name, error, size) ? API_OK : API_INVALID_ELEMENT;
}

static enum api_error read_profile(struct config *config, const char *category, json_t *values, char *error,
				   size_t size)
{
	const char *name = category + strlen(PROFILE_PREFIX);
	if (!g_str_has_prefix(category, PROFILE_PREFIX) || !*name || strlen(name) > 64) {
		say(error, size, "the category %s is neither general nor " PROFILE_PREFIX "NAME", category);
		return API_UNKNOWN_ELEMENT;
	}
	struct settings *settings = g_new0(struct settings, 1);
	fields_copy(settings_table, &config->general, settings);
	g_hash_table_insert(config->profiles, g_strdup(name), settings);
	return read_category(category, values, FIELD_PROFILE, settings, error, size);
}

/* Takes the reference of `source`. */
static struct config *build(json_t *source, enum api_error *code, char *error, size_t size)
{
	struct config *config = g_new0(struct config, 1);
	config->refs = 1;
	config->source = source;
	config->profiles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, settings_free);
	fields_preset(settings_table, &config->general);

	*code = read_category("general", json_object_get(source, "general"), 0, &config->general, error, size);
	const char *category;
	json_t *values;
	json_object_foreach(source, category, values)
	{
		if (*code == API_OK && strcmp(category, "general"))
			*code = read_profile(config, category, values, error, size);
	}
	if (*code != API_OK) {
		config_unref(config);
		return NULL;
	}
	return config;
}

struct config *config_load(const char *folder, char *error, size_t error_size)
{
	enum api_error code;
	json_t *source = read_file(folder, error, error_size);
	return source ? build(source, &code, error, error_size) : NULL;
}

struct config *config_change(struct config *config, json_t *changes, enum api_error *code, char *error,
			     size_t error_size)
{
	/* On its own first: what cannot change now must not slip in by being merged. */
	struct settings scratch = {0};
	fields_copy(settings_table, &config->general, &scratch);
	*code = read_category("settings", changes, FIELD_RUNTIME, &scratch, error, error_size);
	fields_clear(settings_table, &scratch);
	if (*code != API_OK)
		return NULL;
	json_t *source = json_deep_copy(config->source);
	if (!json_object_get(source, "general"))
		json_object_set_new(source, "general", json_object());
	json_object_update(json_object_get(source, "general"), changes);
	return build(source, code, error, error_size);
}

struct config *config_ref(struct config *config)
{
	g_atomic_int_inc(&config->refs);
	return config;
}

void config_unref(struct config *config)
{
	if (!config || !g_atomic_int_dec_and_test(&config->refs))
		return;
	fields_clear(settings_table, &config->general);
	g_hash_table_destroy(config->profiles);
	json_decref(config->source);
	g_free(config);
}

const struct settings *config_general(const struct config *config)
{
	return &config->general;
}

const struct settings *config_profile(const struct config *config, const char *name)
{
	return name ? g_hash_table_lookup(config->profiles, name) : &config->general;
}

tsr_hls settings_hls(const struct settings *s, tsr_hls_mode mode)
{
	return (tsr_hls){
		.mode = mode,
		.segment_us = s->hls_segment,
		.window_us = s->hls_window,
		.running_names = s->hls_uri == 1,
	};
}

tsr_encoding settings_encoding(const struct settings *s)
{
	return (tsr_encoding){
		.video_encoder = s->video_encoder,
		.video_preset = s->video_preset,
		.video_encoder_options = *s->video_encoder_options ? s->video_encoder_options : NULL,
		.video_bitrate = (int)s->video_bitrate,
		.video_threads = (int)s->video_threads,
		.keyframe_interval_ms = (int)(s->encoder_keyframe_interval / 1000),
		.video_width = s->video_size.width,
		.video_height = s->video_size.height,
		.audio_encoder = s->audio_encoder,
		.audio_bitrate = (int)s->audio_bitrate,
		.audio_channels = (uint8_t)s->audio_channels,
	};
}

tsr_flush settings_flush(const struct settings *s)
{
	return (tsr_flush){
		.threshold = (uint64_t)s->flush_threshold,
		.interval_us = s->flush_interval ? s->flush_interval : -1,
		.no_sync = s->sync == SYNC_NONE,
		.adaptive = s->flush_adaptive,
		.threshold_min = (uint64_t)s->flush_threshold_min,
		.threshold_max = (uint64_t)s->flush_threshold_max,
	};
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

json_t *config_general_json(const struct config *config)
{
	json_t *values = fields_write(settings_table, &config->general);
	json_object_del(values, "description");
	return values;
}

static json_t *profile_json(const struct config *config, const char *category, json_t *overrides)
{
	const char *name = category + strlen(PROFILE_PREFIX);
	const struct settings *settings = config_profile(config, name);
	json_t *all = fields_write(settings_table, settings);
	json_t *out = json_pack("{s:s, s:s}", "name", name, "description", settings->description);
	const char *key;
	json_t *value;
	json_object_foreach(overrides, key, value) json_object_set(out, key, json_object_get(all, key));
	json_decref(all);
	return out;
}

json_t *config_profiles_json(const struct config *config)
{
	json_t *list = json_array();
	const char *category;
	json_t *overrides;
	json_object_foreach(config->source, category, overrides)
	{
		if (strcmp(category, "general"))
			json_array_append_new(list, profile_json(config, category, overrides));
	}
	return list;
}
