/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The door of runtime/: Janus's core as the plugin has it, and the configuration in force. */
#ifndef TSR_PLUGINS_RUNTIME_H
#define TSR_PLUGINS_RUNTIME_H

#include <plugins/plugin.h> /* Janus's */

#include "../config/config.h"

#define PLUGIN_PACKAGE "janus.plugin.tsrecorder"

struct runtime;

/* Takes the reference of `config`, and makes the log as that has it. */
struct runtime *runtime_create(janus_callbacks *gateway, janus_plugin *plugin, struct config *config);
void runtime_destroy(struct runtime *runtime); /* NULL is fine */

/* What the core offers us, and what it knows us by. */
janus_callbacks *runtime_gateway(const struct runtime *runtime);
janus_plugin *runtime_plugin(const struct runtime *runtime);

/* tsr_now_us() when it was created. */
int64_t runtime_started_us(const struct runtime *runtime);

/* A reference to the snapshot in force. Any thread. */
struct config *runtime_config(struct runtime *runtime);

/* Changes of the configuration are made one at a time, between these. The first is runtime_config, too. */
struct config *runtime_begin_change(struct runtime *runtime);
void runtime_end_change(struct runtime *runtime);

/* Takes the reference, puts it in force, sets the log's level. Within a change. */
void runtime_set_config(struct runtime *runtime, struct config *config);

/* Tells Janus's event handlers, when they want to know; takes the reference of `event`. `handle` is whom it is about,
 * which must be attached, or NULL. */
void runtime_notify(struct runtime *runtime, janus_plugin_session *handle, json_t *event);

/* Why a recording ends whose handle Janus takes away: `why` ("hangup", "detach"), or "shutdown" when it takes them all away, which it
 * begins before destroy(), and for some clients only. Any thread. */
const char *runtime_reason(const char *why);

/* Janus is ending: from now on peers cannot be reached, event handlers can. */
void runtime_set_ending(struct runtime *runtime);
bool runtime_is_ending(const struct runtime *runtime);

#endif
