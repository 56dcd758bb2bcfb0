/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * check_playlist FILE.m3u8 [EARLIER.m3u8]: says what RFC 8216 would object to in a playlist, in what it lists and in its master playlist, and,
 * given it as it was earlier, in how it changed. For tests that run a recorder elsewhere. Exit code 1 when there is anything. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "../pipeline/hlscheck.h"

/* NULL or what is wrong with how it changed; g_free. */
static char *compare(const char *earlier, const char *now)
{
	char *a = NULL, *b = NULL, *error = NULL;
	if (g_file_get_contents(earlier, &a, NULL, NULL) && g_file_get_contents(now, &b, NULL, NULL))
		error = hls_check_update(a, b);
	g_free(a);
	g_free(b);
	return error;
}

int main(int argc, char **argv)
{
	if (argc < 2 || !g_str_has_suffix(argv[1], ".m3u8")) {
		fprintf(stderr, "check_playlist FILE.m3u8 [EARLIER.m3u8]\n");
		return 2;
	}
	char *master_path = g_strdup_printf("%.*s.master.m3u8", (int)(strlen(argv[1]) - strlen(".m3u8")), argv[1]);
	struct hls_list *l = hls_check(argv[1]);
	char *master = hls_check_master(master_path), *change = argc > 2 ? compare(argv[2], argv[1]) : NULL;
	printf("%s", l->errors->str);
	if (master != NULL)
		printf("master playlist: %s\n", master);
	if (change != NULL)
		printf("%s\n", change);
	bool bad = l->errors->len > 0 || master != NULL || change != NULL;
	printf("%u segments, %.3f s, %u discontinuities%s\n", l->segments->len, hls_seconds(l), hls_discontinuities(l),
	       l->ended ? ", ended" : "");
	g_free(change);
	g_free(master);
	g_free(master_path);
	hls_free(l);
	return bad;
}
