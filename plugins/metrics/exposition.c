/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "exposition.h"

/* A histogram has an octave in each bucket, from 64 us to 8.4 s. */
#define FIRST_OCTAVE 6
#define LAST_OCTAVE  23

void exposition_family(struct exposition *e, const char *name, const char *type, const char *help)
{
	e->name = name;
	g_string_append_printf(e->text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* `suffix` follows the family's name. */
static void begin_sample(struct exposition *e, const char *suffix, const char *label, const char *value)
{
	g_string_append_printf(e->text, "%s%s", e->name, suffix);
	if (label) {
		g_string_append_printf(e->text, "{%s=\"", label);
		for (const char *c = value; *c; c++) {
			if (*c == '\n')
				g_string_append(e->text, "\\n");
			else if (*c == '"' || *c == '\\')
				g_string_append_printf(e->text, "\\%c", *c);
			else
				g_string_append_c(e->text, *c);
		}
		g_string_append(e->text, "\"}");
	}
	g_string_append_c(e->text, ' ');
}

static void append_integer(struct exposition *e, uint64_t number)
{
	g_string_append_printf(e->text, "%" G_GUINT64_FORMAT "\n", number);
}

/* Whatever the locale. */
static char *real_text(char text[G_ASCII_DTOSTR_BUF_SIZE], double number)
{
	return g_ascii_formatd(text, G_ASCII_DTOSTR_BUF_SIZE, "%.9g", number);
}

void exposition_integer(struct exposition *e, const char *label, const char *value, uint64_t number)
{
	begin_sample(e, "", label, value);
	append_integer(e, number);
}

void exposition_real(struct exposition *e, const char *label, const char *value, double number)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];
	begin_sample(e, "", label, value);
	g_string_append_printf(e->text, "%s\n", real_text(text, number));
}

void exposition_latency(struct exposition *e, const tsr_latency *l)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];
	for (unsigned octave = FIRST_OCTAVE; octave <= LAST_OCTAVE; octave++) {
		begin_sample(e, "_bucket", "le", real_text(text, ldexp(1, (int)octave) / 1e6));
		append_integer(e, tsr_latency_below(l, octave));
	}
	begin_sample(e, "_bucket", "le", "+Inf");
	append_integer(e, l->count);
	begin_sample(e, "_sum", NULL, NULL);
	g_string_append_printf(e->text, "%s\n", real_text(text, (double)l->sum_us / 1e6));
	begin_sample(e, "_count", NULL, NULL);
	append_integer(e, l->count);
}
