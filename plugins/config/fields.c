/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "fields.h"

/* Of a FIELD_KEY. */
#define MAX_KEY_BYTES 256

#define KIB    1024.0
#define SECOND 1000000.0

struct unit {
	const char *name;
	double factor;
};

static const struct unit size_units[] = {
	{"", 1},
	{"B", 1},
	{"kB", 1e3},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
	{"KiB", KIB},
	{"MiB", KIB *KIB},
	{"GiB", KIB *KIB *KIB},
	{"TiB", KIB *KIB *KIB *KIB},
	{NULL, 0},
};

static const struct unit time_units[] = {
	{"", SECOND},
	{"us", 1},
	{"ms", 1000},
	{"s", SECOND},
	{"m", 60 * SECOND},
	{"min", 60 * SECOND},
	{"h", 3600 * SECOND},
	{"d", 86400 * SECOND},
	{NULL, 0},
};

/* Digits, perhaps a fraction, perhaps a space, and a unit: nothing that strtod would take beyond that. */
static bool number_with_unit(const char *text, const struct unit *units, double *out)
{
	const char *p = text;
	while (g_ascii_isdigit(*p))
		p++;
	if (p == text)
		return false;
	if (*p == '.') {
		const char *fraction = ++p;
		while (g_ascii_isdigit(*p))
			p++;
		if (p == fraction)
			return false;
	}
	double value = g_ascii_strtod(text, NULL);
	if (*p == ' ')
		p++;
	for (const struct unit *u = units; u->name; u++) {
		if (!strcmp(p, u->name)) {
			*out = value * u->factor;
			return true;
		}
	}
	return false;
}

static bool in_range(const struct field *f, double value)
{
	return (value >= (double)f->min && value <= (double)f->max) || (f->flags & FIELD_ZERO && value == 0);
}

static bool read_scaled(const struct field *f, json_t *value, const struct unit *units, int64_t *out)
{
	double number;
	if (json_is_string(value)) {
		if (!number_with_unit(json_string_value(value), units, &number))
			return false;
	} else if (json_is_integer(value) || (json_is_real(value) && f->type == FIELD_TIME)) {
		number = json_number_value(value) * units[0].factor;
	} else {
		return false;
	}
	if (!in_range(f, number))
		return false;
	*out = (int64_t)(number + 0.5);
	return true;
}

static bool read_int(const struct field *f, json_t *value, enum fields_source source, int64_t *out)
{
	int64_t number;
	if (json_is_integer(value)) {
		number = json_integer_value(value);
	} else if (json_is_string(value) && source == FIELDS_FROM_SETTINGS) {
		char *end;
		const char *text = json_string_value(value);
		number = g_ascii_strtoll(text, &end, 10);
		if (end == text || *end)
			return false;
	} else {
		return false;
	}
	if (!in_range(f, (double)number))
		return false;
	*out = number;
	return true;
}

static bool read_bool(json_t *value, enum fields_source source, bool *out)
{
	static const char *const words[] = {"false", "no", "off", "0", "true", "yes", "on", "1"};
	if (json_is_boolean(value)) {
		*out = json_is_true(value);
		return true;
	}
	if (source != FIELDS_FROM_SETTINGS || !json_is_string(value))
		return false;
	for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
		if (!g_ascii_strcasecmp(json_string_value(value), words[i])) {
			*out = i >= G_N_ELEMENTS(words) / 2;
			return true;
		}
	}
	return false;
}

static bool read_moment(json_t *value, int64_t *out)
{
	if (json_is_integer(value)) {
		int64_t seconds = json_integer_value(value);
		if (seconds < 0 || seconds >= 253402300800LL) /* the year 10000 */
			return false;
		*out = seconds * G_USEC_PER_SEC;
		return true;
	}
	GTimeZone *utc = g_time_zone_new_utc();
	GDateTime *time = json_is_string(value) ? g_date_time_new_from_iso8601(json_string_value(value), utc) : NULL;
	g_time_zone_unref(utc);
	if (!time)
		return false;
	*out = g_date_time_to_unix(time) * G_USEC_PER_SEC + g_date_time_get_microsecond(time);
	g_date_time_unref(time);
	return true;
}

static bool read_mode(const struct field *f, json_t *value, int64_t *out)
{
	const char *text = json_string_value(value);
	if (!text || !*text || strlen(text) > 5 || strspn(text, "01234567") != strlen(text))
		return false;
	int64_t mode = g_ascii_strtoll(text, NULL, 8);
	if (mode < f->min || mode > f->max)
		return false;
	*out = mode;
	return true;
}

static bool read_choice(const struct field *f, json_t *value, int *out)
{
	const char *text = json_string_value(value);
	for (int i = 0; text && f->choices[i]; i++) {
		if (!strcmp(text, f->choices[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

/* C0, DEL and, as UTF-8, C1: what could forge a line of a log or steer a terminal. */
static bool has_control_characters(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0))
			return true;
	}
	return false;
}

static bool read_text(const struct field *f, json_t *value, char **out)
{
	const char *text = json_string_value(value);
	/* A string may hold NUL bytes when the parser was told to allow them. */
	if (!text || strlen(text) != json_string_length(value))
		return false;
	if ((int64_t)strlen(text) < f->min || (int64_t)strlen(text) > f->max || has_control_characters(text))
		return false;
	if (f->type == FIELD_ID &&
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") != strlen(text))
		return false;
	g_free(*out);
	*out = g_strdup(text);
	return true;
}

static bool read_codecs(const struct field *f, json_t *value, struct codec_list *out)
{
	if (!json_is_string(value))
		return false;
	struct codec_list list = {0};
	char **names = g_strsplit(json_string_value(value), ",", TSR_CODEC_COUNT + 1);
	bool ok = names[0] != NULL;
	for (char **name = names; ok && *name; name++) {
		tsr_codec codec = tsr_codec_from_name(g_strstrip(*name));
		ok = codec != TSR_CODEC_NONE && codec != TSR_CODEC_AAC && tsr_codec_is_video(codec) == (f->min == 1) &&
		     list.count < TSR_CODEC_COUNT;
		for (unsigned i = 0; ok && i < list.count; i++)
			ok = list.codec[i] != codec;
		if (ok)
			list.codec[list.count++] = codec;
	}
	g_strfreev(names);
	if (ok)
		*out = list;
	return ok;
}

static bool read_choices(const struct field *f, json_t *value, struct choice_list *out)
{
	const unsigned known = g_strv_length((char **)f->choices);
	struct choice_list list = {0};
	char **names = g_strsplit(json_is_string(value) ? json_string_value(value) : "", ",", FIELD_MAX_CHOICES + 1);
	bool ok = names[0] != NULL;
	for (char **name = names; ok && *name; name++) {
		unsigned choice = 0;
		while (choice < known && strcmp(f->choices[choice], g_strstrip(*name)) != 0)
			choice++;
		ok = choice < known && list.count < FIELD_MAX_CHOICES;
		for (unsigned i = 0; ok && i < list.count; i++)
			ok = list.choice[i] != (int)choice;
		if (ok)
			list.choice[list.count++] = (int)choice;
	}
	g_strfreev(names);
	if (ok)
		*out = list;
	return ok;
}

static bool read_pixels(const struct field *f, json_t *value, struct pixels *out)
{
	const char *text = json_string_value(value);
	if (!text)
		return false;
	if (!strcmp(text, "source")) {
		*out = (struct pixels){0};
		return true;
	}
	unsigned width, height;
	char end;
	if (!g_ascii_isdigit(text[0]) || sscanf(text, "%5ux%5u%c", &width, &height, &end) != 2)
		return false;
	/* 4:2:0 video has even sides. */
	if (width < f->min || height < f->min || width > f->max || height > f->max || width % 2 || height % 2)
		return false;
	*out = (struct pixels){.width = (uint16_t)width, .height = (uint16_t)height};
	return true;
}

static bool read_object(const struct field *f, json_t *value, json_t **out)
{
	if (!json_is_object(value))
		return false;
	size_t size = json_dumpb(value, NULL, 0, JSON_COMPACT);
	if (size == 0 || (int64_t)size > f->max)
		return false;
	json_decref(*out);
	*out = json_incref(value);
	return true;
}

static bool is_key(json_t *value)
{
	const char *text = json_string_value(value);
	if (!text)
		return json_is_integer(value) && json_integer_value(value) >= 0;
	return *text && strlen(text) <= MAX_KEY_BYTES && strlen(text) == json_string_length(value) &&
	       !has_control_characters(text);
}

static bool read_keys(const struct field *f, json_t *value, json_t **out)
{
	bool ok = f->type == FIELD_KEY ? is_key(value) : json_is_array(value);
	if (f->type == FIELD_KEYS)
		ok = ok && (int64_t)json_array_size(value) >= f->min && (int64_t)json_array_size(value) <= f->max;
	for (size_t i = 0; ok && i < json_array_size(value); i++)
		ok = is_key(json_array_get(value, i));
	if (!ok)
		return false;
	json_decref(*out);
	*out = json_incref(value);
	return true;
}

static bool read_value(const struct field *f, json_t *value, enum fields_source source, void *target)
{
	switch (f->type) {
	case FIELD_BOOL: return read_bool(value, source, FIELD_AT(target, f, bool));
	case FIELD_INT: return read_int(f, value, source, FIELD_AT(target, f, int64_t));
	case FIELD_SIZE: return read_scaled(f, value, size_units, FIELD_AT(target, f, int64_t));
	case FIELD_TIME: return read_scaled(f, value, time_units, FIELD_AT(target, f, int64_t));
	case FIELD_MOMENT: return read_moment(value, FIELD_AT(target, f, int64_t));
	case FIELD_MODE: return read_mode(f, value, FIELD_AT(target, f, int64_t));
	case FIELD_CHOICE: return read_choice(f, value, FIELD_AT(target, f, int));
	case FIELD_TEXT:
	case FIELD_ID: return read_text(f, value, FIELD_AT(target, f, char *));
	case FIELD_CHOICES: return read_choices(f, value, FIELD_AT(target, f, struct choice_list));
	case FIELD_CODECS: return read_codecs(f, value, FIELD_AT(target, f, struct codec_list));
	case FIELD_PIXELS: return read_pixels(f, value, FIELD_AT(target, f, struct pixels));
	case FIELD_KEY:
	case FIELD_KEYS: return read_keys(f, value, FIELD_AT(target, f, json_t *));
	case FIELD_OBJECT: return read_object(f, value, FIELD_AT(target, f, json_t *));
	}
	return false;
}

/* ---- what is told ------------------------------------------------------------------------------------------------ */

static char *size_text(int64_t bytes)
{
	static const char *const names[] = {"", "KiB", "MiB", "GiB", "TiB"};
	unsigned i = 0;
	while (bytes >= 1024 && bytes % 1024 == 0 && i + 1 < G_N_ELEMENTS(names)) {
		bytes /= 1024;
		i++;
	}
	return g_strdup_printf("%" G_GINT64_FORMAT "%s", bytes, names[i]);
}

static char *time_text(int64_t us)
{
	static const struct unit units[] = {{"d", 86400e6}, {"h", 3600e6}, {"m", 60e6},
					    {"s", 1e6},     {"ms", 1e3},   {"us", 1}};
	for (unsigned i = 0; i < G_N_ELEMENTS(units); i++) {
		if (us && us % (int64_t)units[i].factor == 0)
			return g_strdup_printf("%" G_GINT64_FORMAT "%s", us / (int64_t)units[i].factor, units[i].name);
	}
	return g_strdup("0");
}

static char *range_text(const struct field *f, const char *what, char *min, char *max)
{
	char *text = g_strdup_printf("%s from %s to %s%s", what, min, max, f->flags & FIELD_ZERO ? " or 0" : "");
	g_free(min);
	g_free(max);
	return text;
}

static char *allowed_text(const struct field *f)
{
	switch (f->type) {
	case FIELD_BOOL: return g_strdup("true or false");
	case FIELD_INT:
		return range_text(f, "an integer", g_strdup_printf("%" G_GINT64_FORMAT, f->min),
				  g_strdup_printf("%" G_GINT64_FORMAT, f->max));
	case FIELD_SIZE: return range_text(f, "a size", size_text(f->min), size_text(f->max));
	case FIELD_TIME: return range_text(f, "a duration", time_text(f->min), time_text(f->max));
	case FIELD_MOMENT: return g_strdup("a time in ISO 8601, or seconds since 1970");
	case FIELD_MODE:
		return g_strdup_printf("octal permissions from %04o to %04o, as text", (unsigned)f->min,
				       (unsigned)f->max);
	case FIELD_CHOICE:
	case FIELD_CHOICES: {
		char *list = g_strjoinv(", ", (char **)f->choices);
		char *text = g_strdup_printf(
			f->type == FIELD_CHOICE ? "one of %s" : "different names of %s, separated by commas", list);
		g_free(list);
		return text;
	}
	case FIELD_TEXT:
		return g_strdup_printf("text of %d to %d bytes without control characters", (int)f->min, (int)f->max);
	case FIELD_ID: return g_strdup_printf("%d to %d of the characters A-Z a-z 0-9 _ -", (int)f->min, (int)f->max);
	case FIELD_CODECS:
		return g_strdup(
			f->min == 1 ? "different names of h264, h265, vp8, vp9, av1, separated by commas"
				    : "different names of opus, multiopus, pcmu, pcma, g722, l16, separated by commas");
	case FIELD_PIXELS:
		return g_strdup_printf("\"source\", or WIDTHxHEIGHT, even and each from %d to %d", (int)f->min,
				       (int)f->max);
	case FIELD_KEY: return g_strdup_printf("an integer from 0, or text of 1 to %d bytes", MAX_KEY_BYTES);
	case FIELD_KEYS: return g_strdup_printf("an array of %d to %d integers or texts", (int)f->min, (int)f->max);
	case FIELD_OBJECT: return g_strdup_printf("an object of at most %d bytes", (int)f->max);
	}
	return g_strdup("something else");
}

/* As JSON in ASCII, so that nothing in it reaches a log or a terminal unescaped; cut when it is long. */
static char *quoted(json_t *value)
{
	char *dump = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_COMPACT);
	char *text = g_strdup(dump ? dump : "?");
	free(dump);
	g_strdelimit(text, "\177", '?'); /* DEL is the one that jansson takes for a character like others */
	if (strlen(text) > 80)
		strcpy(text + 77, "...");
	return text;
}

static void say_invalid(const struct field *f, json_t *value, char *error, size_t size)
{
	char *allowed = allowed_text(f);
	char *given = f->flags & FIELD_SECRET ? g_strdup("what was given") : quoted(value);
	g_snprintf(error, size, "%s must be %s, not %s", f->name, allowed, given);
	g_free(allowed);
	g_free(given);
}

static enum api_error find_unknown(const struct field *table, json_t *object, const char *ignore, char *error,
				   size_t size)
{
	const char *key;
	json_t *value;
	json_object_foreach(object, key, value)
	{
		if ((ignore && !strcmp(key, ignore)) || fields_find(table, key))
			continue;
		json_t *name = json_string(key);
		char *text = quoted(name);
		g_snprintf(error, size, "%s is not known here", text);
		g_free(text);
		json_decref(name);
		return API_UNKNOWN_ELEMENT;
	}
	return API_OK;
}

enum api_error fields_read(const struct field *table, json_t *object, enum fields_source source, const char *ignore,
			   void *target, char *error, size_t error_size)
{
	enum api_error err = find_unknown(table, object, ignore, error, error_size);
	for (const struct field *f = table; err == API_OK && f->name; f++) {
		json_t *value = json_object_get(object, f->name);
		if (!value && f->flags & FIELD_REQUIRED) {
			g_snprintf(error, error_size, "%s is missing", f->name);
			err = API_MISSING_ELEMENT;
		} else if (value && !read_value(f, value, source, target)) {
			say_invalid(f, value, error, error_size);
			err = API_INVALID_ELEMENT;
		}
	}
	return err;
}

void fields_preset(const struct field *table, void *target)
{
	for (const struct field *f = table; f->name; f++) {
		if (!f->preset)
			continue;
		json_t *value = json_string(f->preset);
		if (!read_value(f, value, FIELDS_FROM_SETTINGS, target))
			g_error("the preset of %s is not valid", f->name);
		json_decref(value);
	}
}

static bool is_json(enum field_type type)
{
	return type == FIELD_OBJECT || type == FIELD_KEY || type == FIELD_KEYS;
}

void fields_clear(const struct field *table, void *target)
{
	for (const struct field *f = table; f->name; f++) {
		if (f->type == FIELD_TEXT || f->type == FIELD_ID) {
			g_free(*FIELD_AT(target, f, char *));
			*FIELD_AT(target, f, char *) = NULL;
		} else if (is_json(f->type)) {
			json_decref(*FIELD_AT(target, f, json_t *));
			*FIELD_AT(target, f, json_t *) = NULL;
		}
	}
}

static size_t member_size(enum field_type type)
{
	switch (type) {
	case FIELD_BOOL: return sizeof(bool);
	case FIELD_CHOICE: return sizeof(int);
	case FIELD_CHOICES: return sizeof(struct choice_list);
	case FIELD_CODECS: return sizeof(struct codec_list);
	case FIELD_PIXELS: return sizeof(struct pixels);
	case FIELD_TEXT:
	case FIELD_ID: return sizeof(char *);
	case FIELD_KEY:
	case FIELD_KEYS:
	case FIELD_OBJECT: return sizeof(json_t *);
	default: return sizeof(int64_t);
	}
}

void fields_copy(const struct field *table, const void *from, void *to)
{
	fields_clear(table, to);
	for (const struct field *f = table; f->name; f++) {
		if (f->type == FIELD_TEXT || f->type == FIELD_ID)
			*FIELD_AT(to, f, char *) = g_strdup(*FIELD_AT(from, f, char *const));
		else if (is_json(f->type))
			*FIELD_AT(to, f, json_t *) = json_incref(*FIELD_AT(from, f, json_t *const));
		else
			memcpy((char *)to + f->offset, (const char *)from + f->offset, member_size(f->type));
	}
}

static json_t *codecs_json(const struct codec_list *list)
{
	GString *text = g_string_new(NULL);
	for (unsigned i = 0; i < list->count; i++)
		g_string_append_printf(text, "%s%s", i ? ", " : "", tsr_codec_name(list->codec[i]));
	json_t *value = json_string(text->str);
	g_string_free(text, TRUE);
	return value;
}

static json_t *choices_json(const struct field *f, const struct choice_list *list)
{
	GString *text = g_string_new(NULL);
	for (unsigned i = 0; i < list->count; i++)
		g_string_append_printf(text, "%s%s", i ? ", " : "", f->choices[list->choice[i]]);
	json_t *value = json_string(text->str);
	g_string_free(text, TRUE);
	return value;
}

static json_t *value_json(const struct field *f, const void *target)
{
	switch (f->type) {
	case FIELD_BOOL: return json_boolean(*FIELD_AT(target, f, const bool));
	case FIELD_INT:
	case FIELD_SIZE:
	case FIELD_MOMENT: return json_integer(*FIELD_AT(target, f, const int64_t));
	case FIELD_TIME: {
		int64_t us = *FIELD_AT(target, f, const int64_t);
		return us % 1000000 ? json_real((double)us / SECOND) : json_integer(us / 1000000);
	}
	case FIELD_MODE: {
		char text[16];
		g_snprintf(text, sizeof(text), "%04o", (unsigned)*FIELD_AT(target, f, const int64_t));
		return json_string(text);
	}
	case FIELD_CHOICE: return json_string(f->choices[*FIELD_AT(target, f, const int)]);
	case FIELD_TEXT:
	case FIELD_ID: {
		const char *text = *FIELD_AT(target, f, char *const);
		if (f->flags & FIELD_SECRET)
			return json_boolean(text && *text);
		return text ? json_string(text) : json_null();
	}
	case FIELD_CHOICES: return choices_json(f, FIELD_AT(target, f, const struct choice_list));
	case FIELD_CODECS: return codecs_json(FIELD_AT(target, f, const struct codec_list));
	case FIELD_PIXELS: {
		const struct pixels *p = FIELD_AT(target, f, const struct pixels);
		return p->width ? json_sprintf("%ux%u", p->width, p->height) : json_string("source");
	}
	case FIELD_KEY:
	case FIELD_KEYS:
	case FIELD_OBJECT: {
		json_t *object = *FIELD_AT(target, f, json_t *const);
		return object ? json_incref(object) : json_null();
	}
	}
	return json_null();
}

json_t *fields_write(const struct field *table, const void *target)
{
	json_t *object = json_object();
	for (const struct field *f = table; f->name; f++)
		json_object_set_new(object, f->name, value_json(f, target));
	return object;
}

const struct field *fields_find(const struct field *table, const char *name)
{
	for (const struct field *f = table; f->name; f++) {
		if (!strcmp(f->name, name))
			return f;
	}
	return NULL;
}

json_t *fields_moment(int64_t utc_us)
{
	GDateTime *time = g_date_time_new_from_unix_utc(utc_us / 1000000);
	char *text = time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
	json_t *json = text ? json_string(text) : json_null();
	g_free(text);
	if (time)
		g_date_time_unref(time);
	return json;
}
