/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What there is once: the plugin itself, the core's callbacks, the engine, the configuration in force, and the gate through
 * which Janus comes in. */
#ifndef TSR_PLUGINS_RUNTIME_H
#define TSR_PLUGINS_RUNTIME_H

#include <plugins/plugin.h> /* Janus's */

#include "../config/config.h"

#define PLUGIN_PACKAGE "janus.plugin.tsrecorder"

extern janus_plugin runtime_plugin; /* janus_tsrecorder.c */

/* Valid from init() to destroy(). */
extern janus_callbacks *runtime_gateway;
extern tsr_engine *runtime_engine;

/* A reference to the snapshot in force. Any thread. */
struct config *runtime_config(void);

/* Takes the reference (or NULL, when it all ends), puts it in force, sets the log's level. Any thread. */
void runtime_set_config(struct config *config);

/* Tells Janus's event handlers, when they want to know; takes the reference of `event`. `handle` is whom it is about, which must
 * be attached, or NULL. */
void runtime_notify(janus_plugin_session *handle, json_t *event);

/* When the plugin was started, tsr_now_us(). */
int64_t runtime_started_us(void);

/* The gate: Janus runs destroy() while callbacks of handles are still under way, and while others begin. A callback does
 * nothing when it may not enter. */
void gate_open(void);
bool gate_enter(void);
void gate_leave(void);

/* No callback enters after this, and none is inside. */
void gate_close(void);

/* True before gate_open() and from gate_close() on: peers cannot be reached, event handlers can. */
bool gate_is_closed(void);

#endif
