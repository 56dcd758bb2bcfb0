/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <debug.h> /* Janus's */
#include <glib.h>
#include <pthread.h>

#include "runtime.h"

/* The core has it in every version, in a header that it does not install. Without it a recording has the reason that its handle
 * gives. */
extern gint janus_is_stopping(void) __attribute__((weak));

struct runtime {
	janus_callbacks *gateway;
	janus_plugin *plugin;
	int64_t started_us;
	gint ending;            /* atomic */
	pthread_mutex_t change; /* held by who changes the configuration */
	pthread_mutex_t mutex;  /* guards what follows */
	struct config *config;
};

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

static void set_log(const struct config *config)
{
	static const tsr_log_level levels[] = {TSR_LOG_ERROR, TSR_LOG_WARNING, TSR_LOG_INFO, TSR_LOG_VERBOSE,
					       TSR_LOG_DEBUG};
	tsr_log_set(write_log, levels[config_general(config)->log_level]);
}

struct runtime *runtime_create(janus_callbacks *gateway, janus_plugin *plugin, struct config *config)
{
	struct runtime *runtime = g_new(struct runtime, 1);
	*runtime = (struct runtime){.gateway = gateway, .plugin = plugin, .started_us = tsr_now_us(), .config = config};
	pthread_mutex_init(&runtime->change, NULL);
	pthread_mutex_init(&runtime->mutex, NULL);
	set_log(config);
	return runtime;
}

void runtime_destroy(struct runtime *runtime)
{
	if (!runtime)
		return;
	tsr_log_set(NULL, TSR_LOG_ERROR);
	config_unref(runtime->config);
	pthread_mutex_destroy(&runtime->change);
	pthread_mutex_destroy(&runtime->mutex);
	g_free(runtime);
}

janus_callbacks *runtime_gateway(const struct runtime *runtime)
{
	return runtime->gateway;
}

janus_plugin *runtime_plugin(const struct runtime *runtime)
{
	return runtime->plugin;
}

int64_t runtime_started_us(const struct runtime *runtime)
{
	return runtime->started_us;
}

struct config *runtime_config(struct runtime *runtime)
{
	pthread_mutex_lock(&runtime->mutex);
	struct config *config = config_ref(runtime->config);
	pthread_mutex_unlock(&runtime->mutex);
	return config;
}

struct config *runtime_begin_change(struct runtime *runtime)
{
	pthread_mutex_lock(&runtime->change);
	return runtime_config(runtime);
}

void runtime_end_change(struct runtime *runtime)
{
	pthread_mutex_unlock(&runtime->change);
}

void runtime_set_config(struct runtime *runtime, struct config *config)
{
	set_log(config);
	pthread_mutex_lock(&runtime->mutex);
	struct config *old = runtime->config;
	runtime->config = config;
	pthread_mutex_unlock(&runtime->mutex);
	config_unref(old);
}

void runtime_notify(struct runtime *runtime, janus_plugin_session *handle, json_t *event)
{
	struct config *config = runtime_config(runtime);
	bool wanted = config_general(config)->events && runtime->gateway->events_is_enabled();
	config_unref(config);
	if (wanted)
		runtime->gateway->notify_event(runtime->plugin, handle, event);
	else
		json_decref(event);
}

const char *runtime_reason(const char *why)
{
	return janus_is_stopping && janus_is_stopping() ? "shutdown" : why;
}

void runtime_set_ending(struct runtime *runtime)
{
	g_atomic_int_set(&runtime->ending, 1);
}

bool runtime_is_ending(const struct runtime *runtime)
{
	return g_atomic_int_get(&runtime->ending);
}
