/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recovery of MP4: whatever a crash leaves becomes the file that an orderly end would have made of the fragments that are whole. */
#include "matroska_util.h"

#include "../../recorder/sink/mp4scan.h"
#include "../../recorder/sink/recover.h"

static struct written call;
static struct source camera;
static struct buf finished; /* the same, with its end */

static int setup(void **state)
{
	av_log_set_level(AV_LOG_QUIET);
	camera =
		source_video("libx264", 160, 120, AV_PIX_FMT_YUV420P, "preset=ultrafast:tune=zerolatency:forced-idr=1");
	call = (struct written){0};
	struct mux_track tracks[2] = {call_tracks()[0], call_tracks()[1]};
	tracks[0].format.codec = TSR_CODEC_H264;
	write_call(&call, TSR_CONTAINER_MP4, tracks, &camera, TSR_CODEC_H264);
	assert_int_equal(mux_tick(call.mux, 1), TSR_OK);
	assert_int_equal(mux_tick(call.mux, 200001), TSR_OK);
	g_array_append_val(call.ends, call.bytes.len);
	size_t size = call.bytes.len;
	buf_init(&finished, 1 << 20);
	assert_int_equal(buf_append(&finished, call.bytes.data, size), TSR_OK); /* as it was before the end */
	assert_int_equal(mux_finish(call.mux), TSR_OK);
	/* Now `finished` is what runs, and the call's bytes are the end: change them. */
	struct buf end = call.bytes;
	call.bytes = finished;
	finished = end;
	return make_folder(state);
}

static int teardown(void **state)
{
	/* The sink believes that its bytes are the call's. */
	struct buf running = call.bytes;
	call.bytes = finished;
	buf_finish(&running);
	written_free(&call);
	source_free(&camera);
	return remove_folder(state);
}

struct told {
	unsigned files, tracks;
	tsr_error error;
	uint64_t bytes, cut, frames;
	bool kept;
};

static void on_done(void *ctx, const struct recover_result *r)
{
	struct told *t = ctx;
	t->files++;
	t->error = r->error;
	t->bytes = r->bytes;
	t->cut = r->bytes_cut;
	t->tracks = r->tracks;
	t->frames = 0;
	for (unsigned i = 0; i < r->tracks; i++)
		t->frames += r->track[i].frames;
	t->kept = r->path != NULL;
}

static struct told recover_it(void)
{
	struct told t = {0};
	const struct recover_config config = {.done = on_done, .ctx = &t};
	assert_int_equal(recover_folder(folder, &config), TSR_OK);
	assert_int_equal(t.files, 1);
	return t;
}

/* ---- the scan, of every prefix ---- */

struct memory {
	const uint8_t *data;
	size_t size;
};

static ssize_t read_memory(void *ctx, void *data, size_t size, uint64_t offset)
{
	const struct memory *m = ctx;
	if (offset >= m->size)
		return 0;
	size_t part = size < m->size - offset ? size : m->size - (size_t)offset;
	memcpy(data, m->data + offset, part);
	return (ssize_t)part;
}

static struct mp4scan *scan(struct memory *m)
{
	struct mp4scan *s = calloc(1, sizeof(*s));
	s->file.read = read_memory;
	s->file.ctx = m;
	assert_int_equal(mp4scan_run(s), 0);
	return s;
}

static void scan_free(struct mp4scan *s)
{
	mp4scan_finish(s);
	free(s);
}

static uint64_t frames_of(const struct mp4scan *s)
{
	uint64_t frames = 0;
	for (unsigned i = 0; i < LIMIT_TRACKS; i++)
		frames += s->movie.track[i].samples;
	return frames;
}

/* Where fragments end: sizes that the file had. */
static void every_prefix_is_whole_up_to_its_last_fragment(void **state)
{
	(void)state;
	size_t whole = 0;
	uint64_t frames = 0;
	unsigned next = 0;
	for (size_t size = 0; size <= call.bytes.len; size++) {
		while (next < call.ends->len && g_array_index(call.ends, size_t, next) < size)
			next++;
		bool ends = size > 0 && next < call.ends->len && g_array_index(call.ends, size_t, next) == size;
		struct memory m = {call.bytes.data, size};
		struct mp4scan *s = scan(&m);
		if (ends) {
			assert_true(frames_of(s) > frames);
			whole = size;
			frames = frames_of(s);
		}
		if (!s->ours || s->whole != whole || frames_of(s) != frames || s->complete)
			fail_msg("%zu bytes: ours %d, whole %zu, not %zu; %zu frames, not %zu", size, s->ours,
				 (size_t)s->whole, whole, (size_t)frames_of(s), (size_t)frames);
		scan_free(s);
	}
	assert_int_equal(frames, call.ends->len - 1); /* the last is the tick's */
}

static void zeroes_at_the_end_are_no_picture(void **state)
{
	(void)state;
	struct memory all = {call.bytes.data, call.bytes.len};
	struct mp4scan *s = scan(&all);
	size_t last = call.bytes.len, before = 0;
	assert_int_equal(s->whole, last);
	scan_free(s);
	for (unsigned i = 0; i < call.ends->len; i++)
		if (g_array_index(call.ends, size_t, i) < last)
			before = g_array_index(call.ends, size_t, i);
	uint8_t *copy = malloc(last + 4096);
	/* The last fragment's last bytes are sound, of which nothing is known: from its pictures' end on. */
	for (size_t from = before; from + 128 < last; from += 16) {
		memcpy(copy, call.bytes.data, last);
		memset(copy + from, 0, last + 4096 - from);
		struct memory m = {copy, last + 4096};
		s = scan(&m);
		assert_int_equal(s->whole, before);
		scan_free(s);
	}
	free(copy);
}

/* ---- recovery ---- */

static void prefixes_become_files_that_play(void **state)
{
	(void)state;
	size_t first = 0, step;
	unsigned tried = 0;
	for (unsigned i = 0; first == 0; i++)
		first = g_array_index(call.ends, size_t, i);
	step = (call.bytes.len - first) / 310;
	for (size_t size = first; size <= call.bytes.len; size += step, tried++) {
		save("x.recording.mp4", call.bytes.data, size);
		struct told t = recover_it();
		assert_int_equal(t.error, TSR_OK);
		assert_int_equal(t.bytes, size_of("x.mp4"));
		const struct seen seen = look_with_libav("x.mp4");
		assert_int_equal(seen.packets, t.frames);
		assert_true(seen.duration > 0);
		unlink(in_folder("x.mp4"));
	}
	assert_true(tried >= 300);
}

static void assert_finished(const char *name)
{
	FILE *f = fopen(in_folder(name), "rb");
	uint8_t *data = malloc(finished.len + 1);
	assert_non_null(f);
	assert_int_equal(fread(data, 1, finished.len + 1, f), finished.len);
	assert_memory_equal(data, finished.data, finished.len);
	fclose(f);
	free(data);
}

/* Killed while it wrote the end, or while recovery did: the index in part, the head not yet, or all but the rename. */
static void an_end_that_was_begun_is_made_again(void **state)
{
	(void)state;
	size_t cut = call.bytes.len;
	uint8_t *data = malloc(finished.len);
	for (size_t size = cut; size <= finished.len; size++) {
		memcpy(data, finished.data, size);
		memcpy(data, call.bytes.data, cut);
		save("x.recording.mp4", data, size);
		assert_int_equal(recover_it().error, TSR_OK);
		assert_finished("x.mp4");
		unlink(in_folder("x.mp4"));
	}
	save("x.recording.mp4", finished.data, finished.len);
	struct told t = recover_it();
	assert_int_equal(t.cut, 0);
	assert_finished("x.mp4");
	free(data);
}

static void what_holds_no_frame_goes_and_foreign_files_stay(void **state)
{
	(void)state;
	static const uint8_t zeroes[5000];
	const struct {
		const uint8_t *data;
		size_t size;
	} nothing[] = {
		{zeroes, 0}, {call.bytes.data, 3}, {call.bytes.data, 100}, {call.bytes.data, 5000}, {zeroes, 5000},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(nothing); i++) {
		save("x.recording.mp4", nothing[i].data, nothing[i].size);
		struct told t = recover_it();
		assert_int_equal(t.error, TSR_OK);
		assert_false(t.kept);
		assert_false(exists("x.recording.mp4"));
	}
	static const uint8_t text[] = "this is no film at all, and somebody needs it";
	save("x.recording.mp4", text, sizeof(text));
	assert_int_equal(recover_it().error, TSR_E_MALFORMED);
	assert_int_equal(size_of("x.recording.mp4"), sizeof(text));
	uint8_t *foreign = g_memdup2(call.bytes.data, call.bytes.len);
	uint8_t *mark = memmem(foreign, 400, "tsrecord", 8);
	assert_non_null(mark);
	memcpy(mark, "not ours", 8);
	save("x.recording.mp4", foreign, call.bytes.len);
	assert_int_equal(recover_it().error, TSR_E_MALFORMED);
	assert_int_equal(size_of("x.recording.mp4"), call.bytes.len);
	g_free(foreign);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_prefix_is_whole_up_to_its_last_fragment, setup, teardown),
		cmocka_unit_test_setup_teardown(zeroes_at_the_end_are_no_picture, setup, teardown),
		cmocka_unit_test_setup_teardown(prefixes_become_files_that_play, setup, teardown),
		cmocka_unit_test_setup_teardown(an_end_that_was_begun_is_made_again, setup, teardown),
		cmocka_unit_test_setup_teardown(what_holds_no_frame_goes_and_foreign_files_stay, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
