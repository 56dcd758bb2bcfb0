/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values that come from outside, read by table: the settings of the configuration and the parameters of requests. A table says
 * for each name what is allowed, and where in a struct the value goes; what breaks it is told with name, value and what would
 * be right. */
#ifndef TSR_PLUGINS_CONFIG_FIELDS_H
#define TSR_PLUGINS_CONFIG_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "errors.h"

/* The type of a field, and of the struct's member it is stored in. */
enum field_type {
	FIELD_BOOL, /* bool */
	FIELD_INT,  /* int64_t */
	FIELD_SIZE, /* int64_t, bytes; an integer, or text such as "500kB", "4MiB" */
	FIELD_TIME, /* int64_t, microseconds; a number of seconds, or text such as "250ms", "1s", "10m", "2h", "30d" */
	FIELD_MOMENT, /* int64_t, UTC in microseconds; seconds since 1970, or ISO 8601 text such as "2024-01-31T12:00:00Z" */
	FIELD_MODE,   /* int64_t, file permissions; octal text such as "0640" */
	FIELD_CHOICE, /* int, the index in `choices` */
	FIELD_CHOICES, /* struct choice_list; different ones of `choices`, in the order that is wanted; text such as "ts, mkv" */
	FIELD_TEXT,   /* char *, owned; min and max are its length in bytes; no control characters */
	FIELD_ID,     /* char *, owned; [A-Za-z0-9_-]{1,64} */
	FIELD_CODECS, /* struct codec_list; text such as "h264, vp8"; min 1: video, 0: audio */
	FIELD_PIXELS, /* struct pixels; text such as "1280x720", or "source" for 0x0 */
	FIELD_KEY,    /* json_t *, a reference; an integer or text, as other plugins have their ids */
	FIELD_KEYS,   /* json_t *, a reference; an array of min to max of those */
	FIELD_OBJECT, /* json_t *, a reference; max is its length in bytes as compact JSON */
};

struct codec_list {
	unsigned count;
	tsr_codec codec[TSR_CODEC_COUNT];
};

#define FIELD_MAX_CHOICES 8
struct choice_list {
	unsigned count;
	int choice[FIELD_MAX_CHOICES]; /* indices */
};

struct pixels {
	uint16_t width, height;
};

enum field_flags {
	FIELD_REQUIRED = 1, /* an error when it is missing */
	FIELD_SECRET = 2,   /* its value is never repeated in a message or an answer */
	FIELD_RUNTIME = 4,  /* a setting that may change while the plugin runs */
	FIELD_PROFILE = 8,  /* a setting that a profile may override */
	FIELD_ZERO = 16,    /* 0 is allowed besides min to max: it switches something off */
};

struct field {
	const char *name;
	enum field_type type;
	size_t offset; /* of the struct's member */
	int64_t min, max;
	const char *const *choices; /* ends with NULL */
	unsigned flags;
	const char *preset; /* a setting's default, as text */
};

/* A table's fields, without the terminating {0}: `for (f = table; f->name; f++)`. */
#define FIELD_AT(target, f, type) ((type *)((char *)(target) + (f)->offset))

/* Where the values come from: text files know strings only, so numbers and truth values in strings are accepted. */
enum fields_source { FIELDS_FROM_REQUEST, FIELDS_FROM_SETTINGS };

/* Reads `object` into `target`; members whose name is missing in it keep what they have (owned ones are replaced, not leaked).
 * `ignore` is a name that is accepted and not looked at, or NULL. API_OK, or API_UNKNOWN_ELEMENT, API_MISSING_ELEMENT,
 * API_INVALID_ELEMENT with one sentence in `error`; the target may be changed partly then. */
enum api_error fields_read(const struct field *table, json_t *object, enum fields_source source, const char *ignore,
			   void *target, char *error, size_t error_size);

/* Sets each member to its preset, which must be valid. `target` must be zeroed or initialised. */
void fields_preset(const struct field *table, void *target);

/* Frees what the members own, and zeroes those. */
void fields_clear(const struct field *table, void *target);

/* Copies all members into a zeroed or initialised target. */
void fields_copy(const struct field *table, const void *from, void *to);

/* The values as they would be written in a request; secrets only as true (set) or false. A new reference. */
json_t *fields_write(const struct field *table, const void *target);

const struct field *fields_find(const struct field *table, const char *name);

/* "2024-01-31T12:00:00Z", as a FIELD_MOMENT is read; a new reference. */
json_t *fields_moment(int64_t utc_us);

#endif
