/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Holds a playlist, and the segments that it lists, against what RFC 8216 demands (MUST), of one that is final or of one that grows. */
#ifndef TEST_HLSCHECK_H
#define TEST_HLSCHECK_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct hls_segment {
	char *uri;
	double seconds;
	uint64_t offset, size; /* size 0 = the whole file */
	bool discontinuity;
	int64_t utc_ms;    /* as told or, without that, as it follows; 0 = not known */
	int64_t first_90k; /* PTS of its first frame, in the file */
	unsigned tables;   /* checksum of its PMT */
};

struct hls_list {
	int64_t target_s, sequence, discontinuity_sequence;
	bool event, ended, independent, has_sequence;
	int version;
	GPtrArray *segments; /* struct hls_segment * */
	GString *errors;     /* one a line; empty = all is well */
};

/* Reads and checks NAME.m3u8. The caller frees it. A segment whose file has only its running name is looked up there, as a server does. */
struct hls_list *hls_check(const char *path);
/* The same for its text as it was at some time; the media are looked for in `folder`. */
struct hls_list *hls_check_text(const char *text, const char *folder);
/* NAME.master.m3u8. NULL, or what is wrong; g_free. */
char *hls_check_master(const char *path);
/* Whether the second may come after the first (section 6.2.1). NULL, or what is wrong; g_free. */
char *hls_check_update(const char *before, const char *after);

unsigned hls_discontinuities(const struct hls_list *l);
double hls_seconds(const struct hls_list *l);
void hls_free(struct hls_list *l);

#endif
