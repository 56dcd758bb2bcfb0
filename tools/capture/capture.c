/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capture.h"

#include <glib.h>
#include <stdarg.h>
#include <stdio.h>

/* Every format; the first whose probe says yes reads the file. */
static const struct capture_ops *const formats[] = {&capture_mjr, &capture_pcap};

#define PROBE_BYTES 16

/* The reader's state lies behind the capture, aligned for anything. */
struct capture_with_state {
	struct capture capture;
	max_align_t state[];
};

void *capture_state(struct capture *c)
{
	return ((struct capture_with_state *)c)->state;
}

void capture_problem(struct capture *c, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	g_vsnprintf(c->problem, sizeof(c->problem), fmt, args);
	va_end(args);
}

static const struct capture_ops *find_format(struct source *source)
{
	size_t size = source_available(source, PROBE_BYTES);
	const uint8_t *head = source_peek(source, size);
	for (size_t i = 0; head != NULL && i < G_N_ELEMENTS(formats); i++)
		if (formats[i]->probe(head, size))
			return formats[i];
	return NULL;
}

tsr_error capture_open(const char *path, const struct payloads *payloads, struct capture **out, char *why,
		       size_t why_size)
{
	struct source *source = NULL;
	tsr_error err = source_open(path, &source);
	if (err != TSR_OK) {
		g_snprintf(why, why_size, "%s", err == TSR_E_UNSUPPORTED ? "not a regular file" : tsr_strerror(err));
		return err;
	}
	const struct capture_ops *ops = find_format(source);
	if (ops == NULL) {
		err = source_error(source) != TSR_OK ? source_error(source) : TSR_E_UNSUPPORTED;
		g_snprintf(why, why_size, "%s",
			   err == TSR_E_IO ? tsr_strerror(err) : "neither .mjr nor pcap nor pcapng");
		source_close(source);
		return err;
	}
	struct capture *c = g_malloc0(sizeof(struct capture_with_state) + ops->state_size);
	c->ops = ops;
	c->source = source;
	c->payloads = payloads;
	err = ops->open(c);
	if (err != TSR_OK) {
		g_snprintf(why, why_size, "%s", c->problem[0] != '\0' ? c->problem : tsr_strerror(err));
		capture_close(c);
		return err;
	}
	*out = c;
	return TSR_OK;
}

tsr_error capture_next(struct capture *c, struct capture_packet *out)
{
	tsr_error err = c->ops->next(c, out);
	if (err == TSR_OK) {
		c->counters.packets++;
	} else if (source_error(c->source) != TSR_OK) {
		err = source_error(c->source);
		capture_problem(c, "reading failed at byte %" G_GUINT64_FORMAT, source_offset(c->source));
	}
	return err;
}

void capture_close(struct capture *c)
{
	if (c == NULL)
		return;
	source_close(c->source);
	g_free(c);
}
