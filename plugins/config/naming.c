/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>
#include <utils.h> /* Janus's */

#include "naming.h"

/* What the engine takes for a file's name (200 bytes) without a segment's number ("-00002"). */
#define MAX_NAME_BYTES      194
#define MAX_FREE_TEXT_BYTES 64

static char *format_utc(int64_t utc_us, const char *format)
{
	GDateTime *time = g_date_time_new_from_unix_utc(utc_us / 1000000);
	char *text = time ? g_date_time_format(time, format) : g_strdup("0");
	if (time)
		g_date_time_unref(time);
	return text;
}

/* Free text as a part of a file's name: what is not harmless becomes "_". */
static char *harmless(const char *text)
{
	char *out = g_strndup(text && *text ? text : "unnamed", MAX_FREE_TEXT_BYTES);
	for (char *p = out; *p; p++) {
		if (!g_ascii_isalnum(*p) && *p != '-' && *p != '_' && (*p != '.' || p == out))
			*p = '_';
	}
	return out;
}

static char *value_of(const char *key, size_t length, const struct naming *n)
{
	static const char *const keys[] = {"id", "name", "date", "time", "profile", "room", "peer", "display"};
	unsigned i = 0;
	while (i < G_N_ELEMENTS(keys) && (strlen(keys[i]) != length || strncmp(keys[i], key, length)))
		i++;
	switch (i) {
	case 0: return g_strdup(n->id);
	case 1: return harmless(n->name);
	case 2: return format_utc(n->utc_us, "%Y%m%d");
	case 3: return format_utc(n->utc_us, "%H%M%S");
	case 4: return harmless(n->profile ? n->profile : "general");
	case 5: return harmless(n->room);
	case 6: return harmless(n->peer);
	case 7: return harmless(n->display);
	default: return NULL;
	}
}

static bool expand(const char *template, const struct naming *naming, GString *out)
{
	for (const char *p = template; *p; p++) {
		if (*p == '}')
			return false;
		if (*p != '{') {
			g_string_append_c(out, *p);
			continue;
		}
		const char *end = strchr(p, '}');
		char *value = end ? value_of(p + 1, (size_t)(end - p - 1), naming) : NULL;
		if (!value)
			return false;
		g_string_append(out, value);
		g_free(value);
		p = end;
	}
	return true;
}

static bool allowed_component(const char *part)
{
	if (!*part || *part == '.' || *part == ' ' || g_str_has_suffix(part, ".") || g_str_has_suffix(part, " "))
		return false;
	/* A finished file must not look like one that is running. */
	if (g_str_has_suffix(part, ".recording"))
		return false;
	for (const char *p = part; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '\\')
			return false;
	}
	return true;
}

static bool allowed(const char *name)
{
	if (strlen(name) > MAX_NAME_BYTES)
		return false;
	char **parts = g_strsplit(name, "/", -1);
	bool ok = parts[0] != NULL;
	for (char **part = parts; ok && *part; part++)
		ok = allowed_component(*part);
	g_strfreev(parts);
	return ok;
}

char *naming_expand(const char *template, const struct naming *naming, char *error, size_t error_size)
{
	GString *out = g_string_new(NULL);
	if (!expand(template, naming, out))
		g_snprintf(error, error_size,
			   "filename may contain {id} {name} {date} {time} {profile} {room} {peer} {display} and no "
			   "other braces");
	else if (!allowed(out->str))
		g_snprintf(error, error_size,
			   "filename does not expand to a name that is allowed: at most %d bytes, relative, no part of "
			   "it empty, "
			   "beginning or ending with a dot or a space, or ending with .recording",
			   MAX_NAME_BYTES);
	else
		return g_string_free(out, FALSE);
	g_string_free(out, TRUE);
	return NULL;
}

char *naming_new_id(int64_t utc_us)
{
	char *time = format_utc(utc_us, "%Y%m%d-%H%M%S");
	char *id = g_strdup_printf("%s-%08x", time, janus_random_uint32());
	g_free(time);
	return id;
}

char *naming_new_stamp(void)
{
	return g_strdup_printf("%08x%08x%08x%08x", janus_random_uint32(), janus_random_uint32(), janus_random_uint32(),
			       janus_random_uint32());
}

const char *naming_below(const char *folder, const char *path)
{
	size_t length = strlen(folder);
	while (length > 1 && folder[length - 1] == '/')
		length--;
	if (strncmp(folder, path, length) || path[length] != '/')
		return path;
	return path + length + 1;
}
