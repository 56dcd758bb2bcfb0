/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <string.h>

#include "../config/config.h"
#include "payloads.h"

#define RTPMAP     "a=rtpmap:"
#define NAME_BYTES 16

/* RFC 8866 section 6.6: a=rtpmap:TYPE NAME/RATE[/CHANNELS]; names compare without case. */
static void read_rtpmap(struct payloads *p, const char *at)
{
	char name[NAME_BYTES];
	unsigned type = 0, digits = 0, size = 0;
	for (; isdigit((unsigned char)*at) && digits < 3; at++, digits++)
		type = type * 10 + (unsigned)(*at - '0');
	if (digits == 0 || type >= PAYLOAD_TYPES || *at++ != ' ')
		return;
	for (; isgraph((unsigned char)*at) && *at != '/' && size + 1 < sizeof(name); at++)
		name[size++] = (char)tolower((unsigned char)*at);
	name[size] = '\0';
	if (*at == '/')
		p->codec[type] = (uint8_t)tsr_codec_from_name(name);
}

void payloads_read(struct payloads *payloads, const char *sdp)
{
	for (const char *line = sdp; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, RTPMAP, strlen(RTPMAP)))
			read_rtpmap(payloads, line + strlen(RTPMAP));
		else if (!*line)
			return;
	}
}
