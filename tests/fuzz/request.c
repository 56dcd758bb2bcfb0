/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of what reads requests and settings: the first byte says which of the two, the rest is the JSON. What is accepted must
 * be within its limits, and be accepted again as it is told in an answer. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/config/fields.h"

#include "targets.h"

struct params {
	bool truth;
	int64_t number, size, time, moment, mode;
	int choice;
	char *text, *id;
	struct codec_list codecs;
	struct pixels pixels;
	json_t *object;
};

#define AT(member) offsetof(struct params, member)
static const char *const choices[] = {"transcode", "copy", NULL};
/* One of each type. */
static const struct field table[] = {
	{"truth", FIELD_BOOL, AT(truth), 0, 0, NULL, 0, NULL},
	{"number", FIELD_INT, AT(number), 30000, 1000000000, NULL, FIELD_ZERO, NULL},
	{"size", FIELD_SIZE, AT(size), 65536, 1LL << 50, NULL, FIELD_ZERO, NULL},
	{"time", FIELD_TIME, AT(time), 1000000, 3650 * 86400000000LL, NULL, FIELD_ZERO, NULL},
	{"moment", FIELD_MOMENT, AT(moment), 0, INT64_MAX, NULL, 0, NULL},
	{"mode", FIELD_MODE, AT(mode), 0, 0777, NULL, 0, NULL},
	{"choice", FIELD_CHOICE, AT(choice), 0, 0, choices, 0, NULL},
	{"text", FIELD_TEXT, AT(text), 1, 256, NULL, 0, NULL},
	{"id", FIELD_ID, AT(id), 1, 64, NULL, 0, NULL},
	{"codecs", FIELD_CODECS, AT(codecs), 1, 0, NULL, 0, NULL},
	{"pixels", FIELD_PIXELS, AT(pixels), 16, 8192, NULL, 0, NULL},
	{"object", FIELD_OBJECT, AT(object), 0, 4096, NULL, 0, NULL},
	{0},
};
#undef AT

static void check_text(const char *text, size_t max)
{
	FUZZ_ASSERT(strlen(text) >= 1 && strlen(text) <= max && g_utf8_validate(text, -1, NULL));
	for (const char *c = text; *c != '\0'; c++)
		FUZZ_ASSERT((unsigned char)*c >= 0x20 && *c != 0x7f);
}

static void check_params(const struct params *p)
{
	FUZZ_ASSERT(p->number == 0 || (p->number >= 30000 && p->number <= 1000000000));
	FUZZ_ASSERT(p->size == 0 || (p->size >= 65536 && p->size <= 1LL << 50));
	FUZZ_ASSERT(p->time == 0 || (p->time >= 1000000 && p->time <= 3650 * 86400000000LL));
	FUZZ_ASSERT(p->mode >= 0 && p->mode <= 0777 && p->choice >= 0 && p->choice <= 1);
	FUZZ_ASSERT(p->codecs.count <= TSR_CODEC_COUNT && p->pixels.width <= 8192 && p->pixels.height <= 8192);
	if (p->text != NULL)
		check_text(p->text, 256);
	if (p->id != NULL)
		check_text(p->id, 64);
}

/* What an answer says of the values can be sent back, and means the same. */
static void check_written(const struct params *p)
{
	char error[1024] = "";
	struct params again = {0};
	json_t *written = fields_write(table, p), *twice;
	const struct field *f;
	for (f = table; f->name != NULL; f++) /* what is not set is told as something that is no value */
		if (!json_is_string(json_object_get(written, f->name)) &&
		    (f->type == FIELD_TEXT || f->type == FIELD_ID))
			json_object_del(written, f->name);
	json_object_del(written, "moment"); /* of requests alone: no setting is one */
	if (p->codecs.count == 0)
		json_object_del(written, "codecs");
	if (p->object == NULL)
		json_object_del(written, "object");
	FUZZ_ASSERT(fields_read(table, written, FIELDS_FROM_REQUEST, NULL, &again, error, sizeof(error)) == API_OK);
	twice = fields_write(table, &again);
	for (f = table; f->name != NULL; f++)
		if (json_object_get(written, f->name) != NULL)
			FUZZ_ASSERT(json_equal(json_object_get(written, f->name), json_object_get(twice, f->name)));
	json_decref(written);
	json_decref(twice);
	fields_clear(table, &again);
}

void fuzz_request(const uint8_t *data, size_t size)
{
	if (size < 1)
		return;
	json_t *body = json_loadb((const char *)data + 1, size - 1, 0, NULL);
	if (!json_is_object(body)) {
		json_decref(body);
		return;
	}
	char error[1024] = "";
	struct params p = {0};
	enum fields_source source = data[0] & 1 ? FIELDS_FROM_SETTINGS : FIELDS_FROM_REQUEST;
	if (fields_read(table, body, source, "request", &p, error, sizeof(error)) == API_OK) {
		check_params(&p);
		check_written(&p);
	} else {
		FUZZ_ASSERT(strlen(error) >= 10);
		for (const char *c = error; *c != '\0'; c++)
			FUZZ_ASSERT((unsigned char)*c >= 0x20 && *c != 0x7f);
	}
	fields_clear(table, &p);
	json_decref(body);
}
