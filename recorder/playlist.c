/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "playlist.h"

#include <glib.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "sink/listfile.h"
#include "sink/recover_playlist.h"
#include "sink/textfile.h"

/* What is declared of the bandwidth before it is known: so much more than the highest so far, in percent. */
#define BANDWIDTH_RESERVE 150
#define BANDWIDTH_STEP    10000

struct playlist_file {
	struct playlist *playlist;
	char *running_uri, *final_uri;
	uint64_t bytes; /* readable */
	bool ended, final;
	unsigned users; /* the writer, until it has ended, and segments that wait */
};

/* One that waits to be listed, or with a window is. */
struct entry {
	struct playlist_file *file; /* NULL = it is listed, and `uri` is its name */
	char *uri;
	struct playlist_segment at;
	uint64_t size;
	int64_t ms;
	bool whole; /* it is all of its file */
};

struct playlist {
	struct playlist_config config; /* strings are owned */

	pthread_mutex_t lock;       /* held for moments. All that follows: */
	struct playlist_file *file; /* added last */
	unsigned files_open;
	GQueue waiting; /* struct entry */
	struct playlist_segment open;
	bool is_open, closed, published;
	int64_t total_90k, total_ms; /* of all that ended: what is rounded does not add up */
	struct playlist_media media;
	bool media_changed;

	pthread_mutex_t publishing; /* held by the one writer that writes; taken before `lock`. All that follows: */
	struct listfile list;
	GQueue listed; /* with a window */
	int64_t listed_ms;
	uint64_t removed, removed_discontinuities;
	uint64_t peak_bps, declared_bps, all_bytes;
	int64_t all_ms;
	bool ended, left, failed;
};

/* ---- create, free ---- */

struct playlist *playlist_create(const struct playlist_config *config)
{
	struct playlist *p = g_try_new0(struct playlist, 1);
	if (p == NULL)
		return NULL;
	p->config = *config;
	p->config.log_id = g_strdup(config->log_id);
	p->config.folder = g_strdup(config->folder);
	p->config.name = g_strdup(config->name);
	p->list = LISTFILE_CLOSED;
	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_init(&p->publishing, NULL);
	g_queue_init(&p->waiting);
	g_queue_init(&p->listed);
	return p;
}

/* lock held. */
static void file_unuse(struct playlist_file *f)
{
	if (f == NULL || --f->users > 0)
		return;
	if (f->playlist->file == f)
		f->playlist->file = NULL;
	g_free(f->running_uri);
	g_free(f->final_uri);
	g_free(f);
}

static void entry_free(struct entry *e)
{
	g_free(e->uri);
	g_free(e);
}

void playlist_destroy(struct playlist *p)
{
	if (p == NULL)
		return;
	for (struct entry *e; (e = g_queue_pop_head(&p->waiting)) != NULL; entry_free(e))
		file_unuse(e->file);
	for (struct entry *e; (e = g_queue_pop_head(&p->listed)) != NULL;)
		entry_free(e);
	listfile_close(&p->list);
	pthread_mutex_destroy(&p->lock);
	pthread_mutex_destroy(&p->publishing);
	g_free((char *)p->config.log_id);
	g_free((char *)p->config.folder);
	g_free((char *)p->config.name);
	g_free(p);
}

/* ---- the thread that muxes ---- */

struct playlist_file *playlist_add_file(struct playlist *p, const char *running_name, const char *final_name)
{
	struct playlist_file *f = g_new0(struct playlist_file, 1);
	f->playlist = p;
	f->running_uri = g_uri_escape_string(running_name, NULL, false);
	f->final_uri = g_uri_escape_string(final_name, NULL, false);
	f->users = 1;
	pthread_mutex_lock(&p->lock);
	p->file = f;
	p->files_open++;
	pthread_mutex_unlock(&p->lock);
	return f;
}

void playlist_begin(struct playlist *p, const struct playlist_segment *segment)
{
	pthread_mutex_lock(&p->lock);
	p->open = *segment;
	p->is_open = true;
	pthread_mutex_unlock(&p->lock);
}

/* lock held. */
static void add_entry(struct playlist *p, uint64_t offset, int64_t duration_90k)
{
	struct entry *e = g_new0(struct entry, 1);
	e->file = p->file;
	e->file->users++;
	e->at = p->open;
	e->size = offset - p->open.offset;
	p->total_90k += duration_90k;
	e->ms = (p->total_90k + 45) / 90 - p->total_ms;
	p->total_ms += e->ms;
	g_queue_push_tail(&p->waiting, e);
}

void playlist_end(struct playlist *p, uint64_t offset, int64_t duration_90k)
{
	pthread_mutex_lock(&p->lock);
	if (p->is_open && p->file != NULL && offset > p->open.offset && duration_90k > 0)
		add_entry(p, offset, duration_90k);
	p->is_open = false;
	pthread_mutex_unlock(&p->lock);
}

void playlist_set_media(struct playlist *p, const struct playlist_media *media)
{
	pthread_mutex_lock(&p->lock);
	p->media_changed |= memcmp(&p->media, media, sizeof(*media)) != 0;
	p->media = *media;
	pthread_mutex_unlock(&p->lock);
}

void playlist_close(struct playlist *p)
{
	pthread_mutex_lock(&p->lock);
	p->closed = true;
	pthread_mutex_unlock(&p->lock);
}

bool playlist_is_published(struct playlist *p)
{
	pthread_mutex_lock(&p->lock);
	bool published = p->published;
	pthread_mutex_unlock(&p->lock);
	return published;
}

/* ---- the text ---- */

static void add_header(GString *s, const struct playlist *p)
{
	g_string_append_printf(s, "#EXTM3U\n%s\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:%" PRId64 "\n", PLAYLIST_MARK,
			       p->config.target_s);
	g_string_append_printf(s, "#EXT-X-MEDIA-SEQUENCE:%" PRIu64 "\n", p->removed);
	if (p->config.window_us > 0)
		g_string_append_printf(s, "#EXT-X-DISCONTINUITY-SEQUENCE:%" PRIu64 "\n", p->removed_discontinuities);
	else
		g_string_append(s, "#EXT-X-PLAYLIST-TYPE:EVENT\n");
	g_string_append(s, "#EXT-X-INDEPENDENT-SEGMENTS\n");
}

static void add_time(GString *s, int64_t utc_us)
{
	GDateTime *seconds = g_date_time_new_from_unix_utc(utc_us / G_USEC_PER_SEC);
	char *date = g_date_time_format(seconds, "%Y-%m-%dT%H:%M:%S");
	g_string_append_printf(s, "#EXT-X-PROGRAM-DATE-TIME:%s.%03dZ\n", date, (int)(utc_us % G_USEC_PER_SEC / 1000));
	g_free(date);
	g_date_time_unref(seconds);
}

static void add_segment(GString *s, const struct entry *e, bool with_time)
{
	if (e->at.discontinuity)
		g_string_append(s, "#EXT-X-DISCONTINUITY\n");
	if (with_time || e->at.discontinuity)
		add_time(s, e->at.utc_us);
	g_string_append_printf(s, "#EXTINF:%" PRId64 ".%03d,\n", e->ms / 1000, (int)(e->ms % 1000));
	if (!e->whole)
		g_string_append_printf(s, "#EXT-X-BYTERANGE:%" PRIu64 "@%" PRIu64 "\n", e->size, e->at.offset);
	g_string_append_printf(s, "%s\n", e->uri);
}

static char *master_text(const struct playlist *p, const struct playlist_media *media)
{
	char *base = g_path_get_basename(p->config.name), *uri = g_uri_escape_string(base, NULL, false);
	GString *s = g_string_new("#EXTM3U\n" PLAYLIST_MARK "\n#EXT-X-VERSION:4\n#EXT-X-INDEPENDENT-SEGMENTS\n");
	g_string_append_printf(s, "#EXT-X-STREAM-INF:BANDWIDTH=%" PRIu64, p->declared_bps);
	if (p->ended && p->all_ms > 0)
		g_string_append_printf(s, ",AVERAGE-BANDWIDTH=%" PRIu64, p->all_bytes * 8000 / (uint64_t)p->all_ms);
	if (media->codecs[0] != '\0')
		g_string_append_printf(s, ",CODECS=\"%s\"", media->codecs);
	if (media->width != 0)
		g_string_append_printf(s, ",RESOLUTION=%ux%u", media->width, media->height);
	g_string_append_printf(s, "\n%s%s\n", uri, SUFFIX_PLAYLIST);
	g_free(uri);
	g_free(base);
	return g_string_free(s, FALSE);
}

/* ---- publishing: `publishing` held, `lock` not ---- */

/* The recording goes on without. */
static void fail(struct playlist *p, tsr_error err)
{
	if (!p->failed)
		log_line(TSR_LOG_ERROR, p->config.log_id, "the playlist %s%s could not be written: %s", p->config.name,
			 SUFFIX_PLAYLIST, tsr_strerror(err));
	p->failed = true;
}

static void replace_list(struct playlist *p, const GString *s)
{
	tsr_error err = listfile_replace(&p->list, p->config.folder, p->config.name, s->str, s->len, p->config.mode);
	if (err != TSR_OK)
		fail(p, err);
}

static void append_lines(struct playlist *p, const GString *s)
{
	tsr_error err = listfile_append(&p->list, s->str, s->len);
	if (err != TSR_OK)
		fail(p, err);
}

static void write_master(struct playlist *p)
{
	pthread_mutex_lock(&p->lock);
	struct playlist_media media = p->media;
	bool changed = p->media_changed;
	p->media_changed = false;
	pthread_mutex_unlock(&p->lock);
	uint64_t bps = p->ended || p->peak_bps > p->declared_bps
			       ? (p->peak_bps * (p->ended ? 100 : BANDWIDTH_RESERVE) / 100 / BANDWIDTH_STEP + 1) *
					 BANDWIDTH_STEP
			       : p->declared_bps;
	if (!changed && bps == p->declared_bps && !p->ended)
		return;
	p->declared_bps = bps;
	char *name = g_strconcat(p->config.name, SUFFIX_MASTER, NULL), *text = master_text(p, &media);
	tsr_error err = textfile_swap(p->config.folder, name, text, strlen(text), p->config.mode);
	if (err != TSR_OK)
		fail(p, err);
	g_free(text);
	g_free(name);
}

static void count(struct playlist *p, const struct entry *e)
{
	uint64_t bps = e->size * 8000 / (uint64_t)MAX(e->ms, 1);
	/* What is short says little of what a player has to fetch in time (section 4.1: half the target duration). */
	if (p->peak_bps == 0 || e->ms >= p->config.target_s * 500)
		p->peak_bps = MAX(p->peak_bps, bps);
	p->all_bytes += e->size;
	p->all_ms += e->ms;
}

static void list_in_event(struct playlist *p, const struct entry *e)
{
	bool first = p->list.fd < 0;
	GString *s = g_string_new(NULL);
	if (first)
		add_header(s, p);
	add_segment(s, e, first);
	if (first)
		replace_list(p, s);
	else
		append_lines(p, s);
	g_string_free(s, TRUE);
}

/* Section 6.2.2: what is left must be three target durations at least. */
static void make_room(struct playlist *p)
{
	int64_t least_ms = MAX(p->config.window_us / 1000, 3000 * p->config.target_s);
	for (struct entry *e; (e = g_queue_peek_head(&p->listed)) != NULL && p->listed_ms - e->ms >= least_ms;
	     entry_free(e)) {
		(void)g_queue_pop_head(&p->listed);
		p->listed_ms -= e->ms;
		p->removed++;
		p->removed_discontinuities += e->at.discontinuity;
	}
}

static void write_window(struct playlist *p)
{
	GString *s = g_string_new(NULL);
	add_header(s, p);
	for (const GList *l = p->listed.head; l != NULL; l = l->next)
		add_segment(s, l->data, true);
	if (p->ended)
		g_string_append(s, PLAYLIST_END);
	replace_list(p, s);
	g_string_free(s, TRUE);
}

static void list_in_window(struct playlist *p, struct entry *e)
{
	g_queue_push_tail(&p->listed, e);
	p->listed_ms += e->ms;
	make_room(p);
	write_window(p);
}

/* After this, nothing comes. */
static void write_end(struct playlist *p)
{
	GString *s = g_string_new(PLAYLIST_END);
	p->ended = true;
	if (p->config.window_us > 0)
		write_window(p);
	else
		append_lines(p, s);
	write_master(p);
	tsr_error err = listfile_finish(&p->list);
	if (err != TSR_OK)
		fail(p, err);
	g_string_free(s, TRUE);
}

/* publishing and lock held. Whether the segment can be read, under the name that it will be listed by; *drop = it never will. */
static bool is_ready(const struct playlist *p, const struct entry *e, bool *drop)
{
	const struct playlist_file *f = e->file;
	uint64_t end = e->at.offset + e->size;
	*drop = f->ended && (end > f->bytes || !f->final);
	return *drop || (p->config.whole_files ? f->ended : end <= f->bytes);
}

/* publishing held. The next one that can be listed; NULL = none. */
static struct entry *take_ready(struct playlist *p)
{
	struct entry *e;
	bool drop = true;
	pthread_mutex_lock(&p->lock);
	while (drop && (e = g_queue_peek_head(&p->waiting)) != NULL && is_ready(p, e, &drop)) {
		(void)g_queue_pop_head(&p->waiting);
		struct playlist_file *f = e->file;
		e->uri = g_strdup(p->config.running_names && !f->ended ? f->running_uri : f->final_uri);
		e->whole = p->config.whole_files && e->at.offset == 0 && e->size == f->bytes;
		e->file = NULL;
		file_unuse(f);
		p->published |= !drop;
		if (!drop) {
			pthread_mutex_unlock(&p->lock);
			return e;
		}
		entry_free(e);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* publishing held. */
static void publish_ready(struct playlist *p)
{
	bool any = false;
	for (struct entry *e; (e = take_ready(p)) != NULL; any = true) {
		count(p, e);
		if (p->config.window_us > 0) {
			list_in_window(p, e);
		} else {
			list_in_event(p, e);
			entry_free(e);
		}
	}
	if (any)
		write_master(p);
}

void playlist_written(void *file, uint64_t bytes)
{
	struct playlist_file *f = file;
	struct playlist *p = f->playlist;
	pthread_mutex_lock(&p->lock);
	f->bytes = bytes;
	bool any = !g_queue_is_empty(&p->waiting);
	pthread_mutex_unlock(&p->lock);
	if (!any || p->config.whole_files)
		return;
	pthread_mutex_lock(&p->publishing);
	publish_ready(p);
	pthread_mutex_unlock(&p->publishing);
}

/* publishing held. A file that was listed as it was called while it was written has another name now. */
static void rename_listed(struct playlist *p, const char *from, const char *to)
{
	char *text = listfile_read(&p->list);
	char *old = g_strconcat("\n", from, "\n", NULL), *new = g_strconcat("\n", to, "\n", NULL);
	if (text != NULL && strstr(text, old) != NULL) {
		char **parts = g_strsplit(text, old, -1);
		char *joined = g_strjoinv(new, parts);
		GString *s = g_string_new(joined);
		replace_list(p, s);
		g_string_free(s, TRUE);
		g_free(joined);
		g_strfreev(parts);
	}
	g_free(new);
	g_free(old);
	free(text);
}

void playlist_file_ended(struct playlist_file *f, uint64_t bytes, bool final)
{
	struct playlist *p = f->playlist;
	pthread_mutex_lock(&p->publishing);
	pthread_mutex_lock(&p->lock);
	f->bytes = bytes;
	f->ended = true;
	f->final = final;
	p->files_open--;
	bool over = p->closed && p->files_open == 0;
	pthread_mutex_unlock(&p->lock);
	p->left |= !final && bytes > 0;
	if (p->config.running_names && final)
		rename_listed(p, f->running_uri, f->final_uri);
	publish_ready(p);
	if (over && p->list.fd >= 0 && !p->left)
		write_end(p);
	pthread_mutex_lock(&p->lock);
	file_unuse(f);
	pthread_mutex_unlock(&p->lock);
	pthread_mutex_unlock(&p->publishing);
}
