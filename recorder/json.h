/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The little JSON that reports need: members of an object, appended to a text. */
#ifndef TSR_JSON_H
#define TSR_JSON_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* "key": "value", or null. `value` is UTF-8. */
static inline void json_string(GString *s, const char *key, const char *value)
{
	g_string_append_printf(s, "\"%s\": ", key);
	if (value == NULL) {
		g_string_append(s, "null");
		return;
	}
	g_string_append_c(s, '"');
	for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			g_string_append_printf(s, "\\%c", *c);
		else if (*c < 0x20)
			g_string_append_printf(s, "\\u%04x", *c);
		else
			g_string_append_c(s, (char)*c);
	}
	g_string_append_c(s, '"');
}

static inline void json_int(GString *s, const char *key, int64_t value)
{
	g_string_append_printf(s, "\"%s\": %" G_GINT64_FORMAT, key, value);
}

static inline void json_bool(GString *s, const char *key, bool value)
{
	g_string_append_printf(s, "\"%s\": %s", key, value ? "true" : "false");
}

/* An ISO 8601 date in UTC with milliseconds. */
static inline void json_time(GString *s, const char *key, int64_t utc_us)
{
	GDateTime *seconds = g_date_time_new_from_unix_utc(utc_us / G_USEC_PER_SEC);
	char *date = g_date_time_format(seconds, "%Y-%m-%dT%H:%M:%S");
	g_string_append_printf(s, "\"%s\": \"%s.%03dZ\"", key, date, (int)(utc_us % G_USEC_PER_SEC / 1000));
	g_free(date);
	g_date_time_unref(seconds);
}

#endif
