/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * janus-tsrec recover: recordings that a crash left behind become finished files. */
#include <stdio.h>

#include "tsrec.h"

struct recovery {
	bool keep;
	bool quiet;
	unsigned files;
	int code;
};

static void worsen(struct recovery *r, int code)
{
	r->code = MAX(r->code, code);
}

static int code_of(tsr_error err)
{
	switch (err) {
	case TSR_OK: return EXIT_DONE;
	case TSR_E_NOTFOUND:
	case TSR_E_INVAL: return EXIT_INPUT;
	case TSR_E_NOSPACE:
	case TSR_E_READONLY:
	case TSR_E_IO:
	case TSR_E_ACCESS:
	case TSR_E_NOMEM: return EXIT_OUTPUT;
	default: return EXIT_PARTIAL;
	}
}

static void tell(const struct recovery *r, const tsr_recovered *found)
{
	char duration[32];
	format_duration(found->duration_ms, duration, sizeof(duration));
	if (found->path == NULL) {
		printf("%s: no media in it; %s\n", found->id, r->keep ? "would be removed" : "removed");
		return;
	}
	printf("%s: %s, %" G_GUINT64_FORMAT " bytes, %" G_GUINT64_FORMAT " cut off at the end:", found->path, duration,
	       found->bytes, found->bytes_cut);
	for (unsigned i = 0; i < found->tracks; i++)
		printf(" %s (%" G_GUINT64_FORMAT " frames)", tsr_codec_name(found->track[i].codec),
		       found->track[i].frames);
	putchar('\n');
}

static void on_recovered(void *user, const tsr_recovered *found)
{
	struct recovery *r = user;
	r->files++;
	worsen(r, code_of(found->error));
	if (found->error == TSR_E_EXISTS)
		complain("%s: its final name is taken by another file", found->path);
	else if (found->error != TSR_OK)
		complain("%s: %s", found->path != NULL ? found->path : found->id, tsr_strerror(found->error));
	else if (!r->quiet)
		tell(r, found);
}

static void recover(struct recovery *r, const char *path, const tsr_recover_config *config)
{
	unsigned before = r->files;
	bool folder = g_file_test(path, G_FILE_TEST_IS_DIR);
	tsr_error err = folder ? tsr_recover_folder(path, config) : tsr_recover_file(path, config);
	if (r->files > before)
		return; /* told already */
	worsen(r, code_of(err));
	if (err == TSR_E_INVAL)
		complain(
			"%s: not the name of an unfinished recording, which ends in .recording.ts, .mkv, .webm or .mp4",
			path);
	else if (err == TSR_E_BUSY)
		complain("%s: it is being recorded", path);
	else if (err != TSR_OK)
		complain("%s: %s", path, tsr_strerror(err));
	else if (folder && !r->quiet)
		printf("%s: there is nothing to recover\n", path);
}

static void on_log(tsr_log_level level, const char *line)
{
	(void)level;
	complain("%s", line);
}

int recover_main(int argc, char **argv)
{
	gboolean keep = FALSE, report = FALSE, quiet = FALSE;
	const GOptionEntry entries[] = {
		{"dry-run", 'n', 0, G_OPTION_ARG_NONE, &keep, "tell what would be done, and change nothing", NULL},
		{"report", 'r', 0, G_OPTION_ARG_NONE, &report,
		 "write a report (.json, with a SHA-256) beside each file", NULL},
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "say nothing but errors", NULL},
		{0},
	};
	bool parsed = parse_options(&argc, &argv, entries, "FILE.recording.ts|FOLDER…",
				    "Cuts recordings that a crash left behind after the last whole frame of each "
				    "stream, and gives them their final\n"
				    "names. Those that are being recorded are left alone; a recovery that is "
				    "interrupted goes on the next time.",
				    "Exit code: 0 done, or there was nothing to do, 1 wrong usage, 2 no such file, 3 a "
				    "file could not be recovered or is\n"
				    "being recorded, 4 a file could not be changed.");
	if (parsed && argc < 2)
		complain("recover needs a file or a folder");
	if (!parsed || argc < 2)
		return EXIT_USAGE;
	struct recovery r = {.keep = keep, .quiet = quiet};
	tsr_recover_config config = {.keep = keep, .report = report, .on_recovered = on_recovered, .user = &r};
	tsr_log_set(on_log, TSR_LOG_ERROR);
	for (int i = 1; i < argc; i++)
		recover(&r, argv[i], &config);
	return r.code;
}
