/* SPDX-License-Identifier: GPL-3.0-or-later */
/*! \file   janus_tsrecorder.c
 * \brief  Janus TS Recorder plugin: a peer's media straight into a playable file
 *
 * \details The plugin records what a peer sends. A handle sends \c record with a JSEP offer, gets the answer, and from then
 * on everything the peer sends goes into one file that can be played while it grows: \c ID.recording.ts until the
 * recording ends, \c ID.ts afterwards, never both ( \c .mkv, \c .webm or \c .mp4 by its container). It ends by \c stop , by a detach or hangup, when the Janus session ends
 * or times out, at a limit, or when Janus shuts down: in each case the file is completed, made durable and renamed. Peers of
 * other plugins of the same Janus are recorded by \c record_room and \c record_peers .
 *
 * The package name is \c janus.plugin.tsrecorder . Its requests, events, error codes and the Admin API are specified in
 * docs/api.md, its settings in docs/configuration.md, and what an operator sees in docs/operation.md; tests compare the first two
 * with the code, and send the examples.
 */

#include <debug.h> /* Janus's */
#include <glib.h>
#include <utils.h> /* Janus's */

#include "api/api.h"
#include "gate.h"
#include "keeper/keeper.h"
#include "library/library.h"
#include "peer/peer.h"
#include "runtime/runtime.h"
#include "take/take.h"
#include "tap/tap.h"
#include "tsrecorder-config.h"

/* ---- lifecycle --------------------------------------------------------------------------------------------------------- */

static janus_plugin plugin;

/* All that there is, in the order in which it is made; each may use what stands above it, and goes before that. Janus's callbacks have
 * no pointer of ours, so they find it here. */
static struct {
	struct gate gate;
	struct runtime *runtime;
	struct library *library;
	struct sessions *sessions;
	struct takes *takes;
	struct taps *taps;
	struct keeper *keeper;
	struct api *api;
} the;

static void destroy_parts(void)
{
	api_destroy(g_steal_pointer(&the.api));
	keeper_destroy(g_steal_pointer(&the.keeper));
	taps_destroy(g_steal_pointer(&the.taps));
	takes_destroy(g_steal_pointer(&the.takes));
	sessions_destroy(g_steal_pointer(&the.sessions));
	library_destroy(g_steal_pointer(&the.library));
	runtime_destroy(g_steal_pointer(&the.runtime));
}

static bool runs(void *nothing, const char *id)
{
	(void)nothing;
	struct take *take = takes_find(the.takes, id);
	take_unref(take);
	return take != NULL;
}

static void recovered(void *nothing)
{
	(void)nothing;
	taps_recover(the.taps);
}

/* Takes the reference of the configuration. False when the plugin cannot work; what was made is destroyed then. */
static bool create_parts(janus_callbacks *gateway, struct config *config)
{
	const struct settings *settings = config_general(config);
	the.runtime = runtime_create(gateway, &plugin, config);
	the.library = library_create(settings->recordings_path);
	the.sessions = sessions_create(the.runtime);
	if (the.library)
		the.takes = takes_create(settings, the.library);
	if (!the.takes) {
		JANUS_LOG(LOG_ERR, "[tsrecorder] The threads of the %s cannot be started\n",
			  the.library ? "engine" : "catalogue");
		destroy_parts();
		return false;
	}
	the.taps = taps_create(the.runtime, the.takes);
	const struct keeper_host host = {runs, recovered, NULL};
	the.keeper = keeper_create(the.runtime, the.library, &host);
	if (!the.keeper)
		JANUS_LOG(LOG_WARN, "[tsrecorder] No thread for recovery and retention\n");
	const struct api_parts parts = {the.runtime, the.library, the.sessions, the.takes, the.taps, the.keeper};
	the.api = api_create(&parts);
	return true;
}

static int plugin_init(janus_callbacks *callbacks, const char *config_path)
{
	char error[600];
	if (!callbacks || !config_path)
		return -1;
	struct config *config = config_load(config_path, error, sizeof(error));
	if (!config) {
		JANUS_LOG(LOG_ERR, "[tsrecorder] Not started, because of the configuration: %s\n", error);
		return -1;
	}
	if (!library_make_folder(config_general(config)->recordings_path)) {
		config_unref(config);
		return -1;
	}
	if (!create_parts(callbacks, config))
		return -1;
	gate_open(&the.gate);
	JANUS_LOG(LOG_INFO, "[tsrecorder] " TSR_VERSION_STRING " records to %s\n",
		  config_general(config)->recordings_path);
	return 0;
}

/* Every recording that runs is finished before this returns, whether its handle was detached or not. */
static void plugin_destroy(void)
{
	if (!gate_close(&the.gate))
		return;
	runtime_set_ending(the.runtime);
	destroy_parts();
	JANUS_LOG(LOG_INFO, "[tsrecorder] Ended\n");
}

/* ---- the callback table ------------------------------------------------------------------------------------------------ */

static int get_api_compatibility(void)
{
	return JANUS_PLUGIN_API_VERSION;
}

static int get_version(void)
{
	return TSR_VERSION;
}

static const char *get_version_string(void)
{
	return TSR_VERSION_STRING;
}

static const char *get_description(void)
{
	return "Records what a peer sends straight into a playable MPEG-TS file.";
}

static const char *get_name(void)
{
	return "JANUS TS Recorder plugin";
}

static const char *get_author(void)
{
	return "The janus-tsrecorder authors";
}

static const char *get_package(void)
{
	return PLUGIN_PACKAGE;
}

static void create_session(janus_plugin_session *handle, int *error)
{
	if (!gate_enter(&the.gate)) {
		*error = -1;
		return;
	}
	session_create(the.sessions, handle);
	gate_leave(&the.gate);
}

static void destroy_session(janus_plugin_session *handle, int *error)
{
	if (!gate_enter(&the.gate)) {
		*error = -1;
		return;
	}
	session_destroy(the.sessions, handle, error);
	gate_leave(&the.gate);
}

static janus_plugin_result *handle_message(janus_plugin_session *handle, char *transaction, json_t *message,
					   json_t *jsep)
{
	if (!gate_enter(&the.gate)) {
		g_free(transaction);
		json_decref(message);
		json_decref(jsep);
		return janus_plugin_result_new(JANUS_PLUGIN_OK, NULL,
					       api_error_json(API_SHUTTING_DOWN, "the plugin is being stopped"));
	}
	janus_plugin_result *result = api_handle_message(the.api, handle, transaction, message, jsep);
	gate_leave(&the.gate);
	return result;
}

static json_t *handle_admin_message(json_t *message)
{
	if (!gate_enter(&the.gate))
		return NULL;
	json_t *answer = api_handle_admin_message(the.api, message);
	gate_leave(&the.gate);
	return answer;
}

static void setup_media(janus_plugin_session *handle)
{
	if (!gate_enter(&the.gate))
		return;
	session_setup_media(the.sessions, handle);
	gate_leave(&the.gate);
}

static void incoming_rtp(janus_plugin_session *handle, janus_plugin_rtp *packet)
{
	if (!gate_enter(&the.gate))
		return;
	session_incoming_rtp(handle, packet);
	gate_leave(&the.gate);
}

static void incoming_rtcp(janus_plugin_session *handle, janus_plugin_rtcp *packet)
{
	if (!gate_enter(&the.gate))
		return;
	session_incoming_rtcp(handle, packet);
	gate_leave(&the.gate);
}

static void hangup_media(janus_plugin_session *handle)
{
	if (!gate_enter(&the.gate))
		return;
	session_hangup_media(the.sessions, handle);
	gate_leave(&the.gate);
}

static json_t *query_session(janus_plugin_session *handle)
{
	if (!gate_enter(&the.gate))
		return NULL;
	json_t *info = session_query(the.sessions, handle);
	gate_leave(&the.gate);
	return info;
}

static janus_plugin plugin = {
	.init = plugin_init,
	.destroy = plugin_destroy,
	.get_api_compatibility = get_api_compatibility,
	.get_version = get_version,
	.get_version_string = get_version_string,
	.get_description = get_description,
	.get_name = get_name,
	.get_author = get_author,
	.get_package = get_package,
	.create_session = create_session,
	.handle_message = handle_message,
	.handle_admin_message = handle_admin_message,
	.setup_media = setup_media,
	.incoming_rtp = incoming_rtp,
	.incoming_rtcp = incoming_rtcp,
	.hangup_media = hangup_media,
	.destroy_session = destroy_session,
	.query_session = query_session,
};

create_p create;

/* What Janus looks for after dlopen(). */
__attribute__((visibility("default"))) janus_plugin *create(void)
{
	return &plugin;
}
