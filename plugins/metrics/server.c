/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../runtime/runtime.h"
#include "collect.h"
#include "exposition.h"

/* Prometheus asks one at a time; whoever else comes must neither take memory nor keep a connection. */
#define CONNECTIONS_MAX   16
#define CONNECTION_BYTES  16384
#define CONNECTION_IDLE_S 5

struct metrics {
	struct metrics_of of;
	struct MHD_Daemon *daemon;
};

/* ---- answers ---- */

/* `text` is g_malloc's, and taken. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type, char *text,
			      size_t size)
{
	struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback(size, text, g_free);
	if (!response) {
		g_free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned status, const char *text)
{
	return answer(connection, status, "text/plain; charset=utf-8", g_strdup(text), strlen(text));
}

static enum MHD_Result answer_metrics(struct metrics *m, struct MHD_Connection *connection)
{
	GString *text = collect_metrics(&m->of);
	size_t size = text->len;
	return answer(connection, MHD_HTTP_OK, EXPOSITION_CONTENT_TYPE, g_string_free(text, FALSE), size);
}

static enum MHD_Result answer_health(struct metrics *m, struct MHD_Connection *connection)
{
	bool well;
	json_t *health = collect_health(&m->of, &well);
	char *dumped = json_dumps(health, JSON_INDENT(2)), *text = g_strconcat(dumped ? dumped : "", "\n", NULL);
	free(dumped);
	json_decref(health);
	return answer(connection, well ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, "application/json", text,
		      strlen(text));
}

/* As libmicrohttpd calls it: first with the head of a request, then with its body, of which ours have none. */
static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
				  const char *version, const char *body, size_t *body_size, void **request)
{
	struct metrics *m = user;
	static char known;
	(void)version, (void)body;
	if (!*request) {
		*request = &known;
		return MHD_YES;
	}
	if (*body_size) {
		*body_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	if (!strcmp(url, "/metrics"))
		return answer_metrics(m, connection);
	if (!strcmp(url, "/healthz"))
		return answer_health(m, connection);
	return answer_text(connection, MHD_HTTP_NOT_FOUND, "there are /metrics and /healthz\n");
}

/* ---- life ---- */

static struct MHD_Daemon *listen_at(const char *address, struct metrics *m)
{
	struct sockaddr_storage at;
	if (!address_parse(address, &at))
		return NULL;
	unsigned flags = MHD_USE_AUTO_INTERNAL_THREAD | (at.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0);
	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, m, MHD_OPTION_SOCK_ADDR, &at,
				MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
				MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_IDLE_S, MHD_OPTION_END);
}

struct metrics *metrics_create(const struct metrics_of *of)
{
	struct config *config = runtime_config(of->runtime);
	const char *address = config_general(config)->metrics_address;
	struct metrics *m = NULL;
	if (*address) {
		m = g_new0(struct metrics, 1);
		m->of = *of;
		m->daemon = listen_at(address, m);
	}
	if (m && !m->daemon) {
		log_line(TSR_LOG_ERROR, NULL, "no metrics: metrics_address = \"%s\" cannot be listened at: %s", address,
			 g_strerror(errno));
		g_clear_pointer(&m, g_free);
	}
	config_unref(config);
	return m;
}

void metrics_destroy(struct metrics *m)
{
	if (!m)
		return;
	MHD_stop_daemon(m->daemon);
	g_free(m);
}
