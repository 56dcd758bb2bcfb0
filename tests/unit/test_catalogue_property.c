/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random changes of a folder against a plain model of it, with restarts and rebuilds between: whatever happened, the catalogue says
 * what a look at all files would say. */
#include "catalogue_util.h"

#include <stdlib.h>

#define SEEDS 12
#define STEPS 150
#define NAMES 24

/* What the model knows of a file; its name is "f", its index, and of every third one a folder before that. */
struct model_file {
	bool there;
	enum catalogue_state state;
	int fd; /* of one that runs */
	int id; /* of its recording: several files may have the same */
	int64_t started_us;
	uint64_t bytes;
	bool public;
	const char *title;
};

struct world {
	char *folder;
	struct catalogue *catalogue;
	struct model_file file[NAMES];
	uint64_t random;
};

static unsigned pick(struct world *w, unsigned below)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (unsigned)(w->random >> 33) % below;
}

static char *name_of(int i)
{
	return g_strdup_printf(i % 3 ? "f%02d" : "g/f%02d", i);
}

/* ---- the world changes ---- */

static void remove_it(struct world *w, int i, const char *name)
{
	static const char *const endings[] = {".ts", ".json", ".recording.ts", ".recording.json"};
	if (w->file[i].fd > 0)
		close(w->file[i].fd);
	for (size_t k = 0; k < G_N_ELEMENTS(endings); k++)
		remove_file(w->folder, name, endings[k]);
	w->file[i] = (struct model_file){0};
}

static void make_it(struct world *w, int i, const char *name)
{
	static const char *const titles[] = {NULL, "one", "two"};
	struct model_file *f = &w->file[i];
	remove_it(w, i, name);
	/* All files of a recording are as public as the first one, and called the same. */
	f->there = true;
	f->id = i / 2;
	f->public = f->id % 2;
	f->title = titles[f->id % 3];
	f->started_us = DAY_ONE + pick(w, 6) * 10 * 3600 * SECOND;
	f->bytes = pick(w, 1000);
	f->state = (enum catalogue_state)pick(w, CATALOGUE_STATES);
	char *id = g_strdup_printf("r%02d", f->id);
	const struct report report = {.name = name,
				      .id = id,
				      .title = f->title,
				      .public = f->public,
				      .started_us = f->started_us,
				      .bytes = f->bytes};
	if (f->state == CATALOGUE_FINISHED) {
		save_report(w->folder, &report);
	} else {
		f->fd = begin_running(w->folder, &report);
		f->bytes = 0; /* is not known while it runs */
	}
	if (f->state == CATALOGUE_INTERRUPTED) {
		close(f->fd);
		f->fd = 0;
		f->bytes = strlen("media");
	}
	g_free(id);
}

static void finish_it(struct world *w, int i, const char *name)
{
	struct model_file *f = &w->file[i];
	if (!f->there || f->state == CATALOGUE_FINISHED)
		return;
	char *id = g_strdup_printf("r%02d", f->id);
	f->bytes = pick(w, 1000);
	const struct report report = {.name = name,
				      .id = id,
				      .title = f->title,
				      .public = f->public,
				      .started_us = f->started_us,
				      .bytes = f->bytes};
	end_running(w->folder, &report, f->fd > 0 ? f->fd : open("/dev/null", O_RDONLY));
	f->fd = 0;
	f->state = CATALOGUE_FINISHED;
	g_free(id);
}

/* ---- what the model says ---- */

struct expected {
	int id;
	enum catalogue_state state;
	int64_t started_us;
	uint64_t bytes;
};

static gint newest_first(gconstpointer a, gconstpointer b)
{
	const struct expected *x = a, *y = b;
	if (x->started_us != y->started_us)
		return x->started_us < y->started_us ? 1 : -1;
	return x->id - y->id;
}

static GArray *expect_all(const struct world *w, const struct catalogue_filter *f)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(struct expected));
	for (int id = 0; id < NAMES / 2; id++) {
		struct expected e = {.id = id, .state = CATALOGUE_STATES, .started_us = INT64_MAX};
		const struct model_file *any = NULL;
		for (int i = 0; i < NAMES; i++) {
			if (!w->file[i].there || w->file[i].id != id)
				continue;
			any = &w->file[i];
			e.state = MIN(e.state, any->state);
			e.started_us = MIN(e.started_us, any->started_us);
			e.bytes += any->bytes;
		}
		if (any && (!f->states || f->states & CATALOGUE_BIT(e.state)) && (!f->public_only || any->public) &&
		    (!f->title || !g_strcmp0(f->title, any->title)) && e.started_us >= f->since_us &&
		    (!f->until_us || e.started_us < f->until_us))
			g_array_append_val(list, e);
	}
	g_array_sort(list, newest_first);
	return list;
}

static struct catalogue_filter random_filter(struct world *w)
{
	return (struct catalogue_filter){
		.states = pick(w, 8),
		.public_only = pick(w, 2),
		.title = pick(w, 3) ? NULL : "one",
		.since_us = pick(w, 3) ? 0 : DAY_ONE + pick(w, 60) * 3600 * SECOND,
		.until_us = pick(w, 3) ? 0 : DAY_ONE + pick(w, 60) * 3600 * SECOND,
	};
}

static void check_list(struct world *w)
{
	const struct catalogue_filter filter = random_filter(w);
	GArray *expected = expect_all(w, &filter);
	unsigned skip = pick(w, 5), limit = 1 + pick(w, 20);
	struct catalogue_filter from = filter;
	char id[8];
	if (skip && pick(w, 2) && skip <= expected->len) { /* the same by a key */
		const struct expected *last = &g_array_index(expected, struct expected, skip - 1);
		g_snprintf(id, sizeof(id), "r%02d", last->id);
		from.after_id = id;
		from.after_us = last->started_us;
	}
	GPtrArray *list = catalogue_list(w->catalogue, &from, from.after_id ? 0 : skip, limit);
	assert_int_equal(list->len, MIN(limit, expected->len > skip ? expected->len - skip : 0));
	for (guint i = 0; i < list->len; i++) {
		const struct catalogue_recording *r = g_ptr_array_index(list, i);
		const struct expected *e = &g_array_index(expected, struct expected, i + skip);
		char *wanted = g_strdup_printf("r%02d", e->id);
		assert_string_equal(r->id, wanted);
		assert_int_equal(r->state, e->state);
		assert_int_equal(r->started_us, e->started_us);
		assert_int_equal(r->bytes, e->bytes);
		g_free(wanted);
	}
	assert_int_equal(catalogue_count(w->catalogue, &filter), expected->len);
	g_ptr_array_unref(list);
	g_array_unref(expected);
}

/* ---- */

static void open_again(struct world *w, bool anew)
{
	catalogue_close(w->catalogue);
	if (anew)
		remove_file(w->folder, CATALOGUE_FILE, "");
	w->catalogue = open_catalogue(w->folder);
	if (anew)
		assert_true(catalogue_scan(w->catalogue, NULL));
}

static void step(struct world *w)
{
	int i = (int)pick(w, NAMES);
	char *name = name_of(i);
	unsigned what = pick(w, 10);
	bool told = pick(w, 4) != 0;
	if (what < 5)
		make_it(w, i, name);
	else if (what < 7)
		finish_it(w, i, name);
	else if (what < 9)
		remove_it(w, i, name);
	if (told)
		catalogue_refresh(w->catalogue, name);
	if (what == 9)
		open_again(w, pick(w, 4) == 0);
	if (!told || !pick(w, 10)) /* changed by hand, until a scan */
		assert_true(catalogue_scan(w->catalogue, NULL));
	g_free(name);
	check_list(w);
}

static void says_what_the_files_say(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= SEEDS * (getenv("TSR_ALL") ? 20 : 1); seed++) {
		struct world w = {.folder = new_folder(), .random = seed * UINT64_C(0x9e3779b97f4a7c15)};
		w.catalogue = open_catalogue(w.folder);
		for (int i = 0; i < STEPS; i++)
			step(&w);
		for (int i = 0; i < NAMES; i++) {
			char *name = name_of(i);
			remove_it(&w, i, name);
			g_free(name);
		}
		assert_true(catalogue_scan(w.catalogue, NULL));
		assert_int_equal(catalogue_count(w.catalogue, &(struct catalogue_filter){0}), 0);
		assert_int_equal(catalogue_bytes(w.catalogue), 0);
		catalogue_close(w.catalogue);
		remove_folder(w.folder);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(says_what_the_files_say)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
