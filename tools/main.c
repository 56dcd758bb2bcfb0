/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * janus-tsrec: old captures become .ts files, and .ts files are looked at, checked, recovered and listed. */
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tsrec.h"
#include "tsrecorder-config.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{"convert", convert_main, "make a recording of Janus's .mjr recordings or of RTP in pcap files"},
	{"inspect", inspect_main, "show what is in a capture or a recording"},
	{"list", list_main, "list the recordings in a folder"},
	{"recover", recover_main, "finish recordings that a crash left behind"},
	{"verify", verify_main, "check a recording, and that it is what its report says"},
};

void complain(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char *text = g_strdup_vprintf(fmt, args);
	va_end(args);
	fprintf(stderr, "janus-tsrec: %s\n", text);
	g_free(text);
}

bool parse_options(int *argc, char ***argv, const GOptionEntry *entries, const char *arguments, const char *summary,
		   const char *description)
{
	GError *error = NULL;
	char *program = g_strdup_printf("janus-tsrec %s", (*argv)[0]);
	g_set_prgname(program);
	GOptionContext *context = g_option_context_new(arguments);
	g_option_context_set_summary(context, summary);
	g_option_context_set_description(context, description);
	g_option_context_add_main_entries(context, entries, NULL);
	bool parsed = g_option_context_parse(context, argc, argv, &error);
	if (!parsed) {
		complain("%s", error->message);
		g_error_free(error);
	}
	g_option_context_free(context);
	g_free(program);
	return parsed;
}

void format_duration(int64_t ms, char *text, size_t size)
{
	int64_t tenths = (ms + 50) / 100;
	int seconds = (int)(tenths / 10 % 60), minutes = (int)(tenths / 600 % 60);
	int64_t hours = tenths / 36000;
	if (hours > 0)
		g_snprintf(text, size, "%" G_GINT64_FORMAT ":%02d:%02d.%d", hours, minutes, seconds,
			   (int)(tenths % 10));
	else
		g_snprintf(text, size, "%d:%02d.%d", minutes, seconds, (int)(tenths % 10));
}

static void print_usage(FILE *to)
{
	fprintf(to, "Usage: janus-tsrec COMMAND [OPTION…] ARGUMENT…\n\nCommands:\n");
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fprintf(to, "\njanus-tsrec COMMAND --help explains one; janus-tsrec --version tells the version.\n");
}

static int run_command(const char *name, int argc, char **argv)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].run(argc, argv);
	complain("there is no command '%s'", name);
	print_usage(stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	const char *name = argc > 1 ? argv[1] : "";
	if (name[0] == '\0') {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(name, "--version") == 0) {
		printf("janus-tsrec " TSR_VERSION_STRING "\n");
		return EXIT_DONE;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		print_usage(stdout);
		return EXIT_DONE;
	}
	return run_command(name, argc - 1, argv + 1);
}
