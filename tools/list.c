/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * janus-tsrec list: the recordings in a folder, newest first. From its catalogue; where there is none, from the reports. */
#include <stdio.h>
#include <string.h>

#include "catalogue/catalogue.h"
#include "tsrec.h"

/* Recordings that are read at once. */
#define PAGE 500

struct wish {
	struct catalogue_filter filter;
	gint64 limit; /* 0 = all */
	gboolean json;
};

/* ---- the options ---- */

static bool parse_state(const char *text, struct wish *w)
{
	for (unsigned i = 0; text && i < CATALOGUE_STATES; i++) {
		if (!strcmp(text, catalogue_state_name((enum catalogue_state)i)))
			w->filter.states = CATALOGUE_BIT(i);
	}
	if (text && !w->filter.states)
		complain("--state is one of recording, interrupted, finished");
	return !text || w->filter.states;
}

/* An ISO 8601 date or time in UTC, or seconds since 1970; NULL leaves *us as it is. */
static bool parse_time(const char *option, const char *text, int64_t *us)
{
	char *end;
	if (!text)
		return true;
	gint64 seconds = g_ascii_strtoll(text, &end, 10);
	if (end != text && !*end && seconds > 0 && seconds < G_MAXINT64 / G_USEC_PER_SEC) {
		*us = seconds * G_USEC_PER_SEC;
		return true;
	}
	GTimeZone *utc = g_time_zone_new_utc();
	char *full = strchr(text, 'T') ? g_strdup(text) : g_strconcat(text, "T00:00:00", NULL);
	GDateTime *time = g_date_time_new_from_iso8601(full, utc);
	if (time) {
		*us = g_date_time_to_unix(time) * G_USEC_PER_SEC + g_date_time_get_microsecond(time);
		g_date_time_unref(time);
	} else {
		complain("%s is a date (2026-11-30), a time (2026-11-30T12:00:00Z) or seconds since 1970, not '%s'",
			 option, text);
	}
	g_free(full);
	g_time_zone_unref(utc);
	return time != NULL;
}

/* ---- what is shown ---- */

static char *time_text(int64_t us, const char *format)
{
	GDateTime *time = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
	char *text = time ? g_date_time_format(time, format) : g_strdup("?");
	if (time)
		g_date_time_unref(time);
	return text;
}

static void add_time(json_t *to, const char *key, int64_t us)
{
	char *text = time_text(us, "%Y-%m-%dT%H:%M:%S");
	json_object_set_new(to, key, json_sprintf("%s.%03dZ", text, (int)(us % G_USEC_PER_SEC / 1000)));
	g_free(text);
}

/* The members are named as in the answer to the plugin's `list`. */
static json_t *recording_json(const struct catalogue_recording *r)
{
	json_t *out = json_object(), *files = json_array();
	for (guint i = 0; i < r->files->len; i++)
		json_array_append_new(files,
				      json_sprintf("%s%s%s", (char *)g_ptr_array_index(r->files, i),
						   r->state == CATALOGUE_FINISHED ? "" : ".recording", r->ending));
	json_object_set_new(out, "id", json_string(r->id));
	if (r->title)
		json_object_set_new(out, "name", json_string(r->title));
	if (r->profile)
		json_object_set_new(out, "profile", json_string(r->profile));
	json_object_set_new(out, "state", json_string(catalogue_state_name(r->state)));
	json_object_set_new(out, "files", files);
	add_time(out, "started", r->started_us);
	if (r->state != CATALOGUE_RUNNING)
		add_time(out, "ended", r->ended_us);
	json_object_set_new(out, "duration_ms", json_integer(r->duration_ms));
	json_object_set_new(out, "bytes", json_integer((json_int_t)r->bytes));
	json_object_set_new(out, "recovered", json_boolean(r->recovered));
	return out;
}

static void print_line(const struct catalogue_recording *r)
{
	char *started = time_text(r->started_us, "%Y-%m-%d %H:%M:%S"), duration[32];
	format_duration(r->duration_ms, duration, sizeof(duration));
	printf("%s  %-11s %9s %12" G_GUINT64_FORMAT "  %s", started, catalogue_state_name(r->state), duration, r->bytes,
	       r->id);
	if (r->title) { /* what a peer chose must not steer the terminal */
		char *shown = g_strescape(r->title, NULL), *utf8 = g_strcompress(shown);
		bool plain = true;
		for (const char *c = utf8; *c; c++)
			plain &= (unsigned char)*c >= 0x20 && *c != 0x7f;
		printf("  \"%s\"", plain ? r->title : shown);
		g_free(utf8);
		g_free(shown);
	}
	if (r->files->len > 1)
		printf("  (%u files)", r->files->len);
	putchar('\n');
	g_free(started);
}

static void show_all(struct catalogue *c, struct wish *w)
{
	json_t *all = json_array();
	GPtrArray *page = NULL;
	for (gint64 left = w->limit ? w->limit : G_MAXINT64; left > 0;) {
		unsigned most = (unsigned)MIN(left, PAGE);
		GPtrArray *next = catalogue_list(c, &w->filter, 0, most);
		if (page)
			g_ptr_array_unref(page);
		page = next;
		if (!page->len)
			break;
		for (guint i = 0; i < page->len; i++) {
			const struct catalogue_recording *r = g_ptr_array_index(page, i);
			if (w->json)
				json_array_append_new(all, recording_json(r));
			else
				print_line(r);
		}
		const struct catalogue_recording *last = g_ptr_array_index(page, page->len - 1);
		w->filter.after_id = last->id;
		w->filter.after_us = last->started_us;
		left -= page->len;
	}
	if (page)
		g_ptr_array_unref(page);
	if (w->json)
		print_json(all);
	else
		json_decref(all);
}

/* ---- the command ---- */

static void on_told(void *user, bool bad, const char *text)
{
	(void)user;
	if (bad)
		complain("%s", text);
}

static int list(const char *folder, struct wish *w)
{
	if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
		complain("%s: no such folder", folder);
		return EXIT_INPUT;
	}
	struct catalogue *c = catalogue_open(&(struct catalogue_config){
		.folder = folder, .read_only = true, .endings = tsr_container_endings(), .tell = on_told});
	int code = EXIT_DONE;
	if (catalogue_needs_scan(c) && !catalogue_scan(c, NULL)) {
		complain("%s: cannot be read", folder);
		code = EXIT_INPUT;
	} else {
		show_all(c, w);
	}
	catalogue_close(c);
	return code;
}

int list_main(int argc, char **argv)
{
	char *state = NULL, *since = NULL, *until = NULL, *name = NULL;
	struct wish w = {0};
	const GOptionEntry entries[] = {
		{"json", 'j', 0, G_OPTION_ARG_NONE, &w.json, "print JSON", NULL},
		{"state", 's', 0, G_OPTION_ARG_STRING, &state, "recording, interrupted or finished", "STATE"},
		{"since", 0, 0, G_OPTION_ARG_STRING, &since, "that were started then or later (UTC)", "TIME"},
		{"until", 0, 0, G_OPTION_ARG_STRING, &until, "that were started before (UTC)", "TIME"},
		{"name", 'n', 0, G_OPTION_ARG_STRING, &name, "that are called exactly so", "NAME"},
		{"limit", 'l', 0, G_OPTION_ARG_INT64, &w.limit, "so many at most", "N"},
		{0},
	};
	bool parsed = parse_options(
		&argc, &argv, entries, "[FOLDER]",
		"Lists the recordings in a folder, newest first: start, state, duration, bytes, id and "
		"name. It asks the catalogue that\nthe plugin keeps there, and changes nothing; where there "
		"is none it reads the reports.",
		"Exit code: 0 done, 1 wrong usage, 2 no such folder.");
	if (parsed && argc > 2)
		complain("list takes one folder");
	if (parsed && w.limit < 0)
		complain("--limit is 0 (all) or more");
	int code = EXIT_USAGE;
	w.filter.title = name;
	if (parsed && argc <= 2 && w.limit >= 0 && parse_state(state, &w) &&
	    parse_time("--since", since, &w.filter.since_us) && parse_time("--until", until, &w.filter.until_us))
		code = list(argc > 1 ? argv[1] : ".", &w);
	g_free(state);
	g_free(since);
	g_free(until);
	g_free(name);
	return code;
}
