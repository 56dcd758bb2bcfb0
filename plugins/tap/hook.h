/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A plugin whose callbacks are wrapped. */
#ifndef TSR_PLUGINS_TAP_HOOK_H
#define TSR_PLUGINS_TAP_HOOK_H

#include <plugins/plugin.h> /* Janus's */

/* As many plugins as can be wrapped: those that known.c understands. */
#define HOOKS_MAX 8

struct hook {
	gint watching; /* atomic: how many taps want to see what comes; 0 = the original is called, and that is all */
	janus_plugin *plugin; /* NULL = not wrapped. It stays, so that who is inside finds it */
	janus_callbacks *gateway;
	const struct known *known;
	int automatic; /* an enum auto_record: constant once Janus has started */
	/* What stood in the table; NULL where nothing of ours does. */
	void (*create_session)(janus_plugin_session *handle, int *error);
	struct janus_plugin_result *(*handle_message)(janus_plugin_session *handle, char *transaction, json_t *message,
						      json_t *jsep);
	json_t *(*handle_admin_message)(json_t *message);
	void (*incoming_rtp)(janus_plugin_session *handle, janus_plugin_rtp *packet);
	void (*incoming_rtcp)(janus_plugin_session *handle, janus_plugin_rtcp *packet);
	void (*setup_media)(janus_plugin_session *handle);
	void (*hangup_media)(janus_plugin_session *handle);
	void (*destroy_session)(janus_plugin_session *handle, int *error);
};

#endif
