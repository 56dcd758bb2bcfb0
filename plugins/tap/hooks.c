/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>

#include "foreign.h"
#include "hooks.h"
#include "messages.h"

static struct hook hooks[HOOKS_MAX];

/* ---- what stands in the tables instead: one set of functions for each plugin, since they are not told which it is ---- */

/* While nobody watches, a packet costs one load and a branch that is not taken. */
static inline bool is_watched(const struct hook *hook)
{
	return G_UNLIKELY(__atomic_load_n(&hook->watching, __ATOMIC_ACQUIRE) > 0);
}

#define WRAPPERS(n)                                                                                                    \
	static void create_session_##n(janus_plugin_session *handle, int *error)                                       \
	{                                                                                                              \
		hooks[n].create_session(handle, error);                                                                \
		if (*error == 0)                                                                                       \
			foreign_begin(&hooks[n], handle);                                                              \
	}                                                                                                              \
	static janus_plugin_result *handle_message_##n(janus_plugin_session *handle, char *transaction, json_t *body,  \
						       json_t *jsep)                                                   \
	{                                                                                                              \
		struct message message;                                                                                \
		message_note(&hooks[n], body, &message);                                                               \
		message_describes(&hooks[n], handle, jsep);                                                            \
		janus_plugin_result *result = hooks[n].handle_message(handle, transaction, body, jsep);                \
		message_answered(&hooks[n], &message, result ? result->content : NULL);                                \
		if (is_watched(&hooks[n]))                                                                             \
			foreign_said(handle);                                                                          \
		return result;                                                                                         \
	}                                                                                                              \
	static json_t *handle_admin_message_##n(json_t *body)                                                          \
	{                                                                                                              \
		struct message message;                                                                                \
		message_note(&hooks[n], body, &message);                                                               \
		json_t *answer = hooks[n].handle_admin_message(body);                                                  \
		message_answered(&hooks[n], &message, answer);                                                         \
		return answer;                                                                                         \
	}                                                                                                              \
	static void incoming_rtp_##n(janus_plugin_session *handle, janus_plugin_rtp *packet)                           \
	{                                                                                                              \
		if (is_watched(&hooks[n]))                                                                             \
			foreign_rtp(&hooks[n], handle, packet);                                                        \
		hooks[n].incoming_rtp(handle, packet);                                                                 \
	}                                                                                                              \
	static void incoming_rtcp_##n(janus_plugin_session *handle, janus_plugin_rtcp *packet)                         \
	{                                                                                                              \
		foreign_rtcp(&hooks[n], handle, packet);                                                               \
		hooks[n].incoming_rtcp(handle, packet);                                                                \
	}                                                                                                              \
	static void setup_media_##n(janus_plugin_session *handle)                                                      \
	{                                                                                                              \
		if (is_watched(&hooks[n]))                                                                             \
			foreign_said(handle);                                                                          \
		hooks[n].setup_media(handle);                                                                          \
	}                                                                                                              \
	static void hangup_media_##n(janus_plugin_session *handle)                                                     \
	{                                                                                                              \
		foreign_end(&hooks[n], handle, true);                                                                  \
		hooks[n].hangup_media(handle);                                                                         \
	}                                                                                                              \
	static void destroy_session_##n(janus_plugin_session *handle, int *error)                                      \
	{                                                                                                              \
		foreign_end(&hooks[n], handle, false);                                                                 \
		hooks[n].destroy_session(handle, error);                                                               \
	}
#define WRAPPER_ROW(n)                                                                                                 \
	{                                                                                                              \
		.create_session = create_session_##n, .handle_message = handle_message_##n,                            \
		.handle_admin_message = handle_admin_message_##n, .setup_media = setup_media_##n,                      \
		.incoming_rtp = incoming_rtp_##n, .incoming_rtcp = incoming_rtcp_##n,                                  \
		.hangup_media = hangup_media_##n, .destroy_session = destroy_session_##n                               \
	}

WRAPPERS(0)
WRAPPERS(1)
WRAPPERS(2)
WRAPPERS(3)
WRAPPERS(4)
WRAPPERS(5)
WRAPPERS(6)
WRAPPERS(7)

static const janus_plugin wrappers[HOOKS_MAX] = {
	WRAPPER_ROW(0), WRAPPER_ROW(1), WRAPPER_ROW(2), WRAPPER_ROW(3),
	WRAPPER_ROW(4), WRAPPER_ROW(5), WRAPPER_ROW(6), WRAPPER_ROW(7),
};

/* ---- into the table, and out of it ------------------------------------------------------------------------------------- */

/* Members of the tables, as the addresses of pointers that the core reads while we write. */
#define SLOT(table, member) ((void **)(uintptr_t) & (table)->member)

static void put(void **slot, void *function)
{
	__atomic_store_n(slot, function, __ATOMIC_RELEASE);
}

/* Leaves it when it is not ours any more. */
static void put_back(void **slot, void *ours, void *original)
{
	__atomic_compare_exchange_n(slot, &ours, original, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

bool hooks_writable(const char *maps, const void *start, size_t size)
{
	FILE *file = fopen(maps, "re");
	if (!file)
		return false;
	uintptr_t at = (uintptr_t)start, end = at + size;
	char line[600], access;
	uintptr_t from, to;
	/* In the order of their addresses: what is not covered by the end is covered by none. */
	while (at < end && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*c%c", &from, &to, &access) == 3 && from <= at &&
		    at < to && access == 'w')
			at = to;
	}
	(void)fclose(file);
	return at >= end;
}

/* The members of the table that we put something into, but for incoming_rtp, which comes last and goes first. */
#define FOR_RARE(do)                                                                                                   \
	do                                                                                                             \
	(destroy_session) do(hangup_media) do(setup_media) do(incoming_rtcp) do(handle_admin_message) do(              \
		handle_message) do(create_session)

struct hook *hooks_listen(unsigned slot, janus_plugin *plugin, janus_callbacks *gateway, const struct known *known,
			  char *error, size_t error_size)
{
	struct hook *hook = &hooks[slot];
	const janus_plugin *ours = &wrappers[slot];
	if (plugin->destroy_session == ours->destroy_session)
		return hook;
	if (!plugin->incoming_rtp || !plugin->incoming_rtcp || !plugin->setup_media || !plugin->hangup_media ||
	    !plugin->create_session || !plugin->destroy_session || !plugin->handle_message || !plugin->query_session) {
		g_snprintf(error, error_size, "%s has no callbacks for media that could be listened to",
			   plugin->get_package());
		return NULL;
	}
	if (!hooks_writable("/proc/self/maps", plugin, sizeof(*plugin))) {
		g_snprintf(error, error_size,
			   "the table of callbacks of %s cannot be written: it cannot be listened to in this build of "
			   "Janus",
			   plugin->get_package());
		return NULL;
	}
	hook->gateway = gateway;
	hook->known = known;
	hook->plugin = plugin;
	hook->incoming_rtp = plugin->incoming_rtp;
#define WRAP(member)                                                                                                   \
	hook->member = plugin->member;                                                                                 \
	if (hook->member)                                                                                              \
		put(SLOT(plugin, member), (void *)ours->member);
	FOR_RARE(WRAP)
#undef WRAP
	return hook;
}

struct hook *hooks_wrap(unsigned slot, janus_plugin *plugin, janus_callbacks *gateway, const struct known *known,
			char *error, size_t error_size)
{
	struct hook *hook = hooks_listen(slot, plugin, gateway, known, error, error_size);
	if (hook && plugin->incoming_rtp == hook->incoming_rtp)
		put(SLOT(plugin, incoming_rtp), (void *)wrappers[slot].incoming_rtp);
	return hook;
}

void hooks_restore(void)
{
	for (unsigned i = 0; i < HOOKS_MAX; i++) {
		struct hook *hook = &hooks[i];
		const janus_plugin *ours = &wrappers[i];
		if (!hook->plugin)
			continue;
#define UNWRAP(member) put_back(SLOT(hook->plugin, member), (void *)ours->member, (void *)hook->member);
		UNWRAP(incoming_rtp)
		FOR_RARE(UNWRAP)
#undef UNWRAP
	}
}

/* ---- finding it -------------------------------------------------------------------------------------------------------- */

/* The core's own, which no header declares; a Janus that hides its symbols has none. */
extern janus_plugin *janus_plugin_find(const gchar *package) __attribute__((weak));

janus_plugin *hooks_find(const char *package, enum api_error *code, char *error, size_t error_size)
{
	janus_plugin *(*find)(const gchar *) = janus_plugin_find;
	janus_plugin *plugin = find ? find(package) : NULL;
	if (!find) {
		*code = API_UNSUPPORTED;
		g_snprintf(error, error_size, "this build of Janus does not let plugins find one another");
	} else if (!plugin) {
		*code = API_NOT_FOUND;
		g_snprintf(error, error_size, "Janus has not loaded %s", package);
	}
	return plugin;
}
