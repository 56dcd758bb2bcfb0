/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 *     feed record FOLDER…    simulated peers, recorded in real time
 *     feed recover PATH      what a start of the plugin does about left-overs
 *     feed names FOLDER      recordings with hostile names
 *     feed create FOLDER     one recording after another of the same name */
#include "feed.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void tell(const char *fmt, ...)
{
	char line[4096];
	va_list args;
	va_start(args, fmt);
	int size = vsnprintf(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	size = MIN(size, (int)sizeof(line) - 2);
	line[size] = '\n';
	/* The reader may be gone; that is its own affair. */
	(void)!write(STDOUT_FILENO, line, (size_t)size + 1);
}

const char *error_word(tsr_error err)
{
	static const char *const words[] = {"ok",          "nomem",    "inval",   "malformed", "limit",
					    "unsupported", "exists",   "nospace", "readonly",  "access",
					    "io",          "notfound", "busy",    "eof",       "codec"};
	unsigned index = (unsigned)-err;
	return index < G_N_ELEMENTS(words) ? words[index] : "unknown";
}

static void print_line(tsr_log_level level, const char *line)
{
	fprintf(stderr, "%d %s\n", level, line);
}

/* ---- recover ----------------------------------------------------------------------------------------------------- */

static void on_recovered(void *user, const tsr_recovered *r)
{
	(void)user;
	GString *tracks = g_string_new(NULL);
	for (unsigned i = 0; i < r->tracks; i++)
		g_string_append_printf(tracks, " %s=%" G_GUINT64_FORMAT, tsr_codec_name(r->track[i].codec),
				       r->track[i].frames);
	tell("recovered %s %s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s%s", r->id, error_word(r->error), r->bytes,
	     r->bytes_cut, r->path != NULL ? r->path : "-", tracks->str);
	g_string_free(tracks, TRUE);
}

int feed_recover(int argc, char **argv)
{
	gboolean report = FALSE, keep = FALSE;
	const GOptionEntry entries[] = {
		{"report", 0, 0, G_OPTION_ARG_NONE, &report, "write reports", NULL},
		{"keep", 0, 0, G_OPTION_ARG_NONE, &keep, "change nothing", NULL},
		G_OPTION_ENTRY_NULL,
	};
	GOptionContext *options = g_option_context_new("PATH");
	g_option_context_add_main_entries(options, entries, NULL);
	bool good = g_option_context_parse(options, &argc, &argv, NULL) && argc == 2;
	g_option_context_free(options);
	if (!good)
		return 2;
	tsr_recover_config config = {.report = report, .keep = keep, .on_recovered = on_recovered};
	bool is_folder = g_file_test(argv[1], G_FILE_TEST_IS_DIR);
	tsr_error err = is_folder ? tsr_recover_folder(argv[1], &config) : tsr_recover_file(argv[1], &config);
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	tell("result %s", error_word(err));
	tell("memory %ld", usage.ru_maxrss);
	return err == TSR_OK ? 0 : 1;
}

/* ---- names --------------------------------------------------------------------------------------------------------- */

/* Pieces that have led astray somewhere. */
static const char *const pieces[] = {
	"..",    "/",        "../",          "./",   "//",   ".",     "a",          "b",    "sub/",   "inner/",
	"link/", "\n",       "\r\n",         "%2e",  "%2f",  "\\",    "..\\",       "\x01", " ",      "~",
	"$(id)", "\xc0\xaf", "\xe2\x80\xae", "\x7f", ".ts",  ".json", ".recording", "-",    "victim", "/etc/passwd",
	"aux",   ":",        "\"",           "'",    "\xff",
};

static char *hostile_name(GRand *rand)
{
	GString *name = g_string_new(NULL);
	unsigned count = (unsigned)g_rand_int_range(rand, 1, 9);
	for (unsigned i = 0; i < count; i++)
		g_string_append(name, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
	if (g_rand_int_range(rand, 0, 50) == 0)
		for (unsigned i = 0; i < 40; i++)
			g_string_append(name, "long-name-");
	return g_string_free(name, FALSE);
}

/* Creates a recording and ends it at once: nothing came, so the file goes away again. */
static tsr_error create_and_stop(tsr_engine *engine, const char *folder, const char *name, tsr_recording **out)
{
	tsr_recording_config config = {.folder = folder, .id = "feed", .filename = name};
	tsr_recording *recording = NULL;
	tsr_error err = tsr_recording_create(engine, &config, &recording);
	if (err == TSR_OK) {
		tsr_recording_stop(recording, "stop");
		*out = recording;
	}
	return err;
}

static void release(gpointer recording)
{
	tsr_recording_wait(recording);
	tsr_recording_unref(recording);
}

int feed_names(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	unsigned made = 0, refused = 0;
	GRand *rand = g_rand_new_with_seed((guint32)g_ascii_strtoull(argv[3], NULL, 10));
	tsr_engine *engine = tsr_engine_create(NULL);
	GPtrArray *running = g_ptr_array_new_with_free_func(release);
	for (guint64 i = g_ascii_strtoull(argv[2], NULL, 10); i > 0; i--) {
		char *name = hostile_name(rand);
		tsr_recording *recording = NULL;
		if (create_and_stop(engine, argv[1], name, &recording) == TSR_OK) {
			made++;
			g_ptr_array_add(running, recording);
		} else {
			refused++;
		}
		if (running->len == 100)
			g_ptr_array_set_size(running, 0);
		g_free(name);
	}
	g_ptr_array_unref(running);
	tsr_engine_destroy(engine);
	g_rand_free(rand);
	tell("names made=%u refused=%u", made, refused);
	return 0;
}

int feed_create(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	unsigned made = 0, refused = 0;
	tsr_engine *engine = tsr_engine_create(NULL);
	GPtrArray *running = g_ptr_array_new_with_free_func(release);
	for (guint64 i = g_ascii_strtoull(argv[3], NULL, 10); i > 0; i--) {
		char *name = g_strdup_printf("%s%" G_GUINT64_FORMAT, argv[2], i);
		tsr_recording *recording = NULL;
		tsr_error err = create_and_stop(engine, argv[1], name, &recording);
		if (err == TSR_OK) {
			made++;
			g_ptr_array_add(running, recording);
		} else {
			refused++;
		}
		if (running->len == 100)
			g_ptr_array_set_size(running, 0);
		g_free(name);
	}
	g_ptr_array_unref(running);
	tsr_engine_destroy(engine);
	tell("create made=%u refused=%u", made, refused);
	return 0;
}

/* ---- main ---------------------------------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} modes[] = {
		{"record", feed_record}, {"recover", feed_recover}, {"names", feed_names}, {"create", feed_create}};
	tsr_log_set(print_line, TSR_LOG_INFO);
	for (unsigned i = 0; argc > 1 && i < G_N_ELEMENTS(modes); i++)
		if (strcmp(argv[1], modes[i].name) == 0)
			return modes[i].run(argc - 1, argv + 1);
	fprintf(stderr, "feed record|recover|names|create …\n");
	return 2;
}
