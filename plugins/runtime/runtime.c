/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <debug.h> /* Janus's */
#include <glib.h>
#include <pthread.h>

#include "runtime.h"

janus_callbacks *runtime_gateway;
tsr_engine *runtime_engine;

static pthread_mutex_t config_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct config *config_in_force;

static int64_t started_us;

static gint open_now;
static gint inside;

/* ---- the gate ------------------------------------------------------------------------------------------------------ */

void gate_open(void)
{
	started_us = tsr_now_us();
	g_atomic_int_set(&open_now, 1);
}

bool gate_enter(void)
{
	g_atomic_int_inc(&inside);
	if (g_atomic_int_get(&open_now))
		return true;
	gate_leave();
	return false;
}

void gate_leave(void)
{
	g_atomic_int_add(&inside, -1);
}

/* Janus is ending: there is little to wait for, and a callback pays nothing for being waited for. */
void gate_close(void)
{
	g_atomic_int_set(&open_now, 0);
	while (g_atomic_int_get(&inside) > 0)
		g_usleep(1000);
}

bool gate_is_closed(void)
{
	return !g_atomic_int_get(&open_now);
}

int64_t runtime_started_us(void)
{
	return started_us;
}

/* ---- configuration and log ----------------------------------------------------------------------------------------- */

static void write_log(tsr_log_level level, const char *line)
{
	switch (level) {
	case TSR_LOG_ERROR: JANUS_LOG(LOG_ERR, "[tsrecorder] %s\n", line); break;
	case TSR_LOG_WARNING: JANUS_LOG(LOG_WARN, "[tsrecorder] %s\n", line); break;
	case TSR_LOG_INFO: JANUS_LOG(LOG_INFO, "[tsrecorder] %s\n", line); break;
	case TSR_LOG_VERBOSE: JANUS_LOG(LOG_VERB, "[tsrecorder] %s\n", line); break;
	case TSR_LOG_DEBUG: JANUS_LOG(LOG_HUGE, "[tsrecorder] %s\n", line); break;
	}
}

struct config *runtime_config(void)
{
	pthread_mutex_lock(&config_mutex);
	struct config *config = config_ref(config_in_force);
	pthread_mutex_unlock(&config_mutex);
	return config;
}

void runtime_set_config(struct config *config)
{
	static const tsr_log_level levels[] = {TSR_LOG_ERROR, TSR_LOG_WARNING, TSR_LOG_INFO, TSR_LOG_VERBOSE,
					       TSR_LOG_DEBUG};
	if (config)
		tsr_log_set(write_log, levels[config_general(config)->log_level]);
	else
		tsr_log_set(NULL, TSR_LOG_ERROR);
	pthread_mutex_lock(&config_mutex);
	struct config *old = config_in_force;
	config_in_force = config;
	pthread_mutex_unlock(&config_mutex);
	config_unref(old);
}

void runtime_notify(janus_plugin_session *handle, json_t *event)
{
	struct config *config = runtime_config();
	bool wanted = config_general(config)->events && runtime_gateway->events_is_enabled();
	config_unref(config);
	if (wanted)
		runtime_gateway->notify_event(&runtime_plugin, handle, event);
	else
		json_decref(event);
}
