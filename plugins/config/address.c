/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"

static bool parse_port(const char *text, in_port_t *out)
{
	guint64 port;
	if (!g_ascii_string_to_unsigned(text, 10, 1, 65535, &port, NULL))
		return false;
	*out = htons((in_port_t)port);
	return true;
}

static bool parse_v6(const char *text, struct sockaddr_in6 *out)
{
	const char *end = strstr(text, "]:");
	char host[INET6_ADDRSTRLEN];
	if (!end || (size_t)(end - text) > sizeof(host))
		return false;
	g_strlcpy(host, text + 1, (gsize)(end - text));
	*out = (struct sockaddr_in6){.sin6_family = AF_INET6};
	return inet_pton(AF_INET6, host, &out->sin6_addr) == 1 && parse_port(end + 2, &out->sin6_port);
}

static bool parse_v4(const char *text, struct sockaddr_in *out)
{
	const char *colon = strchr(text, ':');
	char host[INET_ADDRSTRLEN] = "127.0.0.1";
	if (colon && (size_t)(colon - text) >= sizeof(host))
		return false;
	if (colon)
		g_strlcpy(host, text, (gsize)(colon - text + 1));
	*out = (struct sockaddr_in){.sin_family = AF_INET};
	return inet_pton(AF_INET, host, &out->sin_addr) == 1 && parse_port(colon ? colon + 1 : text, &out->sin_port);
}

bool address_parse(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_storage found = {0};
	if (*text == '[' ? !parse_v6(text, (struct sockaddr_in6 *)&found)
			 : !parse_v4(text, (struct sockaddr_in *)&found))
		return false;
	*out = found;
	return true;
}
