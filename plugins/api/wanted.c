/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>
#include <utils.h> /* Janus's */

#include "../runtime/runtime.h"
#include "wanted.h"

const char *const wanted_video_names[] = {"h264", "h265", "vp8", "vp9", "av1", NULL};
const char *const wanted_audio_names[] = {"opus", "multiopus", "pcmu", "pcma", "g722", "l16", NULL};
const char *const wanted_containers[] = {"ts", "mkv", "webm", "mp4", "auto", NULL}; /* as in the settings */
const char *const wanted_hls[] = {"off", "single", "segments", NULL};
const char *const wanted_audio_modes[] = {"transcode", "copy", NULL};

void wanted_name(struct wanted *wanted)
{
	wanted->id_given = wanted->id != NULL;
	if (!wanted->id)
		wanted->id = naming_new_id(g_get_real_time());
}

static bool key_fits(const char *key, const char *given)
{
	return !*key || (given && janus_strcmp_const_time(key, given));
}

static bool token_fits(struct runtime *runtime, const struct settings *settings, const struct wanted *wanted)
{
	janus_callbacks *gateway = runtime_gateway(runtime);
	janus_plugin *plugin = runtime_plugin(runtime);
	if (!settings->signed_tokens)
		return true;
	if (!gateway->auth_is_signed())
		return false; /* Janus has no token_auth_secret: nothing can be signed */
	char *this_one = g_strdup_printf("record=%s", wanted->id);
	bool fits = wanted->token && (gateway->auth_signature_contains(plugin, wanted->token, "record") ||
				      gateway->auth_signature_contains(plugin, wanted->token, this_one));
	g_free(this_one);
	return fits;
}

bool wanted_allowed(struct request *r, const struct settings *general, const struct settings *settings,
		    const struct wanted *wanted)
{
	if (!settings)
		request_fail(r, API_NOT_FOUND, "there is no profile of that name");
	else if (!key_fits(general->record_key, wanted->record_key))
		request_fail(r, API_UNAUTHORIZED, "record_key is wrong or missing");
	else if (!token_fits(r->parts->runtime, general, wanted))
		request_fail(r, API_UNAUTHORIZED, "the token does not allow to record");
	return r->code == API_OK;
}

bool wanted_file_allowed(struct request *r, const char *recordings_path, const char *name)
{
	char *path = g_build_filename(recordings_path, name, NULL);
	if (janus_is_folder_protected(path) && !janus_is_folder_protected(recordings_path))
		request_fail(r, API_FOLDER, "the folder is protected");
	g_free(path);
	return r->code == API_OK;
}

tsr_codec wanted_videocodec(const struct wanted *wanted)
{
	return wanted->videocodec == UNSET ? TSR_CODEC_NONE
					   : tsr_codec_from_name(wanted_video_names[wanted->videocodec]);
}

tsr_codec wanted_audiocodec(const struct wanted *wanted)
{
	return wanted->audiocodec == UNSET ? TSR_CODEC_NONE
					   : tsr_codec_from_name(wanted_audio_names[wanted->audiocodec]);
}
